-- lease, id, attempt, status, ttl, document, result_id, shared
local id, result_id = ARGV[2], ARGV[7]
if not holds(id, ARGV[3]) then return 'lost' end
local key = (ARGV[8] == '1') and result_id or id
local at = P .. 'result:' .. key
if ARGV[6] == '' then
  if redis.call('EXISTS', at) == 0 then return 'unknown' end
  redis.call('HINCRBY', P .. 'stats', 'reused', 1)
else
  redis.call('SET', at, ARGV[6], 'PX', ARGV[5])
end
redis.call('PEXPIRE', at, ARGV[5], 'GT')
if ARGV[8] == '1' and redis.call('GET', P .. 'computing:' .. result_id) == id then
  redis.call('DEL', P .. 'computing:' .. result_id)
end
finish(id, ARGV[4], tonumber(ARGV[5]), key, result_id)
return 'finished'
