import { resultOf } from '../answer.js';
import { BacktestError, errorDocument } from '../errors.js';
import type { Job } from '../generated/job.js';
import type { BacktestResult } from '../generated/result.js';
import type { BacktestRequest } from '../request.js';
import { isJob, type Priority } from '../service/job.js';
import type { TransportOptions } from '../transport.js';
import type { ConnectionState, SocketConnectionOptions } from './connection.js';
import { type End, SocketClient } from './socket-client.js';

export type { ConnectionState } from './connection.js';

export interface BacktestWebSocketOptions extends SocketConnectionOptions {
  /** What goes first, `normal` by default; `high` needs the scope `priority`. */
  priority?: Priority | undefined;
}

/** A transport over Socket.IO, and what else the connection can do. */
export interface BacktestWebSocket {
  /** Run, with progress; aborting cancels the job. */
  (request: BacktestRequest, options?: TransportOptions): Promise<BacktestResult>;
  /** Follow a job that was begun elsewhere, to its result. Aborting ends the following, not the job. */
  subscribe(id: string, options?: TransportOptions): Promise<BacktestResult>;
  /** Follow a batch until every job of it has ended, however. */
  subscribeBatch(id: string, options?: TransportOptions): Promise<Job>;
  /** Cancel a job, or all of a batch. What has ended stays as it is. */
  cancel(id: string): Promise<Job>;
  /** Cancel the runs that were begun here, and hang up. What is under way rejects with CANCELLED. */
  close(): void;
  /** Whether the connection is there. It is made with the first call, and again while something waits for it. */
  readonly connection: ConnectionState;
  /** Be told when that changes; returns what ends it. */
  onConnection(listener: (state: ConnectionState) => void): () => void;
}

/**
 * The live updates of the service, over one connection.
 *
 * Every failure is a BacktestError: the service's own, or SERVICE_UNAVAILABLE where no connection could be had. When the
 * connection is lost it is made again, with a fresh token, and every job is followed from where it is by then. A run is
 * begun under an idempotency key, so that one whose acknowledgement was lost is not begun twice.
 */
export function createBacktestWebSocket(options: BacktestWebSocketOptions): BacktestWebSocket {
  const client = new SocketClient(options);
  const { connection } = client;
  const run = async (request: BacktestRequest, given: TransportOptions = {}) =>
    resultIn(await client.run(request, given, options.priority));
  const socket = Object.assign(run, {
    subscribe: async (id: string, given: TransportOptions = {}) => resultIn(await client.subscribe(id, given)),
    subscribeBatch: async (id: string, given: TransportOptions = {}) => batchIn(await client.subscribe(id, given)),
    cancel: (id: string) => client.cancel(id),
    close: () => client.close(),
    onConnection: (listener: (state: ConnectionState) => void) => connection.onState(listener),
    connection: connection.state,
  });
  return Object.defineProperty(socket, 'connection', { get: () => connection.state });
}

function resultIn(end: End): BacktestResult {
  if (!isJob(end)) return resultOf(end);
  throw new BacktestError(errorDocument('NOT_FOUND', 'a batch has no result of its own, its jobs have'));
}

function batchIn(end: End): Job {
  if (isJob(end)) return end;
  throw new BacktestError(errorDocument('NOT_FOUND', 'the job is no batch'));
}
