"""The answer about the best of many settings, from slices of a sweep as from all of its returns."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from backtester.analysis.statistics.overfitting import block_count, block_sums
from backtester.analysis.statistics.significance import (
    deflated_hurdle,
    estimate,
    probabilistic_sharpe_ratio,
    unskilled_deviation,
)
from backtester.analysis.statistics.trials import fingerprints, first_equal, mean_correlation, sharpe_ratios, unit_sum
from backtester.analysis.sweep.choice import judge


def noise(settings: int, sessions: int = 600) -> np.ndarray:
    random = np.random.default_rng(8)
    return 0.0005 + 0.01 * (random.standard_normal((sessions, settings)) + random.standard_normal((sessions, 1)))


def judged(excess: np.ndarray, *, trials_before: int = 0) -> dict[str, Any]:
    sharpe, first = sharpe_ratios(excess), first_equal(fingerprints(excess))
    distinct = np.isfinite(sharpe) & (first == np.arange(first.size))
    count = int(distinct.sum())
    return judge(
        estimate(excess[:, np.nanargmax(sharpe)]), sharpe=sharpe, first=first,
        correlation=mean_correlation(unit_sum(excess[:, distinct]), count),
        sums=block_sums(excess, block_count(len(excess))), profitable=int((excess.sum(axis=0) > 0).sum()),
        trials_before=trials_before, periods=252, by_sharpe=True,
    )  # fmt: skip


class TestTrials:
    def test_are_distinct_and_those_before(self):
        excess = noise(20)
        excess[:, 7] = excess[:, 3]
        assert judged(excess)["trials"] == 19
        assert judged(excess, trials_before=5)["trials"] == 24

    def test_a_repeated_setting_changes_no_deflation(self):
        excess = noise(20)
        again = np.hstack([excess, excess[:, :6]])
        names = ("trials", "effective_trials", "expected_max_sharpe", "dsr", "dsr_effective")
        once, twice = judged(excess), judged(again)
        assert [twice[name] for name in names] == pytest.approx([once[name] for name in names], rel=1e-12)

    def test_failed_ones_count_nowhere(self):
        excess = noise(20)
        found, expected = judged(np.hstack([excess, np.full((600, 1), np.nan)])), judged(excess)
        del found["statement"], expected["statement"]
        assert found == pytest.approx(expected, rel=1e-9)

    def test_a_constant_one_was_tried_and_has_no_part_in_the_spread(self):
        excess = noise(20)
        found = judged(np.hstack([excess, np.full((600, 2), 0.0001), np.zeros((600, 1))]))
        expected = judged(excess, trials_before=2)
        del found["statement"], expected["statement"]
        assert (found["trials"], expected["trials"]) == (22, 22)
        assert found == pytest.approx(expected, rel=1e-9)

    def test_more_of_them_before_lower_the_probability(self):
        found = [judged(noise(20), trials_before=before)["dsr"] for before in (0, 100, 10_000)]
        assert found[0] > found[1] > found[2]

    def test_that_resemble_each_other_are_worth_fewer(self):
        found = judged(noise(20))
        assert 1 < found["effective_trials"] < found["trials"]
        assert found["dsr_effective"] > found["dsr"]


class TestWithoutAChoice:
    def test_one_setting_is_measured_as_one_run(self):
        found = judged(noise(1))
        assert (found["trials"], found["effective_trials"], found["expected_max_sharpe"]) == (1, 1, 0)
        assert found["dsr"] == found["dsr_effective"] == probabilistic_sharpe_ratio(estimate(noise(1)[:, 0]))
        assert math.isnan(found["pbo"])
        assert found["statement"] == "There was one setting: nothing was chosen."

    @pytest.mark.parametrize("settings", [1, 12])
    def test_trials_before_a_single_series_deflate_as_those_of_one_run_do(self, settings):
        """`analysis.trust.significance` with as many `trials` is the same question."""
        found = judged(np.repeat(noise(1), settings, axis=1), trials_before=10)
        hurdle = deflated_hurdle(unskilled_deviation(600), 11)
        assert (found["trials"], found["expected_max_sharpe"]) == (11, pytest.approx(hurdle * 252**0.5))
        assert found["dsr"] == pytest.approx(probabilistic_sharpe_ratio(estimate(noise(1)[:, 0]), hurdle=hurdle))
        assert "10 were tried before. The Sharpe ratio of the best" in found["statement"]
        assert "of 11 trials" in found["statement"]

    def test_identical_settings_are_one(self):
        found = judged(np.repeat(noise(1), 12, axis=1))
        assert (found["trials"], found["expected_max_sharpe"]) == (1, 0)
        assert found["dsr"] == pytest.approx(judged(noise(1))["dsr"], rel=1e-12)
        assert found["pbo"] == 1
        assert found["statement"].startswith("All settings gave the same returns")

    def test_a_short_history_has_no_pbo_and_says_so(self):
        found = judged(noise(9, sessions=100))
        assert math.isnan(found["pbo"])
        assert found["dsr"] < 1
        assert "too few sessions" in found["statement"]

    def test_a_series_beside_a_constant_one_has_no_choice_that_misled(self):
        """PBO is of the settings with a Sharpe ratio, and these are alike."""
        found = judged(np.hstack([np.repeat(noise(1), 3, axis=1), np.zeros((600, 1))]))
        assert found["trials"] == 2
        assert found["statement"].startswith("Whether the choice among these settings holds")
