"""Run backtests in bt. For the peers' own interpreter: a job in JSON on stdin, equity curves in JSON on stdout.

Schedule, ranking and weights are bt's own algos wherever it has them, so that more than the fills is compared.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import bt
import ffn
import pandas as pd
from bt import algos

PERIODS = {
    "weekly": algos.RunWeekly, "monthly": algos.RunMonthly, "quarterly": algos.RunQuarterly,
    "annually": algos.RunYearly,
}  # fmt: skip


class WeighByInverseVolatility(bt.Algo):  # type: ignore[misc]
    """Weigh the selected by ffn's inverse volatility, as bt's own algo does, but over so many returns.

    bt's WeighInvVol looks back by calendar dates, and no further than the first day of the run.
    """

    def __init__(self, close: pd.DataFrame, window: int) -> None:
        super().__init__()
        self.returns, self.window = close.pct_change(), window

    def __call__(self, target: Any) -> bool:
        """Set temp["weights"]."""
        past = self.returns.loc[: target.now, target.temp["selected"]].iloc[-self.window :]
        target.temp["weights"] = ffn.calc_inv_vol_weights(past).to_dict()
        return True


class PayAfterTheFirst(algos.CapitalFlow):  # type: ignore[misc]
    """bt's capital flow, but not on the day of the first purchase."""

    def __call__(self, target: Any) -> bool:
        """Pay in (out: below 0) into cash, which the rebalance after it invests."""
        return True if target.now == target.data.index[1] else bool(super().__call__(target))


def stack(run: dict[str, Any], close: pd.DataFrame) -> list[Any]:
    """Return the algos that decide as the run asks."""
    period = close.iloc[run["first"] :]
    if run["frequency"] == "never":
        when = algos.RunOnce()
    else:
        when = PERIODS[run["frequency"]](run_on_first_date=True, run_on_end_of_period=True)
    inverse_volatility = WeighByInverseVolatility(close, run.get("lookback", 0))
    if run["strategy"] == "risk_parity":
        return [when, algos.SelectAll(), inverse_volatility]
    if run["strategy"] in ("momentum", "inverse_volatility"):
        growth = (close / close.shift(run["lookback"]) - 1).loc[period.index]
        weigh = algos.WeighEqually() if run["strategy"] == "momentum" else inverse_volatility
        return [when, algos.SelectAll(), algos.SetStat(growth), algos.SelectN(run["top_n"]), weigh]
    held = {symbol: weight for symbol, weight in zip(close.columns, run["weights"], strict=True) if weight}
    if "band" in run:
        broken = algos.RunIfOutOfBounds(run["band"])
        return [algos.SelectAll(), algos.WeighSpecified(**held), algos.Or([algos.RunOnce(), broken])]
    if "flow" in run:
        return [when, algos.SelectAll(), algos.WeighSpecified(**held), PayAfterTheFirst(run["flow"])]
    return [when, algos.SelectAll(), algos.WeighSpecified(**held)]


def answer(run: dict[str, Any], close: pd.DataFrame, capital: float) -> dict[str, Any]:
    """Return the value at every session of the period, after the session's trades, the turnover and the exposure."""
    rate, close = run["bps"] / 1e4, close[run["symbols"]]
    strategy = bt.Strategy("run", [*stack(run, close), algos.Rebalance()])
    test = bt.Backtest(
        strategy, close.iloc[run["first"] :], initial_capital=capital, progress_bar=False,
        commissions=lambda quantity, price: abs(quantity) * price * rate, integer_positions=False,
    )  # fmt: skip
    test.run()
    values, cash = (column.to_numpy()[1:] for column in (test.strategy.values, test.strategy.cash))
    return {  # bt puts a day of its own before the first
        "equity": values.tolist(),
        "time_weighted": (test.strategy.prices.to_numpy()[1:] / test.strategy.prices.iloc[0]).tolist(),
        "turnover": float(test.turnover.sum()),
        "exposure": float((1 - cash / values).mean()),
    }


def main() -> None:
    """Answer the job on stdin."""
    job = json.load(sys.stdin)
    index = pd.DatetimeIndex(job["sessions"])
    close = pd.DataFrame(dict(zip(job["symbols"], job["close"], strict=True)), index=index)
    curves = {name: answer(run, close, job["capital"]) for name, run in job["runs"].items()}
    json.dump({"version": bt.__version__, "runs": curves}, sys.stdout)


if __name__ == "__main__":
    main()
