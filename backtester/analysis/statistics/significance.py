"""How much a Sharpe ratio can be trusted: one function a statistic, its formula above its code.

Sharpe ratios are per session, of excess returns, unless a name says `annual`. Not defined is NaN. N trials, T sessions,
g3 the skew and g4 the kurtosis (3 for a normal distribution), both bias-corrected as in `metrics.risk`. ffn corrects
them as well; skfolio takes the population's moments, which over 30 years of sessions moves a probability by 1e-6.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from backtester.metrics.risk import kurtosis, sharpe_ratio, skew
from backtester.model.record import Record
from backtester.model.records import FloatArray

NAN = float("nan")
_EULER = 0.5772156649015329  # the Euler-Mascheroni constant
_QUANTILE = NormalDist().inv_cdf  # Wichura's AS 241: 1e-16


def normal_cdf(x: float) -> float:
    """Phi(x), to 1e-15; a small one keeps its digits. NaN for NaN."""
    return 0.5 * math.erfc(-x / math.sqrt(2))


def normal_quantile(p: float) -> float:
    """Phi^-1(p), to 1e-15. ValueError unless 0 < p < 1."""
    return _QUANTILE(p)


class SharpeEstimate(Record):
    """A Sharpe ratio with what its standard error depends on."""

    sharpe: float
    size: int  # T
    skew: float
    kurtosis: float  # not excess

    @property
    def variance(self) -> float:
        """1 - g3 SR + (g4 - 1)/4 SR²: that of the estimate, times T - 1. NaN where it is not above 0."""
        value = 1 - self.skew * self.sharpe + (self.kurtosis - 1) / 4 * self.sharpe**2
        return value if value > 0 else NAN


def estimate(excess: FloatArray) -> SharpeEstimate:
    """Return the Sharpe ratio of excess returns (T,) and their moments; NaN for a constant series and for T < 4."""
    return SharpeEstimate(
        sharpe=sharpe_ratio(excess, periods=1, risk_free=0.0), size=excess.size, skew=skew(excess),
        kurtosis=kurtosis(excess) + 3,
    )  # fmt: skip


def standard_error(found: SharpeEstimate) -> float:
    """√((1 - g3 SR + (g4 - 1)/4 SR²) / (T - 1)). Times √P: of the annual Sharpe ratio. Mertens (2002)."""
    return math.sqrt(found.variance / (found.size - 1)) if found.size > 1 else NAN


def probabilistic_sharpe_ratio(found: SharpeEstimate, *, hurdle: float = 0.0) -> float:
    """Phi((SR - SR*) √(T - 1) / √(1 - g3 SR + (g4 - 1)/4 SR²)): the probability that the true ratio is above SR*.

    hurdle: SR*. With `deflated_hurdle` it is the deflated Sharpe ratio. Bailey and López de Prado (2012, 2014).
    """
    return normal_cdf((found.sharpe - hurdle) / standard_error(found))


def expected_maximum(trials: float) -> float:
    """(1 - g) Phi^-1(1 - 1/N) + g Phi^-1(1 - 1/(N e)), g Euler's constant: of the largest of N unit normals.

    0 for N <= 1, and never less, which the approximation would be for N under 1.29. It is 8 % low at N = 2, 3 % high at
    N = 5, 1 % at N = 100. trials: N; an effective number need not be whole.
    """
    if not trials > 1:
        return NAN if math.isnan(trials) else 0.0
    value = -(1 - _EULER) * normal_quantile(1 / trials) - _EULER * normal_quantile(1 / (trials * math.e))
    return max(value, 0.0)


def deflated_hurdle(deviation: float, trials: float) -> float:
    """SR0 = s · E[maximum of N unit normals]: the best Sharpe ratio to be expected of N trials without any skill.

    deviation: s, the standard deviation (ddof 1) of the trials' Sharpe ratios. 0 where N <= 1 or s = 0, NaN included:
    without a spread there is nothing to choose from. Bailey and López de Prado (2014).
    """
    return deviation * expected_maximum(trials) if deviation > 0 else 0.0


def unskilled_deviation(size: int) -> float:
    """1 / √(T - 1): the standard deviation of the Sharpe ratios of trials whose true one is 0; NaN for T < 2.

    For `deflated_hurdle` where only the number of the trials is known. `min_backtest_years` assumes the same.
    """
    return 1 / math.sqrt(size - 1) if size > 1 else NAN


def effective_trials(trials: float, correlation: float) -> float:
    """Return rho + (1 - rho) N: how many independent trials N of mean correlation rho are worth. N where rho is NaN."""
    return trials if math.isnan(correlation) else correlation + (1 - correlation) * trials


def min_track_record_sessions(found: SharpeEstimate, *, confidence: float, hurdle: float = 0.0) -> float:
    """1 + (1 - g3 SR + (g4 - 1)/4 SR²) (Phi^-1(confidence) / (SR - SR*))²: sessions until PSR reaches the confidence.

    NaN where SR <= SR*: no record is long enough. Bailey and López de Prado (2012).
    """
    above = found.sharpe - hurdle
    if not above > 0:
        return NAN
    ratio = normal_quantile(confidence) / above
    return _finite(1 + found.variance * ratio * ratio)


def min_backtest_years(annual_sharpe: float, trials: float) -> float:
    """(E[maximum of N unit normals] / annual Sharpe ratio)²: shorter, the best of N without skill would look as good.

    NaN for a Sharpe ratio that is not above 0. Bailey, Borwein, López de Prado and Zhu (2014).
    """
    if not annual_sharpe > 0:
        return NAN
    ratio = expected_maximum(trials) / annual_sharpe
    return _finite(ratio * ratio)


def _finite(value: float) -> float:
    return value if math.isfinite(value) else NAN
