"""What is made before the first run of a grid: reported while it lasts, and made once for what is shared."""

from typing import Any

import pytest

from backtester import pipeline
from backtester.analysis.answer import run_checked
from backtester.analysis.batch import configurations
from backtester.contract.check import check
from backtester.settings import read_settings
from tests.unit.analysis.asked import momentum

FEW = {"/parameters/top_n": [1, 2], "/parameters/lookback_period": [21, 63]}


def prepared(over: dict[str, Any]) -> list[tuple[int, int]]:
    """Run a sweep; return what was reported before its first run."""
    told: list[tuple[int, int]] = []
    asked = {**momentum(start_date="2009-01-02"), "analysis": {"sweep": {"over": over, "metrics": ["cagr"]}}}
    run_checked(
        check(asked, csv_available=False), settings=read_settings(),
        progress=lambda stage, n, of: told.append((n, of)) if stage == "loading_data" else None,
    )  # fmt: skip
    return told


@pytest.mark.parametrize(
    ("over", "passes"),
    [
        # one after the other: the combinations; their groups, of which each has prices; those over the common period
        ({"/parameters/lookback_period": {"from": 1, "to": 200, "step": 1}, "/parameters/top_n": [1, 2]}, [400]),
        ({"/initial_capital": {"from": 1000, "to": 1149, "step": 1}, "/parameters/top_n": [1, 2]}, [300, 150]),
        ({"/risk_free_rate": {"from": 0, "to": 0.12, "step": 0.001}}, [121, 121]),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_a_hundred_combinations_are_no_silence(over, passes):
    told = prepared(over)
    for total in passes:
        counted = [n for n, of in told if of == total]
        assert set(range(0, total, 100)) <= set(counted)


def test_combinations_share_the_request_and_the_prices_that_they_have_in_common(monkeypatch):
    made: dict[str, int] = {"specs": 0, "tables": 0}

    def counted(name: str, of: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            made[name] += 1
            return of(*arguments, **named)

        return call

    monkeypatch.setattr(configurations, "build_spec", counted("specs", configurations.build_spec))
    monkeypatch.setattr(pipeline, "load_prices", counted("tables", pipeline.load_prices))
    made_by = {}
    for count in (2, 20):
        capitals = {"/initial_capital": [1000 + n for n in range(count)]}
        for name, over in (("settable", FEW), ("mixed", {**FEW, **capitals}), ("other", capitals)):
            made |= {"specs": 0, "tables": 0}
            prepared(over)
            made_by[name, count] = dict(made)
    for count in (2, 20):
        assert made_by["settable", count]["specs"] <= 2
        # one for each capital, none for each of the four combinations of the others
        assert made_by["mixed", count]["specs"] <= count + 1
        assert made_by["other", count]["specs"] <= count + 1
    # the same prices, however many amounts of money
    assert made_by["other", 20]["tables"] == made_by["other", 2]["tables"]
    assert made_by["mixed", 20]["tables"] == made_by["mixed", 2]["tables"]
