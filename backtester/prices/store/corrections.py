"""What a source has corrected in a stored history: the stored sessions, compared with a new fetch of all of them.

A dividend or split after the stored sessions rescales all their closes by one factor. It changes no return, and is no
correction. A dividend or split that was recorded late, a corrected close, and a session that came or went are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from backtester.model.errors import RunWarning
from backtester.prices.sources.network_source import title_of
from backtester.prices.store.stored_history import StoredHistory, as_date, day_number, opens_of

if TYPE_CHECKING:
    from backtester.model.records import FloatArray
    from backtester.prices.store.stored_history import DayArray

# Of a ratio of two ratios of prices in single precision, each of which is up to 2**-24 off; see SAME_PRICE_TOLERANCE.
SAME_STEP_TOLERANCE = 2e-6
SAME_SHARE_TOLERANCE = 1e-5  # absolute; the smallest regular dividends are 5e-5 of the price
_COLUMNS = {
    "dividend": "dividend (a share of the close before)",
    "split": "split",
    "traded": "traded close",
}


def correction(old: StoredHistory, new: StoredHistory) -> RunWarning | None:
    """Return STORE_REFRESHED with the first difference of each kind; None where every return and event is the same.

    Only days that both cover are compared.
    """
    first, last = day_number(max(old.first, new.first)), day_number(min(old.last, new.last))
    old_days, new_days = (days[(days >= first) & (days <= last)] for days in (old.days, new.days))
    _, left, right = np.intersect1d(old.days, new.days, assume_unique=True, return_indices=True)
    common, opens = old.days[left], _relative_opens(old)[left]
    facts = [
        _sessions(np.setdiff1d(old_days, common), "is gone", "are gone"),
        _sessions(np.setdiff1d(new_days, common), "is new", "are new"),
        _returns(common, old.close[left], new.close[right]),
        _values("open (a multiple of the close)", common, opens, _relative_opens(new)[right], SAME_STEP_TOLERANCE),
    ]
    for column, name in _COLUMNS.items():
        before, now = getattr(old, column), getattr(new, column)
        if before is not None and now is not None:
            tolerance = SAME_SHARE_TOLERANCE if column == "dividend" else SAME_STEP_TOLERANCE * np.abs(before[left])
            facts.append(_values(name, common, before[left], now[right], tolerance))
    told = [fact for fact in facts if fact]
    if not told:
        return None
    what = f"{title_of(old.source)} has corrected {old.symbol}: {'; '.join(told)}."
    detail = f"{what} All its stored prices were fetched anew."
    return RunWarning(code="STORE_REFRESHED", detail=detail, symbol=old.symbol)


def _sessions(days: DayArray, one: str, many: str) -> str:
    if not len(days):
        return ""
    if len(days) == 1:
        return f"the session {as_date(days[0])} {one}"
    return f"{len(days)} sessions from {as_date(days[0])} to {as_date(days[-1])} {many}"


def _returns(days: DayArray, before: FloatArray, now: FloatArray) -> str:
    """Compare the returns of closes (T,): the ratio of the closes changes where a return differs."""
    ratio = now / before
    if not len(ratio) or bool((np.abs(ratio / ratio[-1] - 1) <= SAME_STEP_TOLERANCE).all()):
        return ""
    rows = np.flatnonzero(np.abs(ratio[1:] / ratio[:-1] - 1) > SAME_STEP_TOLERANCE) + 1
    if not len(rows):  # it drifts in steps that are each too small
        rows = np.flatnonzero(np.abs(ratio / ratio[-1] - 1) > SAME_STEP_TOLERANCE)[-1:] + 1
    at = int(rows[0])
    was, became = before[at] / before[at - 1] - 1, now[at] / now[at - 1] - 1
    return f"the return of {as_date(days[at])} was {was:.4%} and is {became:.4%}{_more(len(rows))}"


def _relative_opens(piece: StoredHistory) -> FloatArray:
    """Return (T,) open / close, which no adjustment changes; NaN where there is no open."""
    relative: FloatArray = opens_of(piece) / piece.close
    return relative


def _values(name: str, days: DayArray, before: FloatArray, now: FloatArray, tolerance: FloatArray | float) -> str:
    rows = np.flatnonzero(~((np.abs(now - before) <= tolerance) | (np.isnan(now) & np.isnan(before))))
    if not len(rows):
        return ""
    at = int(rows[0])
    return f"the {name} of {as_date(days[at])} was {before[at]:.6g} and is {now[at]:.6g}{_more(len(rows))}"


def _more(count: int) -> str:
    return f" ({count - 1} more)" if count > 1 else ""
