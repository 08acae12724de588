"""The metrics of many curves side by side are those of each curve alone."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtester.analysis.batch.curve_metrics import Frame, metrics_of, returns_of
from backtester.metrics import measure, returns
from backtester.model.calendar import measure_calendar

CAPITAL = 10_000.0


def frame_of(size, *, risk_free=0.02, benchmark=None, start="2001-01-02"):
    sessions = np.busday_offset(start, np.arange(size), roll="forward")
    calendar = measure_calendar(sessions, end_date=sessions[-1])
    return Frame(
        sessions=sessions, initial=CAPITAL, periods=calendar.periods_per_year, risk_free=risk_free,
        months=returns.full_months(sessions, calendar), benchmark=benchmark,
    )  # fmt: skip


def alone(curve, frame):
    """Return the metrics of one curve, by the product's own definitions."""
    spec = SimpleNamespace(initial_capital=frame.initial, risk_free_rate=frame.risk_free)
    daily = returns.simple_returns(curve, frame.initial)
    found = measure.curve_metrics(curve, daily, frame.sessions, spec=spec, periods=frame.periods)
    if frame.benchmark is not None:
        found |= measure._relative_metrics(
            curve, daily, frame.benchmark, frame.months, spec=spec, periods=frame.periods, own=None
        )
    return found, measure._monthly_metrics(curve, frame.months, spec)


def assert_same(values, frame):
    with np.errstate(all="ignore"):
        many = metrics_of(values, returns_of(values, frame.initial), frame)
        for c, curve in enumerate(values):
            for columns, expected in zip(many, alone(curve, frame), strict=True):
                assert columns.keys() == expected.keys()
                found = {name: column[c] for name, column in columns.items()}
                assert found == pytest.approx(expected, rel=1e-12, abs=1e-13, nan_ok=True)


def curves(count, size, seed, *, sd=0.01):
    drawn = np.random.Generator(np.random.PCG64(seed)).standard_t(4, (count, size)) * sd
    return CAPITAL * np.cumprod(1 + np.clip(drawn, -0.5, 0.5), axis=1)


@given(
    count=st.integers(1, 20), size=st.integers(1, 900), seed=st.integers(0, 999), risk_free=st.sampled_from([0, 0.03])
)  # fmt: skip
def test_each_column_is_the_metric_of_its_curve(count, size, seed, risk_free):
    assert_same(curves(count, size, seed), frame_of(size, risk_free=risk_free))


@given(size=st.integers(1, 700), seed=st.integers(0, 999))
def test_relative_metrics_too(size, seed):
    benchmark = curves(1, size, seed + 5000)[0]
    assert_same(curves(3, size, seed), frame_of(size, benchmark=benchmark))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 20, 300])
def test_curves_that_do_not_move_only_rise_only_fall_or_repeat_returns(size):
    steps = np.arange(1, size + 1)
    values = np.array([
        np.full(size, CAPITAL), CAPITAL * 1.001**steps, CAPITAL * 0.999**steps,
        CAPITAL * np.cumprod(np.where(steps % 2, 1.01, 0.99)), CAPITAL * np.cumprod(np.where(steps % 9, 1.0, 0.97)),
        np.full(size, CAPITAL * 0.9),
    ])  # fmt: skip
    assert_same(values, frame_of(size))
    assert_same(values, frame_of(size, benchmark=np.full(size, CAPITAL)))
    assert_same(values, frame_of(size, benchmark=values[3]))


@pytest.mark.parametrize("size", [60, 3000])
def test_returns_that_are_equal_but_for_rounding(size):
    """In cash, which costs the same every session: a value is a rounded product, and so the returns differ."""
    steps = np.arange(1, size + 1)
    values = np.array([
        CAPITAL * np.cumprod(np.where(steps % 3, 1.01, 0.999)),
        CAPITAL * np.cumprod(np.where(steps % 40, 1 - 2e-4, 0.97)),
    ])  # fmt: skip
    assert_same(values, frame_of(size))


def test_a_curve_that_ended_before_the_others_has_no_metrics_and_says_nothing():
    values = curves(3, 300, seed=5)
    values[1] = np.nan
    frame = frame_of(300)
    with np.errstate(all="ignore"):  # as every run is; a warning of Python's own would fail this test
        found, _ = metrics_of(values, returns_of(values, frame.initial), frame)
    assert np.isnan([found[name][1] for name in ("sharpe_ratio", "var_95", "cvar_95", "tail_ratio", "cagr")]).all()
    assert_same(values[[0, 2]], frame)
