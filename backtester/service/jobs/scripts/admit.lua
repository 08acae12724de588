-- lease, owner, priority, limit, owner's limit, attempts, active ttl, key, digest, key's ttl, batch, traceparent,
-- then of each job: id, request_id as JSON, request
--
-- A job that is there: this call came before and its reply was lost, or a Celery client sent its id before.
local owner, priority, batch = ARGV[2], ARGV[3], ARGV[11]
local count = (#ARGV - 12) / 3
local first = batch ~= '' and batch or ARGV[13]
local there = redis.call('HMGET', P .. first, 'owner', 'digest')
if there[1] then return {there[1] == owner and there[2] == ARGV[9] and 'admitted' or 'taken', first} end
if ARGV[8] ~= '' then
  local known = redis.call('HMGET', Q .. 'key:' .. owner .. ':' .. ARGV[8], 'id', 'digest')
  if known[1] and redis.call('EXISTS', P .. known[1]) == 1 then
    return {known[2] == ARGV[9] and 'replayed' or 'reused', known[1]}
  end
end
local waiting = redis.call('HMGET', Q .. 'waiting', 'all', 'owner:' .. owner)
if tonumber(waiting[1] or '0') + count > tonumber(ARGV[4]) then return {'full', waiting[1] or '0'} end
if tonumber(waiting[2] or '0') + count > tonumber(ARGV[5]) then return {'owner full', waiting[2] or '0'} end

-- Create a job, and return it as `read` does.
local function create(id, kind, name, parent, ...)
  redis.call('HSET', P .. id, 'owner', owner, 'kind', kind, 'status', 'queued', 'priority', priority, 'attempts', 0,
    'max_attempts', ARGV[6], 'created', now, 'parent', parent, 'request_id', name, 'trace', ARGV[12], 'digest', ARGV[9],
    ...)
  return {id = id, owner = owner, created = now, request_id = name}
end
local of_batch = batch ~= '' and create(batch, 'batch', '', '')
for at = 13, #ARGV, 3 do
  local id, name = ARGV[at], ARGV[at + 1]
  local job = create(id, 'backtest', name, batch, 'request', ARGV[at + 2])
  redis.call('ZADD', Q .. 'pending', now, id)
  push(id, owner, priority, false)
  if of_batch then
    redis.call('RPUSH', P .. batch .. ':jobs', '["' .. id .. '",' .. (name == '' and 'null' or name) .. ']')
    redis.call('HSET', P .. batch .. ':states', id, 'queued')
  end
  emit(job, 'queued', 0, 0, 0)
  redis.call('PEXPIRE', P .. id, ARGV[7])
  redis.call('PEXPIRE', P .. id .. ':events', ARGV[7])
end
counted(owner, priority, count)
if of_batch then
  emit(of_batch, 'queued', 0, 0, count)
  for _, of in ipairs({'', ':events', ':jobs', ':states'}) do redis.call('PEXPIRE', P .. batch .. of, ARGV[7]) end
end
local mine = Q .. 'owner:' .. owner
redis.call('ZADD', mine, 0, string.format('%015d', now) .. '.' .. first)
redis.call('ZREMRANGEBYRANK', mine, 0, -50000 - 1)
redis.call('PEXPIRE', mine, ARGV[7])
if ARGV[8] ~= '' then
  local key = Q .. 'key:' .. owner .. ':' .. ARGV[8]
  redis.call('HSET', key, 'id', first, 'digest', ARGV[9])
  redis.call('PEXPIRE', key, ARGV[10])
end
return {'admitted', first}
