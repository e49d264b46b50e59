-- Hand out records that the ledger still lacks, each to one process for a while.
-- ARGV: ms until they are handed out again, limit
local root = KEYS[1] .. 'o:'
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local found = {}
for _, key in ipairs(redis.call('ZRANGEBYSCORE', root .. 'rec', '-inf', now, 'LIMIT', 0, ARGV[2])) do
  redis.call('ZADD', root .. 'rec', now + ARGV[1], key)
  found[#found + 1] = {key, redis.call('HGET', root .. 'e:' .. key, 'b')}
end
return found
