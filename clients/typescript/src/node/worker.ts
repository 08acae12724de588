import type { BacktestResult } from '../generated/result.js';
import type { Job } from './job.js';
import type { Ending } from './runner-process.js';

/** A process of a pool. It has at most one run at a time. */
export interface Worker {
  /** Settles when it takes its first run; false where it ended before it could. */
  readonly ready: Promise<boolean>;
  /** Resolves, never rejects, when its process has ended. */
  readonly ended: Promise<Ending>;
  /** False once it is on its way out. */
  readonly open: boolean;
  /** Whether it has a run, or had one when its process ended. */
  readonly busy: boolean;
  /** How many runs it may still be given. */
  readonly runsLeft: number;
  run(job: Job): Promise<BacktestResult>;
  /** End it; it has nothing to do. */
  retire(): void;
  /** Say whether it may keep the program from ending by itself. */
  hold(held: boolean): void;
}
