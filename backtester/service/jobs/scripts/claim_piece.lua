-- lease, id, holder, attempt (of the process that answers; '' for one that helps), whole, number of pieces, ttl
--
-- Gives the number of a piece, -1 where none is free, -2 where the job is not running; then the completed ones, to the
-- process that answers. Its own pieces are those of its attempt: an earlier attempt's are free again.
local id, holder, attempt, whole, count = ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])
local answers, k = attempt ~= '', P .. id .. ':pieces'
local job = read(id)
if not job or job.status ~= 'running' or job.cancel == '1' or (answers and job.attempts ~= attempt) then return {-2} end
if answers and redis.call('HGET', k, 'whole') ~= whole then
  redis.call('DEL', k)
  redis.call('HSET', k, 'whole', whole, 'count', count)
  for number = 0, count - 1 do -- of an earlier attempt
    if redis.call('EXISTS', piece_key(whole, number)) == 1 then redis.call('HSET', k, number, 'completed') end
  end
  redis.call('LREM', Q .. 'shared', 0, id)
  redis.call('RPUSH', Q .. 'shared', id)
end
if not answers and (redis.call('HGET', k, 'whole') ~= whole or job_waits()) then return {-1} end
redis.call('PEXPIRE', k, ARGV[7])
local number, completed = free_piece(k, job, count)
if number >= 0 then
  redis.call('HSET', k, number, holder)
  if not answers then redis.call('HSET', k, 'held:' .. holder, now + lease) end
end
return {number, answers and completed or {}}
