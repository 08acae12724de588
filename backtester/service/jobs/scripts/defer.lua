-- lease, id, attempt, delay, counted
if not holds(ARGV[2], ARGV[3]) then return 'lost' end
if ARGV[5] == '1' then
  redis.call('HINCRBY', Q .. 'stats', 'retried', 1)
else
  redis.call('HINCRBY', P .. ARGV[2], 'attempts', -1)
end
requeue(ARGV[2], now + tonumber(ARGV[4]))
return 'deferred'
