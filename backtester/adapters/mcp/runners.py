"""What runs a request that an assistant sent: the processes of this machine, or the service's queue."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from backtester.codec.decode import decode
from backtester.contract.check import CheckedRequest, check
from backtester.model.errors import RequestError
from backtester.runtime.limits import within_limits
from backtester.settings import Settings

Progress = Callable[[float, str], Awaitable[None]]  # called with a fraction and the name of the stage


class Runner(Protocol):
    """Runs requests, and keeps their results for as long as it can."""

    settings: Settings

    def require(self, scope: str) -> None:
        """AccessError FORBIDDEN where the caller lacks a scope of the service."""

    async def run(self, request: dict[str, Any], progress: Progress) -> tuple[str | None, dict[str, Any]]:
        """Return a result with its key, or an error document with None."""

    async def result(self, key: str) -> dict[str, Any] | None:
        """Return a result by its key; None where there is none, or no longer."""

    async def keys(self) -> list[str]:
        """Return the keys of the latest results, newest first."""


def encoded(request: dict[str, Any]) -> bytes:
    """Write a request as JSON. RequestError INVALID_JSON for numbers that JSON has no form for."""
    try:
        return json.dumps(request, allow_nan=False).encode("ascii")
    except (ValueError, RecursionError):
        raise RequestError(
            "INVALID_JSON", "The request has a number that is not finite, or is nested too deep."
        ) from None


def checked(request: dict[str, Any], settings: Settings) -> CheckedRequest:
    """Check a request as a run does, plug-ins aside. BacktestError."""
    document = decode(encoded(request), max_bytes=settings.max_request_bytes)
    found = check(document, csv_available=settings.csv_dir is not None, load_plug_ins=False)
    within_limits(found, settings)
    return found
