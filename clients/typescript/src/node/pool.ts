/// <reference lib="esnext.disposable" preserve="true" />
import type { BacktestError } from '../errors.js';
import type { BacktestResult } from '../generated/result.js';
import type { BacktestRequest } from '../request.js';
import type { RunnerOptions } from './command.js';
import { failure, withoutAnswer } from './failures.js';
import { bounded, type RunOptions, watch } from './interruption.js';
import { type Job, jobOf } from './job.js';
import type { Ending } from './runner-process.js';
import { SingleRun } from './single-run.js';
import { WarmWorker } from './warm-worker.js';
import type { Worker } from './worker.js';

export interface BacktestPoolOptions extends RunnerOptions {
  /**
   * How many processes there are, and so how many runs at once.
   *
   * @default 2
   */
  size?: number | undefined;
  /**
   * warm: processes that stay alive and answer one run after the other, within milliseconds.
   * prespawn: processes that have been started ahead; each serves one run and is replaced. Windows has these only.
   *
   * @default "warm"
   */
  mode?: 'warm' | 'prespawn' | undefined;
  /**
   * How many runs may wait for a process; the next one is refused with TOO_MANY_REQUESTS.
   *
   * @default 100
   */
  maxQueue?: number | undefined;
  /** How long a run may take from when a process has it, ms; waiting in the queue does not count. */
  timeoutMs?: number | undefined;
  /**
   * How many runs a warm process serves before a fresh one takes its place.
   *
   * @default 1000
   */
  recycleAfter?: number | undefined;
  /**
   * How long processes without a run are kept, ms; then they are ended, and the next run starts others.
   *
   * @default as long as the pool
   */
  idleMs?: number | undefined;
}

export interface PoolStats {
  mode: 'warm' | 'prespawn';
  /** Processes that there are, those that are starting or ending included. */
  processes: number;
  /** Processes that could take a run now. */
  idle: number;
  running: number;
  queued: number;
  /** Runs that have ended, whatever they came to. */
  settled: number;
}

/** A run that waits for a process. */
interface Waiting {
  job: Job;
  resolve: (result: BacktestResult) => void;
  reject: (error: BacktestError) => void;
  /** Leave off listening for the caller's signal: the process that has the run now does. */
  endWatch: () => void;
}

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5000;

/**
 * A few runner processes that are kept ready, and a queue before them.
 *
 * A pool with nothing to do does not keep the program from ending, and its processes end with the program; `close`
 * ends them earlier.
 */
export class BacktestPool implements AsyncDisposable {
  readonly #mode: 'warm' | 'prespawn';
  readonly #size: number;
  readonly #most: number;
  readonly #timeoutMs: number | undefined;
  readonly #idleMs: number | undefined;
  readonly #spawn: () => Worker;
  readonly #queue = new Set<Waiting>();
  /** The processes of the pool but those that are on their way out. */
  readonly #workers = new Set<Worker>();
  readonly #idle: Worker[] = [];
  readonly #busy = new Set<Worker>();
  readonly #leaving = new Set<Worker>();
  /** Processes that have served enough, with whether the one that takes their place is ready. */
  readonly #outgoing = new Map<Worker, { replaced: boolean }>();
  #settled = 0;
  #held = false;
  /** How many processes have ended unasked since a run last succeeded. */
  #failures = 0;
  #restart: NodeJS.Timeout | undefined;
  /** Runs while the pool has nothing to do; at its end the processes are, until the next run. */
  #rest: NodeJS.Timeout | undefined;
  #asleep = false;
  #closing: Promise<void> | undefined;
  #drained: () => void = () => {};

  constructor(options: BacktestPoolOptions = {}) {
    const { size = 2, mode = 'warm', maxQueue = 100, recycleAfter = 1000 } = options;
    this.#size = whole('size', size, 1);
    this.#most = this.#size + whole('maxQueue', maxQueue, 0);
    this.#timeoutMs = options.timeoutMs;
    this.#idleMs = options.idleMs;
    this.#mode = process.platform === 'win32' ? 'prespawn' : mode; // a warm runner forks
    const runs = whole('recycleAfter', recycleAfter, 1);
    this.#spawn =
      this.#mode === 'warm' ? () => new WarmWorker(options, runs) : () => new SingleRun(options, ['--progress']);
    this.#fill();
    this.#afterChange();
  }

  /** Run one backtest, a request or the bytes of one, as soon as a process is free. Settles as runBacktest does. */
  async run(request: BacktestRequest | Uint8Array, options: RunOptions = {}): Promise<BacktestResult> {
    const { signal, timeoutMs = this.#timeoutMs, onProgress } = options;
    const job = jobOf(request, { signal, timeoutMs, onProgress });
    const { requestId } = job;
    this.#refuse(requestId);
    return new Promise((resolve, reject) => {
      const endWatch = watch({ signal }, requestId, (error) => this.#drop(waiting, error));
      const waiting: Waiting = { job, resolve, reject, endWatch };
      this.#queue.add(waiting);
      this.#asleep = false;
      this.#fill();
      this.#next();
    });
  }

  /** Take no new runs, finish those that there are, and end the processes. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  stats(): PoolStats {
    return {
      mode: this.#mode,
      processes: this.#workers.size + this.#leaving.size,
      idle: this.#idle.length,
      running: this.#busy.size,
      queued: this.#queue.size,
      settled: this.#settled,
    };
  }

  #refuse(requestId: string | undefined): void {
    if (this.#closing) {
      const remedy = 'Create a new BacktestPool. A closed one takes no more runs.';
      throw failure('SERVICE_UNAVAILABLE', 'The pool is closed.', requestId, { remedy, retryable: false });
    }
    const { size: running } = this.#busy;
    const { size: queued } = this.#queue;
    if (running + queued < this.#most) return;
    const detail = `${running} runs are under way and ${queued} are waiting. The pool takes no more.`;
    const remedy = 'Try again when a run has ended, or raise `maxQueue` of the pool.';
    throw failure('TOO_MANY_REQUESTS', detail, requestId, { remedy });
  }

  /** Give the runs that wait to the processes that do not. */
  #next(): void {
    while (this.#queue.size > 0 && this.#busy.size < this.#size) {
      const worker = this.#idle.pop(); // the one that was used last has the warmest caches
      if (worker === undefined) break;
      const [waiting] = this.#queue;
      if (worker.open && waiting !== undefined) void this.#serve(worker, waiting);
    }
    this.#afterChange();
  }

  async #serve(worker: Worker, waiting: Waiting): Promise<void> {
    this.#queue.delete(waiting);
    this.#busy.add(worker);
    waiting.endWatch();
    try {
      waiting.resolve(await worker.run(waiting.job));
      this.#failures = 0;
    } catch (error) {
      waiting.reject(error as BacktestError);
    }
    this.#busy.delete(worker);
    this.#settled += 1;
    this.#free(worker);
  }

  /** A process can take a run, unless it has served enough. */
  #free(worker: Worker): void {
    if (this.#workers.has(worker)) {
      if (worker.runsLeft <= 0) this.#replace(worker);
      if (this.#outgoing.get(worker)?.replaced) this.#retire(worker);
      else this.#idle.push(worker);
    }
    this.#next();
  }

  /** Start the process that will take the place of one that has served enough; until it is ready that one goes on. */
  #replace(worker: Worker): void {
    if (this.#outgoing.has(worker) || this.#restart !== undefined) return;
    const state = { replaced: false };
    this.#outgoing.set(worker, state);
    void this.#start().ready.then((ready) => {
      state.replaced = ready;
      if (!ready) this.#outgoing.delete(worker);
      else if (this.#workers.has(worker) && !this.#busy.has(worker)) this.#retire(worker);
    });
  }

  /** Start the processes that are missing; where the pool is closing, those that the last runs need. */
  #fill(): void {
    const wanted = this.#closing ? Math.min(this.#size, this.#busy.size + this.#queue.size) : this.#size;
    while (!this.#asleep && this.#restart === undefined && this.#workers.size < wanted) this.#start();
  }

  #start(): Worker {
    const worker = this.#spawn();
    this.#workers.add(worker);
    worker.hold(this.#held);
    void worker.ready.then((ready) => ready && this.#free(worker));
    void worker.ended.then((ending) => this.#gone(worker, ending));
    return worker;
  }

  #retire(worker: Worker): void {
    this.#forget(worker);
    this.#leaving.add(worker);
    worker.retire();
  }

  #forget(worker: Worker): void {
    this.#workers.delete(worker);
    this.#outgoing.delete(worker);
    const index = this.#idle.indexOf(worker);
    if (index >= 0) this.#idle.splice(index, 1);
  }

  #gone(worker: Worker, ending: Ending): void {
    if (this.#leaving.delete(worker)) return;
    this.#forget(worker);
    if (!worker.busy) this.#backOff(ending);
    this.#fill();
    this.#afterChange();
  }

  /** A process has ended that had nothing to do: wait, ever longer, before the next is started. */
  #backOff(ending: Ending): void {
    if (this.#workers.size === 0) {
      for (const waiting of this.#queue) this.#drop(waiting, withoutAnswer(ending, waiting.job.requestId));
    }
    if (this.#closing && this.#queue.size === 0) return;
    const delay = Math.min(FIRST_DELAY_MS * 2 ** this.#failures, LONGEST_DELAY_MS);
    this.#failures += 1;
    clearTimeout(this.#restart);
    this.#restart = setTimeout(() => {
      this.#restart = undefined;
      this.#fill();
    }, delay);
    if (!this.#held) this.#restart.unref();
  }

  /** Take a run out of the queue. */
  #drop(waiting: Waiting, error: BacktestError): void {
    this.#queue.delete(waiting);
    waiting.endWatch();
    this.#settled += 1;
    waiting.reject(error);
    this.#afterChange();
  }

  /** Keep the program running while there is something to do, and let it end otherwise. */
  #afterChange(): void {
    const active = this.#busy.size + this.#queue.size > 0;
    if (!active) this.#drained();
    const held = active || this.#closing !== undefined;
    this.#restAfter(held);
    if (held === this.#held) return;
    this.#held = held;
    for (const worker of [...this.#workers, ...this.#leaving]) worker.hold(held);
    if (held) this.#restart?.ref();
    else this.#restart?.unref();
  }

  /** End the processes when there has been nothing to do for long enough. */
  #restAfter(held: boolean): void {
    if (held) {
      clearTimeout(this.#rest);
      this.#rest = undefined;
    } else if (!this.#asleep && bounded(this.#idleMs)) {
      this.#rest ??= setTimeout(() => this.#sleep(), this.#idleMs).unref();
    }
  }

  #sleep(): void {
    this.#asleep = true;
    this.#rest = undefined;
    clearTimeout(this.#restart);
    this.#restart = undefined;
    for (const worker of [...this.#workers]) this.#retire(worker);
  }

  async #close(): Promise<void> {
    if (this.#busy.size + this.#queue.size > 0) await new Promise<void>((resolve) => (this.#drained = resolve));
    clearTimeout(this.#restart);
    for (const worker of [...this.#workers]) this.#retire(worker);
    for (const worker of this.#leaving) worker.hold(true);
    await Promise.all([...this.#leaving].map((worker) => worker.ended));
  }
}

function whole(name: string, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new RangeError(`${name} is a whole number of at least ${least}, not ${value}`);
}
