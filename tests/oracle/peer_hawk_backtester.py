"""Run backtests in hawk_backtester. For the peers' own interpreter: a job in JSON on stdin, equity in JSON on stdout.

It takes target weights and fills them at the close of their date. Its costs of so many basis points are its slippage.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from typing import Any

import polars as pl
from hawk_backtester import HawkBacktester
from polars_targets import market, targets


def answer(run: dict[str, Any], sessions: list[Any], close: pl.DataFrame, capital: float) -> dict[str, Any]:
    """Return the value at every session of the period, after the session's trades."""
    asked = targets(run, sessions, close)
    dates = pl.Series("date", [day.isoformat() for day in sessions])
    engine = HawkBacktester(initial_value=capital, slippage_bps=float(run["bps"]))
    done = engine.run(
        asked.close.insert_column(0, dates)[run["first"] :], asked.weights.insert_column(0, dates[asked.rows])
    )
    return {"equity": done["backtest_results"]["portfolio_value"].to_list()}


def main() -> None:
    """Answer the job on stdin."""
    job = json.load(sys.stdin)
    sessions, close = market(job)
    runs = {name: answer(run, sessions, close, job["capital"]) for name, run in job["runs"].items()}
    json.dump({"version": version("hawk-backtester"), "runs": runs}, sys.stdout)


if __name__ == "__main__":
    main()
