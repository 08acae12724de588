"""One portfolio that moves between the settings of a grid, and pays for it."""

from __future__ import annotations

import numpy as np

from backtester.analysis.batch.configurations import Configurations
from backtester.analysis.variations import Variations, dated
from backtester.analysis.walk_forward.stretches import Stretch
from backtester.model.errors import DataError
from backtester.model.record import replace
from backtester.model.records import DateArray, PriceTable, TargetWeights
from backtester.pipeline import Loaded, Measured, report_of
from backtester.simulation.simulate import simulate
from backtester.strategies.decisions.decide import decide_weights

Setting = int | None  # of the grid; None: the request as asked


def held(chosen: list[int | None]) -> list[Setting]:
    """Return the setting of each window: where none could be chosen the one before, at first the request's own."""
    found: list[Setting] = []
    for index in chosen:
        found.append(index if index is not None or not found else found[-1])
    return found


class Stitched:
    """Runs over the sessions of the tests: settings alone, and the portfolio that moves between them."""

    def __init__(self, configurations: Configurations, variations: Variations, sessions: DateArray) -> None:
        self._configurations, self._variations = configurations, variations
        self._sessions = sessions
        self._loaded: dict[Setting, Loaded] = {}
        self._done: dict[Setting, Measured] = {}

    def alone(self, setting: Setting, test: Stretch) -> Measured:
        """Return the plain run of a setting, begun with a test and held to the end of the period."""
        if setting not in self._done:
            self._done[setting] = self._variations.carry_out(self._load(setting, test))
        return self._done[setting]

    def run(self, settings: list[Setting], tests: list[Stretch]) -> Measured:
        """Return the portfolio that holds a setting from the session before its test on. settings: of each test.

        Decisions from there on are those of the new setting, and where it differs from the one before there is one on
        that session. With one setting it is the plain run. DataError where the settings have other sessions.
        """
        distinct = [*dict.fromkeys(settings)]
        if len(distinct) == 1:
            return self.alone(distinct[0], tests[0])
        switches = np.array([test.begin - tests[0].begin - 1 for test in tests])  # rows of the tests' sessions
        changes = [n for n in range(1, len(tests)) if settings[n] != settings[n - 1]]
        longest = max((self._load(setting, tests[0]) for setting in distinct), key=lambda each: each.prices.first)
        made: dict[Setting, TargetWeights] = {}
        for setting in distinct:
            entries = [int(switches[n]) for n in changes if settings[n] == setting]
            made[setting] = _decided(self._load(setting, tests[0]), entries, longest.prices)
        base = replace(longest, spec=self._load(settings[0], tests[0]).spec)
        targets = _merged([made[setting] for setting in settings], (longest.prices.first + switches).tolist())
        ledger = simulate(longest.prices, targets, base.spec)
        return Measured(targets=targets, ledger=ledger, report=report_of(base, ledger))

    def _load(self, setting: Setting, test: Stretch) -> Loaded:
        if setting not in self._loaded:
            checked = self._variations.patched({}) if setting is None else self._configurations.checked(setting)
            over = dated(checked, str(self._sessions[test.begin]), str(self._sessions[-1]))
            self._loaded[setting] = self._variations.load(over)
        return self._loaded[setting]


def _decided(loaded: Loaded, entries: list[int], prices: PriceTable) -> TargetWeights:
    """Return the decisions of a setting, by rows of a price table with a longer warm-up.

    entries: rows of the period that are decided on beside the schedule's.
    """
    own = loaded.prices
    if not np.array_equal(own.sessions[own.first :], prices.sessions[prices.first :]):
        raise DataError("NO_DATA_IN_RANGE", "The settings have other sessions.")
    made = decide_weights(loaded.strategy, own, loaded.spec, entries=[own.first + row for row in entries])
    longer = prices.first - own.first
    return replace(made, decision=made.decision + longer, execution=made.execution + longer)


def _merged(targets: list[TargetWeights], switches: list[int]) -> TargetWeights:
    """Return the decisions of each window's targets from its switch, a row of the price table, to the next one."""
    decision, execution, weights = [], [], []
    for number, each in enumerate(targets):
        begin = -1 if number == 0 else switches[number]
        end = switches[number + 1] if number + 1 < len(switches) else np.iinfo(np.intp).max
        within = (each.decision >= begin) & (each.decision < end)
        decision.append(each.decision[within])
        execution.append(each.execution[within])
        weights.append(each.weights[within])
    return TargetWeights(
        decision=np.concatenate(decision), execution=np.concatenate(execution), weights=np.concatenate(weights)
    )
