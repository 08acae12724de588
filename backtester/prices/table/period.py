"""Finds the effective period: its first and last session, the symbol that limits it, and the warnings."""

from __future__ import annotations

from typing import Any

import numpy as np

from backtester.model.calendar import LONGEST_BREAK_DAYS
from backtester.model.errors import DataError, RunWarning
from backtester.model.record import Record
from backtester.model.records import DateArray, PriceQuery, WarmUp
from backtester.prices.table.aligned import distinct

_LONGEST_BREAK = np.timedelta64(LONGEST_BREAK_DAYS, "D")


class Period(Record):
    """The rows of the sessions that a run uses, and the symbol that limits them."""

    begin: int  # the first row with the warm-up
    start: int  # the first row of the period
    end: int  # the row after its last
    late: str  # the symbol that delays the start most
    warnings: tuple[RunWarning, ...]

    @property
    def limited_by(self) -> str | None:
        """The symbol that delayed the start, None where none did."""
        return self.late if any(warning.code == "START_DELAYED" for warning in self.warnings) else None


def until_end(
    calendars: dict[str, DateArray], query: PriceQuery
) -> tuple[dict[str, DateArray], dict[str, np.datetime64]]:
    """Cut the sessions of every symbol at end_date; DataError NO_DATA_IN_RANGE for one without any in the period.

    Returns them, what was one object as one, and how far each symbol reaches: to end_date where it goes on after it,
    else to its last price.
    """
    start, end = np.datetime64(query.start_date), np.datetime64(query.end_date)
    sizes = {id(sessions): int(sessions.searchsorted(end, side="right")) for sessions in distinct(calendars)}
    heads = {id(sessions): sessions[: sizes[id(sessions)]] for sessions in distinct(calendars)}
    cut, reach = {}, {}
    for symbol, sessions in calendars.items():
        head = cut[symbol] = heads[id(sessions)]
        if head.size == 0 or head[-1] < start:
            raise _no_price(symbol, sessions, head.size, query)
        reach[symbol] = end if head.size < sessions.size else head[-1]
    return cut, reach


def _no_price(symbol: str, sessions: DateArray, size: int, query: PriceQuery) -> DataError:
    """Return the error of a symbol without a session in the period. size: the number of its sessions before that."""
    have, remedy = "Its source has no price there", "Move the period, or check the symbol."
    if 0 < size < sessions.size:  # a weekend, a holiday, a gap
        before, after = sessions[size - 1], sessions[size]
        have = f"It has no session in this period: the ones around it are {before} and {after}"
        remedy = f"Set `start_date` to {before}, or `end_date` to {after}."
    elif sessions.size:
        have = f"Its history runs from {sessions[0]} to {sessions[-1]}"
        remedy = "Move the period into the symbol's history."
    detail = f"{symbol} has no price from {query.start_date} to {query.end_date}. {have}."
    return DataError("NO_DATA_IN_RANGE", detail, remedy=remedy, pointer=query.pointer(symbol))


def effective_period(
    calendars: dict[str, DateArray], query: PriceQuery, sessions: DateArray, reach: dict[str, np.datetime64]
) -> Period:
    """Find the period on the holdings' sessions (T,), the warm-up before it, and the warnings.

    calendars, reach: as `until_end` returns them. A signal may end the period, never delay it.
    DataError INSUFFICIENT_HISTORY where no session is left, or where a symbol begins after the end.
    """
    early = _first_to_end(query, reach)
    start, late = _first_common(calendars, query, sessions)
    end = int(np.searchsorted(sessions, reach[early], side="right"))
    may_begin_late = (*(query.symbols if query.partial_history else ()), *(symbol for symbol, _ in query.signals))
    never = [symbol for symbol in may_begin_late if start < end and calendars[symbol][0] > sessions[end - 1]]
    if never:
        start, late = end, never[0]
    if start >= end:
        detail = f"No session from {query.start_date} to {query.end_date} has a price of every symbol."
        if late != early:
            detail += f" {early} has none after {reach[early]}. {late} begins later."
        remedy = "Move the period." if query.symbols == (late,) else f"Move the period, or leave {late} out."
        raise DataError("INSUFFICIENT_HISTORY", detail, remedy=remedy, pointer=query.pointer(late))
    return Period(
        begin=_first_row(sessions, start - (1 if query.signal and start > 0 else 0), query.warm_up),
        start=start,
        end=end,
        late=late,
        warnings=(
            *_start_warnings(query, sessions, start, late, calendars[late]),
            *_end_warnings(query, sessions, end, early, reach[early]),
            *_entry_warnings(query, calendars, sessions[start]),
        ),
    )


def _first_to_end(query: PriceQuery, reach: dict[str, np.datetime64]) -> str:
    """Return the symbol whose end is the end of the period.

    Where holdings that end are paid out, the last of them; but a benchmark is needed to the end, a holding or not, and
    so is a signal that is no holding. DataError NO_DATA_IN_RANGE where a holding may not end.
    """
    early = min(reach, key=lambda s: reach[s])
    if query.ended_history == "cash":
        needed = [symbol for symbol, _ in (*query.signals, *query.benchmark)]
        return min((max(query.symbols, key=lambda s: reach[s]), *needed), key=lambda s: reach[s])
    if query.ended_history == "error" and early in query.symbols:
        ends = np.datetime64(query.end_date)
        if ends - reach[early] > _LONGEST_BREAK or any(reach[s] > reach[early] for s in query.symbols):
            detail = f"{early} has no price after {reach[early]}, and the request ends on {query.end_date}."
            remedy = f"Set `data.ended_history` to `stop` or `cash`, or `end_date` to {reach[early]}."
            raise DataError("NO_DATA_IN_RANGE", detail, remedy=remedy, pointer=query.pointer(early))
    return early


def _first_common(calendars: dict[str, DateArray], query: PriceQuery, sessions: DateArray) -> tuple[int, str]:
    """Return the row of the first session from start_date on that the period can begin with, and the latest symbol.

    It needs a price of every holding and of the benchmark; with partial histories any one holding's does. The latest
    is that whose first price from start_date on comes last: a holiday of another after it is not what delays the start.
    """
    # symbols that share their sessions have the next one on the same day: the first of them speaks for all
    first_of: dict[int, str] = {}
    for symbol in query.symbols:
        first_of.setdefault(id(calendars[symbol]), symbol)
    held = tuple(first_of.values())
    groups: list[tuple[str, ...]] = [(symbol,) for symbol in held]  # of each one price is enough
    if query.partial_history:
        groups = [held]
    groups += [(symbol,) for symbol, _ in query.benchmark]
    asked = np.datetime64(query.start_date)
    # every symbol has a price in the period: `until_end`
    late = max((_first_of(group, calendars, asked) for group in groups), key=lambda first: first[0])[1]
    day, moved = asked, True
    while moved:
        moved = False
        for group in groups:
            first = _first_of(group, calendars, day)
            if first is None:
                return sessions.size, late
            day, moved = first[0], moved or first[0] > day
    return int(np.searchsorted(sessions, day)), late


def _first_of(group: tuple[str, ...], calendars: dict[str, DateArray], day: np.datetime64) -> Any:
    """Return the first session (datetime64) of any symbol of a group from a day on, with the symbol, or None."""
    following = [(found, symbol) for symbol in group if (found := _next(calendars[symbol], day)) is not None]
    return min(following, key=lambda first: first[0], default=None)


def _next(sessions: DateArray, day: np.datetime64) -> Any:
    """Return the first session (datetime64) that is not before the day, None where there is none."""
    row = int(sessions.searchsorted(day))
    return None if row == sessions.size else sessions[row]


def _first_row(sessions: DateArray, decision: int, warm_up: WarmUp) -> int:
    """Return the first row that the decision at row `decision` needs; earlier rows change no number."""
    row = decision - warm_up.sessions
    if warm_up.months:
        after = sessions[decision].astype("datetime64[M]") - np.timedelta64(warm_up.months - 1, "M")
        row = min(row, int(np.searchsorted(sessions, after.astype("datetime64[D]"))) - 1)
    return max(row, 0)


def _start_warnings(query: PriceQuery, sessions: DateArray, start: int, late: str, own: DateArray) -> list[RunWarning]:
    """Return START_DELAYED where sessions exist, or should exist, before the first on which all have a price.

    own: the sessions of the symbol that is late.
    """
    asked = np.datetime64(query.start_date)
    skipped = start > int(np.searchsorted(sessions, asked))
    if not skipped and own[0] - asked <= _LONGEST_BREAK:
        return []
    first, lacking = _next(own, asked), "in between"
    if first < sessions[start]:
        lacking = f"until {first}, and on no session from then on do all symbols have one before {sessions[start]}"
    detail = f"The period starts on {sessions[start]}, not {query.start_date}. {late} has no price {lacking}."
    return [RunWarning(code="START_DELAYED", detail=detail, pointer="/start_date", symbol=late)]


def _end_warnings(
    query: PriceQuery, sessions: DateArray, end: int, early: str, last: np.datetime64
) -> list[RunWarning]:
    """Return END_CLIPPED where sessions exist, or should exist, after the last on which all have a price."""
    asked = np.datetime64(query.end_date)
    if end == sessions.size and asked - last <= _LONGEST_BREAK:
        return []
    detail = f"The period ends on {sessions[end - 1]}, not {query.end_date}. {early} has no price in between."
    return [RunWarning(code="END_CLIPPED", detail=detail, pointer="/end_date", symbol=early)]


def _entry_warnings(query: PriceQuery, calendars: dict[str, DateArray], first: np.datetime64) -> list[RunWarning]:
    """Return HOLDING_ENTERS_LATE for each holding whose prices begin after the period's first session."""
    warnings = []
    for symbol in query.symbols if query.partial_history else ():
        began = calendars[symbol][0]
        if began > first:
            detail = f"{symbol} has no price before {began}. From {first} until then the others share its allocation."
            warnings.append(
                RunWarning(code="HOLDING_ENTERS_LATE", detail=detail, pointer=query.pointer(symbol), symbol=symbol)
            )
    return warnings
