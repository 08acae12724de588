import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { BacktestClient, type BacktestTransport, type ProgressEvent } from '../src/index.js';
import { runBacktest } from '../src/node/index.js';
import { type UseBacktest, useBacktest } from '../src/react/index.js';
import { type BacktestWebSocket, createBacktestWebSocket } from '../src/socket/index.js';
import { Service, untimedText } from './service.js';
import { pause, request, runner, slowRequest } from './support.js';

// A document, and Node's own fetch: that of happy-dom stumbles over a stream that its reader has left.
await vi.hoisted(async () => {
  const { Window } = await import('happy-dom');
  const window = new Window();
  const { document, navigator } = window;
  for (const [name, value] of Object.entries({ window, document, navigator, IS_REACT_ACT_ENVIRONMENT: true }))
    Object.defineProperty(globalThis, name, { value, configurable: true });
});

let service: Service;
let client: BacktestClient;
let socket: BacktestWebSocket;
let root: Root;
let shown: UseBacktest;
let progress: ProgressEvent[];

beforeAll(async () => {
  service = await Service.start();
  client = new BacktestClient({ url: service.url });
  socket = createBacktestWebSocket({ url: service.socketsUrl });
});
afterAll(async () => {
  socket.close();
  await service.end();
});
beforeEach(() => {
  progress = [];
  root = createRoot(document.createElement('div'));
});
afterEach(() => act(async () => root.unmount()));

function Component({ transport }: { transport: BacktestTransport }) {
  shown = useBacktest(transport);
  if (shown.progress !== null && shown.progress !== progress.at(-1)) progress.push(shown.progress);
  return null;
}

async function settled() {
  while (shown.status === 'running') await act(() => pause(10));
}

const transports: [string, () => BacktestTransport, boolean][] = [
  ['a child process', () => (asked, options) => runBacktest(asked, { ...runner, ...options }), true],
  ['REST', () => client.transport('rest'), false],
  ['the queue', () => client.transport('queue'), true],
  ['Socket.IO', () => socket, true],
];

let runs = 0;

describe.each(transports)('useBacktest over %s', (_, make, tells) => {
  it('runs, fails and cancels', async () => {
    await act(async () => root.render(<Component transport={make()} />));
    await act(async () => shown.run(request));
    await settled();
    expect(shown.status).toBe('completed');
    expect(untimedText(shown.result!)).toBe(untimedText(await runBacktest(request, runner)));

    await act(async () => shown.run({ ...request, initial_capital: -1 }));
    await settled();
    expect(shown).toMatchObject({ status: 'failed', error: { code: 'VALIDATION_FAILED' } });

    progress = [];
    await act(async () => shown.run({ ...slowRequest, initial_capital: 30_000 + ++runs }));
    const busy = () => (tells ? progress.some(({ stage }) => stage === 'simulating') : true);
    while (!busy()) await act(() => pause(10));
    if (!tells) await act(() => pause(300));
    await act(async () => shown.cancel());
    expect(shown).toMatchObject({ status: 'cancelled', result: { success: true } });
    const underWay = async () =>
      [...(await client.list({ status: 'running' })).jobs, ...(await client.list({ status: 'queued' })).jobs].length;
    for (let looks = 0; looks < 100 && (await underWay()) > 0; looks += 1) await pause(50);
    expect(await underWay()).toBe(0);
  });
});
