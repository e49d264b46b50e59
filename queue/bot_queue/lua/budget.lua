-- Accounts: b:<account> holds period, allowed, spent and reserved; b:r:<account> what is set aside by key;
-- b:d:<account>:<period> the keys that came to an end, so that a repetition changes nothing.
local function amount(x) return string.format('%.17g', x) end

local function budget_reserve(root, account, key, want)
  local b = root .. 'b:' .. account
  local a = redis.call('HMGET', b, 'period', 'allowed', 'spent', 'reserved')
  local period, allowed = a[1] or '', tonumber(a[2] or 0)
  local used = tonumber(a[3] or 0) + tonumber(a[4] or 0)
  local have = redis.call('HGET', root .. 'b:r:' .. account, key)
  if have then return nil, have end
  if redis.call('HEXISTS', root .. 'b:d:' .. account .. ':' .. period, key) == 1 then return nil, amount(want) end
  if used + want > allowed + 1e-9 then return {amount(used), amount(allowed)} end
  redis.call('HSET', root .. 'b:r:' .. account, key, amount(want))
  redis.call('HSET', b, 'reserved', amount(tonumber(a[4] or 0) + want))
  return nil, amount(want)
end

local function budget_end(root, account, key, spent)
  local b, r = root .. 'b:' .. account, root .. 'b:r:' .. account
  local have = redis.call('HGET', r, key)
  if not have then return end
  redis.call('HDEL', r, key)
  local a = redis.call('HMGET', b, 'period', 'spent', 'reserved')
  local left = tonumber(a[3] or 0) - tonumber(have)
  if redis.call('HLEN', r) == 0 or left < 1e-9 then left = 0 end
  redis.call('HSET', b, 'reserved', amount(left), 'spent', amount(tonumber(a[2] or 0) + spent))
  local d = root .. 'b:d:' .. account .. ':' .. (a[1] or '')
  redis.call('HSET', d, key, amount(spent))
  redis.call('EXPIRE', d, 5400000) -- 62 days
end
