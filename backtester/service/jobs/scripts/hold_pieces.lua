-- lease, id, holder
local job = read(ARGV[2])
if not job or job.status ~= 'running' or job.cancel == '1' then return 'lost' end
redis.call('HSET', P .. ARGV[2] .. ':pieces', 'held:' .. ARGV[3], now + lease)
return 'go on'
