-- lease, ttl, the longest that a job may wait, the worker (or ''), how many jobs it runs at once, how long it
-- counts as present
if ARGV[4] ~= '' then
  redis.call('HSET', Q .. 'workers', ARGV[4], int(now) .. ' ' .. ARGV[5])
  local seen = redis.call('HGETALL', Q .. 'workers')
  for at = 1, #seen, 2 do
    if tonumber(string.match(seen[at + 1], '^%d+')) < now - ARGV[6] then redis.call('HDEL', Q .. 'workers', seen[at]) end
  end
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', Q .. 'running', '-inf', now, 'LIMIT', 0, 100)) do
  local h = redis.call('HMGET', P .. id, 'status', 'attempts', 'max_attempts', 'cancel')
  if h[1] ~= 'running' then
    redis.call('ZREM', Q .. 'running', id)
  elseif h[4] == '1' then
    finish(id, 'cancelled', tonumber(ARGV[2]), '', '')
  else
    redis.call('HINCRBY', Q .. 'stats', 'lost', 1)
    if tonumber(h[2]) >= tonumber(h[3]) then
      finish(id, 'failed', tonumber(ARGV[2]), '', '')
    else
      requeue(id, now)
    end
  end
end
take_due()
-- before its record would expire: a counted job must have one
for _, id in ipairs(redis.call('ZRANGEBYSCORE', Q .. 'pending', '-inf', now - ARGV[3], 'LIMIT', 0, 100)) do
  finish(id, 'failed', tonumber(ARGV[2]), '', '')
end
return redis.call('ZCARD', Q .. 'pending') - redis.call('ZCARD', Q .. 'delayed')
