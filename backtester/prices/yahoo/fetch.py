"""Prices from Yahoo Finance through yfinance: closes, adjusted closes, dividends and splits.

The first fetch imports yfinance and pandas and configures yfinance (yfinance_session.py).
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Mapping
from typing import Any

from backtester.prices.sources.source import NOT_SET_UP, Quotes, SourceFailure
from backtester.prices.yahoo.failures import failure_of, is_empty
from backtester.prices.yahoo.yfinance_session import (
    SIDE_TIMEOUT_SECONDS,
    Watch,
    has_yfinance,
    load_yfinance,
    watched_session,
    watching,
)

SETTLING_SECONDS = 15 * 60  # Yahoo's close changes for some minutes after the session ends
ROUND_THE_CLOCK_SECONDS = 23 * 3600  # crypto, currencies, most futures
SIDE_PAGES = 2  # that may be waited for before the chart: the cookie's and the consent's


def fetch(symbol: str, start: datetime.date, end: datetime.date, *, timeout_seconds: float) -> Quotes:
    """Return the quotes of a symbol. SourceFailure; NOT_SET_UP where this installation comes without yfinance.

    Yahoo adjusts a close for every split since, so all sessions to the present are asked for. A session counts as
    finished some minutes after its regular close, by the exchange's clock; where trade goes round the clock, when its
    date is over.
    """
    if not has_yfinance():
        why = "this installation comes without yfinance"
        raise SourceFailure(NOT_SET_UP, why, remedy="Only the operator can install yfinance.")
    asked_at = datetime.datetime.now(datetime.UTC)  # before the request: a bar is at least that old
    yfinance = load_yfinance()  # takes a second the first time, which is not Yahoo's
    longest = timeout_seconds + SIDE_PAGES * min(timeout_seconds, SIDE_TIMEOUT_SECONDS)
    watch = Watch(deadline=time.monotonic() + longest, timeout_seconds=timeout_seconds)
    try:
        with watching(watch):
            ticker = yfinance.Ticker(symbol, session=watched_session())
            frame = ticker.history(
                start=start,
                end=asked_at.date() + datetime.timedelta(days=3),
                interval="1d",
                auto_adjust=False,
                actions=True,
                keepna=True,
                timeout=watch.timeout_seconds,
            )
        return _quotes(frame, ticker.history_metadata, asked_at)
    except (MemoryError, ImportError):
        raise
    except Exception as error:
        if type(error).__name__ == "YFPricesMissingError" and watch.chart_of_period and is_empty(watch.chart):
            return Quotes(days=[], close=[])
        raise failure_of(error, watch.chart) from error


def is_final(session: datetime.date, now: datetime.datetime, metadata: Mapping[str, Any]) -> bool:
    """Return whether the bar dated `session` (the exchange's date) is final; False when in doubt.

    now: aware. metadata: yfinance's history metadata, of which the time zone and the current regular trading period
    are used. Today's bar is final where the period ends today, has ended, and is not round the clock.
    """
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(metadata["exchangeTimezoneName"])
    today = now.astimezone(zone).date()
    if session != today:
        return session < today
    regular = (metadata.get("currentTradingPeriod") or {}).get("regular") or {}
    opens, closes = _epoch(regular.get("start")), _epoch(regular.get("end"))
    if opens is None or closes is None or closes - opens >= ROUND_THE_CLOCK_SECONDS:
        return False
    ends_today = datetime.datetime.fromtimestamp(closes, zone).date() == today
    return ends_today and now.timestamp() >= closes + SETTLING_SECONDS


def _epoch(moment: Any) -> float | None:
    """Seconds since 1970 of a number or of a pandas Timestamp; yfinance has either."""
    if moment is None:
        return None
    return float(moment.timestamp()) if hasattr(moment, "timestamp") else float(moment)


def _quotes(frame: Any, metadata: Mapping[str, Any], now: datetime.datetime) -> Quotes:
    """Convert yfinance's frame to quotes."""
    if len(frame) == 0:
        return Quotes(days=[], close=[])
    last = now.astimezone(frame.index.tz).date()
    if not is_final(last, now, metadata):
        last -= datetime.timedelta(days=1)
    paid = frame["Dividends"].to_numpy(dtype="float64")
    if "Capital Gains" in frame:  # of funds; adjusted closes count them too
        paid = paid + frame["Capital Gains"].to_numpy(dtype="float64")
    return Quotes(
        days=frame.index.tz_localize(None).to_numpy(), close=frame["Close"].to_numpy(),
        adjusted=frame["Adj Close"].to_numpy(), open=frame["Open"].to_numpy(), dividends=paid,
        splits=frame["Stock Splits"].to_numpy(), finished=last,
    )  # fmt: skip
