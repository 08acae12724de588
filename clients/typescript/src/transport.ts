import type { ProgressEvent } from './generated/progress.js';
import type { BacktestResult } from './generated/result.js';
import type { BacktestRequest } from './request.js';

export interface TransportOptions {
  /** Ends the run; the promise rejects with CANCELLED. */
  signal?: AbortSignal | undefined;
  /** Told how far the run is, at most ten times a second. */
  onProgress?: ((event: ProgressEvent) => void) | undefined;
}

/** A way to the runner: resolves with the result, rejects with a BacktestError. */
export type BacktestTransport = (request: BacktestRequest, options?: TransportOptions) => Promise<BacktestResult>;
