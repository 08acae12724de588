"""Run backtests in vectorbt. For the peers' own interpreter: a job in JSON on stdin, equity in JSON on stdout.

vectorbt has no schedule and no ranking: both are written here with pandas, as its users write them.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
import pandas as pd
import vectorbt as vbt

PERIODS = {"monthly": "M", "quarterly": "Q", "annually": "Y"}


def period_ends(index: pd.DatetimeIndex, frequency: str) -> np.ndarray:
    """Mark the sessions after which another month (quarter, year) follows."""
    if frequency == "never":
        return np.zeros(len(index), dtype=bool)
    period = index.to_period(PERIODS[frequency])
    return np.append(period[1:] != period[:-1], False)


def orders(run: dict[str, Any], close: pd.DataFrame) -> pd.DataFrame:
    """Return the target weights of the period, NaN where nothing is to be done."""
    size = pd.DataFrame(np.nan, index=close.index, columns=close.columns)
    if run["strategy"] == "targets":
        size.iloc[run["rows"]] = run["weights"]
        return size.iloc[run["first"] :]
    chosen = period_ends(close.index, run["frequency"])
    chosen[run["first"]] = True
    if run["strategy"] == "buy_hold":
        size.loc[chosen] = run["weights"]
    else:
        growth = close / close.shift(run["lookback"]) - 1
        rank = growth.rank(axis=1, ascending=False, method="first")
        size.loc[chosen] = np.where(rank <= run["top_n"], 1 / run["top_n"], 0.0)[chosen]
    return size.iloc[run["first"] :]


def answer(run: dict[str, Any], close: pd.DataFrame, capital: float) -> dict[str, Any]:
    """Return the value at every session of the period, and the volatility as vectorbt annualises it by default."""
    portfolio = vbt.Portfolio.from_orders(
        close.iloc[run["first"] :], orders(run, close), size_type="targetpercent", group_by=True, cash_sharing=True,
        call_seq="auto", fees=run["bps"] / 1e4, init_cash=capital, freq="1D",
    )  # fmt: skip
    return {"equity": portfolio.value().tolist(), "annual_volatility": float(portfolio.annualized_volatility())}


def main() -> None:
    """Answer the job on stdin."""
    job = json.load(sys.stdin)
    index = pd.DatetimeIndex(job["sessions"])
    close = pd.DataFrame(dict(zip(job["symbols"], job["close"], strict=True)), index=index)
    answers = {name: answer(run, close, job["capital"]) for name, run in job["runs"].items()}
    json.dump({"version": vbt.__version__, "runs": answers}, sys.stdout)


if __name__ == "__main__":
    main()
