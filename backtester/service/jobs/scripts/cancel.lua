-- lease, id, ttl
local function cancel(id)
  local job = read(id)
  if not job then return end
  if job.status == 'queued' and job.kind == 'backtest' then
    finish(job, 'cancelled', tonumber(ARGV[3]), '', '')
  elseif (job.status == 'queued' or job.status == 'running') and job.cancel ~= '1' then
    redis.call('HSET', P .. id, 'cancel', '1', 'version', job.version + 1)
  end
end
cancel(ARGV[2])
for _, row in ipairs(redis.call('LRANGE', P .. ARGV[2] .. ':jobs', 0, -1)) do cancel(cjson.decode(row)[1]) end
return 'ok'
