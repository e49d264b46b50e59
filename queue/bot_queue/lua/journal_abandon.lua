-- Give back the leases of one worker, or (empty name) of all.
-- ARGV: worker
local root = KEYS[1] .. 'j:'
local given = 0
for _, platform in ipairs(redis.call('SMEMBERS', root .. 'p')) do
  local run = root .. 'r:' .. platform
  for _, key in ipairs(redis.call('ZRANGE', run, 0, -1)) do
    local event = root .. 'e:' .. key
    local w = redis.call('HGET', event, 'w')
    if w and (ARGV[1] == '' or w == ARGV[1]) then
      redis.call('HDEL', event, 'w')
      redis.call('HSET', event, 'l', '')
      redis.call('ZADD', run, 0, key)
      given = given + 1
    end
  end
end
return given
