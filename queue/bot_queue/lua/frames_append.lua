-- ARGV: session, frame, most frames, ms to keep, how many of those who listen are the writer itself
local key = KEYS[1] .. 'f:' .. ARGV[1]
local id = redis.call('XADD', key, 'MAXLEN', '=', ARGV[3], '0-*', 'f', ARGV[2])
redis.call('PEXPIRE', key, ARGV[4])
-- Others are told only where there are any: a house alone pays nothing for it.
local news = KEYS[1] .. 'news:f:' .. ARGV[1]
if redis.call('PUBSUB', 'NUMSUB', news)[2] > tonumber(ARGV[5]) then redis.call('PUBLISH', news, '') end
return string.sub(id, 3)
