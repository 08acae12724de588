// Made by `npm run generate` from the schemas of the contract; do not edit.

/** Every error code with what it means to a caller: exit status of the runner, HTTP status, whether to retry. */
export const ERROR_CODES = {
  /** The request is not one JSON document of RFC 8259 in UTF-8 without a byte order mark. It is empty or cut short, repeats a key, holds NaN, Infinity, a number too large for a double or a lone surrogate, or is nested deeper than 32 levels. */
  INVALID_JSON: {
    exit: 2,
    status: 400,
    retryable: false,
    title: 'The request is not JSON',
    remedy: 'Send exactly one JSON object, as UTF-8. In JavaScript, JSON.stringify of a plain object is always valid.',
  },
  /** The document is JSON, but not a valid request. `errors` lists every problem in document order, each with a JSON pointer. */
  VALIDATION_FAILED: {
    exit: 2,
    status: 422,
    retryable: false,
    title: 'The request is invalid',
    remedy: 'Correct each problem that is named. Where one has a suggestion, that is the likely fix.',
  },
  /** `strategy` names neither a built-in strategy nor an installed plug-in. */
  UNKNOWN_STRATEGY: {
    exit: 2,
    status: 422,
    retryable: false,
    title: 'The strategy is unknown',
    remedy: 'Use one of the strategies that the message at `/strategy` lists.',
  },
  /** The source of prices does not know the symbol. */
  SYMBOL_NOT_FOUND: {
    exit: 3,
    status: 422,
    retryable: false,
    title: 'A symbol has no prices',
    remedy: 'Check the spelling. The message names the places in which the symbol is not.',
  },
  /** The symbol exists, but has no price between `start_date` and `end_date`. */
  NO_DATA_IN_RANGE: {
    exit: 3,
    status: 422,
    retryable: false,
    title: 'There are no prices in the period',
    remedy: 'Move the period into the symbol\'s history.',
  },
  /** Every symbol has prices in the period, but no session has a price of all of them. */
  INSUFFICIENT_HISTORY: {
    exit: 3,
    status: 422,
    retryable: false,
    title: 'The histories do not overlap',
    remedy: 'Leave out the symbol that the message names, or move the period.',
  },
  /** A symbol's history lacks a price on more consecutive sessions than `data.max_gap_sessions` allows. */
  DATA_GAP: {
    exit: 3,
    status: 422,
    retryable: false,
    title: 'A price history has a hole',
    remedy: 'Raise `data.max_gap_sessions` to carry the last price forward, or leave the symbol out.',
  },
  /** The source did not answer, or the operator has switched it off, and no other source holds the prices. */
  DATA_SOURCE_UNAVAILABLE: {
    exit: 3,
    status: 503,
    retryable: true,
    title: 'The price source cannot be reached',
    remedy: 'Try again later.',
  },
  /** The source refused the request: it received too many. */
  RATE_LIMITED: {
    exit: 3,
    status: 503,
    retryable: true,
    title: 'The price source refuses more requests',
    remedy: 'Try again in a few minutes.',
  },
  /** A file of prices cannot be read, or can be read in two ways. The message names the line, and the fault. */
  PRICES_UNREADABLE: {
    exit: 3,
    status: 422,
    retryable: false,
    title: 'A file of prices cannot be read',
    remedy: 'The operator has to correct the file, or export it anew. A header with date and close, and lines such as 2024-05-13,101.25, are enough; docs/reference/csv-layouts.md has the layouts that are known.',
  },
  /** It cannot be read, so that what was imported is not known, or a command cannot write it: its folder cannot be written, the disk is full, other processes keep it busy, or a newer version of the runner wrote it. */
  STORE_UNAVAILABLE: {
    exit: 3,
    status: 503,
    retryable: false,
    title: 'The price store cannot be used',
    remedy: 'Make BACKTEST_CACHE_DIR a folder that this user can write, on a disk with free space.',
  },
  /** The run was stopped at its deadline. */
  TIMEOUT: {
    exit: 4,
    status: 504,
    retryable: false,
    title: 'The run took too long',
    remedy: 'Request fewer holdings or a shorter period, or raise `limits.timeout_seconds` where it is below the operator\'s cap.',
  },
  /** The child process reached its memory limit, or the process that started it the system's. */
  MEMORY_LIMIT: {
    exit: 4,
    status: 507,
    retryable: false,
    title: 'The run needed too much memory',
    remedy: 'Request fewer holdings or a shorter period, or raise `limits.memory_mb` where it is below the operator\'s cap.',
  },
  /** The document is larger than the operator accepts. */
  REQUEST_TOO_LARGE: {
    exit: 4,
    status: 413,
    retryable: false,
    title: 'The request is too large',
    remedy: 'Send fewer inline prices or, in a batch, fewer requests, or ask the operator to raise BACKTEST_MAX_REQUEST_BYTES.',
  },
  /** The server runs and queues as many runs as its operator allows, or this key, token or address has reached its rate limit or quota. */
  TOO_MANY_REQUESTS: {
    exit: 4,
    status: 429,
    retryable: true,
    title: 'There are too many requests',
    remedy: 'Try again later, or ask the operator for a higher limit.',
  },
  /** Over HTTP: no route, job or schema has this address, or the job belongs to another owner. */
  NOT_FOUND: {
    exit: 2,
    status: 404,
    retryable: false,
    title: 'The address is unknown',
    remedy: 'Check the address, or the id of the job. A job can only be read with a key or token of its owner.',
  },
  /** The service accepted this job, but its record and its result are gone: they expired, or the job store lost its data. */
  JOB_GONE: {
    exit: 2,
    status: 410,
    retryable: false,
    title: 'The job has expired',
    remedy: 'Send the request again. It may have the same idempotency key.',
  },
  /** Over HTTP: the route exists, but not for this method. */
  METHOD_NOT_ALLOWED: {
    exit: 2,
    status: 405,
    retryable: false,
    title: 'The address does not take this method',
    remedy: 'Use one of the methods in the header `Allow`.',
  },
  /** Over HTTP: the header `Content-Type` is missing or is not application/json. */
  UNSUPPORTED_MEDIA_TYPE: {
    exit: 2,
    status: 415,
    retryable: false,
    title: 'The body is not declared as JSON',
    remedy: 'Send `Content-Type: application/json`.',
  },
  /** Over HTTP: the body did not arrive before the service's read timeout. */
  REQUEST_TIMEOUT: {
    exit: 4,
    status: 408,
    retryable: true,
    title: 'The request came too slowly',
    remedy: 'Send the request again over a faster connection.',
  },
  /** The request has no API key or token, or the key or token is malformed, unknown, expired or revoked. */
  UNAUTHENTICATED: {
    exit: 2,
    status: 401,
    retryable: false,
    title: 'The caller is not authenticated',
    remedy: 'Send a valid key or token. The operator creates keys with the command `keys create`.',
  },
  /** The key or token is valid, but lacks the scope that this request needs, or the address is not open to this caller. */
  FORBIDDEN: {
    exit: 2,
    status: 403,
    retryable: false,
    title: 'The caller lacks permission',
    remedy: 'Use a key or token that has the scope in the message.',
  },
  /** An earlier, different request had the same idempotency key. */
  IDEMPOTENCY_KEY_REUSED: {
    exit: 2,
    status: 422,
    retryable: false,
    title: 'The idempotency key belongs to another request',
    remedy: 'Use a new key for a new request, or repeat the earlier request unchanged.',
  },
  /** The request's `limits.timeout_seconds` exceeds the time within which the service responds. */
  RUN_TOO_LONG: {
    exit: 4,
    status: 422,
    retryable: false,
    title: 'The run may outlast the response timeout',
    remedy: 'POST the request to `/backtests`, which responds at once with the address of a job, or lower `limits.timeout_seconds`.',
  },
  /** On a serverless platform: the result exceeds the platform's limit even without its optional blocks, or the request has the header `Prefer: handling=strict`. In the TypeScript client: it exceeds `maxOutputBytes`. */
  RESULT_TOO_LARGE: {
    exit: 4,
    status: 422,
    retryable: false,
    title: 'The result is too large',
    remedy: 'Request fewer blocks (`output.include`), fewer points (`output.max_points`) or a shorter period.',
  },
  /** The service cannot reach its job store. In the TypeScript client: the pool is closed. */
  SERVICE_UNAVAILABLE: {
    exit: 1,
    status: 503,
    retryable: true,
    title: 'The service is not available',
    remedy: 'Try again in a few seconds.',
  },
  /** The runner received SIGTERM or SIGINT, or the caller closed its end of stdout. */
  CANCELLED: {
    exit: 5,
    status: 499,
    retryable: true,
    title: 'The run was cancelled',
    remedy: 'Send the request again.',
  },
  /** The child process was killed, crashed, or sent something else than a result. */
  WORKER_CRASHED: {
    exit: 1,
    status: 500,
    retryable: true,
    title: 'The child process died',
    remedy: 'Try again. If the error recurs, send the request to the maintainers.',
  },
  /** A module is missing, too old or broken, the Python is too old, there is no interpreter at its place, or the system lets it open no more files or start no more processes. */
  ENVIRONMENT: {
    exit: 1,
    status: 500,
    retryable: false,
    title: 'The environment does not allow a run',
    remedy: 'Install what the message names, for the interpreter that it names, or raise the limit that it names.',
  },
  /** An unexpected exception was raised. The operator finds it on stderr, never in the document. */
  INTERNAL: {
    exit: 1,
    status: 500,
    retryable: false,
    title: 'The runner failed',
    remedy: 'Send the request to the maintainers.',
  },
} as const;

/** Every warning code with its severity and what it means. */
export const WARNING_CODES = {
  TOP_N_EXCEEDS_HOLDINGS: { severity: 'warning', meaning: '`top_n` exceeds the number of holdings. That number is used instead.' },
  ALLOCATIONS_NORMALISED: { severity: 'warning', meaning: 'The allocations did not sum to 1 exactly. They were scaled.' },
  START_DELAYED: { severity: 'warning', meaning: 'The period starts later than requested, because a symbol\'s history does.' },
  END_CLIPPED: { severity: 'warning', meaning: 'The period ends earlier than requested, because the prices do.' },
  WARM_UP_INCOMPLETE: { severity: 'warning', meaning: 'Until the look-back has its history, the holdings\' own allocations are held.' },
  PRICE_CARRIED_FORWARD: { severity: 'warning', meaning: 'A symbol had no price on some sessions. Its last price was carried forward.' },
  NOT_DAILY_PRICES: { severity: 'warning', meaning: 'The prices are weekly, monthly or irregular. Figures are annualised accordingly.' },
  EXECUTION_DELAYED: { severity: 'info', meaning: 'A rebalance or cash flow waited until every symbol it trades had its own price.' },
  HOLDING_ENDED: { severity: 'warning', meaning: 'The prices of a holding ended. It was paid out, and the others share its part.' },
  ADJUSTED_SHARE_COUNTS: { severity: 'warning', meaning: 'Shares are counted at adjusted prices. The source has no traded prices.' },
  PRICES_REPAIRED: { severity: 'warning', meaning: 'The source had a known fault in its prices. It was repaired.' },
  IMPLAUSIBLE_PRICE: { severity: 'warning', meaning: 'A one-day ratio lies outside 0.4 to 2.5, or is a split told for another day.' },
  STORE_REFRESHED: { severity: 'info', meaning: 'The source had corrected stored prices. They were fetched anew.' },
  SOURCE_CHOSEN: { severity: 'info', meaning: 'The price store and the CSV folder both have a symbol. The message says which is used.' },
  NO_EFFECT: { severity: 'warning', meaning: 'A setting of the request changes nothing.' },
  UNADJUSTED_PRICES: { severity: 'warning', meaning: 'The prices are not adjusted for dividends. Returns leave dividends out.' },
  SYMBOL_DIFFERS: { severity: 'warning', meaning: 'A file says that its prices are of another symbol. They were used.' },
  STALE_PRICES: { severity: 'warning', meaning: 'The source could not be reached. Stored or bundled prices were used instead.' },
  STORE_REBUILT: { severity: 'warning', meaning: 'The price store was damaged and set aside. What it had has to be imported again.' },
  STORE_UNAVAILABLE: { severity: 'warning', meaning: 'The price store cannot be used. Prices are fetched without it.' },
  PRICES_DROPPED: { severity: 'warning', meaning: 'A source has unusable or repeated rows. They were left out.' },
  TIMEOUT_CAPPED: { severity: 'warning', meaning: '`limits.timeout_seconds` exceeds the operator\'s cap. The cap applies.' },
  MEMORY_CAPPED: { severity: 'warning', meaning: '`limits.memory_mb` exceeds the operator\'s cap. The cap applies.' },
  RESULT_THINNED: { severity: 'warning', meaning: 'The result exceeded the platform\'s limit. The message lists the blocks left out.' },
  REBALANCE_SKIPPED: { severity: 'warning', meaning: 'The equity could not pay the costs of a rebalance. Nothing was traded then.' },
  PORTFOLIO_DEPLETED: { severity: 'warning', meaning: 'A withdrawal took the last of the money. The period ends on that session.' },
  FLOW_COSTS_EXCEED_VALUE: { severity: 'warning', meaning: 'Investing a cash flow cost more than the portfolio was worth.' },
  HOLDING_ENTERS_LATE: { severity: 'info', meaning: 'A holding\'s prices begin inside the period. The others share its part.' },
  WEIGHT_BOUNDS_RELAXED: { severity: 'warning', meaning: '`min_weight` or `max_weight` cannot hold. The nearest possible was used.' },
  PERIODS_DIFFER: { severity: 'warning', meaning: 'The compared runs have different periods. They are compared over their common one.' },
  NO_HOLDING_CHOSEN: { severity: 'info', meaning: 'At some decisions no holding qualified. The money stayed in cash.' },
} as const;
