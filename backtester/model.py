"""The nouns that the stages share. Frozen; arrays that are handed out are read-only.

numpy is named here for the type checker alone: whoever only checks requests never imports it.
T sessions, N holdings, R rebalances.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from backtester.errors import RunWarning
from backtester.noun import Noun

if TYPE_CHECKING:
    import datetime

    import numpy as np
    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]
    BoolArray = npt.NDArray[np.bool_]
    IntArray = npt.NDArray[np.intp]
    DateArray = npt.NDArray[np.datetime64]  # datetime64[D]
else:
    FloatArray = BoolArray = IntArray = DateArray = object  # names to import; annotations are never evaluated


class SymbolHistory(Noun):
    """One symbol's prices as a source has them, before alignment with the others.

    Total-return prices: adjusted for splits and dividends, so that close[t] / close[t-1] - 1 is the return.
    """

    symbol: str
    source: str  # "yahoo" | "bundled" | "csv" | "inline"
    sessions: DateArray  # (T,) datetime64[D], strictly increasing
    close: FloatArray  # (T,) currency, > 0
    open: FloatArray | None = None  # (T,) currency, > 0, NaN where the source has none; None: no opens at all
    digest: str | None = None  # of the whole history, where it can never change (the bundled sample)
    warnings: tuple[RunWarning, ...] = ()


class Progress(Protocol):
    """Where a run says how far it is: the stage, and how many of how many are done."""

    def __call__(self, stage: str, completed: int, total: int) -> None:
        """Report. Never raises, never waits."""


class WarmUp(Noun):
    """How far back a decision looks: so many sessions, or so many month-ends, before the decision date."""

    sessions: int = 0
    months: int = 0


class Costs(Noun):
    """What trading and holding cost. bps of traded value; currency per trade or share; fraction per year."""

    commission_bps: float
    commission_fixed: float
    commission_per_share: float
    commission_minimum: float
    slippage_bps: float
    expense_ratio: float


class BacktestSpec(Noun):
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
    benchmark: str | None
    risk_free_rate: float
    timing: str  # "next_close" | "next_open" | "same_close"
    whole_shares: bool
    costs: Costs
    source: str  # "auto" | "bundled" | "yahoo" | "csv" | "inline"
    max_gap_sessions: int
    refresh: bool
    warnings: tuple[RunWarning, ...] = ()


class PriceQuery(Noun):
    """What a run needs of the market. Hashable: prices that cannot change are aligned once for the same query."""

    symbols: tuple[str, ...]  # N holdings
    benchmark: str | None
    start_date: datetime.date
    end_date: datetime.date
    needs_open: bool
    max_gap_sessions: int
    warm_up: WarmUp
    signal: bool  # whether the first decision is taken before the period

    @property
    def all_symbols(self) -> tuple[str, ...]:
        """Holdings first, then the benchmark where it is none of them."""
        if self.benchmark is None or self.benchmark in self.symbols:
            return self.symbols
        return (*self.symbols, self.benchmark)

    def pointer(self, symbol: str) -> str:
        """Return the JSON pointer of whatever asks for the symbol."""
        return f"/holdings/{self.symbols.index(symbol)}/symbol" if symbol in self.symbols else "/benchmark"


class PriceTable(Noun):
    """Total-return prices of a universe on consecutive sessions, warm-up history first.

    A holding's price is NaN only before its first one, which is never inside the period.
    """

    sessions: DateArray  # (T,) datetime64[D], strictly increasing
    symbols: tuple[str, ...]  # N
    close: FloatArray  # (T, N) currency, > 0, read-only
    open: FloatArray | None  # (T, N) currency, > 0, read-only; only where execution needs it
    first: int  # row of effective.start; the rows before it are warm-up
    benchmark_close: FloatArray | None  # (T,) currency
    benchmark_open: FloatArray | None  # (T,) currency
    provenance: dict[str, dict[str, Any]]  # by symbol: source, first, last, sessions, digest
    limited_by: str | None  # the symbol that delayed the start
    periods_per_year: int  # 252, or 365 where the data runs seven days a week
    warnings: tuple[RunWarning, ...] = ()


class TargetWeights(Noun):
    """What a strategy wants to hold, and when. Row r is decided at decision[r], filled at execution[r]."""

    decision: IntArray  # (R,) rows of the price table
    execution: IntArray  # (R,) rows of the price table, strictly increasing; the first is the period's first
    weights: FloatArray  # (R, N) fractions, >= 0; what is missing to 1 is cash
    scores: FloatArray | None = None  # (R, N) what the strategy ranked by, where it ranks
    warnings: tuple[RunWarning, ...] = ()


class Ledger(Noun):
    """What the targets did to the money: P sessions of the period, R rebalances, K trades.

    equity[t] == cash[t] + sum(units[segment of t] * price[t]) to 1e-9 relative, with price the accounting
    price: the market's close, less the expense ratio accrued since the period's first session.
    """

    sessions: DateArray  # (P,) the period
    equity: FloatArray  # (P,) currency, after the session's trades
    cash: FloatArray  # (P,) currency, >= 0
    price: FloatArray  # (P, N) accounting prices at the close
    execution: IntArray  # (R,) rows of the period
    units: FloatArray  # (R, N) held from that execution on
    trade_rebalance: IntArray  # (K,) which rebalance, ordered by it and then by holding
    trade_holding: IntArray  # (K,) which holding
    trade_units: FloatArray  # (K,) bought > 0, sold < 0
    trade_price: FloatArray  # (K,) fill price, slippage included
    trade_commission: FloatArray  # (K,) currency
    trade_slippage: FloatArray  # (K,) currency, already inside the fill price
    equity_before: FloatArray  # (R,) equity just before the rebalance, at the prices it fills at
    expense_paid: float  # currency, over the period
    warnings: tuple[RunWarning, ...] = ()


class Report(Noun):
    """What the ledger is worth: metrics by name, NaN where undefined, with the reason beside it."""

    returns: FloatArray  # (P,) simple; the first is against initial_capital
    drawdown: FloatArray  # (P,) fraction, <= 0
    metrics: dict[str, float]
    metrics_monthly: dict[str, float]
    benchmark_equity: FloatArray | None = None
    benchmark_returns: FloatArray | None = None
    benchmark_drawdown: FloatArray | None = None
    benchmark_metrics: dict[str, float]
    null_reasons: dict[str, str]  # JSON pointer -> reason
