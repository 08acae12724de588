-- lease, id, result_id, ttl
if redis.call('EXISTS', P .. 'result:' .. ARGV[3]) == 1 then return 'reuse' end
local key = Q .. 'computing:' .. ARGV[3]
local other = redis.call('GET', key)
if other and other ~= ARGV[2] and redis.call('HGET', P .. other, 'status') == 'running' then return 'wait' end
redis.call('SET', key, ARGV[2], 'PX', ARGV[4])
return 'compute'
