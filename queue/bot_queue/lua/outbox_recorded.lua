-- The ledger has it. ARGV: key
local root = KEYS[1] .. 'o:'
if redis.call('ZREM', root .. 'rec', ARGV[1]) == 0 then return 0 end
local body = redis.call('HGET', root .. 'e:' .. ARGV[1], 'b')
redis.call('DEL', root .. 'e:' .. ARGV[1])
redis.call('HINCRBY', root .. 'n', 'total', -1)
redis.call('HINCRBY', root .. 'n', 'bytes', -#body)
return 1
