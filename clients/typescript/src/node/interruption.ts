import type { BacktestError } from '../errors.js';
import type { TransportOptions } from '../transport.js';
import { failure } from './failures.js';

export interface RunOptions extends TransportOptions {
  /** How long the run may take, ms; it ends with TIMEOUT. The runner has a deadline of its own, `limits.timeout_seconds`. */
  timeoutMs?: number | undefined;
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Tell whether a time ever ends: one beyond Node's timers, 25 days, does not. */
export function bounded(ms: number | undefined): ms is number {
  return ms !== undefined && ms <= LONGEST_TIMER_MS;
}

/** The error for a run that its caller has given up. */
export function cancelled(signal: AbortSignal, requestId: string | undefined): BacktestError {
  const late = signal.reason instanceof Error && signal.reason.name === 'TimeoutError';
  return failure('CANCELLED', 'The run was cancelled by its caller.', requestId, {
    cause: signal.reason,
    remedy: late
      ? "Give the signal's timeout more time, or request fewer holdings or a shorter period."
      : 'Send the request again with a signal that is not aborted.',
  });
}

/** Call `interrupt`, at most once, when the caller gives up or time is up. Returns what ends the watch. */
export function watch(
  { signal, timeoutMs }: Pick<RunOptions, 'signal' | 'timeoutMs'>,
  requestId: string | undefined,
  interrupt: (error: BacktestError) => void,
): () => void {
  const end = () => {
    deafen?.();
    clearTimeout(timer);
  };
  const deafen =
    signal &&
    listen(signal, () => {
      end();
      interrupt(cancelled(signal, requestId));
    });
  const expire = () => {
    end();
    const remedy = 'Raise `timeoutMs`, or request fewer holdings or a shorter period.';
    interrupt(failure('TIMEOUT', `The run was stopped after timeoutMs, ${timeoutMs} ms.`, requestId, { remedy }));
  };
  const timer = bounded(timeoutMs) ? setTimeout(expire, timeoutMs) : undefined;
  return end;
}

const shared = new WeakMap<AbortSignal, { callbacks: Set<() => void>; fire: () => void }>();

/** Listen to a signal once, however many runs share it: Node warns of a leak from the eleventh listener on. */
function listen(signal: AbortSignal, callback: () => void): () => void {
  const { callbacks, fire } = shared.get(signal) ?? attached(signal);
  callbacks.add(callback);
  return () => {
    if (!callbacks.delete(callback) || callbacks.size > 0) return;
    shared.delete(signal);
    signal.removeEventListener('abort', fire);
  };
}

function attached(signal: AbortSignal) {
  const callbacks = new Set<() => void>();
  const listener = { callbacks, fire: () => [...callbacks].map((callback) => callback()) };
  shared.set(signal, listener);
  signal.addEventListener('abort', listener.fire, { once: true });
  return listener;
}
