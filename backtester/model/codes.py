"""The codes of errors, of the problems in them, and of warnings, each with its meaning.

The reference pages are generated from them.
"""

from __future__ import annotations

from typing import Literal, NamedTuple


class ErrorCode(NamedTuple):
    """One error code: exit status of the runner, HTTP status, whether a retry may succeed, and its sentences."""

    exit: int
    status: int
    retryable: bool
    title: str
    meaning: str
    remedy: str


# fmt: off
ERROR_CODES: dict[str, ErrorCode] = {
    "INVALID_JSON": ErrorCode(
        2, 400, False,
        "The request is not JSON",
        "The request is not one JSON document of RFC 8259 in UTF-8 without a byte order mark. It is empty or cut "
        "short, repeats a key, holds NaN, Infinity, a number too large for a double or a lone surrogate, "
        "or is nested deeper than 32 levels.",
        "Send exactly one JSON object, as UTF-8. In JavaScript, "
        "JSON.stringify of a plain object is always valid.",
    ),
    "VALIDATION_FAILED": ErrorCode(
        2, 422, False,
        "The request is invalid",
        "The document is JSON, but not a valid request. `errors` lists every problem in document order, "
        "each with a JSON pointer.",
        "Correct each problem that is named. Where one has a suggestion, that is the likely fix.",
    ),
    "UNKNOWN_STRATEGY": ErrorCode(
        2, 422, False,
        "The strategy is unknown",
        "`strategy` names neither a built-in strategy nor an installed plug-in.",
        "Use one of the strategies that the message at `/strategy` lists.",
    ),
    "SYMBOL_NOT_FOUND": ErrorCode(
        3, 422, False,
        "A symbol has no prices",
        "The source of prices does not know the symbol.",
        "Check the spelling. The message names the places in which the symbol is not.",
    ),
    "NO_DATA_IN_RANGE": ErrorCode(
        3, 422, False,
        "There are no prices in the period",
        "The symbol exists, but has no price between `start_date` and `end_date`.",
        "Move the period into the symbol's history.",
    ),
    "INSUFFICIENT_HISTORY": ErrorCode(
        3, 422, False,
        "The histories do not overlap",
        "Every symbol has prices in the period, but no session has a price of all of them.",
        "Leave out the symbol that the message names, or move the period.",
    ),
    "DATA_GAP": ErrorCode(
        3, 422, False,
        "A price history has a hole",
        "A symbol's history lacks a price on more consecutive sessions than `data.max_gap_sessions` allows.",
        "Raise `data.max_gap_sessions` to carry the last price forward, or leave the symbol out.",
    ),
    "DATA_SOURCE_UNAVAILABLE": ErrorCode(
        3, 503, True,
        "The price source cannot be reached",
        "The source did not answer, or the operator has switched it off, and no other source holds the prices.",
        "Try again later.",
    ),
    "RATE_LIMITED": ErrorCode(
        3, 503, True,
        "The price source refuses more requests",
        "The source refused the request: it received too many.",
        "Try again in a few minutes.",
    ),
    "PRICES_UNREADABLE": ErrorCode(
        3, 422, False,
        "A file of prices cannot be read",
        "A file of prices cannot be read, or can be read in two ways. The message names the line, and the fault.",
        "The operator has to correct the file, or export it anew. A header with date and close, and lines such as "
        "2024-05-13,101.25, are enough; docs/reference/csv-layouts.md has the layouts that are known.",
    ),
    "STORE_UNAVAILABLE": ErrorCode(
        3,
        503,
        False,
        "The price store cannot be used",
        "It cannot be read, so that what was imported is not known, or a command cannot write it: its folder cannot be "
        "written, the disk is full, other processes keep it busy, or a newer version of the runner wrote it.",
        "Make BACKTEST_CACHE_DIR a folder that this user can write, on a disk with free space.",
    ),
    "TIMEOUT": ErrorCode(
        4, 504, False,
        "The run took too long",
        "The run was stopped at its deadline.",
        "Request fewer holdings or a shorter period, or raise `limits.timeout_seconds` where it is below the "
        "operator's cap.",
    ),
    "MEMORY_LIMIT": ErrorCode(
        4, 507, False,
        "The run needed too much memory",
        "The child process reached its memory limit, or the process that started it the system's.",
        "Request fewer holdings or a shorter period, or raise `limits.memory_mb` where it is below the operator's cap.",
    ),
    "REQUEST_TOO_LARGE": ErrorCode(
        4, 413, False,
        "The request is too large",
        "The document is larger than the operator accepts.",
        "Send fewer inline prices or, in a batch, fewer requests, or ask the operator to raise "
        "BACKTEST_MAX_REQUEST_BYTES.",
    ),
    "TOO_MANY_REQUESTS": ErrorCode(
        4, 429, True,
        "There are too many requests",
        "The server runs and queues as many runs as its operator allows, or this key, token or address has reached its "
        "rate limit or quota.",
        "Try again later, or ask the operator for a higher limit.",
    ),
    "NOT_FOUND": ErrorCode(
        2, 404, False,
        "The address is unknown",
        "Over HTTP: no route, job or schema has this address, or the job belongs to another owner.",
        "Check the address, or the id of the job. A job can only be read with a key or token of its owner.",
    ),
    "JOB_GONE": ErrorCode(
        2, 410, False,
        "The job has expired",
        "The service accepted this job, but its record and its result are gone: they expired, or the job store lost "
        "its data.",
        "Send the request again. It may have the same idempotency key.",
    ),
    "METHOD_NOT_ALLOWED": ErrorCode(
        2, 405, False,
        "The address does not take this method",
        "Over HTTP: the route exists, but not for this method.",
        "Use one of the methods in the header `Allow`.",
    ),
    "UNSUPPORTED_MEDIA_TYPE": ErrorCode(
        2, 415, False,
        "The body is not declared as JSON",
        "Over HTTP: the header `Content-Type` is missing or is not application/json.",
        "Send `Content-Type: application/json`.",
    ),
    "REQUEST_TIMEOUT": ErrorCode(
        4, 408, True,
        "The request came too slowly",
        "Over HTTP: the body did not arrive before the service's read timeout.",
        "Send the request again over a faster connection.",
    ),
    "UNAUTHENTICATED": ErrorCode(
        2, 401, False,
        "The caller is not authenticated",
        "The request has no API key or token, or the key or token is malformed, unknown, expired or revoked.",
        "Send a valid key or token. The operator creates keys with the command `keys create`.",
    ),
    "FORBIDDEN": ErrorCode(
        2, 403, False,
        "The caller lacks permission",
        "The key or token is valid, but lacks the scope that this request needs, or the address is not open to this "
        "caller.",
        "Use a key or token that has the scope in the message.",
    ),
    "IDEMPOTENCY_KEY_REUSED": ErrorCode(
        2, 422, False,
        "The idempotency key belongs to another request",
        "An earlier, different request had the same idempotency key.",
        "Use a new key for a new request, or repeat the earlier request unchanged.",
    ),
    "RUN_TOO_LONG": ErrorCode(
        4, 422, False,
        "The run may outlast the response timeout",
        "The request's `limits.timeout_seconds` exceeds the time within which the service responds.",
        "POST the request to `/backtests`, which responds at once with the address of a job, or lower "
        "`limits.timeout_seconds`.",
    ),
    "RESULT_TOO_LARGE": ErrorCode(
        4, 422, False,
        "The result is too large",
        "On a serverless platform: the result exceeds the platform's limit even without its optional blocks, or the "
        "request has the header `Prefer: handling=strict`. In the TypeScript client: it exceeds `maxOutputBytes`.",
        "Request fewer blocks (`output.include`), fewer points (`output.max_points`) or a shorter period.",
    ),
    "SERVICE_UNAVAILABLE": ErrorCode(
        1, 503, True,
        "The service is not available",
        "The service cannot reach its job store. In the TypeScript client: the pool is closed.",
        "Try again in a few seconds.",
    ),
    "CANCELLED": ErrorCode(
        5, 499, True,
        "The run was cancelled",
        "The runner received SIGTERM or SIGINT, or the caller closed its end of stdout.",
        "Send the request again.",
    ),
    "WORKER_CRASHED": ErrorCode(
        1, 500, True,
        "The child process died",
        "The child process was killed, crashed, or sent something else than a result.",
        "Try again. If the error recurs, send the request to the maintainers.",
    ),
    "ENVIRONMENT": ErrorCode(
        1, 500, False,
        "The environment does not allow a run",
        "A module is missing, too old or broken, the Python is too old, there is no interpreter at its place, or the "
        "system lets it open no more files or start no more processes.",
        "Install what the message names, for the interpreter that it names, or raise the limit that it names.",
    ),
    "INTERNAL": ErrorCode(
        1, 500, False,
        "The runner failed",
        "An unexpected exception was raised. The operator finds it on stderr, never in the document.",
        "Send the request to the maintainers.",
    ),
}
# fmt: on

# The codes of the entries of an error's `errors`: what is wrong at a pointer.
PROBLEM_CODES: dict[str, str] = {
    "TOO_DEEP": "The document is nested deeper than 32 levels here.",
    "DUPLICATE_KEY": "An object repeats this key.",
    "NUMBER_TOO_LARGE": "The number is too large for a double.",
    "LONE_SURROGATE": "A text holds half a surrogate pair, which has no form in UTF-8.",
    "REQUIRED": "A key that has to be there is missing.",
    "UNKNOWN_FIELD": "The key is not known. `suggestion` is the name that it resembles.",
    "UNEXPECTED": "The key does not go with another one that is there, or the document is no request.",
    "WRONG_TYPE": "The value has another JSON type than this place takes.",
    "OUT_OF_RANGE": "The number is too small or too large, or there are too few or too many items.",
    "INVALID_CHOICE": "The value is none of those that this place takes.",
    "INVALID_FORMAT": "The text has the wrong form: no date, or no symbol.",
    "INVALID_VALUE": "The value does not match the schema, or the parameter of the address is wrong.",
    "DUPLICATE_ITEM": "The list names an item twice.",
    "DUPLICATE_SYMBOL": "Two holdings, or two columns of prices, have the same symbol.",
    "ALLOCATION_SUM": "The allocations and the cash do not sum to 1. `suggestion` has one for each holding.",
    "DATE_ORDER": "The end is before the start.",
    "NOT_A_HOLDING": "The symbol has to be one of the holdings.",
    "SYMBOL_NOT_HELD": "A tree holds a symbol that is not one of the holdings.",
    "SCALE_DEPENDENT": "A price, or an average or difference of prices, is compared with what has another scale.",
    "CIRCULAR_USE": "A definition uses itself, directly or through others.",
    "WEIGHT_SUM": "The weights of a tree's children do not sum to 1.",
    "NOT_INSTALLED": "The value needs a package that this installation lacks.",
    "SOURCE_NOT_AVAILABLE": "The operator has not set up this source of prices.",
    "MISSING_OPENS": "The inline prices lack the opens that the request needs.",
    "MISSING_DIVIDENDS": "The inline prices lack the dividends that the request needs.",
    "WRONG_LENGTH": "A column of the inline prices is longer or shorter than their dates.",
    "OUT_OF_ORDER": "The dates of the inline prices do not increase strictly.",
    "NO_PRICES": "A column of the inline prices lacks a price that it needs.",
    "IMPLAUSIBLE_PRICE": "A price, or a step of the prices, is implausible, and the request refuses that.",
    **{
        code: f"{ERROR_CODES[code].title}."
        for code in (
            "INVALID_JSON", "UNKNOWN_STRATEGY", "SYMBOL_NOT_FOUND", "NO_DATA_IN_RANGE", "INSUFFICIENT_HISTORY",
            "DATA_GAP", "DATA_SOURCE_UNAVAILABLE", "RATE_LIMITED", "PRICES_UNREADABLE", "REQUEST_TOO_LARGE",
            "RESULT_TOO_LARGE",
        )
    },
}  # fmt: skip

Severity = Literal["info", "warning"]

WARNING_CODES: dict[str, tuple[Severity, str]] = {
    "TOP_N_EXCEEDS_HOLDINGS": ("warning", "`top_n` exceeds the number of holdings. That number is used instead."),
    "ALLOCATIONS_NORMALISED": ("warning", "The allocations did not sum to 1 exactly. They were scaled."),
    "START_DELAYED": ("warning", "The period starts later than requested, because a symbol's history does."),
    "END_CLIPPED": ("warning", "The period ends earlier than requested, because the prices do."),
    "WARM_UP_INCOMPLETE": ("warning", "Until the look-back has its history, the holdings' own allocations are held."),
    "PRICE_CARRIED_FORWARD": ("warning", "A symbol had no price on some sessions. Its last price was carried forward."),
    "NOT_DAILY_PRICES": ("warning", "The prices are weekly, monthly or irregular. Figures are annualised accordingly."),
    "EXECUTION_DELAYED": ("info", "A rebalance or cash flow waited until every symbol it trades had its own price."),
    "HOLDING_ENDED": ("warning", "The prices of a holding ended. It was paid out, and the others share its part."),
    "ADJUSTED_SHARE_COUNTS": ("warning", "Shares are counted at adjusted prices. The source has no traded prices."),
    "PRICES_REPAIRED": ("warning", "The source had a known fault in its prices. It was repaired."),
    "IMPLAUSIBLE_PRICE": ("warning", "A one-day ratio lies outside 0.4 to 2.5, or is a split told for another day."),
    "STORE_REFRESHED": ("info", "The source had corrected stored prices. They were fetched anew."),
    "SOURCE_CHOSEN": ("info", "The price store and the CSV folder both have a symbol. The message says which is used."),
    "NO_EFFECT": ("warning", "A setting of the request changes nothing."),
    "UNADJUSTED_PRICES": ("warning", "The prices are not adjusted for dividends. Returns leave dividends out."),
    "SYMBOL_DIFFERS": ("warning", "A file says that its prices are of another symbol. They were used."),
    "STALE_PRICES": ("warning", "The source could not be reached. Stored or bundled prices were used instead."),
    "STORE_REBUILT": ("warning", "The price store was damaged and set aside. What it had has to be imported again."),
    "STORE_UNAVAILABLE": ("warning", "The price store cannot be used. Prices are fetched without it."),
    "PRICES_DROPPED": ("warning", "A source has unusable or repeated rows. They were left out."),
    "TIMEOUT_CAPPED": ("warning", "`limits.timeout_seconds` exceeds the operator's cap. The cap applies."),
    "MEMORY_CAPPED": ("warning", "`limits.memory_mb` exceeds the operator's cap. The cap applies."),
    "RESULT_THINNED": ("warning", "The result exceeded the platform's limit. The message lists the blocks left out."),
    "REBALANCE_SKIPPED": ("warning", "The equity could not pay the costs of a rebalance. Nothing was traded then."),
    "PORTFOLIO_DEPLETED": ("warning", "A withdrawal took the last of the money. The period ends on that session."),
    "FLOW_COSTS_EXCEED_VALUE": ("warning", "Investing a cash flow cost more than the portfolio was worth."),
    "HOLDING_ENTERS_LATE": ("info", "A holding's prices begin inside the period. The others share its part."),
    "WEIGHT_BOUNDS_RELAXED": ("warning", "`min_weight` or `max_weight` cannot hold. The nearest possible was used."),
    "PERIODS_DIFFER": ("warning", "The compared runs have different periods. They are compared over their common one."),
    "NO_HOLDING_CHOSEN": ("info", "At some decisions no holding qualified. The money stayed in cash."),
}
