import { BacktestError, errorDocument } from './errors.js';
import type { Problem } from './generated/error.js';

const MOST_PROBLEMS = 100;

/**
 * The request as JSON text. What JSON.stringify would turn into null, leave out of a list, or throw at (NaN, BigInt,
 * a cycle) is refused with VALIDATION_FAILED and a pointer: a wrong number must not become a missing one.
 */
export function encodeRequest(request: unknown): string {
  const problems: Problem[] = [];
  try {
    if (!isPlain(request)) findUnsendable(request, '', new Set(), problems);
    if (problems.length === 0) return JSON.stringify(request);
  } catch (cause) {
    throw refused(request, [unsendable('', 'cannot be written as JSON')], cause);
  }
  throw refused(request, problems);
}

/** What is sent of a request; bytes are JSON already, and a copy of them passes as it is. */
export function bodyOf(request: unknown): string | Uint8Array<ArrayBuffer> {
  return request instanceof Uint8Array ? request.slice() : encodeRequest(request);
}

/** The request's own name for its run, where it has a valid one. */
export function requestIdOf(request: unknown): string | undefined {
  const id =
    typeof request === 'object' && request !== null ? (request as { request_id?: unknown }).request_id : undefined;
  return typeof id === 'string' && id !== '' && [...id].length <= 128 ? id : undefined; // characters, as Python counts
}

function refused(request: unknown, problems: Problem[], cause?: unknown): BacktestError {
  const errors = problems.slice(0, MOST_PROBLEMS);
  const detail = `${problems.length} problem${problems.length === 1 ? '' : 's'}`;
  const document = errorDocument('VALIDATION_FAILED', detail, { requestId: requestIdOf(request), errors });
  return new BacktestError(document, cause === undefined ? {} : { cause });
}

function unsendable(pointer: string, detail: string, received?: string): Problem {
  return { pointer, code: 'INVALID_VALUE', detail, ...(received === undefined ? {} : { received }) };
}

function findUnsendable(value: unknown, pointer: string, above: Set<object>, problems: Problem[]): void {
  if (typeof value === 'number') {
    problems.push(unsendable(pointer, `${value} is not a JSON number`, String(value)));
  } else if (typeof value === 'bigint') {
    problems.push(unsendable(pointer, 'a BigInt is not a JSON number', String(value).slice(0, 100)));
  } else if (typeof value === 'object' && value !== null) {
    if (above.has(value)) problems.push(unsendable(pointer, 'contains itself'));
    else findInside(value, pointer, above, problems);
  } else if (pointer === '') {
    problems.push(unsendable(pointer, `${typeof value} cannot be written as JSON`));
  }
}

function findInside(value: object, pointer: string, above: Set<object>, problems: Problem[]): void {
  if ('toJSON' in value) return; // speaks for itself, as it does to JSON.stringify
  above.add(value);
  for (const [key, item] of Array.isArray(value) ? value.entries() : Object.entries(value)) {
    if (!isPlain(item)) findUnsendable(item, `${pointer}/${escaped(String(key))}`, above, problems);
  }
  above.delete(value);
}

/** Tell, before a pointer is made for it, that a value needs no second look. */
function isPlain(value: unknown): boolean {
  return typeof value === 'number'
    ? Number.isFinite(value)
    : typeof value === 'string' || typeof value === 'boolean' || value === null;
}

function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
