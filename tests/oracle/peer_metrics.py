"""Measure returns with empyrical, ffn and scipy. For the peers' own interpreter: JSON on stdin, JSON on stdout."""

from __future__ import annotations

import json
import sys
from typing import Any

import empyrical
import ffn
import numpy as np
import pandas as pd
from scipy import stats


def of_empyrical(job: dict[str, Any]) -> dict[str, float]:
    """Return what empyrical makes of daily returns, the benchmark's, and the risk-free rate of one period."""
    returns, benchmark, rate = np.array(job["returns"]), np.array(job["benchmark"]), job["risk_free"]
    monthly, monthly_benchmark = np.array(job["monthly"]), np.array(job["monthly_benchmark"])
    return {
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
        "monthly_sortino_ratio": empyrical.sortino_ratio(monthly, period="monthly"),
        "monthly_var_95": empyrical.value_at_risk(monthly),
        "monthly_max_drawdown": empyrical.max_drawdown(monthly),
    }


def of_ffn(job: dict[str, Any]) -> dict[str, float]:
    """Return what ffn makes of the equity curve, the capital before it being its first value."""
    index = pd.DatetimeIndex(job["sessions"])
    equity = pd.Series([job["capital"], *job["equity"]], index=index.insert(0, index[0] - pd.Timedelta(days=1)))
    returns = pd.Series(job["returns"], index=index)
    return {
        "cagr": ffn.calc_cagr(pd.Series(job["equity"], index=index)),
        "sharpe_ratio": ffn.calc_sharpe(returns, nperiods=252),
        "sortino_ratio": ffn.calc_sortino_ratio(returns, nperiods=252),
        "max_drawdown": ffn.calc_max_drawdown(equity),
    }


def of_scipy(job: dict[str, Any]) -> dict[str, float]:
    """Return the higher moments, with their bias corrected and as scipy gives them by default."""
    returns = np.array(job["returns"])
    return {
        "skew": stats.skew(returns, bias=False),
        "kurtosis": stats.kurtosis(returns, bias=False),
        "biased_skew": stats.skew(returns),
        "biased_kurtosis": stats.kurtosis(returns),
    }


def main() -> None:
    """Answer the jobs on stdin, by name."""
    peers = {"empyrical": of_empyrical, "ffn": of_ffn, "scipy": of_scipy}
    json.dump(
        {
            name: {peer: {k: float(v) for k, v in measure(job).items()} for peer, measure in peers.items()}
            for name, job in json.load(sys.stdin).items()
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
