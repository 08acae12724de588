"""The indicators, each on figures that can be checked by hand or against a published table."""

import numpy as np
import pytest

from backtester.model.rule_tree import WARM_UP, longest, sessions_before
from backtester.strategies.rules.indicator_values import indicator
from tests.support.plain_rules import indicator as plain
from tests.support.plain_rules import reach

NAMES = {
    "price": None, "return": 3, "average": 4, "exponential_average": 3, "average_return": 3, "volatility": 4,
    "deviation_of_price": 4, "fall_from_high": 5, "rsi": 3, "z_score": 4, "percentile_rank": 5, "macd": (2, 4),
}  # fmt: skip
# StockCharts, ChartSchool, "Relative Strength Index (RSI)": closes of QQQQ and its 14-day RSI, as printed there
CLOSES = [
    44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826, 45.8931, 46.0328,
    45.6140, 46.2820, 46.2820, 46.0028, 46.0328, 46.4116, 46.2222, 45.6439, 46.2122, 46.2521, 45.7137, 46.4515,
    45.7835, 45.3548, 44.0288, 44.1783, 44.2181, 44.5672, 43.4205, 42.6628, 43.1314,
]  # fmt: skip
RSI = [
    70.53, 66.32, 66.55, 69.41, 66.36, 57.97, 62.93, 63.26, 56.06, 62.38, 54.71, 50.42, 39.99, 41.46, 41.87, 45.46,
    37.30, 33.08, 37.77,
]  # fmt: skip


def test_the_rsi_of_the_published_table_comes_out_digit_for_digit():
    found = indicator("rsi", np.array(CLOSES), 14)
    assert np.isnan(found[:14]).all()
    assert [round(value, 2) for value in found[14:].tolist()] == RSI


def closes(seed=1, sessions=200):
    return 50 * np.cumprod(1 + np.random.default_rng(seed).normal(0, 0.02, sessions))


@pytest.mark.parametrize("name", NAMES)
def test_each_is_the_plain_definition_at_every_session(name):
    close, window = closes(), NAMES[name]
    found = indicator(name, close, window)
    for t in range(close.size):
        wanted = plain(name, close[: t + 1].tolist(), list(window) if isinstance(window, tuple) else window)
        assert found[t] == pytest.approx(np.nan if wanted is None else wanted, rel=1e-12, abs=1e-13, nan_ok=True)


@pytest.mark.parametrize("name", NAMES)
def test_a_longer_history_changes_no_value_to_the_bit(name):
    close, window = closes(), NAMES[name]
    first = sessions_before(name, longest(window))
    cut = 40
    whole, late = indicator(name, close, window), indicator(name, close[cut:], window)
    assert first == reach(name, list(window) if isinstance(window, tuple) else window)
    assert whole[cut + first :].tobytes() == late[first:].tobytes()


@pytest.mark.parametrize("name", ["rsi", "exponential_average"])
def test_a_recursive_one_begins_25_windows_before(name):
    close = closes(sessions=120)
    moved = close.copy()
    moved[: 120 - WARM_UP * 2 - 2] *= 3  # before all that the last value may see
    assert indicator(name, close, 2)[-1] == indicator(name, moved, 2)[-1]
    moved[-3] *= 1.1
    assert indicator(name, close, 2)[-1] != indicator(name, moved, 2)[-1]


@pytest.mark.parametrize(
    ("name", "value"),
    [("rsi", 50), ("z_score", 0), ("volatility", 0), ("deviation_of_price", 0), ("fall_from_high", 0),
     ("percentile_rank", 1), ("average_return", 0), ("return", 0)],
)  # fmt: skip
def test_a_price_that_stands_still(name, value):
    assert indicator(name, np.full(200, 0.1 + 0.2), 7)[-1] == value


def test_a_macd_of_a_price_that_stands_still_is_exactly_0():
    assert indicator("macd", np.full(400, 0.1 + 0.2), (5, 11))[-1] == 0


def test_a_huge_price_outside_the_window_changes_nothing():
    close = closes()
    huge = close.copy()
    huge[3] *= 1e12
    for name, window in NAMES.items():
        ours, theirs = indicator(name, huge, window), indicator(name, close, window)
        assert ours[-10:].tobytes() == theirs[-10:].tobytes(), name


def test_what_has_no_close_has_no_value_and_is_not_reached_over():
    close = closes(sessions=30)
    close[:4] = close[20] = np.nan
    found = indicator("average", close, 3)
    assert np.flatnonzero(np.isnan(found)).tolist() == [0, 1, 2, 3, 4, 5, 20, 21, 22]


def test_a_carried_close_makes_no_return():
    own = np.array([True, True, False, True, True])
    close = np.array([100.0, 101, 101, 103.02, 100])
    returns = np.array([0.02, 100 / 103.02 - 1])
    assert indicator("volatility", close, 3, own)[-1] == pytest.approx(returns.std(ddof=1), rel=1e-12)
    assert indicator("average_return", close, 3, own)[-1] == pytest.approx(returns.mean(), rel=1e-12)
