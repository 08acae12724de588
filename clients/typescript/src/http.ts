import { type Answer, answerFrom, parsed, resultOf, tell } from './answer.js';
import { encodeRequest, requestIdOf } from './encode.js';
import { BacktestError, type ErrorCode, errorDocument } from './errors.js';
import type { ProgressEvent } from './generated/progress.js';
import { serverSentEvents } from './sse.js';
import type { BacktestTransport } from './transport.js';

/** What `new Headers` takes. TypeScript knows it by name in programs with the types of the DOM only. */
export type HeadersInput = ConstructorParameters<typeof Headers>[0];

export interface HttpTransportOptions {
  /** Where a request is POSTed, and answered with the result or with an error as `application/problem+json`. */
  url: string | URL;
  /**
   * Where a request is POSTed when progress is wanted; answered with server-sent events: `progress` with a progress
   * event, then `result` with the result or `failed` with the error document. Without it there is no progress.
   */
  streamUrl?: string | URL | undefined;
  /** Called instead of the global fetch. */
  fetch?: typeof globalThis.fetch | undefined;
  /** Sent with every request; a function is asked each time, for tokens that expire. */
  headers?: HeadersInput | (() => HeadersInput | Promise<HeadersInput>) | undefined;
}

/**
 * A transport over HTTP.
 *
 * Whatever goes wrong is a BacktestError: the server's own where it sent one, else one made here. An answer that never
 * came or came from something in between (a proxy's 502, 503, 504) is WORKER_CRASHED, which is retryable: a backtest
 * changes nothing on the server. A 429 is TOO_MANY_REQUESTS, a 413 REQUEST_TOO_LARGE, any other answer that is no
 * document of the contract (a login page, a wrong URL) INTERNAL, which is not.
 */
export function createHttpTransport(options: HttpTransportOptions): BacktestTransport {
  return async (request, { signal, onProgress } = {}) => {
    const requestId = requestIdOf(request);
    const failed = (code: ErrorCode, detail: string, cause: unknown) =>
      new BacktestError(errorDocument(code, detail, { requestId }), { cause });
    try {
      signal?.throwIfAborted();
      const body = encodeRequest(request);
      const streamUrl = onProgress && options.streamUrl;
      const headers = await headersFor(options, streamUrl !== undefined).catch((cause: unknown) => {
        throw failed('INTERNAL', 'The headers of the request could not be made.', cause);
      });
      const { fetch = globalThis.fetch, url } = options;
      const response = await fetch(streamUrl ?? url, { method: 'POST', headers, body, signal: signal ?? null });
      if (response.body !== null && isEventStream(response)) {
        return resultOf(await streamedAnswer(response.body, onProgress));
      }
      return resultOf(await answerIn(response, requestId));
    } catch (cause) {
      if (signal?.aborted) throw failed('CANCELLED', 'The run was cancelled by its caller.', signal.reason);
      if (cause instanceof BacktestError) throw cause;
      throw failed(
        'WORKER_CRASHED',
        'The server could not be reached, or it closed the connection before it answered.',
        cause,
      );
    }
  };
}

async function headersFor({ headers }: HttpTransportOptions, streamed: boolean): Promise<Headers> {
  const sent = new Headers(typeof headers === 'function' ? await headers() : headers);
  sent.set('Content-Type', 'application/json');
  sent.set('Accept', `${streamed ? 'text/event-stream, ' : ''}application/json, application/problem+json`);
  return sent;
}

function isEventStream(response: Response): boolean {
  return /^text\/event-stream\b/i.test(response.headers.get('Content-Type') ?? '');
}

async function streamedAnswer(
  body: ReadableStream<Uint8Array>,
  onProgress: ((event: ProgressEvent) => void) | undefined,
): Promise<Answer> {
  for await (const { event, data } of serverSentEvents(body)) {
    const progress = event === 'progress' ? parsed(data) : undefined;
    if (progress !== undefined) tell(onProgress, progress as ProgressEvent);
    const answer = event === 'result' || event === 'failed' ? answerFrom(data) : undefined;
    if (answer !== undefined) return answer;
  }
  throw new Error('the stream ended without a result');
}

/** The answer that a response carries; where it carries none, the error that its status speaks of. */
async function answerIn(response: Response, requestId: string | undefined): Promise<Answer> {
  const answer = answerFrom(await response.text());
  if (answer !== undefined) return answer;
  const detail = `The server answered ${response.status} without a document of the contract.`;
  return errorDocument(codeOf(response.status), detail, { requestId });
}

function codeOf(status: number): ErrorCode {
  if (status === 413) return 'REQUEST_TOO_LARGE';
  if (status === 429) return 'TOO_MANY_REQUESTS';
  return status >= 502 && status <= 504 ? 'WORKER_CRASHED' : 'INTERNAL';
}
