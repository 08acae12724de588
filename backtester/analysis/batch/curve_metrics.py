"""The metrics of many curves side by side: the definitions of `backtester.metrics`, over (C, P) instead of (P,).

Each column agrees with the metrics of its curve alone to 1e-12: a test compares them. Curves lie in memory one after
the other, so that every reduction runs over neighbours, and a few at a time, so that they stay in the processor's
cache.
"""

from __future__ import annotations

import numpy as np

from backtester.metrics import returns as rt
from backtester.metrics import risk
from backtester.model.record import Record
from backtester.model.records import BoolArray, DateArray, FloatArray, IntArray

_AT_A_TIME = 8  # curves: with 8,000 sessions some half a megabyte an array
_NO_MOVE = 1e-12  # returns, and drawdowns, within it are rounding errors
_TAIL = 0.05
_TAIL_IN_DEVIATIONS = 1.1  # beyond it lie more than 5 % of the returns of most curves
_MONTHS_A_YEAR = 12
_LEAST_DAYS = 365  # of a yearly rate

Columns = dict[str, FloatArray]  # (C,) by name; NaN where undefined


class Frame(Record):
    """What all curves share: the sessions of the period, the money that they begin with, the rates, the benchmark."""

    sessions: DateArray  # (P,)
    initial: float
    periods: float  # P of a year
    risk_free: float  # annual
    months: IntArray  # (M + 1,) rows as `returns.full_months` returns them
    benchmark: FloatArray | None = None  # (P,) its value, from the same initial capital

    @property
    def days(self) -> int:
        """The calendar days from the first session to the last."""
        return int((self.sessions[-1] - self.sessions[0]).astype(int))


def metrics_of(values: FloatArray, returns: FloatArray, frame: Frame) -> tuple[Columns, Columns]:
    """Return the metrics of the curves (C, P), and their monthly twins, by name: (C,) each. returns: `returns_of`."""
    at_a_time = [slice(at, at + _AT_A_TIME) for at in range(0, len(values), _AT_A_TIME)]
    parts = [_some(values[some], returns[some], frame) for some in at_a_time]
    daily, monthly = (
        {name: np.concatenate([part[which][name] for part in parts]) for name in parts[0][which]} for which in (0, 1)
    )
    return daily, monthly


def returns_of(values: FloatArray, initial: float) -> FloatArray:
    """V_t / V_{t-1} - 1 (C, P), the first against the initial capital."""
    result = np.empty_like(values)
    np.divide(values[:, 1:], values[:, :-1], out=result[:, 1:])
    np.divide(values[:, 0], initial, out=result[:, 0])
    result -= 1
    return result


def _some(values: FloatArray, returns: FloatArray, frame: Frame) -> tuple[Columns, Columns]:
    moments = _moments(returns, periods=frame.periods, risk_free=frame.risk_free)
    total = values[:, -1] / frame.initial - 1
    growth = np.full(len(values), np.nan)
    if frame.days >= _LEAST_DAYS:
        growth = (1 + total) ** (rt.DAYS_A_YEAR / frame.days) - 1
    columns = {"final_value": values[:, -1].copy(), "total_return": total, "cagr": growth, **moments}
    columns |= _tails(returns, moments["annual_volatility"] / frame.periods**0.5)
    columns |= _profits(values, returns, frame.initial)
    columns |= _drawdowns(values, growth, frame)
    at_ends = _month_ends(values, frame)
    if frame.benchmark is not None:
        columns |= _relative(returns, at_ends, frame)
    return columns, _monthly(*at_ends, risk_free=frame.risk_free)


def _moments(returns: FloatArray, *, periods: float, risk_free: float) -> Columns:
    """Return volatility, Sharpe and Sortino ratio, skew and kurtosis, best and worst of the returns (C, P)."""
    count, size = returns.shape
    rate = risk.periodic_rate(risk_free, periods)
    of_deviation = ("annual_volatility", "sharpe_ratio", "sortino_ratio", "skew", "kurtosis")
    columns = dict.fromkeys(of_deviation, np.full(count, np.nan))
    columns |= {"best_day": returns.max(axis=1), "worst_day": returns.min(axis=1)}
    if size < 2:
        return columns
    mean = returns.mean(axis=1)
    centred = returns - mean[:, None]
    squares = centred * centred
    second = squares.mean(axis=1)
    deviation = np.sqrt(squares.sum(axis=1) / (size - 1))
    columns["annual_volatility"] = deviation * periods**0.5
    columns["sharpe_ratio"] = _ratio(mean - rate, deviation) * periods**0.5
    below = np.minimum(returns - rate if rate else returns, 0.0)
    columns["sortino_ratio"] = _ratio(mean - rate, np.sqrt(np.einsum("cp,cp->c", below, below) / size)) * periods**0.5
    largest = np.maximum(columns["best_day"], -columns["worst_day"])
    still = _negligible(np.sqrt(second), largest)
    if size > 2:
        third = np.einsum("cp,cp->c", squares, centred) / size
        skew = (size * (size - 1)) ** 0.5 / (size - 2) * third / second**1.5
        columns["skew"] = np.where(still, np.nan, skew)
    if size > 3:
        fourth = np.einsum("cp,cp->c", squares, squares) / size
        kurtosis = (size + 1) * fourth / second**2 - 3 * (size - 1)
        columns["kurtosis"] = np.where(still, np.nan, (size - 1) / ((size - 2) * (size - 3)) * kurtosis)
    return columns


def _negligible(deviation: FloatArray, scale: FloatArray) -> BoolArray:
    """As `risk.negligible`, of many."""
    result: BoolArray = ~(deviation > 1e-12 + 1e-10 * np.abs(scale))
    return result


def _ratio(mean: FloatArray, deviation: FloatArray) -> FloatArray:
    """Return mean / deviation; NaN where the deviation is negligible."""
    return np.where(_negligible(deviation, mean), np.nan, mean / deviation)


def _tails(returns: FloatArray, deviations: FloatArray) -> Columns:
    """Return VaR, CVaR and tail ratio of the returns (C, P), from the ends of each curve's returns in order."""
    count, size = returns.shape
    var, cvar, ratio = np.full((3, count), np.nan)
    if size < 2:
        return {"var_95": var, "cvar_95": cvar, "tail_ratio": ratio}
    low, high = _TAIL * (size - 1), (1 - _TAIL) * (size - 1)
    below, above = int(low), int(high)
    for c, row in enumerate(returns):
        cut = _TAIL_IN_DEVIATIONS * deviations[c]
        worst = _ordered(row, row < -cut, least=below + 2)
        var[c] = worst[below] + (worst[below + 1] - worst[below]) * (low - below)
        among = int(np.searchsorted(worst, var[c], side="right"))
        if among == worst.size < size:  # equal returns may lie beyond the cut
            worst = np.sort(row)
            among = int(np.searchsorted(worst, var[c], side="right"))
        cvar[c] = worst[: max(among, 1)].mean()
        best = _ordered(row, row > cut, least=size - above)
        at = above - (size - best.size)
        top = best[at] + (best[min(at + 1, best.size - 1)] - best[at]) * (high - above)
        if not risk.negligible(abs(var[c]), 0.0):
            ratio[c] = abs(top / var[c])
    return {"var_95": var, "cvar_95": cvar, "tail_ratio": ratio}


def _ordered(row: FloatArray, chosen: BoolArray, *, least: int) -> FloatArray:
    """Return the chosen returns in ascending order; all of them where those chosen are too few."""
    some = row[chosen]
    if some.size < least:
        some = row.copy()
    some.sort()
    return some


def _profits(values: FloatArray, returns: FloatArray, initial: float) -> Columns:
    """Return win rate, omega ratio and profit factor."""
    gains = np.maximum(returns, 0.0)
    losses = gains.sum(axis=1), -np.minimum(returns, 0.0).sum(axis=1)
    won, lost = np.count_nonzero(returns > _NO_MOVE, axis=1), np.count_nonzero(returns < -_NO_MOVE, axis=1)
    moved = won + lost
    profit = np.empty_like(values)
    np.subtract(values[:, 1:], values[:, :-1], out=profit[:, 1:])
    np.subtract(values[:, 0], initial, out=profit[:, 0])
    gained = np.maximum(profit, 0.0, out=gains).sum(axis=1)
    spent = -np.minimum(profit, 0.0, out=gains).sum(axis=1)
    return {
        "win_rate": np.where(moved > 0, won / moved, np.nan),
        "omega_ratio": np.where(losses[1] > _NO_MOVE, losses[0] / losses[1], np.nan),
        "profit_factor": np.where(spent > _NO_MOVE * initial, gained / spent, np.nan),
    }


def _drawdowns(values: FloatArray, growth: FloatArray, frame: Frame) -> Columns:
    """Return the depth and the duration of the deepest drawdown, Calmar ratio and ulcer index."""
    count = len(values)
    depth = np.maximum.accumulate(values, axis=1)
    np.maximum(depth, frame.initial, out=depth)
    np.divide(values, depth, out=depth)
    depth -= 1
    at = depth.argmin(axis=1)
    deepest = depth[np.arange(count), at]
    fell = deepest < -_NO_MOVE
    days = np.zeros(count)
    for c in np.flatnonzero(fell).tolist():
        high = depth[c] >= -_NO_MOVE
        before, after = high[: at[c]][::-1], high[at[c] :]
        peak = int(at[c]) - 1 - int(before.argmax()) if before.any() else 0
        recovered = int(at[c]) + int(after.argmax()) if after.any() else values.shape[1] - 1
        days[c] = float((frame.sessions[recovered] - frame.sessions[peak]).astype(int))
    return {
        "max_drawdown": deepest,
        "max_drawdown_days": days,
        "calmar_ratio": np.where(fell, growth / np.abs(deepest), np.nan),
        "ulcer_index": np.sqrt(np.einsum("cp,cp->c", depth, depth) / values.shape[1]),
    }


def _month_ends(values: FloatArray, frame: Frame) -> tuple[FloatArray, FloatArray]:
    """Return the values (C, 1) before the first full month, and those at the end of each (C, M)."""
    first, rest = frame.months[0], frame.months[1:]
    before = np.full((len(values), 1), frame.initial) if first < 0 else values[:, first : first + 1]
    return before, values[:, rest]


def _monthly_returns(before: FloatArray, ends: FloatArray) -> FloatArray:
    result: FloatArray = ends / np.concatenate([before, ends[:, :-1]], axis=1) - 1
    return result


def _monthly(before: FloatArray, ends: FloatArray, *, risk_free: float) -> Columns:
    """Return the monthly twins of the metrics."""
    count, size = ends.shape
    names = ("annual_volatility", "sharpe_ratio", "sortino_ratio", "var_95", "max_drawdown")
    if not size:
        return {name: np.full(count, np.nan) for name in names}
    monthly = _monthly_returns(before, ends)
    columns = {**_moments(monthly, periods=_MONTHS_A_YEAR, risk_free=risk_free), "var_95": np.full(count, np.nan)}
    if size > 1:
        ordered = np.sort(monthly, axis=1)
        position = _TAIL * (size - 1)
        at = int(position)
        columns["var_95"] = ordered[:, at] + (ordered[:, at + 1] - ordered[:, at]) * (position - at)
    peak = np.maximum(np.maximum.accumulate(ends, axis=1), before)
    columns["max_drawdown"] = (ends / peak - 1).min(axis=1)
    return {name: columns[name] for name in names}


def _relative(returns: FloatArray, at_ends: tuple[FloatArray, FloatArray], frame: Frame) -> Columns:
    """Return the metrics against the benchmark."""
    assert frame.benchmark is not None
    curve = frame.benchmark[None, :]
    count, size = returns.shape
    columns = {name: np.full(count, np.nan) for name in ("beta", "alpha", "tracking_error", "information_ratio")}
    if size > 1:
        benchmark = returns_of(curve, frame.initial)[0]
        centred = benchmark - benchmark.mean()
        variance = float(np.mean(centred * centred))
        rate = risk.periodic_rate(frame.risk_free, frame.periods)
        mean = returns.mean(axis=1)
        if not risk.negligible(variance**0.5, float(np.abs(benchmark).max())):
            columns["beta"] = (returns - mean[:, None]) @ centred / size / variance
        slope = columns["beta"]
        columns["alpha"] = (mean - rate - slope * (float(benchmark.mean()) - rate)) * frame.periods
        active = returns - benchmark
        deviation = active.std(axis=1, ddof=1)
        columns["tracking_error"] = deviation * frame.periods**0.5
        columns["information_ratio"] = _ratio(active.mean(axis=1), deviation) * frame.periods**0.5
    monthly, bench_monthly = _monthly_returns(*at_ends), _monthly_returns(*_month_ends(curve, frame))[0]
    for name, chosen in (("up_capture", bench_monthly > _NO_MOVE), ("down_capture", bench_monthly < -_NO_MOVE)):
        if chosen.any():
            columns[name] = _geometric_mean(monthly[:, chosen]) / _geometric_mean(bench_monthly[None, chosen])
        else:
            columns[name] = np.full(count, np.nan)
    return columns


def _geometric_mean(returns: FloatArray) -> FloatArray:
    mean: FloatArray = np.prod(np.maximum(1 + returns, 0.0), axis=1) ** (1 / returns.shape[1]) - 1
    return mean
