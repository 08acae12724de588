// Made by `npm run generate` from the schemas of the contract; do not edit.

/** Every error code with what it means to a caller: exit status of the runner, HTTP status, whether to retry. */
export const ERROR_CODES = {
  /** The bytes on stdin are not one JSON document as RFC 8259 has it, in UTF-8 without a byte order mark: empty, cut short, a repeated key, NaN or Infinity, a number beyond a double, a lone surrogate, or nesting deeper than 32. */
  INVALID_JSON: {
    exit: 2,
    status: 400,
    retryable: false,
    title: 'The request is not JSON',
    remedy: 'Send exactly one JSON object; JSON.stringify of a plain object always qualifies.',
  },
  /** The document is JSON but not a valid request. `errors` lists every problem at once, in document order, each with a JSON pointer. */
  VALIDATION_FAILED: {
    exit: 2,
    status: 422,
    retryable: false,
    title: 'The request is invalid',
    remedy: 'Mend what each entry of `errors` points at; `suggestion` holds the likely fix where there is one.',
  },
  /** `strategy` names neither a built-in strategy nor an installed plug-in. */
  UNKNOWN_STRATEGY: {
    exit: 2,
    status: 422,
    retryable: false,
    title: 'There is no such strategy',
    remedy: '`--list-strategies` prints the names with their parameters.',
  },
  /** The source that was asked knows no such symbol. */
  SYMBOL_NOT_FOUND: {
    exit: 3,
    status: 422,
    retryable: false,
    title: 'A symbol has no prices',
    remedy: 'Check the spelling against Yahoo Finance, or choose another `data.source`.',
  },
  /** The symbol exists, but has no price between `start_date` and `end_date`. */
  NO_DATA_IN_RANGE: {
    exit: 3,
    status: 422,
    retryable: false,
    title: 'There are no prices in the period',
    remedy: 'Move the period into the symbol\'s history, which the message gives.',
  },
  /** Every symbol has prices in the period, but there is no session on which all of them have one. */
  INSUFFICIENT_HISTORY: {
    exit: 3,
    status: 422,
    retryable: false,
    title: 'The histories do not overlap',
    remedy: 'Leave out the symbol that the message names, or move the period.',
  },
  /** Inside a symbol's history more consecutive sessions lack a price than `data.max_gap_sessions` allows. */
  DATA_GAP: {
    exit: 3,
    status: 422,
    retryable: false,
    title: 'A price history has a hole',
    remedy: 'Raise `data.max_gap_sessions` to carry the last price forward, or leave the symbol out.',
  },
  /** Yahoo did not answer, or asking it is switched off, and nothing nearer holds the prices. */
  DATA_SOURCE_UNAVAILABLE: {
    exit: 3,
    status: 503,
    retryable: true,
    title: 'The price source cannot be reached',
    remedy: 'Try again later; or use `data.source` `bundled`, `csv` or `inline`, which need no network.',
  },
  /** Yahoo refused the request because too many were made. */
  RATE_LIMITED: {
    exit: 3,
    status: 503,
    retryable: true,
    title: 'The price source asks to slow down',
    remedy: 'Wait a few minutes and try again; the price store keeps what was already fetched.',
  },
  /** The run was stopped at its deadline. */
  TIMEOUT: {
    exit: 4,
    status: 504,
    retryable: false,
    title: 'The run took too long',
    remedy: 'Raise `limits.timeout_seconds` (the operator caps it), or ask for fewer holdings or a shorter period.',
  },
  /** The working process reached its memory limit. */
  MEMORY_LIMIT: {
    exit: 4,
    status: 507,
    retryable: false,
    title: 'The run needed too much memory',
    remedy: 'Raise `limits.memory_mb` (the operator caps it), or ask for fewer holdings or a shorter period.',
  },
  /** The document is larger than the operator accepts. */
  REQUEST_TOO_LARGE: {
    exit: 4,
    status: 413,
    retryable: false,
    title: 'The request is too large',
    remedy: 'Send fewer inline prices, or have the operator raise BACKTEST_MAX_REQUEST_BYTES.',
  },
  /** As many runs as the server allows are running, and as many as it lets wait are waiting; or this key, token or address has asked as often as it may for now. */
  TOO_MANY_REQUESTS: {
    exit: 4,
    status: 429,
    retryable: true,
    title: 'Too much is being asked at once',
    remedy: 'Try again after the seconds that `Retry-After` gives; or ask the operator for more room.',
  },
  /** Over HTTP: no route, job or schema has this address, or the job is another's. */
  NOT_FOUND: {
    exit: 2,
    status: 404,
    retryable: false,
    title: 'There is no such thing',
    remedy: 'Check the address; `GET /backtests` lists your jobs, `/docs` the routes.',
  },
  /** The service accepted this job, but its record is gone: it expired, or the queue's store was restarted without its data. Its result, if there was one, is gone too. */
  JOB_GONE: {
    exit: 2,
    status: 410,
    retryable: false,
    title: 'The job is no longer known',
    remedy: 'Send the request again; the same `Idempotency-Key` may be used.',
  },
  /** Over HTTP: the route exists, but not for this method. */
  METHOD_NOT_ALLOWED: {
    exit: 2,
    status: 405,
    retryable: false,
    title: 'The address does not take this method',
    remedy: 'Use a method that the header `Allow` names.',
  },
  /** Over HTTP: the header `Content-Type` names something else than application/json. */
  UNSUPPORTED_MEDIA_TYPE: {
    exit: 2,
    status: 415,
    retryable: false,
    title: 'The body is not declared as JSON',
    remedy: 'Send `Content-Type: application/json`.',
  },
  /** Over HTTP: the body had not arrived within the time that the service waits for it. */
  REQUEST_TIMEOUT: {
    exit: 4,
    status: 408,
    retryable: true,
    title: 'The request came too slowly',
    remedy: 'Send it again, over a better connection.',
  },
  /** There is no API key or token, or it is malformed, unknown, expired or revoked. */
  UNAUTHENTICATED: {
    exit: 2,
    status: 401,
    retryable: false,
    title: 'The caller is not known',
    remedy: 'Send `Authorization: Bearer …` with a key (`python -m backtester keys create`) or a fresh token.',
  },
  /** The key or token is good, but lacks the scope that this needs; or the address is not served to this caller. */
  FORBIDDEN: {
    exit: 2,
    status: 403,
    retryable: false,
    title: 'The caller may not do this',
    remedy: 'Use a key that has the scope which the message names.',
  },
  /** The same `Idempotency-Key` came with a different request before. */
  IDEMPOTENCY_KEY_REUSED: {
    exit: 2,
    status: 422,
    retryable: false,
    title: 'The idempotency key belongs to another request',
    remedy: 'Use a new key for a new request; repeat a request unchanged.',
  },
  /** The request allows the run more time than the service answers within. */
  RUN_TOO_LONG: {
    exit: 4,
    status: 422,
    retryable: false,
    title: 'The run may outlast what is waited for',
    remedy: 'POST it to `/backtests`, which answers at once with the address of a job.',
  },
  /** On a serverless platform: the result is larger than an answer may be there, even without all that can be left out of it; or the request said `Prefer: handling=strict`. */
  RESULT_TOO_LARGE: {
    exit: 4,
    status: 422,
    retryable: false,
    title: 'The result is too large',
    remedy: 'Ask for fewer blocks (`output.include`), fewer points (`output.max_points`) or a shorter period.',
  },
  /** What the service stands on cannot be reached: the queue's store. */
  SERVICE_UNAVAILABLE: {
    exit: 1,
    status: 503,
    retryable: true,
    title: 'The service cannot take this now',
    remedy: 'Try again after the seconds that `Retry-After` gives.',
  },
  /** The runner was told to stop (SIGTERM, SIGINT), or the caller closed its end of stdout. */
  CANCELLED: {
    exit: 5,
    status: 499,
    retryable: true,
    title: 'The run was cancelled',
    remedy: 'Send the request again.',
  },
  /** The process that does the work was killed or crashed before it answered. */
  WORKER_CRASHED: {
    exit: 1,
    status: 500,
    retryable: true,
    title: 'The working process died',
    remedy: 'Try again; if it comes back, send the request to the maintainers.',
  },
  /** An unexpected exception. stderr has it for the operator; the document never does. */
  INTERNAL: {
    exit: 1,
    status: 500,
    retryable: false,
    title: 'Something went wrong inside the runner',
    remedy: 'Send the request to the maintainers.',
  },
} as const;
