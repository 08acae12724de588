// Made by `npm run generate` from the schemas of the contract; do not edit.

/** The document of a run without a result: an RFC 9457 problem, on stdout and over HTTP alike. */
export interface BacktestErrorDocument {
  success: false;
  schema_version: '1';
  /** Where the code is explained: an address below that of the REST API, which answers GET /errors/{name}. */
  type: string;
  /** The meaning of the code in a few words. */
  title: string;
  /** The HTTP status of the code. */
  status: 400 | 401 | 403 | 404 | 405 | 408 | 410 | 413 | 415 | 422 | 429 | 499 | 500 | 503 | 504 | 507;
  /** The kind of error. */
  code:
    | 'INVALID_JSON'
    | 'VALIDATION_FAILED'
    | 'UNKNOWN_STRATEGY'
    | 'SYMBOL_NOT_FOUND'
    | 'NO_DATA_IN_RANGE'
    | 'INSUFFICIENT_HISTORY'
    | 'DATA_GAP'
    | 'DATA_SOURCE_UNAVAILABLE'
    | 'RATE_LIMITED'
    | 'PRICES_UNREADABLE'
    | 'STORE_UNAVAILABLE'
    | 'TIMEOUT'
    | 'MEMORY_LIMIT'
    | 'REQUEST_TOO_LARGE'
    | 'TOO_MANY_REQUESTS'
    | 'NOT_FOUND'
    | 'JOB_GONE'
    | 'METHOD_NOT_ALLOWED'
    | 'UNSUPPORTED_MEDIA_TYPE'
    | 'REQUEST_TIMEOUT'
    | 'UNAUTHENTICATED'
    | 'FORBIDDEN'
    | 'IDEMPOTENCY_KEY_REUSED'
    | 'RUN_TOO_LONG'
    | 'RESULT_TOO_LARGE'
    | 'SERVICE_UNAVAILABLE'
    | 'CANCELLED'
    | 'WORKER_CRASHED'
    | 'ENVIRONMENT'
    | 'INTERNAL';
  /** This case in a sentence or two. */
  detail: string;
  /** The next step for the caller, of this case: only what can work here. */
  remedy: string;
  /** The caller's own name for the run. The result repeats it; result_id does not depend on it. */
  request_id?: string;
  /** Whether the same request may succeed later. It belongs to the case: a source that is switched off does not come back by itself. */
  retryable: boolean;
  /** Every problem found, in document order, at most 100. */
  errors: Problem[];
}

/** One problem. */
export interface Problem {
  /** JSON pointer (RFC 6901) into the request; empty for the whole. */
  pointer: string;
  /** The kind of problem. */
  code:
    | 'TOO_DEEP'
    | 'DUPLICATE_KEY'
    | 'NUMBER_TOO_LARGE'
    | 'LONE_SURROGATE'
    | 'REQUIRED'
    | 'UNKNOWN_FIELD'
    | 'UNEXPECTED'
    | 'WRONG_TYPE'
    | 'OUT_OF_RANGE'
    | 'INVALID_CHOICE'
    | 'INVALID_FORMAT'
    | 'INVALID_VALUE'
    | 'DUPLICATE_ITEM'
    | 'DUPLICATE_SYMBOL'
    | 'ALLOCATION_SUM'
    | 'DATE_ORDER'
    | 'NOT_A_HOLDING'
    | 'SYMBOL_NOT_HELD'
    | 'SCALE_DEPENDENT'
    | 'CIRCULAR_USE'
    | 'WEIGHT_SUM'
    | 'NOT_INSTALLED'
    | 'SOURCE_NOT_AVAILABLE'
    | 'MISSING_OPENS'
    | 'MISSING_DIVIDENDS'
    | 'WRONG_LENGTH'
    | 'OUT_OF_ORDER'
    | 'NO_PRICES'
    | 'IMPLAUSIBLE_PRICE'
    | 'INVALID_JSON'
    | 'UNKNOWN_STRATEGY'
    | 'SYMBOL_NOT_FOUND'
    | 'NO_DATA_IN_RANGE'
    | 'INSUFFICIENT_HISTORY'
    | 'DATA_GAP'
    | 'DATA_SOURCE_UNAVAILABLE'
    | 'RATE_LIMITED'
    | 'PRICES_UNREADABLE'
    | 'REQUEST_TOO_LARGE'
    | 'RESULT_TOO_LARGE';
  /** This problem in a sentence or two. */
  detail: string;
  /** The value received, at most 100 characters of it. */
  received?: unknown;
  /** The likely fix: the value for `pointer`, but the name of the key for UNKNOWN_FIELD, and the allocations of the holdings in their order for ALLOCATION_SUM. Absent where it is not clear. */
  suggestion?: unknown;
}
