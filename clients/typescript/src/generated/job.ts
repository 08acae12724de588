// Made by `npm run generate` from the schemas of the contract; do not edit.

import type { BacktestErrorDocument } from './error.js';
import type { ProgressEvent } from './progress.js';
import type { BacktestResult } from './result.js';

/** A backtest, or a batch of them, that the service has accepted: how far it is, and what came of it. */
export interface Job {
  /** What the service calls it. */
  id: string;
  /** One backtest, or a batch that is followed as one. */
  kind: 'backtest' | 'batch';
  /** Where the job is; done, failed and cancelled are final. */
  status: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
  /** The caller's own name for the run. The result repeats it; result_id does not depend on it. */
  request_id?: string;
  /** How often it was begun. */
  attempts: number;
  /** What goes first. */
  priority: 'high' | 'normal' | 'low';
  /** When it was accepted, UTC. */
  created_at: string;
  /** When it was first begun, UTC; null before. */
  started_at: string | null;
  /** When it ended, UTC; null before. */
  finished_at: string | null;
  /** Until when it and its result are kept, UTC; null before it has ended. */
  expires_at: string | null;
  /** The last progress event. */
  progress: ProgressEvent;
  /** What its result is kept by; null before there is one. Not of a batch. */
  result_id?: string | null;
  links: JobLinks;
  /** What came of it, once it has ended: the result, or the error of a run without one. */
  result?: BacktestResult | BacktestErrorDocument;
  counts?: BatchCounts;
  /** Of a batch: its jobs, in the order of its requests. */
  jobs?: BatchMember[];
}

/** Addresses, relative to the service. */
export interface JobLinks {
  /** The job. */
  self: string;
  /** Its events, as they happen. */
  events: string;
  /** Its result alone. Not of a batch. */
  result?: string;
}

/** Of a batch: how many of its jobs there are, and are what. */
export interface BatchCounts {
  /** All of them. */
  total: number;
  /** Those that wait. */
  queued: number;
  /** Those that are run. */
  running: number;
  /** Those with a result. */
  done: number;
  /** Those with an error. */
  failed: number;
  /** Those that were cancelled. */
  cancelled: number;
}

/** One job of a batch. */
export interface BatchMember {
  /** The job's id. */
  id: string;
  /** The caller's own name for the run. The result repeats it; result_id does not depend on it. */
  request_id?: string;
  /** Where the job is; done, failed and cancelled are final. */
  status: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
}
