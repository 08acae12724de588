-- lease, id, attempt [, stage, progress, completed, total]
if not holds(ARGV[2], ARGV[3]) then return 'lost' end
redis.call('ZADD', Q .. 'running', now + lease, ARGV[2])
if ARGV[4] then emit(ARGV[2], ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])) end
return redis.call('HGET', P .. ARGV[2], 'cancel') == '1' and 'cancel' or 'go on'
