import { answerFrom, parsed, resultOf, tell } from '../answer.js';
import { bodyOf, requestIdOf } from '../encode.js';
import { BacktestError, errorDocument } from '../errors.js';
import type { Job } from '../generated/job.js';
import type { Jobs } from '../generated/jobs.js';
import type { BacktestResult } from '../generated/result.js';
import { randomKey } from '../random-key.js';
import type { BacktestRequest } from '../request.js';
import type { TransportOptions } from '../transport.js';
import { Exchange, ForeignAnswer, type Reply, type ServiceOptions } from './exchange.js';
import { type FollowOptions, follow, type JobEvent } from './follow.js';
import { isJob, type JobStatus, jobFrom, type Priority } from './job.js';
import { cancelledBy, unlessAborted } from './patience.js';

export type BacktestClientOptions = ServiceOptions;

export interface CallOptions {
  /** Ends the call; it rejects with CANCELLED. */
  signal?: AbortSignal | undefined;
}

export interface SubmitOptions extends CallOptions {
  /** Makes the submission safe to repeat, for this client and for its caller; a random one by default. */
  idempotencyKey?: string | undefined;
  /** What goes first: `normal` by default, of a batch `low`. `high` needs the scope `priority`. */
  priority?: Priority | undefined;
}

export interface GetOptions extends CallOptions {
  /** Wait for its end, at most 60 seconds; with `etag` for any change. */
  waitSeconds?: number | undefined;
  /** The entity tag of the job that is known (`etagOf`): resolves with null where nothing has changed since. */
  etag?: string | undefined;
}

export interface ListOptions extends CallOptions {
  /** How many a page, 50 by default, at most 200. */
  limit?: number | undefined;
  /** `next` of the page before. */
  cursor?: string | undefined;
  /** Only these. */
  status?: JobStatus | undefined;
}

/** A strategy as the service lists it. */
export interface StrategyListing {
  name: string;
  description: string;
  /** The JSON schema of its parameters. */
  parameters: Record<string, unknown>;
}

/** A symbol whose prices are at hand. */
export interface SymbolListing {
  symbol: string;
  description: string;
  source: string;
  /** In the price store, the folder of CSV files, or the bundled sample. */
  place: 'store' | 'folder' | 'sample';
  currency: string | null;
  first: string;
  last: string;
  sessions: number;
  /** `price`: returns leave dividends out. */
  returns: 'total' | 'price';
  /** When the source was asked last, or the file changed; null of what is bundled. */
  updated: string | null;
  /** What else of it is at hand, and is not used. */
  also: { source: string; place: string }[];
}

export interface ServiceHealth {
  status: string;
  version: string;
  /** Whether callers are asked who they are. */
  auth: 'on' | 'off';
  /** Where the jobs are kept. */
  store: string;
}

/** How a transport asks: one request that waits for its result, or a job in the queue, with progress. */
export type TransportWay = 'rest' | 'queue';

interface Submission extends SubmitOptions {
  /** Ends the repeating alone. */
  until?: AbortSignal | undefined;
}

/** A run in a connection that is open all the while takes as long as it takes. */
const NO_TIMEOUT_MS = Number.POSITIVE_INFINITY;

/** A BacktestTransport that takes the bytes of a request too. */
export type ServiceTransport = (
  request: BacktestRequest | Uint8Array,
  options?: TransportOptions,
) => Promise<BacktestResult>;

/**
 * The REST interface of the service.
 *
 * Every failure is a BacktestError: the service's own where it sent one, else one made here, SERVICE_UNAVAILABLE where it
 * could not be reached. What is safe to repeat is repeated a few times while that may help, after the pause that the
 * service asks for; submissions are, because they carry an Idempotency-Key.
 */
export class BacktestClient {
  readonly #exchange: Exchange;

  constructor(options: BacktestClientOptions) {
    this.#exchange = new Exchange(options);
  }

  /**
   * Run, and wait for the result in one request: for runs that take no longer than the service waits (RUN_TOO_LONG).
   * There is no progress on this way. Aborting cancels the run.
   */
  async run(request: BacktestRequest | Uint8Array, { signal }: TransportOptions = {}): Promise<BacktestResult> {
    const requestId = requestIdOf(request);
    if (signal?.aborted) throw cancelledBy(signal, requestId);
    const body = bodyOf(request);
    const call = { path: '/backtest', method: 'POST', body, signal, requestId, timeoutMs: NO_TIMEOUT_MS } as const;
    const { status, text } = await this.#exchange.ask(call);
    const answer = answerFrom(text);
    if (answer === undefined) throw new ForeignAnswer(status, requestId);
    return resultOf(answer);
  }

  /** Queue a backtest. Resolves once the service has accepted it. */
  submit(request: BacktestRequest | Uint8Array, options: SubmitOptions = {}): Promise<Job> {
    return this.#submit('/backtests', request, requestIdOf(request), options);
  }

  /** Queue many, all or none of them, to be followed as one job. */
  submitBatch(requests: readonly BacktestRequest[], options: SubmitOptions = {}): Promise<Job> {
    return this.#submit('/backtests/batch', { requests }, undefined, options);
  }

  /** The job, with its result once it has ended; null where it has not changed since `etag`. */
  get(id: string, options?: GetOptions & { etag?: undefined }): Promise<Job>;
  get(id: string, options: GetOptions): Promise<Job | null>;
  async get(id: string, { waitSeconds, etag, signal }: GetOptions = {}): Promise<Job | null> {
    const reply = await this.#exchange.askAgain({
      path: pathOf(id) + queryOf({ wait: waitSeconds }),
      headers: etag === undefined ? {} : { 'If-None-Match': etag },
      signal,
      ...(waitSeconds !== undefined && { timeoutMs: (waitSeconds + 30) * 1000 }),
    });
    return reply.status === 304 ? null : jobIn(reply);
  }

  /**
   * Wait for a job's result. Rejects with the error of a run without one: a run that failed, CANCELLED, JOB_GONE.
   * Aborting ends the waiting, not the job.
   */
  async wait(id: string, options: TransportOptions = {}): Promise<BacktestResult> {
    const end = await this.#end(id, options);
    if (!isJob(end)) return end;
    throw new BacktestError(errorDocument('NOT_FOUND', 'a batch has no result of its own, its jobs have'));
  }

  /** Wait until every job of a batch has ended, however. */
  async waitBatch(id: string, options: TransportOptions = {}): Promise<Job> {
    const end = await this.#end(id, options);
    return isJob(end) ? end : this.get(id, { signal: options.signal });
  }

  /**
   * The events of a job from the one after `after`, to its end. Server-sent events, taken up again where they were when a
   * stream breaks off; where none can be had, what the service answers when it is asked again and again.
   */
  events(id: string, options: FollowOptions = {}): AsyncGenerator<JobEvent, void, void> {
    return follow(this.#exchange, id, options);
  }

  /** Cancel a job, or all of a batch. What has ended stays as it is. */
  async cancel(id: string, { signal }: CallOptions = {}): Promise<Job> {
    return jobIn(await this.#exchange.askAgain({ path: pathOf(id), method: 'DELETE', signal, keepalive: true }));
  }

  /** A page of the caller's own jobs, newest first, without their results. */
  async list({ signal, ...query }: ListOptions = {}): Promise<Jobs> {
    const { status, text } = await this.#exchange.askAgain({ path: `/backtests${queryOf({ ...query })}`, signal });
    const page = parsed(text) as Partial<Jobs> | undefined;
    if (!Array.isArray(page?.jobs)) throw new ForeignAnswer(status);
    return page as Jobs;
  }

  /** All of the caller's own jobs, page by page. */
  async *listAll(options: ListOptions = {}): AsyncGenerator<Job, void, void> {
    for (let { cursor } = options; ; ) {
      const { jobs, next } = await this.list({ ...options, cursor });
      yield* jobs;
      if (next === null) return;
      cursor = next;
    }
  }

  /** The strategies, plug-ins included. */
  strategies(options: CallOptions = {}): Promise<StrategyListing[]> {
    return this.#listing('/strategies', options);
  }

  /** The symbols whose prices are at hand. */
  symbols(options: CallOptions = {}): Promise<SymbolListing[]> {
    return this.#listing('/symbols', options);
  }

  /** Whether the service answers and its store does; asked once. */
  async health({ signal }: CallOptions = {}): Promise<ServiceHealth> {
    const [live, ready] = await Promise.all(
      ['/health/live', '/health/ready'].map((path) => this.#exchange.ask({ path, signal })),
    );
    const [alive, stored] = [live, ready].map(
      (reply) => parsed(reply?.text ?? '') as Partial<ServiceHealth> | undefined,
    );
    if (typeof alive?.version !== 'string' || stored?.status === undefined)
      throw new ForeignAnswer(live?.status ?? 200);
    return { ...alive, ...stored } as ServiceHealth;
  }

  /**
   * This service as a transport. `rest`: one request that waits for its result, without progress. `queue`: a job that is
   * submitted and followed; aborting cancels it.
   */
  transport(way: TransportWay = 'queue', { priority }: Pick<SubmitOptions, 'priority'> = {}): ServiceTransport {
    if (way === 'rest') return (request, options) => this.run(request, options);
    return (request, options = {}) => this.#queued(request, options, priority);
  }

  async #queued(
    request: BacktestRequest | Uint8Array,
    { signal, onProgress }: TransportOptions,
    priority: Priority | undefined,
  ): Promise<BacktestResult> {
    const requestId = requestIdOf(request);
    if (signal?.aborted) throw cancelledBy(signal, requestId);
    // Without the signal: a submission that is cut off may have been accepted, and nobody would know its id.
    const submitted = this.#submit('/backtests', request, requestId, { priority, until: signal });
    const abandon = () => void submitted.then(({ id }) => this.cancel(id)).catch(() => undefined);
    signal?.addEventListener('abort', abandon, { once: true });
    try {
      const { id } = await unlessAborted(submitted, signal, requestId);
      return await this.wait(id, { signal, onProgress });
    } finally {
      signal?.removeEventListener('abort', abandon);
    }
  }

  async #submit(path: string, document: unknown, requestId: string | undefined, options: Submission): Promise<Job> {
    const { signal, until, priority, idempotencyKey = randomKey() } = options;
    if (signal?.aborted) throw cancelledBy(signal, requestId);
    const body = bodyOf(document);
    const headers = { 'Idempotency-Key': idempotencyKey };
    const call = {
      path: path + queryOf({ priority }),
      method: 'POST',
      body,
      headers,
      signal,
      until,
      requestId,
    } as const;
    return jobIn(await this.#exchange.askAgain(call), requestId);
  }

  async #end(id: string, { signal, onProgress }: TransportOptions): Promise<BacktestResult | Job> {
    for await (const { event, data } of this.events(id, { signal })) {
      if (event === 'progress') tell(onProgress, data);
      else if (event === 'result') return data;
      else throw new BacktestError(data);
    }
    throw new BacktestError(errorDocument('INTERNAL', 'the events of the job ended without its result'));
  }

  async #listing<T>(path: string, { signal }: CallOptions): Promise<T[]> {
    const { status, text } = await this.#exchange.askAgain({ path, signal });
    const listed = parsed(text);
    if (!Array.isArray(listed)) throw new ForeignAnswer(status);
    return listed as T[];
  }
}

function pathOf(id: string): string {
  return `/backtests/${encodeURIComponent(id)}`;
}

function queryOf(given: Record<string, string | number | undefined>): string {
  const known = Object.entries(given).filter(([, value]) => value !== undefined);
  const query = new URLSearchParams(known.map(([name, value]) => [name, String(value)]));
  return known.length === 0 ? '' : `?${query}`;
}

function jobIn({ status, headers, text }: Reply, requestId?: string): Job {
  const job = jobFrom(text, headers.get('ETag'));
  if (job === undefined) throw new ForeignAnswer(status, requestId);
  return job;
}
