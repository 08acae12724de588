import { afterEach, describe, expect, it } from 'vitest';
import type { ProgressEvent } from '../src/index.js';
import { BacktestPool, type BacktestPoolOptions, runBacktest } from '../src/node/index.js';
import { impostor, pause, processesLeft, rejection, request, runner, slowRequest, until } from './support.js';

let pools: BacktestPool[] = [];

function pool(options: BacktestPoolOptions = {}): BacktestPool {
  const made = new BacktestPool({ ...runner, ...options });
  pools.push(made);
  return made;
}

afterEach(async () => {
  await Promise.all(pools.map((one) => one.close()));
  pools = [];
  expect(processesLeft()).toEqual([]);
});

describe.each(['warm', 'prespawn'] as const)('a pool of mode %s', (mode) => {
  it('gives the result of a single run', async () => {
    const { timing_ms: _, ...expected } = await runBacktest({ ...request, request_id: 'same' }, runner);
    const { timing_ms: __, ...result } = await pool({ mode }).run({ ...request, request_id: 'same' });
    expect(result).toEqual(expected);
    expect('request_id' in (await pools[0]!.run(request))).toBe(false);
    const rockets = '🚀'.repeat(128);
    expect((await pools[0]!.run({ ...request, request_id: rockets })).request_id).toBe(rockets);
    const tooLong = await rejection(pools[0]!.run({ ...request, request_id: `${rockets}.` }));
    expect(tooLong.problems[0]?.pointer).toBe('/request_id');
  });

  it('gives many runs at once each its own result, two at a time', async () => {
    const count = mode === 'warm' ? 200 : 12;
    const many = pool({ mode, maxQueue: count });
    let most = 0;
    const runs = Array.from({ length: count }, async (_, index) => {
      const result = await many.run({ ...request, request_id: `${index}`, initial_capital: 1000 + index });
      most = Math.max(most, many.stats().running);
      return [result.request_id, result.request['initial_capital']];
    });
    expect(await Promise.all(runs)).toEqual(runs.map((_, index) => [`${index}`, 1000 + index]));
    expect(most).toBeLessThanOrEqual(2);
    expect(many.stats()).toMatchObject({ queued: 0, running: 0, settled: count });
  });

  it('rejects as a single run does, and goes on', async () => {
    const one = pool({ mode, size: 1 });
    const wrong = { ...request, initial_capital: -1, request_id: 'wrong' };
    const expected = await rejection(runBacktest(wrong, runner));
    expect((await rejection(one.run(wrong))).document).toEqual(expected.document);
    expect((await rejection(one.run({ ...request, initial_capital: Number.NaN }))).code).toBe('VALIDATION_FAILED');
    expect((await one.run(request)).success).toBe(true);
  });

  it('tells each run of its own progress, and of its end before the result', async () => {
    const one = pool({ mode, size: 1 });
    for (let round = 0; round < 5; round += 1) {
      const events: ProgressEvent[] = [];
      await one.run(request, { onProgress: (event) => events.push(event) });
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
      expect(events.at(-1)?.stage).toBe('completed');
      await one.run(request); // nobody listens
    }
  });

  it('refuses at once what the queue has no room for', async () => {
    const one = pool({ mode, size: 1, maxQueue: 1 });
    const runs = [one.run(slowRequest, { timeoutMs: 500 }), one.run(request)];
    const error = await rejection(one.run({ ...request, request_id: 'too many' }));
    expect(error).toMatchObject({ code: 'TOO_MANY_REQUESTS', status: 429, retryable: true });
    expect(error.document.request_id).toBe('too many');
    expect((await rejection(runs[0]!)).code).toBe('TIMEOUT');
    expect((await runs[1]!).success).toBe(true);
  });

  it('forgets a run that is cancelled while it waits', async () => {
    const one = pool({ mode, size: 1 });
    const controller = new AbortController();
    const first = one.run(slowRequest, { timeoutMs: 400 });
    const waiting = one.run(request, { signal: controller.signal });
    await until(() => one.stats().queued === 1 && one.stats().running === 1);
    controller.abort();
    expect((await rejection(waiting)).code).toBe('CANCELLED');
    expect(one.stats()).toMatchObject({ running: 1, queued: 0 });
    expect((await rejection(first)).code).toBe('TIMEOUT');
  });

  it('cancels whatever shares a signal, listening to it once', async () => {
    const warnings: Error[] = [];
    const warned = (warning: Error) => warnings.push(warning);
    process.on('warning', warned);
    const controller = new AbortController();
    const one = pool({ mode, size: 1 });
    const runs = Array.from({ length: 30 }, () => rejection(one.run(slowRequest, { signal: controller.signal })));
    setTimeout(() => controller.abort(), 300);
    expect((await Promise.all(runs)).every(({ code }) => code === 'CANCELLED')).toBe(true);
    expect(one.stats()).toMatchObject({ running: 0, queued: 0 });
    process.off('warning', warned);
    expect(warnings).toEqual([]);
  });

  it.each([{ request_id: 'named' }, {}])(
    'cancels a run that is under way, and the next one gets its own result',
    async (id) => {
      const one = pool({ mode, size: 1 });
      const controller = new AbortController();
      const onProgress = () => setTimeout(() => controller.abort(new Error('enough')), 50);
      const error = await rejection(one.run({ ...slowRequest, ...id }, { signal: controller.signal, onProgress }));
      expect(error).toMatchObject({ code: 'CANCELLED', cause: { message: 'enough' } });
      expect((await one.run(request)).request['strategy']).toBe('momentum');
    },
  );

  it('counts a deadline from when a process has the run, not from when it waits', async () => {
    const one = pool({ mode, size: 1 });
    await one.run(request); // started
    const first = one.run(slowRequest, { timeoutMs: 3000 });
    const second = one.run(request, { timeoutMs: 2900 });
    expect((await rejection(first)).code).toBe('TIMEOUT');
    expect((await second).success).toBe(true);
  });

  it('loses one run, not two, when a process is killed', async () => {
    const two = pool({ mode });
    await until(() => two.stats().idle === 2);
    await pause(300);
    const runs = [two.run(slowRequest), two.run(request), two.run(request)];
    await Promise.all(runs.slice(1));
    const killed = leaders();
    for (const pid of killed) process.kill(pid, 'SIGKILL');
    expect((await rejection(runs[0]!)).code).toBe('WORKER_CRASHED');
    await until(() => two.stats().idle === 2 && !leaders().some((pid) => killed.includes(pid))); // the idle one's end is seen
    expect((await two.run(request)).success).toBe(true);
  });

  it('finishes what it has when it closes, and takes nothing more', async () => {
    const one = pool({ mode, size: 1 });
    const runs = [one.run(request), one.run(request), one.run(request)];
    const closing = one.close();
    expect(one.close()).toBe(closing);
    expect(await rejection(one.run(request))).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: false });
    expect((await Promise.all(runs)).map(({ success }) => success)).toEqual([true, true, true]);
    await closing;
    expect(one.stats()).toMatchObject({ processes: 0, running: 0, queued: 0 });
    expect(processesLeft()).toEqual([]);
  });

  it('closes at the end of its scope', async () => {
    let outside: BacktestPool;
    {
      await using inside = new BacktestPool({ ...runner, mode });
      outside = inside;
      await inside.run(request);
    }
    expect(outside.stats().processes).toBe(0);
  });

  it('does not start a process that dies again and again in a hurry', async () => {
    let started = 0;
    const dying = pool({ mode, size: 1, ...impostor('import sys; sys.exit("dying")'), onStderr: () => (started += 1) });
    await pause(1500);
    expect(started).toBeLessThan(6);
    expect((await rejection(dying.run(request))).code).toBe('WORKER_CRASHED');
  });

  it('bounds what a run may answer', async () => {
    const one = pool({ mode, size: 1, maxOutputBytes: 8000 });
    expect((await rejection(one.run(request))).code).toBe('RESULT_TOO_LARGE');
    expect((await one.run({ ...request, output: { include: [] } })).success).toBe(true);
  });

  it('refuses settings that make no sense', () => {
    expect(() => new BacktestPool({ mode, size: 0 })).toThrow(RangeError);
    expect(() => new BacktestPool({ mode, maxQueue: 1.5 })).toThrow(RangeError);
    expect(() => new BacktestPool({ mode, recycleAfter: Number.NaN })).toThrow(RangeError);
  });
});

describe('a warm pool', () => {
  it('replaces a process that has served enough, without a run that has to wait for it', async () => {
    const one = pool({ size: 1, recycleAfter: 5 });
    await one.run(request);
    const first = leaders();
    for (let run = 0; run < 4; run += 1) await one.run(request);
    expect(one.stats()).toMatchObject({ processes: 2, idle: 1 }); // one takes runs while the other starts
    expect(leaders()).toEqual(expect.arrayContaining(first));
    const next = one.run(request);
    expect(one.stats()).toMatchObject({ running: 1, queued: 0 });
    await next;
    await until(() => one.stats().processes === 1);
    await one.run(request);
    expect(leaders().some((pid) => first.includes(pid))).toBe(false);
  });

  it('takes a request that looks like a control line for what it is', async () => {
    const one = pool({ size: 1 });
    const error = await rejection(one.run({ cancel: null } as never, { timeoutMs: 5000 }));
    expect(error.code).toBe('VALIDATION_FAILED');
    expect((await one.run(request)).success).toBe(true);
  });

  it('ends and replaces a worker that does not even answer to being cancelled', async () => {
    const deaf = impostor(
      [
        'import sys, time',
        `print('{"success": false, "request_id": "backtest-runner:ready"}', flush=True)`,
        'time.sleep(600)', // longer than a test may take: what settles has not waited for its end
      ].join('\n'),
    );
    const one = pool({ size: 1, ...deaf });
    expect((await rejection(one.run(request, { timeoutMs: 100 }))).code).toBe('TIMEOUT');
    await until(() => one.stats().idle === 1);
  });

  it('ends a worker that gives the answer to something else', async () => {
    const confused = impostor(
      [
        'import sys, time',
        `print('{"success": false, "request_id": "backtest-runner:ready"}', flush=True)`,
        'sys.stdin.readline(); sys.stdin.readline()',
        `print('{"success": true, "request_id": "another"}', flush=True)`,
        'time.sleep(60)',
      ].join('\n'),
    );
    const one = pool({ size: 1, ...confused });
    expect((await rejection(one.run({ ...request, request_id: 'mine' }))).code).toBe('WORKER_CRASHED');
  });
});

/** The processes that lead a group: those that the pool itself has started. */
function leaders(): number[] {
  return processesLeft().filter((pid) => {
    try {
      process.kill(-pid, 0);
      return true;
    } catch {
      return false;
    }
  });
}
