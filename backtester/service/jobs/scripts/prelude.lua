-- Every change of jobs in Redis: one script for each, so that it is made whole or not at all.
--
-- Keys, all under `backtest:` (one Redis, or one primary with replicas; not a cluster, whose keys live apart). An id has
-- no colon, so no job can take the place of what stands under `queue:` or `result:`.
--
--     {id}                    hash: the job. status, progress, event, result, attempts, times, request, digest, …
--     {id}:events             list: its last 512 progress events
--     {id}:jobs, {id}:states  list and hash: the jobs of a batch, and their statuses
--     {id}:pieces             hash: the pieces that machines share. whole (result_id and question), count; by number the
--                             holder or `completed`; `held:{holder}`: the end of its lease. `attempt N` holds as long as it runs
--     piece:{whole}:{number}  the result of a piece, until the whole has ended
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
--     shared                  list: the jobs whose pieces machines share, in turn
--     workers                 hash: when a worker last reaped, and how many jobs it runs at once, by its name
--
-- Times are milliseconds since 1970. Every change is published on the channels `backtest:events:{owner}` and
-- `backtest:job-events:{id}`: a reader that follows one job of thousands is not sent the others.

local P = 'backtest:'
local Q = 'backtest:queue:'
local lease = tonumber(ARGV[1])  -- of a claim, from now
local clock = redis.call('TIME')  -- one clock for every machine
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function int(n) return string.format('%d', n) end

-- Each command of a script costs about as much as all of its Lua, and is written to the append-only file by itself: so a
-- job is read once, and what changes of it is written once, by `emit` or `batch_changed`.
local NAMES = {'status', 'owner', 'priority', 'parent', 'kind', 'request_id', 'created', 'started', 'attempts',
  'progress', 'seq', 'version', 'cancel', 'ended', 'emitted'}

-- Return what is stored of a job; nil where there is none.
local function read(id)
  local stored = redis.call('HMGET', P .. id, unpack(NAMES))
  if not stored[1] then return nil end
  local job = {id = id}
  for at, name in ipairs(NAMES) do job[name] = stored[at] or nil end
  return job
end

-- Store and publish a job's progress, which never falls. changes: more fields of it, and their values.
local function emit(job, stage, progress, completed, total, changes)
  local k, seq = P .. job.id, (tonumber(job.seq) or 0) + 1
  local shown = string.format('%.4g', math.max(tonumber(job.progress) or 0, progress))
  local name = (job.request_id or '') ~= '' and ('"request_id":' .. job.request_id .. ',') or ''
  local event = '{"event":"progress","id":"' .. job.id .. '","seq":' .. int(seq) .. ',' .. name .. '"stage":"' .. stage ..
    '","progress":' .. shown .. ',"completed":' .. int(completed) .. ',"total":' .. int(total) ..
    ',"elapsed_ms":' .. int(math.max(0, now - tonumber(job.created))) .. '}'
  redis.call('HSET', k, 'seq', seq, 'version', (tonumber(job.version) or 0) + 1, 'progress', shown, 'event', event,
    unpack(changes or {}))
  redis.call('RPUSH', k .. ':events', event)
  if seq > 512 then redis.call('LTRIM', k .. ':events', -512, -1) end
  local change = '{"id":"' .. job.id .. '","event":' .. event .. '}'
  redis.call('PUBLISH', P .. 'events:' .. job.owner, change)
  redis.call('PUBLISH', P .. 'job-events:' .. job.id, change)
end

-- Count jobs that began to wait, or (by < 0) ceased to.
local function counted(owner, priority, by)
  local names = {'all', 'priority:' .. priority, 'owner:' .. owner}
  local before = redis.call('HMGET', Q .. 'waiting', unpack(names))
  local after = {}
  for at = 1, 3 do after[at] = (tonumber(before[at]) or 0) + by end
  redis.call('HSET', Q .. 'waiting', names[1], after[1], names[2], after[2], names[3], after[3])
  if after[3] <= 0 then redis.call('HDEL', Q .. 'waiting', names[3]) end
end

-- Put a job at the end (or the front) of its owner's queue; an owner with a queue has one place among the owners.
local function push(id, owner, priority, front)
  local q = Q .. priority
  if redis.call(front and 'LPUSH' or 'RPUSH', q .. ':' .. owner, id) == 1 then redis.call('RPUSH', q, owner) end
end

-- Tell a job's batch of its new status; return the batch, nil where there is none. The caller writes its `version`.
local function told(job, status)
  local batch = (job.parent or '') ~= '' and read(job.parent) or nil
  if batch then
    redis.call('HSET', P .. batch.id .. ':states', job.id, status)
    batch.version = batch.version + 1
  end
  return batch
end

local function batch_changed(batch, ...)
  if batch then redis.call('HSET', P .. batch.id, 'version', batch.version, ...) end
end

-- End a job and delete its request. A batch ends with the last of its jobs.
local finish_batch  -- the two call each other
local function finish(job, status, ttl, result, result_id, code)
  local k, total = P .. job.id, 0
  if job.kind == 'batch' then
    total = redis.call('LLEN', k .. ':jobs')
    redis.call('PEXPIRE', k .. ':jobs', ttl)
    redis.call('PEXPIRE', k .. ':states', ttl)
  else
    if job.status == 'running' then
      redis.call('ZREM', Q .. 'running', job.id)
    else
      counted(job.owner, job.priority, -1)
      redis.call('ZREM', Q .. 'pending', job.id)
      redis.call('ZREM', Q .. 'delayed', job.id)
    end
    redis.call('HDEL', k, 'request', 'worker')
    redis.call('HINCRBY', Q .. 'stats', status, 1)
    redis.call('HINCRBY', Q .. 'stats', 'ran_ms', math.max(0, now - tonumber(job.started or now)))
    if status == 'failed' then -- without a code: it was never claimed, or its worker was lost
      local why = code or (job.attempts == '0' and 'SERVICE_UNAVAILABLE' or 'WORKER_CRASHED')
      redis.call('HINCRBY', Q .. 'stats', 'failed:' .. why, 1)
    end
  end
  emit(job, status, (status == 'completed') and 1 or 0, total, total,
    {'status', status, 'finished', now, 'expires', now + ttl, 'result', result, 'result_id', result_id})
  redis.call('PEXPIRE', k, ttl)
  redis.call('PEXPIRE', k .. ':events', ttl)
  local batch = told(job, status)
  if not batch then return end
  local ended, members = (tonumber(batch.ended) or 0) + 1, redis.call('LLEN', P .. batch.id .. ':jobs')
  if ended >= members then
    finish_batch(batch, ttl)
  elseif now - (tonumber(batch.emitted) or 0) >= 100 then
    emit(batch, 'simulating', ended / members, ended, members, {'ended', ended, 'emitted', now})
  else
    batch_changed(batch, 'ended', ended)
  end
end

finish_batch = function(batch, ttl)
  finish(batch, batch.cancel == '1' and 'cancelled' or 'completed', ttl, '', '')
end

-- Queue a claimed job again. counted_attempt: its attempt is one of its `max_attempts`.
local function requeue(job, due, counted_attempt)
  batch_changed(told(job, 'queued'))
  redis.call('HDEL', P .. job.id, 'worker')
  redis.call('ZREM', Q .. 'running', job.id)
  redis.call('ZADD', Q .. 'pending', job.created, job.id)
  counted(job.owner, job.priority, 1)
  if due > now then
    redis.call('ZADD', Q .. 'delayed', due, job.id)
  else
    push(job.id, job.owner, job.priority, true)
  end
  emit(job, 'queued', 0, 0, 0, {'status', 'queued', 'attempts', job.attempts - (counted_attempt and 0 or 1)})
end

local function take_due()
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', Q .. 'delayed', '-inf', now, 'LIMIT', 0, 100)) do
    redis.call('ZREM', Q .. 'delayed', id)
    local job = read(id)
    if job and job.status == 'queued' then push(id, job.owner, job.priority, false) end
  end
end

-- Return a claimed job, nil where this attempt is not its latest.
local function held(id, attempt)
  local job = read(id)
  return job and job.status == 'running' and job.attempts == attempt and job or nil
end

local function given(id)
  local c = redis.call('HMGET', P .. id, 'owner', 'request', 'attempts', 'max_attempts', 'progress', 'request_id', 'trace')
  return {id, c[1], c[2], c[3], c[4], c[5], c[6], c[7]}
end

-- Give a job to a worker. It and its batch are running now.
local function begin(job, worker)
  counted(job.owner, job.priority, -1)
  redis.call('ZREM', Q .. 'pending', job.id)
  redis.call('ZADD', Q .. 'running', now + lease, job.id)
  redis.call('HSET', P .. job.id, 'status', 'running', 'worker', worker, 'attempts', job.attempts + 1,
    'version', job.version + 1, 'started', job.started or now)
  local batch = told(job, 'running')
  if batch and batch.status == 'queued' then
    batch.version = batch.version + 1
    batch_changed(batch, 'status', 'running', 'started', now)
  else
    batch_changed(batch)
  end
end

-- Claim the next job for a worker; return an empty row where none waits. call: a name for this claim; one that is
-- repeated, since its reply was lost, gives the same job.
local function claim_next(worker, call)
  local before = redis.call('GET', Q .. 'claim:' .. call)
  if before then
    local h = redis.call('HMGET', P .. before, 'status', 'worker')
    if h[1] == 'running' and h[2] == worker then return given(before) end
  end
  take_due()
  for _, priority in ipairs({'high', 'normal', 'low'}) do
    local q = Q .. priority
    while true do
      local owner = redis.call('LMOVE', q, q, 'LEFT', 'RIGHT')
      if not owner then break end
      local id = redis.call('LPOP', q .. ':' .. owner)
      if redis.call('EXISTS', q .. ':' .. owner) == 0 then redis.call('RPOP', q) end
      local job = id and read(id)
      if job and job.status == 'queued' then
        begin(job, worker)
        redis.call('SET', Q .. 'claim:' .. call, id, 'PX', 60000)
        return given(id)
      end
    end
  end
  return {}
end

-- Whether a worker could claim a job.
local function job_waits()
  for _, priority in ipairs({'high', 'normal', 'low'}) do
    if redis.call('EXISTS', Q .. priority) == 1 then return true end
  end
  return false
end

local function piece_key(whole, number) return P .. 'piece:' .. whole .. ':' .. number end

-- Return the number of a piece of a running job that no process computes, -1 where there is none; and the completed ones.
local function free_piece(k, job, count)
  local by_name, free, completed = {}, -1, {}
  local stored = redis.call('HGETALL', k)
  for at = 1, #stored, 2 do by_name[stored[at]] = stored[at + 1] end
  for number = 0, count - 1 do
    local by = by_name[tostring(number)]
    if by == 'completed' then
      completed[#completed + 1] = number
    elseif free < 0 and (not by or (by ~= 'attempt ' .. job.attempts and (tonumber(by_name['held:' .. by]) or 0) < now)) then
      free = number
    end
  end
  return free, completed
end
