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

PERIODS = {"weekly": "W", "monthly": "M", "quarterly": "Q", "annually": "Y"}


def period_ends(index: pd.DatetimeIndex, frequency: str) -> np.ndarray:
    """Mark the sessions after which another month (quarter, year) follows."""
    if frequency == "never":
        return np.zeros(len(index), dtype=bool)
    period = index.to_period(PERIODS[frequency])
    return np.append(period[1:] != period[:-1], False)


def volatility(close: pd.DataFrame, chosen: np.ndarray, window: int) -> pd.DataFrame:
    """Return the standard deviation of the last so many returns at the chosen sessions.

    Not rolling(window).std(): its running sums lose digits over thirty years.
    """
    returns = close.pct_change()
    found = {row: returns.iloc[row + 1 - window : row + 1].std() for row in np.flatnonzero(chosen)}
    return pd.DataFrame(found).T.set_axis(close.index[chosen]).reindex(close.index)


def orders(run: dict[str, Any], close: pd.DataFrame) -> pd.DataFrame:
    """Return the target weights of the period, NaN where nothing is to be done."""
    size = pd.DataFrame(np.nan, index=close.index, columns=close.columns)
    chosen = period_ends(close.index, run["frequency"])
    chosen[run["first"]] = True
    if run["strategy"] == "buy_hold":
        size.loc[chosen] = run["weights"]
    else:
        growth = close / close.shift(run["lookback"]) - 1
        rank = growth.rank(axis=1, ascending=False, method="first")
        held = (rank <= run.get("top_n", close.shape[1])).astype(float)
        if run["strategy"] != "momentum":
            held = held.where(held == 0, 1 / volatility(close, chosen, run["lookback"]))
        size.loc[chosen] = held.div(held.sum(axis=1), axis=0)[chosen]
    return size.iloc[run["first"] :]


def answer(run: dict[str, Any], close: pd.DataFrame, capital: float) -> dict[str, Any]:
    """Return the value at every session of the period, the exposure, and the volatility annualised by default."""
    close = close[run["symbols"]]
    portfolio = vbt.Portfolio.from_orders(
        close.iloc[run["first"] :], orders(run, close), size_type="targetpercent", group_by=True, cash_sharing=True,
        call_seq="auto", fees=run["bps"] / 1e4, init_cash=capital, freq="1D",
    )  # fmt: skip
    return {
        "equity": portfolio.value().tolist(), "annual_volatility": float(portfolio.annualized_volatility()),
        "exposure": float(portfolio.gross_exposure().mean()),
    }  # fmt: skip


def main() -> None:
    """Answer the job on stdin."""
    job = json.load(sys.stdin)
    index = pd.DatetimeIndex(job["sessions"])
    close = pd.DataFrame(dict(zip(job["symbols"], job["close"], strict=True)), index=index)
    answers = {name: answer(run, close, job["capital"]) for name, run in job["runs"].items()}
    json.dump({"version": vbt.__version__, "runs": answers}, sys.stdout)


if __name__ == "__main__":
    main()
