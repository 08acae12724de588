import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  BacktestClient,
  type BacktestClientOptions,
  BacktestError,
  documentText,
  errorDocument,
  etagOf,
  type Job,
  type JobEvent,
  type ProgressEvent,
} from '../src/index.js';
import { runBacktest } from '../src/node/index.js';
import { mint, Service, untimedText, Wire } from './service.js';
import { pause, rejection, request, runner, slowRequest, until } from './support.js';

let service: Service;
let client: BacktestClient;
beforeAll(async () => {
  service = await Service.start();
  client = new BacktestClient({ url: service.url });
});
afterAll(() => service.end());

let runs = 0;
/** A slow run that nobody has asked for before: what has been computed is not computed again. */
const slow = () => ({ ...slowRequest, initial_capital: 10_000 + ++runs });
const fresh = () => ({ ...request, initial_capital: 10_000 + ++runs });

/** A client whose requests go through a function of the test's. */
function through(
  hook: (path: string, send: () => Promise<Response>, init: RequestInit) => Promise<Response>,
  options: Partial<BacktestClientOptions> = {},
): BacktestClient {
  const fetch = (url: string | URL | Request, init: RequestInit = {}) =>
    hook(String(url).slice(service.url.length), () => globalThis.fetch(url, init), init);
  return new BacktestClient({ url: service.url, ...options, fetch });
}

const problem = (code: 'SERVICE_UNAVAILABLE' | 'TOO_MANY_REQUESTS', retryAfter?: string) => {
  const document = errorDocument(code, 'not now');
  const headers = { 'Content-Type': 'application/problem+json', ...(retryAfter && { 'Retry-After': retryAfter }) };
  return new Response(JSON.stringify(document), { status: document.status, headers });
};

describe('BacktestClient', () => {
  it('gives the runner’s own document, by one request and by the queue, in a job and in an event', async () => {
    const asked = { ...fresh(), request_id: 'mine' };
    const expected = untimedText(await runBacktest(asked, runner));
    expect(untimedText(await client.run(asked))).toBe(expected);
    const { id } = await client.submit(asked);
    expect(untimedText(await client.wait(id))).toBe(expected);
    expect(untimedText((await client.get(id)).result!)).toBe(expected);
    expect(untimedText(await client.transport('rest')(asked))).toBe(expected);
    expect(untimedText(await client.transport('queue')(asked))).toBe(expected);
    const alone = await fetch(`${service.url}/backtests/${id}/result`);
    expect(documentText((await client.get(id)).result!)).toBe((await alone.text()).trimEnd());
  });

  it('rejects with the runner’s own document', async () => {
    const wrong = { ...request, initial_capital: -1.5e-7, request_id: 'wrong' };
    const { document } = await rejection(runBacktest(wrong, runner));
    for (const run of [
      () => client.run(wrong),
      () => client.submit(wrong),
      () => client.transport('queue')(wrong, { onProgress: () => undefined }),
    ]) {
      const error = await rejection(run());
      expect(error).toBeInstanceOf(BacktestError);
      expect(documentText(error.document)).toBe(documentText(document));
    }
    const late = { ...request, holdings: [{ symbol: 'NOSUCH', allocation: 1 }] };
    const { id } = await client.submit(late);
    expect(await rejection(client.wait(id))).toMatchObject({ code: 'SYMBOL_NOT_FOUND' });
    expect(await client.get(id)).toMatchObject({ status: 'failed', result: { code: 'SYMBOL_NOT_FOUND' } });
    const tooLong = { ...request, limits: { timeout_seconds: 299 } };
    expect(await rejection(client.run(tooLong))).toMatchObject({ code: 'RUN_TOO_LONG' });
    expect((await client.transport('queue')(tooLong)).success).toBe(true);
  });

  it('tells how far a job is, every event once and in order', async () => {
    const told: ProgressEvent[] = [];
    const result = await client.transport()(slow(), { onProgress: (event) => told.push(event) });
    expect(result.success).toBe(true);
    expect(told.map(({ seq }) => seq)).toEqual(told.map((_, index) => index + 1));
    expect(told.length).toBeGreaterThan(4);
    expect(told[0]).toMatchObject({ stage: 'queued', progress: 0 });
    expect(told.at(-1)?.progress).toBeGreaterThan(0.5);
  });

  it('gives the events of a job after the one that is known', async () => {
    const { id } = await client.submit(slow());
    await client.wait(id);
    const all: JobEvent[] = [];
    for await (const event of client.events(id)) all.push(event);
    expect(all.at(-1)).toMatchObject({ event: 'result', data: { success: true } });
    const [, , third] = all;
    const rest: JobEvent[] = [];
    for await (const event of client.events(id, { after: third!.seq })) rest.push(event);
    expect(rest).toEqual(all.slice(3));
    for await (const event of client.events(id, { after: all.at(-1)!.seq })) expect.unreachable(event.event);
  });

  it('waits for a change of a job whose entity tag is known', async () => {
    const job = await client.submit(fresh());
    const done = await client.get(job.id, { waitSeconds: 60 });
    expect(done.status).toBe('completed');
    expect(etagOf(done)).toMatch(/^"/);
    expect(await client.get(job.id, { etag: etagOf(done)! })).toBeNull();
    const running = await client.submit(slow());
    const changed = await client.get(running.id, { waitSeconds: 60, etag: etagOf(running)! });
    expect(changed).toMatchObject({ id: running.id });
    expect(etagOf(changed!)).not.toBe(etagOf(running));
    await client.cancel(running.id);
  });

  it('queues many as one', async () => {
    const requests = [fresh(), { ...fresh(), holdings: [{ symbol: 'NOSUCH', allocation: 1 }] }, fresh()];
    const batch = await client.submitBatch(requests);
    expect(batch).toMatchObject({ kind: 'batch', priority: 'low', counts: { total: 3 } });
    const shares: number[] = [];
    const ended = await client.waitBatch(batch.id, { onProgress: ({ progress }) => shares.push(progress) });
    expect(ended).toMatchObject({ status: 'completed', counts: { total: 3, completed: 2, failed: 1 } });
    expect(shares).toEqual([...shares].sort((one, other) => one - other));
    expect((await client.wait(ended.jobs![0]!.id)).success).toBe(true);
    expect((await rejection(client.wait(batch.id))).code).toBe('NOT_FOUND');
    expect(await client.waitBatch(ended.jobs![2]!.id)).toMatchObject({ kind: 'backtest', status: 'completed' });
    const wrong = await rejection(client.submitBatch([fresh(), { ...request, initial_capital: Number.NaN }]));
    expect(wrong).toMatchObject({ code: 'VALIDATION_FAILED', problems: [{ pointer: '/requests/1/initial_capital' }] });
  });

  it('lists the jobs, a page at a time or all', async () => {
    const submitted: string[] = [];
    for (let count = 0; count < 3; count += 1) submitted.unshift((await client.submit(fresh())).id);
    await Promise.all(submitted.map((id) => client.wait(id)));
    const first = await client.list({ limit: 2, status: 'completed' });
    expect(first.jobs.map(({ id }) => id)).toEqual(submitted.slice(0, 2));
    const second = await client.list({ limit: 2, cursor: first.next! });
    expect(second.jobs[0]?.id).toBe(submitted[2]);
    const all: string[] = [];
    for await (const { id, status } of client.listAll({ limit: 2, status: 'completed' })) {
      expect(status).toBe('completed');
      all.push(id);
    }
    expect(all.slice(0, 3)).toEqual(submitted);
    expect(new Set(all).size).toBe(all.length);
    expect(all.length).toBeGreaterThan(4);
  });

  it('says what there is, and how the service is', async () => {
    expect((await client.strategies()).map(({ name }) => name)).toContain('momentum');
    expect((await client.symbols()).find(({ symbol }) => symbol === 'AAPL')).toMatchObject({ source: 'bundled' });
    expect(await client.health()).toMatchObject({ status: 'ok', auth: 'off', store: 'sqlite' });
  });

  it('cancels: the job is over on the server, and a call that waits hears it', async () => {
    const { id } = await client.submit(slow());
    const waiting = rejection(client.wait(id));
    while ((await client.get(id)).status === 'queued') await pause(20);
    await client.cancel(id);
    expect((await waiting).code).toBe('CANCELLED');
    expect(await client.get(id)).toMatchObject({ status: 'cancelled', result: { code: 'CANCELLED' } });
  });

  it('cancels the job of a run whose signal is aborted, and nothing for a call that only waits', async () => {
    const controller = new AbortController();
    const ids = new Set<string>();
    const onProgress = ({ id, stage }: ProgressEvent) => {
      ids.add(id!);
      if (stage === 'simulating') controller.abort('enough');
    };
    const error = await rejection(client.transport()(slow(), { signal: controller.signal, onProgress }));
    expect(error).toMatchObject({ code: 'CANCELLED', cause: 'enough' });
    const [id] = [...ids];
    expect(await client.get(id!, { waitSeconds: 60 })).toMatchObject({ status: 'cancelled' });

    const job = await client.submit(slow());
    expect((await rejection(client.wait(job.id, { signal: AbortSignal.timeout(300) }))).code).toBe('CANCELLED');
    expect(['queued', 'running']).toContain((await client.get(job.id)).status);
    await client.cancel(job.id);
    expect((await rejection(client.submit(request, { signal: AbortSignal.abort() }))).code).toBe('CANCELLED');
  });

  it('cancels a job whose submission was on its way', async () => {
    const controller = new AbortController();
    let accepted = '';
    const slowly = through(async (path, send) => {
      const response = await send();
      if (path === '/backtests') {
        accepted = ((await response.clone().json()) as Job).id;
        controller.abort();
        await pause(50);
      }
      return response;
    });
    expect((await rejection(slowly.transport()(slow(), { signal: controller.signal }))).code).toBe('CANCELLED');
    expect(await client.get(accepted, { waitSeconds: 60 })).toMatchObject({ status: 'cancelled' });
  });

  it('going away from a run that is waited for cancels it', async () => {
    const controller = new AbortController();
    const waited = rejection(client.run(slow(), { signal: controller.signal }));
    const running = async () => (await client.list({ status: 'running' })).jobs;
    while ((await running()).length === 0) await pause(20);
    const [job] = await running();
    controller.abort();
    expect((await waited).code).toBe('CANCELLED');
    expect(await client.get(job!.id, { waitSeconds: 60 })).toMatchObject({ status: 'cancelled' });
  });

  describe('what is safe to repeat', () => {
    it('is repeated: a submission whose answer was lost is one job', async () => {
      const keys: string[] = [];
      const seen: string[] = [];
      const unlucky = through(async (_, send, init) => {
        keys.push(new Headers(init.headers).get('Idempotency-Key')!);
        const response = await send();
        seen.push(((await response.clone().json()) as Job).id, String(response.headers.get('Idempotency-Replayed')));
        if (keys.length < 3) throw new TypeError('fetch failed');
        return response;
      });
      const asked = fresh();
      const { id } = await unlucky.submit(asked);
      expect(keys).toHaveLength(3);
      expect(new Set(keys).size).toBe(1);
      expect(seen).toEqual([id, 'null', id, 'true', id, 'true']);
      const key = 'the key of this caller';
      const one = await client.submit(asked, { idempotencyKey: key });
      expect((await client.submit(asked, { idempotencyKey: key })).id).toBe(one.id);
      expect(await rejection(client.submit(fresh(), { idempotencyKey: key }))).toMatchObject({
        code: 'IDEMPOTENCY_KEY_REUSED',
      });
    });

    it.each([
      ['a proxy that has lost the service', () => new Response('<h1>Bad Gateway</h1>', { status: 502 }), 0],
      ['a service that is starting', () => problem('SERVICE_UNAVAILABLE', '1'), 900],
      ['a service without room', () => problem('TOO_MANY_REQUESTS', new Date(Date.now() + 2500).toUTCString()), 900],
    ])('is repeated after %s, and not before it asks to', async (_, refusal, least) => {
      const events: string[] = [];
      const refused = through(async (_path, send) => {
        events.push('asked');
        if (events.length > 1) return send();
        if (least > 0) setTimeout(() => events.push('the pause is over'), least); // begun before the client's own
        return refusal();
      });
      await refused.list();
      expect(events).toEqual(least > 0 ? ['asked', 'the pause is over', 'asked'] : ['asked', 'asked']);
    });

    it('is not repeated for ever, nor when the pause that is asked for is long', async () => {
      let asked = 0;
      const count = (answer: () => Promise<Response>) =>
        through(
          () => {
            asked += 1;
            return answer();
          },
          { attempts: 3 },
        );
      const nowhere = await rejection(count(() => Promise.reject(new TypeError('fetch failed'))).cancel('job_x'));
      expect(nowhere).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true, cause: expect.any(TypeError) });
      expect(asked).toBe(3);
      const later = await rejection(count(async () => problem('TOO_MANY_REQUESTS', '3600')).symbols());
      expect(later).toMatchObject({ code: 'TOO_MANY_REQUESTS', retryAfter: 3600 });
      expect(asked).toBe(4);
      await rejection(count(async () => problem('SERVICE_UNAVAILABLE')).run(request));
      await rejection(count(async () => problem('SERVICE_UNAVAILABLE')).health());
      expect(asked).toBeLessThanOrEqual(7); // a run that is waited for, and the question how it is, are asked once
      const wrong = await rejection(count(async () => new Response('<form>', { status: 200 })).submit(request));
      expect(wrong).toMatchObject({ code: 'INTERNAL', retryable: false });
    });

    it('stops when the caller gives up', async () => {
      const controller = new AbortController();
      const stopping = through(async () => {
        setTimeout(() => controller.abort(), 20);
        return problem('SERVICE_UNAVAILABLE', '60'); // a longer pause than a test may take
      });
      expect((await rejection(stopping.list({ signal: controller.signal }))).code).toBe('CANCELLED');
    });

    it('has its time', async () => {
      const silent = through(
        (_, __, { signal }) =>
          new Promise((_resolve, reject) => {
            signal?.addEventListener('abort', () => reject(signal.reason));
          }),
        { timeoutMs: 50, attempts: 2 },
      );
      const error = await rejection(silent.list());
      expect(error).toMatchObject({ code: 'SERVICE_UNAVAILABLE', cause: { message: /within 50 ms/ } });
    });
  });

  describe('following a job', () => {
    it('goes on where it was when the stream is cut, again and again, with nothing told twice or missed', async () => {
      const wire = await Wire.to(service.port);
      const cut = new BacktestClient({ url: wire.url });
      const told: ProgressEvent[] = [];
      const onProgress = (event: ProgressEvent) => {
        told.push(event);
        if (told.length % 4 === 2) wire.cut();
      };
      const asked = slow();
      const result = await cut.transport()(asked, { onProgress });
      expect(untimedText(result)).toBe(untimedText(await client.run(asked)));
      expect(told.map(({ seq }) => seq)).toEqual(told.map((_, index) => index + 1));
      expect(wire.connections).toBeGreaterThan(2);
      wire.close();
    });

    it.each([
      ['answers with a page', async () => new Response('<h1>Not here</h1>', { status: 404 })],
      ['holds events back', async () => new Response('nothing', { headers: { 'Content-Type': 'text/html' } })],
      [
        'ends every stream at once',
        async () => new Response(': hello\n\n', { headers: { 'Content-Type': 'text/event-stream' } }),
      ],
    ])('asks again and again where something in between %s', async (_, answer) => {
      const asked: string[] = [];
      const polling = through((path, send) => {
        asked.push(path.replace(/job_\w+/, 'id'));
        return path.endsWith('/events') ? answer() : send();
      });
      const told: ProgressEvent[] = [];
      const run = slow();
      const result = await polling.transport()(run, { onProgress: (event) => told.push(event) });
      expect(untimedText(result)).toBe(untimedText(await client.run(run)));
      expect(asked.filter((path) => path === '/backtests/id?wait=20').length).toBeGreaterThan(0);
      const seqs = told.map(({ seq }) => seq);
      expect(seqs).toEqual([...new Set(seqs)].sort((one, other) => one - other));
      expect(told.at(-1)).toMatchObject({ stage: 'completed', progress: 1 });
    });

    it('asks again and again where something in between holds the stream back altogether', async () => {
      const holding = through((path, send, { signal }) =>
        path.endsWith('/events')
          ? new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
          : send(),
      );
      expect((await holding.transport()(fresh())).success).toBe(true);
    }, 20_000);

    it('outlives a restart of the service', async () => {
      const restarted = await Service.start();
      const steady = new BacktestClient({ url: restarted.url });
      const { id } = await steady.submit(slow());
      const told: ProgressEvent[] = [];
      const waiting = steady.wait(id, { onProgress: (event) => told.push(event) });
      await until(() => told.some(({ stage }) => stage === 'simulating'));
      await restarted.end('SIGKILL');
      await pause(500);
      await restarted.begin();
      expect((await waiting).success).toBe(true);
      expect(await steady.get(id)).toMatchObject({ status: 'completed', attempts: 2 });
      const seqs = told.map(({ seq }) => seq);
      expect(seqs).toEqual([...new Set(seqs)].sort((one, other) => one - other));

      const lost = await steady.submit(slow());
      const mourning = rejection(steady.wait(lost.id));
      await restarted.end('SIGKILL');
      restarted.forget();
      await restarted.begin();
      expect((await mourning).code).toBe('JOB_GONE');
      expect((await rejection(steady.get(lost.id))).code).toBe('JOB_GONE');
      expect((await rejection(steady.cancel(`job_${'a'.repeat(34)}`))).code).toBe('NOT_FOUND');
      await restarted.end();
    }, 60_000);

    it('gives up on a service that stays away', async () => {
      const nowhere = new BacktestClient({ url: 'http://127.0.0.1:9', patienceMs: 600 });
      // without an end to its patience, or with the usual minute, it would not settle within the test's time
      expect((await rejection(nowhere.wait('job_x'))).code).toBe('SERVICE_UNAVAILABLE');
    });
  });

  describe('where callers are asked who they are', () => {
    const secret = 'a secret of at least thirty-two characters';
    let guarded: Service;
    beforeAll(async () => {
      guarded = await Service.start({ BACKTEST_SECRET: secret });
    });
    afterAll(() => guarded.end());
    const as = (options: Partial<BacktestClientOptions>) => new BacktestClient({ url: guarded.url, ...options });

    it('sends the token that it is given, or asks for one each time', async () => {
      expect((await as({ token: mint(secret, 'alice') }).run(request)).success).toBe(true);
      expect((await as({ headers: { Authorization: `Bearer ${mint(secret, 'alice')}` } }).list()).jobs).toHaveLength(1);
      let asked = 0;
      const token = async () => {
        asked += 1;
        return mint(secret, 'alice');
      };
      expect((await as({ token }).transport()(slow())).success).toBe(true);
      expect(asked).toBeGreaterThanOrEqual(2);
    });

    it('rejects with what is wrong with it', async () => {
      for (const token of [
        undefined,
        () => null,
        'btk_no_such',
        mint('another secret, of as many characters', 'alice'),
      ]) {
        for (const act of [(one: BacktestClient) => one.run(request), (one: BacktestClient) => one.submit(request)]) {
          expect(await rejection(act(as({ token })))).toMatchObject({ code: 'UNAUTHENTICATED', status: 401 });
        }
      }
      const reader = as({ token: mint(secret, 'alice', { scope: 'read' }) });
      expect((await rejection(reader.submit(request))).code).toBe('FORBIDDEN');
      const error = await rejection(as({ token: () => Promise.reject(new Error('no token')) }).list());
      expect(error).toMatchObject({ code: 'INTERNAL', cause: { message: 'no token' } });
    });

    it('shows a job to nobody else', async () => {
      const { id } = await as({ token: mint(secret, 'alice') }).submit(fresh());
      const other = as({ token: mint(secret, 'bob') });
      for (const act of [() => other.get(id), () => other.wait(id), () => other.cancel(id)]) {
        expect((await rejection(act())).code).toBe('NOT_FOUND');
      }
    });
  });
});
