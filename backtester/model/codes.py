"""The codes that callers see, each with what it means: the source of the docs' pages and the README's tables."""

from __future__ import annotations

from typing import Literal, NamedTuple


class ErrorCode(NamedTuple):
    """What one error code means to every way in: exit status, HTTP status, whether to retry."""

    exit: int
    status: int
    retryable: bool
    title: str
    meaning: str
    remedy: str


ERROR_CODES: dict[str, ErrorCode] = {
    "INVALID_JSON": ErrorCode(
        2,
        400,
        False,
        "The request is not JSON",
        "The bytes on stdin are not one JSON document as RFC 8259 has it, in UTF-8 without a byte order mark: "
        "empty, cut short, a repeated key, NaN or Infinity, a number beyond a double, a lone surrogate, "
        "or nesting deeper than 32.",
        "Send exactly one JSON object; JSON.stringify of a plain object always qualifies.",
    ),
    "VALIDATION_FAILED": ErrorCode(
        2,
        422,
        False,
        "The request is invalid",
        "The document is JSON but not a valid request. `errors` lists every problem at once, in document order, "
        "each with a JSON pointer.",
        "Mend what each entry of `errors` points at; `suggestion` holds the likely fix where there is one.",
    ),
    "UNKNOWN_STRATEGY": ErrorCode(
        2,
        422,
        False,
        "There is no such strategy",
        "`strategy` names neither a built-in strategy nor an installed plug-in.",
        "`--list-strategies` prints the names with their parameters.",
    ),
    "SYMBOL_NOT_FOUND": ErrorCode(
        3,
        422,
        False,
        "A symbol has no prices",
        "The source that was asked knows no such symbol.",
        "Check the spelling against Yahoo Finance, or choose another `data.source`.",
    ),
    "NO_DATA_IN_RANGE": ErrorCode(
        3,
        422,
        False,
        "There are no prices in the period",
        "The symbol exists, but has no price between `start_date` and `end_date`.",
        "Move the period into the symbol's history, which the message gives.",
    ),
    "INSUFFICIENT_HISTORY": ErrorCode(
        3,
        422,
        False,
        "The histories do not overlap",
        "Every symbol has prices in the period, but there is no session on which all of them have one.",
        "Leave out the symbol that the message names, or move the period.",
    ),
    "DATA_GAP": ErrorCode(
        3,
        422,
        False,
        "A price history has a hole",
        "Inside a symbol's history more consecutive sessions lack a price than `data.max_gap_sessions` allows.",
        "Raise `data.max_gap_sessions` to carry the last price forward, or leave the symbol out.",
    ),
    "DATA_SOURCE_UNAVAILABLE": ErrorCode(
        3,
        503,
        True,
        "The price source cannot be reached",
        "Yahoo did not answer, or asking it is switched off, and nothing nearer holds the prices.",
        "Try again later; or use `data.source` `bundled`, `csv` or `inline`, which need no network.",
    ),
    "RATE_LIMITED": ErrorCode(
        3,
        503,
        True,
        "The price source asks to slow down",
        "Yahoo refused the request because too many were made.",
        "Wait a few minutes and try again; the price store keeps what was already fetched.",
    ),
    "TIMEOUT": ErrorCode(
        4,
        504,
        False,
        "The run took too long",
        "The run was stopped at its deadline.",
        "Raise `limits.timeout_seconds` (the operator caps it), or ask for fewer holdings or a shorter period.",
    ),
    "MEMORY_LIMIT": ErrorCode(
        4,
        507,
        False,
        "The run needed too much memory",
        "The working process reached its memory limit.",
        "Raise `limits.memory_mb` (the operator caps it), or ask for fewer holdings or a shorter period.",
    ),
    "REQUEST_TOO_LARGE": ErrorCode(
        4,
        413,
        False,
        "The request is too large",
        "The document is larger than the operator accepts.",
        "Send fewer inline prices, or have the operator raise BACKTEST_MAX_REQUEST_BYTES.",
    ),
    "TOO_MANY_REQUESTS": ErrorCode(
        4,
        429,
        True,
        "Too much is being asked at once",
        "As many runs as the server allows are running, and as many as it lets wait are waiting; or this key, token or "
        "address has asked as often as it may for now.",
        "Try again after the seconds that `Retry-After` gives; or ask the operator for more room.",
    ),
    "NOT_FOUND": ErrorCode(
        2,
        404,
        False,
        "There is no such thing",
        "Over HTTP: no route, job or schema has this address, or the job is another's.",
        "Check the address; `GET /backtests` lists your jobs, `/docs` the routes.",
    ),
    "JOB_GONE": ErrorCode(
        2,
        410,
        False,
        "The job is no longer known",
        "The service accepted this job, but its record is gone: it expired, or the queue's store was restarted without "
        "its data. Its result, if there was one, is gone too.",
        "Send the request again; the same `Idempotency-Key` may be used.",
    ),
    "METHOD_NOT_ALLOWED": ErrorCode(
        2,
        405,
        False,
        "The address does not take this method",
        "Over HTTP: the route exists, but not for this method.",
        "Use a method that the header `Allow` names.",
    ),
    "UNSUPPORTED_MEDIA_TYPE": ErrorCode(
        2,
        415,
        False,
        "The body is not declared as JSON",
        "Over HTTP: the header `Content-Type` names something else than application/json.",
        "Send `Content-Type: application/json`.",
    ),
    "REQUEST_TIMEOUT": ErrorCode(
        4,
        408,
        True,
        "The request came too slowly",
        "Over HTTP: the body had not arrived within the time that the service waits for it.",
        "Send it again, over a better connection.",
    ),
    "UNAUTHENTICATED": ErrorCode(
        2,
        401,
        False,
        "The caller is not known",
        "There is no API key or token, or it is malformed, unknown, expired or revoked.",
        "Send `Authorization: Bearer …` with a key (`python -m backtester keys create`) or a fresh token.",
    ),
    "FORBIDDEN": ErrorCode(
        2,
        403,
        False,
        "The caller may not do this",
        "The key or token is good, but lacks the scope that this needs; or the address is not served to this caller.",
        "Use a key that has the scope which the message names.",
    ),
    "IDEMPOTENCY_KEY_REUSED": ErrorCode(
        2,
        422,
        False,
        "The idempotency key belongs to another request",
        "The same `Idempotency-Key` came with a different request before.",
        "Use a new key for a new request; repeat a request unchanged.",
    ),
    "RUN_TOO_LONG": ErrorCode(
        4,
        422,
        False,
        "The run may outlast what is waited for",
        "The request allows the run more time than the service answers within.",
        "POST it to `/backtests`, which answers at once with the address of a job.",
    ),
    "RESULT_TOO_LARGE": ErrorCode(
        4,
        422,
        False,
        "The result is too large",
        "On a serverless platform: the result is larger than an answer may be there, even without all that can be left "
        "out of it; or the request said `Prefer: handling=strict`.",
        "Ask for fewer blocks (`output.include`), fewer points (`output.max_points`) or a shorter period.",
    ),
    "SERVICE_UNAVAILABLE": ErrorCode(
        1,
        503,
        True,
        "The service cannot take this now",
        "What the service stands on cannot be reached: the queue's store.",
        "Try again after the seconds that `Retry-After` gives.",
    ),
    "CANCELLED": ErrorCode(
        5,
        499,
        True,
        "The run was cancelled",
        "The runner was told to stop (SIGTERM, SIGINT), or the caller closed its end of stdout.",
        "Send the request again.",
    ),
    "WORKER_CRASHED": ErrorCode(
        1,
        500,
        True,
        "The working process died",
        "The process that does the work was killed or crashed before it answered.",
        "Try again; if it comes back, send the request to the maintainers.",
    ),
    "INTERNAL": ErrorCode(
        1,
        500,
        False,
        "Something went wrong inside the runner",
        "An unexpected exception. stderr has it for the operator; the document never does.",
        "Send the request to the maintainers.",
    ),
}

Severity = Literal["info", "warning"]

WARNING_CODES: dict[str, tuple[Severity, str]] = {
    "TOP_N_EXCEEDS_HOLDINGS": ("warning", "`top_n` is larger than the number of holdings; all of them can be held."),
    "ALLOCATIONS_NORMALISED": ("warning", "The allocations summed to nearly 1 and were scaled to sum to 1 exactly."),
    "START_DELAYED": ("warning", "The period starts later than asked, because a symbol's history does."),
    "END_CLIPPED": ("warning", "The period ends earlier than asked, because the prices do."),
    "WARM_UP_INCOMPLETE": (
        "warning",
        "The history before the period is too short for the look-back; "
        "the holdings' own allocations are held until it suffices.",
    ),
    "PRICE_CARRIED_FORWARD": ("warning", "A symbol had no price on some sessions; its last price was carried forward."),
    "UNADJUSTED_PRICES": ("warning", "The prices are not adjusted for dividends; returns leave them out."),
    "STALE_PRICES": ("warning", "Yahoo could not be reached; stored or bundled prices were served instead."),
    "STORE_REBUILT": ("warning", "The price store was damaged; it was set aside and a new one begun."),
    "STORE_UNAVAILABLE": ("warning", "The price store cannot be used; prices are fetched without it."),
    "PRICES_DROPPED": ("warning", "Yahoo sent sessions without a usable price; they were left out."),
    "TIMEOUT_CAPPED": ("warning", "`limits.timeout_seconds` is above the operator's cap, which applies."),
    "MEMORY_CAPPED": ("warning", "`limits.memory_mb` is above the operator's cap, which applies."),
    "RESULT_THINNED": (
        "warning",
        "On a serverless platform: the result was larger than an answer may be; the message says what was left out.",
    ),
    "REBALANCE_SKIPPED": ("warning", "The equity could not pay the costs of a rebalance; nothing was traded then."),
    "PORTFOLIO_DEPLETED": ("warning", "A withdrawal took the last of the money; the period ends on that session."),
    "FLOW_COSTS_EXCEED_VALUE": (
        "warning",
        "Investing a cash flow cost more than the portfolio was worth before it: time-weighted, everything was lost.",
    ),
    "HOLDING_ENTERS_LATE": (
        "info",
        "With `data.partial_history`: a holding's prices begin after the period; until then the others share its part.",
    ),
    "WEIGHT_BOUNDS_RELAXED": (
        "warning",
        "`min_weight` or `max_weight` cannot hold for so many holdings; the nearest that can was used.",
    ),
    "NO_HOLDING_CHOSEN": ("info", "At some decisions no holding qualified; the money stayed in cash."),
}
