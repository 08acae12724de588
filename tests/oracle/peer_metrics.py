"""Measure returns with empyrical, quantstats, ffn, skfolio and scipy, by their own functions.

For the peers' own interpreter: jobs in JSON on stdin, numbers in JSON on stdout. Measures that a peer has under another
name, or with a setting that makes its definition ours, are here under ours; what its defaults are is said beside them.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import empyrical
import ffn
import numpy as np
import pandas as pd
import quantstats.stats as quantstats
from scipy import optimize, stats
from skfolio import measures as skfolio


def of_empyrical(job: dict[str, Any]) -> dict[str, float]:
    """Return what empyrical makes of daily returns, the benchmark's, and the risk-free rate of one period."""
    returns, benchmark, rate = np.array(job["returns"]), np.array(job["benchmark"]), job["risk_free"]
    monthly, monthly_benchmark = np.array(job["monthly"]), np.array(job["monthly_benchmark"])
    return {
        "final_value": empyrical.cum_returns_final(returns, starting_value=job["capital"]),
        "best_day": empyrical.stats.nanmax(returns),
        "worst_day": empyrical.stats.nanmin(returns),
        "tracking_error": empyrical.annual_volatility(returns - benchmark),
        "total_return": empyrical.cum_returns_final(returns),
        "cagr": empyrical.cagr(returns),
        "annual_volatility": empyrical.annual_volatility(returns),
        "sharpe_ratio": empyrical.sharpe_ratio(returns, risk_free=rate),
        "sortino_ratio": empyrical.sortino_ratio(returns, required_return=rate),
        "max_drawdown": empyrical.max_drawdown(returns),
        "calmar_ratio": empyrical.calmar_ratio(returns),
        "var_95": empyrical.value_at_risk(returns),
        "cvar_95": empyrical.conditional_value_at_risk(returns),
        "tail_ratio": empyrical.tail_ratio(returns),
        "omega_ratio": empyrical.omega_ratio(returns),
        "alpha": empyrical.alpha(returns, benchmark, risk_free=rate),
        "beta": empyrical.beta(returns, benchmark, risk_free=rate),
        "excess_sharpe": empyrical.excess_sharpe(returns, benchmark),
        "up_capture": empyrical.up_capture(monthly, monthly_benchmark, period="monthly"),
        "down_capture": empyrical.down_capture(monthly, monthly_benchmark, period="monthly"),
        "monthly_annual_volatility": empyrical.annual_volatility(monthly, period="monthly"),
        "monthly_sharpe_ratio": empyrical.sharpe_ratio(monthly, period="monthly"),
        "monthly_sharpe_ratio_of_excess": empyrical.sharpe_ratio(
            monthly, risk_free=job["risk_free_month"], period="monthly"
        ),
        "monthly_sortino_ratio": empyrical.sortino_ratio(
            monthly, required_return=job["risk_free_month"], period="monthly"
        ),
        "monthly_var_95": empyrical.value_at_risk(monthly),
        "monthly_max_drawdown": empyrical.max_drawdown(monthly),
    }


def of_quantstats(job: dict[str, Any]) -> dict[str, float]:
    """Return what quantstats makes of the returns. Its risk-free rate is annual."""
    index = pd.DatetimeIndex(job["sessions"])
    returns, benchmark = pd.Series(job["returns"], index), pd.Series(job["benchmark"], index)
    earned = pd.Series(job["equity"]).diff().fillna(job["equity"][0] - job["capital"])
    falls = quantstats.drawdown_details(quantstats.to_drawdown_series(returns))
    deepest = falls.loc[falls["max drawdown"].idxmin()]
    greeks = quantstats.greeks(returns - job["risk_free"], benchmark - job["risk_free"])
    return {
        "total_return": quantstats.comp(returns),
        "cagr": quantstats.cagr(returns),
        "annual_volatility": quantstats.volatility(returns),
        "sharpe_ratio": quantstats.sharpe(returns, rf=job["risk_free_rate"]),
        "sortino_ratio": quantstats.sortino(returns, rf=job["risk_free_rate"]),
        "calmar_ratio": quantstats.calmar(returns),
        "max_drawdown": quantstats.max_drawdown(returns),
        "deepest_begins": pd.Timestamp(deepest["start"]).toordinal(),
        "deepest_ends": pd.Timestamp(deepest["end"]).toordinal(),
        "var_95": quantstats.value_at_risk(returns),
        "cvar_95": quantstats.cvar(returns, method="historical"),
        "parametric_cvar_95": quantstats.cvar(returns),
        "win_rate": quantstats.win_rate(returns),
        "profit_factor": quantstats.profit_factor(earned, prepare_returns=False),
        "profit_factor_of_returns": quantstats.profit_factor(returns),
        "best_day": quantstats.best(returns),
        "worst_day": quantstats.worst(returns),
        "skew": quantstats.skew(returns),
        "kurtosis": quantstats.kurtosis(returns),
        "ulcer_index": quantstats.ulcer_index(returns),
        "omega_ratio": quantstats.omega(returns),
        "tail_ratio": quantstats.tail_ratio(returns),
        "exposure": quantstats.exposure(returns),
        "beta": greeks["beta"],
        "alpha": greeks["alpha"],
        "information_ratio": quantstats.information_ratio(returns, benchmark),
    }


def of_ffn(job: dict[str, Any]) -> dict[str, float]:
    """Return what ffn makes of the equity curve, the capital before it being its first value."""
    index = pd.DatetimeIndex(job["sessions"])
    equity = pd.Series([job["capital"], *job["equity"]], index=index.insert(0, index[0] - pd.Timedelta(days=1)))
    returns, benchmark = pd.Series(job["returns"], index), pd.Series(job["benchmark"], index)
    alone = pd.Series(job["equity"], index=index)
    falls = ffn.drawdown_details(ffn.to_drawdown_series(equity))
    deepest = falls.loc[falls["drawdown"].astype(float).idxmin()]
    return {
        "total_return": ffn.calc_total_return(equity),
        "cagr": ffn.calc_cagr(alone),
        "calmar_ratio": ffn.calc_calmar_ratio(alone),
        "sharpe_ratio": ffn.calc_sharpe(returns, rf=job["risk_free_rate"], nperiods=252),
        "sortino_ratio": ffn.calc_sortino_ratio(returns, rf=job["risk_free_rate"], nperiods=252),
        "max_drawdown": ffn.calc_max_drawdown(equity),
        "deepest_begins": deepest["Start"].toordinal(),
        "deepest_ends": deepest["End"].toordinal(),
        "ulcer_index": ffn.to_ulcer_index(equity),
        "information_ratio": ffn.calc_information_ratio(returns, benchmark),
    }


def of_skfolio(job: dict[str, Any]) -> dict[str, float]:
    """Return what skfolio's measures are of the returns; its risks are positive, and none is annualised."""
    returns, free = np.array(job["returns"]), job["risk_free"]
    drawdowns = skfolio.get_drawdowns(returns, compounded=True)
    excess, year = skfolio.mean(returns) - free, 252**0.5
    return {
        "annual_volatility": skfolio.standard_deviation(returns) * year,
        "sharpe_ratio": excess / skfolio.standard_deviation(returns) * year,
        "sortino_ratio": excess / skfolio.semi_deviation(returns, min_acceptable_return=free) * year,
        "max_drawdown": -skfolio.max_drawdown(drawdowns),
        "ulcer_index": skfolio.ulcer_index(drawdowns),
        "worst_day": -skfolio.worst_realization(returns),
        "var_95": -skfolio.value_at_risk(returns),
        "cvar_95": -skfolio.cvar(returns),
        "skew": skfolio.skew(returns),
        "kurtosis": skfolio.kurtosis(returns),
    }


def of_scipy(job: dict[str, Any]) -> dict[str, float]:
    """Return the higher moments, with their bias corrected and as scipy gives them by default."""
    returns = np.array(job["returns"])
    return {
        "skew": stats.skew(returns, bias=False),
        "kurtosis": stats.kurtosis(returns, bias=False),
        "biased_skew": stats.skew(returns),
        "biased_kurtosis": stats.kurtosis(returns),
        "money_weighted_return": money_weighted_return(job),
    }


def money_weighted_return(job: dict[str, Any]) -> float:
    """Return the annual rate at which the payments are worth nothing together, by scipy's root finder."""
    paid, years = np.array(job["paid"]), np.array(job["paid_years"])
    return float(optimize.brentq(lambda rate: float((paid / (1 + rate) ** years).sum()), -0.9, 9.0, xtol=1e-14))


def main() -> None:
    """Answer the jobs on stdin, by name."""
    peers = {
        "empyrical": of_empyrical, "quantstats": of_quantstats, "ffn": of_ffn, "skfolio": of_skfolio,
        "scipy": of_scipy,
    }  # fmt: skip
    json.dump(
        {
            name: {peer: {k: float(v) for k, v in measure(job).items()} for peer, measure in peers.items()}
            for name, job in json.load(sys.stdin).items()
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
