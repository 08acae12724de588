-- lease, ttl, the longest that a job may wait, who asks (or nobody), how many jobs it runs at once, how long it counts
if ARGV[4] ~= '' then
  redis.call('HSET', P .. 'workers', ARGV[4], int(now) .. ' ' .. ARGV[5])
  local told = redis.call('HGETALL', P .. 'workers')
  for at = 1, #told, 2 do
    if tonumber(string.match(told[at + 1], '^%d+')) < now - ARGV[6] then redis.call('HDEL', P .. 'workers', told[at]) end
  end
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'running', '-inf', now, 'LIMIT', 0, 100)) do
  local h = redis.call('HMGET', P .. id, 'status', 'attempts', 'max_attempts', 'cancel')
  if h[1] ~= 'running' then
    redis.call('ZREM', P .. 'running', id)
  elseif h[4] == '1' then
    finish(id, 'cancelled', tonumber(ARGV[2]), '', '')
  else
    redis.call('HINCRBY', P .. 'stats', 'lost', 1)
    if tonumber(h[2]) >= tonumber(h[3]) then
      finish(id, 'failed', tonumber(ARGV[2]), '', '')
    else
      requeue(id, now)
    end
  end
end
take_due()
-- before its record would expire: what is counted must be there
for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'pending', '-inf', now - ARGV[3], 'LIMIT', 0, 100)) do
  finish(id, 'failed', tonumber(ARGV[2]), '', '')
end
return redis.call('ZCARD', P .. 'pending') - redis.call('ZCARD', P .. 'delayed')
