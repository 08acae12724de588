"""The choice of a setting in each window of a walk-forward, updated while the settings come one after the other."""

from __future__ import annotations

from typing import Any

import numpy as np

from backtester.analysis.statistics.trials import highest
from backtester.analysis.walk_forward.stretches import GrowthCurves, Stretch, Window
from backtester.model.records import BoolArray, IntArray
from backtester.model.ties import tolerance_of

_COLUMNS = ("index", "train", "test", "train_yearly", "test_yearly")


class Choices:
    """The best setting of each training stretch so far, with its test. W windows; the latest training has no test."""

    def __init__(self, windows: list[Window], latest: Stretch, *, rank_by: str) -> None:
        self._trains = [*(window.train for window in windows), latest]
        self._tests = [window.test for window in windows]
        self._rank_by = rank_by
        count = len(self._trains)
        self.index: IntArray = np.full(count, -1)  # (W + 1,) of the grid; -1: none could be ranked
        self.train, self.test, self.train_yearly, self.test_yearly = np.full((4, count), np.nan)

    def take(self, indices: IntArray, curves: GrowthCurves) -> None:
        """Compare settings (K,) of the grid, with their curves, to the best so far."""
        for number, train in enumerate(self._trains):
            ranked = curves.ranking(train, self._rank_by)
            place = highest(ranked, indices)
            if place is None or not self._better(number, float(ranked[place]), int(indices[place])):
                continue
            self.index[number], self.train[number] = indices[place], ranked[place]
            chosen = curves.only(place)
            self.train_yearly[number] = chosen.yearly(train)[0]
            if number < len(self._tests):
                self.test[number] = chosen.ranking(self._tests[number], self._rank_by)[0]
                self.test_yearly[number] = chosen.yearly(self._tests[number])[0]

    @property
    def compared(self) -> BoolArray:
        """The windows (W,) with a setting whose training and test both have a yearly return."""
        found: BoolArray = np.isfinite(self.train_yearly[:-1]) & np.isfinite(self.test_yearly[:-1])
        return found

    def packable(self) -> dict[str, Any]:
        """Return what `merge` takes, as `codec.arrays.pack` takes it."""
        return {name: getattr(self, name) for name in _COLUMNS}

    def merge(self, found: dict[str, Any]) -> None:
        """Compare the choices among other settings to the best so far. found: as `packable` returned it."""
        for number, index in enumerate(found["index"].tolist()):
            if index >= 0 and self._better(number, float(found["train"][number]), index):
                for name in _COLUMNS:
                    getattr(self, name)[number] = found[name][number]

    def _better(self, number: int, value: float, index: int) -> bool:
        if self.index[number] < 0:
            return True
        ahead, tolerance = value - self.train[number], tolerance_of(value)
        return bool(ahead > tolerance or (ahead >= -tolerance and index < self.index[number]))
