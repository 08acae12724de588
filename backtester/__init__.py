"""Backtests from one JSON request to one JSON result.

    from backtester import run
    result = run({"strategy": "buy_hold", ...})

    from backtester import run_many
    for document in run_many(requests): ...

Modules are imported when they are used, since every spawned run imports this package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backtester._version import __version__
from backtester.model.errors import (
    BacktestError,
    CancelledError,
    DataError,
    InternalError,
    LimitError,
    RequestError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "BacktestError",
    "CancelledError",
    "DataError",
    "InternalError",
    "LimitError",
    "RequestError",
    "__version__",
    "run",
    "run_many",
]


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Run one backtest in this process and return the result document.

    request: as schemas/request.schema.json has it; it is not changed. BacktestError (RequestError, DataError) where
    there is no result; its `as_document()` is the error document. The deadline and the memory limit do not apply,
    since no other process supervises the run.
    """
    from backtester.pipeline import run as run_one

    return run_one(request)


def run_many(requests: Iterable[dict[str, Any]], *, jobs: int | None = None) -> Iterator[dict[str, Any]]:
    """Yield a document for each request, result or error, in order of completion; match them by `request_id`.

    jobs: processes, by default as many as there are cores. Prices are loaded once and shared; an invalid,
    crashing or slow request gives its own error document and does not affect the others. Only a few requests are
    read ahead, so there may be any number. Closing the iterator ends the processes.
    """
    from backtester.adapters.ndjson.run_many import run_many as run_them

    return run_them(requests, jobs=jobs)
