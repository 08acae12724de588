// Made by `npm run generate` from the schemas of the contract; do not edit.

import type { Job } from './job.js';

/** Some of a caller's jobs, newest first, without their results. */
export interface Jobs {
  /** The jobs. */
  jobs: Job[];
  /** The `cursor` of the next page; null where there is none. */
  next: string | null;
}
