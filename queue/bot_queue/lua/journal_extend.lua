-- Renew leases; return the places in the list of those that were lost.
-- ARGV: lease ms, then key, lease, platform of each
local root = KEYS[1] .. 'j:'
local t = redis.call('TIME')
local untl = t[1] * 1000 + math.floor(t[2] / 1000) + ARGV[1]
local lost = {}
for i = 2, #ARGV, 3 do
  if redis.call('HGET', root .. 'e:' .. ARGV[i], 'l') == ARGV[i + 1] then
    redis.call('ZADD', root .. 'r:' .. ARGV[i + 2], untl, ARGV[i])
  else
    lost[#lost + 1] = (i - 2) / 3
  end
end
return lost
