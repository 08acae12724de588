import type { BacktestResult } from '../generated/result.js';
import type { BacktestRequest } from '../request.js';
import type { RunnerOptions } from './command.js';
import type { RunOptions } from './interruption.js';
import { jobOf } from './job.js';
import { SingleRun } from './single-run.js';

export interface RunBacktestOptions extends RunnerOptions, RunOptions {}

/**
 * Run one backtest in a process of its own. Resolves with the result; rejects with a BacktestError: the runner's own
 * error, or one of the same shape where the runner could not answer. No process is left when it settles.
 *
 * A request may also be the bytes of a JSON document: they are passed on as they are, for the runner to judge.
 */
export async function runBacktest(
  request: BacktestRequest | Uint8Array,
  options: RunBacktestOptions = {},
): Promise<BacktestResult> {
  const { signal, timeoutMs, onProgress } = options;
  const job = jobOf(request, { signal, timeoutMs, onProgress });
  return new SingleRun(options, onProgress ? ['--progress'] : []).run(job);
}
