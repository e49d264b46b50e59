-- Store an event; lease it at once when its conversation is idle.
-- ARGV: key, conversation, platform, body, worker, lease, lease ms, most events, most bytes
local root = KEYS[1] .. 'j:'
local key, conversation, platform, body = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local event = root .. 'e:' .. key
if redis.call('EXISTS', event, root .. 'd:' .. key) > 0 then
  local l = redis.call('HMGET', event, 'l', 't')
  if l[1] == ARGV[6] then return {'new', l[2]} end -- our own call, sent again
  return {'seen'}
end
local n = redis.call('HMGET', root .. 'n', 'count', 'bytes')
if tonumber(n[1] or 0) >= tonumber(ARGV[8]) or tonumber(n[2] or 0) + #body > tonumber(ARGV[9]) then
  return {'full'}
end
redis.call('HINCRBY', root .. 'n', 'count', 1)
redis.call('HINCRBY', root .. 'n', 'bytes', #body)
if redis.call('RPUSH', root .. 'q:' .. conversation, key) > 1 then
  redis.call('HSET', event, 'b', body, 'c', conversation, 'p', platform, 't', now, 'n', 0)
  return {'new'}
end
redis.call('HSET', event, 'b', body, 'c', conversation, 'p', platform, 't', now, 'n', 1, 'l', ARGV[6], 'w', ARGV[5])
redis.call('ZADD', root .. 'r:' .. platform, now + ARGV[7], key)
redis.call('SADD', root .. 'p', platform)
return {'new', tostring(now)}
