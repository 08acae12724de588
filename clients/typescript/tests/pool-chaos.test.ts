import { expect, it } from 'vitest';
import { BacktestError } from '../src/index.js';
import { BacktestPool } from '../src/node/index.js';
import { pause, processesLeft, request, runner, slowRequest } from './support.js';

const RUNS = 150;
const EXPECTED = new Set(['CANCELLED', 'TIMEOUT', 'VALIDATION_FAILED', 'WORKER_CRASHED']);

it.each(['warm', 'prespawn'] as const)(
  'a %s pool settles every run, each with its own answer, whatever happens',
  async (mode) => {
    const pool = new BacktestPool({ ...runner, mode, size: 3, maxQueue: RUNS, recycleAfter: 7 });
    const random = generator(mode.length);
    let settled = 0;
    const runs = Array.from({ length: mode === 'warm' ? RUNS : RUNS / 3 }, async (_, index) => {
      const id = random() < 0.5 ? { request_id: `${index}` } : {};
      const sent = {
        ...(random() < 0.1 ? slowRequest : request),
        ...id,
        initial_capital: random() < 0.1 ? -1 : 1000 + index,
      };
      const controller = new AbortController();
      if (random() < 0.2) setTimeout(() => controller.abort(), random() * 2000);
      const timeoutMs = random() < 0.2 ? random() * 400 : 5000;
      const onProgress = random() < 0.5 ? () => {} : undefined;
      try {
        const result = await pool.run(sent, { signal: controller.signal, timeoutMs, onProgress });
        expect(result.request['initial_capital']).toBe(1000 + index);
        expect(result.request_id).toBe(id.request_id);
      } catch (error) {
        if (!(error instanceof BacktestError)) throw error;
        expect(EXPECTED).toContain(error.code);
        expect(error.document.request_id).toBe(id.request_id);
      }
      settled += 1;
    });
    const all = Promise.all(runs);
    for (let round = 0; round < 8 && settled < runs.length; round += 1) {
      await pause(150);
      const [victim] = processesLeft();
      if (victim !== undefined) process.kill(victim, 'SIGKILL');
    }
    await all;
    expect(pool.stats()).toMatchObject({ running: 0, queued: 0, settled: runs.length });
    expect((await pool.run(request)).success).toBe(true);
    await pool.close();
    expect(processesLeft()).toEqual([]);
  },
);

/** Numbers from 0 to 1 that are the same at every run (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
