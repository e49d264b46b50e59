-- ARGV: id, key, body, kind, profile, lane, person, account, cost, weight, month,
--       most waiting per person, most open per person, most in all, aging ms
--@include jobs
local id, key = ARGV[1], ARGV[2]
local known = call('GET', R .. 'k:' .. key)
if not known and call('EXISTS', R .. 'j:' .. id) == 1 then known = id end
if known then
  local old = load(known)
  if not old then return {'old', known, 'done', '-1', '0'} end -- its end is in the ledger
  local position = place(old)
  return {'old', known, old.s, tostring(position), str(estimate(old, position))}
end
local person = ARGV[7]
local waiting = num(call('HGET', R .. 'wait', person))
if waiting >= num(ARGV[12]) then return {'refused', 'waiting', tostring(waiting), ARGV[12]} end
local open = waiting + num(call('HGET', R .. 'run', person))
if open >= num(ARGV[13]) then return {'refused', 'open', tostring(open), ARGV[13]} end
local all = call('ZCARD', R .. 'age:fast') + call('ZCARD', R .. 'age:relax') + call('ZCARD', R .. 'fin')
if all >= num(ARGV[14]) then return {'refused', 'queue', tostring(all), ARGV[14]} end
local cost = num(ARGV[9])
if ARGV[8] ~= '' then
  local refused = budget_reserve(KEYS[1], ARGV[8], id, cost)
  if refused then return {'refused', 'budget', str(num(refused[1]) + cost), refused[2]} end
end
local j = {
  id = id, s = 'waiting', la = ARGV[6], ki = ARGV[4], pr = ARGV[5], pe = person, co = cost, we = num(ARGV[10]),
  line = ARGV[6] .. ':' .. ARGV[4], pa = NOW, m = string.format('%015.0f', call('INCR', R .. 'seq')) .. id,
}
score(j, ARGV[11], num(ARGV[15]))
enter(j)
local position = place(j)
local ms, guessed = estimate(j, position)
call('HSET', R .. 'j:' .. id, 'b', ARGV[3], 's', 'waiting', 'la', j.la, 'ki', j.ki, 'pr', j.pr, 'pe', person,
  'co', ARGV[9], 'we', ARGV[10], 'ac', ARGV[8], 'm', j.m, 'sc', str(j.sc), 'n', 0, 'tr', 0, 'pa', NOW, 'key', key,
  'est', guessed and '' or str(ms)) -- how far off it was is tracked
call('SET', R .. 'k:' .. key, id)
call('SADD', R .. 'lines', j.line)
wake(j.ki)
return {'new', id, 'waiting', tostring(position), str(ms)}
