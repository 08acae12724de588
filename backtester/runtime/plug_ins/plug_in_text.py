"""The texts of a plug-in's process: JSON objects of a limited length, and the error that its code ended in."""

from __future__ import annotations

import json
from typing import Any

from backtester.codec.decode import decode
from backtester.model.codes import PROBLEM_CODES
from backtester.model.errors import BacktestError, DataError, InternalError, LimitError, Problem, RequestError
from backtester.runtime.frames import TEXT, MalformedError
from backtester.runtime.plug_ins.plug_in_process import Send
from backtester.strategies.decisions.decide import LONGEST_DETAIL

LONGEST_TEXT = 16 << 20
# what a plug-in may end a run with: nothing that is retried, and nothing that speaks for the service
_ITS_ERRORS: dict[str, type[BacktestError]] = {
    "VALIDATION_FAILED": RequestError, "INSUFFICIENT_HISTORY": DataError, "NO_DATA_IN_RANGE": DataError,
    "MEMORY_LIMIT": LimitError, "INTERNAL": InternalError,
}  # fmt: skip
_MOST_PROBLEMS = 100


def say(send: Send, said: dict[str, Any]) -> None:
    """Send a JSON object as a frame of text."""
    send(TEXT, json.dumps(said).encode())


def refuse(error: BacktestError, send: Send) -> None:
    """Send the error that a plug-in's code ended in."""
    if error.code not in _ITS_ERRORS:
        remedy = None if error.retryable else error.remedy  # INTERNAL is not: who reads it is not told to try again
        error = InternalError("INTERNAL", error.detail, remedy=remedy)
    problems = [problem.as_dict() for problem in error.problems[:_MOST_PROBLEMS]]
    say(send, {"error": [error.code, error.detail[:LONGEST_DETAIL], error.remedy[:LONGEST_DETAIL], problems]})


def object_in(payload: bytes) -> dict[str, Any]:
    """Return what a text says. MalformedError; the error that it tells of."""
    try:
        said = decode(payload, max_bytes=LONGEST_TEXT)
        if not isinstance(said, dict):
            raise TypeError
        if "error" not in said:
            return said
        code, detail, remedy, problems = said["error"]
        if code not in _ITS_ERRORS or len(problems) > _MOST_PROBLEMS:
            raise ValueError(code)
        told = _ITS_ERRORS[code](
            code, text_in(detail), remedy=text_in(remedy), problems=tuple(map(_problem_in, problems))
        )
    except (BacktestError, ValueError, TypeError, KeyError):
        raise MalformedError from None
    raise told


def _problem_in(said: dict[str, Any]) -> Problem:
    for name in ("pointer", "code", "detail"):
        text_in(said[name])
    if said["code"] not in PROBLEM_CODES:
        raise ValueError(said["code"])
    return Problem(**{**said, "has_received": said["has_received"] is True})


def text_in(said: Any) -> str:
    """Return a text that a caller may read. TypeError where it is none, or is too long."""
    if not isinstance(said, str) or len(said) > LONGEST_DETAIL:
        raise TypeError
    return said
