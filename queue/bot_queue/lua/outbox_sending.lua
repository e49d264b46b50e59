-- From here on a crash leaves it open whether the send went out.
-- ARGV: key, conversation, token
local root = KEYS[1] .. 'o:'
if redis.call('HGET', root .. 'c:' .. ARGV[2], 'token') ~= ARGV[3] then return 0 end
local entry = root .. 'e:' .. ARGV[1]
local s = redis.call('HGET', entry, 's')
if not s then return 0 end
if s == 'pending' then
  redis.call('HSET', entry, 's', 'sending')
  redis.call('HINCRBY', root .. 'n', 'pending', -1)
  redis.call('HINCRBY', root .. 'n', 'sending', 1)
end
return 1
