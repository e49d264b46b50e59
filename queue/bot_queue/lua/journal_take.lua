-- Lease events whose lease ran out or was given back.
-- ARGV: worker, lease ms, limit, token, platforms...
local root = KEYS[1] .. 'j:'
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local limit, taken = tonumber(ARGV[3]), {}
for i = 5, #ARGV do
  local run = root .. 'r:' .. ARGV[i]
  if limit <= 0 then break end
  for _, key in ipairs(redis.call('ZRANGEBYSCORE', run, '-inf', now, 'LIMIT', 0, limit)) do
    local event = root .. 'e:' .. key
    local lease = ARGV[4] .. '-' .. limit
    local n = redis.call('HINCRBY', event, 'n', 1)
    redis.call('HSET', event, 'l', lease, 'w', ARGV[1])
    redis.call('ZADD', run, now + ARGV[2], key)
    local e = redis.call('HMGET', event, 'b', 't')
    taken[#taken + 1] = {key, e[1], e[2], tostring(n), lease}
    limit = limit - 1
  end
end
return taken
