"""Running sums against the windows themselves."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from backtester.strategies.decisions.history import History
from backtester.strategies.weights.windows import running_mean, running_volatility


def walk(sessions: int, count: int, seed: int = 5) -> np.ndarray:
    steps = np.random.default_rng(seed).normal(0.0004, 0.012, (sessions, count))
    return np.asfortranarray(50 * np.cumprod(1 + steps, axis=0))


ROWS = np.arange(-1, 8300, 21)


@pytest.mark.parametrize("window", [1, 2, 20, 200, 8000])
def test_means_are_those_of_the_windows(window: int) -> None:
    close = walk(8313, 11)
    found = running_mean(close, ROWS, window)
    for at, row in enumerate(ROWS):
        if row - window + 1 < 0:
            assert np.isnan(found[at]).all()
        else:
            expected = close[row - window + 1 : row + 1].mean(axis=0)
            np.testing.assert_allclose(found[at], expected, rtol=1e-11)


@pytest.mark.parametrize(("window", "digits"), [(2, 1e-5), (20, 1e-10), (60, 1e-10), (252, 1e-10)])
def test_volatilities_are_those_of_the_windows(window: int, digits: float) -> None:
    close = walk(8313, 11)
    found = running_volatility(close, ROWS, window)
    for at, row in enumerate(ROWS):
        if row - window < 0:
            assert np.isnan(found[at]).all()
        else:
            piece = close[row - window : row + 1]
            expected = (piece[1:] / piece[:-1] - 1).std(axis=0, ddof=1)
            np.testing.assert_allclose(found[at], expected, rtol=digits)


def test_what_comes_later_changes_nothing_to_the_bit() -> None:
    close = walk(3000, 9)
    rows = np.arange(250, 3000, 5)
    for of in (running_mean, running_volatility):
        whole = of(close, rows, 60)
        for end in (251, 1000, 1777, 2999):
            cut = of(np.asfortranarray(close[:end]), rows[rows < end], 60)
            assert cut.tobytes() == whole[rows < end].tobytes()


def test_a_price_that_stands_still_has_no_volatility_at_all() -> None:
    close = walk(2000, 2)
    close[1000:, 0] = close[1000, 0]
    found = running_volatility(close, np.array([1500, 1999]), 60)
    assert found[:, 0].tolist() == [0.0, 0.0]
    assert (found[:, 1] > 0).all()


def test_a_price_that_grows_evenly_has_none_either() -> None:
    close = (100 * 1.0002 ** np.arange(3000.0))[:, None]
    assert running_volatility(close, np.array([2999]), 60).tolist() == [[0.0]]


def test_a_quiet_fund_keeps_its_volatility() -> None:
    steps = 0.0001 + np.random.default_rng(1).normal(0, 1e-6, 3000)
    close = np.cumprod(1 + steps)[:, None]
    expected = (close[2940:] / close[2939:-1] - 1).std(ddof=1)
    assert running_volatility(close, np.array([2999]), 60)[0, 0] == pytest.approx(expected, rel=1e-6)


def test_a_symbol_that_begins_late_is_unknown_until_its_window_is_full() -> None:
    close = walk(300, 3)
    close[:100, 1] = np.nan
    rows = np.arange(0, 300)
    mean, deviation = running_mean(close, rows, 20), running_volatility(close, rows, 20)
    assert np.isnan(mean[:119, 1]).all()
    assert not np.isnan(mean[119:, 1]).any()
    assert np.isnan(deviation[:120, 1]).all()
    assert not np.isnan(deviation[120:, 1]).any()
    assert not np.isnan(mean[19:, [0, 2]]).any()
    np.testing.assert_allclose(mean[119, 1], close[100:120, 1].mean())


def history(close: np.ndarray, rows: list[int], *, partial: bool = False) -> History:
    sessions = np.datetime64("2020-01-01") + np.arange(len(close))
    return History(
        sessions=sessions, close=close, decisions=np.array(rows), symbols=tuple("ABC"[: close.shape[1]]),
        signals={"SIG": np.arange(1.0, len(close) + 1)}, partial=partial,
    )  # fmt: skip


def test_one_symbol_is_seen_alone_whether_it_is_held_or_not() -> None:
    close = walk(50, 3)
    seen = history(close, [10, 20])
    assert seen.of("B").close().tolist() == close[[10, 20], 1][:, None].tolist()
    assert seen.of("SIG").close(2).tolist() == [[9.0], [19.0]]
    assert seen.of("SIG").shape == (2, 1)
    with pytest.raises(KeyError):
        seen.of("OTHER")


def test_the_average_of_month_ends_takes_the_decision_s_own_close_and_those_before() -> None:
    close = np.arange(1.0, 121.0)[:, None]  # 2020-01-01 on: January ends in row 30, February in row 59
    seen = history(close, [75])
    assert seen.average(3, unit="months").tolist() == [[(76 + 60 + 31) / 3]]
    assert np.isnan(seen.average(4, unit="months")).all()


def test_the_returns_of_a_mix_are_the_weighted_returns() -> None:
    close = walk(60, 3)
    weights = np.array([0.5, 0.0, 0.3])
    found = history(close, [3, 40]).mix_returns(weights, 5)
    daily = close[1:] / close[:-1] - 1
    np.testing.assert_allclose(found[1], daily[35:40] @ weights, atol=1e-15)
    assert np.isnan(found[0]).tolist() == [True, True, False, False, False]  # row 0 has no return


def test_without_partial_histories_one_unknown_holding_makes_all_of_its_row_unknown() -> None:
    values = np.array([[1.0, np.nan, 2.0], [1.0, 2.0, 3.0]])
    assert history(walk(9, 3), [1, 2]).known(values).tolist() == [[False] * 3, [True] * 3]
    assert history(walk(9, 3), [1, 2], partial=True).known(values).tolist() == [[True, False, True], [True] * 3]


def plain_deviation(close: np.ndarray, own: np.ndarray, row: int, window: int) -> float:
    """The deviation as one would take it by hand: returns to own sessions of the window, from the own one before."""
    mine = np.flatnonzero(own)
    returns = [close[b] / close[a] - 1 for a, b in itertools.pairwise(mine) if row - window < b <= row]
    return float(np.std(returns, ddof=1)) if len(returns) > 1 else np.nan


@pytest.mark.parametrize("factor", [1e-6, 1e3, 1e7, 1e12])
@pytest.mark.parametrize("window", [2, 20, 60, 100])
def test_a_bad_price_outside_the_window_changes_nothing_at_all(factor: float, window: int) -> None:
    close = walk(600, 3)
    bad = close.copy(order="F")
    bad[150, 1] *= factor
    rows = np.arange(150 + window + 1, 600)
    for of in (running_mean, running_volatility):
        assert of(bad, rows, window).tobytes() == of(close, rows, window).tobytes()


def test_a_bad_price_inside_the_window_is_measured_as_by_hand() -> None:
    close = walk(600, 2)
    close[300, 0] *= 1e7
    for row in (305, 340, 361, 362):
        piece = close[row - 60 : row + 1]
        wanted = (piece[1:] / piece[:-1] - 1).std(axis=0, ddof=1)
        np.testing.assert_allclose(running_volatility(close, np.array([row]), 60)[0], wanted, rtol=1e-9)
        np.testing.assert_allclose(
            running_mean(close, np.array([row]), 60)[0], close[row - 59 : row + 1].mean(axis=0), rtol=1e-12
        )


@pytest.mark.parametrize("spread", [1e-4, 1e-6, 1e-8, 1e-9])
def test_a_fund_of_bills_has_the_deviation_of_its_own_returns(spread: float) -> None:
    close = np.cumprod(1 + 2e-4 + np.random.default_rng(3).normal(0, spread, 900))[:, None]
    rows = np.arange(61, 900, 7)
    wanted = [(close[row - 59 : row + 1] / close[row - 60 : row] - 1).std(ddof=1) for row in rows]
    np.testing.assert_allclose(running_volatility(close, rows, 60)[:, 0], wanted, rtol=1e-9)


@pytest.mark.parametrize("step", [1, 5, 21])
def test_decisions_of_every_day_and_of_every_month_see_the_same(step: int) -> None:
    close = walk(700, 9)
    rows = np.arange(99, 700, step)
    for of in (running_mean, running_volatility):
        every = of(close, np.arange(-1, 700), 63)
        assert of(close, rows, 63).tobytes() == np.ascontiguousarray(every[rows + 1].T).T.tobytes()


def carried(close: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Return the closes with those that are not own replaced by the last own one; NaN before the first."""
    rows = np.where(own, np.arange(len(close))[:, None], -1)
    last = np.maximum.accumulate(rows, axis=0)
    return np.asfortranarray(np.where(last >= 0, np.take_along_axis(close, np.maximum(last, 0), axis=0), np.nan))


def mixed(sessions: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Return closes and own marks of a stock of five days, a coin of seven, and one that misses days at random."""
    days = np.arange(sessions)
    own = np.column_stack([days % 7 < 5, days >= 0, np.random.default_rng(2).random(sessions) > 0.3])
    own[0] = True
    return carried(walk(sessions, 3), own), own


@pytest.mark.parametrize("window", [3, 20, 60])
def test_a_carried_price_makes_no_return(window: int) -> None:
    close, own = mixed()
    rows = np.arange(window, 400)
    found = running_volatility(close, rows, window, own)
    for holding in range(3):
        wanted = [plain_deviation(close[:, holding], own[:, holding], row, window) for row in rows]
        np.testing.assert_allclose(found[:, holding], wanted, rtol=1e-9)
    cut = running_volatility(np.asfortranarray(close[:300]), rows[rows < 300], window, own[:300])
    assert cut.tobytes() == np.ascontiguousarray(found[rows < 300].T).T.tobytes()


def own_history(rows: list[int]) -> tuple[History, np.ndarray, np.ndarray]:
    close, own = mixed()
    sessions = np.datetime64("2020-01-06") + np.arange(len(close))
    return (
        History(
            sessions=sessions, close=close, decisions=np.array(rows), symbols=("FIVE", "SEVEN", "SOME"), own=own,
            signals={"SIG": close[:, 0]}, signals_own={"SIG": own[:, 0]}, periods_per_year=365,
        ),
        close,
        own,
    )  # fmt: skip


def test_returns_of_several_are_between_sessions_that_all_have() -> None:
    seen, close, own = own_history([200, 399])
    for at, row in enumerate((200, 399)):
        for holdings in ([0, 1], [1], [0, 1, 2]):
            common = np.flatnonzero(own[:, holdings].all(axis=1))
            steps = [(a, b) for a, b in itertools.pairwise(common) if row - 60 < b <= row]
            wanted = [close[b, holdings] / close[a, holdings] - 1 for a, b in steps]
            np.testing.assert_array_equal(seen.common_returns(at, 60, np.array(holdings)), wanted)


def test_a_mix_has_a_return_where_all_that_have_a_weight_have_a_price() -> None:
    seen, close, own = own_history([399])
    weights = np.array([0.6, 0.4, 0.0])
    found = seen.mix_returns(weights, 60)[0]
    common = np.flatnonzero(own[:, 0])
    assert (~np.isnan(found)).tolist() == own[340:400, 0].tolist()
    wanted = [(close[b] / close[a] - 1) @ weights for a, b in itertools.pairwise(common) if b >= 340]
    np.testing.assert_allclose(found[~np.isnan(found)], wanted, atol=1e-15)


def test_periods_per_year_are_those_of_the_sessions_that_count() -> None:
    seen, _, _ = own_history([399])
    assert seen.of("FIVE").periods_per_year == seen.of("SIG").periods_per_year == 252
    assert seen.of("SEVEN").periods_per_year == 365
    assert seen.periods_of(np.array([0.5, 0.5, 0])) == 252
    assert seen.periods_of(np.array([0, 1.0, 0])) == 365


def test_the_caller_s_own_periods_hold_for_all() -> None:
    close, own = mixed()
    sessions = np.datetime64("2020-01-06") + np.arange(len(close))
    seen = History(
        sessions=sessions, close=close, decisions=np.array([399]), symbols=("A", "B", "C"), own=own,
        periods_per_year=300, periods_given=True,
    )  # fmt: skip
    assert seen.of("A").periods_per_year == seen.periods_of(np.array([1.0, 1.0, 0])) == 300
