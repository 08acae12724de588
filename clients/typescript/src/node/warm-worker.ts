import { type Answer, parsed, resultOf, tell } from '../answer.js';
import { type BacktestError, isErrorDocument } from '../errors.js';
import type { BacktestErrorDocument } from '../generated/error.js';
import type { ProgressEvent } from '../generated/progress.js';
import type { BacktestResult } from '../generated/result.js';
import { DEFAULT_MAX_OUTPUT_BYTES, type RunnerOptions } from './command.js';
import { answerIn, tooMuch, withoutAnswer } from './failures.js';
import { watch } from './interruption.js';
import { type Job, lineOf } from './job.js';
import { Lines } from './lines.js';
import { type Ending, GRACE_MS, RunnerProcess } from './runner-process.js';
import type { Worker } from './worker.js';

/** The first thing a worker is asked. The answer, that this is no request, says that it is ready. */
const GREETING = { request_id: 'backtest-runner:ready' };
/** How long the last progress event of a run may come after its answer, ms: they travel on different pipes. */
const LAST_EVENT_MS = 100;
/** How long a worker may take to become ready, ms. */
const START_MS = 30_000;

/** The run that a worker has. */
interface Current {
  job: Job;
  resolve: (result: BacktestResult) => void;
  reject: (error: BacktestError) => void;
  endWatch: () => void;
  /** Why it was interrupted; its answer does not count then. */
  interrupted?: BacktestError;
  answer?: Answer;
  heardFirst: boolean;
  heardLast: boolean;
  timer?: NodeJS.Timeout;
}

/** A runner that stays alive, `--worker`: one request a line, one at a time. */
export class WarmWorker implements Worker {
  readonly ready: Promise<boolean>;
  readonly ended: Promise<Ending>;
  runsLeft: number;
  readonly #process: RunnerProcess;
  readonly #maxOutputBytes: number;
  readonly #lines = new Lines();
  #greeted: (ready: boolean) => void = () => {};
  #isReady = false;
  #refusal: BacktestErrorDocument | undefined;
  #current: Current | undefined;
  /** Why the process is being ended, where the run that it has is to know. */
  #broken: BacktestError | undefined;

  constructor(options: RunnerOptions, runs: number) {
    this.runsLeft = runs;
    this.#maxOutputBytes = options.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES;
    this.#process = new RunnerProcess(options, ['--worker', '--progress'], {
      onStdout: (chunk) => this.#read(chunk),
      onProgress: (event) => this.#hear(event),
    });
    const late = setTimeout(() => this.#process.stop(), START_MS).unref();
    this.ready = new Promise<boolean>((resolve) => (this.#greeted = resolve)).finally(() => clearTimeout(late));
    this.ended = this.#process.ended.then((ending) => (this.#refusal ? { ...ending, refusal: this.#refusal } : ending));
    void this.ended.then((ending) => this.#lost(ending));
    this.#process.write(`${JSON.stringify(GREETING)}\n`);
  }

  get open(): boolean {
    return this.#process.open;
  }

  get busy(): boolean {
    return this.#current !== undefined;
  }

  run(job: Job): Promise<BacktestResult> {
    this.runsLeft -= 1;
    return new Promise((resolve, reject) => {
      const endWatch = watch(job, job.requestId, (error) => this.#interrupt(error));
      this.#current = { job, resolve, reject, endWatch, heardFirst: false, heardLast: false };
      this.#process.write(lineOf(job));
    });
  }

  retire(): void {
    this.#process.stop();
  }

  hold(held: boolean): void {
    this.#process.hold(held);
  }

  /** Have the run cancelled; a worker that does not answer even that is ended. */
  #interrupt(error: BacktestError): void {
    const current = this.#current;
    if (current === undefined || current.answer !== undefined) return;
    current.interrupted = error;
    current.timer = setTimeout(() => this.#process.stop(), GRACE_MS);
    this.#process.write(`cancel ${JSON.stringify(current.job.requestId ?? null)}\n`);
  }

  #read(chunk: Buffer): void {
    for (const line of this.#lines.push(chunk)) this.#answered(line);
    if (this.#lines.pending > this.#maxOutputBytes) {
      this.#lines.take();
      this.#break(tooMuch(this.#maxOutputBytes, this.#current?.job.requestId));
    }
  }

  #answered(line: string): void {
    const current = this.#current;
    if (this.#process.stopping) return;
    if (!this.#isReady) {
      this.#hearGreeting(line);
      return;
    }
    const answer = answerIn(line);
    if (current === undefined || current.answer !== undefined || !isAnswerTo(current.job, answer)) {
      this.#process.stop(); // it speaks out of turn: nothing that it says can be relied on
    } else if (line.length > this.#maxOutputBytes) {
      this.#break(tooMuch(this.#maxOutputBytes, current.job.requestId));
    } else {
      current.answer = answer;
      clearTimeout(current.timer);
      if (current.heardLast || current.job.onProgress === undefined) this.#settle(current);
      else current.timer = setTimeout(() => this.#settle(current), LAST_EVENT_MS);
    }
  }

  #hearGreeting(line: string): void {
    const greeting = parsed(line);
    if (isErrorDocument(greeting) && greeting.code === 'ENVIRONMENT') this.#refusal = greeting;
    else this.#isReady = (greeting as { request_id?: unknown } | undefined)?.request_id === GREETING.request_id;
    if (this.#isReady) this.#greeted(true);
    else this.#process.stop();
  }

  /** An event is the run's own when it follows the run's first: one that came late is of the run before. */
  #hear(event: ProgressEvent): void {
    const current = this.#current;
    if (current === undefined || event.request_id !== current.job.requestId) return;
    current.heardFirst ||= event.seq === 1;
    if (!current.heardFirst) return;
    tell(current.job.onProgress, event);
    current.heardLast = event.stage === 'completed' || event.stage === 'failed' || event.stage === 'cancelled';
    if (current.heardLast && current.answer !== undefined) this.#settle(current);
  }

  #settle(current: Current): void {
    if (this.#current !== current || current.answer === undefined) return;
    this.#current = undefined;
    current.endWatch();
    clearTimeout(current.timer);
    try {
      if (current.interrupted) throw current.interrupted;
      current.resolve(resultOf(current.answer));
    } catch (error) {
      current.reject(error as BacktestError);
    }
  }

  #break(error: BacktestError): void {
    this.#broken ??= error;
    this.#process.stop();
  }

  #lost(ending: Ending): void {
    this.#greeted(false);
    const current = this.#current;
    if (current === undefined) return;
    if (current.answer !== undefined) {
      this.#settle(current);
      return;
    }
    current.endWatch();
    clearTimeout(current.timer);
    current.reject(current.interrupted ?? this.#broken ?? withoutAnswer(ending, current.job.requestId));
  }
}

/** Tell whether an answer is to this very request. One that the worker could not read is answered without its id. */
function isAnswerTo(job: Job, answer: Answer | undefined): answer is Answer {
  return answer !== undefined && (answer.request_id === undefined || answer.request_id === job.requestId);
}
