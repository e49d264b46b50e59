-- Make the claims of one worker, or (empty name) of all, due at once. ARGV: worker
local root = KEYS[1] .. 'o:'
local given = 0
for _, platform in ipairs(redis.call('SMEMBERS', root .. 'p')) do
  local due = root .. 'due:' .. platform
  for _, conversation in ipairs(redis.call('ZRANGE', due, 0, -1)) do
    local w = redis.call('HGET', root .. 'c:' .. conversation, 'worker')
    if w and (ARGV[1] == '' or w == ARGV[1]) then
      redis.call('DEL', root .. 'c:' .. conversation)
      redis.call('ZADD', due, 0, conversation)
      given = given + 1
    end
  end
end
return given
