"""Runs of the same rule on the same prices: other dates, delays and costs. Each is the single run of such a request."""

from __future__ import annotations

import math

import numpy as np

from backtester.contract.schemas import built_in_strategies
from backtester.metrics import drawdown, risk
from backtester.metrics import returns as rt
from backtester.model.errors import DataError, InternalError, RequestError
from backtester.model.record import Record
from backtester.model.records import BacktestSpec, DateArray, FloatArray, Ledger, PriceTable, TargetWeights
from backtester.pipeline import Loaded, Measured
from backtester.simulation.simulate import simulate
from backtester.strategies.decisions.decide import decide_weights
from backtester.strategies.decisions.decided_once import DecidedOnce
from backtester.strategies.protocol import Strategy

FIGURES = ("cagr", "sharpe_ratio", "max_drawdown")
FAILED = "VARIATION_FAILED"
_WITH_STATE = {"rules"}  # strategies with a decision that depends on where the run begins: hysteresis


class Curve(Record):
    """What a run came to: its growth and returns, as the report of a run has them."""

    sessions: DateArray  # (P,)
    equity: FloatArray  # (P,) currency
    flows: FloatArray | None  # (P,) paid in, currency; None: never any
    initial: float  # currency
    returns: FloatArray  # (P,)
    growth: FloatArray  # (P,) the initial capital compounded at the returns

    @property
    def days(self) -> int:
        """Calendar days from the first session to the last."""
        return int((self.sessions[-1] - self.sessions[0]).astype(int))

    @property
    def log_growth(self) -> float:
        """ln(1 + total return); very low where everything was lost."""
        grown = float(self.growth[-1]) / self.initial
        return math.log(grown) if grown > 0 else -math.inf

    @property
    def cagr(self) -> float:
        """As the metric of a run."""
        return rt.cagr(rt.total_return(self.growth, self.initial), self.days)

    def figures(self, spec: BacktestSpec, periods: float) -> dict[str, float]:
        """Return FIGURES as the metrics of a run, NaN where not defined."""
        rate = risk.periodic_rate(spec.risk_free_rate, periods)
        return {
            "cagr": self.cagr,
            "sharpe_ratio": risk.sharpe_ratio(self.returns, periods=periods, risk_free=rate),
            "max_drawdown": drawdown.max_drawdown(drawdown.drawdowns(self.growth, self.initial)),
        }


class Variants:
    """Makes the runs. Those of one rule share their decisions where each depends on its own session alone."""

    def __init__(self, loaded: Loaded, asked: Measured) -> None:
        self.spec, self.prices, self.targets = loaded.spec, loaded.prices, asked.targets
        self.report = asked.report
        self.asked = curve_of(asked.ledger, loaded.spec.initial_capital)
        self.strategy = loaded.strategy
        self.decides_alone = loaded.spec.strategy in {*built_in_strategies()} - _WITH_STATE
        self._shared: Strategy = DecidedOnce(loaded.strategy) if self.decides_alone else loaded.strategy

    @property
    def periods(self) -> int:
        """P of all runs: that of the run as asked."""
        return self.prices.calendar.periods_per_year

    def run(self, spec: BacktestSpec, *, prices: PriceTable | None = None) -> Curve | None:
        """Run the rule as another spec has it, of equal parameters and allocations; None where the run fails."""
        table = self.prices if prices is None else prices
        try:
            return curve_of(simulate(table, decide_weights(self._shared, table, spec), spec), spec.initial_capital)
        except (RequestError, DataError, InternalError):
            return None

    def simulate(self, spec: BacktestSpec, targets: TargetWeights) -> Curve | None:
        """Carry out decisions that have been made; None where that fails."""
        try:
            return curve_of(simulate(self.prices, targets, spec), spec.initial_capital)
        except RequestError:
            return None

    def figures(self, curve: Curve | None) -> dict[str, float]:
        """Return FIGURES of a run, NaN where it failed."""
        return dict.fromkeys(FIGURES, math.nan) if curve is None else curve.figures(self.spec, self.periods)


def curve_of(ledger: Ledger, initial: float) -> Curve:
    """Return the curve of a ledger."""
    daily = rt.simple_returns(ledger.equity, initial, ledger.flows)
    growth = ledger.equity if ledger.flows is None else rt.growth(daily, initial)
    return Curve(
        sessions=ledger.sessions, equity=ledger.equity, flows=ledger.flows, initial=initial, returns=daily,
        growth=growth,
    )  # fmt: skip


def together(curves: list[Curve]) -> Curve:
    """Return portfolios that are held side by side as one, and never mixed. One that ends early is worth 0 then."""
    longest = max(curves, key=lambda curve: curve.sessions.size)
    size, initial = longest.sessions.size, sum(curve.initial for curve in curves)

    def summed(columns: list[FloatArray]) -> FloatArray:
        total = np.zeros(size)
        for column in columns:
            total[: column.size] += column
        return total

    equity = summed([curve.equity for curve in curves])
    flows = None
    if longest.flows is not None:
        flows = summed([curve.flows for curve in curves if curve.flows is not None])
    daily = rt.simple_returns(equity, initial, flows)
    return Curve(
        sessions=longest.sessions, equity=equity, flows=flows, initial=initial, returns=daily,
        growth=equity if flows is None else rt.growth(daily, initial),
    )  # fmt: skip


def reason_of(name: str, curve: Curve | None) -> str:
    """Return why a figure of a run may not be defined."""
    if curve is None:
        return FAILED
    if name == "cagr":
        return "PERIOD_UNDER_ONE_YEAR"
    return "TOO_FEW_OBSERVATIONS" if curve.returns.size < 2 else "ZERO_DENOMINATOR"
