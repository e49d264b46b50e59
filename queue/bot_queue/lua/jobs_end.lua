-- What a worker says of its attempt. ARGV: what, id, attempt, then
--   progress: body | commit: result, actual cost ('' for the job's own) | fail: reason, tries, 1 to try again | release
--@include jobs
local j = load(ARGV[2])
if not j or j.n ~= ARGV[3] then return 'lost' end
local key = R .. 'j:' .. j.id
if ARGV[1] == 'commit' and j.s == 'done' then return 'ok' end -- our own call, sent again
if j.s ~= 'running' then return 'lost' end
if ARGV[1] == 'progress' then
  call('HSET', key, 'pg', ARGV[4])
  tell('j:' .. j.id)
  return 'ok'
end
if ARGV[1] == 'fail' then
  if ARGV[6] == '1' then return back(j, num(ARGV[5]), 1, ARGV[4]) end
  return back(j, 0, 1, ARGV[4])
end
if ARGV[1] == 'release' then
  call('HINCRBY', key, 'tr', -1)
  return back(j, math.huge, j.so == '1' and 1 or 0, '')
end
stop(j, true)
local s = R .. 's:' .. j.line
local f = call('HMGET', s, 'rate', 'err', 'running')
local ran, took = math.max(1, NOW - num(j.st)), math.max(1, NOW - num(j.pa))
local rate, err = num(j.bt) / ran, math.abs(num(j.est) - took) / took
if f[1] then rate = num(f[1]) * 0.8 + rate * 0.2 end
if j.est == '' or not j.est then err = num(f[2])
elseif num(f[2]) > 0 then err = num(f[2]) * 0.9 + err * 0.1 end
call('HSET', s, 'rate', str(rate), 'err', str(err), 'running', num(f[3]) - 1)
finish(j, 'done', ARGV[5] ~= '' and num(ARGV[5]) or j.co, ARGV[4])
return 'ok'
