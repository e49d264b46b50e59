-- Claim conversations whose first send is due: new ones, retries, and what dead processes left.
-- ARGV: worker, token, lease ms, limit, platforms...
local root = KEYS[1] .. 'o:'
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local limit, heads, soonest = tonumber(ARGV[4]), {}, -1
for i = 5, #ARGV do
  local due = root .. 'due:' .. ARGV[i]
  if limit <= 0 then break end
  for _, conversation in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, limit)) do
    local key = redis.call('LINDEX', root .. 'q:' .. conversation, 0)
    if key then
      local token = ARGV[2] .. '-' .. limit
      redis.call('HSET', root .. 'c:' .. conversation, 'token', token, 'worker', ARGV[1])
      redis.call('ZADD', due, now + ARGV[3], conversation)
      local e = redis.call('HMGET', root .. 'e:' .. key, 'b', 's', 'k')
      heads[#heads + 1] = {conversation, token, key, e[1], e[2], e[3]}
      limit = limit - 1
    else
      redis.call('ZREM', due, conversation)
    end
  end
  local first = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')
  if first[2] and (soonest < 0 or first[2] - now < soonest) then soonest = math.max(0, first[2] - now) end
end
return {soonest, heads}
