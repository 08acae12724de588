"""Parameters that exclude each other: the error that `warm_up` raises for them, before any price is loaded."""

from __future__ import annotations

from typing import Any

from backtester.model.errors import Problem, RequestError


def refused(pointer: str, received: Any, detail: str, *, code: str = "OUT_OF_RANGE") -> RequestError:
    """Return a VALIDATION_FAILED of one problem, to be raised."""
    problem = Problem(pointer=pointer, code=code, received=received, has_received=True, detail=detail)
    return RequestError("VALIDATION_FAILED", "1 problem", problems=(problem,))
