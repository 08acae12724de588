"""Sources of prices as somebody else writes them, installed as a distribution."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.lies import LIES
from tests.support.runner import Run, run_runner
from tests.support.sample_requests import one_holding, request

OPENING = """
import ctypes, datetime, json, os, sys, time
import numpy as np
from backtester.prices.sources.source import NOT_FOUND, NOT_SET_UP, RATE_LIMITED, UNAVAILABLE, Quotes, SourceFailure

class As:
    def __init__(self, fetch):
        self.fetch = fetch

def weekdays(start, end):
    days = (start + datetime.timedelta(days=n) for n in range((end - start).days + 1))
    return [day for day in days if day.weekday() < 5]

def quotes(start, end, **changed):
    days = weekdays(start, end)
    return Quotes(**{"days": days, "close": [100.0 + day.toordinal() % 17 for day in days], **changed})
""" + LIES


def installed(folder: Path, **sources: str) -> dict[str, str | None]:
    """Install a distribution whose sources are the bodies of `fetch` functions by name; return the environment."""
    defined = "".join(
        f"\n@As\ndef {name}(symbol, start, end, *, timeout_seconds):\n    {body}\n" for name, body in sources.items()
    )
    return distribution(folder, OPENING + defined, {name: f"own_sources:{name}" for name in sources})


def distribution(folder: Path, code: str, points: dict[str, str]) -> dict[str, str | None]:
    (folder / "own_sources.py").write_text(code)
    about = folder / "own_sources-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: own-sources\nVersion: 1.0\n")
    lines = "".join(f"{name} = {where}\n" for name, where in points.items())
    (about / "entry_points.txt").write_text(f"[backtester.sources]\n{lines}")
    (folder / "cache").mkdir()
    return {"PYTHONPATH": str(folder), "BACKTEST_OFFLINE": "0", "BACKTEST_CACHE_DIR": str(folder / "cache")}


def ask(env: dict[str, str | None], source: str = "own", symbol: str = "ZZZ", **changes: Any) -> Run:
    data = {"source": source, **changes.pop("data", {})}
    return run_runner(request(holdings=one_holding(symbol), data=data, **changes), env=env)


GOOD = "return quotes(start, end, adjusted=None, dividends=[0.0] * len(weekdays(start, end)))"
