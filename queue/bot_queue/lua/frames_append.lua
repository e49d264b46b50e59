-- ARGV: session, frame, most frames, ms to keep
local key = KEYS[1] .. 'f:' .. ARGV[1]
local id = redis.call('XADD', key, 'MAXLEN', '=', ARGV[3], '0-*', 'f', ARGV[2])
redis.call('PEXPIRE', key, ARGV[4])
return string.sub(id, 3)
