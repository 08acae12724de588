/**
 * What a backtest costs a Node program: spawned, pre-spawned, warm.
 *
 *     npm --prefix clients/typescript ci && npm --prefix clients/typescript run build
 *     PYTHON_PATH=.venv/bin/python node benchmarks/from_node.mjs [--rounds 20] [--json]
 *
 * Every round starts a bare `python -c pass`, runs the request in a process of its own, and runs it on a process that
 * was started ahead, one after the other, so that a noisy neighbour hits them alike; ratios are taken round by round
 * and their median is shown. Before each a pause lets the replacement of the round before get ready. A warm process
 * then answers 200 runs one after the other, and two of them 200 runs that are asked for at once.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BacktestPool, runBacktest } from '../clients/typescript/dist/node/index.js';

const WARM_RUNS = 200;
const AT_ONCE = 200;
const PAUSE_MS = 300;
const TARGET_PRESPAWNED = 2;
const TARGET_WARM_MS = 5;

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '20' }, json: { type: 'boolean', default: false } } });
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const python = process.env.PYTHON_PATH ?? join(root, '.venv', process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
const runner = { pythonPath: python, runnerPath: join(root, 'backtest_runner.py'), env: { BACKTEST_OFFLINE: '1' } };
const request = {
  strategy: 'momentum',
  holdings: [{ symbol: 'AAPL', allocation: 0.5 }, { symbol: 'MSFT', allocation: 0.5 }],
  start_date: '2021-01-01',
  end_date: '2022-12-28',
  parameters: { lookback_period: 60, top_n: 3, rebalance_frequency: 'monthly' },
  data: { source: 'bundled' },
};

const pause = () => new Promise((done) => setTimeout(done, PAUSE_MS));
const sorted = (numbers) => [...numbers].sort((a, b) => a - b);
const median = (numbers) => sorted(numbers)[Math.floor(numbers.length / 2)];

async function timed(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

const bare = () => once(spawn(python, ['-c', 'pass'], { stdio: ['ignore', 'pipe', 'pipe'] }), 'close');

async function rounds(count) {
  const prespawned = new BacktestPool({ ...runner, mode: 'prespawn' });
  const cases = { bare, spawned: () => runBacktest(request, runner), prespawned: () => prespawned.run(request) };
  const times = { bare: [], spawned: [], prespawned: [] };
  for (let round = -2; round < count; round += 1) { // two that are not counted
    for (const [name, work] of Object.entries(cases)) {
      await pause();
      const time = await timed(work);
      if (round >= 0) times[name].push(time);
    }
  }
  await prespawned.close();
  return times;
}

async function warm() {
  const pool = new BacktestPool({ ...runner, size: 1 });
  const times = [];
  for (let run = -20; run < WARM_RUNS; run += 1) {
    const time = await timed(() => pool.run(request));
    if (run >= 0) times.push(time);
  }
  await pool.close();
  return times;
}

async function atOnce() {
  const pool = new BacktestPool({ ...runner, size: 2, maxQueue: AT_ONCE });
  await Promise.all([pool.run(request), pool.run(request)]);
  let right = 0;
  const total = await timed(() => Promise.all(Array.from({ length: AT_ONCE }, async (_, index) => {
    const result = await pool.run({ ...request, request_id: `${index}` });
    if (result.request_id === `${index}`) right += 1;
  })));
  await pool.close();
  return { total, lost: AT_ONCE - right };
}

const times = await rounds(Number(values.rounds));
const ratio = (name) => median(times[name].map((time, round) => time / times.bare[round]));
const warmTimes = await warm();
const many = await atOnce();
const report = {
  bare_ms: median(times.bare),
  spawned_ms: median(times.spawned),
  spawned_ratio: ratio('spawned'),
  prespawned_ms: median(times.prespawned),
  prespawned_ratio: ratio('prespawned'),
  warm_median_ms: median(warmTimes),
  warm_p95_ms: sorted(warmTimes)[Math.floor(WARM_RUNS * 0.95)],
  at_once: AT_ONCE,
  at_once_total_ms: many.total,
  at_once_lost: many.lost,
};

if (values.json) {
  console.log(JSON.stringify(report, null, 2));
} else {
  const ms = (value) => `${value.toFixed(1)} ms`.padStart(10);
  const row = (name, value, note) => console.log(`${name.padEnd(34)}${value}   ${note}`);
  row('python -c pass', ms(report.bare_ms), '1.0 x');
  row('a run in a process of its own', ms(report.spawned_ms), `${report.spawned_ratio.toFixed(1)} x`);
  row('a run on a pre-spawned process', ms(report.prespawned_ms), `${report.prespawned_ratio.toFixed(2)} x (target ${TARGET_PRESPAWNED})`);
  row(`a warm run, median of ${WARM_RUNS}`, ms(report.warm_median_ms), `(target ${TARGET_WARM_MS} ms), p95 ${report.warm_p95_ms.toFixed(1)} ms`);
  row(`${AT_ONCE} runs at once, two processes`, ms(report.at_once_total_ms), `${report.at_once_lost} lost`);
}
