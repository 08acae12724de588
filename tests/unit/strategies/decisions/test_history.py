"""What a strategy can reach: the past, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from backtester.strategies.decisions.history import History, every_session, own_closes

SESSIONS = np.array(
    ["2024-01-30", "2024-01-31", "2024-02-01", "2024-02-29", "2024-03-01", "2024-03-04", "2024-05-02"],
    dtype="datetime64[D]",
)
CLOSE = np.arange(14, dtype=np.float64).reshape(7, 2) + 1  # rows (1, 2), (3, 4), ... (13, 14)


def history(*decisions: int) -> History:
    return History(sessions=SESSIONS, close=CLOSE, decisions=np.array(decisions, dtype=np.intp))


def test_the_close_of_the_decision_is_the_latest_that_can_be_seen():
    assert history(2, 5).close().tolist() == [[5, 6], [11, 12]]


def test_sessions_are_counted_back_from_each_decision():
    assert history(2, 5).close(2).tolist() == [[1, 2], [7, 8]]


def test_a_negative_count_is_refused():
    for unit in ("sessions", "months"):
        with pytest.raises(ValueError, match="ahead"):
            history(2).close(-1, unit=unit)


def test_every_session_ends_with_the_last_decision():
    every, rows = every_session(history(2, 5))
    assert rows.tolist() == [2, 5]
    assert every.close().tolist() == CLOSE[:6].tolist()
    assert own_closes(every).all()
    assert every_session(history(-1))[0].shape == (0, 2)


def test_what_the_history_does_not_reach_is_nan():
    assert np.isnan(history(2).close(3)).all()
    assert np.isnan(history(-1).close()).all()
    assert np.isnan(history(-1).close(1, unit="months")).all()


def test_month_ends_are_the_last_sessions_of_earlier_months():
    closes = history(4, 5)
    assert closes.close(1, unit="months").tolist() == [[7, 8], [7, 8]]
    assert closes.close(2, unit="months").tolist() == [[3, 4], [3, 4]]


def test_no_month_ago_is_the_decision_itself_in_the_middle_of_a_month_too():
    assert history(4).close(0, unit="months").tolist() == [[9, 10]]


def test_a_month_end_seen_from_a_month_end_is_a_month_before():
    assert history(3).close(1, unit="months").tolist() == [[3, 4]]


def test_a_month_without_a_session_has_no_month_end():
    assert np.isnan(history(6).close(1, unit="months")).all()  # April
    assert history(6).close(2, unit="months").tolist() == [[11, 12]]


def test_a_month_before_the_history_is_nan():
    assert np.isnan(history(3).close(2, unit="months")).all()


def test_returns_end_at_the_decision_oldest_first():
    returns = history(3).returns(2)
    assert returns.shape == (1, 2, 2)
    assert returns[0, :, 0].tolist() == [5 / 3 - 1, 7 / 5 - 1]


def test_returns_beyond_the_history_are_nan():
    returns = history(1).returns(3)
    assert np.isnan(returns[0, :2]).all()
    assert returns[0, 2].tolist() == [2.0, 1.0]


def test_a_window_without_a_session_is_refused():
    with pytest.raises(ValueError, match="window"):
        history(3).returns(0)


def test_prices_after_the_decision_change_nothing():
    later = CLOSE.copy()
    later[4:] = 1e6
    cut = History(sessions=SESSIONS, close=later, decisions=np.array([2, 3]))
    for unit in ("sessions", "months"):
        for ago in range(4):
            np.testing.assert_array_equal(history(2, 3).close(ago, unit=unit), cut.close(ago, unit=unit))
    np.testing.assert_array_equal(history(2, 3).returns(2), cut.returns(2))


def test_what_is_handed_out_is_a_copy():
    seen = history(2).close()
    seen[:] = -1
    assert CLOSE.min() == 1


def test_the_arrays_behind_it_have_no_public_name():
    public = {name for name in dir(history(2)) if not name.startswith("_")}
    assert public == {
        "average", "close", "common_returns", "known", "mix_returns", "of", "periods_of", "periods_per_year", "returns",
        "shape", "symbols", "volatility",
    }  # fmt: skip
