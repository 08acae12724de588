"""Run backtests in bt. For the peers' own interpreter: a job in JSON on stdin, equity curves in JSON on stdout.

Schedule, ranking and weights are bt's own algos wherever it has them, so that more than the fills is compared.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import bt
import pandas as pd
from bt import algos

PERIODS = {"monthly": algos.RunMonthly, "quarterly": algos.RunQuarterly, "annually": algos.RunYearly}


def stack(run: dict[str, Any], close: pd.DataFrame) -> list[Any]:
    """Return the algos that decide as the run asks."""
    period = close.iloc[run["first"] :]
    if run["strategy"] == "targets":
        # a weight of zero is left out: bt closes what is not named, at the closing's own cost
        targets = pd.DataFrame(run["weights"], index=close.index[run["rows"]], columns=close.columns)
        return [algos.WeighTarget(targets.where(targets != 0))]
    if run["frequency"] == "never":
        when = algos.RunOnce()
    else:
        when = PERIODS[run["frequency"]](run_on_first_date=True, run_on_end_of_period=True)
    if run["strategy"] == "momentum":
        growth = (close / close.shift(run["lookback"]) - 1).loc[period.index]
        return [when, algos.SelectAll(), algos.SetStat(growth), algos.SelectN(run["top_n"]), algos.WeighEqually()]
    held = {symbol: weight for symbol, weight in zip(close.columns, run["weights"], strict=True) if weight}
    return [when, algos.SelectAll(), algos.WeighSpecified(**held)]


def equity(run: dict[str, Any], close: pd.DataFrame, capital: float) -> list[float]:
    """Return the value at every session of the period, after the session's trades."""
    rate = run["bps"] / 1e4
    strategy = bt.Strategy("run", [*stack(run, close), algos.Rebalance()])
    test = bt.Backtest(
        strategy, close.iloc[run["first"] :], initial_capital=capital, progress_bar=False,
        commissions=lambda quantity, price: abs(quantity) * price * rate, integer_positions=False,
    )  # fmt: skip
    test.run()
    values: list[float] = test.strategy.values.to_numpy()[1:].tolist()  # bt puts a day of its own before the first
    return values


def main() -> None:
    """Answer the job on stdin."""
    job = json.load(sys.stdin)
    index = pd.DatetimeIndex(job["sessions"])
    close = pd.DataFrame(dict(zip(job["symbols"], job["close"], strict=True)), index=index)
    curves = {name: {"equity": equity(run, close, job["capital"])} for name, run in job["runs"].items()}
    json.dump({"version": bt.__version__, "runs": curves}, sys.stdout)


if __name__ == "__main__":
    main()
