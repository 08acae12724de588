"""A whole backtest in plain Python, written from the conventions and from nothing else.

No numpy, nothing of the package under test: dates, lists and floats, one day after the other, one rebalance after
the other, units and cash kept as a bookkeeper would. Slow, long-winded and independent; that is its purpose.

    reference.run(request, prices)

`request` is a request document as callers write it, `prices` is {"dates": [...], "close": {...}, "open": {...}} with
ISO dates and None where there is no price. History before the period is used as far as it reaches.
"""

from __future__ import annotations

import datetime
import itertools
import math
from typing import Any

BISECTIONS = 200
WHOLE_BUT_FOR_ROUNDING = 1e-12


def run(request: dict[str, Any], prices: dict[str, Any]) -> dict[str, Any]:
    """Run a request. Returns dates, equity, cash, returns, drawdown, rebalances, trades, metrics, ..."""
    market = Market(request, prices)
    rebalances = decide(request, market)
    book = keep_book(request, market, rebalances)
    capital = request.get("initial_capital", 10000)
    dates = market.period
    result = dict(book)
    result["dates"] = dates
    result["rebalances"] = rebalances
    result["returns"] = simple_returns(book["equity"], capital)
    result["drawdown"] = drawdowns(book["equity"], capital)
    result["metrics"] = curve_metrics(book["equity"], dates, request, market.periods_per_year)
    days = (dates[-1] - dates[0]).days
    result["metrics"]["turnover_per_year"] = turnover(book["trades"], book["before"], days)
    result["metrics"]["total_costs"] = (
        math.fsum(trade["commission"] + trade["slippage"] for trade in book["trades"]) + book["expense_paid"]
    )
    result["metrics"]["exposure"] = 1 - mean([c / e for c, e in zip(book["cash"], book["equity"], strict=True)])
    result["metrics_monthly"] = monthly_metrics(book["equity"], dates, request)
    if request.get("benchmark") is not None:
        base = market.at(request["benchmark"], dates[0], "open" if market.timing == "next_open" else "close")
        bench = [capital * market.at(request["benchmark"], day) / base for day in dates]
        result["benchmark_equity"] = bench
        result["benchmark_metrics"] = curve_metrics(bench, dates, request, market.periods_per_year)
        result["metrics"] |= relative_metrics(book["equity"], bench, dates, request, market.periods_per_year)
    return result


# ---------------------------------------------------------------- the market


class Market:
    """Who had which price when, and which days count."""

    def __init__(self, request: dict[str, Any], prices: dict[str, Any]) -> None:
        self.holdings = [holding["symbol"] for holding in request["holdings"]]
        self.timing = request.get("execution", {}).get("timing", "next_close")
        bench = request.get("benchmark")
        everyone = self.holdings + ([bench] if bench is not None and bench not in self.holdings else [])
        days = [datetime.date.fromisoformat(text) for text in prices["dates"]]
        end = datetime.date.fromisoformat(request["end_date"])
        self.close = {s: self._column(days, prices["close"][s], end) for s in everyone}
        self.open = {
            s: self._column(days, column, end) for s, column in prices.get("open", {}).items() if s in everyone
        }
        known = sorted({day for symbol in self.holdings for day in self.close[symbol]})
        last = min(max(self.close[symbol]) for symbol in everyone)
        first = max(min(self.close[symbol]) for symbol in everyone)
        start = max(datetime.date.fromisoformat(request["start_date"]), first)
        self.sessions = [day for day in known if day <= last]
        self.position = {day: i for i, day in enumerate(self.sessions)}
        self.period = [day for day in self.sessions if day >= start]
        self._carry(everyone)
        weekend = sum(1 for day in self.period if day.weekday() >= 5)
        self.periods_per_year = 365 if weekend * 7 >= max(len(self.period), 7) else 252

    @staticmethod
    def _column(
        days: list[datetime.date], column: list[float | None], end: datetime.date
    ) -> dict[datetime.date, float]:
        return {day: price for day, price in zip(days, column, strict=True) if price is not None and day <= end}

    def _carry(self, symbols: list[str]) -> None:
        """Fill a day without a price with the price before it."""
        for symbol in symbols:
            history, latest = self.close[symbol], None
            filled: dict[datetime.date, float] = {}
            everything = sorted(set(self.sessions) | set(history))
            for day in everything:
                latest = history.get(day, latest)
                if latest is not None:
                    filled[day] = latest
            self.close[symbol] = filled

    def at(self, symbol: str, day: datetime.date, field: str = "close") -> float:
        return (self.open if field == "open" and symbol in self.open else self.close)[symbol][day]

    def ago(self, symbol: str, position: int, sessions: int) -> float | None:
        """Return the close so many sessions before the one at `position`; None where there is none."""
        if position < 0 or position - sessions < 0:
            return None
        return self.close[symbol].get(self.sessions[position - sessions])

    def month_end(self, symbol: str, position: int, months: int) -> float | None:
        """Return the close of the last session of the month so many months before that of `position`."""
        if position < 0:
            return None
        today = self.sessions[position]
        if months == 0:
            return self.close[symbol].get(today)
        count = today.year * 12 + today.month - 1 - months
        inside = [day for day in self.sessions if day.year * 12 + day.month - 1 == count]
        return self.close[symbol].get(inside[-1]) if inside else None


# ---------------------------------------------------------------- when, and what


def period_key(day: datetime.date, frequency: str) -> Any:
    """Name the week, month, ... that a day is in."""
    if frequency == "never":
        return None
    if frequency == "daily":
        return day
    if frequency == "weekly":
        return day.isocalendar()[:2]
    months = {"monthly": 1, "quarterly": 3, "semiannually": 6, "annually": 12}[frequency]
    return (day.year, (day.month - 1) // months)


def is_last_of_period(sessions: list[datetime.date], position: int, frequency: str) -> bool:
    """Tell whether a session is its week's, month's, ... last. The data's last day goes by the calendar."""
    day = sessions[position]
    if position + 1 < len(sessions):
        following = sessions[position + 1]
    else:
        following = day + datetime.timedelta(days=1)
        if not any(other.weekday() >= 5 for other in sessions):
            while following.weekday() >= 5:
                following += datetime.timedelta(days=1)
    return period_key(day, frequency) != period_key(following, frequency)


def schedule(
    sessions: list[datetime.date], first: int, *, frequency: str, timing: str, signal: bool
) -> list[tuple[int, int]]:
    """List (decision, execution) by position; a decision before all history is at -1."""
    opening = first - 1 if signal and timing != "same_close" else first
    found = [(opening, first)]
    wait = 0 if timing == "same_close" else 1
    for position in range(max(opening + 1, 0), len(sessions)):
        if is_last_of_period(sessions, position, frequency) and position + wait < len(sessions):
            found.append((position, position + wait))
    return found


def decide(request: dict[str, Any], market: Market) -> list[dict[str, Any]]:
    """List the rebalances: decided, executed, weights by symbol."""
    parameters = request.get("parameters", {})
    momentum = request["strategy"] == "momentum"
    frequency = parameters.get("rebalance_frequency", "monthly" if momentum else "never")
    total = math.fsum(h["allocation"] for h in request["holdings"]) + request.get("cash", {}).get("allocation", 0)
    own = {h["symbol"]: h["allocation"] / total for h in request["holdings"]}
    invested = 1 - request.get("cash", {}).get("allocation", 0) / total
    first = market.position[market.period[0]]
    rebalances = []
    for decided, executed in schedule(
        market.sessions, first, frequency=frequency, timing=market.timing, signal=momentum
    ):
        weights = momentum_weights(market, decided, own, parameters) if momentum else None
        rebalances.append(
            {
                "decided": market.sessions[decided] if decided >= 0 else None,
                "executed": market.sessions[executed],
                "weights": own if weights is None else {s: w * invested for s, w in weights.items()},
            }
        )
    return rebalances


def momentum_weights(
    market: Market, decided: int, own: dict[str, float], parameters: dict[str, Any]
) -> dict[str, float] | None:
    """Return what momentum holds, summing to 1 or to 0; None where the history is too short to say."""
    look, skip = parameters.get("lookback_period", 126), parameters.get("skip_period", 0)
    months = parameters.get("lookback_unit", "sessions") == "months"
    back = market.month_end if months else market.ago
    scores: dict[str, float] = {}
    for symbol in market.holdings:
        recent, past = back(symbol, decided, skip), back(symbol, decided, look)
        if recent is None or past is None:
            return None
        scores[symbol] = recent / past - 1
    ranked = sorted(market.holdings, key=lambda s: (-scores[s], market.holdings.index(s)))
    chosen = ranked[: parameters.get("top_n", 3)]
    if parameters.get("positive_returns_only", False):
        chosen = [symbol for symbol in chosen if scores[symbol] > 0]
    weighting = parameters.get("weighting", "allocation")
    basis = {symbol: own[symbol] for symbol in chosen}
    if weighting == "equal":
        basis = dict.fromkeys(chosen, 1.0)
    if weighting == "inverse_volatility":
        window = max(look * (21 if months else 1), 20)
        deviations = {}
        for symbol in chosen:
            closes = [market.ago(symbol, decided, n) for n in range(window, -1, -1)]
            if None in closes:
                return None
            deviations[symbol] = deviation([b / a - 1 for a, b in itertools.pairwise(closes)])  # type: ignore[operator]
        still = [symbol for symbol in chosen if deviations[symbol] < 1e-12]
        basis = dict.fromkeys(still, 1.0) if still else {symbol: 1 / deviations[symbol] for symbol in chosen}
    whole = math.fsum(basis.values())
    return {s: basis.get(s, 0.0) / whole if whole else 0.0 for s in market.holdings}


# ---------------------------------------------------------------- the money


def keep_book(request: dict[str, Any], market: Market, rebalances: list[dict[str, Any]]) -> dict[str, Any]:
    """Walk the period a day at a time with units and cash in hand."""
    costs = {
        "commission_bps": 0,
        "commission_fixed": 0,
        "commission_per_share": 0,
        "commission_minimum": 0,
        "slippage_bps": 0,
        "expense_ratio": 0,
        **request.get("costs", {}),
    }
    whole = request.get("execution", {}).get("shares", "fractional") == "whole"
    rate = request.get("cash", {}).get("annual_rate", 0)
    due = {rebalance["executed"]: rebalance["weights"] for rebalance in rebalances}
    units, cash = dict.fromkeys(market.holdings, 0.0), float(request.get("initial_capital", 10000))
    drag, expense_paid, yesterday = 1.0, 0.0, None
    equity_of_day, cash_of_day, units_of_day, trades, before = [], [], [], [], {}
    for day in market.period:
        if yesterday is not None:
            years = (day - yesterday).days / 365
            cash *= 1 + rate * years
            charged = drag * costs["expense_ratio"] * years
            expense_paid += charged * math.fsum(units[s] * market.at(s, day) for s in market.holdings)
            drag -= charged
        if day in due:
            field = "open" if market.timing == "next_open" else "close"
            fills = {s: market.at(s, day, field) * drag for s in market.holdings}
            before[day] = cash + math.fsum(units[s] * fills[s] for s in market.holdings)
            wanted = settle(units, before[day], due[day], fills, costs, whole=whole)
            for symbol in market.holdings:
                bought = wanted[symbol] - units[symbol]
                if abs(bought) * fills[symbol] > 1e-12 * before[day]:
                    trades.append(trade(day, symbol, bought, fills[symbol], costs))
                    cash -= bought * fills[symbol] + trades[-1]["commission"] + trades[-1]["slippage"]
            if abs(cash) < 1e-11 * before[day]:
                cash = 0.0
            units = wanted
        cash_of_day.append(cash)
        units_of_day.append(units)
        equity_of_day.append(cash + math.fsum(units[s] * market.at(s, day) * drag for s in market.holdings))
        yesterday = day
    return {
        "equity": equity_of_day,
        "cash": cash_of_day,
        "units": units_of_day,
        "trades": trades,
        "before": before,
        "expense_paid": expense_paid,
    }


def trade(day: datetime.date, symbol: str, bought: float, price: float, costs: dict[str, float]) -> dict[str, Any]:
    """Write one trade's ticket."""
    slip = costs["slippage_bps"] / 10000
    fill = price * (1 + slip) if bought > 0 else price * (1 - slip)
    size = abs(bought)
    commission = max(
        costs["commission_fixed"]
        + costs["commission_per_share"] * size
        + costs["commission_bps"] / 10000 * size * fill,
        costs["commission_minimum"],
    )
    return {
        "date": day,
        "symbol": symbol,
        "side": "buy" if bought > 0 else "sell",
        "units": size,
        "price": fill,
        "value": size * fill,
        "commission": commission,
        "slippage": size * price * slip,
        "value_at_price": size * price,
    }


def bill(units: dict[str, float], wanted: dict[str, float], fills: dict[str, float], costs: dict[str, float]) -> float:
    """Return what going from units to wanted costs."""
    tickets = [
        trade(datetime.date.min, symbol, wanted[symbol] - units[symbol], fills[symbol], costs)
        for symbol in units
        if wanted[symbol] != units[symbol]
    ]
    return math.fsum(ticket["commission"] + ticket["slippage"] for ticket in tickets)


def settle(
    units: dict[str, float],
    equity: float,
    weights: dict[str, float],
    fills: dict[str, float],
    costs: dict[str, float],
    *,
    whole: bool,
) -> dict[str, float]:
    """Return the units held after a rebalance: V + costs(V) = equity by bisection, then whole shares if asked."""

    def targets(value: float) -> dict[str, float]:
        return {symbol: value * weights[symbol] / fills[symbol] for symbol in units}

    def wholly(wanted: dict[str, float]) -> dict[str, float]:
        return {s: float(math.floor(n * (1 + WHOLE_BUT_FOR_ROUNDING))) for s, n in wanted.items()} if whole else wanted

    full = wholly(targets(equity))
    if all(abs(full[s] - units[s]) * fills[s] <= 1e-12 * equity for s in units):
        return units
    low, high = 0.0, equity
    if high + bill(units, targets(high), fills, costs) <= equity:
        low = high
    else:
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            if middle + bill(units, targets(middle), fills, costs) <= equity:
                low = middle
            else:
                high = middle
    return wholly(targets(low))


# ---------------------------------------------------------------- the metrics


def mean(values: list[float]) -> float:
    return math.fsum(values) / len(values)


def deviation(values: list[float], ddof: int = 1) -> float:
    middle = mean(values)
    return math.sqrt(math.fsum((value - middle) ** 2 for value in values) / (len(values) - ddof))


def percentile(values: list[float], share: float) -> float:
    """Interpolate linearly between the two values around rank share · (n - 1)."""
    ordered = sorted(values)
    rank = share * (len(ordered) - 1)
    below = math.floor(rank)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] * (1 - (rank - below)) + ordered[above] * (rank - below)


def simple_returns(equity: list[float], capital: float) -> list[float]:
    return [b / a - 1 for a, b in zip([capital, *equity], equity, strict=False)]


def drawdowns(equity: list[float], capital: float) -> list[float]:
    peak, found = capital, []
    for value in equity:
        peak = max(peak, value)
        found.append(value / peak - 1)
    return found


def longest_fall(equity: list[float], dates: list[datetime.date], capital: float) -> int:
    """Count the days of the deepest drawdown, from its peak's date to its recovery's, or to the end."""
    below = drawdowns(equity, capital)
    deepest = min(range(len(below)), key=lambda i: below[i])
    if below[deepest] == 0:
        return 0
    begin = deepest
    while begin > 0 and below[begin] < 0:
        begin -= 1
    end = deepest
    while end < len(below) - 1 and below[end] < 0:
        end += 1
    return (dates[end] - dates[begin]).days


def curve_metrics(
    equity: list[float], dates: list[datetime.date], request: dict[str, Any], periods: int
) -> dict[str, float]:
    """Every metric of an equity curve; nan for none."""
    capital = request.get("initial_capital", 10000)
    r = simple_returns(equity, capital)
    below = drawdowns(equity, capital)
    free = (1 + request.get("risk_free_rate", 0)) ** (1 / periods) - 1
    days = (dates[-1] - dates[0]).days
    total = equity[-1] / capital - 1
    growth = (1 + total) ** (365.25 / days) - 1 if days >= 365 else math.nan
    profit = [b - a for a, b in zip([capital, *equity], equity, strict=False)]
    gains, losses = math.fsum(p for p in profit if p > 0), -math.fsum(p for p in profit if p < 0)
    up, down = math.fsum(x for x in r if x > 0), -math.fsum(x for x in r if x < 0)
    low, high = percentile(r, 0.05), percentile(r, 0.95)
    won, lost = sum(1 for x in r if x > 1e-12), sum(1 for x in r if x < -1e-12)
    return {
        "final_value": equity[-1],
        "total_return": total,
        "cagr": growth,
        **spread_metrics(r, periods, free),
        "calmar_ratio": growth / -min(below) if min(below) < 0 else math.nan,
        "max_drawdown": min(below),
        "max_drawdown_days": longest_fall(equity, dates, capital),
        "var_95": low,
        "cvar_95": mean([x for x in r if x <= low]),
        "win_rate": won / (won + lost) if won + lost else math.nan,
        "profit_factor": gains / losses if losses else math.nan,
        "best_day": max(r),
        "worst_day": min(r),
        "skew": skew(r),
        "kurtosis": kurtosis(r),
        "ulcer_index": math.sqrt(mean([x * x for x in below])),
        "omega_ratio": up / down if down else math.nan,
        "tail_ratio": abs(high / low) if low else math.nan,
    }


def spread_metrics(r: list[float], periods: int, free: float) -> dict[str, float]:
    excess = [x - free for x in r]
    spread = deviation(excess)
    fall = math.sqrt(mean([min(x, 0.0) ** 2 for x in excess]))
    return {
        "annual_volatility": deviation(r) * math.sqrt(periods),
        "sharpe_ratio": mean(excess) / spread * math.sqrt(periods) if spread else math.nan,
        "sortino_ratio": mean(excess) / fall * math.sqrt(periods) if fall else math.nan,
    }


def skew(r: list[float]) -> float:
    """G1 = n / ((n-1)(n-2)) Σ ((x - mean) / s)³ with s of ddof 1."""
    n, middle, s = len(r), mean(r), deviation(r)
    return n / ((n - 1) * (n - 2)) * math.fsum(((x - middle) / s) ** 3 for x in r)


def kurtosis(r: list[float]) -> float:
    """G2 = n(n+1) / ((n-1)(n-2)(n-3)) Σ ((x - mean) / s)⁴ - 3(n-1)² / ((n-2)(n-3)) with s of ddof 1."""
    n, middle, s = len(r), mean(r), deviation(r)
    fourth = math.fsum(((x - middle) / s) ** 4 for x in r)
    return n * (n + 1) / ((n - 1) * (n - 2) * (n - 3)) * fourth - 3 * (n - 1) ** 2 / ((n - 2) * (n - 3))


def month_ends(values: list[float], dates: list[datetime.date]) -> list[float]:
    """Return the last value of every calendar month, the last month as far as it goes."""
    by_month: dict[tuple[int, int], float] = {}
    for day, value in zip(dates, values, strict=True):
        by_month[day.year, day.month] = value
    return list(by_month.values())


def monthly_metrics(equity: list[float], dates: list[datetime.date], request: dict[str, Any]) -> dict[str, float]:
    capital = request.get("initial_capital", 10000)
    values = month_ends(equity, dates)
    r = simple_returns(values, capital)
    free = (1 + request.get("risk_free_rate", 0)) ** (1 / 12) - 1
    return {
        **spread_metrics(r, 12, free),
        "var_95": percentile(r, 0.05),
        "max_drawdown": min(drawdowns(values, capital)),
    }


def turnover(trades: list[dict[str, Any]], before: dict[datetime.date, float], days: int) -> float:
    """Half of what was traded over what there was, a year; the day of the first purchase does not count."""
    first = min((t["date"] for t in trades), default=None)
    parts = [t["value_at_price"] / before[t["date"]] / 2 for t in trades if t["date"] != first]
    return math.fsum(parts) / (days / 365.25)


def relative_metrics(
    equity: list[float], bench: list[float], dates: list[datetime.date], request: dict[str, Any], periods: int
) -> dict[str, float]:
    capital = request.get("initial_capital", 10000)
    free = (1 + request.get("risk_free_rate", 0)) ** (1 / periods) - 1
    r = [x - free for x in simple_returns(equity, capital)]
    b = [x - free for x in simple_returns(bench, capital)]
    mr, mb = mean(r), mean(b)
    slope = math.fsum((x - mr) * (y - mb) for x, y in zip(r, b, strict=True)) / math.fsum((y - mb) ** 2 for y in b)
    active = [x - y for x, y in zip(r, b, strict=True)]
    error = deviation(active) * math.sqrt(periods)
    months = simple_returns(month_ends(equity, dates), capital)
    bench_months = simple_returns(month_ends(bench, dates), capital)

    def capture(sign: int) -> float:
        pairs = [(x, y) for x, y in zip(months, bench_months, strict=True) if y * sign > 0]
        if not pairs:
            return math.nan
        mine = math.prod(1 + x for x, _ in pairs) ** (1 / len(pairs)) - 1
        theirs = math.prod(1 + y for _, y in pairs) ** (1 / len(pairs)) - 1
        return mine / theirs

    return {
        "beta": slope,
        "alpha": (mr - slope * mb) * periods,
        "tracking_error": error,
        "information_ratio": mean(active) * periods / error,
        "up_capture": capture(1),
        "down_capture": capture(-1),
    }
