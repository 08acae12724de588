"""Run momentum configurations side by side in vectorbt, as its users do: one group of columns for each.

For the peers' own interpreter. The first line on stdin is a job in JSON; each later one runs its configurations once
more and answers with a line: the CPU seconds they took, and the final value of each. The first run compiles.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import numpy as np
import pandas as pd
import vectorbt as vbt
from peer_vectorbt import period_ends


def targets(job: dict[str, Any], close: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Return the target weights (T, C x N) of every configuration, NaN where nothing is to be done."""
    width = close.shape[1]
    size = np.full((len(close), width * len(job["configurations"])), np.nan)
    rows = np.flatnonzero(chosen)
    for place, (lookback, top_n) in enumerate(job["configurations"]):
        order = np.argsort(-(close[rows] / close[rows - lookback]), axis=1, kind="stable")[:, :top_n]
        size[rows, place * width : (place + 1) * width] = 0.0
        size[rows[:, None], place * width + order] = 1 / top_n
    return size[job["first"] :]


def run(job: dict[str, Any], close: np.ndarray, chosen: np.ndarray, index: pd.DatetimeIndex) -> list[float]:
    """Run all configurations and ask for four metrics; return the final values."""
    count = len(job["configurations"])
    portfolio = vbt.Portfolio.from_orders(
        pd.DataFrame(np.tile(close[job["first"] :], (1, count)), index=index), targets(job, close, chosen),
        size_type="targetpercent", group_by=np.repeat(np.arange(count), close.shape[1]), cash_sharing=True,
        call_seq="auto", fees=job["bps"] / 1e4, init_cash=job["capital"], freq="1D", engine=job["engine"],
    )  # fmt: skip
    for metric in (portfolio.total_return, portfolio.sharpe_ratio, portfolio.max_drawdown):
        metric()
    found: list[float] = portfolio.final_value().tolist()
    return found


def main() -> None:
    """Answer the lines on stdin."""
    job = json.loads(sys.stdin.readline())
    sessions = pd.DatetimeIndex(job["sessions"])
    close = np.array(job["close"]).T
    chosen = period_ends(sessions, "monthly")
    chosen[: job["first"]] = False
    chosen[job["first"]] = True
    for _ in sys.stdin:
        started = time.process_time()
        found = run(job, close, chosen, sessions[job["first"] :])
        print(json.dumps({"cpu": time.process_time() - started, "final": found}), flush=True)


if __name__ == "__main__":
    main()
