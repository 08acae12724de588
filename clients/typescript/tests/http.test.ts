import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BacktestError, createHttpTransport, errorDocument, type ProgressEvent } from '../src/index.js';
import { runBacktest } from '../src/node/index.js';
import { processesLeft, rejection, request, runner, slowRequest, until } from './support.js';

/** A server as one would write it around runBacktest, and beside it the ways in which servers go wrong. */
const routes: Record<string, (incoming: IncomingMessage, response: ServerResponse, body: string) => unknown> = {
  '/backtests': async (_, response, body) => {
    const answer = await runBacktest(JSON.parse(body), runner).catch((error: BacktestError) => error.document);
    const status = answer.success ? 200 : answer.status;
    response.writeHead(status, { 'Content-Type': answer.success ? 'application/json' : 'application/problem+json' });
    response.end(JSON.stringify(answer));
  },
  '/stream': async (_, response, body) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' }).write(': hello\r\n\r\n');
    const send = (event: string, data: unknown) =>
      response.write(`event: ${event}\r\ndata: ${JSON.stringify(data)}\r\n\r\n`);
    const controller = new AbortController();
    response.on('close', () => controller.abort());
    const onProgress = (event: ProgressEvent) => send('progress', event);
    await runBacktest(JSON.parse(body), { ...runner, signal: controller.signal, onProgress }).then(
      (result) => send('result', result),
      (error: BacktestError) => send('failed', error.document),
    );
    response.end();
  },
  '/echo-headers': (incoming, response) => response.end(JSON.stringify({ success: true, headers: incoming.headers })),
  '/proxy-502': (_, response) => response.writeHead(502, { 'Content-Type': 'text/html' }).end('<h1>Bad Gateway</h1>'),
  '/busy': (_, response) => response.writeHead(429).end('slow down'),
  '/login': (_, response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<form>'),
  '/not-found': (_, response) =>
    response.writeHead(404, { 'Content-Type': 'application/json' }).end('{"detail": "no"}'),
  '/hang-up': (_, response) => response.destroy(),
  '/cut': (_, response) =>
    response.writeHead(200, { 'Content-Length': '100' }).write('{"succ', () => response.destroy()),
  '/stream-cut': (_, response) =>
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end('event: progress\n'),
  '/stream-refused': (_, response) => {
    const document = errorDocument('TOO_MANY_REQUESTS', 'as many as the server lets wait');
    response.writeHead(429, { 'Content-Type': 'application/problem+json' }).end(JSON.stringify(document));
  },
};
const server = createServer(async (incoming, response) => {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece as Buffer);
  await routes[incoming.url ?? '']?.(incoming, response, Buffer.concat(pieces).toString());
});
let base: string;
beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const to = (path: string) => createHttpTransport({ url: base + path });
const streaming = (path: string) => createHttpTransport({ url: `${base}/backtests`, streamUrl: new URL(base + path) });

describe('createHttpTransport', () => {
  it('resolves with the result, with or without a stream of progress', async () => {
    const { timing_ms: _, ...expected } = await runBacktest(request, runner);
    expect(await to('/backtests')(request)).toMatchObject(expected);
    const stages: string[] = [];
    const result = await streaming('/stream')(request, { onProgress: ({ stage }) => stages.push(stage) });
    expect(result).toMatchObject(expected);
    expect(stages[0]).toBe('validating');
    expect(stages.at(-1)).toBe('completed');
  });

  it('rejects with the document of the server, with or without a stream', async () => {
    const wrong = { ...request, initial_capital: -1 };
    const { document } = await rejection(runBacktest(wrong, runner));
    for (const run of [() => to('/backtests')(wrong), () => streaming('/stream')(wrong, { onProgress: () => {} })]) {
      const error = await rejection(run());
      expect(error).toBeInstanceOf(BacktestError);
      expect(error.document).toEqual(document);
    }
  });

  it('asks for a stream only when somebody wants progress', async () => {
    expect((await streaming('/not-there')(request)).success).toBe(true);
  });

  it('takes a plain answer where a stream was asked for', async () => {
    expect((await streaming('/backtests')(request, { onProgress: () => {} })).success).toBe(true);
    expect((await rejection(streaming('/stream-refused')(request, { onProgress: () => {} }))).code).toBe(
      'TOO_MANY_REQUESTS',
    );
  });

  it.each([
    ['a proxy that speaks HTML', '/proxy-502', 'WORKER_CRASHED', true],
    ['a server that is busy', '/busy', 'TOO_MANY_REQUESTS', true],
    ['a login page', '/login', 'INTERNAL', false],
    ['a URL that is wrong', '/not-found', 'INTERNAL', false],
    ['a connection that ends', '/hang-up', 'WORKER_CRASHED', true],
    ['an answer that is cut short', '/cut', 'WORKER_CRASHED', true],
  ])('makes a BacktestError of %s', async (_, path, code, retryable) => {
    const error = await rejection(to(path)({ ...request, request_id: 'r' }));
    expect(error).toBeInstanceOf(BacktestError);
    expect(error).toMatchObject({ code, retryable });
    expect(error.document.request_id).toBe('r');
  });

  it('makes a BacktestError of a stream that ends without a result, and of a server that is not there', async () => {
    expect((await rejection(streaming('/stream-cut')(request, { onProgress: () => {} }))).code).toBe('WORKER_CRASHED');
    const error = await rejection(createHttpTransport({ url: 'http://127.0.0.1:9/' })(request));
    expect(error).toMatchObject({ code: 'WORKER_CRASHED', retryable: true, cause: expect.any(TypeError) });
  });

  it('sends the headers that it is given or asks for, and those of JSON', async () => {
    const sent = async (headers: () => Promise<HeadersInit>) =>
      ((await createHttpTransport({ url: `${base}/echo-headers`, headers })(request)) as unknown as { headers: object })
        .headers;
    expect(await sent(async () => ({ Authorization: 'Bearer t' }))).toMatchObject({
      authorization: 'Bearer t',
      'content-type': 'application/json',
      accept: 'application/json, application/problem+json',
    });
    const error = await rejection(sent(() => Promise.reject(new Error('no token'))));
    expect(error).toMatchObject({ code: 'INTERNAL', cause: { message: 'no token' } });
  });

  it('calls the fetch that it is given', async () => {
    const fetch = async () => Response.json({ success: true, result_id: 'x' });
    expect((await createHttpTransport({ url: '/relative', fetch })(request)).result_id).toBe('x');
  });

  it('is CANCELLED by its signal, and so is the run on the server', async () => {
    const controller = new AbortController();
    const onProgress = () => controller.abort('enough');
    const error = await rejection(streaming('/stream')(slowRequest, { signal: controller.signal, onProgress }));
    expect(error).toMatchObject({ code: 'CANCELLED', cause: 'enough' });
    await until(() => processesLeft().length === 0);
    expect((await rejection(to('/backtests')(request, { signal: AbortSignal.abort() }))).code).toBe('CANCELLED');
  });

  it('sends nothing that JSON cannot carry', async () => {
    const fetch = async () => expect.unreachable();
    const run = createHttpTransport({ url: '/', fetch })({ ...request, initial_capital: Number.NaN });
    expect((await rejection(run)).code).toBe('VALIDATION_FAILED');
  });
});
