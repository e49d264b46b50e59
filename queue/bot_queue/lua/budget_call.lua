-- ARGV: what, account, then what it takes
--@include budget
local b = KEYS[1] .. 'b:' .. ARGV[2]
if ARGV[1] == 'allow' then
  if redis.call('HGET', b, 'period') ~= ARGV[4] then redis.call('HSET', b, 'period', ARGV[4], 'spent', 0) end
  redis.call('HSET', b, 'allowed', ARGV[3])
elseif ARGV[1] == 'reserve' then
  local refused, kept = budget_reserve(KEYS[1], ARGV[2], ARGV[3], tonumber(ARGV[4]))
  if refused then return {'refused', refused[1], refused[2]} end
  return {'kept', kept}
elseif ARGV[1] == 'end' then
  budget_end(KEYS[1], ARGV[2], ARGV[3], tonumber(ARGV[4]))
end
local a = redis.call('HMGET', b, 'spent', 'reserved', 'allowed')
return {a[1] or '0', a[2] or '0', a[3] or '0'}
