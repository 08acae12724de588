import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll } from 'vitest';
import type { BacktestError, BacktestRequest } from '../src/index.js';
import type { RunnerOptions } from '../src/node/index.js';

export const root = resolve(import.meta.dirname, '../../..');
export const temporary = mkdtempSync(join(tmpdir(), 'backtest-runner-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** The environment of every runner here: no network, no price store of the developer's, a mark to be found by. */
export const env = {
  BACKTEST_OFFLINE: '1',
  BACKTEST_CACHE_DIR: join(temporary, 'cache'),
  BACKTEST_TEST_MARK: temporary,
};

/** The real runner, run by the real Python. */
export const runner = {
  pythonPath: process.env['PYTHON_PATH'] ?? join(root, '.venv/bin/python'),
  runnerPath: join(root, 'backtest_runner.py'),
  env,
} satisfies RunnerOptions;

export const request = {
  strategy: 'momentum',
  holdings: [
    { symbol: 'AAPL', allocation: 0.5 },
    { symbol: 'MSFT', allocation: 0.5 },
  ],
  start_date: '2021-01-01',
  end_date: '2022-12-28',
  parameters: { lookback_period: 60, top_n: 3, rebalance_frequency: 'monthly' },
  data: { source: 'bundled' },
} satisfies BacktestRequest;

/** A run of seconds: every session of 33 years is solved for by an optimiser. */
export const slowRequest = {
  ...request,
  strategy: 'risk_parity',
  holdings: ['AAPL', 'MSFT', 'KO', 'PEP', 'JNJ', 'PG', 'WMT', 'XOM'].map((symbol) => ({ symbol, allocation: 0.125 })),
  start_date: '1990-01-01',
  parameters: { method: 'equal_risk_contribution', rebalance_frequency: 'daily' },
} satisfies BacktestRequest;

let scripts = 0;

/** Something else than the runner, that the same Python runs in its place. */
export function impostor(code: string): RunnerOptions {
  scripts += 1;
  const path = join(temporary, `impostor-${scripts}.py`);
  writeFileSync(path, code);
  return { ...runner, runnerPath: path };
}

/** What a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<BacktestError> {
  try {
    await promise;
  } catch (error) {
    return error as BacktestError;
  }
  throw new Error('it was not rejected');
}

/** The processes that carry the mark of this file's runners (Linux). */
export function processesLeft(mark: string = temporary): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => read(`/proc/${name}/environ`).includes(`BACKTEST_TEST_MARK=${mark}\0`))
    .filter((name) => !/^State:\s+Z/m.test(read(`/proc/${name}/status`)))
    .map(Number);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it has ended meanwhile
  }
}

/** Far more than anything takes, so that only a hang reaches it. */
export const PATIENCE_MS = 60_000;

/** Wait until something holds. */
export async function until(holds: () => boolean): Promise<void> {
  const ends = Date.now() + PATIENCE_MS;
  while (!holds()) {
    if (Date.now() > ends) throw new Error(`it does not hold after ${PATIENCE_MS} ms`);
    await new Promise((done) => setTimeout(done, 10));
  }
}

export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
