-- ARGV: view, id | list, state, limit | status | pause, lane, 0 or 1
--@include jobs
if ARGV[1] == 'view' then return view(ARGV[2]) end
if ARGV[1] == 'pause' then
  call(ARGV[3] == '1' and 'SADD' or 'SREM', R .. 'paused', ARGV[2])
  for _, line in ipairs(call('SMEMBERS', R .. 'lines')) do wake(string.match(line, '^%a+:(.*)$')) end
  return 1
end
local lines = call('SMEMBERS', R .. 'lines')
table.sort(lines)
if ARGV[1] == 'list' then
  local ids, limit, out = {}, num(ARGV[3]), {}
  if ARGV[2] == 'waiting' then
    for _, line in ipairs(lines) do
      for _, m in ipairs(call('ZRANGE', R .. 'z:' .. line, 0, limit - 1)) do ids[#ids + 1] = string.sub(m, 16) end
    end
  elseif ARGV[2] == 'running' then ids = call('ZRANGE', R .. 'lease', 0, limit - 1)
  else ids = call('LRANGE', R .. 'end:' .. ARGV[2], -limit, -1) end
  for _, id in ipairs(ids) do
    if #out >= limit then break end
    local v = view(id)
    if v and v[2] == ARGV[2] then out[#out + 1] = v end
  end
  return out
end
local out = {}
for _, lane in ipairs({'fast', 'relax'}) do
  local waiting, running, cost, err = 0, 0, 0, 0
  for _, line in ipairs(lines) do
    if string.match(line, '^(%a+):') == lane then
      local f = call('HMGET', R .. 's:' .. line, 'running', 'cost', 'err')
      local here = call('ZCARD', R .. 'z:' .. line)
      if here > 0 then waiting, cost = waiting + here, cost + num(f[2]) end
      running, err = running + num(f[1]), math.max(err, num(f[3]))
    end
  end
  local n = call('HMGET', R .. 'n', 'done:' .. lane, 'failed:' .. lane)
  local oldest = call('ZRANGE', R .. 'age:' .. lane, 0, 0, 'WITHSCORES')[2]
  out[#out + 1] = {lane, tostring(waiting), tostring(running), n[1] or '0', n[2] or '0',
    tostring(call('SISMEMBER', R .. 'paused', lane)), str(cost), oldest and str((NOW - oldest) / 1000) or '0', str(err)}
end
return out
