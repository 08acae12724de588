"""How many examples a property is tried on."""

from __future__ import annotations

import hypothesis


def examples(count: int) -> int:
    """Return `count`, or the share of it that the profile takes: `--hypothesis-profile=quarter` takes a quarter."""
    return max(count * hypothesis.settings().max_examples // 100, 1)
