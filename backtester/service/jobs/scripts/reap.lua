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
  local job = read(id)
  if not job or job.status ~= 'running' then
    redis.call('ZREM', Q .. 'running', id)
  elseif job.cancel == '1' then
    finish(job, 'cancelled', tonumber(ARGV[2]), '', '')
  else
    redis.call('HINCRBY', Q .. 'stats', 'lost', 1)
    if tonumber(job.attempts) >= tonumber(redis.call('HGET', P .. id, 'max_attempts')) then
      finish(job, 'failed', tonumber(ARGV[2]), '', '')
    else
      requeue(job, now, true)
    end
  end
end
take_due()
-- before its record would expire: a counted job must have one
for _, id in ipairs(redis.call('ZRANGEBYSCORE', Q .. 'pending', '-inf', now - ARGV[3], 'LIMIT', 0, 100)) do
  local job = read(id)
  if job and job.status == 'queued' then
    finish(job, 'failed', tonumber(ARGV[2]), '', '')
  else -- it has no record any more
    redis.call('ZREM', Q .. 'pending', id)
  end
end
local helped = redis.call('EXISTS', Q .. 'shared') * ARGV[5] -- by every process of this worker that has nothing to do
return redis.call('ZCARD', Q .. 'pending') - redis.call('ZCARD', Q .. 'delayed') + helped
