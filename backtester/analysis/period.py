"""The period that all configurations of a grid have in common, and the prices of each group over it."""

from __future__ import annotations

from backtester.analysis.configurations import Configurations, Group
from backtester.analysis.variations import Variations, dated
from backtester.contract.schemas import built_in_strategies
from backtester.model.errors import BacktestError, DataError, InternalError, RequestError
from backtester.model.record import Record
from backtester.model.records import DateArray, WarmUp
from backtester.pipeline import Loaded
from backtester.strategies.table import find_strategy

Failed = dict[int, BacktestError]


class Ready(Record):
    """The groups that can be run over the common period, each with its prices."""

    runs: tuple[tuple[tuple[int, ...], Loaded], ...]  # indices and prices by group
    failed: Failed  # the configurations that cannot
    limited_by: int | None  # the configuration that delays the start most


class _Member(Record):
    group: Group
    indices: tuple[int, ...]  # those whose parameters do not exclude each other
    warm_up: WarmUp | None  # what any of them needs; None: of a plug-in, which says so itself
    least: WarmUp | None  # what all of them need
    longest: int  # the one that needs most


def ready(configurations: Configurations, variations: Variations) -> Ready:
    """Load the prices of every group, and again over the period that all have in common."""
    failed: Failed = {}
    loaded: dict[int, tuple[_Member, Loaded]] = {}
    for number, group in enumerate(configurations.groups()):
        member = _member(configurations, group, failed)
        if member is None:
            continue
        try:
            checked = configurations.checked(member.indices[0])
            loaded[number] = member, variations.load(checked, warm_up=member.warm_up)
        except (RequestError, DataError, InternalError) as error:
            failed |= dict.fromkeys(member.indices, error)
    limited_by = _limited_by(configurations, variations, loaded)
    while len({_period(run) for _, run in loaded.values()}) > 1:
        start = max(_sessions(run)[0] for _, run in loaded.values())
        end = min(_sessions(run)[-1] for _, run in loaded.values())
        for number, (member, _) in [*loaded.items()]:
            checked = dated(configurations.checked(member.indices[0]), str(start), str(end))
            try:
                loaded[number] = member, variations.load(checked, warm_up=member.warm_up)
            except (RequestError, DataError, InternalError) as error:
                failed |= dict.fromkeys(member.indices, error)
                del loaded[number]
    runs = tuple((member.indices, run) for member, run in loaded.values())
    return Ready(runs=runs, failed=failed, limited_by=limited_by if runs else None)


def _member(configurations: Configurations, group: Group, failed: Failed) -> _Member | None:
    """Return the configurations of a group that say what history they need; None where none does."""
    needs: dict[int, WarmUp] = {}
    for index in group.indices:
        spec = configurations.spec(index)
        if spec.strategy not in built_in_strategies():
            return _Member(group=group, indices=group.indices, warm_up=None, least=None, longest=index)
        try:
            needs[index] = find_strategy(spec.strategy).warm_up(spec.parameters)
        except (RequestError, InternalError) as error:
            failed[index] = error
    if not needs:
        return None
    every = [*needs.values()]
    return _Member(
        group=group, indices=tuple(needs),
        warm_up=WarmUp(sessions=max(w.sessions for w in every), months=max(w.months for w in every)),
        least=WarmUp(sessions=min(w.sessions for w in every), months=min(w.months for w in every)),
        longest=max(sorted(needs), key=lambda index: (needs[index].months, needs[index].sessions)),
    )  # fmt: skip


def _limited_by(
    configurations: Configurations, variations: Variations, loaded: dict[int, tuple[_Member, Loaded]]
) -> int | None:
    """Return the configuration whose look-back or holdings delay the start most; None where none does."""
    if not loaded:
        return None
    member, run = max(loaded.values(), key=lambda each: _sessions(each[1])[0])
    start = _sessions(run)[0]
    if any(_sessions(other)[0] < start for _, other in loaded.values()):
        return member.longest
    if member.least == member.warm_up:
        return None
    earlier = variations.load(configurations.checked(member.indices[0]), warm_up=member.least)
    return member.longest if _sessions(earlier)[0] < start else None


def _sessions(run: Loaded) -> DateArray:
    return run.prices.sessions[run.prices.first :]


def _period(run: Loaded) -> tuple[object, object]:
    sessions = _sessions(run)
    return sessions[0], sessions[-1]
