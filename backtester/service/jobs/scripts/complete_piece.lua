-- lease, id, whole, number
local k = P .. ARGV[2] .. ':pieces'
if redis.call('HGET', k, 'whole') ~= ARGV[3] or redis.call('EXISTS', piece_key(ARGV[3], ARGV[4])) == 0 then
  return 'lost'
end
redis.call('HSET', k, ARGV[4], 'completed')
return 'completed'
