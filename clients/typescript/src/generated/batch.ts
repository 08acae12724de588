// Made by `npm run generate` from the schemas of the contract; do not edit.

import type { BacktestRequest } from '../request.js';

/** Requests that are queued together and followed as one job. */
export interface Batch {
  /** The requests; the operator bounds their number. */
  requests: readonly BacktestRequest[];
}
