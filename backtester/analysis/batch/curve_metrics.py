"""The metrics of many curves side by side: the definitions of `backtester.metrics`, over (C, P) instead of (P,).

Each column agrees with the metrics of its curve alone to 1e-12: a test compares them. Time goes into passes over the
curves. So these lie in memory one after the other, a few at a time, and stay in the processor's cache; sums are dot
products, which take a third of what `sum` takes; and a bound is a row of the same number, since numpy compares with a
single number half as fast.
"""

from __future__ import annotations

import numpy as np

from backtester.metrics import returns as rt
from backtester.metrics import risk
from backtester.model.record import Record
from backtester.model.records import BoolArray, DateArray, FloatArray, IntArray
from backtester.model.ties import tolerance_of

_AT_A_TIME = 4  # curves: with 8,000 sessions a quarter of a megabyte an array
_TAIL = 0.05
_TAIL_IN_DEVIATIONS = 1.1  # beyond it lie more than 5 % of the returns of most curves
_MONTHS_A_YEAR = 12

Columns = dict[str, FloatArray]  # (C,) by name; NaN where undefined


class Frame(Record):
    """What all curves share: the sessions of the period, the money that they begin with, the rates, the benchmark."""

    sessions: DateArray  # (P,)
    initial: float
    periods: float  # P of a year
    risk_free: float  # annual
    months: IntArray  # (M + 1,) rows as `returns.full_months` returns them
    benchmark: FloatArray | None = None  # (P,) its value, from the same initial capital
    since: np.datetime64 | None = None  # the day of the initial capital, None: the first session
    least_days: int = rt.LEAST_DAYS  # of a yearly rate

    @property
    def days(self) -> int:
        """The calendar days from that of the initial capital to the last session."""
        since = self.sessions[0] if self.since is None else self.since
        return int((self.sessions[-1] - since).astype(int))


def metrics_of(values: FloatArray, returns: FloatArray, frame: Frame) -> tuple[Columns, Columns]:
    """Return the metrics of the curves (C, P), and their monthly twins, by name: (C,) each. returns: `returns_of`."""
    benchmark = None if frame.benchmark is None else returns_of(frame.benchmark[None], frame.initial)[0]
    at_a_time = [slice(at, at + _AT_A_TIME) for at in range(0, len(values), _AT_A_TIME)]
    parts = [_some(values[some], returns[some], benchmark, frame) for some in at_a_time]
    daily = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    at_ends = _month_ends(values, frame)
    if frame.benchmark is not None:
        daily |= _captures(_monthly_returns(*at_ends), _monthly_returns(*_month_ends(frame.benchmark[None], frame))[0])
    return daily, _monthly(*at_ends, risk_free=frame.risk_free)


def returns_of(values: FloatArray, initial: float) -> FloatArray:
    """V_t / V_{t-1} - 1 (C, P), the first against the initial capital."""
    result = np.empty_like(values)
    np.divide(values[:, 1:], values[:, :-1], out=result[:, 1:])
    np.divide(values[:, 0], initial, out=result[:, 0])
    result -= 1
    return result


def _some(values: FloatArray, returns: FloatArray, benchmark: FloatArray | None, frame: Frame) -> Columns:
    """Return the metrics of a few curves that count sessions. benchmark: (P,) its returns."""
    moments = _moments(returns, periods=frame.periods, risk_free=frame.risk_free)
    total = values[:, -1] / frame.initial - 1
    growth = np.full(len(values), np.nan)
    if frame.days >= frame.least_days:
        growth = (1 + total) ** (rt.DAYS_A_YEAR / frame.days) - 1
    columns = {"final_value": values[:, -1].copy(), "total_return": total, "cagr": growth, **moments}
    columns |= _tails(returns, moments["annual_volatility"] / frame.periods**0.5)
    columns |= _profits(values, returns, frame.initial)
    columns |= _drawdowns(values, growth, frame)
    if benchmark is not None:
        columns |= _relative(returns, benchmark, frame)
    return columns


def _moments(returns: FloatArray, *, periods: float, risk_free: float) -> Columns:
    """Return volatility, Sharpe and Sortino ratio, skew and kurtosis, best and worst of the returns (C, P)."""
    count, size = returns.shape
    rate = risk.periodic_rate(risk_free, periods)
    of_deviation = ("annual_volatility", "sharpe_ratio", "sortino_ratio", "skew", "kurtosis")
    columns = dict.fromkeys(of_deviation, np.full(count, np.nan))
    columns |= {"best_day": returns.max(axis=1), "worst_day": returns.min(axis=1)}
    if size < 2:
        return columns
    mean = _sums(returns) / size
    centred = returns - mean[:, None]
    second = np.vecdot(centred, centred) / size
    deviation = np.sqrt(second * size / (size - 1))
    columns["annual_volatility"] = deviation * periods**0.5
    columns["sharpe_ratio"] = _ratio(mean - rate, deviation) * periods**0.5
    below = np.minimum(returns - rate if rate else returns, np.zeros(size))
    columns["sortino_ratio"] = _ratio(mean - rate, np.sqrt(np.vecdot(below, below) / size)) * periods**0.5
    still = _negligible(np.sqrt(second), np.maximum(columns["best_day"], -columns["worst_day"]))
    squares = np.multiply(centred, centred, out=below)
    if size > 2:
        third = np.vecdot(squares, centred) / size
        skew = (size * (size - 1)) ** 0.5 / (size - 2) * third / second**1.5
        columns["skew"] = np.where(still, np.nan, skew)
    if size > 3:
        fourth = np.vecdot(squares, squares) / size
        kurtosis = (size + 1) * fourth / second**2 - 3 * (size - 1)
        columns["kurtosis"] = np.where(still, np.nan, (size - 1) / ((size - 2) * (size - 3)) * kurtosis)
    return columns


def _sums(values: FloatArray) -> FloatArray:
    """Σ over each row (C,), which no other row has a part in: a matrix product may round by how many there are."""
    total: FloatArray = np.vecdot(values, np.ones(values.shape[1]))
    return total


def _negligible(deviation: FloatArray, scale: FloatArray) -> BoolArray:
    """As `risk.negligible`, of many."""
    result: BoolArray = ~(deviation > 1e-12 + 1e-10 * np.abs(scale))
    return result


def _ratio(mean: FloatArray, deviation: FloatArray) -> FloatArray:
    """Return mean / deviation; NaN where the deviation is negligible."""
    return np.where(_negligible(deviation, mean), np.nan, mean / deviation)


def _tails(returns: FloatArray, deviations: FloatArray) -> Columns:
    """Return VaR, CVaR and tail ratio of the returns (C, P), from the ends of each curve's returns."""
    count, size = returns.shape
    var, cvar, ratio = np.full((3, count), np.nan)
    if size < 2:
        return {"var_95": var, "cvar_95": cvar, "tail_ratio": ratio}
    low, high = _TAIL * (size - 1), (1 - _TAIL) * (size - 1)
    below, above = int(low), int(high)
    cut = _TAIL_IN_DEVIATIONS * deviations[:, None]
    bad, good = returns < -cut, returns > cut
    for c, row in enumerate(returns):
        worst = _chosen(row, bad[c], least=below + 2)
        var[c] = _between(worst, below, low - below)
        most = var[c] + tolerance_of(var[c])
        among = worst[worst <= most] if most < -cut[c, 0] else row[row <= most]
        cvar[c] = among.sum() / among.size  # NaN of none: a curve of NaN
        best = _chosen(row, good[c], least=size - above)
        top = _between(best, above - (size - best.size), high - above)
        if not risk.negligible(abs(var[c]), 0.0):
            ratio[c] = abs(top / var[c])
    return {"var_95": var, "cvar_95": cvar, "tail_ratio": ratio}


def _chosen(row: FloatArray, chosen: BoolArray, *, least: int) -> FloatArray:
    """Return a copy of the chosen returns; of all of them where those chosen are too few."""
    some: FloatArray = row.compress(chosen)  # in half the time of an index
    return some if some.size >= least else row.copy()


def _between(values: FloatArray, place: int, share: float) -> float:
    """Return what lies by a share between the values of a place and the next in ascending order; moves the values."""
    following = min(place + 1, values.size - 1)
    values.partition((place, following))
    return float(values[place] + (values[following] - values[place]) * share)


def _profits(values: FloatArray, returns: FloatArray, initial: float) -> Columns:
    """Return win rate, omega ratio and profit factor. The profit of a session is V_{t-1} · r_t."""
    nothing = np.zeros(returns.shape[1])
    gains, losses = np.maximum(returns, nothing), np.minimum(returns, nothing)
    rose, fell = _sums(gains), -_sums(losses)
    won, lost = _counts(returns > rt.NO_MOVE), _counts(returns < -rt.NO_MOVE)
    moved = won + lost
    gained, spent = (
        np.abs(np.vecdot(part[:, 1:], values[:, :-1]) + part[:, 0] * initial) for part in (gains, losses)
    )  # fmt: skip
    return {
        "win_rate": np.where(moved > 0, won / moved, np.nan),
        "omega_ratio": np.where(fell > rt.NO_MOVE, rose / fell, np.nan),
        "profit_factor": np.where(spent > rt.NO_MOVE * initial, gained / spent, np.nan),
    }


def _counts(marked: BoolArray) -> IntArray:
    """Return how many of each row are marked (C,). One row after the other: with an axis numpy counts by sums."""
    return np.array([np.count_nonzero(row) for row in marked])


def _drawdowns(values: FloatArray, growth: FloatArray, frame: Frame) -> Columns:
    """Return the depth and the duration of the deepest drawdown, Calmar ratio and ulcer index."""
    count, size = values.shape
    depth = np.maximum.accumulate(values, axis=1)
    np.maximum(depth, np.full(size, frame.initial), out=depth)
    np.divide(values, depth, out=depth)
    depth -= 1
    at = depth.argmin(axis=1)
    deepest = depth[np.arange(count), at]
    fell = deepest < -rt.NO_MOVE
    high = depth >= -rt.NO_MOVE
    peak, recovered = np.zeros((2, count), dtype=np.int64)
    for c in np.flatnonzero(fell).tolist():
        before, after = high[c, : at[c]][::-1], high[c, at[c] :]
        peak[c] = at[c] - 1 - before.argmax() if before.any() else 0
        recovered[c] = at[c] + after.argmax() if after.any() else size - 1
    return {
        "max_drawdown": deepest,
        "max_drawdown_days": (frame.sessions[recovered] - frame.sessions[peak]).astype(np.float64),
        "calmar_ratio": np.where(fell, growth / np.abs(deepest), np.nan),
        "ulcer_index": np.sqrt(np.vecdot(depth, depth) / size),
    }


def _month_ends(values: FloatArray, frame: Frame) -> tuple[FloatArray, FloatArray]:
    """Return the values (C, 1) before the first full month, and those at the end of each (C, M)."""
    first, rest = frame.months[0], frame.months[1:]
    before = np.full((len(values), 1), frame.initial) if first < 0 else values[:, first : first + 1]
    return before, values.take(rest, axis=1)


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


def _relative(returns: FloatArray, benchmark: FloatArray, frame: Frame) -> Columns:
    """Return the metrics against the benchmark's returns (P,) that count sessions."""
    count, size = returns.shape
    columns = {name: np.full(count, np.nan) for name in ("beta", "alpha", "tracking_error", "information_ratio")}
    if size < 2:
        return columns
    centred = benchmark - benchmark.mean()
    variance = float(np.mean(centred * centred))
    rate = risk.periodic_rate(frame.risk_free, frame.periods)
    mean = _sums(returns) / size
    if not risk.negligible(variance**0.5, float(np.abs(benchmark).max())):
        columns["beta"] = np.vecdot(returns - mean[:, None], centred) / size / variance
    columns["alpha"] = (mean - rate - columns["beta"] * (float(benchmark.mean()) - rate)) * frame.periods
    active = returns - benchmark
    ahead = _sums(active) / size
    active -= ahead[:, None]
    deviation = np.sqrt(np.vecdot(active, active) / (size - 1))
    columns["tracking_error"] = deviation * frame.periods**0.5
    columns["information_ratio"] = _ratio(ahead, deviation) * frame.periods**0.5
    return columns


def _captures(monthly: FloatArray, benchmark: FloatArray) -> Columns:
    """Return the captures from the monthly returns (C, M), and those of the benchmark (M,)."""
    columns = {}
    for name, chosen in (("up_capture", benchmark > rt.NO_MOVE), ("down_capture", benchmark < -rt.NO_MOVE)):
        columns[name] = np.full(len(monthly), np.nan)
        if chosen.any():
            columns[name] = _geometric_mean(monthly[:, chosen]) / _geometric_mean(benchmark[None, chosen])
    return columns


def _geometric_mean(returns: FloatArray) -> FloatArray:
    mean: FloatArray = np.prod(np.maximum(1 + returns, 0.0), axis=1) ** (1 / returns.shape[1]) - 1
    return mean
