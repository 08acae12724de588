import { spawnSync } from 'node:child_process';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BacktestPool, type BacktestRouteOptions, backtestRoute } from '../src/node/index.js';
import { processesLeft, request, runner, slowRequest, until } from './support.js';

const TIMING = /"timing_ms":\{[^}]*\}/;
const POOLS = Symbol.for('backtest-runner.pools');
const store = globalThis as { [POOLS]?: Map<string, BacktestPool> };
const encoded = (text: string) => new TextEncoder().encode(text);

const running = () => [...(store[POOLS]?.values() ?? [])].reduce((sum, pool) => sum + pool.stats().running, 0);

async function closePools(): Promise<void> {
  await Promise.all([...(store[POOLS]?.values() ?? [])].map((pool) => pool.close()));
  delete store[POOLS];
}

/** What a route of these options answers to a body. */
async function posted(body: BodyInit, options: BacktestRouteOptions = {}, init: RequestInit = {}) {
  const asked = { method: 'POST', body, duplex: 'half', ...init };
  const response = await backtestRoute({ ...runner, ...options })(new Request('http://app/api/backtest', asked));
  const text = await response.text();
  return { response, text, document: JSON.parse(text) };
}

/** What the runner itself prints for the bytes. */
function printed(body: Uint8Array, env: Record<string, string> = {}): string {
  const { pythonPath, runnerPath } = runner;
  const surroundings = { ...process.env, ...runner.env, ...env };
  return spawnSync(pythonPath, [runnerPath], { input: body, env: surroundings, encoding: 'utf8', maxBuffer: 1e9 })
    .stdout;
}

afterAll(async () => {
  await closePools();
  expect(processesLeft()).toEqual([]);
});

describe('a route', () => {
  it.each([
    ['a result', 200, JSON.stringify(request)],
    ['a result, of a document of many lines', 200, `${JSON.stringify(request, null, 2).replaceAll('\n', '\r\n')}\n`],
    [
      'a result with numbers that JavaScript writes otherwise',
      200,
      JSON.stringify({ ...request, initial_capital: 1e7 }),
    ],
    ['a refusal', 422, JSON.stringify({ ...request, request_id: 'mine', initial_capital: -1.5e-7 })],
    ['a symbol without prices', 422, JSON.stringify({ ...request, holdings: [{ symbol: 'NONE', allocation: 1 }] })],
  ])('answers with the bytes that the runner prints: %s', async (_, status, body) => {
    const { response, text } = await posted(body);
    expect(text.replace(TIMING, '')).toBe(printed(encoded(body)).replace(TIMING, ''));
    expect(response.status).toBe(status);
    expect(response.headers.get('Content-Type')).toBe(status === 200 ? 'application/json' : 'application/problem+json');
    expect(response.headers.get('Cache-Control')).toBe('no-store');
  });

  it.each([
    ['nothing', encoded('')],
    ['blanks', encoded(' \t\r\n\n')],
    ['a document that is cut short', encoded('{"strategy":\n"momentum"')],
    ['a repeated key', encoded(`{"strategy": "momentum",\n"strategy": "buy_hold"}`)],
    ['a line end inside a string', encoded('{"strategy": "mom\nentum"}')],
    ['a carriage return inside a string', encoded('{"strategy": "mom\rentum"}')],
    ['two documents', encoded(`${JSON.stringify(request)}\n${JSON.stringify(request)}`)],
    ['a number that is none', encoded('{"initial_capital": NaN}')],
    ['half a surrogate pair', encoded('{"strategy": "\\ud83d"}')],
    ['a byte order mark', new Uint8Array([0xef, 0xbb, 0xbf, ...encoded(JSON.stringify(request))])],
    ['no UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d])],
    ['UTF-16', new Uint8Array(Buffer.from(JSON.stringify(request), 'utf16le'))],
    ['what would be a control line of a warm process', encoded('cancel null')],
    ['more than one of those', encoded('cancel "a"\ncancel "b"')],
    ['a list', encoded('[1, 2]')],
  ])('refuses as the runner does: %s', async (_, body) => {
    const anywhere = (text: string) => text.replace(/ at line \d+, column \d+/, '').trimEnd();
    const expected = anywhere(printed(body));
    for (const mode of ['warm', 'prespawn'] as const) {
      const { response, text, document } = await posted(body, { mode, size: 1 });
      expect(anywhere(text)).toBe(expected);
      expect(response.status).toBe(document.status);
    }
    expect((await posted(JSON.stringify(request), { size: 1, mode: 'warm' })).document.success).toBe(true);
  });

  it('reads no further than the runner would take, by its own setting and its own default', async () => {
    for (const [env, most] of [
      [{}, 5 * 1024 ** 2],
      [{ BACKTEST_MAX_REQUEST_BYTES: '1000' }, 1000],
    ] as const) {
      let given = 0;
      const endless = new ReadableStream({
        pull(stream) {
          given += 1;
          stream.enqueue(new Uint8Array(64 * 1024).fill(0x20));
        },
      });
      const options = { env: { ...runner.env, ...env } };
      const { response, text } = await posted(endless, options);
      expect(response.status).toBe(413);
      expect(text).toBe(printed(new Uint8Array(most + 1), { ...env }));
      expect(given).toBeLessThan(most / (64 * 1024) + 4);
      const told = { headers: { 'Content-Length': String(most + 1) } };
      expect((await posted('{}', options, told)).document.code).toBe('REQUEST_TOO_LARGE');
    }
  });

  it('ends the run whose caller goes away, while it runs and while its body arrives', async () => {
    for (const body of [JSON.stringify(slowRequest), new ReadableStream()]) {
      const caller = new AbortController();
      const answer = posted(body, { size: 1 }, { signal: caller.signal });
      if (typeof body === 'string') await until(() => running() > 0);
      caller.abort();
      const { response, document } = await answer;
      expect([response.status, document.code]).toEqual([499, 'CANCELLED']);
    }
    expect(running()).toBe(0);
  });

  it('refuses with 429 and Retry-After what its queue has no room for', async () => {
    const full = { size: 1, maxQueue: 0, timeoutMs: 2000 };
    const first = posted(JSON.stringify(slowRequest), full);
    const second = posted(JSON.stringify(slowRequest), full);
    const refused = (await Promise.all([first, second])).find(({ response }) => response.status === 429);
    expect(refused?.document).toMatchObject({ code: 'TOO_MANY_REQUESTS', retryable: true });
    expect(refused?.document.remedy).toContain('maxQueue');
    expect(refused?.response.headers.get('Retry-After')).toMatch(/^\d+$/);
  });

  it('answers with the error document where there is no Python', async () => {
    const { response, document } = await posted('{}', { pythonPath: '/no/such/python' });
    expect(response.status).toBe(500);
    expect(document).toMatchObject({ success: false, code: 'ENVIRONMENT', retryable: false });
    expect(document.remedy).toContain('PYTHON_PATH');
  });
});

describe('the processes of a route', () => {
  beforeEach(closePools);

  it('start with the first request, and are the same however often the module is loaded', async () => {
    backtestRoute(runner);
    expect(processesLeft()).toEqual([]);
    await posted(JSON.stringify(request));
    const [pool] = store[POOLS]!.values();
    await until(() => pool!.stats().idle === 2);
    const before = processesLeft().sort();
    for (let edit = 0; edit < 5; edit += 1) {
      vi.resetModules();
      const anew = await import('../src/node/index.js');
      expect(anew.backtestRoute).not.toBe(backtestRoute);
      const asked = new Request('http://app/', { method: 'POST', body: JSON.stringify(request) });
      expect((await anew.backtestRoute({ ...runner })(asked)).status).toBe(200);
    }
    expect(processesLeft().sort()).toEqual(before);
  });

  it('are others for other options', async () => {
    await posted(JSON.stringify(request), { size: 1 });
    await posted(JSON.stringify(request), { size: 1, env: { ...runner.env, BACKTEST_TIMEOUT_SECONDS: '7' } });
    await posted(JSON.stringify(request), { size: 1, onStderr: () => undefined });
    expect(store[POOLS]!.size).toBe(3);
  });

  it('end when there is nothing to do, and the next request starts others', async () => {
    const idle = { size: 2, idleMs: 200 };
    for (let round = 0; round < 2; round += 1) {
      expect((await posted(JSON.stringify(request), idle)).response.status).toBe(200);
      await until(() => processesLeft().length === 0);
    }
    expect((await posted(JSON.stringify(slowRequest), { ...idle, timeoutMs: 800 })).document.code).toBe('TIMEOUT');
  });
});
