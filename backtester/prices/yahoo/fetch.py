"""Prices from Yahoo Finance through yfinance: total-return histories of finished sessions.

The first fetch imports yfinance and pandas and configures yfinance (yfinance_session.py).
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from backtester.model.codes import ERROR_CODES
from backtester.model.errors import BacktestError, DataError
from backtester.model.records import SymbolHistory
from backtester.prices.dropped import dropped_prices
from backtester.prices.share_prices import share_prices
from backtester.prices.yahoo.failures import is_empty, raise_data_error
from backtester.prices.yahoo.yfinance_session import Watch, has_yfinance, load_yfinance, watched_session, watching

if TYPE_CHECKING:
    from backtester.model.records import BoolArray, DateArray, FloatArray

RATE_LIMIT_TO_UNREACHABLE = 4.0  # the wait after a rate limit is longer than after other failures
SETTLING_SECONDS = 15 * 60  # Yahoo's close changes for some minutes after the session ends
ROUND_THE_CLOCK_SECONDS = 23 * 3600  # crypto, currencies, most futures
EARLIEST = datetime.date(1900, 1, 1)
CLOSE_BEFORE = datetime.timedelta(days=21)  # a dividend on the first day needs it; the longest holidays take twelve


def fetch_history(
    symbol: str,
    start: datetime.date,
    end: datetime.date,
    *,
    attempts: int = 4,
    timeout_seconds: float = 10.0,
    budget_seconds: float = 15.0,
    backoff_seconds: float = 1.0,
    on_retry: Callable[..., None] | None = None,
) -> SymbolHistory:
    """Fetch the finished sessions of `symbol` from `start` to `end`, both inclusive, at total-return prices.

    timeout_seconds bounds one request, budget_seconds the whole call, waiting included. backoff_seconds is the first
    wait after a rate limit, a quarter of it after any other failure; each further wait doubles, less up to half at
    random: at the defaults at most 7 s and 1.75 s in all. on_retry is called with `symbol`, `attempt` (1 for the
    first that failed), `wait_seconds` and `code`, before each wait.

    A symbol without prices in the period gives a history of no sessions. Sessions whose close is missing or not
    positive are left out, with a DroppedPrices warning; a missing open is NaN. Dividends, splits and traded closes
    always come with the prices: Yahoo adjusts a close for every split since, so all sessions to the present are asked
    for. Known faults are repaired, with a RepairedPrices warning.
    A session counts as finished some minutes after its regular close, by the exchange's clock; where trade goes round
    the clock, when its date is over.

    DataError: SYMBOL_NOT_FOUND; RATE_LIMITED; DATA_SOURCE_UNAVAILABLE for every retryable failure, and where this
    installation comes without yfinance.
    """
    _require_yfinance(symbol)
    deadline = time.monotonic() + budget_seconds
    for attempt in range(1, attempts + 1):
        try:
            return _fetch_once(symbol, start, end, Watch(deadline=deadline, timeout_seconds=timeout_seconds))
        except DataError as error:
            wait = _backoff(error.code, attempt, backoff_seconds)
            if not ERROR_CODES[error.code].retryable or attempt >= attempts or time.monotonic() + wait >= deadline:
                raise
            code = error.code
        if on_retry is not None:
            on_retry(symbol=symbol, attempt=attempt, wait_seconds=wait, code=code)
        time.sleep(wait)
    raise ValueError("attempts must be at least 1")


def _require_yfinance(symbol: str) -> None:
    if not has_yfinance():
        raise DataError(
            "DATA_SOURCE_UNAVAILABLE",
            f"Yahoo Finance cannot be asked for {symbol}: this installation comes without yfinance. "
            "Use data.source bundled, csv or inline.",
        )


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


def _backoff(code: str, attempt: int, backoff_seconds: float) -> float:
    import random

    base = backoff_seconds if code == "RATE_LIMITED" else backoff_seconds / RATE_LIMIT_TO_UNREACHABLE
    # Jitter, so that workers that failed together do not retry together.
    return base * float(2 ** (attempt - 1)) * random.uniform(0.5, 1.0)  # noqa: S311


def _fetch_once(symbol: str, start: datetime.date, end: datetime.date, watch: Watch) -> SymbolHistory:
    """Fetch once. DataError as fetch_history; every other exception is treated as a failure of the source."""
    asked_at = datetime.datetime.now(datetime.UTC)  # before the request: a bar is at least that old
    # Both ends are cut so that no time zone arithmetic overflows; there are no prices beyond them.
    present = asked_at.date() + datetime.timedelta(days=2)
    start, end = max(start, EARLIEST), min(end, present)
    if start > end:
        return _without_sessions(symbol)
    try:
        with watching(watch):
            ticker = load_yfinance().Ticker(symbol, session=watched_session())
            frame = ticker.history(
                start=max(start - CLOSE_BEFORE, EARLIEST),
                end=present + datetime.timedelta(days=1),
                interval="1d",
                auto_adjust=False,
                actions=True,
                keepna=True,
                timeout=watch.timeout_seconds,
            )
        return _as_history(symbol, start, end, frame, ticker.history_metadata, asked_at)
    except (BacktestError, MemoryError, ImportError):
        raise
    except Exception as error:
        if type(error).__name__ == "YFPricesMissingError" and watch.chart_of_period and is_empty(watch.chart):
            return _without_sessions(symbol)
        raise_data_error(symbol, error, watch.chart)


def _as_history(
    symbol: str,
    start: datetime.date,
    end: datetime.date,
    frame: Any,
    metadata: Mapping[str, Any],
    now: datetime.datetime,
) -> SymbolHistory:
    """Convert yfinance's frame to a history: finished sessions of the period with a usable price."""
    import numpy as np

    if len(frame) == 0:
        return _without_sessions(symbol)
    sessions = frame.index.tz_localize(None).to_numpy().astype("datetime64[D]")
    last = now.astimezone(frame.index.tz).date()
    if not is_final(last, now, metadata):
        last -= datetime.timedelta(days=1)
    asked = (sessions >= np.datetime64(start)) & (sessions <= np.datetime64(min(last, end)))
    raw, adjusted, opens = (frame[name].to_numpy(dtype=np.float64) for name in ("Close", "Adj Close", "Open"))
    usable = _is_price(raw) & _is_price(adjusted)
    if not usable.any():
        return _without_sessions(symbol, tuple(sessions[asked].tolist()))
    paid = frame["Dividends"].to_numpy(dtype=np.float64)
    if "Capital Gains" in frame:  # of funds; adjusted closes count them too
        paid = paid + frame["Capital Gains"].to_numpy(dtype=np.float64)
    splits = frame["Stock Splits"].to_numpy(dtype=np.float64)
    found = share_prices(
        symbol, sessions[usable], raw[usable], adjusted=adjusted[usable],
        opens=np.where(_is_price(opens), opens, np.nan)[usable],
        money=_gathered(np.nan_to_num(paid), usable, np.add),
        split=_gathered(np.where(splits > 0, splits, 1.0), usable, np.multiply),
    )  # fmt: skip
    keep = asked[usable]
    lost = tuple(sessions[asked & ~usable].tolist())
    opens = np.full(keep.size, np.nan) if found.open is None else found.open
    repairs = (warning.within(start, end) for warning in found.warnings)
    return SymbolHistory(
        symbol=symbol,
        source="yahoo",
        sessions=_read_only(sessions[usable][keep]),
        close=_read_only(found.close[keep]),
        open=_read_only(opens[keep]) if np.isfinite(opens[keep]).any() else None,
        dividend=_read_only(found.dividend[keep]),
        traded=_read_only(found.traded[keep]),
        split=_read_only(np.ones(int(keep.sum())) if found.split is None else found.split[keep]),
        warnings=(*((dropped_prices(symbol, lost),) if lost else ()), *(w for w in repairs if w is not None)),
    )


def _gathered(values: FloatArray, usable: BoolArray, join: Any) -> FloatArray:
    """Return values (T,) of the usable sessions, each joined with those of the unusable ones just before it."""
    import numpy as np

    rows = np.flatnonzero(usable)
    begins = np.concatenate([[0], rows[:-1] + 1])
    gathered: FloatArray = join.reduceat(values[: rows[-1] + 1], begins)
    return gathered


def _is_price(values: FloatArray) -> BoolArray:
    import numpy as np

    return np.isfinite(values) & (values > 0)


def _read_only(values: Any) -> Any:
    values.flags.writeable = False
    return values


def _without_sessions(symbol: str, lost: tuple[datetime.date, ...] = ()) -> SymbolHistory:
    import numpy as np

    sessions: DateArray = np.empty(0, dtype="datetime64[D]")
    none = _read_only(np.empty(0))
    return SymbolHistory(
        symbol=symbol, source="yahoo", sessions=_read_only(sessions), close=none, dividend=none, traded=none,
        split=none, warnings=(dropped_prices(symbol, lost),) if lost else (),
    )  # fmt: skip
