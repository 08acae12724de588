"""Converts a failed fetch to a failure of the source by Yahoo's response."""

from __future__ import annotations

from typing import Any

from backtester.prices.sources.source import NOT_FOUND, RATE_LIMITED, UNAVAILABLE, SourceFailure, reason_of


def _read_answer(response: Any) -> tuple[int | None, str, dict[str, Any]]:
    """Return the status of a chart's response (None: no response), its reason, and the symbol's metadata."""
    if response is None:
        return None, "", {}
    try:
        chart = response.json()["chart"]
        reason = str((chart.get("error") or {}).get("description") or "")
        results = chart.get("result") or [{}]
        return response.status_code, reason, results[0].get("meta") or {}
    except Exception:  # HTML, an incomplete response, another structure
        return response.status_code, "", {}


def is_empty(response: Any) -> bool:
    """Return whether Yahoo knows the symbol but has no prices in the period."""
    status, reason, metadata = _read_answer(response)
    if reason:
        return status == 400 and "data doesn't exist" in reason.lower()
    if status != 200 or "exchangeTimezoneName" not in metadata:
        return False
    result = response.json()["chart"]["result"][0]
    quotes = (result.get("indicators") or {}).get("quote")
    return not result.get("timestamp") and quotes in ([], [{}])


def failure_of(error: Exception, response: Any) -> SourceFailure:
    """Return the failure of a fetch that ended in `error`. response: the last chart's, None where none came."""
    status, reason, _ = _read_answer(response)
    if status == 429 or type(error).__name__ == "YFRateLimitError":
        return SourceFailure(RATE_LIMITED)
    # Only Yahoo's own JSON makes a symbol unknown: the 404 of a proxy or a portal does not.
    unknown = bool(reason) and (status in (400, 404, 422) or (status == 200 and "delisted" in reason.lower()))
    if unknown or (response is None and str(error).startswith("Invalid ISIN")):
        return SourceFailure(NOT_FOUND)
    if status is not None and status >= 400:
        return SourceFailure(UNAVAILABLE, f"it answered with status {status}")
    return SourceFailure(UNAVAILABLE, reason_of(error, answered=status is not None))
