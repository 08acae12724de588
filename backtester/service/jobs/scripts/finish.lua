-- lease, id, attempt, status, ttl, key of the document, result_id, 'written' or 'known': whose document it is,
-- the error's code (or none), the warnings' codes with commas between them
local id, key, result_id = ARGV[2], ARGV[6], ARGV[7]
if not holds(id, ARGV[3]) then return 'lost' end
local at = P .. 'result:' .. key
if redis.call('EXISTS', at) == 0 then return 'unknown' end
if ARGV[8] == 'known' then redis.call('HINCRBY', Q .. 'stats', 'reused', 1) end
redis.call('PEXPIRE', at, ARGV[5], 'GT')
if redis.call('GET', Q .. 'computing:' .. result_id) == id then redis.call('DEL', Q .. 'computing:' .. result_id) end
for code in string.gmatch(ARGV[10], '[^,]+') do redis.call('HINCRBY', Q .. 'stats', 'warned:' .. code, 1) end
finish(id, ARGV[4], tonumber(ARGV[5]), key, result_id, ARGV[9] ~= '' and ARGV[9] or nil)
return 'finished'
