-- lease, worker, number of this call: one that is repeated, since its reply was lost, gives the same job
local call = Q .. 'claim:' .. ARGV[3]

local function given(id)
  local c = redis.call('HMGET', P .. id, 'owner', 'request', 'attempts', 'max_attempts', 'progress', 'request_id', 'trace')
  return {id, c[1], c[2], c[3], c[4], c[5], c[6], c[7]}
end

local before = redis.call('GET', call)
if before then
  local h = redis.call('HMGET', P .. before, 'status', 'worker')
  if h[1] == 'running' and h[2] == ARGV[2] then return given(before) end
end
take_due()
for _, priority in ipairs({'high', 'normal', 'low'}) do
  local q = Q .. priority
  while true do
    local owner = redis.call('LPOP', q)
    if not owner then break end
    local id = redis.call('LPOP', q .. ':' .. owner)
    if redis.call('LLEN', q .. ':' .. owner) > 0 then redis.call('RPUSH', q, owner) end
    local h = id and redis.call('HMGET', P .. id, 'status', 'parent', 'request') or {}
    if h[1] == 'queued' and h[3] then
      counted(owner, priority, -1)
      redis.call('ZREM', Q .. 'pending', id)
      redis.call('ZADD', Q .. 'running', now + lease, id)
      state_of(id, h[2], 'running')
      redis.call('HINCRBY', P .. id, 'attempts', 1)
      redis.call('HINCRBY', P .. id, 'version', 1)
      redis.call('HSET', P .. id, 'worker', ARGV[2])
      redis.call('HSETNX', P .. id, 'started', now)
      if h[2] ~= '' and redis.call('HGET', P .. h[2], 'status') == 'queued' then
        redis.call('HSET', P .. h[2], 'status', 'running', 'started', now)
        redis.call('HINCRBY', P .. h[2], 'version', 1)
      end
      redis.call('SET', call, id, 'PX', 60000)
      return given(id)
    end
  end
end
return {}
