"""The indicators of rule trees against TA-Lib's, after the warm-up from which both have forgotten how they began."""

import numpy as np
import pytest

from backtester.model.rule_tree import WARM_UP
from backtester.strategies.rules.indicator_values import indicator
from tests.oracle.peers import ask

pytestmark = pytest.mark.full


@pytest.mark.parametrize("window", [2, 10, 14])
def test_talib_says_the_same(window):
    close = 100 * np.cumprod(1 + np.random.default_rng(window).normal(0.0003, 0.012, 1500))
    peer = ask("peer_talib.py", {"close": close.tolist(), "window": window, "windows": [12, 26]})
    for name, values in peer.items():
        ours = indicator(name, close, (12, 26) if name == "macd" else window)
        late = slice(2 * WARM_UP * 26, None)  # TA-Lib began with the first close of all
        wanted = np.array(values, dtype=float)[late]
        assert ours[late] == pytest.approx(wanted, rel=1e-9, abs=1e-9), name
