-- At most count in any window: the times of the last takes are kept. ARGV: key, count, window us, amount
local key = KEYS[1] .. 'l:' .. ARGV[1]
local count, window, want = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local have = redis.call('LLEN', key)
local blocking = have - count + want - 1 -- the newest take that must have left the window
if blocking >= 0 then
  local free = tonumber(redis.call('LINDEX', key, blocking)) + window
  if free > now then return tostring((free - now) / 1000000) end
end
local at = string.format('%.0f', now)
for _ = 1, want do redis.call('RPUSH', key, at) end
redis.call('LTRIM', key, -count, -1)
redis.call('PEXPIRE', key, math.ceil(window / 1000) + 1)
return '0'
