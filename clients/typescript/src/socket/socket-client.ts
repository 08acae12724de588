import { type Answer, isAnswer, tell } from '../answer.js';
import { encodeRequest, requestIdOf } from '../encode.js';
import { BacktestError, errorDocument, isErrorDocument } from '../errors.js';
import type { Job } from '../generated/job.js';
import type { ProgressEvent } from '../generated/progress.js';
import { randomKey } from '../random-key.js';
import type { BacktestRequest } from '../request.js';
import { hasEnded, isJob, type Priority } from '../service/job.js';
import { cancelledBy, mayPass, pause, pauseBefore, unlessAborted } from '../service/patience.js';
import type { TransportOptions } from '../transport.js';
import { Connection, type ConnectionUser, type SocketConnectionOptions, unavailable } from './connection.js';

/** What a job comes to; of a batch, the job itself. */
export type End = Answer | Job;

/** Who follows a job. */
interface Follower {
  /** The number of the last event that it was told of. */
  seq: number;
  onProgress: ((event: ProgressEvent) => void) | undefined;
  resolve: (end: End) => void;
  reject: (error: BacktestError) => void;
}

const ANSWER_MS = 30_000;
const ATTEMPTS = 5;
/** Of the message around a request: the event's name, the options. */
const AROUND_BYTES = 1024;

/** Starts, follows and cancels jobs over a connection, and goes on where it was when the connection was lost. */
export class SocketClient implements ConnectionUser {
  readonly connection: Connection;
  readonly #followers = new Map<string, Set<Follower>>();
  /** Jobs that were begun here: closing cancels them. */
  readonly #own = new Set<string>();
  #asking = 0;

  constructor(options: SocketConnectionOptions) {
    this.connection = new Connection(options, this);
    const { socket } = this.connection;
    socket.on('backtest_progress', (event: ProgressEvent) => this.#progress(event.id ?? '', event));
    socket.on('backtest_complete', ({ id, results }: { id: string; results: End }) => this.#end(id, results));
    socket.on('backtest_failed', ({ id, error }: { id: string; error: Answer }) => this.#end(id, error));
  }

  /** Run; aborting cancels the job. */
  async run(request: BacktestRequest, options: TransportOptions, priority: Priority | undefined): Promise<End> {
    const { signal } = options;
    const requestId = requestIdOf(request);
    if (signal?.aborted) throw cancelledBy(signal, requestId);
    const text = encodeRequest(request);
    const known = { idempotency_key: randomKey(), ...(priority !== undefined && { priority }) };
    const follower = new Deferred(options.onProgress);
    const started = this.#start(text, known, signal, (job) => this.#follow(job, follower), requestId);
    started.then(
      ({ id }) => this.#own.add(id),
      (error: BacktestError) => follower.reject(error),
    );
    const abandon = () => void started.then(({ id }) => this.#abandon(id, follower)).catch(() => undefined);
    signal?.addEventListener('abort', abandon, { once: true });
    try {
      return await unlessAborted(follower.end, signal, requestId);
    } finally {
      signal?.removeEventListener('abort', abandon);
      void started.then(({ id }) => this.#own.delete(id)).catch(() => undefined);
    }
  }

  /** Follow a job that was begun elsewhere; aborting ends the following alone. */
  async subscribe(id: string, { signal, onProgress }: TransportOptions): Promise<End> {
    if (signal?.aborted) throw cancelledBy(signal);
    const follower = new Deferred(onProgress);
    this.#ask('subscribe', [id], signal, (job) => this.#follow(job, follower)).catch(follower.reject);
    try {
      return await unlessAborted(follower.end, signal);
    } finally {
      if (this.#leave(id, follower) && this.connection.socket.connected) this.connection.socket.emit('unsubscribe', id);
    }
  }

  cancel(id: string): Promise<Job> {
    return this.#ask('cancel_backtest', [id], undefined, (job) => job);
  }

  close(): void {
    const { socket } = this.connection;
    if (socket.connected) for (const id of this.#own) socket.emit('cancel_backtest', id);
    this.connection.close();
  }

  isBusy(): boolean {
    return this.#asking > 0 || this.#followers.size > 0;
  }

  /** Hear of every job again: what has happened in the meantime is in the answer. */
  connected(): void {
    for (const id of this.#followers.keys()) void this.#resubscribe(id, this.connection.socket.id);
  }

  failed(error: BacktestError): void {
    for (const id of [...this.#followers.keys()]) this.#lose(id, error);
  }

  /** Begin a run, unless the service would not even read so much. */
  async #start<T>(
    text: string,
    options: object,
    signal: AbortSignal | undefined,
    take: (job: Job) => T,
    requestId: string | undefined,
  ): Promise<T> {
    await this.connection.ready();
    const most = this.connection.mostBytes - AROUND_BYTES;
    if (text.length * 3 > most && new TextEncoder().encode(text).length > most) {
      const detail = `the request is larger than ${most} bytes, the most that the service reads`;
      throw new BacktestError(errorDocument('REQUEST_TOO_LARGE', detail, { requestId }));
    }
    return this.#ask('start_backtest', [JSON.parse(text) as unknown, options], signal, take);
  }

  /**
   * Emit an event that is safe to repeat, until it is acknowledged. `take` is called as soon as the acknowledgement is
   * there: before the events that follow it.
   */
  async #ask<T>(event: string, given: unknown[], signal: AbortSignal | undefined, take: (job: Job) => T): Promise<T> {
    this.#asking += 1;
    let renewed = false;
    try {
      for (let attempt = 1; ; attempt += 1) {
        await this.connection.ready();
        try {
          return await this.#emit(event, given, take);
        } catch (error) {
          const expired = error instanceof BacktestError && error.code === 'UNAUTHENTICATED';
          if (expired && this.connection.renewable && !renewed) {
            renewed = true;
            this.connection.renew();
            continue;
          }
          if (!mayPass(error) || attempt >= ATTEMPTS || signal?.aborted) throw error;
          await pause(pauseBefore(attempt, error), signal);
          if (signal?.aborted) throw error;
        }
      }
    } finally {
      this.#asking -= 1;
      this.connection.rest();
    }
  }

  #emit<T>(event: string, given: unknown[], take: (job: Job) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const answered = (lost: Error | null, ack: { ok?: boolean; job?: unknown; error?: unknown } | undefined) => {
        if (lost !== null) reject(unavailable('the connection was lost before the service had answered', lost));
        else if (ack?.ok === true && isJob(ack.job)) resolve(take(ack.job));
        else if (isErrorDocument(ack?.error)) reject(new BacktestError(ack.error));
        else
          reject(new BacktestError(errorDocument('INTERNAL', 'the service answered with no document of the contract')));
      };
      this.connection.socket.timeout(ANSWER_MS).emit(event, ...given, answered);
    });
  }

  /** Ask for a job until there is an answer; on another connection than this it is asked for anew. */
  async #resubscribe(id: string, connection: string | undefined): Promise<void> {
    const { socket } = this.connection;
    for (let attempt = 1; this.#followers.has(id) && socket.id === connection; attempt += 1) {
      try {
        await this.#emit('subscribe', [id], (job) => this.#catchUp(job));
        return;
      } catch (error) {
        if (mayPass(error)) await pause(pauseBefore(attempt, error));
        else this.#lose(id, error as BacktestError);
      }
    }
  }

  #lose(id: string, error: BacktestError): void {
    const followers = this.#followers.get(id);
    this.#followers.delete(id);
    for (const { reject } of followers ?? []) reject(error);
  }

  #follow(job: Job, follower: Follower): Job {
    const followers = this.#followers.get(job.id) ?? new Set();
    this.#followers.set(job.id, followers.add(follower));
    this.#catchUp(job);
    return job;
  }

  #catchUp(job: Job): void {
    this.#progress(job.id, job.progress);
    if (hasEnded(job)) this.#end(job.id, job.kind === 'batch' ? job : job.result);
  }

  #progress(id: string, event: ProgressEvent): void {
    for (const follower of this.#followers.get(id) ?? []) {
      if (event.seq <= follower.seq) continue;
      follower.seq = event.seq;
      tell(follower.onProgress, event);
    }
  }

  #end(id: string, end: End | undefined): void {
    const followers = this.#followers.get(id);
    if (followers === undefined) return;
    this.#followers.delete(id);
    if (isAnswer(end)) this.connection.texts.give(id, end);
    const lost = errorDocument('JOB_GONE', 'the job has ended, and its result is gone');
    for (const { resolve } of followers) resolve(isAnswer(end) || isJob(end) ? end : lost);
  }

  /** Cancel a job that nobody here waits for any more. */
  async #abandon(id: string, follower: Follower): Promise<void> {
    this.#leave(id, follower);
    await this.cancel(id);
  }

  /** Follow no longer; tells whether nobody here follows the job now, and somebody did. */
  #leave(id: string, follower: Follower): boolean {
    const followers = this.#followers.get(id);
    if (!followers?.delete(follower) || followers.size > 0) return false;
    this.#followers.delete(id);
    return true;
  }
}

/** A follower that waits for the end. */
class Deferred implements Follower {
  seq = 0;
  readonly onProgress: Follower['onProgress'];
  readonly end: Promise<End>;
  resolve!: Follower['resolve'];
  reject!: Follower['reject'];

  constructor(onProgress: Follower['onProgress']) {
    this.onProgress = onProgress;
    this.end = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}
