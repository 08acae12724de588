"""Run backtests in polars_backtest. For the peers' own interpreter: a job in JSON on stdin, equity in JSON on stdout.

It takes target weights and fills them at the close one session later, so it is told of each a session earlier.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import polars as pl
from polars_backtest import __version__, backtest_wide
from polars_targets import market, targets


def answer(run: dict[str, Any], sessions: list[Any], close: pl.DataFrame, capital: float) -> dict[str, Any]:
    """Return the value at every session of the period, after the session's trades."""
    asked = targets(run, sessions, close)
    dates, before = pl.Series("date", sessions), run["first"] - 1
    told = [row - 1 for row in asked.rows]
    done = backtest_wide(
        asked.close.insert_column(0, dates)[before:], asked.weights.insert_column(0, dates[told]), resample="D",
        rebalance_indices=[row - before for row in told], fee_ratio=run["bps"] / 1e4, tax_ratio=0.0,
    )  # fmt: skip
    return {"equity": (done["creturn"][1:] * capital).to_list()}


def main() -> None:
    """Answer the job on stdin."""
    job = json.load(sys.stdin)
    sessions, close = market(job)
    runs = {name: answer(run, sessions, close, job["capital"]) for name, run in job["runs"].items()}
    json.dump({"version": __version__, "runs": runs}, sys.stdout)


if __name__ == "__main__":
    main()
