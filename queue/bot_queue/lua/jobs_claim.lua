-- ARGV: worker, lease ms, tries, relax share, aging ms, lanes (n, ...), kinds (n, ...), rules (profile, largest, patience ms)...
--@include jobs
local worker, lease, tries, share, aging = ARGV[1], num(ARGV[2]), num(ARGV[3]), num(ARGV[4]), num(ARGV[5])
local lanes, kinds, rules, i = {}, {}, {}, 6
for _ = 1, num(ARGV[i]) do i = i + 1; lanes[ARGV[i]] = true end
for _, lane in ipairs(call('SMEMBERS', R .. 'paused')) do lanes[lane] = nil end
i = i + 1
for _ = 1, num(ARGV[i]) do i = i + 1; kinds[#kinds + 1] = ARGV[i] end
for r = i + 1, #ARGV, 3 do rules[ARGV[r]] = {num(ARGV[r + 1]), num(ARGV[r + 2])} end
expire(tries)

local function first(line) return call('ZRANGE', R .. 'z:' .. line, 0, 0)[1] end

-- Relax gets its share of what fast gets, more the longer its oldest job waits, up to a half.
local function choose(kind)
  local fast, relax = lanes.fast and first('fast:' .. kind), lanes.relax and first('relax:' .. kind)
  if not (fast and relax) then return fast and 'fast' or relax and 'relax', fast or relax, nil end
  local oldest = call('ZRANGE', R .. 'age:relax', 0, 0, 'WITHSCORES')
  local part = share + math.max(0, 0.5 - share) * math.min(1, (NOW - num(oldest[2])) / aging)
  local credit = num(call('HGET', R .. 's:relax:' .. kind, 'credit'))
  if credit >= num(call('HGET', R .. 'j:' .. string.sub(relax, 16), 'co')) then return 'relax', relax, part end
  return 'fast', fast, part
end

local function gather(j, largest)
  local batch = {j}
  if largest <= 1 or j.so == '1' then return batch end
  local mine = {[j.pe] = 1}
  local compatible = call('ZRANGE', R .. 'f:' .. j.line .. ':' .. j.pr, 0, largest * 4 + 16)
  for _, m in ipairs(compatible) do
    if #batch >= largest then break end
    if m ~= j.m then
      local c = load_whole(string.sub(m, 16))
      local n = mine[c.pe] or 0
      -- A member's own jobs stay in order: only the next of each may join.
      if c.so ~= '1' and call('ZRANGE', R .. 'o:' .. j.line .. ':' .. c.pe, n, n)[1] == m then
        batch[#batch + 1] = c
        mine[c.pe] = n + 1
      end
    end
  end
  return batch
end

local function hand_out(batch, part)
  local head, total, out = batch[1], 0, {}
  for _, j in ipairs(batch) do total = total + j.co end
  for _, j in ipairs(batch) do
    leave(j)
    local key = R .. 'j:' .. j.id
    local attempt = num(j.n) + 1
    call('HSET', key, 's', 'running', 'w', worker, 'st', NOW, 'bt', str(total), 'n', attempt, 'tr', num(j.tr) + 1)
    call('ZADD', R .. 'lease', NOW + lease, j.id)
    count('run', j.pe, 1)
    tell('j:' .. j.id)
    out[#out + 1] = {tostring(attempt), j.b}
  end
  local s = R .. 's:' .. head.line
  local f = call('HMGET', s, 'v', 'rate', 'busy', 'running', 'last')
  local v = math.max(num(f[1]), head.sc)
  call('HSET', s, 'v', str(v), 'running', num(f[4]) + #batch, 'last', #kinds > 1 and call('INCR', R .. 'seq') or f[5] or 0)
  if num(f[2]) > 0 then call('HSET', s, 'busy', str(math.max(num(f[3]), NOW + total / num(f[2])))) end
  if NOW % 8 == 0 then call('ZREMRANGEBYSCORE', R .. 't:' .. head.line, '-inf', str(v)) end
  if part then
    local credit = head.la == 'fast' and total * part / (1 - part) or -total
    call('HINCRBYFLOAT', R .. 's:relax:' .. head.ki, 'credit', str(credit))
  end
  return out
end

if #kinds > 1 then -- the kind that was served longest ago comes first
  local last = {}
  for _, kind in ipairs(kinds) do
    last[kind] = math.max(num(call('HGET', R .. 's:fast:' .. kind, 'last')), num(call('HGET', R .. 's:relax:' .. kind, 'last')))
  end
  table.sort(kinds, function(a, b) if last[a] ~= last[b] then return last[a] < last[b] end return a < b end)
end
for _, kind in ipairs(kinds) do call('ZADD', R .. 'w:' .. kind, NOW, worker) end

local function all_waiting()
  local n = 0
  for _, kind in ipairs(kinds) do
    for lane in pairs(lanes) do n = n + call('ZCARD', R .. 'z:' .. lane .. ':' .. kind) end
  end
  return n
end

local wait = -1
for _, kind in ipairs(kinds) do
  local lane, m, part = choose(kind)
  if lane then
    local j = load_whole(string.sub(m, 16))
    local rule = rules[j.pr] or {1, 0}
    local batch = gather(j, rule[1])
    local left = num(j.pa) + rule[2] - NOW
    -- Waiting for companions is free only where everything that waits here could be one.
    if #batch < rule[1] and left > 0 and j.so ~= '1' and num(j.n) == 0 and all_waiting() == #batch then
      if wait < 0 or left < wait then wait = left end
    else
      return {'jobs', tostring(NOW + lease), hand_out(batch, part)}
    end
  end
end
for _, kind in ipairs(kinds) do
  call('SET', R .. 'idle:' .. kind, 1, 'PX', 10000)
  call('ZREMRANGEBYSCORE', R .. 'w:' .. kind, '-inf', NOW - 60000)
end
local next_end = call('ZRANGE', R .. 'lease', 0, 0, 'WITHSCORES')[2]
if next_end and (wait < 0 or next_end - NOW < wait) then wait = math.max(1, next_end - NOW + 1) end
return {'wait', tostring(wait)}
