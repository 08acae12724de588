"""What other programs call our words for frequencies, and for indicators and comparisons of a rule tree."""

from __future__ import annotations

import re
from collections.abc import Sequence

from backtester.contract.composer.symphony_words import INDICATORS, RELATIONS
from backtester.model.errors import nearest

# beside the words of Composer
_OTHERS = {
    "daily": ("day", "days"), "weekly": ("week", "weeks"), "monthly": ("month", "months"),
    "quarterly": ("quarter", "quarters"), "annually": ("annual", "year", "years", "yearly", "12_months"),
    "semiannually": ("semiannual", "half_year", "half_yearly", "biannual", "biannually", "twice_a_year", "6_months"),
    "never": ("none", "no", "off", "once"),
    "average": ("sma", "ma", "moving_average", "simple_moving_average", "mean"),
    "exponential_average": ("ema", "ewma", "exponential_moving_average"),
    "return": ("roc", "rate_of_change", "momentum", "performance", "total_return"), "price": ("close", "last"),
    "volatility": ("std", "stdev", "stddev", "standard_deviation", "vol"), "fall_from_high": ("drawdown",),
    "percentile_rank": ("percent_rank", "percentile"),
    "above": (">", "greater", "greater_than", "more_than", "higher", "over"),
    "below": ("<", "less", "less_than", "lower", "under"),
    "at_least": (">=", "ge", "greater_or_equal", "greater_than_or_equal", "not_below"),
    "at_most": ("<=", "le", "less_or_equal", "less_than_or_equal", "not_above"),
}  # fmt: skip


def meant_word(word: str, known: Sequence[str]) -> str | None:
    """Return the known word that is meant: one of another name, or the nearest."""
    plain = re.sub(r"[\s_-]+", "_", word[:40].strip().lower())
    plain = re.sub(r"^(every|each|per|once_a|once_per)_(?=.)", "", plain)
    named = {theirs.replace("-", "_"): name for theirs, (name, _) in INDICATORS.items()} | RELATIONS
    named |= {other: name for name, others in _OTHERS.items() for other in others}
    ours = named.get(plain)
    return ours if ours in known else nearest(word, list(known))
