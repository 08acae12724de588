"""Trust and walk-forward where calendars differ, holdings begin late or end, money runs out, or prices are rare."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backtester.analysis.answer import run, run_checked
from backtester.contract.check import check
from backtester.settings import read_settings
from tests.support.sample_requests import inline
from tests.unit.analysis.asked import answered, momentum

DAYS = np.arange(np.datetime64("2020-01-01"), np.datetime64("2022-07-01"))
WEEKDAYS = np.is_busday(DAYS)
MOMENTUM = {"lookback_period": 5, "top_n": 1, "rebalance_frequency": "monthly"}


def walk(seed: int, size: int = DAYS.size, deviation: float = 0.02) -> np.ndarray[Any, Any]:
    steps = np.random.Generator(np.random.PCG64(seed)).standard_normal(size) * deviation
    return 100 * np.exp(np.cumsum(steps))


def prices(*known: Any) -> dict[str, list[float | None]]:
    """Return a column for each mask of days on which a symbol has prices."""
    return {
        "ABC"[n]: [float(price) if has else None for price, has in zip(walk(n), mask, strict=True)]
        for n, mask in enumerate(known)
    }


def asked(close: dict[str, Any], days: Any = DAYS, **changes: Any) -> dict[str, Any]:
    given = {"strategy": "momentum", "parameters": MOMENTUM, "costs": {"commission_bps": 10}, **changes}
    shown = [str(day) for day in days]
    return inline(close, shown, start_date="2020-02-01", end_date=shown[-1], **given)


ALL = np.full(DAYS.size, True)
ODD: dict[str, dict[str, Any]] = {
    "a coin beside two stocks": asked(prices(ALL, WEEKDAYS, WEEKDAYS)),
    "a benchmark that trades on other days": asked(prices(WEEKDAYS, WEEKDAYS, ALL), benchmark="C"),
    "holdings that begin late": asked(
        prices(WEEKDAYS, WEEKDAYS, WEEKDAYS & (DAYS[300] < DAYS)), data={"partial_history": True}
    ),
    "a holding that ends": asked(
        prices(WEEKDAYS, WEEKDAYS, WEEKDAYS & (DAYS[500] > DAYS)), data={"ended_history": "cash"}
    ),
    "money that runs out": asked(
        prices(WEEKDAYS, WEEKDAYS, WEEKDAYS),
        cash_flows=[{"type": "withdrawal", "amount": 900, "frequency": "monthly"}],
    ),
    "weekly prices": asked(
        {name: walk(n)[::7].tolist() for n, name in enumerate("AB")}, DAYS[::7],
        parameters={**MOMENTUM, "rebalance_frequency": "quarterly"},
    ),
    "fills at the open": asked(
        prices(WEEKDAYS, WEEKDAYS), execution={"timing": "next_open"}, open=prices(WEEKDAYS, WEEKDAYS)
    ),
}  # fmt: skip
each = pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())


def near(value: Any) -> Any:
    return None if value is None else pytest.approx(value, rel=1e-10, abs=1e-12)


@each
def test_each_figure_is_that_of_the_single_run(odd):
    found = answered(odd, trust={"paths": 100, "include": ["timing_luck", "start_dates", "lag"]})["analysis"]["trust"]
    offsets, lag, starts = found["timing_luck"], found["lag"], found["start_dates"]
    for place in (0, 1, len(offsets["offsets"]) - 1):
        own = run({**odd, "rebalancing": {"offset_sessions": offsets["offsets"][place]}})["metrics"]
        assert offsets["sharpe_ratio"][place] == near(own["sharpe_ratio"])
        assert offsets["cagr"][place] == near(own["cagr"])
    for place, sessions in ((0, 0), (2, 2), (5, 10)):
        fills = {"timing": "next_close" if sessions else "same_close", "lag_sessions": max(sessions - 1, 0)}
        own = run({**odd, "execution": fills})["metrics"]
        assert lag["sharpe_ratio"][place] == near(own["sharpe_ratio"])
    for place in (0, 1, 9):
        if place < len(starts["starts"]):
            own = run({**odd, "start_date": starts["starts"][place]})
            assert own["period"]["effective"]["start"] == starts["starts"][place]
            assert starts["cagr"][place] == near(own["metrics"]["cagr"])


@each
def test_all_have_an_answer_or_a_reason(odd):
    over = {"/parameters/lookback_period": [3, 8], "/parameters/top_n": [1, 2]}
    walk_forward = {"over": over, "train_months": 6, "test_months": 2}
    found = answered(odd, trust={"paths": 100}, walk_forward=walk_forward, projection={"paths": 100})["analysis"]
    assert found["trust"]["look_ahead"]["changed"] == 0
    assert found["trust"]["random"]["p_value"] > 0


@each
def test_one_setting_is_the_plain_run(odd):
    question = {"over": {"/parameters/lookback_period": [5]}, "train_months": 6, "test_months": 2}
    found = answered(odd, walk_forward=question)["analysis"]["walk_forward"]
    if found is None:  # the money ran out before the first test
        assert "cash_flows" in odd
        return
    own = run({**odd, "start_date": found["windows"]["test_start"][0]})
    assert found["metrics"] == own["metrics"]
    assert found["series"]["portfolio_value"] == own["series"]["portfolio_value"]


def test_progress_rises_to_its_end_over_all_questions():
    told: list[tuple[str, float]] = []
    over = {"/parameters/lookback_period": [21, 63], "/parameters/top_n": [1, 2]}
    analysis = {"trust": {"paths": 200}, "walk_forward": {"over": over}, "projection": {"paths": 100}}
    whole = {**momentum(start_date="2006-01-03"), "analysis": analysis}
    run_checked(
        check(whole, csv_available=False), settings=read_settings(),
        progress=lambda stage, completed, total: told.append((stage, completed / max(total, 1))),
    )  # fmt: skip
    shares = [share for stage, share in told if stage == "simulating"]
    assert shares == sorted(shares)
    assert len({round(share, 2) for share in shares}) > 40
    assert max(shares) <= 1
