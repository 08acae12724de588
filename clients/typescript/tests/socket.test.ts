import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { io, type Socket } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BacktestClient, BacktestError, type ProgressEvent } from '../src/index.js';
import { runBacktest } from '../src/node/index.js';
import {
  type BacktestWebSocket,
  type BacktestWebSocketOptions,
  type ConnectionState,
  createBacktestWebSocket,
} from '../src/socket/index.js';
import { mint, Service, untimedText, Wire } from './service.js';
import { pause, rejection, request, runner, slowRequest, until } from './support.js';

let service: Service;
let client: BacktestClient;
beforeAll(async () => {
  service = await Service.start();
  client = new BacktestClient({ url: service.url });
});
afterAll(() => service.end());

const opened: BacktestWebSocket[] = [];
afterEach(() => {
  for (const socket of opened.splice(0)) socket.close();
});
function open(options: Partial<BacktestWebSocketOptions> = {}): BacktestWebSocket {
  const socket = createBacktestWebSocket({ url: service.socketsUrl, ...options });
  opened.push(socket);
  return socket;
}

let runs = 0;
/** Runs that nobody has asked for before: what has been computed is not computed again. */
const slow = () => ({ ...slowRequest, initial_capital: 20_000 + ++runs });
const fresh = () => ({ ...request, initial_capital: 20_000 + ++runs });

const rising = (events: ProgressEvent[]) => {
  const seqs = events.map(({ seq }) => seq);
  return seqs.every((seq, index) => index === 0 || seq > seqs[index - 1]!);
};

describe('createBacktestWebSocket', () => {
  it('gives the runner’s own document, once computed and once known', async () => {
    const run = open();
    const asked = { ...fresh(), request_id: 'mine' };
    const expected = untimedText(await runBacktest(asked, runner));
    expect(untimedText(await run(asked))).toBe(expected);
    expect(untimedText(await run(asked))).toBe(expected);
    const { id } = await client.submit(asked);
    expect(untimedText(await run.subscribe(id))).toBe(expected);
    expect(untimedText(await run.subscribe(id))).toBe(expected); // from the acknowledgement: it has ended long since
  });

  it('rejects with the error of the runner', async () => {
    const wrong = { ...request, initial_capital: -1.5, request_id: 'wrong' };
    const { document } = await rejection(runBacktest(wrong, runner));
    const error = await rejection(open()(wrong));
    expect(error).toBeInstanceOf(BacktestError);
    expect(error.document).toEqual(document);
    const late = { ...fresh(), holdings: [{ symbol: 'NOSUCH', allocation: 1 }] };
    expect(await rejection(open()(late))).toMatchObject({ code: 'SYMBOL_NOT_FOUND' });
    const unsendable = open()({ ...request, initial_capital: Number.NaN });
    expect((await rejection(unsendable)).code).toBe('VALIDATION_FAILED');
  });

  it('is REQUEST_TOO_LARGE beyond the limit, answered by the service or, far beyond it, not sent', async () => {
    const run = open();
    for (const [mebibytes, detail] of [
      [6, 'The request is larger than 5242880 bytes.'],
      [24, 'the most that the service reads'],
    ] as const) {
      const large = { ...fresh(), strategy: 'x'.repeat(mebibytes * 2 ** 20), request_id: 'large' };
      const error = await rejection(run(large as never));
      expect(error).toMatchObject({ code: 'REQUEST_TOO_LARGE', retryable: false });
      expect(error.document.detail).toContain(detail);
    }
    expect(run.connection).toBe('connected');
  });

  it('tells how far a run is, in order', async () => {
    const told: ProgressEvent[] = [];
    expect((await open()(slow(), { onProgress: (event) => told.push(event) })).success).toBe(true);
    expect(rising(told)).toBe(true);
    expect(told.length).toBeGreaterThan(4);
    expect(told.filter(({ stage }) => stage === 'simulating').length).toBeGreaterThan(2);
  });

  it('runs several at once over one connection', async () => {
    const run = open();
    const asked = [slow(), fresh(), fresh(), fresh()];
    const results = await Promise.all(asked.map((one) => run(one)));
    const expected = await Promise.all(asked.map((one) => client.run(one)));
    expect(results.map(untimedText)).toEqual(expected.map(untimedText));
  });

  it('follows jobs that were begun elsewhere, and batches', async () => {
    const run = open();
    const { id } = await client.submit(slow());
    const told: ProgressEvent[] = [];
    const both = [run.subscribe(id, { onProgress: (event) => told.push(event) }), run.subscribe(id)];
    const [one, other] = await Promise.all(both);
    expect(untimedText(one!)).toBe(untimedText(other!));
    expect(rising(told)).toBe(true);
    const batch = await client.submitBatch([fresh(), fresh()]);
    expect(await run.subscribeBatch(batch.id)).toMatchObject({ status: 'completed', counts: { completed: 2 } });
    expect((await rejection(run.subscribe(batch.id))).code).toBe('NOT_FOUND');
    expect((await rejection(run.subscribeBatch(id))).code).toBe('NOT_FOUND');
    expect((await rejection(run.subscribe('job_none'))).code).toBe('NOT_FOUND');
    const left = await client.submit(slow());
    const leaving = run.subscribe(left.id, { signal: AbortSignal.timeout(300) });
    expect((await rejection(leaving)).code).toBe('CANCELLED');
    expect((await client.get(left.id)).status).not.toBe('cancelled');
    expect((await run.cancel(left.id)).id).toBe(left.id);
    expect((await client.get(left.id, { waitSeconds: 60 })).status).toBe('cancelled');
  });

  it('cancels the job of a run whose signal is aborted, at whatever moment', async () => {
    const run = open();
    const controller = new AbortController();
    let id = '';
    const onProgress = (event: ProgressEvent) => {
      id = event.id!;
      if (event.stage === 'simulating') controller.abort('enough');
    };
    const error = await rejection(run(slow(), { signal: controller.signal, onProgress }));
    expect(error).toMatchObject({ code: 'CANCELLED', cause: 'enough' });
    expect(await client.get(id, { waitSeconds: 60 })).toMatchObject({ status: 'cancelled' });

    const early = new AbortController();
    const begun = run(slow(), { signal: early.signal });
    early.abort();
    expect((await rejection(begun)).code).toBe('CANCELLED');
    await pause(200);
    const [latest] = (await client.list({ limit: 1 })).jobs;
    expect(await client.get(latest!.id, { waitSeconds: 60 })).toMatchObject({ status: 'cancelled' });
    expect((await rejection(run(request, { signal: AbortSignal.abort() }))).code).toBe('CANCELLED');
  });

  it('says whether the connection is there, and cancels its runs when it is closed', async () => {
    const run = open();
    const states: ConnectionState[] = [];
    const ended = run.onConnection((state) => states.push(state));
    expect(run.connection).toBe('disconnected');
    await run(fresh());
    expect(run.connection).toBe('connected');
    let id = '';
    const going = rejection(run(slow(), { onProgress: (event) => (id = event.id!) }));
    await until(() => id !== '');
    run.close();
    expect(await going).toMatchObject({ code: 'CANCELLED' });
    expect(states).toEqual(['connecting', 'connected', 'closed']);
    expect(await client.get(id, { waitSeconds: 60 })).toMatchObject({ status: 'cancelled' });
    expect((await rejection(run(request))).code).toBe('CANCELLED');
    ended();
  });

  it('uses a socket that is there already', async () => {
    const socket = io(service.socketsUrl, { transports: ['websocket'] });
    await new Promise<void>((connected) => socket.on('connect', connected));
    const run = open({ socket });
    expect(run.connection).toBe('connected');
    const asked = fresh();
    expect(untimedText(await run(asked))).toBe(untimedText(await client.run(asked)));
  });
});

describe('what arrives out of order', () => {
  it('is not told: events of a number that was told or passed, and events after the end', async () => {
    const id = `job_${'a'.repeat(34)}`;
    const event = (seq: number) => ({ event: 'progress', id, seq, stage: 'simulating', progress: seq / 10 });
    const heard = new Map<string, (data: object) => void>();
    const job = { id, kind: 'backtest', status: 'running', progress: event(3) };
    const socket = {
      connected: true,
      active: true,
      on: (name: string, listener: (data: object) => void) => heard.set(name, listener),
      timeout: () => ({
        emit: (...given: unknown[]) => (given.at(-1) as (...ack: unknown[]) => void)(null, { ok: true, id, job }),
      }),
      emit: () => undefined,
      disconnect: () => undefined,
      io: { on: () => undefined, engine: { on: () => undefined } },
    };
    const told: number[] = [];
    const run = open({ socket: socket as unknown as Socket });
    const running = run(request, { onProgress: ({ seq }) => told.push(seq) });
    await pause(0);
    for (const seq of [3, 2, 5, 4, 5, 6]) heard.get('backtest_progress')?.(event(seq));
    heard.get('backtest_complete')?.({ id: 'job_another', results: { success: true, result_id: 'other' } });
    heard.get('backtest_complete')?.({ id, results: { success: true, result_id: 'this' } });
    heard.get('backtest_progress')?.(event(7));
    heard.get('backtest_failed')?.({ id: null, error: {} });
    expect((await running).result_id).toBe('this');
    expect(told).toEqual([3, 5, 6]);
  });
});

describe('a connection that is lost', () => {
  it('is made again, and a run goes on: nothing is told twice, the end is not missed', async () => {
    const wire = await Wire.to(service.socketsPort);
    const run = open({ url: wire.url });
    const told: ProgressEvent[] = [];
    let cuts = 0;
    const onProgress = (event: ProgressEvent) => {
      told.push(event);
      if (event.progress < 0.3 * (cuts + 1)) return;
      cuts += 1;
      wire.cut();
    };
    const asked = slow();
    const result = await run(asked, { onProgress });
    expect(untimedText(result)).toBe(untimedText(await client.run(asked)));
    expect(rising(told)).toBe(true);
    expect(wire.connections).toBeGreaterThanOrEqual(3);
    wire.close();
  });

  it('does not begin a run twice whose acknowledgement was lost', async () => {
    const wire = await Wire.to(service.socketsPort);
    const run = open({ url: wire.url });
    await run(fresh());
    const before = (await client.list({ limit: 200 })).jobs.length;
    let sent = 0;
    wire.onTold = (text) => {
      if (sent === 0 && text.includes('"ok":')) wire.cut();
      if (text.includes('"ok":')) sent += 1;
    };
    // The wire is cut as soon as the service has answered: before or after that has arrived.
    wire.onSent = () => {
      if (sent === 0) setTimeout(() => wire.cut(), 0);
      sent += 1;
      return undefined;
    };
    const asked = fresh();
    expect(untimedText(await run(asked))).toBe(untimedText(await client.run(asked)));
    expect(wire.connections).toBeGreaterThanOrEqual(2);
    const after = (await client.list({ limit: 200 })).jobs;
    expect(after).toHaveLength(before + 2); // this one, and the one to compare with
    wire.close();
  });

  it('outlives a restart of the service, and reports a job that was lost with it', async () => {
    const restarted = await Service.start();
    const run = open({ url: restarted.socketsUrl });
    const told: ProgressEvent[] = [];
    const going = run(slow(), { onProgress: (event) => told.push(event) });
    await until(() => told.some(({ stage }) => stage === 'simulating'));
    await restarted.end('SIGKILL');
    await restarted.begin();
    expect((await going).success).toBe(true);
    expect(rising(told)).toBe(true);

    let begun = false;
    const lost = rejection(run(slow(), { onProgress: () => (begun = true) }));
    await until(() => begun);
    await restarted.end('SIGKILL');
    restarted.forget();
    await restarted.begin();
    expect((await lost).code).toBe('JOB_GONE');
    await restarted.end();
  });

  it('is given up after a while', async () => {
    const wire = await Wire.to(service.socketsPort);
    const run = open({ url: wire.url, patienceMs: 500 });
    let id = '';
    const going = rejection(run(slow(), { onProgress: (event) => (id = event.id!) }));
    await until(() => id !== '');
    wire.close();
    expect(await going).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true });
    expect(run.connection).toBe('disconnected');
    await client.cancel(id);
  });
});

describe('a connection that cannot be had', () => {
  it('is SERVICE_UNAVAILABLE where nobody is there, or nobody answers, within the time for it', async () => {
    const silent = createServer();
    silent.on('upgrade', () => undefined);
    await new Promise<void>((listening) => silent.listen(0, '127.0.0.1', listening));
    for (const port of [9, (silent.address() as AddressInfo).port]) {
      const run = open({ url: `http://127.0.0.1:${port}`, connectTimeoutMs: 400 });
      const message = expect.stringContaining('there was no connection within 400 ms');
      expect(await rejection(run(request))).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true, message });
      expect(run.connection).toBe('disconnected');
    }
    silent.closeAllConnections();
    silent.close();
  });

  it('waits for a service that is starting', async () => {
    const starting = await Service.start();
    await starting.end();
    const run = open({ url: starting.socketsUrl });
    const result = run(request);
    await starting.begin();
    expect((await result).success).toBe(true);
    await starting.end();
  });

  describe('for want of a key', () => {
    const secret = 'a secret of at least thirty-two characters';
    let guarded: Service;
    beforeAll(async () => {
      guarded = await Service.start({ BACKTEST_SECRET: secret });
    });
    afterAll(() => guarded.end());
    const as = (token: BacktestWebSocketOptions['token']) => open({ url: guarded.socketsUrl, token });

    it('rejects at once with what is wrong with it', async () => {
      for (const token of [undefined, 'btk_no_such', mint('another secret, of as many characters', 'alice')]) {
        const connectTimeoutMs = 600_000; // longer than a test may take: what settles has not waited for it
        const run = open({ url: guarded.socketsUrl, token, connectTimeoutMs });
        expect(await rejection(run(request))).toMatchObject({ code: 'UNAUTHENTICATED', status: 401 });
        expect(run.connection).toBe('disconnected');
      }
      const reader = as(mint(secret, 'alice', { scope: 'read' }));
      expect((await rejection(reader(request))).code).toBe('FORBIDDEN');
      const error = await rejection(as(() => Promise.reject(new Error('no token')))(request));
      expect(error).toMatchObject({ code: 'INTERNAL', cause: { message: 'no token' } });
    });

    it('asks for a token with every connection, also when the one before has expired in the midst of a run', async () => {
      let minted = 0;
      const run = as(async () => {
        minted += 1;
        return mint(secret, 'alice', { seconds: 8 });
      });
      const told: ProgressEvent[] = [];
      await run(fresh());
      await pause(7200);
      expect((await run(slow(), { onProgress: (event) => told.push(event) })).success).toBe(true);
      expect(minted).toBeGreaterThanOrEqual(2);
      expect(rising(told)).toBe(true);
      await until(() => run.connection === 'disconnected'); // the last one has expired, and nothing needs another
      expect((await run(fresh())).success).toBe(true);
    });

    it('shows a job to nobody else', async () => {
      const alice = new BacktestClient({ url: guarded.url, token: mint(secret, 'alice') });
      const { id } = await alice.submit(fresh());
      expect((await rejection(as(mint(secret, 'bob')).subscribe(id))).code).toBe('NOT_FOUND');
      expect((await as(mint(secret, 'alice')).subscribe(id)).success).toBe(true);
    });
  });
});
