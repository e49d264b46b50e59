-- ARGV: what, name, token, ms
local key = KEYS[1] .. 'k:' .. ARGV[2]
local holder = redis.call('GET', key)
if ARGV[1] == 'hold' then
  if holder and holder ~= ARGV[3] then return 0 end
  redis.call('SET', key, ARGV[3], 'PX', ARGV[4])
  return 1
end
if holder ~= ARGV[3] then return 0 end
if ARGV[1] == 'renew' then return redis.call('PEXPIRE', key, ARGV[4]) end
redis.call('DEL', key)
return 1
