-- lease, id
local k = P .. ARGV[2] .. ':pieces'
local about = redis.call('HMGET', k, 'count', 'whole')
for number = 0, (tonumber(about[1]) or 0) - 1 do redis.call('UNLINK', piece_key(about[2], number)) end
redis.call('DEL', k)
redis.call('LREM', Q .. 'shared', 0, ARGV[2])
return 'ok'
