-- lease, id, attempt, status, ttl, key of the document, result_id, 'written' or 'known': whose document it is,
-- the error's code (or none), the warnings' codes with commas between them, the worker that claims the next job (or '')
local id, key, result_id, ttl = ARGV[2], ARGV[6], ARGV[7], tonumber(ARGV[5])
local function end_attempt()
  local job = held(id, ARGV[3])
  if not job then return 'lost' end
  local at = P .. 'result:' .. key
  if redis.call('EXISTS', at) == 0 then
    if ARGV[8] == 'written' then return 'unwritten' end -- Redis refused it
    requeue(job, now, false) -- it has expired meanwhile
    return 'requeued'
  end
  if ARGV[8] == 'known' then redis.call('HINCRBY', Q .. 'stats', 'reused', 1) end
  redis.call('PEXPIRE', at, ttl, 'GT')
  if redis.call('GET', Q .. 'computing:' .. result_id) == id then redis.call('DEL', Q .. 'computing:' .. result_id) end
  for code in string.gmatch(ARGV[10], '[^,]+') do redis.call('HINCRBY', Q .. 'stats', 'warned:' .. code, 1) end
  finish(job, ARGV[4], ttl, key, result_id, ARGV[9] ~= '' and ARGV[9] or nil)
  return 'finished'
end
local ended = end_attempt()
if ended == 'unwritten' or ARGV[11] == '' then return {ended, {}} end
return {ended, claim_next(ARGV[11], id .. ':' .. ARGV[3])} -- an attempt ends once, and so names the claim
