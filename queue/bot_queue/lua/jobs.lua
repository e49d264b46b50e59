-- What the queue's scripts share. All keys lie under q: of the root.
--   z:LANE:KIND        the line, ordered: score = virtual start (fast) or use and age (relax), member = seq .. id
--   f:LANE:KIND:PROF   the same by profile; o:LANE:KIND:PERSON by person; t:LANE:KIND each person's finish tag
--   s:LANE:KIND        figures of the line: v (virtual time), cost, running, rate (cost/ms), err, mean, a, at, last
--   j:ID               a job; k:KEY -> ID; lease: running jobs by their lease's end; fin: ended, not yet reported
--   age:LANE           waiting jobs by time of put; end:STATE ended ones, oldest first; n: counters; u:MONTH use
--@include budget
local R = KEYS[1] .. 'q:'
local T = redis.call('TIME')
local NOW = T[1] * 1000 + math.floor(T[2] / 1000)
local call = redis.call
local KEPT = 10000 -- ended jobs that are kept at most, per state
local FIELDS = {'s', 'la', 'ki', 'pr', 'pe', 'co', 'we', 'ac', 'm', 'sc', 'n', 'tr', 'pa', 'st', 'so', 'key', 'est', 'bt', 'bk', 'en', 'w'}

local function num(x) return tonumber(x or 0) or 0 end
local function str(x) return string.format('%.17g', x) end
local function tell(topic) call('PUBLISH', KEYS[1] .. 'news:q:' .. topic, '') end
local function wake(kind) if call('DEL', R .. 'idle:' .. kind) == 1 then tell('k:' .. kind) end end

local function load(id, fields)
  fields = fields or FIELDS
  local v = call('HMGET', R .. 'j:' .. id, unpack(fields))
  if not v[1] then return nil end
  local j = {id = id}
  for i, name in ipairs(fields) do j[name] = v[i] or nil end
  j.co, j.we, j.sc, j.line = num(j.co), num(j.we), num(j.sc), j.la .. ':' .. j.ki
  return j
end

local WHOLE = {'s', 'la', 'ki', 'pr', 'pe', 'co', 'we', 'm', 'sc', 'n', 'tr', 'pa', 'so', 'b'}
local function load_whole(id) return load(id, WHOLE) end

local function count(hash, field, by)
  if call('HINCRBY', R .. hash, field, by) == 0 then call('HDEL', R .. hash, field) end
end

-- Put a job into its line at its score.
local function enter(j)
  local sc = str(j.sc)
  local z = R .. 'z:' .. j.line
  call('ZADD', z, sc, j.m)
  call('ZADD', R .. 'f:' .. j.line .. ':' .. j.pr, sc, j.m)
  call('ZADD', R .. 'o:' .. j.line .. ':' .. j.pe, sc, j.m)
  call('ZADD', R .. 'age:' .. j.la, j.pa, j.id)
  if call('ZCARD', z) == 1 then call('HSET', R .. 's:' .. j.line, 'cost', str(j.co)) -- no rounding is carried on
  else call('HINCRBYFLOAT', R .. 's:' .. j.line, 'cost', str(j.co)) end
  count('wait', j.pe, 1)
end

local function leave(j)
  call('ZREM', R .. 'z:' .. j.line, j.m)
  call('ZREM', R .. 'f:' .. j.line .. ':' .. j.pr, j.m)
  call('ZREM', R .. 'o:' .. j.line .. ':' .. j.pe, j.m)
  call('ZREM', R .. 'age:' .. j.la, j.id)
  call('HINCRBYFLOAT', R .. 's:' .. j.line, 'cost', str(-j.co))
  count('wait', j.pe, -1)
end

-- Out of the running ones.
local function stop(j, counted)
  call('ZREM', R .. 'lease', j.id)
  if not counted then call('HINCRBY', R .. 's:' .. j.line, 'running', -1) end
  count('run', j.pe, -1)
end

-- A job came to its end: done, failed (set aside) or cancelled.
local function finish(j, state, spent, result)
  local key = R .. 'j:' .. j.id
  call('HSET', key, 's', state, 'en', num(j.en) + 1, 're', result or '')
  call('HINCRBY', R .. 'n', state .. ':' .. j.la, 1)
  call('ZADD', R .. 'fin', NOW, j.id)
  local kept = R .. 'end:' .. state
  if call('RPUSH', kept, j.id) > KEPT then
    local old = call('LPOP', kept)
    if not call('ZSCORE', R .. 'fin', old) and call('HGET', R .. 'j:' .. old, 's') == state then
      call('DEL', R .. 'j:' .. old)
    end
  end
  if j.ac and j.ac ~= '' then budget_end(KEYS[1], j.ac, j.bk or j.id, spent) end
  if state ~= 'done' and j.la == 'relax' then
    local month = call('HGET', key, 'mo')
    if month then call('HINCRBYFLOAT', R .. 'u:' .. month, j.pe, str(-j.co)) end
  end
  tell('j:' .. j.id)
  tell('fin')
end

-- A running job goes back to its place, or is set aside when it was tried often enough.
local function back(j, tries, solo, why)
  stop(j)
  if num(j.tr) >= tries then
    call('HSET', R .. 'j:' .. j.id, 'why', why)
    finish(j, 'failed', 0)
    return 'failed'
  end
  call('HSET', R .. 'j:' .. j.id, 's', 'waiting', 'why', why, 'so', solo)
  enter(j)
  wake(j.ki)
  tell('j:' .. j.id)
  return 'waiting'
end

-- Whoever lost a lease gives the job up; after a crash a job runs alone, so that a bad one harms no other.
local function expire(tries)
  for _, id in ipairs(call('ZRANGEBYSCORE', R .. 'lease', '-inf', NOW, 'LIMIT', 0, 32)) do
    local j = load(id)
    if j and j.s == 'running' then
      call('HINCRBY', R .. 'n', 'expired:' .. j.la, 1)
      back(j, tries, 1, 'its worker stopped answering')
    else call('ZREM', R .. 'lease', id) end
  end
end

local function place(j)
  if j.s == 'running' then return 0 end
  if j.s ~= 'waiting' then return -1 end
  return call('ZRANK', R .. 'z:' .. j.line, j.m) + 1
end

-- Milliseconds until a job will be done: work before it and its own by the line's measured rate, and what runs now.
local function estimate(j, position)
  local s = call('HMGET', R .. 's:' .. j.line, 'rate', 'cost', 'busy', 'running')
  local rate = num(s[1])
  if position < 0 then return 0 end
  if rate <= 0 then return position * 5000, true end -- a guess: nothing was measured yet
  if position == 0 then return math.max(0, num(j.bt) / rate - (NOW - num(j.st))) end
  local slots = math.max(1, call('ZCOUNT', R .. 'w:' .. j.ki, NOW - 30000, '+inf'))
  local waiting = math.max(1, call('ZCARD', R .. 'z:' .. j.line))
  local ahead = (position - 1) * num(s[2]) / waiting
  local remainder = 0
  if num(s[4]) > 0 then remainder = math.max(0, num(s[3]) - NOW) end
  return ahead / (rate * slots) + j.co / rate + remainder
end

local function use_key(month) return R .. 'u:' .. month end

-- Give a job its score: where it stands is settled here, once.
local function score(j, month, aging)
  local s, t = R .. 's:' .. j.line, R .. 't:' .. j.line
  local own = call('ZREVRANGE', R .. 'o:' .. j.line .. ':' .. j.pe, 0, 0, 'WITHSCORES')
  local last = num(own[2])
  local f = call('HMGET', s, 'v', 'mean', 'a', 'at', 'running')
  if j.la == 'fast' then
    -- Start-time fair queueing: start = max(virtual time, the person's last finish); finish = start + cost / weight.
    if num(f[5]) == 0 and call('EXISTS', R .. 'z:' .. j.line) == 0 then call('DEL', t) end
    j.sc = math.max(num(f[1]), num(call('ZSCORE', t, j.pe) or 0), last)
    call('ZADD', t, str(j.sc + j.co / j.we), j.pe)
    return
  end
  -- By this month's use; the clock `a` runs so that `aging` ms of waiting outweigh the use of one mean job.
  local mean = num(f[2])
  mean = mean == 0 and j.co or mean * 0.95 + j.co * 0.05
  local a = num(f[3])
  if f[4] then a = a + mean * (NOW - num(f[4])) / aging end
  call('HSET', s, 'mean', str(mean), 'a', str(a), 'at', NOW)
  local use = num(call('HGET', use_key(month), j.pe))
  j.sc = math.max(use / j.we + a, last)
  call('HINCRBYFLOAT', use_key(month), j.pe, str(j.co))
  call('EXPIRE', use_key(month), 5400000)
  call('HSET', R .. 'j:' .. j.id, 'mo', month)
end

local VIEW = {'b', 's', 'n', 'why', 'pg', 're', 'en'}
local function view(id)
  local j = load(id)
  if not j then return nil end
  local v = call('HMGET', R .. 'j:' .. id, unpack(VIEW))
  local position = place(j)
  for i = 1, #VIEW do v[i] = v[i] or '' end
  v[#VIEW + 1] = tostring(position)
  v[#VIEW + 2] = str(estimate(j, position))
  return v
end
