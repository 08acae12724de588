import { type Answer, documentText } from '../answer.js';
import { BacktestError } from '../errors.js';
import { runnerCommand } from './command.js';
import { failure } from './failures.js';
import { BacktestPool, type BacktestPoolOptions } from './pool.js';

/** Those of the pool that the route has. */
export interface BacktestRouteOptions extends BacktestPoolOptions {
  /**
   * How long processes without a run are kept, ms; then they are ended, and the next request starts others.
   *
   * @default 300000 (5 minutes)
   */
  idleMs?: number | undefined;
  /**
   * Told each line that Python or a library writes to stderr; a clean run writes none.
   *
   * @default console.error
   */
  onStderr?: ((line: string) => void) | undefined;
}

const IDLE_MS = 300_000;
const RETRY_AFTER_SECONDS = '2';
/** The runner's own default of BACKTEST_MAX_REQUEST_BYTES. */
const MOST_BYTES = 5 * 1024 ** 2;

/** Pools live as long as the server's process, however often this module is loaded: in development at every change. */
const store = globalThis as { [key: symbol]: Map<string, BacktestPool> | undefined };
const POOLS = Symbol.for('backtest-runner.pools');

/**
 * A route that answers a request document with the runner's document, for whatever passes a Request and takes a Response:
 *
 *     export const POST = backtestRoute({ pythonPath: process.env.PYTHON_PATH });
 *
 * The body goes to the runner, and its document to the caller, byte for byte: a result as application/json, an error as
 * application/problem+json with its status. A body larger than the runner's BACKTEST_MAX_REQUEST_BYTES is refused while it
 * arrives. When the caller goes away the run ends. The processes start with the first request; routes with the same options
 * share them.
 */
export function backtestRoute(options: BacktestRouteOptions = {}): (request: Request) => Promise<Response> {
  return async (request) => {
    const { signal } = request;
    try {
      const body = await boundedBody(request, mostBytes(options));
      return answer(await pool(options).run(body, { signal }), { status: 200, type: 'application/json' });
    } catch (error) {
      if (!(error instanceof BacktestError)) throw error;
      return answer(error.document, { status: error.status, type: 'application/problem+json' });
    }
  };
}

function answer(document: Answer, { status, type }: { status: number; type: string }): Response {
  const headers = new Headers({ 'Content-Type': type, 'Cache-Control': 'no-store' });
  if (status === 429) headers.set('Retry-After', RETRY_AFTER_SECONDS);
  return new Response(`${documentText(document)}\n`, { status, headers });
}

/** The one pool of these options in this process. */
function pool(options: BacktestRouteOptions): BacktestPool {
  store[POOLS] ??= new Map();
  const pools = store[POOLS];
  const { idleMs = IDLE_MS, onStderr = console.error } = options;
  const settings = { ...options, idleMs, onStderr };
  const key = JSON.stringify({ ...settings, ...runnerCommand(options, []) }, (_, value) =>
    typeof value === 'function' ? String(value) : value,
  );
  const found = pools.get(key) ?? new BacktestPool(settings);
  pools.set(key, found);
  return found;
}

/** How large a request the runner takes, by its own setting. */
function mostBytes({ env }: BacktestRouteOptions): number {
  const { BACKTEST_MAX_REQUEST_BYTES: most } = { ...process.env, ...env };
  return Number(most) || MOST_BYTES;
}

/** The body of a request, read piece by piece, no further than `most` bytes and no longer than its caller is there. */
async function boundedBody({ body, headers, signal }: Request, most: number): Promise<Uint8Array> {
  const tooLarge = () => failure('REQUEST_TOO_LARGE', `The request is larger than ${most} bytes.`, undefined);
  if (Number(headers.get('Content-Length')) > most) throw tooLarge();
  const pieces: Uint8Array[] = [];
  let size = 0;
  const reader = body?.getReader();
  const leave = () => void reader?.cancel().catch(() => undefined);
  signal.addEventListener('abort', leave, { once: true });
  try {
    while (reader !== undefined && !signal.aborted) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.byteLength;
      if (size > most) throw tooLarge();
      pieces.push(value);
    }
    return Buffer.concat(pieces);
  } catch (error) {
    leave();
    if (error instanceof BacktestError) throw error;
    throw failure('CANCELLED', 'The request broke off before its end.', undefined, { cause: error });
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
