-- ARGV: id, person, 1 for an admin
--@include jobs
local j = load(ARGV[1])
if not j then return {'missing'} end
if ARGV[3] ~= '1' and j.pe ~= ARGV[2] then return {'denied'} end
if j.s == 'running' then
  stop(j)
  finish(j, 'cancelled', 0)
  tell('x:' .. j.w)
elseif j.s == 'waiting' then
  leave(j)
  if j.la == 'fast' then -- what the person queued behind it moves up by its cost
    local o, by, finish_tag = R .. 'o:' .. j.line .. ':' .. j.pe, j.co / j.we, j.sc + j.co / j.we
    local behind = call('ZRANGEBYSCORE', o, '(' .. str(j.sc), '+inf')
    local whole = true
    for _, m in ipairs(behind) do
      local b = load(string.sub(m, 16))
      if math.abs(b.sc - finish_tag) > 1e-6 * math.max(1, math.abs(finish_tag)) then whole = false; break end
      finish_tag = b.sc + b.co / b.we
      b.sc = b.sc - by
      call('HSET', R .. 'j:' .. b.id, 'sc', str(b.sc))
      for _, z in ipairs({'z:' .. b.line, 'f:' .. b.line .. ':' .. b.pr, 'o:' .. b.line .. ':' .. b.pe}) do
        call('ZADD', R .. z, str(b.sc), m)
      end
    end
    if whole then call('ZADD', R .. 't:' .. j.line, str(finish_tag - by), j.pe) end
  end
  finish(j, 'cancelled', 0)
end
return {call('HGET', R .. 'j:' .. j.id, 's')}
