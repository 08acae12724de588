"""Deflated Sharpe ratios, overfitting and the bootstrap against ffn, skfolio, arch and scipy, on bundled prices."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

import backtester
from backtester.analysis.statistics.bootstrap import bootstrap, optimal_block_length
from backtester.analysis.statistics.overfitting import block_sums, overfitting
from backtester.analysis.statistics.significance import (
    SharpeEstimate,
    deflated_hurdle,
    estimate,
    normal_cdf,
    normal_quantile,
    probabilistic_sharpe_ratio,
)
from backtester.analysis.statistics.trials import sharpe_ratios
from tests.oracle.peers import ask

pytestmark = pytest.mark.full

ROWS = {"4": 2000, "6": 1001, "8": 2500, "10": 333, "16": 500}  # blocks: the first rows that ffn is given
MEAN_BLOCK, PATHS = 25, 1500
X = [-8.0, -3.0, -1.0, -0.1, 0.0, 0.5, 2.0, 8.0]
P = [1e-300, 1e-10, 0.01, 0.3, 0.5, 0.7, 0.95, 0.99999]


@functools.cache
def trials() -> np.ndarray:
    """Excess returns (T, 12) of a sweep of momentum over look-backs and top_n; all five of five is the same thrice."""
    runs = []
    for lookback in (21, 63, 126):
        for top_n in (1, 2, 4, 5):
            result = backtester.run({
                "strategy": "momentum", "parameters": {"lookback_period": lookback, "top_n": top_n},
                "holdings": [{"symbol": s, "allocation": 0.2} for s in ("AAPL", "BAC", "CVX", "MSFT", "UNH")],
                "start_date": "2000-01-01", "end_date": "2011-12-31", "costs": {"commission_bps": 10},
                "data": {"source": "bundled"}, "output": {"precision": None},
            })  # fmt: skip
            runs.append(result["series"]["returns"])
    return np.array(runs).T - (1.02 ** (1 / 252) - 1)


def series() -> list[np.ndarray]:
    """Series of many lengths and dependences, for the block length."""
    random, returns = np.random.default_rng(4), trials()[:, 0]
    trending = np.convolve(random.standard_normal(3000), 0.97 ** np.arange(150), mode="valid")
    return [returns, np.abs(returns), returns[:9], returns[:50], returns[:333], trending, np.cumsum(returns[:700])]


@functools.cache
def theirs() -> dict[str, Any]:
    return ask("peer_analysis.py", {
        "excess": trials().T.tolist(), "rows": ROWS, "mean_block": MEAN_BLOCK, "paths": PATHS, "x": X, "p": P,
        "series": [one.tolist() for one in series()],
    })  # fmt: skip


def best() -> np.ndarray:
    return trials()[:, sharpe_ratios(trials()).argmax()]


def hurdle() -> float:
    return deflated_hurdle(float(sharpe_ratios(trials()).std(ddof=1)), trials().shape[1])


class TestSharpeRatios:
    def test_ffn_finds_the_same_deflated_one(self):
        found = probabilistic_sharpe_ratio(estimate(best()), hurdle=hurdle())
        assert found == pytest.approx(theirs()["ffn"]["deflated"], rel=1e-9)

    def test_skfolio_takes_the_moments_of_the_population(self):
        peer = theirs()["skfolio"]
        for column, excess in enumerate(trials().T):
            moments = {"skew": peer["skew"][column], "kurtosis": peer["kurtosis"][column]}
            found = SharpeEstimate(sharpe=estimate(excess).sharpe, size=excess.size, **moments)
            assert probabilistic_sharpe_ratio(found) == pytest.approx(peer["probabilistic"][column], rel=1e-9)

    def test_which_makes_a_difference_of_a_hundred_thousandth(self):
        peer = theirs()["skfolio"]
        ours = [probabilistic_sharpe_ratio(estimate(excess)) for excess in trials().T]
        assert ours == pytest.approx(peer["probabilistic"], abs=1e-5)
        found = probabilistic_sharpe_ratio(estimate(best()), hurdle=hurdle())
        assert 0 < abs(found - peer["deflated"]) < 1e-5

    def test_scipy_has_the_same_normal_distribution(self):
        assert [normal_cdf(x) for x in X] == pytest.approx(theirs()["scipy"]["cdf"], rel=1e-13, abs=0)
        assert [normal_quantile(p) for p in P] == pytest.approx(theirs()["scipy"]["quantile"], rel=1e-14, abs=1e-15)


class TestOverfitting:
    @pytest.mark.parametrize("blocks", ROWS)
    def test_ffn_finds_the_same(self, blocks):
        found = overfitting(block_sums(trials()[: ROWS[blocks]], int(blocks)))
        assert found.settings == 12
        assert found.pbo == theirs()["ffn"]["pbo"][blocks]
        assert found.mean_relative_rank == pytest.approx(theirs()["ffn"]["mean_relative_rank"][blocks], rel=1e-12)


class TestBootstrap:
    def test_arch_finds_the_same_block_lengths(self):
        ours = [optimal_block_length(one) for one in series()]
        assert ours == pytest.approx(theirs()["arch"]["block_length"], rel=1e-9)

    @pytest.mark.parametrize("name", ["sharpe_ratio", "growth", "max_drawdown"])
    def test_archs_paths_have_the_same_distribution(self, name):
        """By the two-sample test of Kolmogorov and Smirnov: a larger distance has a probability of 1e-6."""
        excess = trials()[:, 0]
        found = bootstrap(
            excess, risk_free=0.0, periods=252, calendar_days=366, paths=PATHS, seed=42, mean_block=MEAN_BLOCK
        )
        growth = (1 + found.cagr) ** (366 / 365.25)
        ours = {"sharpe_ratio": found.sharpe_ratio, "growth": growth, "max_drawdown": found.max_drawdown}[name]
        peers = np.array(theirs()["arch"]["paths"][["sharpe_ratio", "growth", "max_drawdown"].index(name)])
        at = np.sort(np.concatenate([ours, peers]))
        shares = [np.searchsorted(np.sort(sample), at, side="right") / sample.size for sample in (ours, peers)]
        assert np.abs(shares[0] - shares[1]).max() < 2.7 * (2 / PATHS) ** 0.5
