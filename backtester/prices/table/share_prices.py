"""Total-return closes, traded closes, splits and dividends of one symbol, from what its source says of them.

A source has closes, mostly adjusted closes, and tells dividends and splits; the four do not always agree. What is known
to go wrong is repaired, with the warning PRICES_REPAIRED; nothing else is changed. T sessions; a step is
the factor by which adjusted close / close grows over a session: 1 / (1 - share) for a dividend of that share of the
close before, n / m for a split of n new shares for m old ones where the close is as traded, 1 on any other session.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from backtester.model.record import Record
from backtester.model.records import FloatArray
from backtester.prices.checks.repairs import RepairedPrices, Repairs, mend_hundredfold, mend_opens
from backtester.prices.table.steps import (
    LEAST_SPLIT,
    NEAREST_TOLD,
    SAME_SPLIT,
    plain_ratio,
    ratio_text,
    rounding,
    undoes,
)

SAME_DIVIDEND = 0.01  # relative


class SharePrices(Record):
    """One symbol's prices on T sessions."""

    close: FloatArray  # (T,) total return
    traded: FloatArray  # (T,) what a share cost at the close
    split: FloatArray | None  # (T,) new shares for an old one, 1 on most sessions; None: no split
    dividend: FloatArray  # (T,) share of the traded close before
    open: FloatArray | None  # (T,) adjusted as the close is, NaN where there is none; None: no opens
    warnings: tuple[RepairedPrices, ...]


def share_prices(
    symbol: str,
    sessions: Any,
    close: FloatArray,
    *,
    opens: FloatArray | None = None,
    adjusted: FloatArray | None = None,
    money: FloatArray | None = None,
    share: FloatArray | None = None,
    split: FloatArray | None = None,
    pays: bool = True,
) -> SharePrices:
    """Return the prices of a symbol on sessions (T,) datetime64[D].

    close: (T,) as traded, or adjusted for later splits. opens: (T,) the same, NaN where there is none. adjusted: (T,)
    total return; None: made from the dividends and splits that are told. money: (T,) dividends a share, in the terms
    of their session's close. share: (T,) instead of it, as a share of the close before. split: (T,) new shares for an
    old one, 0 or 1: none. NaN is none in the last three.
    pays: False where the closes are adjusted for dividends already, so that those told do not count.
    """
    history = _History(symbol, sessions, close, adjusted, money=money, share=share, split=split, pays=pays)
    return history.prices(opens)


class _History:
    """The events of one symbol, taken one after the other."""

    def __init__(
        self, symbol: str, sessions: Any, close: FloatArray, adjusted: FloatArray | None, *,
        money: FloatArray | None, share: FloatArray | None, split: FloatArray | None, pays: bool,
    ) -> None:  # fmt: skip
        self.given, self.size = close, close.size
        self.repairs = Repairs(symbol, sessions)
        self.close = mend_hundredfold(close, self.repairs)
        self.adjusted = None if adjusted is None else mend_hundredfold(adjusted, self.repairs)
        self.told_split = _told(split, self.size, none=1.0)
        told = money if share is None else share
        self.told = _told(told if pays else None, self.size, none=0.0)
        self.is_money = share is None
        with np.errstate(all="ignore"):
            ratio = np.ones(self.size) if self.adjusted is None else self.adjusted / self.close
            self.step = np.concatenate([[1.0], ratio[1:] / ratio[:-1]])[: self.size]
        self.noise = rounding(self.step)
        self.split, self.dividend = np.ones(self.size), np.zeros(self.size)
        self.undone = np.ones(self.size)  # splits that the closes before them are adjusted for
        self.lowered = np.ones(self.size)  # what the adjusted closes before a session are multiplied by
        self._settle_told_splits()

    def prices(self, opens: FloatArray | None) -> SharePrices:
        """Take every event, and return the prices. opens: (T,) as given."""
        for row in self._event_rows():
            self._take(row)
        traded = self.close if (self.undone == 1).all() else self.close * _before(self.undone)
        total = self.close if self.adjusted is None else self.adjusted
        if (self.lowered != 1).any():
            total = total * _before(self.lowered)
        if opens is not None:
            opens = mend_opens(opens, self.given, self.close, self.repairs) * (total / self.close)
        return SharePrices(
            close=total, traded=traded, split=None if (self.split == 1).all() else self.split,
            dividend=self.dividend, open=opens, warnings=self.repairs.warnings(),
        )  # fmt: skip

    def _event_rows(self) -> list[int]:
        """Return the rows, but for the first, on which something is told, or the step is more than rounding."""
        moved = np.abs(self.step - 1) > self.noise
        found = np.flatnonzero((self.told_split != 1) | (self.told != 0) | moved)
        return [row for row in found.tolist() if row > 0]

    def _take(self, row: int) -> None:
        left = self._take_split(row)
        if self.adjusted is None:
            self._take_told_dividend(row)
        else:
            self._take_dividend(row, left, float(self.noise[row]))

    # -- splits

    def _settle_told_splits(self) -> None:
        """Give each split that the steps contradict the session, or the ratio, that the steps have."""
        for row in [] if self.adjusted is None else np.flatnonzero(self.told_split != 1).tolist():
            told = float(self.told_split[row])
            if max(told, 1 / told) < LEAST_SPLIT or self._has_step(row, told):
                continue
            near = range(max(row - NEAREST_TOLD, 1), min(row + NEAREST_TOLD + 1, self.size))
            found = [other for other in near if self.told_split[other] in (1, told) and self._has_step(other, told)]
            if found:
                self._move_split(row, min(found, key=lambda other: abs(other - row)), told)
            elif row:
                self._correct_split(row, told)

    def _move_split(self, row: int, own: int, told: float) -> None:
        self.told_split[[row, own]] = 1.0, told  # it may have been told there as well: it is one split
        self.repairs.note(
            "split day", row,
            f"The split of {{symbol}} ({ratio_text(told)}) was told for {{day}}{{more}}. It counts on "
            f"{self.repairs.sessions[own].astype('datetime64[D]')}, where the closes have it.",
        )  # fmt: skip

    def _correct_split(self, row: int, told: float) -> None:
        """Take the split of a close that jumps by another than is told: by its inverse, or by less."""
        step = float(self.step[row])
        is_inverse = abs(step * told - 1) <= SAME_SPLIT
        found = 1 / told if is_inverse else self._split_of(row)
        too_much = step / told < 1 - max(SAME_SPLIT, float(self.noise[row]))  # too little may have a dividend beside it
        if found != 1 and (is_inverse or too_much) and self._is_unapplied(row, found):
            self.told_split[row] = found
            self.repairs.note(
                "split ratio", row,
                f"The split of {{symbol}} on {{day}} is not as told: {ratio_text(told)} was told, {ratio_text(found)} "
                "by the closes{more}. The closes count.",
            )  # fmt: skip

    def _has_step(self, row: int, split: float) -> bool:
        """Return whether the step of a row is a split, and no more than a told dividend beside it."""
        step, stated = float(self.step[row]), (self._stated(row, split), self._stated(row, 1.0))
        return row > 0 and any(abs(step * (1 - share) / split - 1) <= SAME_SPLIT for share in stated)

    def _split_of(self, row: int) -> float:
        """Return the split n / m that a step is after the told dividend, of a new share or an old one; 1: none."""
        step = float(self.step[row])
        of_new = self._stated(row, step)
        found = plain_ratio(step / (1 + of_new)) if self.is_money else 1.0
        return found if found != 1 else plain_ratio(step * (1 - self._stated(row, 1.0)))

    def _take_split(self, row: int) -> float:
        """Note the row's split, told or not, and return what it leaves of the step."""
        step, told = float(self.step[row]), float(self.told_split[row])
        if told == 1:
            found = self._split_of(row)
            if abs(step - 1) <= self.noise[row] or (found > 1) != (step > 1):  # a dividend in another unit is no split
                found = 1.0
            self.split[row] = found
            return step / found
        self.split[row] = told
        if self.adjusted is None:
            jumps = self._is_unapplied(row, told)
            self.lowered[row], self.undone[row] = (1 / told, 1.0) if jumps else (1.0, told)
            return 1.0
        # the step has the split (the close jumps), or not (both are adjusted, or neither), or the adjusted close jumps
        left = min((step / told, step, step * told), key=lambda value: self._distance(row, value, told))
        if left == step / told:
            return left
        # the adjusted closes, since a told dividend makes the others fall as well
        unapplied = left == step and undoes(self.adjusted, row, told, within=0.5)
        if unapplied or left == step * told:
            self._repair_split(row, told)
        if not unapplied:
            self.undone[row] = told
        return left

    def _distance(self, row: int, left: float, told: float) -> float:
        """Return how far the rest of a step is from what the told dividend explains."""
        stated = [self._stated(row, 1.0), self._stated(row, told)]
        return min(abs(math.log(left * (1 - share))) for share in stated) if left > 0 else math.inf

    def _is_unapplied(self, row: int, told: float) -> bool:
        """Return whether the close jumps with a split as if it were not adjusted for it."""
        return undoes(self.close, row, told, within=0.5)

    def _repair_split(self, row: int, told: float) -> None:
        self.lowered[row] /= told
        before, now = (self.close if self.adjusted is None else self.adjusted)[row - 1 : row + 1]
        self.repairs.note(
            "split", row,
            f"The split of {{symbol}} on {{day}} ({ratio_text(told)}) was told but not applied: its price went from "
            f"{before:.6g} to {now:.6g}{{more}}. The prices before it were adjusted for it.",
        )  # fmt: skip

    # -- dividends

    def _stated(self, row: int, split: float) -> float:
        """Return the told dividend as a share of the close before, below 1; 0: none, or no share of it.

        split: what the close before must be divided by to be in the terms of the dividend.
        """
        told = float(self.told[row])
        share = told * split / float(self.close[row - 1]) if self.is_money else told
        return share if 0 < share < 1 else 0.0

    def _take_told_dividend(self, row: int) -> None:
        """Adjust the closes before for the told dividend, where the source has no adjusted closes."""
        jumped = 1.0 if self.undone[row] != 1 else float(self.split[row])
        self.dividend[row] = self._stated(row, jumped)
        self.lowered[row] *= 1 - self.dividend[row]

    def _take_dividend(self, row: int, step: float, noise: float) -> None:
        """Note the dividend: as told where the step agrees, else as the step has it."""
        implied = max(1 - 1 / step, 0.0) if step > 0 else 0.0
        if self.told[row] == 0:
            self.dividend[row] = implied if implied > noise else 0.0
            return
        options = [self._stated(row, 1.0), self._stated(row, float(self.split[row]))]
        stated = min(options, key=lambda share: abs(share - implied))
        if abs(stated - implied) <= SAME_DIVIDEND * max(stated, implied) + noise:
            self.dividend[row] = stated or implied
        elif implied <= noise and self._is_plausible(row, stated):
            self.dividend[row] = stated
            self.lowered[row] *= 1 - stated
            self.repairs.note(
                "missing", row,
                f"The dividend of {{symbol}} on {{day}} ({stated:.4%} of the close before) is missing from its "
                "adjusted closes{more}. The prices before it were lowered by it.",
            )  # fmt: skip
        else:
            self.dividend[row] = implied if implied > noise else 0.0
            self._note_disagreement(row, implied)

    def _is_plausible(self, row: int, share: float) -> bool:
        """Return whether the day's return is still a plausible one with a dividend that the adjustment has not."""
        return 0 < share < 1 and 0.4 <= self.close[row] / self.close[row - 1] * self.split[row] / (1 - share) <= 2.5

    def _note_disagreement(self, row: int, implied: float) -> None:
        before = float(self.close[row - 1])
        told = float(self.told[row])
        figure = f"{told:.6g} was told, {implied * before:.6g} by the adjusted closes"
        if not self.is_money:
            figure = f"a share of {told:.6g} was told, {implied:.6g} by the prices"
        self.repairs.note(
            "dividend", row,
            f"The dividend of {{symbol}} on {{day}} is not as told: {figure}{{more}}. The adjusted closes count.",
        )  # fmt: skip


def _told(values: FloatArray | None, size: int, *, none: float) -> FloatArray:
    if values is None:
        return np.full(size, none)
    return np.where(np.isfinite(values) & (values > 0), values, none)


def _before(factors: FloatArray) -> FloatArray:
    """Return for each session the product of the factors (T,) of the later ones."""
    later = np.ones(factors.size)
    later[:-1] = np.cumprod(factors[:0:-1])[::-1]
    return later
