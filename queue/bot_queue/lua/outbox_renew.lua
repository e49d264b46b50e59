-- Renew claims. ARGV: lease ms, then conversation, platform, token of each
local root = KEYS[1] .. 'o:'
local t = redis.call('TIME')
local untl = t[1] * 1000 + math.floor(t[2] / 1000) + ARGV[1]
for i = 2, #ARGV, 3 do
  if redis.call('HGET', root .. 'c:' .. ARGV[i], 'token') == ARGV[i + 2] then
    redis.call('ZADD', root .. 'due:' .. ARGV[i + 1], untl, ARGV[i])
  end
end
return 1
