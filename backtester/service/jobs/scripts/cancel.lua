-- lease, id, ttl
local function cancel(id)
  local h = redis.call('HMGET', P .. id, 'status', 'kind')
  if h[1] == 'queued' and h[2] == 'backtest' then
    finish(id, 'cancelled', tonumber(ARGV[3]), '', '')
  elseif h[1] == 'queued' or h[1] == 'running' then
    if redis.call('HGET', P .. id, 'cancel') ~= '1' then
      redis.call('HSET', P .. id, 'cancel', '1')
      redis.call('HINCRBY', P .. id, 'version', 1)
    end
  end
end
cancel(ARGV[2])
for _, row in ipairs(redis.call('LRANGE', P .. ARGV[2] .. ':jobs', 0, -1)) do cancel(cjson.decode(row)[1]) end
return 'ok'
