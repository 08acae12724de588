"""Measures a ledger: the table of metrics by name, tables, attribution and audit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from backtester.metrics import drawdown as dd
from backtester.metrics import money_weighted, relative, returns, risk, trading
from backtester.metrics.attribution import attribution
from backtester.metrics.audit import audit
from backtester.model.calendar import Calendar
from backtester.model.record import replace
from backtester.model.records import BacktestSpec, DateArray, FloatArray, IntArray, Ledger, PriceTable, Report

if TYPE_CHECKING:
    from backtester.metrics.own_prices import OwnSessions

CAPTURES = ("up_capture", "down_capture")
PAIRED = ("beta", "alpha", "tracking_error", "information_ratio")
RELATIVE = (*PAIRED, *CAPTURES)
SOLUTIONS = {money_weighted.MULTIPLE: "MULTIPLE_SOLUTIONS", money_weighted.NONE: "NO_SOLUTION"}
_MONTHS_A_YEAR = 12
_LEAST_OBSERVATIONS = {"skew": 3, "kurtosis": 4, **dict.fromkeys(CAPTURES, 1)}


def measure(ledger: Ledger, prices: PriceTable, spec: BacktestSpec, *, benchmark: Ledger | None = None) -> Report:
    """Measure a ledger. Undefined metrics are NaN, each with its reason in `null_reasons`.

    benchmark: its ledger, where it is a portfolio or has cash flows.
    """
    capital, periods = spec.initial_capital, prices.calendar.periods_per_year
    daily = returns.simple_returns(ledger.equity, capital, ledger.flows)
    growth: FloatArray = ledger.equity if ledger.flows is None else returns.growth(daily, capital)
    days = int((ledger.sessions[-1] - ledger.sessions[0]).astype(int))
    metrics = curve_metrics(growth, daily, ledger.sessions, spec=spec, periods=periods)
    metrics |= _money_metrics(ledger, capital, days)
    equity, bench_growth, bench_returns, money = benchmark_curves(prices, spec, benchmark, sessions=ledger.sessions)
    months = returns.full_months(ledger.sessions, run_calendar(ledger, prices))
    own = None if equity is None else _own_sessions(ledger, prices, spec, with_benchmark=True)
    metrics |= _relative_metrics(growth, daily, bench_growth, months, spec=spec, periods=periods, own=own)
    monthly = _monthly_metrics(growth, months, spec)
    bench: dict[str, float] = {}
    if bench_growth is not None and bench_returns is not None:
        bench = curve_metrics(bench_growth, bench_returns, ledger.sessions, spec=spec, periods=periods) | money
    blocks = {"metrics": metrics, "metrics_monthly": monthly, "benchmark/metrics": bench}
    reasons = _reasons(blocks, days=days, sessions=daily.size, months=months.size - 1, benchmark=equity is not None)
    if own is not None and own.rows.size < 3:
        reasons |= {at: "TOO_FEW_OBSERVATIONS" for name in PAIRED if (at := f"/metrics/{name}") in reasons}
    tables, breakdown = _blocks(ledger, growth, daily, bench_growth, prices=prices, spec=spec)
    if breakdown is not None and breakdown["correlation"] is None:
        reasons["/attribution/correlation"] = "TOO_MANY_HOLDINGS"
    if tables is not None:
        reasons |= {
            f"/tables/extremes/{name}": "PERIOD_TOO_SHORT" for name, of in tables["extremes"].items() if of is None
        }
    return Report(
        growth=growth, returns=daily, drawdown=dd.drawdowns(growth, capital), metrics=metrics,
        metrics_monthly=monthly, benchmark_equity=equity, benchmark_returns=bench_returns,
        benchmark_drawdown=None if bench_growth is None else dd.drawdowns(bench_growth, capital),
        benchmark_metrics=bench, tables=tables, attribution=breakdown, audit=audit(ledger, capital),
        null_reasons=reasons,
    )  # fmt: skip


def _reasons(
    blocks: dict[str, dict[str, float]], *, days: int, sessions: int, months: int, benchmark: bool
) -> dict[str, str]:
    """Return the reason of each metric that is not defined, by its pointer."""
    return {
        f"/{block}/{name}": undefined_reason(
            name, value, yearly=days >= returns.LEAST_DAYS, benchmark=benchmark,
            observations=months if _is_monthly(block, name) else sessions,
        )
        for block, values in blocks.items() for name, value in values.items() if not math.isfinite(value)
    }  # fmt: skip


def _own_sessions(
    ledger: Ledger, prices: PriceTable, spec: BacktestSpec, *, with_benchmark: bool = False
) -> OwnSessions | None:
    """Return the sessions that statistics count; None: all, where no price is carried."""
    if prices.own is None and prices.benchmark_own is None:
        return None
    from backtester.metrics.own_prices import own_sessions  # most runs do not need it

    return own_sessions(ledger, prices, spec, with_benchmark=with_benchmark)


def _blocks(
    ledger: Ledger, growth: FloatArray, daily: FloatArray, benchmark: FloatArray | None, *, prices: PriceTable,
    spec: BacktestSpec,
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:  # fmt: skip
    """Return the tables and the attribution where output.include names them, else None."""
    include = spec.request["output"]["include"]
    tables = breakdown = None
    if "tables" in include:
        from backtester.metrics.tables import build_tables  # with a module for each table

        tables = build_tables(
            growth, ledger.sessions, spec.initial_capital, benchmark, calendar=run_calendar(ledger, prices)
        )
    if "attribution" in include:
        rows = slice(prices.first, prices.first + ledger.sessions.size)
        dividend = None if prices.dividend is None or not spec.dividends_to_cash else prices.dividend[rows]
        breakdown = attribution(
            ledger, prices.close[rows], symbols=prices.symbols, initial=spec.initial_capital,
            periods=prices.calendar.periods_per_year, returns=daily, dividend=dividend,
            own=None if prices.own is None else prices.own[rows], sessions=_own_sessions(ledger, prices, spec),
        )  # fmt: skip
    return tables, breakdown


def _money_metrics(ledger: Ledger, capital: float, days: int) -> dict[str, float]:
    """Return the metrics of the money rather than of the growth: final value, flows, costs, turnover."""
    gained = {}
    if ledger.flows is not None:  # else the curve's own
        gained["profit_factor"] = returns.profit_factor(ledger.equity, capital, ledger.flows)
    return {
        "final_value": float(ledger.equity[-1]),
        **gained,
        "turnover_per_year": trading.turnover_per_year(ledger, days),
        "total_costs": trading.total_costs(ledger),
        "exposure": trading.exposure(ledger),
        "money_weighted_return": money_weighted.money_weighted_return(
            ledger.equity, capital, ledger.sessions, ledger.flows
        ),
        "net_contributions": money_weighted.net_contributions(ledger),
        "total_profit": money_weighted.total_profit(ledger, capital),
        "dividend_income": 0.0 if ledger.dividends is None else float(ledger.dividends.sum()),
        "interest_income": float(ledger.interest.sum()),
    }


def curve_metrics(
    equity: FloatArray, daily: FloatArray, sessions: DateArray, *, spec: BacktestSpec, periods: float
) -> dict[str, float]:
    """Return the metrics of any equity curve (P,) that starts from the initial capital."""
    capital = spec.initial_capital
    risk_free = risk.periodic_rate(spec.risk_free_rate, periods)
    total = returns.total_return(equity, capital)
    growth = returns.cagr(total, int((sessions[-1] - sessions[0]).astype(int)))
    below = dd.drawdowns(equity, capital)
    deepest = dd.max_drawdown(below)
    ordered = risk.ascending(daily)
    return {
        "final_value": float(equity[-1]),
        "total_return": total,
        "cagr": growth,
        "annual_volatility": risk.annual_volatility(daily, periods=periods),
        "sharpe_ratio": risk.sharpe_ratio(daily, periods=periods, risk_free=risk_free),
        "sortino_ratio": risk.sortino_ratio(daily, periods=periods, risk_free=risk_free),
        "calmar_ratio": dd.calmar_ratio(growth, deepest),
        "max_drawdown": deepest,
        "max_drawdown_days": dd.max_drawdown_days(below, sessions),
        "var_95": risk.value_at_risk(ordered),
        "cvar_95": risk.conditional_value_at_risk(ordered),
        "win_rate": returns.win_rate(daily),
        "profit_factor": returns.profit_factor(equity, capital),
        "best_day": returns.best(daily),
        "worst_day": returns.worst(daily),
        "skew": risk.skew(daily),
        "kurtosis": risk.kurtosis(daily),
        "ulcer_index": dd.ulcer_index(below),
        "omega_ratio": returns.omega_ratio(daily),
        "tail_ratio": risk.tail_ratio(ordered),
    }


def run_calendar(ledger: Ledger, prices: PriceTable) -> Calendar:
    """Return the calendar of a ledger's sessions, which a withdrawal of the last money ends before the prices do."""
    following = prices.first + ledger.sessions.size
    if following == prices.sessions.size:
        return prices.calendar
    return replace(prices.calendar, following=int(prices.sessions[following].astype(np.int64)))


def _monthly_metrics(growth: FloatArray, months: IntArray, spec: BacktestSpec) -> dict[str, float]:
    """Return the monthly twin: the same definitions over month-end values, as Portfolio Visualizer reports.

    months: (M + 1,) rows as `returns.full_months` returns them.
    """
    start, values = _month_end_values(growth, months, spec.initial_capital)
    monthly = returns.simple_returns(values, start)
    risk_free = risk.periodic_rate(spec.risk_free_rate, _MONTHS_A_YEAR)
    return {
        "annual_volatility": risk.annual_volatility(monthly, periods=_MONTHS_A_YEAR),
        "sharpe_ratio": risk.sharpe_ratio(monthly, periods=_MONTHS_A_YEAR, risk_free=risk_free),
        "sortino_ratio": risk.sortino_ratio(monthly, periods=_MONTHS_A_YEAR, risk_free=risk_free),
        "var_95": risk.value_at_risk(np.sort(monthly)),
        "max_drawdown": dd.max_drawdown(dd.drawdowns(values, start)) if values.size else math.nan,
    }


def _month_end_values(curve: FloatArray, months: IntArray, initial: float) -> tuple[float, FloatArray]:
    """Return the value before the first full month, and those at the end of each."""
    return initial if months[0] < 0 else float(curve[months[0]]), curve[months[1:]]


def benchmark_curves(
    prices: PriceTable, spec: BacktestSpec, ledger: Ledger | None, *, sessions: DateArray
) -> tuple[FloatArray | None, FloatArray | None, FloatArray | None, dict[str, float]]:
    """Return equity, growth and returns (P,) of the benchmark, None without one, and the metrics of its money.

    ledger: as `measure` has it. sessions: of the run.
    """
    growth = _symbol_growth(prices, spec, sessions.size)
    if ledger is not None:
        from backtester.metrics.benchmark_curves import ledger_curves  # most runs do not need it

        return ledger_curves(ledger, spec.initial_capital, sessions, growth=growth)
    return growth, growth, None if growth is None else returns.simple_returns(growth, spec.initial_capital), {}


def _symbol_growth(prices: PriceTable, spec: BacktestSpec, size: int) -> FloatArray | None:
    """Return the value of the same capital in a benchmark symbol, bought with the portfolio, without costs.

    None where the benchmark is no symbol.
    """
    if prices.benchmark_close is None or spec.benchmark is None or spec.benchmark.name is not None:
        return None
    base = prices.benchmark_close[prices.first, 0]
    if spec.timing == "next_open" and prices.benchmark_open is not None:
        base = prices.benchmark_open[prices.first, 0]
    growth: FloatArray = spec.initial_capital * prices.benchmark_close[prices.first : prices.first + size, 0] / base
    return growth


def _relative_metrics(
    growth: FloatArray, daily: FloatArray, equity: FloatArray | None, months: IntArray, *, spec: BacktestSpec,
    periods: float, own: OwnSessions | None,
) -> dict[str, float]:  # fmt: skip
    """own: the sessions on which all that are held and the benchmark have their own price; None: all."""
    if equity is None:
        return dict.fromkeys(RELATIVE, math.nan)
    bench = returns.simple_returns(equity, spec.initial_capital)
    if own is not None:
        periods = own.periods
        daily, bench = (own.returns(curve, spec.initial_capital) for curve in (growth, equity))
    risk_free = risk.periodic_rate(spec.risk_free_rate, periods)
    start, values = _month_end_values(growth, months, spec.initial_capital)
    bench_start, bench_values = _month_end_values(equity, months, spec.initial_capital)
    monthly, bench_monthly = returns.simple_returns(values, start), returns.simple_returns(bench_values, bench_start)
    return {
        "beta": relative.beta(daily, bench),
        "alpha": relative.alpha(daily, bench, periods=periods, risk_free=risk_free),
        "tracking_error": relative.tracking_error(daily, bench, periods=periods),
        "information_ratio": relative.information_ratio(daily, bench, periods=periods),
        "up_capture": relative.capture(monthly, bench_monthly, up=True),
        "down_capture": relative.capture(monthly, bench_monthly, up=False),
    }


def _is_monthly(block: str, name: str) -> bool:
    """Return whether a metric counts full months, not sessions."""
    return block == "metrics_monthly" or name in CAPTURES


def undefined_reason(name: str, value: float, *, yearly: bool, observations: int, benchmark: bool) -> str:
    """Return the code for a metric that is not defined.

    yearly: whether the period is long enough for a yearly rate. observations: what the metric is computed from.
    """
    if name in RELATIVE and not benchmark:
        return "NO_BENCHMARK"
    if name in ("cagr", "calmar_ratio", "money_weighted_return") and not yearly:
        return "PERIOD_UNDER_ONE_YEAR"
    if name == "money_weighted_return" and value in SOLUTIONS:
        return SOLUTIONS[value]
    if observations < _LEAST_OBSERVATIONS.get(name, 2):
        return "TOO_FEW_OBSERVATIONS"
    return "ZERO_DENOMINATOR"
