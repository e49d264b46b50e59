-- An admin's word on a job that was set aside. ARGV: retry | drop, id, month, aging ms
--@include jobs
local j = load(ARGV[2])
if not j or j.s ~= 'failed' then return {'missing'} end
if ARGV[1] == 'retry' and j.ac and j.ac ~= '' then
  local refused = budget_reserve(KEYS[1], j.ac, j.id .. ':' .. j.n, j.co)
  if refused then return {'refused', str(num(refused[1]) + j.co), refused[2]} end
  call('HSET', R .. 'j:' .. j.id, 'bk', j.id .. ':' .. j.n)
end
call('LREM', R .. 'end:failed', 0, j.id)
call('ZREM', R .. 'fin', j.id)
call('HINCRBY', R .. 'n', 'failed:' .. j.la, -1)
if ARGV[1] == 'drop' then
  call('DEL', R .. 'j:' .. j.id, R .. 'k:' .. j.key)
  return {'dropped'}
end
j.s, j.pa, j.m = 'waiting', NOW, string.format('%015.0f', call('INCR', R .. 'seq')) .. j.id
score(j, ARGV[3], num(ARGV[4]))
call('HSET', R .. 'j:' .. j.id, 's', 'waiting', 'tr', 0, 'so', 1, 'pa', NOW, 'm', j.m, 'sc', str(j.sc), 'why', '')
call('PERSIST', R .. 'j:' .. j.id)
enter(j)
wake(j.ki)
local position = place(j)
return {'waiting', tostring(position), str(estimate(j, position))}
