import { ERROR_CODES } from './generated/codes.js';
import type { BacktestErrorDocument, Problem } from './generated/error.js';

export type ErrorCode = BacktestErrorDocument['code'];
export type ProblemCode = Problem['code'];

/** How many problems an error's message spells out; `problems` has them all. */
const PROBLEMS_IN_MESSAGE = 5;

export interface BacktestErrorOptions {
  exitCode?: number | null;
  retryAfter?: number | null;
  cause?: unknown;
}

/** A run that ended without a result. `document` is what the runner answered, or what it would have. */
export class BacktestError extends Error {
  override readonly name = 'BacktestError';
  readonly document: BacktestErrorDocument;
  /** Exit status of the runner's process; null where a signal ended it, where it never started or ran elsewhere. */
  readonly exitCode: number | null;
  /** After how many seconds the service asks to be asked again (`Retry-After`); null where it did not say. */
  readonly retryAfter: number | null;

  constructor(document: BacktestErrorDocument, options: BacktestErrorOptions = {}) {
    super(messageOf(document), 'cause' in options ? { cause: options.cause } : undefined);
    this.document = document;
    this.exitCode = options.exitCode ?? null;
    this.retryAfter = options.retryAfter ?? null;
  }

  get code(): ErrorCode {
    return this.document.code;
  }

  /** The HTTP status that goes with the code. */
  get status(): BacktestErrorDocument['status'] {
    return this.document.status;
  }

  /** Whether the same request may succeed later. */
  get retryable(): boolean {
    return this.document.retryable;
  }

  /** Every problem of the request, in document order. */
  get problems(): readonly Problem[] {
    return this.document.errors;
  }
}

export interface ErrorDocumentOptions {
  requestId?: string | undefined;
  errors?: readonly Problem[];
  /** What to do in this case; the code's own remedy by default. */
  remedy?: string | undefined;
  /** Whether the same request may succeed later; what the code says by default. */
  retryable?: boolean | undefined;
}

/** Build the error document that the runner itself would answer with. */
export function errorDocument(
  code: ErrorCode,
  detail: string,
  { requestId, errors = [], ...own }: ErrorDocumentOptions = {},
): BacktestErrorDocument {
  const { title, status } = ERROR_CODES[code];
  const { remedy = ERROR_CODES[code].remedy, retryable = ERROR_CODES[code].retryable } = own;
  return {
    success: false,
    schema_version: '1',
    type: `/errors/${code.toLowerCase().replaceAll('_', '-')}`,
    title,
    status,
    code,
    detail,
    remedy,
    retryable,
    errors: [...errors],
    ...(requestId === undefined ? {} : { request_id: requestId }),
  };
}

/** Tell whether a value is an error document of the contract: the runner's, or an HTTP problem of the same shape. */
export function isErrorDocument(value: unknown): value is BacktestErrorDocument {
  if (typeof value !== 'object' || value === null) return false;
  const { success, code, detail, errors } = value as Record<string, unknown>;
  return success === false && typeof code === 'string' && typeof detail === 'string' && Array.isArray(errors);
}

function messageOf({ code, detail, errors }: BacktestErrorDocument): string {
  if (errors.length === 1 && errors[0]?.detail === detail) return `${code}: ${detail}`;
  const spelled = errors.slice(0, PROBLEMS_IN_MESSAGE).map((one) => `\n  ${one.pointer || '/'}: ${one.detail}`);
  const more = errors.length > PROBLEMS_IN_MESSAGE ? `\n  and ${errors.length - PROBLEMS_IN_MESSAGE} more` : '';
  return `${code}: ${detail}${spelled.join('')}${more}`;
}
