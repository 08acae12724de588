"""One symbol's stored prices: the covered range, the missing range, and the merge of two pieces.

Pure functions: no file and no source is accessed.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from backtester.model.record import Record, replace
from backtester.model.records import SymbolHistory
from backtester.prices.checks.repairs import RepairedPrices
from backtester.prices.not_sent import DroppedPrices, dropped_prices, unadjusted_prices
from backtester.prices.sources.network_source import title_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from backtester.model.errors import RunWarning
    from backtester.model.records import BoolArray, FloatArray
    from backtester.prices.listing_cache import Extent

    DayArray = npt.NDArray[np.int32]

SETTLED_DAYS = 3  # after so many days every exchange has closed and its source has published (funds: the next day)
RECHECK_SECONDS = 3600.0  # how often the sessions since are asked for again, and a check that failed is tried again
IMPORTED = "csv"  # the source of what was put here from a file
YAHOO = "yahoo"  # the only one whose histories may be from before dividends and traded closes were stored
ENOUGH_SESSIONS = 10  # to know the weekdays on which a symbol trades
# Every dividend and split rescales all earlier total-return prices. Yahoo's prices are single precision, so the same
# price sent twice differs by at most 2 * 2**-24 = 1.2e-7; the smallest regular dividends (NVIDIA's cent on 190 dollars)
# move it by 5e-5. The tolerance lies between the two.
SAME_PRICE_TOLERANCE = 1e-6
EPOCH = datetime.date(1970, 1, 1)


class StoredHistory(Record):
    """The prices of a symbol from `first` through `last`, both covered whether or not they are sessions.

    Inside, a day outside `days` has no price at the source: holidays, and all days before the symbol began.
    After `last` nothing is known, although the source was asked through `asked_last` at `checked_at`.
    """

    symbol: str
    source: str
    days: DayArray  # (T,) days since 1970-01-01, strictly increasing
    close: FloatArray  # (T,) currency, > 0, total return
    open: FloatArray | None  # (T,) currency, NaN where there is none
    dividend: FloatArray | None  # (T,) share of the close before; None: saved before dividends were
    traded: FloatArray | None = None  # (T,) currency, what a share cost at the close; None: saved before these were
    split: FloatArray | None = None  # (T,) new shares for an old one; None as traded
    repairs: tuple[RepairedPrices, ...] = ()
    dropped: DayArray  # sessions without a usable price, ascending
    first: datetime.date
    last: datetime.date
    asked_last: datetime.date
    checked_at: float  # epoch seconds
    fetched_at: float  # epoch seconds, when the source was last asked for the whole of it
    check_began: float | None = None  # epoch seconds, of a check since then that failed or has not ended
    warnings: tuple[RunWarning, ...] = ()  # of an imported history, about the whole of it
    counts_adjusted_shares: bool = False  # of an imported history; a fetched one counts them where traded is None

    @property
    def is_imported(self) -> bool:
        """Return whether it is from a file, so that no source extends or corrects it."""
        return self.source == IMPORTED

    @property
    def is_unadjusted(self) -> bool:
        """Return whether its source sends neither adjusted closes nor dividends."""
        return self.dividend is None and self.source not in (IMPORTED, YAHOO)

    @property
    def predates_dividends(self) -> bool:
        """Return whether it was saved before its source's dividends or traded closes were."""
        return self.source == YAHOO and (self.dividend is None or self.traded is None)


def day_number(day: datetime.date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def as_date(number: int) -> datetime.date:
    """Inverse of day_number."""
    return EPOCH + datetime.timedelta(days=int(number))


def extent_of(stored: StoredHistory) -> Extent:
    """Return what a list says of a stored history, with at least one session."""
    from backtester.prices.listing_cache import Extent, is_unadjusted

    ends = [as_date(stored.days[at]).isoformat() for at in (0, -1)]
    unadjusted = stored.is_unadjusted or is_unadjusted(stored.warnings)
    return Extent(ends[0], ends[1], len(stored.days), unadjusted, stored.checked_at)


def from_fetch(
    history: SymbolHistory, start: datetime.date, end: datetime.date, *, today: datetime.date, asked_at: float
) -> StoredHistory:
    """Return the stored history of a fetch from `start` to `end`. `last` is before `first` where nothing is settled."""
    days = history.sessions.astype("datetime64[D]").astype(np.int64).astype(np.int32)
    # The newest sessions may not be published yet: only settled days and the sessions received are known.
    last = min(end, today - datetime.timedelta(days=SETTLED_DAYS))
    if len(days):
        last = max(last, as_date(days[-1]))
    lost = [
        day_number(day) for warning in history.warnings if isinstance(warning, DroppedPrices) for day in warning.days
    ]
    return StoredHistory(
        symbol=history.symbol,
        source=history.source,
        days=days,
        close=np.asarray(history.close, dtype=np.float64),
        open=None if history.open is None else np.asarray(history.open, dtype=np.float64),
        dividend=None if history.dividend is None else np.asarray(history.dividend, dtype=np.float64),
        traded=None if history.traded is None else np.asarray(history.traded, dtype=np.float64),
        split=None if history.split is None else np.asarray(history.split, dtype=np.float64),
        repairs=tuple(warning for warning in history.warnings if isinstance(warning, RepairedPrices)),
        dropped=np.asarray(lost, dtype=np.int32),
        first=start,
        last=last,
        asked_last=end,
        checked_at=asked_at,
        fetched_at=asked_at,
    )


def cut(stored: StoredHistory, start: datetime.date, end: datetime.date, *warnings: RunWarning) -> SymbolHistory:
    """Return the sessions from `start` to `end`, both inclusive, with the warning about those that were dropped."""
    low, high = np.searchsorted(stored.days, [day_number(start), day_number(end) + 1])
    lost = tuple(as_date(day) for day in stored.dropped if start <= as_date(day) <= end)
    opens = None if stored.open is None else _read_only(stored.open[low:high])
    repairs = tuple(repair for repair in stored.repairs if repair.within(start, end))
    return SymbolHistory(
        symbol=stored.symbol,
        source=stored.source,
        sessions=_read_only(stored.days[low:high].astype("datetime64[D]")),
        close=_read_only(stored.close[low:high]),
        open=opens if opens is not None and bool(np.isfinite(opens).any()) else None,
        dividend=None if stored.dividend is None else _read_only(stored.dividend[low:high]),
        traded=None if stored.traded is None else _read_only(stored.traded[low:high]),
        split=_splits_between(stored, low, high),
        counts_adjusted_shares=stored.traded is None,
        warnings=(
            *((dropped_prices(stored.symbol, lost, source=title_of(stored.source)),) if lost else ()),
            *((unadjusted_prices(stored.symbol, source=title_of(stored.source)),) if stored.is_unadjusted else ()),
            *repairs,
            *warnings,
        ),
    )


def _splits_between(stored: StoredHistory, low: Any, high: Any) -> FloatArray | None:
    """Return the splits of a range of the sessions; None where there are none."""
    if stored.split is None or bool((stored.split[low:high] == 1).all()):
        return None
    splits: FloatArray = _read_only(stored.split[low:high])
    return splits


def _read_only(values: Any) -> Any:
    values = values.view()
    values.flags.writeable = False
    return values


def misses_early(stored: StoredHistory, start: datetime.date) -> bool:
    """Return whether sessions on or after `start` may be missing before the stored ones."""
    return start < stored.first


def misses_late(stored: StoredHistory, end: datetime.date, now: float) -> bool:
    """Return whether a request for sessions up to `end` (not after today) could return more than is stored.

    False where the source was asked within the last hour, or where this symbol never trades on the days since.
    """
    if end <= stored.last:
        return False
    if stored.asked_last >= end and 0 <= now - stored.checked_at < RECHECK_SECONDS:
        return False
    unknown = range(day_number(stored.last) + 1, day_number(end) + 1)
    if len(stored.days) < ENOUGH_SESSIONS or len(unknown) >= 7:
        return True
    weekdays = set((stored.days[-260:] % 7).tolist())
    return any(day % 7 in weekdays for day in unknown)


def is_due(stored: StoredHistory, every_seconds: float, now: float) -> bool:
    """Return whether the whole history is to be compared with its source's now.

    Not where a check began within the last hour: it has failed, or another process is at it.
    """
    if stored.is_imported or 0 <= now - stored.fetched_at < every_seconds:
        return False
    rest = min(RECHECK_SECONDS, every_seconds)
    return stored.check_began is None or not 0 <= now - stored.check_began < rest


def union(
    stored: StoredHistory | None, start: datetime.date, end: datetime.date
) -> tuple[datetime.date, datetime.date]:
    """Return the range that covers both the stored range and `start` to `end`."""
    return (start, end) if stored is None else (min(start, stored.first), max(end, stored.last))


def merge(old: StoredHistory, new: StoredHistory) -> StoredHistory | None:
    """Join two pieces whose ranges touch; inside the range of `new`, `new` takes precedence.

    None where they cannot be joined: the prices on common sessions differ, so one of them is adjusted for
    dividends or splits that the other does not know; or they have no session in common.
    """
    one_day = datetime.timedelta(days=1)
    if new.first > old.last + one_day or old.first > new.last + one_day:
        return None
    first, last = day_number(new.first), day_number(new.last)
    outside = (old.days < first) | (old.days > last)
    if len(old.days) and not (_same_adjustment(old, new) if len(new.days) else outside.all()):
        return None
    lost_outside = (old.dropped < first) | (old.dropped > last)
    days = np.concatenate([old.days[outside], new.days])
    order = np.argsort(days, kind="stable")
    opens = None
    if old.open is not None or new.open is not None:
        opens = np.concatenate([opens_of(old)[outside], opens_of(new)])[order]
    paid, traded, split = (_joined(old, new, outside, name) for name in ("dividend", "traded", "split"))
    asked = max(old, new, key=lambda piece: (piece.asked_last, piece.checked_at))
    return replace(
        new,
        days=days[order],
        close=np.concatenate([old.close[outside], new.close])[order],
        open=opens,
        dividend=None if paid is None else paid[order],
        traded=None if traded is None else traded[order],
        split=None if split is None else split[order],
        repairs=tuple(dict.fromkeys((*_repairs_outside(old, new), *new.repairs))),
        dropped=np.unique(np.concatenate([old.dropped[lost_outside], new.dropped])),
        first=min(old.first, new.first),
        last=max(old.last, new.last),
        asked_last=asked.asked_last,
        checked_at=asked.checked_at,
        fetched_at=max(old.fetched_at, new.fetched_at),
    )


def _repairs_outside(old: StoredHistory, new: StoredHistory) -> tuple[RepairedPrices, ...]:
    """Return the old repairs that `new` cannot know of."""
    return tuple(repair for repair in old.repairs if any(not new.first <= day <= new.last for day in repair.days))


def opens_of(piece: StoredHistory) -> FloatArray:
    """Return (T,) the opens, NaN where there is none."""
    return np.full(len(piece.days), np.nan) if piece.open is None else piece.open


def _joined(old: StoredHistory, new: StoredHistory, outside: BoolArray, name: str) -> FloatArray | None:
    """Return a column of old[outside], then that of new; None unless all of it is known."""
    known: FloatArray | None = getattr(old, name)
    joined: FloatArray | None = getattr(new, name)
    if joined is None and known is not None and bool(np.isin(new.days, old.days).all()):
        joined = known[np.isin(old.days, new.days)]  # the closes are the same, so these are too
    if joined is None or (known is None and bool(outside.any())):
        return None
    return joined if known is None else np.concatenate([known[outside], joined])


def _same_adjustment(old: StoredHistory, new: StoredHistory) -> bool:
    _, left, right = np.intersect1d(old.days, new.days, assume_unique=True, return_indices=True)
    if len(left) == 0:
        return False
    return bool(np.all(np.abs(new.close[right] / old.close[left] - 1) <= SAME_PRICE_TOLERANCE))


def reconcile(current: StoredHistory | None, new: StoredHistory) -> StoredHistory:
    """Return the history to save when another process has saved `current` since `new` was fetched.

    Their union where they agree; where the adjustment changed, the one fetched later; where there is a hole between
    them, the one with more sessions. `new` replaces one from over an hour after it, which a wrong clock wrote.
    """
    if current is None or current.fetched_at - new.fetched_at > RECHECK_SECONDS:
        return new
    older, newer = sorted((current, new), key=lambda piece: piece.fetched_at)
    merged = merge(older, newer)
    if merged is not None:
        return merged
    one_day = datetime.timedelta(days=1)
    if new.first > current.last + one_day or current.first > new.last + one_day:
        return max(current, new, key=lambda piece: len(piece.days))
    return newer
