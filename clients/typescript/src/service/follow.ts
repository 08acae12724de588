import { type Answer, answerFrom, parsed } from '../answer.js';
import { BacktestError, errorDocument } from '../errors.js';
import type { BacktestErrorDocument } from '../generated/error.js';
import type { Job } from '../generated/job.js';
import type { ProgressEvent } from '../generated/progress.js';
import type { BacktestResult } from '../generated/result.js';
import { type ServerSentEvent, serverSentEvents } from '../sse.js';
import { type Exchange, ForeignAnswer } from './exchange.js';
import { etagOf, hasEnded, isJob, jobFrom } from './job.js';
import { cancelledBy, mayPass, pause, pauseBefore } from './patience.js';

/** What happens to a job. The last one is `result` or `failed`; of a batch the result is its job. */
export type JobEvent =
  | { event: 'progress'; seq: number; data: ProgressEvent }
  | { event: 'result'; seq: number; data: BacktestResult | Job }
  | { event: 'failed'; seq: number; data: BacktestErrorDocument };

export interface FollowOptions {
  /** The number of the last event that is known already: those after it follow. */
  after?: number | undefined;
  /** Ends the following, not the job. */
  signal?: AbortSignal | undefined;
}

/** Something has to arrive so soon, or what is between here and the service holds events back. */
const FIRST_PIECE_MS = 10_000;
/** The service says something every 15 seconds. */
const LONGEST_SILENCE_MS = 40_000;
/** So many streams in a row that told nothing, and the service is asked instead. */
const FRUITLESS_STREAMS = 3;
const WAIT_SECONDS = 20;
/** So long at least between two questions: a run tells of itself ten times a second. */
const BETWEEN_LOOKS_MS = 500;

/** Follow a job to its end, over whatever breaks on the way. */
export async function* follow(exchange: Exchange, id: string, options: FollowOptions): AsyncGenerator<JobEvent> {
  yield* new Following(exchange, id, options).events();
}

class Following {
  #heard: number;
  #streams = true;
  #fruitless = 0;
  #etag: string | undefined;
  #reached = Date.now();
  #failures = 0;
  readonly #exchange: Exchange;
  readonly #path: string;
  readonly #signal: AbortSignal | undefined;

  constructor(exchange: Exchange, id: string, { after = 0, signal }: FollowOptions) {
    this.#exchange = exchange;
    this.#path = `/backtests/${encodeURIComponent(id)}`;
    this.#heard = after;
    this.#signal = signal;
  }

  async *events(): AsyncGenerator<JobEvent, void, void> {
    const signal = this.#signal;
    for (;;) {
      const before = this.#heard;
      try {
        for await (const event of this.#streams ? this.#streamed() : this.#looked()) {
          if (event.event === 'progress' && event.seq <= this.#heard) continue;
          this.#heard = Math.max(this.#heard, event.seq);
          yield event;
          if (event.event !== 'progress') return;
        }
      } catch (error) {
        if (error instanceof Over) return;
        await this.#bear(error);
      }
      if (signal?.aborted) throw cancelledBy(signal);
      if (!this.#streams) continue;
      this.#fruitless = this.#heard > before ? 0 : this.#fruitless + 1;
      if (this.#fruitless >= FRUITLESS_STREAMS) this.#streams = false;
      else await pause(pauseBefore(this.#fruitless + 1), signal);
    }
  }

  /** Go on after an error that may pass, for as long as patience lasts. */
  async #bear(error: unknown): Promise<void> {
    if (error instanceof Broken) return; // it was there
    if (!mayPass(error) || Date.now() - this.#reached > this.#exchange.patienceMs) throw error;
    this.#failures += 1;
    this.#fruitless = -1; // that it is away says nothing of streams
    await pause(pauseBefore(this.#failures, error), this.#signal);
  }

  #noteReached(): void {
    this.#reached = Date.now();
    this.#failures = 0;
  }

  /** The events of one stream. Broken where it breaks off; ends early where the service ends it. */
  async *#streamed(): AsyncGenerator<JobEvent, void, void> {
    const watch = new Watch(this.#signal);
    try {
      const body = await this.#opened(watch);
      if (body === null) return;
      for await (const event of serverSentEvents(body, () => watch.hear())) {
        const read = eventFrom(event);
        if (read !== undefined) yield read;
      }
    } catch (cause) {
      if (cause instanceof BacktestError || cause instanceof Over) throw cause;
      if (watch.silent && !watch.heard) this.#streams = false; // something holds it back
      throw new Broken('the stream broke off', { cause });
    } finally {
      watch.end();
    }
  }

  /** The stream's body; null where no stream can be had. */
  async #opened(watch: Watch): Promise<ReadableStream<Uint8Array> | null> {
    const headers = {
      Accept: 'text/event-stream, application/problem+json',
      ...(this.#heard > 0 && { 'Last-Event-ID': String(this.#heard) }),
    };
    watch.expect(FIRST_PIECE_MS);
    const response = await this.#exchange
      .open({ path: `${this.#path}/events`, headers, signal: watch.signal })
      .catch((error: unknown) => {
        // A server in between may have no such route and pass the others on.
        if (!watch.silent && !(error instanceof ForeignAnswer && error.code === 'INTERNAL')) throw error;
        this.#streams = false;
        return null;
      });
    if (response === null) return null;
    this.#noteReached();
    if (response.status === 204) throw new Over();
    const isStream = /^text\/event-stream\b/i.test(response.headers.get('Content-Type') ?? '');
    if (isStream && response.body !== null) return response.body;
    this.#streams = false;
    await response.body?.cancel().catch(() => undefined);
    return null;
  }

  /** The job's last event, and its end where it has ended; asked once, and answered when there is something new. */
  async *#looked(): AsyncGenerator<JobEvent, void, void> {
    const signal = this.#signal;
    const wait = this.#etag === undefined ? '' : `?wait=${WAIT_SECONDS}`;
    const headers: Record<string, string> = this.#etag === undefined ? {} : { 'If-None-Match': this.#etag };
    const timeoutMs = (WAIT_SECONDS + 20) * 1000;
    const reply = await this.#exchange.ask({ path: this.#path + wait, headers, signal, timeoutMs });
    this.#noteReached();
    if (reply.status !== 304) {
      const job = jobFrom(reply.text, reply.headers.get('ETag'));
      if (job === undefined) throw new ForeignAnswer(reply.status);
      this.#etag = etagOf(job);
      yield { event: 'progress', seq: job.progress.seq, data: job.progress };
      if (hasEnded(job)) yield endOf(job);
    }
    await pause(BETWEEN_LOOKS_MS, signal);
  }
}

/** The stream was there, and broke off. */
class Broken extends Error {}
/** Everything has been heard. */
class Over extends Error {}

/** Ends a stream on which nothing arrives any more. */
class Watch {
  readonly #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly signal: AbortSignal;
  silent = false;
  heard = false;

  constructor(signal: AbortSignal | undefined) {
    this.signal = signal ? AbortSignal.any([signal, this.#controller.signal]) : this.#controller.signal;
  }

  /** From now on so much may pass before something arrives. */
  expect(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.silent = true;
      this.#controller.abort(new Error('nothing arrived any more'));
    }, ms);
  }

  hear(): void {
    this.heard = true;
    this.expect(LONGEST_SILENCE_MS);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

function eventFrom({ event, data, id }: ServerSentEvent): JobEvent | undefined {
  const seq = Number(id) || 0;
  if (event === 'progress') {
    const progress = parsed(data) as ProgressEvent | undefined;
    return progress && { event, seq: progress.seq, data: progress };
  }
  if (event !== 'result' && event !== 'failed') return undefined;
  const answer = answerFrom(data);
  if (answer !== undefined) return endEvent(answer, seq);
  const job = parsed(data);
  return isJob(job) ? { event: 'result', seq, data: job } : undefined;
}

function endOf(job: Job): JobEvent {
  const seq = job.progress.seq + 1;
  if (job.kind === 'batch') return { event: 'result', seq, data: job };
  return endEvent(job.result ?? errorDocument('JOB_GONE', 'the job has ended, and its result is gone'), seq);
}

function endEvent(data: Answer, seq: number): JobEvent {
  return data.success ? { event: 'result', seq, data } : { event: 'failed', seq, data };
}
