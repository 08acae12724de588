-- lease, id, attempt, delay, counted
local job = held(ARGV[2], ARGV[3])
if not job then return 'lost' end
if ARGV[5] == '1' then redis.call('HINCRBY', Q .. 'stats', 'retried', 1) end
requeue(job, now + tonumber(ARGV[4]), ARGV[5] == '1')
return 'deferred'
