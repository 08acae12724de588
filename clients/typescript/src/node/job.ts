import { parsed } from '../answer.js';
import { bodyOf, requestIdOf } from '../encode.js';
import type { BacktestRequest } from '../request.js';
import { failure } from './failures.js';
import { cancelled, type RunOptions } from './interruption.js';

/** A request on its way: as text or bytes, so that what the caller does to the object later changes nothing. */
export interface Job extends RunOptions {
  body: string | Uint8Array;
  requestId: string | undefined;
}

/** The job that a request is, or the bytes of one. BacktestError where it cannot be sent, or its caller has given it up. */
export function jobOf(request: BacktestRequest | Uint8Array, options: RunOptions): Job {
  const text = request instanceof Uint8Array ? new TextDecoder().decode(request) : undefined;
  const requestId = requestIdOf(text === undefined ? request : parsed(text));
  if (options.signal?.aborted) throw cancelled(options.signal, requestId);
  if (text !== undefined && /^[ \t\r\n]*$/.test(text)) {
    const remedy = 'Send a request, one JSON object. docs/reference/request.md has its keys and an example.';
    throw failure('INVALID_JSON', 'The document is empty. Send one JSON object.', requestId, { remedy });
  }
  return { ...options, requestId, body: bodyOf(request) };
}

const TAB = Buffer.from('\t');
const CANCEL = Buffer.from('cancel ');

/**
 * A job as one line of a warm process. Line ends become tabs, which JSON too allows between its tokens and nowhere else: what
 * was valid stays valid, what was not does not become it. What looks like a control line gets a tab before it.
 */
export function lineOf({ body }: Job): string | Buffer {
  if (typeof body === 'string') return `${body}\n`; // JSON.stringify writes no line ends
  const control = CANCEL.equals(body.subarray(0, CANCEL.length));
  const line = Buffer.concat([control ? TAB : TAB.subarray(1), body, Buffer.from('\n')]);
  const text = line.subarray(0, -1);
  for (const end of ['\n', '\r']) {
    for (let at = text.indexOf(end); at >= 0; at = text.indexOf(end, at + 1)) text.set(TAB, at);
  }
  return line;
}
