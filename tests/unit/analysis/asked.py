"""Requests that ask questions, and their answers in this process."""

from __future__ import annotations

from typing import Any

import numpy as np
from jsonschema import Draft202012Validator

from backtester.analysis.answer import run
from backtester.contract.schemas import resolved_schema
from tests.support.sample_requests import request

SYMBOLS = ("AAPL", "MSFT", "JNJ", "XOM", "KO")


def momentum(symbols: tuple[str, ...] = SYMBOLS, **changes: Any) -> dict[str, Any]:
    """Return a momentum request over seven years with proportional costs and a benchmark."""
    whole: dict[str, Any] = {
        "strategy": "momentum",
        "holdings": [{"symbol": symbol, "allocation": 1 / len(symbols)} for symbol in symbols],
        "start_date": "2004-01-05", "end_date": "2010-12-31", "benchmark": "PG",
        "parameters": {"lookback_period": 60, "top_n": 2, "rebalance_frequency": "monthly"},
        "costs": {"commission_bps": 10},
    }  # fmt: skip
    return request(**{**whole, **changes})


def answered(asked: dict[str, Any], **analysis: Any) -> dict[str, Any]:
    """Return the whole result of a request with questions, which the schema accepts, each null with a reason."""
    document = run({**asked, "analysis": analysis})
    problems = [*Draft202012Validator(resolved_schema("result")).iter_errors(document)]
    assert not problems, problems[0]
    for name, block in document["analysis"].items():
        for at in nulls(block, f"/analysis/{name}"):
            reasons = document["null_reasons"]
            assert at in reasons or at.endswith("/look_ahead/first"), at
    return document


def three_calendars() -> dict[str, Any]:
    """Return a request for ONE; TWO has prices on weekdays too, SUN from Sunday on, COIN every day, and it loses."""
    days = np.arange("2016-01-01", "2019-01-01", dtype="datetime64[D]")
    random, close = np.random.default_rng(5), {}
    weeks = {"ONE": "1111100", "TWO": "1111100", "COIN": "1111111", "SUN": "1111001"}
    for name, week in weeks.items():
        steps, mean = random.normal(0, 0.008, days.size), -0.0005 if name == "COIN" else 0.001
        price = 100 * np.exp(np.cumsum(steps - steps.mean() + mean))
        own = np.is_busday(days, weekmask=week).tolist()
        close[name] = [p if there else None for p, there in zip(price.tolist(), own, strict=True)]
    return {
        "strategy": "buy_hold", "holdings": [{"symbol": "ONE", "allocation": 1}],
        "start_date": "2016-02-01", "end_date": "2018-12-28",
        "data": {"source": "inline", "prices": {"dates": np.datetime_as_string(days).tolist(), "close": close}},
    }  # fmt: skip


def rank_metrics() -> list[str]:
    """Return the metrics that settings can be ranked by."""
    names: list[str] = resolved_schema("analysis")["properties"]["sweep"]["properties"]["rank_by"]["enum"]
    return names


def nulls(value: Any, at: str) -> list[str]:
    """Return the pointers of the nulls in a value."""
    if value is None:
        return [at]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, each in items for found in nulls(each, f"{at}/{key}")]


def trusted(asked: dict[str, Any], *include: str, **options: Any) -> dict[str, Any]:
    """Return `analysis.trust` of a request."""
    wanted = {"include": [*include], **options} if include else options
    return answered(asked, trust=wanted)["analysis"]["trust"]
