"""Backtests as one JSON request in and one JSON result out.

    from backtester import run
    result = run({"strategy": "buy_hold", ...})

Nothing is imported before it is used: every spawned run passes through here.
"""

from __future__ import annotations

from typing import Any

from backtester._version import __version__
from backtester.errors import (
    BacktestError,
    CancelledError,
    DataError,
    InternalError,
    LimitError,
    RequestError,
)

__all__ = [
    "BacktestError",
    "CancelledError",
    "DataError",
    "InternalError",
    "LimitError",
    "RequestError",
    "__version__",
    "run",
]


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Run one backtest in this process and return the result document.

    request: as schemas/request.schema.json has it; it is not changed. BacktestError (RequestError, DataError) where
    there is no result; its `as_document()` is the error document. Deadline and memory limit are the supervisor's:
    here they do not apply.
    """
    from backtester.contract.check import check
    from backtester.contract.decode import check_tree
    from backtester.pipeline import run_checked
    from backtester.settings import read_settings

    settings = read_settings()
    check_tree(request)
    return run_checked(check(request, csv_available=settings.csv_dir is not None), settings=settings)
