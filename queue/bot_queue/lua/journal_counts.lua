-- Return how many events there are, and how many of them are leased now.
local root = KEYS[1] .. 'j:'
local t = redis.call('TIME')
local now, running = t[1] * 1000 + math.floor(t[2] / 1000), 0
for _, platform in ipairs(redis.call('SMEMBERS', root .. 'p')) do
  running = running + redis.call('ZCOUNT', root .. 'r:' .. platform, '(' .. now, '+inf')
end
return {tonumber(redis.call('HGET', root .. 'n', 'count') or 0), running}
