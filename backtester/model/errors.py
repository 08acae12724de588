"""The exceptions of a run, the warnings, and the error document that callers see.

    BacktestError
    ├── RequestError     the request is invalid                        exit 2
    ├── DataError        the prices are not available                  exit 3
    ├── LimitError       time, memory or size ran out                  exit 4
    ├── CancelledError   the caller cancelled or disconnected          exit 5
    ├── AccessError      the caller lacks access, or must wait         exit 2, 4
    └── InternalError    the program, its process or its Python failed exit 1

Nothing here imports numpy, so that a supervising process can write the error of its child.
"""

from __future__ import annotations

import re
from typing import Any

from backtester.model.codes import ERROR_CODES, WARNING_CODES
from backtester.model.record import Record
from backtester.model.system_limits import lacks_memory, refused_by_system
from backtester.settings import SettingsError

ERROR_TYPE_BASE = "/errors/"
MAX_ECHO_CHARACTERS = 100
RETRY_SECONDS = 5  # what a caller is asked to wait where nothing else says how long


class RunWarning(Record):
    """One entry of the result's `warnings`. `code` is a key of WARNING_CODES."""

    code: str
    detail: str
    pointer: str | None = None
    symbol: str | None = None

    def as_document(self) -> dict[str, Any]:
        """Return the entry as callers see it; absent keys are left out."""
        document: dict[str, Any] = {"code": self.code, "severity": WARNING_CODES[self.code][0], "detail": self.detail}
        if self.pointer is not None:
            document["pointer"] = self.pointer
        if self.symbol is not None:
            document["symbol"] = self.symbol
        return document


class Problem(Record):
    """One entry of an error's `errors`. `code` is a key of PROBLEM_CODES.

    suggestion: the likely fix: the value for the pointer; of UNKNOWN_FIELD the name of the key, of ALLOCATION_SUM the
    allocations of the holdings, in their order. None: it is not clear.
    """

    pointer: str
    code: str
    detail: str
    received: Any = None
    has_received: bool = False
    suggestion: Any = None

    def as_document(self) -> dict[str, Any]:
        """Return the entry as callers see it; absent keys are left out."""
        document: dict[str, Any] = {"pointer": self.pointer, "code": self.code, "detail": self.detail}
        if self.has_received:
            document["received"] = self.received
        if self.suggestion is not None:
            document["suggestion"] = self.suggestion
        return document


class BacktestError(Exception):
    """A run that ends without a result. `code` is a key of ERROR_CODES.

    remedy, retryable: of this case, where they differ from the code's. pointer: of a problem with the same code and
    detail.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        remedy: str | None = None,
        retryable: bool | None = None,
        pointer: str | None = None,
        suggestion: Any = None,
        problems: tuple[Problem, ...] = (),
    ) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
        self.remedy = ERROR_CODES[code].remedy if remedy is None else remedy
        self.retryable = ERROR_CODES[code].retryable if retryable is None else retryable
        if not problems and pointer is not None:
            problems = (Problem(pointer=pointer, code=code, detail=detail, suggestion=suggestion),)
        self.problems = problems

    @property
    def exit_code(self) -> int:
        """Exit status of the runner, 1 to 5."""
        return ERROR_CODES[self.code].exit

    def as_document(self, request_id: str | None = None) -> dict[str, Any]:
        """Return the error document of the contract, an RFC 9457 problem with our members."""
        entry = ERROR_CODES[self.code]
        document: dict[str, Any] = {
            "success": False,
            "schema_version": "1",
            "type": ERROR_TYPE_BASE + slug(self.code),
            "title": entry.title,
            "status": entry.status,
            "code": self.code,
            "detail": self.detail,
            "remedy": self.remedy,
            "retryable": self.retryable,
            "errors": [problem.as_document() for problem in self.problems],
        }
        if request_id is not None:
            document["request_id"] = request_id
        return document

    def __str__(self) -> str:
        """Return the detail, and a line for each problem that the detail does not say."""
        lines = [f"{problem.pointer or '/'}: {problem.detail}" for problem in self.problems]
        if len(self.problems) == 1 and self.problems[0].detail == self.detail:
            lines = []
        return "\n  ".join((self.detail, *lines))


class RequestError(BacktestError):
    """The request is invalid: INVALID_JSON, VALIDATION_FAILED, UNKNOWN_STRATEGY."""


class DataError(BacktestError):
    """The prices are not available: SYMBOL_NOT_FOUND, DATA_GAP, RATE_LIMITED and others."""

    @property
    def leaves_open(self) -> bool:
        """Whether the source said nothing of the symbol: prices from elsewhere may be used in place of its own."""
        return self.code in ("DATA_SOURCE_UNAVAILABLE", "RATE_LIMITED")


class LimitError(BacktestError):
    """A limit was hit: TIMEOUT, MEMORY_LIMIT, REQUEST_TOO_LARGE."""


class CancelledError(BacktestError):
    """The caller cancelled the run or disconnected: CANCELLED."""


class AccessError(BacktestError):
    """The caller lacks access (UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, JOB_GONE) or must wait (TOO_MANY_REQUESTS).

    retry_after: seconds until a retry may succeed; None where waiting does not help.
    """

    def __init__(self, code: str, detail: str, *, remedy: str | None = None, retry_after: int | None = None) -> None:
        if remedy is None and retry_after is not None:
            seconds = f"{retry_after} second{'' if retry_after == 1 else 's'}"
            remedy = f"Try again in {seconds}, or ask the operator for a higher limit."
        super().__init__(code, detail, remedy=remedy)
        self.retry_after = retry_after


class InternalError(BacktestError):
    """The program, its process or its Python failed: INTERNAL, WORKER_CRASHED, ENVIRONMENT."""


class UnexpectedError(InternalError):
    """An unforeseen exception. The document has no detail of it; its traceback is in the operator's log."""

    def __init__(self) -> None:
        super().__init__("INTERNAL", "An unexpected error occurred. The operator's log has it.")


def from_exception(error: BaseException) -> BacktestError:
    """Return the error that a caller sees of any exception: the only place that decides it."""
    if isinstance(error, BacktestError):
        return error
    if isinstance(error, SettingsError):
        return InternalError(
            "INTERNAL", f"The operator's settings are wrong. {error}",
            remedy="The operator has to correct the setting that the message names.",
        )  # fmt: skip
    if lacks_memory(error):
        error.__traceback__ = None  # frees what the frames hold, before anything more is allocated
        return LimitError(
            "MEMORY_LIMIT", "The process needed more memory than it may have.",
            remedy="Raise the limit of its memory (`ulimit -v`, or that of the container).",
        )  # fmt: skip
    refused = refused_by_system(error)
    if refused is not None:
        return InternalError("ENVIRONMENT", refused[0], remedy=refused[1], retryable=refused[2])
    return _of_environment(error) or UnexpectedError()


def not_installed(module: str, *, pointer: str | None = None) -> InternalError:
    """Return the ENVIRONMENT error of a module that was looked for in vain. pointer: to what needs it."""
    from backtester.model.environment import missing

    detail, remedy = missing(module)
    problems = () if pointer is None else (Problem(pointer=pointer, code="NOT_INSTALLED", detail=detail),)
    return InternalError("ENVIRONMENT", detail, remedy=remedy, problems=problems)


def _of_environment(error: BaseException) -> InternalError | None:
    """Return the ENVIRONMENT error where a module that is missing, too old or broken explains the exception."""
    try:
        from backtester.model.shadowing import shadow_of  # only a failure pays for these imports

        found = shadow_of(error)
        if found is None:
            from backtester.model.environment import explanation

            found = explanation(error)
    except Exception:  # no file can be read any more: the exception itself is reported
        return None
    return None if found is None else InternalError("ENVIRONMENT", found[0], remedy=found[1])


def timed_out(seconds: float, *, most: float) -> LimitError:
    """Return the error of a run that its deadline stopped. most: the longest deadline that the operator allows."""
    after = f"{seconds:g} second{'' if seconds == 1 else 's'}"
    return LimitError(
        "TIMEOUT", f"The run was stopped at its deadline, after {after}.",
        remedy=_more("limits.timeout_seconds", most, "seconds", "BACKTEST_MAX_TIMEOUT_SECONDS", is_cap=seconds >= most),
    )  # fmt: skip


def out_of_memory(mebibytes: int, *, most: int) -> LimitError:
    """Return the error of a run that reached its memory limit. most: the largest limit that the operator allows."""
    return LimitError(
        "MEMORY_LIMIT", f"The run needed more memory than its limit of {mebibytes} MiB allows.",
        remedy=_more("limits.memory_mb", most, "MiB", "BACKTEST_MEMORY_MB", is_cap=mebibytes >= most),
    )  # fmt: skip


def _more(key: str, most: float, unit: str, setting: str, *, is_cap: bool) -> str:
    """Return how to get by with a limit, or where to get a higher one: `key` up to the cap, beyond it the operator."""
    if is_cap:
        return f"Request fewer holdings or a shorter period, or ask the operator to raise {setting}."
    return f"Raise `{key}`, which may be at most {most:g} {unit}, or request fewer holdings or a shorter period."


def cancelled_by(cause: str) -> CancelledError:
    """Return the error of a cancelled run. cause: who or which signal, as it stands in the sentence."""
    return CancelledError("CANCELLED", f"The run was cancelled by {cause}.")


def invalid_at(pointer: str, code: str, detail: str) -> RequestError:
    """Return the VALIDATION_FAILED of one problem, which says all there is to say."""
    return RequestError("VALIDATION_FAILED", detail, problems=(Problem(pointer=pointer, code=code, detail=detail),))


def invalid_parameter(pointer: str, received: Any, detail: str) -> RequestError:
    """Return the VALIDATION_FAILED of one parameter, for parameters that exclude each other."""
    problem = Problem(pointer=pointer, code="OUT_OF_RANGE", received=received, has_received=True, detail=detail)
    return RequestError("VALIDATION_FAILED", "1 problem", problems=(problem,))


def echo(value: Any) -> Any:
    """Cut a piece of input to what a message may repeat: at most 100 characters, ASCII-safe."""
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int):
        return value if abs(value) < 10**15 else f"{str(value)[:20]}…" if abs(value) < 10**300 else "a huge integer"
    if isinstance(value, str):
        return value if len(value) <= MAX_ECHO_CHARACTERS else value[: MAX_ECHO_CHARACTERS - 1] + "…"
    return f"{'an array' if isinstance(value, list) else 'an object'} of {len(value)}"


def nearest(word: str, known: list[str] | tuple[str, ...]) -> str | None:
    """Return the known name most similar to `word`, for "did you mean"; None when no name is similar."""
    from difflib import get_close_matches  # only a mistake pays for this import

    if len(word) > 200:
        return None
    folded = {name.lower().replace("-", "_"): name for name in known}
    wanted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word).lower().replace("-", "_").replace(" ", "_")
    found = get_close_matches(wanted, list(folded), n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def slug(code: str) -> str:
    """Return the name of an error code in addresses: of its page, of its route, and of `type` in the document."""
    return code.lower().replace("_", "-")


def did_you_mean(suggestion: str | None) -> str:
    """Return the end of a sentence: its full stop, and the question "Did you mean ...?" where there is a suggestion."""
    return f". Did you mean {suggestion!a}?" if suggestion else "."
