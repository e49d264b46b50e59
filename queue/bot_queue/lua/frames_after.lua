-- ARGV: session, seq. Returns the last number and what came after seq.
local key = KEYS[1] .. 'f:' .. ARGV[1]
local newest = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)
if #newest == 0 then return {'0', {}} end
return {string.sub(newest[1][1], 3), redis.call('XRANGE', key, '(0-' .. ARGV[2], '+')}
