-- Every change of jobs in Redis: one script for each, so that it is made whole or not at all.
--
-- Keys, all under `backtest:` (one Redis, or one primary with replicas; not a cluster, whose keys live apart). An id has
-- no colon, so no job can take the place of what stands under `queue:` or `result:`.
--
--     {id}                    hash: the job. status, progress, event, result, attempts, times, request, digest, …
--     {id}:events             list: its last 512 progress events
--     {id}:jobs, {id}:states  list and hash: the jobs of a batch, and their statuses
--     result:{key}            the result or error document; the job's field `result` is the key: the result_id, or the
--                             job's id and attempt where the document is not shared
--
-- and under `backtest:queue:`
--
--     {priority}              list: the owners with queued jobs, in the order of the round robin
--     {priority}:{owner}      list: an owner's queued jobs
--     pending, delayed, running   sorted sets of ids: by arrival, by the time they are due, by the end of their lease
--     waiting                 hash: queued jobs by owner, by priority, and all
--     owner:{owner}           sorted set: the jobs and batches of an owner, by milliseconds and id
--     key:{owner}:{digest}    hash: the job of an idempotency key, and the digest of its request
--     computing:{result_id}   the job that computes this result
--     claim:{number}          for a minute, the job that a call was given
--     stats                   hash: totals since the beginning; also failed:{code}, warned:{code} and ran_ms
--     workers                 hash: when a worker last reaped, and how many jobs it runs at once, by its name
--
-- Times are milliseconds since 1970. Every change is published on the channel `backtest:events:{owner}`.

local P = 'backtest:'
local Q = 'backtest:queue:'
local lease = tonumber(ARGV[1])  -- of a claim, from now
local clock = redis.call('TIME')  -- one clock for every machine
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function int(n) return string.format('%d', n) end

-- Store and publish a job's progress, which never falls.
local function emit(id, stage, progress, completed, total)
  local k = P .. id
  local h = redis.call('HMGET', k, 'owner', 'request_id', 'created', 'progress', 'status')
  local shown = string.format('%.4g', math.max(tonumber(h[4] or '0') or 0, progress))
  local seq = redis.call('HINCRBY', k, 'seq', 1)
  redis.call('HINCRBY', k, 'version', 1)
  local name = h[2] and h[2] ~= '' and ('"request_id":' .. h[2] .. ',') or ''
  local event = '{"event":"progress","id":"' .. id .. '","seq":' .. int(seq) .. ',' .. name .. '"stage":"' .. stage ..
    '","progress":' .. shown .. ',"completed":' .. int(completed) .. ',"total":' .. int(total) ..
    ',"elapsed_ms":' .. int(math.max(0, now - tonumber(h[3]))) .. '}'
  redis.call('HSET', k, 'progress', shown, 'event', event)
  redis.call('RPUSH', k .. ':events', event)
  redis.call('LTRIM', k .. ':events', -512, -1)
  redis.call('PUBLISH', P .. 'events:' .. h[1], '{"id":"' .. id .. '","status":"' .. h[5] .. '","event":' .. event .. '}')
end

local function counted(owner, priority, by)
  redis.call('HINCRBY', Q .. 'waiting', 'all', by)
  redis.call('HINCRBY', Q .. 'waiting', 'priority:' .. priority, by)
  if redis.call('HINCRBY', Q .. 'waiting', 'owner:' .. owner, by) <= 0 then
    redis.call('HDEL', Q .. 'waiting', 'owner:' .. owner)
  end
end

-- Put a job at the end (or the front) of its owner's queue; an owner with a queue has one place among the owners.
local function push(id, front)
  local h = redis.call('HMGET', P .. id, 'owner', 'priority')
  local q = Q .. h[2]
  if redis.call(front and 'LPUSH' or 'RPUSH', q .. ':' .. h[1], id) == 1 then redis.call('RPUSH', q, h[1]) end
end

local function state_of(id, parent, status)
  redis.call('HSET', P .. id, 'status', status)
  if parent and parent ~= '' and redis.call('EXISTS', P .. parent) == 1 then
    redis.call('HSET', P .. parent .. ':states', id, status)
    redis.call('HINCRBY', P .. parent, 'version', 1)
  end
end

-- End a job and delete its request. A batch ends with the last of its jobs.
local finish_batch  -- the two call each other
local function finish(id, status, ttl, result, result_id, code)
  local k = P .. id
  local h = redis.call('HMGET', k, 'status', 'owner', 'priority', 'parent', 'kind', 'started', 'attempts')
  if h[5] ~= 'batch' and h[1] == 'queued' then counted(h[2], h[3], -1) end
  state_of(id, h[4], status)
  redis.call('HSET', k, 'finished', now, 'expires', now + ttl, 'result', result, 'result_id', result_id)
  redis.call('HDEL', k, 'request', 'worker')
  redis.call('ZREM', Q .. 'pending', id)
  redis.call('ZREM', Q .. 'delayed', id)
  redis.call('ZREM', Q .. 'running', id)
  local completed, total = 0, 0
  if h[5] == 'batch' then
    total = redis.call('LLEN', k .. ':jobs')
    completed = total
    redis.call('PEXPIRE', k .. ':jobs', ttl)
    redis.call('PEXPIRE', k .. ':states', ttl)
  else
    redis.call('HINCRBY', Q .. 'stats', status, 1)
    redis.call('HINCRBY', Q .. 'stats', 'ran_ms', math.max(0, now - tonumber(h[6] or now)))
    if status == 'failed' then -- without a code: it was never claimed, or its worker was lost
      local why = code or (h[7] == '0' and 'SERVICE_UNAVAILABLE' or 'WORKER_CRASHED')
      redis.call('HINCRBY', Q .. 'stats', 'failed:' .. why, 1)
    end
  end
  emit(id, status, (status == 'completed') and 1 or 0, completed, total)
  redis.call('PEXPIRE', k, ttl)
  redis.call('PEXPIRE', k .. ':events', ttl)
  if h[4] and h[4] ~= '' and redis.call('EXISTS', P .. h[4]) == 1 then
    local above = P .. h[4]
    local ended = redis.call('HINCRBY', above, 'ended', 1)
    local members = redis.call('LLEN', above .. ':jobs')
    if ended >= members then
      finish_batch(h[4], ttl)
    elseif now - tonumber(redis.call('HGET', above, 'emitted') or '0') >= 100 then
      redis.call('HSET', above, 'emitted', now)
      emit(h[4], 'simulating', ended / members, ended, members)
    end
  end
end

finish_batch = function(id, ttl)
  finish(id, redis.call('HGET', P .. id, 'cancel') == '1' and 'cancelled' or 'completed', ttl, '', '')
end

-- Queue a claimed job again.
local function requeue(id, due)
  local h = redis.call('HMGET', P .. id, 'owner', 'priority', 'parent', 'created')
  state_of(id, h[3], 'queued')
  redis.call('HDEL', P .. id, 'worker')
  redis.call('ZREM', Q .. 'running', id)
  redis.call('ZADD', Q .. 'pending', h[4], id)
  counted(h[1], h[2], 1)
  if due > now then redis.call('ZADD', Q .. 'delayed', due, id) else push(id, true) end
  emit(id, 'queued', 0, 0, 0)
end

local function take_due()
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', Q .. 'delayed', '-inf', now, 'LIMIT', 0, 100)) do
    redis.call('ZREM', Q .. 'delayed', id)
    if redis.call('HGET', P .. id, 'status') == 'queued' then push(id, false) end
  end
end

local function holds(id, attempt)
  local h = redis.call('HMGET', P .. id, 'status', 'attempts')
  return h[1] == 'running' and h[2] == attempt
end
