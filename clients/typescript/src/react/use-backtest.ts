import { useCallback, useEffect, useRef, useState } from 'react';
import { BacktestError, errorDocument } from '../errors.js';
import type { ProgressEvent } from '../generated/progress.js';
import type { BacktestResult } from '../generated/result.js';
import type { BacktestRequest } from '../request.js';
import type { BacktestTransport } from '../transport.js';

/** What a component sees of its runs. `result` is the latest there is: a new run leaves it until it has its own. */
export type BacktestState =
  | { status: 'idle'; result: null; error: null; progress: null }
  | { status: 'running'; result: BacktestResult | null; error: null; progress: ProgressEvent | null }
  | { status: 'completed'; result: BacktestResult; error: null; progress: ProgressEvent | null }
  | { status: 'failed'; result: BacktestResult | null; error: BacktestError; progress: ProgressEvent | null }
  | { status: 'cancelled'; result: BacktestResult | null; error: null; progress: ProgressEvent | null };

export type UseBacktest = BacktestState & {
  /** Begin a run; one that is still under way is cancelled. The same function at every render. */
  run: (request: BacktestRequest) => void;
  /** Cancel the run that is under way, if there is one. The same function at every render. */
  cancel: () => void;
};

const IDLE: BacktestState = { status: 'idle', result: null, error: null, progress: null };

/** Run backtests from a component. The transport may change from render to render; a run keeps the one it began with. */
export function useBacktest(transport: BacktestTransport): UseBacktest {
  const [state, setState] = useState(IDLE);
  const latestTransport = useRef(transport);
  const underWay = useRef<AbortController | null>(null);

  useEffect(() => {
    latestTransport.current = transport;
  }, [transport]);

  useEffect(
    () => () => {
      underWay.current?.abort();
      underWay.current = null;
    },
    [],
  );

  const run = useCallback((request: BacktestRequest) => {
    underWay.current?.abort();
    const controller = new AbortController();
    underWay.current = controller;
    /** Show what this run came to, unless another has taken its place, it was cancelled, or nobody is looking. */
    const show = (next: (shown: BacktestState) => BacktestState, last: boolean) => {
      if (underWay.current !== controller) return;
      if (last) underWay.current = null;
      setState(next);
    };
    const onProgress = (progress: ProgressEvent) =>
      show(({ result }) => ({ status: 'running', result, error: null, progress }), false);

    setState(({ result }) => ({ status: 'running', result, error: null, progress: null }));
    started(latestTransport.current, request, { signal: controller.signal, onProgress }).then(
      (result) => show(({ progress }) => ({ status: 'completed', result, error: null, progress }), true),
      (cause: unknown) => show((shown) => afterFailure(shown, cause), true),
    );
  }, []);

  const cancel = useCallback(() => {
    if (underWay.current === null) return;
    underWay.current.abort();
    underWay.current = null;
    setState(({ result, progress }) => ({ status: 'cancelled', result, error: null, progress }));
  }, []);

  return { ...state, run, cancel };
}

/** Call a transport so that what it throws at once is a rejection too. */
async function started(transport: BacktestTransport, ...call: Parameters<BacktestTransport>): Promise<BacktestResult> {
  return transport(...call);
}

function afterFailure({ result, progress }: BacktestState, cause: unknown): BacktestState {
  const error =
    cause instanceof BacktestError
      ? cause
      : new BacktestError(errorDocument('INTERNAL', 'the transport failed'), { cause });
  return { status: 'failed', result, error, progress };
}
