-- Give a conversation back; its first send is tried again after a while.
-- ARGV: key, conversation, platform, token, delay ms, 1 where this counts as a try
local root = KEYS[1] .. 'o:'
local claim, entry = root .. 'c:' .. ARGV[2], root .. 'e:' .. ARGV[1]
if redis.call('HGET', claim, 'token') ~= ARGV[4] then return 0 end
local t = redis.call('TIME')
if redis.call('HGET', entry, 's') == 'sending' then
  redis.call('HSET', entry, 's', 'pending')
  redis.call('HINCRBY', root .. 'n', 'sending', -1)
  redis.call('HINCRBY', root .. 'n', 'pending', 1)
end
if ARGV[6] == '1' then redis.call('HINCRBY', entry, 'k', 1) end
redis.call('DEL', claim)
redis.call('ZADD', root .. 'due:' .. ARGV[3], t[1] * 1000 + math.floor(t[2] / 1000) + ARGV[5], ARGV[2])
return 1
