-- lease, id, attempt [, stage, progress, completed, total]
local job = held(ARGV[2], ARGV[3])
if not job then return 'lost' end
redis.call('ZADD', Q .. 'running', now + lease, job.id)
if ARGV[4] then emit(job, ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])) end
return job.cancel == '1' and 'cancel' or 'go on'
