"""The figures of an answer: null where one is not defined, with its reason."""

from __future__ import annotations

import math
from collections.abc import Iterable


class Nulls:
    """Collects the reasons of the nulls of a block, by JSON pointer into it."""

    def __init__(self) -> None:
        self.reasons: dict[str, str] = {}

    def number(self, at: str, value: float, reason: str) -> float | None:
        """Return a figure; None where it is not finite, for a reason."""
        if math.isfinite(value):
            return float(value)
        self.reasons[at] = reason
        return None

    def column(self, at: str, values: Iterable[float], reasons: Iterable[str]) -> list[float | None]:
        """Return figures, each with the reason why it may not be defined."""
        pairs = enumerate(zip(values, reasons, strict=True))
        return [self.number(f"{at}/{place}", value, reason) for place, (value, reason) in pairs]

    def nothing(self, at: str, reason: str) -> None:
        """Give the reason of a null."""
        self.reasons[at] = reason
