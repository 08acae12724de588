import { answerFrom } from '../answer.js';
import { BacktestError, type ErrorCode, errorDocument } from '../errors.js';
import type { HeadersInput } from '../http.js';
import { cancelledBy, mayPass, pause, pauseBefore } from './patience.js';

export interface ServiceOptions {
  /** Where the service is: `http://localhost:8000`. */
  url: string | URL;
  /** An API key or a token; a function is asked for every request, for tokens that expire. None where auth is off. */
  token?: Token | undefined;
  /** Sent with every request; a function is asked each time. */
  headers?: HeadersInput | (() => HeadersInput | Promise<HeadersInput>) | undefined;
  /** Called instead of the global fetch. */
  fetch?: typeof globalThis.fetch | undefined;
  /** How often a call that is safe to repeat is made before it has failed, 5 by default. */
  attempts?: number | undefined;
  /** How long one attempt may take, ms; 30 000 by default. A run that is waited for takes as long as it takes. */
  timeoutMs?: number | undefined;
  /** How long a job is followed while the service cannot be reached, ms; 60 000 by default. */
  patienceMs?: number | undefined;
}

export type Token = string | (() => MaybeToken | Promise<MaybeToken>);
type MaybeToken = string | null | undefined;

export interface Call {
  path: string;
  method?: 'GET' | 'POST' | 'DELETE';
  body?: string | Uint8Array<ArrayBuffer>;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
  /** Ends the repeating, and not what is on its way. */
  until?: AbortSignal | undefined;
  requestId?: string | undefined;
  /** How long it may take, ms. */
  timeoutMs?: number;
  /** Whether the browser sees it through when the page is left. */
  keepalive?: boolean;
}

/** An answer that is no error. */
export interface Reply {
  status: number;
  headers: Headers;
  text: string;
}

const DEFAULTS = { attempts: 5, timeoutMs: 30_000, patienceMs: 60_000 };
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Requests to the service. Whatever goes wrong is a BacktestError: the service's own, or one made here. */
export class Exchange {
  readonly patienceMs: number;
  readonly #options: ServiceOptions;
  readonly #base: string;
  readonly #attempts: number;
  readonly #timeoutMs: number;

  constructor(options: ServiceOptions) {
    this.#options = options;
    this.#base = String(options.url).replace(/\/+$/, '');
    this.#attempts = options.attempts ?? DEFAULTS.attempts;
    this.#timeoutMs = options.timeoutMs ?? DEFAULTS.timeoutMs;
    this.patienceMs = options.patienceMs ?? DEFAULTS.patienceMs;
  }

  /** Ask once. */
  async ask(call: Call): Promise<Reply> {
    const { timeoutMs = this.#timeoutMs, signal } = call;
    const late = new AbortController();
    const timer =
      timeoutMs <= LONGEST_TIMER_MS
        ? setTimeout(() => late.abort(new Error(`there was no answer within ${timeoutMs} ms`)), timeoutMs)
        : undefined;
    try {
      return await this.#guarded(call, async () => {
        const response = await this.#send(call, signal ? AbortSignal.any([signal, late.signal]) : late.signal);
        return { status: response.status, headers: response.headers, text: await response.text() };
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ask, and again where it is safe and may help. */
  async askAgain(call: Call): Promise<Reply> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.ask(call);
      } catch (error) {
        if (!mayPass(error) || attempt >= this.#attempts || call.until?.aborted) throw error;
        await pause(pauseBefore(attempt, error), call.until ?? call.signal);
        if (call.until?.aborted) throw error;
      }
    }
  }

  /** Ask once, for a body that is read as it arrives: errors have been told from it, its own breaking off has not. */
  open(call: Call & { signal: AbortSignal }): Promise<Response> {
    return this.#guarded(call, () => this.#send(call, call.signal));
  }

  async #send(call: Call, signal: AbortSignal): Promise<Response> {
    signal.throwIfAborted();
    const { method = 'GET', body, keepalive = false, requestId } = call;
    const headers = await this.#headersFor(call).catch((cause: unknown) => {
      if (cause instanceof BacktestError) throw cause; // the caller's own function has said why there is no token
      throw failed('INTERNAL', 'The headers of the request could not be made.', { requestId, cause });
    });
    const { fetch = globalThis.fetch } = this.#options;
    const given: RequestInit = { method, headers, signal, keepalive, cache: 'no-store' };
    const response = await fetch(this.#base + call.path, body === undefined ? given : { ...given, body });
    if (response.ok || response.status === 304) return response;
    throw errorIn(response, await response.text(), requestId);
  }

  /** Turn whatever is thrown into a BacktestError. */
  async #guarded<T>({ signal, requestId }: Call, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (cause) {
      if (signal?.aborted) throw cancelledBy(signal, requestId);
      if (cause instanceof BacktestError) throw cause;
      const detail = 'The service could not be reached, or it closed the connection before it answered.';
      throw failed('SERVICE_UNAVAILABLE', detail, { requestId, cause });
    }
  }

  async #headersFor({ body, headers = {} }: Call): Promise<Headers> {
    const { token, headers: own } = this.#options;
    const sent = new Headers(typeof own === 'function' ? await own() : own);
    const credential = typeof token === 'function' ? await token() : token;
    if (credential) sent.set('Authorization', `Bearer ${credential}`);
    if (body !== undefined) sent.set('Content-Type', 'application/json');
    sent.set('Accept', 'application/json, application/problem+json');
    for (const [name, value] of Object.entries(headers)) sent.set(name, value);
    return sent;
  }
}

/** An answer that is no document of the contract: a login page, an address that is not the service's, a proxy's own. */
export class ForeignAnswer extends BacktestError {
  constructor(status: number, requestId?: string, retryAfter: number | null = null) {
    const detail = `The service answered ${status} without a document of the contract.`;
    super(errorDocument(CODES[status] ?? 'INTERNAL', detail, { requestId }), { retryAfter });
  }
}

const CODES: Readonly<Record<number, ErrorCode>> = {
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  413: 'REQUEST_TOO_LARGE',
  429: 'TOO_MANY_REQUESTS',
  502: 'SERVICE_UNAVAILABLE',
  503: 'SERVICE_UNAVAILABLE',
  504: 'SERVICE_UNAVAILABLE',
};

function errorIn(response: Response, text: string, requestId: string | undefined): BacktestError {
  const retryAfter = secondsIn(response.headers.get('Retry-After'));
  const document = answerFrom(text);
  if (document?.success === false) return new BacktestError(document, { retryAfter });
  return new ForeignAnswer(response.status, requestId, retryAfter);
}

/** `Retry-After`, which is a number of seconds or a date. */
function secondsIn(header: string | null): number | null {
  if (header === null || header.trim() === '') return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - Date.now()) / 1000));
}

function failed(
  code: ErrorCode,
  detail: string,
  { requestId, cause }: { requestId?: string | undefined; cause?: unknown },
): BacktestError {
  return new BacktestError(errorDocument(code, detail, { requestId }), cause === undefined ? {} : { cause });
}
