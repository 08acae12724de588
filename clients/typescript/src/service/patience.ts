import { BacktestError, type ErrorCode, errorDocument } from '../errors.js';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5000;
/** A service that asks for a longer pause than this is not waited for. */
const LONGEST_RETRY_AFTER_S = 60;

/** What passes by itself: the service is away or starts again, or has no room at the moment. */
export function mayPass(error: unknown): error is BacktestError {
  if (!(error instanceof BacktestError)) return false;
  const passing: ErrorCode[] = ['SERVICE_UNAVAILABLE', 'TOO_MANY_REQUESTS'];
  return passing.includes(error.code) && (error.retryAfter ?? 0) <= LONGEST_RETRY_AFTER_S;
}

/** How long to wait before the next attempt: what the service asks for, else longer each time, and never in step. */
export function pauseBefore(attempt: number, error?: BacktestError): number {
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1));
  return Math.max((error?.retryAfter ?? 0) * 1000, longest * (0.5 + Math.random() / 2));
}

/** Wait, or until the signal is aborted. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
}

export function cancelledBy(signal: AbortSignal, requestId?: string): BacktestError {
  const document = errorDocument('CANCELLED', 'the run was cancelled by its caller', { requestId });
  return new BacktestError(document, { cause: signal.reason });
}

/** What a promise comes to, or CANCELLED as soon as the signal is aborted. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined, requestId?: string): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(cancelledBy(signal, requestId));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
