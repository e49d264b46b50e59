-- Store a send under its key; claim its conversation for the caller when that is idle and the face is there.
-- ARGV: key, conversation, platform, body, token, state when claimed ('' where the face is elsewhere), lease ms,
--       most sends, most bytes, worker
local root = KEYS[1] .. 'o:'
local key, conversation, platform, body, token = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local entry, claim, n = root .. 'e:' .. key, root .. 'c:' .. conversation, root .. 'n'
if redis.call('EXISTS', entry, root .. 'd:' .. key) > 0 then
  if redis.call('HGET', entry, 'o') ~= token then return 'seen' end -- else: our own call, sent again
  return redis.call('HGET', claim, 'token') == token and 'mine' or 'queued'
end
local have = redis.call('HMGET', n, 'total', 'bytes')
if tonumber(have[1] or 0) >= tonumber(ARGV[8]) or tonumber(have[2] or 0) + #body > tonumber(ARGV[9]) then
  return 'full'
end
redis.call('HINCRBY', n, 'total', 1)
redis.call('HINCRBY', n, 'bytes', #body)
local first = redis.call('RPUSH', root .. 'q:' .. conversation, key) == 1
local state = 'pending'
if first and ARGV[6] ~= '' then state = ARGV[6] end
redis.call('HSET', entry, 'b', body, 's', state, 'p', platform, 'c', conversation, 'k', 0, 'o', token)
redis.call('HINCRBY', n, state, 1)
if not first then return 'queued' end
redis.call('SADD', root .. 'p', platform)
if ARGV[6] == '' then
  redis.call('ZADD', root .. 'due:' .. platform, 0, conversation)
  redis.call('PUBLISH', KEYS[1] .. 'news:o:' .. platform, '')
  return 'queued'
end
local t = redis.call('TIME')
redis.call('HSET', claim, 'token', token, 'worker', ARGV[10])
redis.call('ZADD', root .. 'due:' .. platform, t[1] * 1000 + math.floor(t[2] / 1000) + ARGV[7], conversation)
return 'mine'
