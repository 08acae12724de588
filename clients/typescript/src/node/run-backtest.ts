import { encodeRequest, requestIdOf } from '../encode.js';
import type { BacktestResult } from '../generated/result.js';
import type { BacktestRequest } from '../request.js';
import type { RunnerOptions } from './command.js';
import { cancelled, type RunOptions } from './interruption.js';
import { SingleRun } from './single-run.js';

export interface RunBacktestOptions extends RunnerOptions, RunOptions {}

/**
 * Run one backtest in a process of its own. Resolves with the result; rejects with a BacktestError: the runner's own
 * error, or one of the same shape where the runner could not answer. No process is left when it settles.
 */
export async function runBacktest(request: BacktestRequest, options: RunBacktestOptions = {}): Promise<BacktestResult> {
  const { signal, timeoutMs, onProgress } = options;
  const requestId = requestIdOf(request);
  if (signal?.aborted) throw cancelled(signal, requestId);
  const text = encodeRequest(request);
  return new SingleRun(options, onProgress ? ['--progress'] : []).run({
    text,
    requestId,
    signal,
    timeoutMs,
    onProgress,
  });
}
