// @vitest-environment happy-dom
import { act, StrictMode } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BacktestError, type BacktestResult, type BacktestTransport, type TransportOptions } from '../src/index.js';
import { runBacktest } from '../src/node/index.js';
import { type UseBacktest, useBacktest } from '../src/react/index.js';
import { pause, request, runner, slowRequest } from './support.js';

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

/** The runs that a transport was asked for, to be settled in any order. */
interface Asked extends TransportOptions {
  resolve: (result: BacktestResult) => void;
  reject: (error: unknown) => void;
}
let asked: Asked[];
const manual: BacktestTransport = (_, options) =>
  new Promise((resolve, reject) => asked.push({ ...options, resolve, reject }));
const real: BacktestTransport = (sent, options) => runBacktest(sent, { ...runner, ...options });
const result = (id: string) => ({ success: true, result_id: id }) as BacktestResult;

let root: Root;
let shown: UseBacktest;
let renders: UseBacktest[];
let uncaught: unknown[];
const note = (error: unknown) => uncaught.push(error);

function Component({ transport }: { transport: BacktestTransport }) {
  shown = useBacktest(transport);
  renders.push(shown);
  return null;
}

const render = (transport: BacktestTransport) =>
  act(async () =>
    root.render(
      <StrictMode>
        <Component transport={transport} />
      </StrictMode>,
    ),
  );

async function settled() {
  while (shown.status === 'running') await act(() => pause(10));
}

beforeEach(() => {
  asked = [];
  renders = [];
  uncaught = [];
  process.on('unhandledRejection', note);
  root = createRoot(document.createElement('div'));
});
afterEach(async () => {
  await act(async () => root.unmount());
  process.off('unhandledRejection', note);
  expect(uncaught).toEqual([]);
});

describe('useBacktest', () => {
  it('is idle, then running with progress, then done with the result of the real runner', async () => {
    await render(real);
    expect(shown).toMatchObject({ status: 'idle', result: null, error: null, progress: null });
    await act(async () => shown.run(request));
    await settled();
    expect(shown.status).toBe('completed');
    expect(shown.result?.metrics?.final_value).toBeGreaterThan(0);
    expect(renders.some(({ status, progress }) => status === 'running' && progress !== null)).toBe(true);
  });

  it('fails with the error of the runner, and keeps the result before it', async () => {
    await render(manual);
    await act(async () => shown.run(request));
    await act(async () => asked[0]?.resolve(result('first')));
    await render(real);
    await act(async () => shown.run({ ...request, initial_capital: -1 }));
    await settled();
    expect(shown).toMatchObject({
      status: 'failed',
      error: { code: 'VALIDATION_FAILED' },
      result: { result_id: 'first' },
    });
  });

  it('keeps a result in view until the next one replaces it', async () => {
    await render(manual);
    await act(async () => shown.run(request));
    await act(async () => asked[0]?.resolve(result('first')));
    await act(async () => shown.run(request));
    expect(shown).toMatchObject({ status: 'running', result: { result_id: 'first' } });
    await act(async () => asked[1]?.resolve(result('second')));
    expect(shown).toMatchObject({ status: 'completed', result: { result_id: 'second' } });
  });

  it('never lets a stale answer, error or event overwrite a newer run', async () => {
    await render(manual);
    await act(async () => shown.run(request));
    await act(async () => shown.run(request));
    expect(asked[0]?.signal?.aborted).toBe(true);
    await act(async () => asked[1]?.resolve(result('newer')));
    await act(async () => {
      asked[0]?.onProgress?.({
        event: 'progress',
        seq: 9,
        stage: 'completed',
        progress: 1,
        completed: 0,
        total: 0,
        elapsed_ms: 1,
      });
      asked[0]?.resolve(result('stale'));
    });
    expect(shown).toMatchObject({ status: 'completed', result: { result_id: 'newer' }, progress: null });
  });

  it('cancels', async () => {
    await render(real);
    await act(async () => shown.cancel());
    expect(shown.status).toBe('idle');
    await act(async () => shown.run(slowRequest));
    await act(async () => shown.cancel());
    expect(shown).toMatchObject({ status: 'cancelled', error: null });
  });

  it('aborts a run that is under way when it leaves the page', async () => {
    await render(manual);
    await act(async () => shown.run(request));
    await act(async () => root.unmount());
    expect(asked[0]?.signal?.aborted).toBe(true);
    asked[0]?.reject(new Error('late'));
  });

  it('shows whatever a transport throws as a BacktestError', async () => {
    await render(() => {
      throw new Error('mine');
    });
    await act(async () => shown.run(request));
    expect(shown.error).toBeInstanceOf(BacktestError);
    expect(shown).toMatchObject({ status: 'failed', error: { code: 'INTERNAL', cause: { message: 'mine' } } });
  });

  it('keeps the identity of run and cancel, and uses the transport of the latest render', async () => {
    await render(() => Promise.resolve(result('old')));
    const { run, cancel } = shown;
    await render(() => Promise.resolve(result('new')));
    expect(shown.run).toBe(run);
    expect(shown.cancel).toBe(cancel);
    await act(async () => run(request));
    expect(shown.result?.result_id).toBe('new');
  });
});
