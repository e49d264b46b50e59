-- A send came to its end; hand out its conversation's next under the same claim.
-- ARGV: key, conversation, token, state, message or reason, 1 where its record is still to be written,
--       seconds to keep, lease ms
local root = KEYS[1] .. 'o:'
local key, conversation, token, state = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local claim, line = root .. 'c:' .. conversation, root .. 'q:' .. conversation
if redis.call('HGET', claim, 'token') ~= token then
  -- Taken over, or our own call sent again after the line had emptied.
  return {'lost'}
end
local entry, n = root .. 'e:' .. key, root .. 'n'
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
if redis.call('LINDEX', line, 0) == key then
  local e = redis.call('HMGET', entry, 's', 'b')
  redis.call('LPOP', line)
  redis.call('HINCRBY', n, e[1], -1)
  redis.call('HINCRBY', n, state, 1)
  redis.call('SET', root .. 'd:' .. key, state .. ' ' .. ARGV[5], 'EX', ARGV[7])
  if ARGV[6] == '1' then
    redis.call('HSET', entry, 's', state)
    redis.call('ZADD', root .. 'rec', now, key)
  else
    redis.call('DEL', entry)
    redis.call('HINCRBY', n, 'total', -1)
    redis.call('HINCRBY', n, 'bytes', -#e[2])
  end
end
local platform = ARGV[9]
local following = redis.call('LINDEX', line, 0)
if not following then
  redis.call('DEL', claim)
  redis.call('ZREM', root .. 'due:' .. platform, conversation)
  return {'none'}
end
redis.call('ZADD', root .. 'due:' .. platform, now + ARGV[8], conversation)
local f = redis.call('HMGET', root .. 'e:' .. following, 'b', 's', 'k')
return {'next', following, f[1], f[2], f[3]}
