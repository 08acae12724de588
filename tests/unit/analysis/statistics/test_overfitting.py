"""The probability of backtest overfitting: equal to the plain computation of every half, and what has no answer."""

from __future__ import annotations

import itertools
import math
import tracemalloc

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from backtester.analysis.statistics import overfitting as module
from backtester.analysis.statistics.overfitting import Overfitting, block_count, block_sums, join, overfitting


def plain(excess: np.ndarray, blocks: int) -> dict[str, float]:
    """The paper's own steps: cut out every half, find the winner, rank it on the other half."""
    rows = len(excess) // blocks
    parts = [excess[part * rows : (part + 1) * rows] for part in range(blocks)]
    inside, outside, ranks = [], [], []
    for chosen in itertools.combinations(range(blocks), blocks // 2):
        one = np.concatenate([parts[part] for part in chosen])
        other = np.concatenate([parts[part] for part in range(blocks) if part not in chosen])
        picking, judging = (half.mean(axis=0) / half.std(axis=0, ddof=1) for half in (one, other))
        winner = int((picking >= picking.max() - 1e-12).argmax())
        equal = np.abs(judging - judging[winner]) <= 1e-12
        ranks.append(((judging < judging[winner]) & ~equal).sum() + (equal.sum() + 1) / 2)
        inside.append(picking[winner])
        outside.append(judging[winner])
    share = np.array(ranks) / (excess.shape[1] + 1)
    return {
        "pbo": float((np.log(share / (1 - share)) <= 0).mean()),
        "loss_probability": float((np.array(outside) < -1e-12).mean()),
        "degradation_slope": float(np.cov(inside, outside)[0, 1] / np.var(inside, ddof=1)),
        "mean_relative_rank": float(share.mean()),
    }


def noise(sessions: int, settings: int, *, seed: int = 0) -> np.ndarray:
    return 0.0002 + 0.01 * np.random.default_rng(seed).standard_normal((sessions, settings))


def answer(excess: np.ndarray, wanted: int = 16) -> Overfitting:
    return overfitting(block_sums(excess, block_count(len(excess), wanted)))


def unanswered(found: Overfitting) -> bool:
    four = (found.pbo, found.loss_probability, found.degradation_slope, found.mean_relative_rank)
    return all(math.isnan(value) for value in four)


class TestEveryHalf:
    @pytest.mark.parametrize(("sessions", "settings", "blocks"), [(127, 2, 4), (200, 7, 6), (243, 40, 8), (301, 9, 10)])
    def test_is_as_if_it_were_cut_out(self, sessions, settings, blocks):
        excess = noise(sessions, settings)
        found, expected = answer(excess, blocks), plain(excess, blocks)
        assert (found.settings, found.blocks) == (settings, blocks)
        assert {name: getattr(found, name) for name in expected} == pytest.approx(expected, rel=1e-9)

    def test_with_ties(self):
        excess = noise(200, 12)
        excess[:, [3, 7, 11]] = excess[:, [0]]
        excess[:, 8] = excess[:, 2]
        expected = plain(excess, 6)
        found = answer(excess, 6)
        assert {name: getattr(found, name) for name in expected} == pytest.approx(expected, rel=1e-9)

    @hypothesis.given(
        seed=st.integers(0, 10**6), rows=st.integers(4, 12), settings=st.integers(2, 7), blocks=st.sampled_from([4, 6])
    )
    def test_with_ties_of_all_kinds(self, seed, rows, settings, blocks):
        """Returns of a few values have equal Sharpe ratios in different series, with other rounding."""
        excess = np.random.default_rng(seed).integers(-1, 2, size=(rows * blocks, settings)) / 100
        found = overfitting(block_sums(excess, blocks))
        with np.errstate(divide="ignore", invalid="ignore"):
            expected = plain(excess, blocks) if found.settings == settings else {}
        hypothesis.assume(np.isfinite(expected.get("degradation_slope", math.nan)))
        assert {name: getattr(found, name) for name in expected} == pytest.approx(expected, rel=1e-6, abs=1e-9)

    def test_in_slices_of_any_size(self, monkeypatch):
        excess = noise(480, 25)
        whole = answer(excess, 8)
        monkeypatch.setattr(module, "_CELLS", 60)
        assert answer(excess, 8).as_dict() == pytest.approx(whole.as_dict(), rel=1e-9)

    def test_a_large_mean_costs_no_digits(self):
        excess = noise(240, 5) / 1e4
        excess[:, 1:3] += 0.5
        expected = plain(excess, 8)
        found = answer(excess, 8)
        assert {name: getattr(found, name) for name in expected} == pytest.approx(expected, rel=1e-6)

    def test_the_slices_of_a_sweep_join(self):
        excess = noise(240, 9)
        parts = [block_sums(excess[:, :4], 8), block_sums(excess[:, 4:], 8)]
        assert overfitting(join(parts)).as_dict() == pytest.approx(answer(excess, 8).as_dict(), rel=1e-9)

    def test_slices_of_other_blocks_do_not(self):
        with pytest.raises(ValueError, match="different sizes"):
            join([block_sums(noise(240, 2), 8), block_sums(noise(240, 2), 6)])


class TestWhatItSays:
    def test_a_setting_that_is_better_throughout_always_wins(self):
        excess = noise(960, 10)
        excess[:, 4] += 0.01
        found = answer(excess)
        assert (found.pbo, found.loss_probability) == (0, 0)
        assert found.mean_relative_rank == pytest.approx(10 / 11)

    def test_noise_says_nothing(self):
        found = [answer(noise(480, 20, seed=seed), 8).pbo for seed in range(40)]
        assert np.mean(found) == pytest.approx(0.5, abs=0.1)

    def test_what_wins_in_one_block_only_is_overfitted(self):
        excess = noise(480, 8)
        for block in range(8):
            excess[60 * block : 60 * (block + 1), block] += 0.05
        found = answer(excess, 8)
        assert found.pbo > 0.95
        assert found.mean_relative_rank < 0.4

    def test_two_opposites_never_win_twice(self):
        one = noise(480, 1) - 0.0002
        one -= one.mean()
        assert answer(np.hstack([one, -one]), 4).pbo == 1

    def test_the_last_sessions_beyond_the_blocks_are_left_out(self):
        excess = noise(485, 6)
        changed = excess.copy()
        changed[480:] = 9.0
        assert answer(excess) == answer(changed)


class TestBlocks:
    @pytest.mark.parametrize(
        ("sessions", "blocks"),
        [(0, 0), (119, 0), (120, 4), (179, 4), (180, 6), (249, 8), (419, 12), (479, 14), (480, 16), (8312, 16)],
    )
    def test_are_sixteen_or_as_many_as_have_thirty_sessions(self, sessions, blocks):
        assert block_count(sessions) == blocks

    @pytest.mark.parametrize(("wanted", "blocks"), [(4, 4), (10, 10), (11, 10), (3, 0)])
    def test_are_even_and_no_more_than_wanted(self, wanted, blocks):
        assert block_count(10_000, wanted) == blocks

    @pytest.mark.parametrize("sessions", [0, 2, 119])
    def test_under_four_there_is_no_answer(self, sessions):
        found = answer(noise(sessions, 5))
        assert found.blocks == 0
        assert unanswered(found)


class TestDegenerate:
    @pytest.mark.parametrize("settings", [0, 1])
    def test_without_a_choice_there_is_no_answer(self, settings):
        found = answer(noise(240, settings))
        assert found.settings == settings
        assert unanswered(found)

    def test_identical_settings_all_have_the_median_rank(self):
        found = answer(np.repeat(noise(480, 1), 30, axis=1))
        assert (found.pbo, found.mean_relative_rank) == (1, 0.5)

    def test_failed_and_constant_settings_are_left_out(self):
        excess = noise(480, 12)
        kept = answer(excess[:, [0, 1, 2, 4, 5, 6, 8, 9, 11]])
        excess[:, 3], excess[:, 7], excess[5, 10] = np.nan, 0.001, np.nan
        assert answer(excess).as_dict() == pytest.approx(kept.as_dict(), rel=1e-9)

    @pytest.mark.parametrize("constant", [0.0, 1e-5, 0.0007, -0.013, 1 / 3])
    def test_a_setting_that_is_constant_on_a_half_is_left_out(self, constant):
        excess = noise(480, 3)
        excess[:240, 1] = constant
        assert answer(excess, 4).as_dict() == pytest.approx(answer(excess[:, [0, 2]], 4).as_dict(), rel=1e-9)

    def test_a_setting_that_is_constant_on_less_is_not(self):
        excess = noise(480, 3)
        excess[:120, 1] = 0.0
        assert answer(excess, 4).settings == 3

    def test_all_constant_gives_no_answer(self):
        found = answer(np.full((480, 4), 0.001))
        assert found.settings == 0
        assert unanswered(found)


def test_memory_does_not_grow_with_the_halves():
    """All Sharpe ratios of 500 settings on 12,870 halves would be 50 MB."""
    sums = block_sums(noise(960, 500), 16)
    tracemalloc.start()
    overfitting(sums)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6
