"""The frozen records that the stages share. Their arrays are read-only. T sessions, N holdings, R rebalances.

Only the type checker imports numpy here: a process that only checks requests never does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from backtester.model.errors import RunWarning
from backtester.model.record import Record

if TYPE_CHECKING:
    import datetime

    import numpy as np
    import numpy.typing as npt

    from backtester.model.calendar import Calendar
    from backtester.model.decision_trace import RuleTrace
    from backtester.model.held import Held

    FloatArray = npt.NDArray[np.float64]
    BoolArray = npt.NDArray[np.bool_]
    IntArray = npt.NDArray[np.intp]
    DateArray = npt.NDArray[np.datetime64]  # datetime64[D]
else:
    FloatArray = BoolArray = IntArray = DateArray = object  # names to import; annotations are never evaluated


class SymbolHistory(Record):
    """One symbol's prices as a source has them, before alignment with the others.

    Total-return prices: adjusted for splits and dividends, so that close[t] / close[t-1] - 1 is the return.
    """

    symbol: str
    source: str  # "bundled" | "csv" | "inline" | a network source: "yahoo" | "tiingo" | "stooq" | a plug-in's name
    sessions: DateArray  # (T,) datetime64[D], strictly increasing
    close: FloatArray  # (T,) currency, > 0
    open: FloatArray | None = None  # (T,) currency, > 0, NaN where the source has none; None: no opens at all
    dividend: FloatArray | None = None  # (T,) paid at the ex-date, as a share of the close before; None: not known
    traded: FloatArray | None = None  # (T,) currency, what a share cost at the close; None: as close
    split: FloatArray | None = None  # (T,) new shares for an old one, 1 on most sessions; None: no split at all
    counts_adjusted_shares: bool = False  # whether what a share cost is not known: shares are counted at close
    digest: str | None = None  # of the whole history, where it can never change (the bundled sample)
    warnings: tuple[RunWarning, ...] = ()


class Progress(Protocol):
    """A callback for the progress of a run: the stage, the completed steps and the total."""

    def __call__(self, stage: str, completed: int, total: int) -> None:
        """Report the progress. Never raises, never blocks."""


class WarmUp(Record):
    """The history that a decision needs: a number of sessions or of month-ends before it."""

    sessions: int = 0
    months: int = 0


class Costs(Record):
    """The costs of a trade: bps of the traded value, currency per trade or share. Without the expense ratios."""

    commission_bps: float
    commission_fixed: float
    commission_per_share: float
    commission_minimum: float
    slippage_bps: float


class Rebalancing(Record):
    """The rules for rebalancing beside the strategy's frequency: an offset and drift bands."""

    offset_sessions: int = 0  # after the last session of each period
    absolute_band: float | None = None  # of a weight from its target, fraction of the portfolio
    relative_band: float | None = None  # fraction of the target
    bands_checked: str = "daily"  # "daily" | "at_frequency"

    @property
    def has_bands(self) -> bool:
        """Whether any band is set."""
        return self.absolute_band is not None or self.relative_band is not None


class CashFlow(Record):
    """A stream of payments at the ends of periods: an amount, or a fraction of the value just before."""

    sign: int  # +1 pays in, -1 takes out
    amount: float | None  # currency
    fraction: float | None  # of the portfolio's value
    frequency: str
    growth_rate: float  # of the amount, per full year since the first session
    start_date: datetime.date | None
    end_date: datetime.date | None


class Benchmark(Record):
    """A symbol that is bought and held, or a portfolio that is restored at a frequency; both without costs."""

    name: str | None  # of a portfolio; None: it is a symbol
    symbols: tuple[str, ...]  # B
    allocations: tuple[float, ...]  # B fractions that sum to 1
    rebalance_frequency: str

    @property
    def pointers(self) -> tuple[tuple[str, str], ...]:
        """The symbols, each with the JSON pointer to it in the request."""
        at = "/benchmark" if self.name is None else "/benchmark/holdings/{}/symbol"
        return tuple((symbol, at.format(n)) for n, symbol in enumerate(self.symbols))


class BacktestSpec(Record):
    """A checked and complete request. `request` is the normalised document that the result echoes."""

    request: dict[str, Any]
    strategy: str
    parameters: dict[str, Any]
    symbols: tuple[str, ...]  # N holdings, in the request's order
    allocations: tuple[float, ...]  # N fractions; with cash_allocation they sum to 1
    cash_allocation: float
    cash_annual_rate: float
    start_date: datetime.date
    end_date: datetime.date
    initial_capital: float
    benchmark: Benchmark | None
    risk_free_rate: float
    timing: str  # "next_close" | "next_open" | "same_close"
    whole_shares: bool
    costs: Costs
    expense_ratios: tuple[float, ...]  # N, fraction per year: the holding's own, else costs.expense_ratio
    dividends_to_cash: bool
    rebalancing: Rebalancing
    cash_flows: tuple[CashFlow, ...]
    signals: tuple[tuple[str, str], ...]  # symbols that the strategy observes, each with the pointer that names it
    source: str  # "auto" | "bundled" | "csv" | "inline" | a network source
    max_gap_sessions: int
    partial_history: bool
    refresh: bool
    periods_per_year: int | None = None  # the caller's own P; None: measured
    ended_history: str = "stop"  # "stop" | "cash" | "error"
    implausible: str = "warn"  # "warn" | "error"
    lag_sessions: int = 0  # by which every fill but the first purchase is later than `timing` says
    warnings: tuple[RunWarning, ...] = ()

    @property
    def fill_delay(self) -> int:
        """Sessions from a decision to its fill."""
        return self.lag_sessions + (self.timing != "same_close")


class PriceQuery(Record):
    """The prices that a run needs. Hashable: a warm process aligns the bundled prices once for each query."""

    symbols: tuple[str, ...]  # N holdings
    benchmark: tuple[tuple[str, str], ...] = ()  # B symbols of the benchmark, each with the pointer that names it
    start_date: datetime.date
    end_date: datetime.date
    needs_open: bool
    max_gap_sessions: int
    warm_up: WarmUp
    signal: bool  # whether the first decision is taken before the period
    signals: tuple[tuple[str, str], ...] = ()  # symbols that are only observed, each with the pointer that names it
    needs_dividends: bool = False
    partial_history: bool = False  # the period begins with the first holding that has prices, not with the last
    needs_traded: bool = False  # whether share counts matter: whole shares, or a commission per share
    periods_per_year: int | None = None
    frequencies: tuple[str, ...] = ("annually", "monthly")  # of the periods whose ends the run counts or acts on
    ended_history: str = "stop"
    implausible: str = "warn"

    @property
    def all_symbols(self) -> tuple[str, ...]:
        """Holdings first, then the benchmark, then the signals; each once."""
        others = (symbol for symbol, _ in (*self.benchmark, *self.signals))
        return tuple(dict.fromkeys((*self.symbols, *others)))

    @property
    def traded_symbols(self) -> tuple[str, ...]:
        """The symbols that may be filled at the open: the first of all_symbols. A benchmark portfolio is not."""
        benchmark = (symbol for symbol, pointer in self.benchmark if pointer == "/benchmark")
        return tuple(dict.fromkeys((*self.symbols, *benchmark)))

    def pointer(self, symbol: str) -> str:
        """Return the JSON pointer to the first mention of the symbol in the request."""
        if symbol in self.symbols:
            return f"/holdings/{self.symbols.index(symbol)}/symbol"
        return {**dict(self.signals), **dict(self.benchmark)}[symbol]


class PriceTable(Record):
    """Total-return prices of a universe on consecutive sessions, warm-up history first.

    A holding's price is NaN only before its first one, which is never inside the period unless the request allows
    partial histories.
    """

    sessions: DateArray  # (T,) datetime64[D], strictly increasing
    symbols: tuple[str, ...]  # N
    close: FloatArray  # (T, N) currency, > 0, read-only
    open: FloatArray | None  # (T, N) currency, > 0, read-only; only where execution needs it
    first: int  # row of effective.start; the rows before it are warm-up
    benchmark_close: FloatArray | None  # (T, B) currency
    benchmark_open: FloatArray | None  # (T, B) currency; None: no opens, or a portfolio, which is filled at the close
    signal_close: dict[str, FloatArray] = {}  # noqa: RUF012  by symbol: (T,) currency, NaN before its first
    dividend: FloatArray | None = None  # (T, N) paid at the ex-date, a share of the close before; only where asked for
    own: BoolArray | None = None  # (T, N) whether the close is the session's own, not carried; None: all are
    own_open: BoolArray | None = None  # (T, N) the same of the open
    benchmark_own: BoolArray | None = None  # (T, B)
    signal_own: dict[str, BoolArray] = {}  # noqa: RUF012  (T,) of the signals that have carried prices
    traded: FloatArray | None = None  # (T, N) currency, what a share cost at the close; None: as close
    split: FloatArray | None = None  # (T, N) new shares for an old one; None: no split in the period
    ended: IntArray | None = None  # (N,) row of the last price of a holding that ends, T of others; None: none ends
    partial_history: bool = False  # whether some holding's prices may begin inside the table, and do
    provenance: dict[str, dict[str, Any]]  # by symbol: source, first, last, sessions, digest
    limited_by: str | None  # the symbol that delayed the start
    calendar: Calendar
    warnings: tuple[RunWarning, ...] = ()


class TargetWeights(Record):
    """The target weights of each rebalance. Row r is decided at decision[r] and filled at execution[r]."""

    decision: IntArray  # (R,) rows of the price table
    execution: IntArray  # (R,) rows of the price table, strictly increasing; the first is the period's first
    weights: FloatArray  # (R, N) fractions, >= 0; the rest to 1 is cash
    scores: FloatArray | None = None  # (R, N) the scores of a ranking strategy; NaN: not ranked
    seen: dict[str, FloatArray] = {}  # noqa: RUF012  indicators by name: (R, N), or (R,) of the whole
    trace: RuleTrace | None = None  # of a tree of rules
    warnings: tuple[RunWarning, ...] = ()


# why the units changed: a decision, a weight out of its band, money in or out, the fraction of a share that a split
# left was paid in cash, a holding was paid out at its end
SCHEDULED, BAND, FLOW, SPLIT, ENDED = 0, 1, 2, 3, 4


class Ledger(Record):
    """The account over the period: P sessions, E events, K trades.

    An event is a change of units: a rebalance, the investment of a cash flow, or the payment of the fractions that a
    split left. Several may fall on one session. equity[t] == cash[t] + sum(units[last event until t] * price[t]) to
    1e-9 relative, with price the accounting price (`simulation.accounting`). units[e] * shares[t] is a count of shares,
    price[t] / shares[t] what one cost.
    """

    sessions: DateArray  # (P,) the period
    equity: FloatArray  # (P,) currency, after the session's trades and flows
    cash: FloatArray  # (P,) currency, >= 0
    price: FloatArray  # (P, N) accounting prices at the close
    execution: IntArray  # (E,) rows of the period, ascending
    kind: IntArray  # (E,) SCHEDULED, BAND, FLOW, SPLIT or ENDED
    target: IntArray  # (E,) the row of the target weights in force
    decision: IntArray  # (E,) rows of the price table: the close that the event was decided with
    held: Held  # units, from each event on
    trade_event: IntArray  # (K,) which event, ordered by it and then by holding
    trade_holding: IntArray  # (K,) which holding
    trade_units: FloatArray  # (K,) bought > 0, sold < 0
    trade_price: FloatArray  # (K,) fill price, slippage included
    trade_commission: FloatArray  # (K,) currency
    trade_slippage: FloatArray  # (K,) currency, already inside the fill price
    equity_before: FloatArray  # (E,) equity just before the event, at the prices it fills at, without its flow
    expense_paid: FloatArray  # (N,) currency, over the period
    interest: FloatArray  # (P,) currency, what the cash held overnight earned until the session
    shares: FloatArray | None = None  # (P, N) shares that a unit stands for; None: one
    dividends: FloatArray | None = None  # (P,) currency, paid to cash on the session; None: they are reinvested
    dividends_paid: FloatArray | None = None  # (N,) the same by holding, over the period
    flows: FloatArray | None = None  # (P,) currency paid in (out: < 0) at the close; None: never any
    warnings: tuple[RunWarning, ...] = ()

    @property
    def units(self) -> FloatArray:
        """The units (E, N) held from each event on; `held` is cheaper where few of many are."""
        return self.held.matrix()

    @property
    def rebalances(self) -> IntArray:
        """The events (R',) that are rebalances, by a decision or by a band."""
        events: IntArray = (self.kind < FLOW).nonzero()[0]
        return events


class Report(Record):
    """The metrics of a ledger by name, NaN where undefined, with the reasons."""

    growth: FloatArray  # (P,) initial capital compounded at the returns: the equity, but for cash flows
    returns: FloatArray  # (P,) simple, time-weighted; the first is against initial_capital
    drawdown: FloatArray  # (P,) fraction, <= 0, of the growth
    metrics: dict[str, float]
    metrics_monthly: dict[str, float]
    benchmark_equity: FloatArray | None = None
    benchmark_returns: FloatArray | None = None
    benchmark_drawdown: FloatArray | None = None
    benchmark_metrics: dict[str, float]
    tables: dict[str, Any] | None = None  # as the result has them, NaN where undefined; None: not asked for
    attribution: dict[str, Any] | None = None
    audit: dict[str, float]
    null_reasons: dict[str, str]  # JSON pointer -> reason
