-- lease
--
-- Gives a running job that has a free piece, in turn, while no job waits.
if job_waits() then return {} end
for _ = 1, redis.call('LLEN', Q .. 'shared') do
  local id = redis.call('LMOVE', Q .. 'shared', Q .. 'shared', 'LEFT', 'RIGHT')
  local job, k = read(id), P .. id .. ':pieces'
  local about = redis.call('HMGET', k, 'whole', 'count')
  if not job or not about[1] or (job.status ~= 'running' and job.status ~= 'queued') then
    redis.call('LREM', Q .. 'shared', 0, id)
  elseif job.status == 'running' and job.cancel ~= '1' and free_piece(k, job, tonumber(about[2])) >= 0 then
    local more = redis.call('HMGET', P .. id, 'request', 'trace')
    return {id, job.owner, more[1], about[1], more[2]}
  end
end
return {}
