"""The period that all configurations of a grid have in common, and the prices of each group over it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

import numpy as np

from backtester.analysis.batch.configurations import REPORTED, Configurations, Group
from backtester.analysis.variations import Variations, dated
from backtester.model.errors import BacktestError, DataError, InternalError, RequestError
from backtester.model.record import Record, replace
from backtester.model.records import DateArray, WarmUp
from backtester.pipeline import Loaded

Failed = dict[int, BacktestError]
_EXPECTED = RequestError, DataError, InternalError


class Ready(Record):
    """The groups that can be run over the common period, each with its prices."""

    runs: tuple[tuple[tuple[int, ...], Loaded], ...]  # indices and prices by group
    failed: Failed  # the configurations that cannot
    limited_by: int | None  # the configuration that delays the start most

    @property
    def digests(self) -> list[dict[str, str]]:
        """The digests of the prices of each group, by symbol."""
        return [
            {symbol: entry["digest"] for symbol, entry in loaded.prices.provenance.items()} for _, loaded in self.runs
        ]


class _Member(Record):
    """A group that can be run: its prices, and when each of its configurations can begin."""

    starts: dict[int, np.datetime64]  # by index
    warm_up: WarmUp | None  # what any of them needs; None: of a plug-in, which says so itself
    run: Loaded

    @property
    def first(self) -> int:
        return next(iter(self.starts))

    @property
    def sessions(self) -> DateArray:
        return self.run.prices.sessions[self.run.prices.first :]


def ready(configurations: Configurations, variations: Variations) -> Ready:
    """Load the prices of every group over the period that all have in common.

    It begins on the first session by which every look-back is complete, which a single run does not wait for.
    """
    failed: Failed = {}
    members = []
    groups = configurations.groups()
    for done, group in enumerate(groups):
        if done % REPORTED == 0:
            variations.preparing("loading_data", done, len(groups))
        with _noting(failed, group.indices):
            member = _member(configurations, variations, group, failed)
            members += [member] if member is not None else []
    if not members:
        return Ready(runs=(), failed=failed, limited_by=None)
    starts = {index: start for member in members for index, start in member.starts.items()}
    start, end = max(starts.values()), min(member.sessions[-1] for member in members)
    late = min(index for index in starts if starts[index] == start)
    limited_by = late if start > min(starts.values()) else None
    while any((member.sessions[0], member.sessions[-1]) != (start, end) for member in members):
        again = []
        for done, member in enumerate(members):
            if done % REPORTED == 0:
                variations.preparing("loading_data", done, len(members))
            checked = dated(configurations.checked(member.first), str(start), str(end))
            with _noting(failed, member.starts):
                again.append(replace(member, run=variations.load(checked, warm_up=member.warm_up)))
        members = again
        if not members:
            break
        start = max(member.sessions[0] for member in members)
        end = min(member.sessions[-1] for member in members)
    runs = tuple((tuple(member.starts), member.run) for member in members)
    return Ready(runs=runs, failed=failed, limited_by=limited_by)


@contextlib.contextmanager
def _noting(failed: Failed, indices: Iterable[int]) -> Iterator[None]:
    """Note the error of a group for its configurations. Limits and cancelling end the whole."""
    try:
        yield
    except _EXPECTED as error:
        failed |= dict.fromkeys(indices, error)


def _member(configurations: Configurations, variations: Variations, group: Group, failed: Failed) -> _Member | None:
    """Load a group; None where nothing of it can be run.

    Notes the configurations whose parameters exclude each other, or whose look-back is too long.
    """
    if not group.warm_ups:
        run = variations.load(configurations.checked(group.indices[0]))
        start = run.prices.sessions[run.prices.first]
        return _Member(starts=dict.fromkeys(group.indices, start), warm_up=None, run=run)
    found = {index: group.warm_ups[index] for index in group.indices}
    needs = {index: warm_up for index, warm_up in found.items() if isinstance(warm_up, WarmUp)}
    failed |= {index: error for index, error in found.items() if not isinstance(error, WarmUp)}
    if not needs:
        return None
    every = needs.values()
    most = WarmUp(sessions=max(w.sessions for w in every), months=max(w.months for w in every))
    run = variations.load(configurations.checked(next(iter(needs))), warm_up=most)
    begins: dict[tuple[int, int], np.datetime64 | None] = {}
    starts = {}
    for index, warm_up in needs.items():
        need = warm_up.sessions, warm_up.months
        if need not in begins:
            begins[need] = _start(run, warm_up)
        start = begins[need]
        if start is None:
            failed[index] = DataError("INSUFFICIENT_HISTORY", "The look-back is longer than the history at hand.")
        else:
            starts[index] = start
    return _Member(starts=starts, warm_up=most, run=run) if starts else None


def _start(run: Loaded, warm_up: WarmUp) -> np.datetime64 | None:
    """Return the first session of a run's period by which a look-back is complete; None where none is."""
    prices = run.prices
    before = int(run.strategy.HAS_SIGNAL)  # the first decision is taken a session earlier
    row = max(prices.first, warm_up.sessions + before)
    if warm_up.months:
        months = prices.sessions.astype("datetime64[M]")
        complete = months >= months[0] + np.timedelta64(warm_up.months, "M")
        decision = int(complete.argmax()) if complete.any() else prices.sessions.size
        row = max(row, decision + before)
    return prices.sessions[row] if row < prices.sessions.size else None
