-- Renew leases. ARGV: worker, lease ms, then id, attempt of each. Returns id, what of those that should stop.
--@include jobs
local out = {}
for i = 3, #ARGV, 2 do
  local j = load(ARGV[i])
  if j and j.n == ARGV[i + 1] and j.s == 'running' then
    call('ZADD', R .. 'lease', NOW + ARGV[2], j.id)
    call('ZADD', R .. 'w:' .. j.ki, NOW, ARGV[1])
  else
    out[#out + 1] = ARGV[i]
    out[#out + 1] = (j and j.n == ARGV[i + 1] and j.s == 'cancelled') and 'cancelled' or 'lost'
  end
end
return out
