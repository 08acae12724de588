import type { RunOptions } from './interruption.js';

/** A request on its way: as text, so that what the caller does to the object later changes nothing. */
export interface Job extends RunOptions {
  text: string;
  requestId: string | undefined;
}
