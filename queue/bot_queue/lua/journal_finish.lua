-- Mark an event done, erase it, and lease its conversation's next.
-- ARGV: key, lease, worker, next lease, lease ms, seconds an id is kept
local root = KEYS[1] .. 'j:'
local key = ARGV[1]
local event, done = root .. 'e:' .. key, root .. 'd:' .. key
local e = redis.call('HMGET', event, 'l', 'c', 'p', 'b')
local conversation, platform = e[2], e[3]
if e[1] == ARGV[2] then
  redis.call('DEL', event)
  redis.call('SET', done, ARGV[2] .. ' ' .. platform .. ' ' .. conversation, 'EX', ARGV[6])
  redis.call('LPOP', root .. 'q:' .. conversation)
  redis.call('ZREM', root .. 'r:' .. platform, key)
  redis.call('HINCRBY', root .. 'n', 'count', -1)
  redis.call('HINCRBY', root .. 'n', 'bytes', -#e[4])
else
  local d = redis.call('GET', done)
  if not d then return {'lost'} end
  local lease
  lease, platform, conversation = string.match(d, '^(%S+) (%S+) (.*)$')
  if lease ~= ARGV[2] then return {'lost'} end -- else: our own call, sent again
end
local following = redis.call('LINDEX', root .. 'q:' .. conversation, 0)
if not following then return {'none'} end
event = root .. 'e:' .. following
local f = redis.call('HMGET', event, 'b', 't', 'n', 'l')
if f[4] and f[4] ~= ARGV[4] then return {'none'} end -- somebody else runs it
local t = redis.call('TIME')
if not f[4] then f[3] = redis.call('HINCRBY', event, 'n', 1) end
redis.call('HSET', event, 'l', ARGV[4], 'w', ARGV[3])
redis.call('ZADD', root .. 'r:' .. platform, t[1] * 1000 + math.floor(t[2] / 1000) + ARGV[5], following)
return {'next', following, f[1], f[2], tostring(f[3])}
