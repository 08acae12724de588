// Made by `npm run generate` from the schemas of the contract; do not edit.

import type { BacktestErrorDocument } from './error.js';
import type { ProgressEvent } from './progress.js';
import type { BacktestResult } from './result.js';

/** A backtest, or a batch of them, that the service has accepted: its status, its progress and its result. */
export interface Job {
  /** `job_` and 34 characters where the service made it; else the id that a Celery client chose. */
  id: string;
  /** One backtest, or a batch that is followed as one. */
  kind: 'backtest' | 'batch';
  /** The job's status; completed, failed and cancelled are final. */
  status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
  /** The caller's own name for the run. The result repeats it; result_id does not depend on it. */
  request_id?: string;
  /** How often a worker has claimed it. */
  attempts: number;
  /** High goes before normal, normal before low. */
  priority: 'high' | 'normal' | 'low';
  /** When it was accepted, UTC. */
  created_at: string;
  /** When a worker first claimed it, UTC; null before. */
  started_at: string | null;
  /** When it ended, UTC; null before. */
  finished_at: string | null;
  /** When its record and its result are deleted, UTC; null before it has ended. */
  expires_at: string | null;
  /** The last progress event. */
  progress: ProgressEvent;
  /** The result_id of its result; null before there is one. Not of a batch. */
  result_id?: string | null;
  links: JobLinks;
  /** Once it has ended: the result, or the error of a run without one. */
  result?: BacktestResult | BacktestErrorDocument;
  counts?: BatchCounts;
  /** Of a batch: its jobs, in the order of its requests. */
  jobs?: BatchMember[];
}

/** Addresses of the REST API, with the path prefix of a proxy. */
export interface JobLinks {
  /** The job. */
  self: string;
  /** Its events, as they happen. */
  events: string;
  /** Its result alone. Not of a batch. */
  result?: string;
}

/** Of a batch: its jobs by status. */
export interface BatchCounts {
  /** All of them. */
  total: number;
  /** Jobs that wait. */
  queued: number;
  /** Jobs that run. */
  running: number;
  /** Jobs with a result. */
  completed: number;
  /** Jobs with an error. */
  failed: number;
  /** Jobs that were cancelled. */
  cancelled: number;
}

/** One job of a batch. */
export interface BatchMember {
  /** The job's id. */
  id: string;
  /** The caller's own name for the run. The result repeats it; result_id does not depend on it. */
  request_id?: string;
  /** The job's status; completed, failed and cancelled are final. */
  status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
}
