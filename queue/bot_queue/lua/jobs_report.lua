-- Ended jobs for the ledger and the outbox. ARGV: take, ms until they are handed out again, limit | ack, id, seconds kept
--@include jobs
if ARGV[1] == 'ack' then
  local key = R .. 'j:' .. ARGV[2]
  if call('ZREM', R .. 'fin', ARGV[2]) == 1 then
    if call('HGET', key, 's') ~= 'failed' then call('EXPIRE', key, ARGV[3]) end
    local k = call('HGET', key, 'key')
    if k then call('EXPIRE', R .. 'k:' .. k, math.max(86400, num(ARGV[3]))) end
  end
  return 1
end
local out = {}
for _, id in ipairs(call('ZRANGEBYSCORE', R .. 'fin', '-inf', NOW, 'LIMIT', 0, ARGV[3])) do
  local v = view(id)
  if v then
    call('ZADD', R .. 'fin', NOW + ARGV[2], id)
    out[#out + 1] = v
  else call('ZREM', R .. 'fin', id) end
end
return out
