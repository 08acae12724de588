"""A whole backtest in plain Python, written from the conventions and from nothing else.

No numpy, nothing of the package under test: dates, lists and floats, one day after the other, one rebalance after
the other, units and cash kept as a bookkeeper would. Slow, long-winded and independent; that is its purpose.

    reference.run(request, prices)

`request` is a request document as callers write it, `prices` is {"dates": [...], "close": {...}, "open": {...},
"dividends": {...}, "traded": {...}, "splits": {...}} with ISO dates and None where there is no price; all but the first
two only where they are needed. traded: what a share cost at the close; without it the close, with the dividends added
back from the last row on. splits: new shares for an old one, 1 on most days. History before the period is used as far
as it reaches.
"""

from __future__ import annotations

import datetime
import itertools
import math
import statistics
from typing import Any

BISECTIONS = 200
WHOLE_BUT_FOR_ROUNDING = 1e-12
ROUNDING = 1e-12


def run(request: dict[str, Any], prices: dict[str, Any]) -> dict[str, Any]:
    """Run a request. Returns dates, equity, cash, returns, drawdown, rebalances, trades, metrics, ..."""
    market = Market(request, prices)
    book = Book(request, market)
    book.keep(decide(request, market))
    capital = request.get("initial_capital", 10000)
    dates = market.period[: len(book.equity)]
    days = (dates[-1] - dates[0]).days
    returns = weighted_returns(book.equity, book.flows, capital)
    growth = grown(returns, capital)
    result: dict[str, Any] = {
        "dates": dates,
        "equity": book.equity,
        "cash": book.cash_of_day,
        "units": book.units_of_day,
        "prices": book.prices_of_day,
        "flows": book.flows,
        "rebalances": book.rebalances,
        "trades": book.trades,
        "depleted": book.depleted,
        "returns": returns,
        "growth": growth,
        "drawdown": drawdowns(growth, capital),
    }
    periods = market.calendar.periods_per_year
    result["metrics"] = curve_metrics(growth, dates, request, periods)
    result["metrics"] |= money_metrics(book, dates, capital)
    result["metrics"]["turnover_per_year"] = turnover(book, days)
    months = market.full_months(dates)
    result["metrics_monthly"] = monthly_metrics(growth, dates, months, request)
    if request.get("benchmark") is not None:
        base = market.at(request["benchmark"], dates[0], "open" if market.timing == "next_open" else "close")
        bench = [capital * market.at(request["benchmark"], day) / base for day in dates]
        result["benchmark_equity"] = bench
        result["benchmark_metrics"] = curve_metrics(bench, dates, request, periods)
        if request.get("cash_flows"):
            result["benchmark_equity"], flows = paid_in(book, dates, bench, capital)
            result["benchmark_metrics"] |= money_in_and_out(result["benchmark_equity"], flows, dates, capital)
        result["metrics"] |= relative_metrics(growth, bench, dates, months, request, periods)
        common = common_days(book, dates, [request["benchmark"]])
        if common != dates:
            result["metrics"] |= relative_on(common, growth, bench, dates, request)
    return result


# ---------------------------------------------------------------- the market


class Market:
    """Who had which price when, and which days count."""

    def __init__(self, request: dict[str, Any], prices: dict[str, Any]) -> None:
        self.holdings = [holding["symbol"] for holding in request["holdings"]]
        self.timing = request.get("execution", {}).get("timing", "next_close")
        self.lag = request.get("execution", {}).get("lag_sessions", 0)
        bench = request.get("benchmark")
        everyone = self.holdings + ([bench] if bench is not None and bench not in self.holdings else [])
        days = [datetime.date.fromisoformat(text) for text in prices["dates"]]
        end = datetime.date.fromisoformat(request["end_date"])
        known_of = {s: self._known(days, prices, s, end) for s in everyone}
        self.close = {s: {d: p for d, p in known_of[s].items() if d <= end} for s in everyone}
        self.open = {
            s: {d: p for d, p in self._column(days, column, end).items() if d in known_of[s]}
            for s, column in prices.get("open", {}).items()
            if s in everyone
        }
        self.dividend = {
            s: self._column(days, column, end) for s, column in prices.get("dividends", {}).items() if s in everyone
        }
        self.traded = {s: self._traded(days, prices, s, end) for s in self.holdings}
        self.split = {s: self._column(days, column, end) for s, column in prices.get("splits", {}).items()}
        known = sorted({day for symbol in self.holdings for day in self.close[symbol]})
        last = min(max(self.close[symbol]) for symbol in everyone)
        self.begins = {symbol: min(self.close[symbol]) for symbol in everyone}
        first = max(self.begins.values())
        self.partial = request.get("data", {}).get("partial_history", False)
        if self.partial:
            first = min(self.begins[symbol] for symbol in self.holdings)
            if bench is not None:
                first = max(first, self.begins[bench])
        start = max(datetime.date.fromisoformat(request["start_date"]), first)
        self.sessions = [day for day in known if day <= last]
        self.position = {day: i for i, day in enumerate(self.sessions)}
        self.period = [day for day in self.sessions if day >= start]
        self._carry(everyone)
        every_day = sorted({day for s in everyone for day in known_of[s]})
        self.calendar = Calendar(
            self.sessions[self._begin(request) :],
            end=end,
            before=max((day for day in every_day if day < self.period[0]), default=None),
            following=min((day for s in self.holdings for day in known_of[s] if day > last), default=None),
            latest=every_day[-1],
            periods_per_year=request.get("data", {}).get("periods_per_year"),
        )

    def _begin(self, request: dict[str, Any]) -> int:
        """Return the position of the first session that a decision of the run looks back to."""
        position = self.position[self.period[0]]
        if request["strategy"] != "momentum":
            return position
        parameters = request.get("parameters", {})
        position = max(position - 1, 0)
        look = parameters.get("lookback_period", 126)
        months = parameters.get("lookback_unit", "sessions") == "months"
        window = max(look * (21 if months else 1), 20)
        back = window if parameters.get("weighting") == "inverse_volatility" else 0
        if not months:
            return max(position - max(look, back), 0)
        decided = self.sessions[position]
        month = decided.year * 12 + decided.month - 1 - look
        reached = [i for i, day in enumerate(self.sessions) if day.year * 12 + day.month - 1 <= month]
        return max(min(position - back, max(reached, default=-1)), 0)

    @staticmethod
    def _known(
        days: list[datetime.date], prices: dict[str, Any], symbol: str, end: datetime.date
    ) -> dict[datetime.date, float]:
        """Return the prices by day, without the weekends that only repeat the price before."""
        known = Market._column(days, prices["close"][symbol], datetime.date.max)
        paid = Market._column(days, prices.get("dividends", {}).get(symbol, [None] * len(days)), datetime.date.max)
        seen = [(a, b) for a, b in itertools.pairwise(known) if b <= end]
        moves = {w: [known[a] != known[b] or paid.get(b, 0) > 0 for a, b in seen if b.weekday() == w] for w in range(7)}
        lively = [move for of_day in moves.values() if any(of_day) for move in of_day]
        pace = sum(lively) / len(lively) if lively else 0.0
        filled = [w for w in range(7) if len(moves[w]) >= 5 and not any(moves[w]) and len(moves[w]) * pace >= 4]
        return {day: price for day, price in known.items() if day.weekday() not in filled}

    def full_months(self, dates: list[datetime.date]) -> list[tuple[int, int]]:
        """List the calendar months that the days of a run have from beginning to end."""
        months = list(dict.fromkeys((day.year, day.month) for day in dates))
        after = self.period[len(dates)] if len(dates) < len(self.period) else self.calendar.following
        if not self.calendar.has_ended(dates[-1], "monthly", after):
            months = months[:-1]
        before, first = self.calendar.before, dates[0]
        begins = first.day <= 8 and (before is None or (before.year, before.month) != (first.year, first.month))
        return [month for month in months if begins or month != (first.year, first.month)]

    @staticmethod
    def _column(
        days: list[datetime.date], column: list[float | None], end: datetime.date
    ) -> dict[datetime.date, float]:
        return {day: price for day, price in zip(days, column, strict=True) if price is not None and day <= end}

    def _traded(
        self, days: list[datetime.date], prices: dict[str, Any], symbol: str, end: datetime.date
    ) -> dict[datetime.date, float]:
        """Say what a share cost on each day that has a price, up to the end."""
        if symbol in prices.get("traded", {}):
            return self._column(days, prices["traded"][symbol], end)
        paid = prices.get("dividends", {}).get(symbol, [None] * len(days))
        added, cost = 1.0, {}
        for day, price, share in reversed(list(zip(days, prices["close"][symbol], paid, strict=True))):
            if price is not None:
                cost[day] = price / added
            added *= 1 - (share or 0.0)
        return {day: price for day, price in cost.items() if day <= end}

    def share_price(self, symbol: str, day: datetime.date) -> float:
        """Return what a share cost on a day, or on the last one before it that had a price; 0 before all."""
        earlier = [other for other in self.traded[symbol] if other <= day] if day not in self.traded[symbol] else [day]
        return self.traded[symbol][max(earlier)] if earlier else 0.0

    def _carry(self, symbols: list[str]) -> None:
        """Fill a day without a price with the price before it."""
        self.own = {symbol: sorted(self.close[symbol]) for symbol in symbols}
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
        """Return a price; 0 before the symbol's first, when nobody holds it."""
        return (self.open if field == "open" and symbol in self.open else self.close)[symbol].get(day, 0.0)

    def ago(self, symbol: str, position: int, sessions: int) -> float | None:
        """Return the close so many sessions before the one at `position`; None where there is none."""
        if position < 0 or position - sessions < 0:
            return None
        return self.close[symbol].get(self.sessions[position - sessions])

    def own_returns(self, symbol: str, position: int, sessions: int) -> list[float] | None:
        """List the returns to the symbol's own prices in so many sessions up to `position`, from the own one before.

        None where the history does not reach over all of the sessions.
        """
        if self.ago(symbol, position, sessions) is None:
            return None
        since, until = self.sessions[position - sessions], self.sessions[position]
        prices = self.close[symbol]
        steps = itertools.pairwise(self.own[symbol])
        return [prices[b] / prices[a] - 1 for a, b in steps if since < b <= until]

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


class Calendar:
    """Which weekdays are traded on, where a week begins, how many sessions a year has, which periods have ended."""

    def __init__(
        self,
        sessions: list[datetime.date],
        *,
        end: datetime.date,
        before: datetime.date | None = None,
        following: datetime.date | None = None,
        latest: datetime.date | None = None,
        periods_per_year: int | None = None,
    ) -> None:
        """Measure the sessions. before, following: of the period; latest: the last day that anything is known of."""
        self.end, self.before, self.following, self.latest = end, before, following, latest
        monday = sessions[0] - datetime.timedelta(days=sessions[0].weekday())
        span = (sessions[-1] - sessions[0]).days
        weeks = [1 + (sessions[-1] - monday).days // 7] * 7
        if span < 28:
            passed = [(sessions[0].weekday() + n) % 7 for n in range(span + 1)]
            weeks = [passed.count(w) or 1 for w in range(7)]
        steps = [(b - a).days for a, b in itertools.pairwise(sessions)]
        self.longest_break = max(7, int(statistics.median(steps or [0])))
        self.weekdays = [w for w in range(7) if sum(2 for day in sessions if day.weekday() == w) >= weeks[w]]
        self.week_start = self._week_start()
        self.periods_per_year = periods_per_year or self._periods_per_year(sessions)

    def _week_start(self) -> int:
        best, longest = 0, 0
        if not {5, 6} & set(self.weekdays):  # a longer run inside the week is that of weekly prices, or of a few days
            return best
        for weekday in self.weekdays:
            run = 0
            while (weekday - run - 1) % 7 not in self.weekdays:
                run += 1
            if run > longest:
                best, longest = weekday, run
        return best

    def _periods_per_year(self, sessions: list[datetime.date]) -> int:
        days = (sessions[-1] - sessions[0]).days
        if len(sessions) < 30 or days < 28:
            return 365 if {5, 6} <= {day.weekday() for day in sessions} else 252
        step = statistics.median((b - a).days for a, b in itertools.pairwise(sessions))
        if step in (1, 1.5, 2) and self.weekdays:
            return {5: 252, 7: 365}.get(len(self.weekdays)) or round(365.25 * len(self.weekdays) / 7)
        if 5 <= step <= 9:
            return 52
        if 26 <= step <= 35:
            return 12
        return max(1, round((len(sessions) - 1) * 365.25 / days))

    def period_key(self, day: datetime.date, frequency: str) -> Any:
        """Name the week, month, ... that a day is in."""
        if frequency == "never":
            return None
        if frequency == "daily":
            return day
        if frequency == "weekly":
            return day - datetime.timedelta(days=(day.weekday() - self.week_start) % 7)
        months = {"monthly": 1, "quarterly": 3, "semiannually": 6, "annually": 12}[frequency]
        return (day.year, (day.month - 1) // months)

    def has_ended(self, day: datetime.date, frequency: str, following: datetime.date | None) -> bool:
        """Tell whether the week, month, ... of the last session has ended. following: the session after it, if any."""
        if frequency in ("never", "daily"):
            return frequency == "daily"
        key = self.period_key(day, frequency)
        last, one = day, datetime.timedelta(days=1)
        while last < datetime.date.max and self.period_key(last + one, frequency) == key:
            last += one
        while last > day and last.weekday() not in (self.weekdays or range(5)):
            last -= one
        ended = self.end >= last and (last - day).days <= self.longest_break
        if following is not None and self.period_key(following, frequency) == key:
            return ended and following > self.end
        later = max(known for known in (day, following, self.latest) if known is not None)
        return ended or self.period_key(later, frequency) != key

    def is_last_of_period(self, sessions: list[datetime.date], position: int, frequency: str) -> bool:
        """Tell whether a session is its week's, month's, ... last."""
        day = sessions[position]
        if position + 1 < len(sessions):
            return bool(self.period_key(day, frequency) != self.period_key(sessions[position + 1], frequency))
        return self.has_ended(day, frequency, self.following)


def schedule(
    sessions: list[datetime.date],
    first: int,
    *,
    calendar: Calendar,
    frequency: str,
    timing: str,
    signal: bool,
    offset: int = 0,
    lag: int = 0,
    entries: tuple[int, ...] = (),
) -> list[tuple[int, int]]:
    """List (decision, execution) by position; a decision before all history is at -1.

    A decision is taken `offset` sessions after the last one of each period that ends no earlier than the first is
    taken, and wherever a holding enters, and executed `lag` sessions later than `timing` says.
    """
    opening = first - 1 if signal and timing != "same_close" else first
    found = [(opening, first)]
    wait = lag + (0 if timing == "same_close" else 1)
    for position in range(max(opening + 1, 0), len(sessions)):
        at = position - offset
        ended = at >= max(opening, 0) and calendar.is_last_of_period(sessions, at, frequency)
        if (ended or position in entries) and position + wait < len(sessions):
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
    offset = request.get("rebalancing", {}).get("offset_sessions", 0)
    begun = [market.position[market.begins[s]] for s in market.holdings] if market.partial and not momentum else []
    entries = tuple(position for position in begun if position > first)
    for decided, executed in schedule(
        market.sessions,
        first,
        calendar=market.calendar,
        frequency=frequency,
        timing=market.timing,
        signal=momentum,
        offset=offset,
        lag=market.lag,
        entries=entries,
    ):
        weights = momentum_weights(market, decided, own, parameters) if momentum else None
        weights = own if weights is None else {s: w * invested for s, w in weights.items()}
        rebalances.append(
            {
                "decided": market.sessions[decided] if decided >= 0 else None,
                "executed": market.sessions[executed],
                "weights": shared_out(weights, market, decided) if market.partial else weights,
            }
        )
    return rebalances


def shared_out(weights: dict[str, float], market: Market, decided: int) -> dict[str, float]:
    """Share the part of what is not known to exist yet among the rest, in proportion.

    A history is known from its first close on. Where none is known at a decision, those the period begins with are.
    """
    begins = {s: market.position[market.begins[s]] for s in weights}
    known = {s for s in weights if begins[s] <= decided}
    if not known:
        known = {s for s in weights if begins[s] <= market.position[market.period[0]]}
    there = {s: w for s, w in weights.items() if s in known}
    part, whole = math.fsum(there.values()), math.fsum(weights.values())
    return {s: there.get(s, 0.0) * whole / part if part else 0.0 for s in weights}


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
    ranked = ranking(market.holdings, scores)
    chosen = ranked[: parameters.get("top_n", 3)]
    if parameters.get("positive_returns_only", False):
        chosen = [symbol for symbol in chosen if scores[symbol] > 0 and not alike(scores[symbol], 0.0)]
    weighting = parameters.get("weighting", "allocation")
    basis = {symbol: own[symbol] for symbol in chosen}
    if weighting == "equal":
        basis = dict.fromkeys(chosen, 1.0)
    if weighting == "inverse_volatility":
        window = max(look * (21 if months else 1), 20)
        deviations = {}
        for symbol in chosen:
            returns = market.own_returns(symbol, decided, window)
            if returns is None or len(returns) < 2:
                return None
            deviations[symbol] = deviation(returns)
        still = [symbol for symbol in chosen if deviations[symbol] < 1e-12]
        basis = dict.fromkeys(still, 1.0) if still else {symbol: 1 / deviations[symbol] for symbol in chosen}
    whole = math.fsum(basis.values())
    return {s: basis.get(s, 0.0) / whole if whole else 0.0 for s in market.holdings}


def alike(a: float, b: float) -> bool:
    """Tell whether two returns or scores are equal but for rounding."""
    return abs(a - b) <= 1e-12 * max(1.0, abs(a), abs(b))


def ranking(holdings: list[str], scores: dict[str, float]) -> list[str]:
    """List the holdings from the highest score on; those that equal the first of a group in their own order."""
    left, ranked = list(holdings), []
    while left:
        first = max(scores[symbol] for symbol in left)
        group = [symbol for symbol in left if alike(scores[symbol], first)]
        ranked += group
        left = [symbol for symbol in left if symbol not in group]
    return ranked


# ---------------------------------------------------------------- the money


NO_COSTS = {
    "commission_bps": 0,
    "commission_fixed": 0,
    "commission_per_share": 0,
    "commission_minimum": 0,
    "slippage_bps": 0,
    "expense_ratio": 0,
}


class Book:
    """What a bookkeeper writes down, a day at a time, with units and cash in hand."""

    def __init__(self, request: dict[str, Any], market: Market) -> None:
        self.market = market
        self.costs = NO_COSTS | request.get("costs", {})
        self.whole = request.get("execution", {}).get("shares", "fractional") == "whole"
        self.pays_dividends = request.get("execution", {}).get("dividends", "reinvest") == "cash"
        self.rate = request.get("cash", {}).get("annual_rate", 0)
        self.bands = request.get("rebalancing", {})
        self.streams = request.get("cash_flows", [])
        self.charges = {h["symbol"]: h.get("expense_ratio", self.costs["expense_ratio"]) for h in request["holdings"]}
        self.units = dict.fromkeys(market.holdings, 0.0)
        self.cash = float(request.get("initial_capital", 10000))
        self.kept = dict.fromkeys(market.holdings, 1.0)  # what expenses leave of a price
        self.expense_paid = self.interest = self.dividends = 0.0
        self.depleted: datetime.date | None = None
        self.equity: list[float] = []
        self.cash_of_day: list[float] = []
        self.units_of_day: list[dict[str, float]] = []
        self.prices_of_day: list[dict[str, float]] = []
        self.flows: list[float] = []
        self.trades: list[dict[str, Any]] = []
        self.rebalances: list[dict[str, Any]] = []
        self.before: dict[datetime.date, float] = {}
        self.invested: dict[datetime.date, float] = {}  # by a rebalance, of the flow of its close
        self.in_force: dict[str, float] = {}
        self.own_days = {symbol: set(days) for symbol, days in market.own.items()}

    def keep(self, decisions: list[dict[str, Any]]) -> None:
        """Go through the period: overnight, perhaps the open, the close."""
        due = {decision["executed"]: decision for decision in decisions}
        shares_at_close: dict[datetime.date | None, dict[str, float]] = {}
        alarm: tuple[int, datetime.date] | None = None  # what answers a broken band, and the close that saw it
        wait, at_open = self.market.lag + (self.market.timing != "same_close"), self.market.timing == "next_open"
        waits: dict[str, Any] | None = None  # the rebalance that some symbol it trades has had no price of its own for
        for number, day in enumerate(self.market.period):
            self.pass_the_night(day)
            if not at_open:
                self.pay_fractions(day)
            flow_is_due = self.is_payday(day)
            order = None
            if day in due:
                self.in_force = due[day]["weights"]
                decided = due[day]["decided"]
                seen = shares_at_close.get(decided) if wait else self.shares(day)
                if waits is not None or not self.bands_let_it_out(day, seen, self.in_force):
                    order = {"trigger": "scheduled", "decided": decided, "executed": day, "weights": self.in_force}
            elif waits is None and self.bands.get("bands_checked", "daily") == "daily":
                if not wait and self.is_broken(self.shares(day), self.in_force):
                    alarm = number, day
                if alarm is not None and alarm[0] == number:
                    order = {"trigger": "band", "decided": alarm[1], "executed": day, "weights": self.in_force}
                    alarm = None
            waits, order = order or waits, None
            if waits is not None and all(
                day in self.own_days[s] for s in self.units if self.units[s] or waits["weights"][s]
            ):
                order, waits = waits | {"executed": day}, None
            self.flows.append(0.0)
            if order is not None and at_open:
                self.restore(order, day, "open")
                if flow_is_due:
                    self.pay(day)
            elif order is not None:
                if not flow_is_due or self.take(day, self.value(day)):
                    self.restore(order, day, "close")
            elif flow_is_due:
                self.pay(day)
            if at_open and self.depleted is None:
                self.pay_fractions(day)
            self.write_down(day)
            if self.depleted is not None:
                return
            shares_at_close[day] = self.shares(day)
            soon = self.market.period[number + 1 : number + wait + 1]  # a decision that is filled by then comes instead
            if wait and alarm is None and waits is None and due.keys().isdisjoint(soon):
                broken = self.is_broken(shares_at_close[day], self.in_force)
                alarm = (number + wait, day) if broken else None

    def pass_the_night(self, day: datetime.date) -> None:
        """Interest on cash, dividends on what was held, expenses on what is held."""
        if not self.equity:
            return
        years = (day - self.yesterday).days / 365
        earned = self.cash * ((1 + self.rate) ** years - 1)
        self.cash += earned
        self.interest += earned
        for symbol in self.market.holdings:
            paid = self.units[symbol] * self.share_paid(symbol, day) * self.prices_of_day[-1][symbol]
            self.cash += paid
            self.dividends += paid
            self.units[symbol] *= self.growth_of_shares(symbol, day)
            charged = self.kept[symbol] * self.charges[symbol] * years
            self.expense_paid += self.units[symbol] * self.market.share_price(symbol, day) * charged
            self.kept[symbol] -= charged

    def growth_of_shares(self, symbol: str, day: datetime.date) -> float:
        """Return what becomes of a share overnight: more by a split, and by a dividend reinvested at the close."""
        if self.pays_dividends:
            return self.market.split.get(symbol, {}).get(day, 1.0)
        before = self.market.share_price(symbol, self.yesterday)
        if before == 0:
            return 1.0
        worth = self.market.at(symbol, day) / self.market.at(symbol, self.yesterday)
        return worth / (self.market.share_price(symbol, day) / before)

    def pay_fractions(self, day: datetime.date) -> None:
        """Pay the fraction of a share that a split leaves, at the close, where shares are whole."""
        for symbol in self.market.holdings if self.whole else ():
            whole = math.floor(self.units[symbol] * (1 + 1e-9))
            if self.market.split.get(symbol, {}).get(day, 1.0) != 1 and day != self.market.period[0]:
                self.cash += (self.units[symbol] - whole) * self.prices(day)[symbol]
                self.units = self.units | {symbol: float(whole)}

    def share_paid(self, symbol: str, day: datetime.date) -> float:
        """Return the share of the price before that is paid on a day; nothing is to who buys on the first."""
        counts = self.pays_dividends and day != self.market.period[0]
        return self.market.dividend.get(symbol, {}).get(day, 0.0) if counts else 0.0

    def prices(self, day: datetime.date, field: str = "close") -> dict[str, float]:
        found = {}
        for s in self.market.holdings:
            close = self.market.at(s, day)
            moved = self.market.at(s, day, field) / close if close else 0.0
            found[s] = self.market.share_price(s, day) * moved * self.kept[s]
        return found

    def value(self, day: datetime.date, field: str = "close") -> float:
        prices = self.prices(day, field)
        return self.cash + math.fsum(self.units[s] * prices[s] for s in prices)

    def shares(self, day: datetime.date) -> dict[str, float]:
        prices, value = self.prices(day), self.value(day)
        return {s: self.units[s] * prices[s] / value for s in prices}

    def write_down(self, day: datetime.date) -> None:
        self.yesterday = day
        self.equity.append(self.value(day))
        self.cash_of_day.append(self.cash)
        self.units_of_day.append(dict(self.units))
        self.prices_of_day.append(self.prices(day))

    # -- bands

    def is_broken(self, shares: dict[str, float], targets: dict[str, float]) -> bool:
        """Tell whether a holding, or the cash, is further from its target than a band allows."""
        absolute, relative = self.bands.get("absolute_band"), self.bands.get("relative_band")
        cash, aim = 1 - math.fsum(shares.values()), 1 - math.fsum(targets.values())
        pairs = [(shares[s], targets[s]) for s in targets]
        if absolute is not None and any(abs(w - t) > absolute + ROUNDING for w, t in [*pairs, (cash, aim)]):
            return True
        if relative is None:
            return False
        pairs += [(cash, aim)] if aim > ROUNDING else []
        return any(abs(w - t) > relative * t + ROUNDING for w, t in pairs)

    def bands_let_it_out(self, day: datetime.date, shares: dict[str, float] | None, targets: dict[str, float]) -> bool:
        """Tell whether a rebalance that is due is left out, all weights being within the bands of the new targets."""
        if self.bands.get("bands_checked") != "at_frequency" or not self.equity or shares is None:
            return False
        if self.bands.get("absolute_band") is None and self.bands.get("relative_band") is None:
            return False
        if any((shares[s] > 0) != (targets[s] > 0) for s in targets):
            return False  # what enters or leaves is no drift
        return not self.is_broken(shares, targets)

    # -- money in and out

    def stream_is_due(self, stream: dict[str, Any], day: datetime.date) -> bool:
        period = self.market.period
        return (
            day != period[0]
            and self.market.calendar.is_last_of_period(period, period.index(day), stream["frequency"])
            and stream.get("start_date", "0000") <= day.isoformat() <= stream.get("end_date", "9999")
        )

    def is_payday(self, day: datetime.date) -> bool:
        return any(self.stream_is_due(stream, day) for stream in self.streams)

    def payment(self, day: datetime.date, value: float) -> float:
        """Add up what all streams pay in (out: below 0) on a day."""
        begun = self.market.period[0]
        years = day.year - begun.year - ((day.month, day.day) < (begun.month, begun.day))
        total = 0.0
        for stream in self.streams:
            if self.stream_is_due(stream, day):
                grown_to = stream.get("amount", 0.0) * (1 + stream.get("growth_rate", 0)) ** years
                money = grown_to if "amount" in stream else stream["fraction"] * value
                total += money if stream["type"] == "contribution" else -money
        return total

    def take(self, day: datetime.date, value: float) -> bool:
        """Take the day's payment into cash, or, where it is all there is, end. False for the end."""
        flow = self.payment(day, value)
        if value + flow <= ROUNDING * value:
            self.sell_out(day)
            return False
        self.cash += flow
        self.flows[-1] = flow
        return True

    def pay(self, day: datetime.date) -> None:
        """Invest, or raise, the day's payment in proportion to what is held."""
        value, shares, before = self.value(day), self.shares(day), (self.cash, self.units)
        if self.whole and any(shares.values()):  # remainders of shares become shares: the targets say how much is held
            aim, held = math.fsum(self.in_force.values()), math.fsum(shares.values())
            shares = {s: share * aim / held for s, share in shares.items()}
        if not self.take(day, value):
            return
        tickets = len(self.trades)
        if not self.trade_to(shares, day, "close", "cash_flow"):
            if self.cash < 0:  # the costs of raising it are more than what would be left
                self.cash, self.units = before
                self.sell_out(day)
        elif self.flows[-1] > 0 and self.value(day) <= value:  # investing it would cost more than it is
            del self.trades[tickets:]
            self.cash, self.units = before[0] + self.flows[-1], before[1]

    def sell_out(self, day: datetime.date) -> None:
        """Sell everything, pay out what is left of it after costs, and end."""
        value, prices = self.value(day), self.prices(day)
        nothing = dict.fromkeys(self.units, 0.0)
        left = value - bill(self.units, nothing, prices, self.costs)
        self.flows[-1] = 0.0
        self.depleted = day
        if left > 0:
            self.write_tickets(nothing, day, prices, value, "cash_flow")
            self.flows[-1], self.cash = -left, 0.0

    # -- trades

    def restore(self, order: dict[str, Any], day: datetime.date, field: str) -> None:
        """Carry out a rebalance. The flow of the same close, if any, lies in cash already."""
        self.before[day] = self.value(day, field) - self.flows[-1]
        held = self.units
        traded = self.trade_to(order["weights"], day, field, "rebalance")
        if not traded and self.cash < 0:
            self.cash -= self.flows[-1]
            self.sell_out(day)
        elif order["trigger"] == "scheduled" or self.units is not held or self.flows[-1]:
            self.rebalances.append(order)
            self.invested[day] = abs(self.flows[-1])

    def trade_to(self, weights: dict[str, float], day: datetime.date, field: str, reason: str) -> bool:
        """Trade to shares of what is left after the costs; False, and no trade, where the costs are too high."""
        value, fills = self.value(day, field), self.prices(day, field)
        wanted = settle(self.units, value, weights, fills, self.costs, whole=self.whole)
        if wanted is None:
            return False
        self.write_tickets(wanted, day, fills, value, reason)
        return True

    def write_tickets(
        self, wanted: dict[str, float], day: datetime.date, fills: dict[str, float], value: float, reason: str
    ) -> None:
        for symbol in self.market.holdings:
            bought = wanted[symbol] - self.units[symbol]
            if abs(bought) * fills[symbol] > ROUNDING * value:
                ticket = trade(day, symbol, bought, fills[symbol], self.costs) | {"reason": reason}
                self.trades.append(ticket)
                self.cash -= bought * fills[symbol] + ticket["commission"] + ticket["slippage"]
        if abs(self.cash) < 1e-11 * value:
            self.cash = 0.0
        self.units = wanted


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
) -> dict[str, float] | None:
    """Return the units held after a rebalance: V + costs(V) = equity by bisection, then whole shares if asked.

    None where the costs would take everything.
    """

    def targets(value: float) -> dict[str, float]:
        return {s: value * weights[s] / fills[s] if weights[s] else 0.0 for s in units}

    if whole:
        return settle_whole(units, equity, weights, fills, costs)
    full = targets(equity)
    if all(abs(full[s] - units[s]) * fills[s] <= 1e-12 * equity for s in units):
        return units
    low, high = 0.0, equity
    if high + bill(units, targets(high), fills, costs) <= equity:
        low = high
    else:
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            if middle in (low, high):
                break
            if middle + bill(units, targets(middle), fills, costs) <= equity:
                low = middle
            else:
                high = middle
    return targets(low) if low > ROUNDING * equity else None


def settle_whole(
    units: dict[str, float],
    equity: float,
    weights: dict[str, float],
    fills: dict[str, float],
    costs: dict[str, float],
) -> dict[str, float] | None:
    """Return whole shares whose own trades leave the equity that they are the targets of, the largest such equity.

    Where there is none, nothing is sold that stands at or below its target. None where the costs take everything.
    """

    def wholly(value: float) -> dict[str, float]:
        wanted = {s: value * weights[s] / fills[s] * (1 + WHOLE_BUT_FOR_ROUNDING) if weights[s] else 0.0 for s in units}
        return {s: float(math.floor(n)) for s, n in wanted.items()}

    tried: list[float] = []
    left = equity
    while left not in tried:
        if left <= 0:
            return settle_poor(units, equity, wholly, fills, costs)
        tried.append(left)
        left = equity - bill(units, wholly(left), fills, costs)
    lowest = left if left == tried[-1] else 0.0
    values = {equity}  # and each at which there is a share more
    for s in units:
        if weights[s]:
            first, last = (math.floor(value * weights[s] / fills[s]) for value in (lowest, equity))
            values |= {n * fills[s] / weights[s] for n in range(first, last + 1)}
    for value in sorted(values, reverse=True):
        wanted = wholly(value)
        left_by = equity - bill(units, wanted, fills, costs)
        if left_by > 0 and wholly(left_by) == wanted:
            return wanted
    wanted = wholly(min(tried[tried.index(left) :]))
    while True:
        left = equity - bill(units, wanted, fills, costs)
        needless = [s for s in units if wanted[s] < units[s] and units[s] * fills[s] <= left * weights[s] * (1 + 1e-12)]
        if not needless:
            return wanted
        wanted = wanted | {s: units[s] for s in needless}


def settle_poor(
    units: dict[str, float], equity: float, wholly: Any, fills: dict[str, float], costs: dict[str, float]
) -> dict[str, float] | None:
    """Return what can be paid where the first guess costs more than there is, by bisection."""
    low, high = 0.0, equity
    while high - low > 1e-9 * equity:
        middle = (low + high) / 2
        if middle + bill(units, wholly(middle), fills, costs) <= equity:
            low = middle
        else:
            high = middle
    wanted: dict[str, float] = wholly(low)
    spent = math.fsum(wanted[s] * fills[s] for s in units) + bill(units, wanted, fills, costs)
    return wanted if low > 1e-9 * equity and spent <= equity * (1 + 1e-12) else None


# ---------------------------------------------------------------- the metrics


def mean(values: list[float]) -> float:
    return math.fsum(values) / len(values)


def deviation(values: list[float], ddof: int = 1) -> float:
    if len(values) <= ddof:
        return math.nan
    middle = mean(values)
    return math.sqrt(math.fsum((value - middle) ** 2 for value in values) / (len(values) - ddof))


def percentile(values: list[float], share: float) -> float:
    """Interpolate linearly between the two values around rank share · (n - 1)."""
    if len(values) < 2:
        return math.nan
    ordered = sorted(values)
    rank = share * (len(ordered) - 1)
    below = math.floor(rank)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] * (1 - (rank - below)) + ordered[above] * (rank - below)


def weighted_returns(equity: list[float], flows: list[float], capital: float) -> list[float]:
    """Return what each day earned on the money that was there: r = (V - F) / V before - 1."""
    return [(v - f) / b - 1 for b, v, f in zip([capital, *equity], equity, flows, strict=False)]


def grown(returns: list[float], capital: float) -> list[float]:
    """Compound the returns from the capital: the equity, had no money come or gone."""
    values = []
    for r in returns:
        capital *= 1 + r
        values.append(capital)
    return values


def money_metrics(book: Book, dates: list[datetime.date], capital: float) -> dict[str, float]:
    """Return what is measured in money: of the equity as it was, not of its growth."""
    shares = [c / e for c, e in zip(book.cash_of_day, book.equity, strict=True) if e > 0]
    return money_in_and_out(book.equity, book.flows, dates, capital) | {
        "total_costs": math.fsum(t["commission"] + t["slippage"] for t in book.trades) + book.expense_paid,
        "dividend_income": book.dividends,
        "interest_income": book.interest,
        "exposure": 1 - mean(shares) if shares else math.nan,
    }


def money_in_and_out(
    equity: list[float], flows: list[float], dates: list[datetime.date], capital: float
) -> dict[str, float]:
    """Return what became of the money that was there at the start and came and went since."""
    earned = [v - b - f for b, v, f in zip([capital, *equity], equity, flows, strict=False)]
    losses = -math.fsum(e for e in earned if e < 0)
    return {
        "final_value": equity[-1],
        "net_contributions": math.fsum(flows),
        "total_profit": equity[-1] - capital - math.fsum(flows),
        "profit_factor": math.fsum(e for e in earned if e > 0) / losses if losses > ROUNDING * capital else math.nan,
        "money_weighted_return": internal_rate(equity, flows, dates, capital),
    }


def paid_in(
    book: Book, dates: list[datetime.date], growth: list[float], capital: float
) -> tuple[list[float], list[float]]:
    """Return the values of a benchmark that has the portfolio's payments, and these; once empty it stays so."""
    value, values, flows = capital, [], []
    for day, before, now in zip(dates, [capital, *growth], growth, strict=False):
        value *= now / before
        flow = book.payment(day, value) if value else 0.0
        if value + flow <= ROUNDING * value:
            flow = -value
        value += flow
        values.append(value)
        flows.append(flow)
    return values, flows


def internal_rate(equity: list[float], flows: list[float], dates: list[datetime.date], capital: float) -> float:
    """Return the annual rate at which all payments are worth the end; nan under a year, or where none is found.

    Looked for on a fine grid of log rates, and by bisection; nan where there are several.
    """
    if (dates[-1] - dates[0]).days < 365:
        return math.nan
    paid = [(dates[0], -capital), *((day, -flow) for day, flow in zip(dates, flows, strict=True) if flow)]
    paid.append((dates[-1], equity[-1]))

    def worth(rate: float) -> float:
        return math.fsum(money * (1 + rate) ** ((dates[-1] - day).days / 365.25) for day, money in paid)

    grid = [math.expm1(n / 50) for n in range(-500, 501)]
    signs = [worth(rate) > 0 for rate in grid]
    crossings = [n for n in range(1, len(grid)) if signs[n] != signs[n - 1]]
    if len(crossings) != 1:
        return math.nan
    low, high = grid[crossings[0] - 1], grid[crossings[0]]
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if (worth(middle) > 0) == (worth(low) > 0) else (low, middle)
    return (low + high) / 2


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
    if below[deepest] > -ROUNDING:
        return 0
    begin = deepest
    while begin > 0 and below[begin] < -ROUNDING:
        begin -= 1
    end = deepest
    while end < len(below) - 1 and below[end] < -ROUNDING:
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
        "calmar_ratio": growth / -min(below) if min(below) < -ROUNDING else math.nan,
        "max_drawdown": min(below),
        "max_drawdown_days": longest_fall(equity, dates, capital),
        "var_95": low,
        "cvar_95": mean([x for x in r if x <= low or alike(x, low)]) if len(r) > 1 else math.nan,
        "win_rate": won / (won + lost) if won + lost else math.nan,
        "profit_factor": gains / losses if losses > ROUNDING * capital else math.nan,
        "best_day": max(r),
        "worst_day": min(r),
        "skew": skew(r),
        "kurtosis": kurtosis(r),
        "ulcer_index": math.sqrt(mean([x * x for x in below])),
        "omega_ratio": up / down if down > ROUNDING else math.nan,
        "tail_ratio": abs(high / low) if abs(low) > ROUNDING else math.nan,
    }


def spread_metrics(r: list[float], periods: int, free: float) -> dict[str, float]:
    excess = [x - free for x in r]
    spread = deviation(excess)
    fall = math.sqrt(mean([min(x, 0.0) ** 2 for x in excess])) if len(r) > 1 else math.nan
    return {
        "annual_volatility": deviation(r) * math.sqrt(periods),
        "sharpe_ratio": mean(excess) / spread * math.sqrt(periods) if spread > ROUNDING else math.nan,
        "sortino_ratio": mean(excess) / fall * math.sqrt(periods) if fall > ROUNDING else math.nan,
    }


def skew(r: list[float]) -> float:
    """G1 = n / ((n-1)(n-2)) Σ ((x - mean) / s)³ with s of ddof 1."""
    n, middle, s = len(r), mean(r), deviation(r)
    if n < 3 or s < ROUNDING:
        return math.nan
    return n / ((n - 1) * (n - 2)) * math.fsum(((x - middle) / s) ** 3 for x in r)


def kurtosis(r: list[float]) -> float:
    """G2 = n(n+1) / ((n-1)(n-2)(n-3)) Σ ((x - mean) / s)⁴ - 3(n-1)² / ((n-2)(n-3)) with s of ddof 1."""
    n, middle, s = len(r), mean(r), deviation(r)
    if n < 4 or s < ROUNDING:
        return math.nan
    fourth = math.fsum(((x - middle) / s) ** 4 for x in r)
    return n * (n + 1) / ((n - 1) * (n - 2) * (n - 3)) * fourth - 3 * (n - 1) ** 2 / ((n - 2) * (n - 3))


def month_values(
    values: list[float], dates: list[datetime.date], months: list[tuple[int, int]], capital: float
) -> list[float]:
    """Return the value before the first full month, and the last of every full one."""
    start, ends = capital, {}
    for day, value in zip(dates, values, strict=True):
        if (day.year, day.month) in months:
            ends[day.year, day.month] = value
        elif not ends:
            start = value
    return [start, *ends.values()]


def monthly_metrics(
    equity: list[float], dates: list[datetime.date], months: list[tuple[int, int]], request: dict[str, Any]
) -> dict[str, float]:
    start, *values = month_values(equity, dates, months, request.get("initial_capital", 10000))
    r = simple_returns(values, start)
    free = (1 + request.get("risk_free_rate", 0)) ** (1 / 12) - 1
    if not r:
        names = ("annual_volatility", "sharpe_ratio", "sortino_ratio", "var_95", "max_drawdown")
        return dict.fromkeys(names, math.nan)
    return {
        **spread_metrics(r, 12, free),
        "var_95": percentile(r, 0.05),
        "max_drawdown": min(drawdowns(values, start)),
    }


def turnover(book: Book, days: int) -> float:
    """Half of what was traded over what there was, a year; neither the first purchase nor cash flows count."""
    first = min((t["date"] for t in book.trades), default=None)
    traded: dict[datetime.date, float] = {}
    for t in book.trades:
        if t["date"] != first and t["reason"] == "rebalance":
            traded[t["date"]] = traded.get(t["date"], 0.0) + t["value_at_price"]
    flowed = book.invested if book.market.timing != "next_open" else {}
    parts = [max(value - flowed.get(day, 0.0), 0.0) / book.before[day] / 2 for day, value in traded.items()]
    return math.fsum(parts) / (days / 365.25)


def common_days(book: Book, dates: list[datetime.date], others: list[str]) -> list[datetime.date]:
    """List the days on which everything that is held, and the others, have a price of their own."""
    own = {symbol: set(days) for symbol, days in book.market.own.items()}
    found = []
    for day, units in zip(dates, book.units_of_day, strict=True):
        held = [symbol for symbol, amount in units.items() if amount]
        if all(day in own[symbol] for symbol in [*held, *others]):
            found.append(day)
    return found


def relative_on(
    common: list[datetime.date], equity: list[float], bench: list[float], dates: list[datetime.date],
    request: dict[str, Any],
) -> dict[str, float]:  # fmt: skip
    """Return what compares daily returns, from one of the common days to the next, with their own P."""
    rows = [dates.index(day) for day in common]
    capital = request.get("initial_capital", 10000)
    periods = request.get("data", {}).get("periods_per_year") or Calendar(common, end=common[-1]).periods_per_year
    mine = {"equity": [equity[n] for n in rows], "bench": [bench[n] for n in rows]}
    if rows[0] == 0:
        r, b = (simple_returns(values, capital) for values in mine.values())
    else:
        r, b = ([y / x - 1 for x, y in itertools.pairwise(values)] for values in mine.values())
    free = (1 + request.get("risk_free_rate", 0)) ** (1 / periods) - 1
    mr, mb = mean(r) - free, mean(b) - free
    covered = math.fsum((x - free - mr) * (y - free - mb) for x, y in zip(r, b, strict=True))
    slope = covered / math.fsum((y - free - mb) ** 2 for y in b)
    active = [x - y for x, y in zip(r, b, strict=True)]
    error = deviation(active) * math.sqrt(periods)
    return {
        "beta": slope,
        "alpha": (mr - slope * mb) * periods,
        "tracking_error": error,
        "information_ratio": mean(active) * periods / error,
    }


def relative_metrics(
    equity: list[float],
    bench: list[float],
    dates: list[datetime.date],
    full: list[tuple[int, int]],
    request: dict[str, Any],
    periods: int,
) -> dict[str, float]:
    capital = request.get("initial_capital", 10000)
    free = (1 + request.get("risk_free_rate", 0)) ** (1 / periods) - 1
    r = [x - free for x in simple_returns(equity, capital)]
    b = [x - free for x in simple_returns(bench, capital)]
    mr, mb = mean(r), mean(b)
    slope = math.fsum((x - mr) * (y - mb) for x, y in zip(r, b, strict=True)) / math.fsum((y - mb) ** 2 for y in b)
    active = [x - y for x, y in zip(r, b, strict=True)]
    error = deviation(active) * math.sqrt(periods)
    start, *values = month_values(equity, dates, full, capital)
    bench_start, *bench_values = month_values(bench, dates, full, capital)
    months, bench_months = simple_returns(values, start), simple_returns(bench_values, bench_start)

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
