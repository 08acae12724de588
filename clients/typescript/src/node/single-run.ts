import { resultOf, tell } from '../answer.js';
import type { BacktestError } from '../errors.js';
import type { BacktestResult } from '../generated/result.js';
import { DEFAULT_MAX_OUTPUT_BYTES, type RunnerOptions } from './command.js';
import { answerIn, tooMuch, withoutAnswer } from './failures.js';
import { watch } from './interruption.js';
import type { Job } from './job.js';
import { type Ending, RunnerProcess } from './runner-process.js';
import type { Worker } from './worker.js';

/** A started runner that serves one request, now or later. */
export class SingleRun implements Worker {
  readonly ready = Promise.resolve(true); // its stdin can be written to, however far it has come
  readonly ended: Promise<Ending>;
  readonly #process: RunnerProcess;
  readonly #maxOutputBytes: number;
  #output: Buffer[] = [];
  #size = 0;
  #job: Job | undefined;
  #stopped: BacktestError | undefined;

  constructor(options: RunnerOptions, flags: readonly string[]) {
    this.#maxOutputBytes = options.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES;
    this.#process = new RunnerProcess(options, flags, {
      onStdout: (chunk) => this.#keep(chunk),
      onProgress: (event) => tell(this.#job?.onProgress, event),
    });
    this.ended = this.#process.ended;
  }

  get open(): boolean {
    return this.#process.open;
  }

  get busy(): boolean {
    return this.#job !== undefined;
  }

  get runsLeft(): number {
    return this.#job === undefined ? 1 : 0;
  }

  /** Send the request and wait for the process to end; whatever it came to, nothing of it is left then. */
  async run(job: Job): Promise<BacktestResult> {
    this.#job = job;
    const endWatch = watch(job, job.requestId, (error) => this.#stop(error));
    this.#process.end(job.body);
    const ending = await this.ended;
    endWatch();
    if (this.#stopped) throw this.#stopped;
    const output = Buffer.concat(this.#output);
    const answer = answerIn(output);
    if (answer === undefined) throw withoutAnswer(ending, job.requestId, output.length > 0);
    return resultOf(answer, ending.code);
  }

  retire(): void {
    this.#process.stop();
  }

  hold(held: boolean): void {
    this.#process.hold(held);
  }

  #keep(chunk: Buffer): void {
    if (this.#stopped) return;
    this.#output.push(chunk);
    this.#size += chunk.length;
    if (this.#size > this.#maxOutputBytes) this.#stop(tooMuch(this.#maxOutputBytes, this.#job?.requestId));
  }

  #stop(error: BacktestError): void {
    this.#stopped ??= error;
    this.#output = [];
    this.#process.stop();
  }
}
