"""The stationary bootstrap: its paths are pieces of the history, measured as the history itself is."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest

from backtester.analysis.statistics import bootstrap as module
from backtester.analysis.statistics.bootstrap import (
    Bootstrap,
    bootstrap,
    interval,
    mean_block_length,
    optimal_block_length,
    resample,
)
from backtester.metrics import drawdown, returns, risk


def history(size: int = 700) -> np.ndarray:
    return 0.0004 + 0.01 * np.random.default_rng(5).standard_normal(size)


def drawn(values: np.ndarray, **changed: object) -> Bootstrap:
    plain = {"risk_free": 0.0001, "periods": 252, "calendar_days": 1015, "paths": 50, "seed": 42}
    return bootstrap(values, **{**plain, **changed})


def generator() -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(1))


class TestPaths:
    def test_are_blocks_of_the_history_that_wrap_around(self):
        blocks = resample(generator(), size=50, paths=400, mean_block=6)
        rows = blocks.rows()
        assert rows.shape == (400, 50)
        assert rows.min() == 0
        assert rows.max() == 49
        starts = np.zeros(rows.size, dtype=bool)
        starts[blocks.begins] = True
        follows = rows[:, 1:] == (rows[:, :-1] + 1) % 50
        assert (follows | starts.reshape(rows.shape)[:, 1:]).all()
        assert starts.reshape(rows.shape)[:, 0].all(), "a path begins anywhere"

    def test_a_block_ends_with_the_same_probability_after_every_session(self):
        blocks = resample(generator(), size=100, paths=4000, mean_block=8)
        begun = np.zeros(400_000, dtype=bool)
        begun[blocks.begins] = True
        share = begun.reshape(4000, 100).mean(axis=0)
        assert share[0] == 1
        assert share[1:] == pytest.approx(1 / 8, abs=0.03)  # 5 standard errors
        assert share[1:].mean() == pytest.approx(1 / 8, abs=0.003)

    def test_every_row_is_as_likely(self):
        rows = resample(generator(), size=20, paths=5000, mean_block=5).rows()
        assert np.bincount(rows.ravel()) / rows.size == pytest.approx(1 / 20, abs=0.003)

    def test_a_block_of_one_session_is_the_plain_bootstrap(self):
        assert resample(generator(), size=30, paths=4, mean_block=1).begins.size == 120

    def test_blocks_far_longer_than_the_history_are_whole_histories_turned(self):
        rows = resample(generator(), size=30, paths=9, mean_block=1e9).rows()
        assert ((rows - rows[:, :1]) % 30 == np.arange(30)).all()


class TestMeasures:
    def test_are_those_of_a_run(self):
        values, benchmark = history(), history()[::-1] * 0.9
        found = drawn(values, benchmark=benchmark, mean_block=20, paths=7)
        rows = resample(np.random.Generator(np.random.PCG64(42)), size=700, paths=7, mean_block=20).rows()
        behind = 0
        for path, picked in enumerate(rows):
            own, curve = values[picked], returns.growth(values[picked], 1.0)
            assert found.sharpe_ratio[path] == pytest.approx(risk.sharpe_ratio(own, periods=252, risk_free=0.0001))
            assert found.cagr[path] == pytest.approx(returns.cagr(curve[-1] - 1, 1015))
            deepest = drawdown.max_drawdown(drawdown.drawdowns(curve, 1.0))
            assert found.max_drawdown[path] == pytest.approx(deepest)
            behind += curve[-1] < returns.growth(benchmark[picked], 1.0)[-1]
        assert found.probability_below_benchmark == behind / 7

    def test_are_the_same_for_the_same_seed_only(self):
        first, again, other = drawn(history()), drawn(history()), drawn(history(), seed=43)
        assert (first.sharpe_ratio == again.sharpe_ratio).all()
        assert (first.sharpe_ratio != other.sharpe_ratio).any()

    @pytest.mark.parametrize(("shift", "probability"), [(0.0, 0.0), (1e-6, 1.0), (-1e-6, 0.0)])
    def test_the_same_sessions_are_drawn_of_the_benchmark(self, shift, probability):
        assert drawn(history(), benchmark=history() + shift).probability_below_benchmark == probability

    def test_without_a_benchmark_there_is_no_probability(self):
        assert math.isnan(drawn(history()).probability_below_benchmark)

    def test_under_a_year_there_is_no_cagr(self):
        found = drawn(history(100), calendar_days=364)
        assert np.isnan(found.cagr).all()
        assert np.isfinite(found.sharpe_ratio).all()

    def test_a_constant_series_has_no_sharpe_ratio(self):
        found = drawn(np.full(600, 0.0003))
        assert np.isnan(found.sharpe_ratio).all()
        assert interval(found.sharpe_ratio, 0.95) == pytest.approx((math.nan, math.nan), nan_ok=True)
        assert (found.max_drawdown == 0).all()
        assert found.cagr == pytest.approx(1.0003 ** (600 * 365.25 / 1015) - 1)

    def test_a_total_loss_is_one(self):
        values = history(40)
        values[7] = -1.0
        found = drawn(values, paths=300, calendar_days=400)
        lost = found.max_drawdown == -1
        assert 0 < lost.sum() < 300
        assert found.cagr[lost] == pytest.approx(-1)

    @pytest.mark.parametrize("size", [1, 2, 5, 9])
    def test_a_few_sessions_are_resampled_all_the_same(self, size):
        found = drawn(history(size), benchmark=history(size))
        assert found.mean_block == size
        assert np.isfinite(found.max_drawdown).all()

    def test_memory_does_not_grow_with_the_paths(self):
        values = history(2000)
        tracemalloc.start()
        drawn(values, paths=2000)  # 32 MB at once
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 8e6

    def test_slices_hold_at_least_one_path(self, monkeypatch):
        monkeypatch.setattr(module, "_CELLS", 1)
        assert np.isfinite(drawn(history(30)).max_drawdown).all()


class TestInterval:
    def test_is_between_percentiles(self):
        assert interval(np.arange(101.0), 0.9) == (pytest.approx(5), pytest.approx(95))

    def test_leaves_out_paths_without_a_value(self):
        assert interval(np.array([np.nan, 1.0, 3.0]), 0.5) == (1.5, 2.5)


class TestBlockLength:
    def test_is_at_least_a_month(self):
        assert optimal_block_length(history()) < 21
        assert mean_block_length(history()) == 21

    def test_grows_with_the_dependence(self):
        trending = np.convolve(history(5000), 0.95 ** np.arange(100), mode="valid")
        assert mean_block_length(trending) == optimal_block_length(trending) > 40

    def test_is_never_longer_than_a_third_of_the_history(self):
        wandering = np.cumsum(history(120))
        assert optimal_block_length(wandering) <= 40

    @pytest.mark.parametrize("values", [np.zeros(0), np.zeros(3), history(8), np.zeros(300), np.full(300, 0.001)])
    def test_is_not_defined_for_few_values_and_constant_ones(self, values):
        assert math.isnan(optimal_block_length(values))
