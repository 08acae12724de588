"""Converts a failed fetch to a DataError by Yahoo's response."""

from __future__ import annotations

from typing import Any, NoReturn

from backtester.model.errors import DataError


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


def raise_data_error(symbol: str, error: Exception, response: Any) -> NoReturn:
    """Raise the DataError of a failed fetch. response: the last chart's, None where none came."""
    status, reason, _ = _read_answer(response)
    if status == 429 or type(error).__name__ == "YFRateLimitError":
        raise DataError(
            "RATE_LIMITED",
            f"Yahoo Finance refused to send {symbol}: too many requests. Try again in a few minutes.",
        ) from error
    # Only Yahoo's own JSON makes a symbol unknown: the 404 of a proxy or a portal does not.
    unknown = bool(reason) and (status in (400, 404, 422) or (status == 200 and "delisted" in reason.lower()))
    if unknown or (response is None and str(error).startswith("Invalid ISIN")):
        raise DataError(
            "SYMBOL_NOT_FOUND",
            f"Yahoo Finance has no prices for {symbol}: it is unknown or delisted. "
            "Check the spelling, or choose another data.source.",
        ) from error
    if status is not None and status >= 400:
        why = f"it answered with status {status}"
    elif isinstance(error, TimeoutError) or any("Timeout" in kind.__name__ for kind in type(error).__mro__):
        why = "it did not answer in time"
    elif status is None and isinstance(error, OSError):
        why = "there is no connection to it"
    else:
        why = "its answer could not be read"
    raise DataError(
        "DATA_SOURCE_UNAVAILABLE",
        f"Yahoo Finance could not be asked for {symbol}: {why}. "
        "Try again later, or use data.source bundled, csv or inline.",
    ) from error
