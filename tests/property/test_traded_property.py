"""Shares through splits and dividends: against a plain bookkeeper, and the same wherever the period ends."""

from __future__ import annotations

import os
import pathlib
import tempfile
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backtester
from tests.oracle.agreement import WITH_HELD_WEIGHTS, assert_results_agree
from tests.property.test_mechanics_property import days
from tests.support import reference

few = settings(derandomize=True, deadline=None, max_examples=25)
SPLITS = [2, 3, 7, 1.5, 1.25, 0.1, 0.5, 4 / 3]


def market(random: np.random.Generator, size: int, *, exact: bool) -> dict[str, list[float]]:
    """Make up one symbol: what a share cost, its splits and dividends, and the total-return close of these."""
    steps = np.exp(random.normal(0.0003, 0.01, size))
    split = np.where(random.random(size) < 0.04, random.choice(SPLITS, size), 1.0)
    dividend = np.where(random.random(size) < 0.08, random.uniform(0.001, 0.04, size), 0.0)
    split[0], dividend[0] = 1.0, 0.0
    traded = 50 * np.cumprod(steps * (1 - dividend) / split)
    growth = np.cumprod(steps)
    close = traded[-1] * growth / growth[-1]
    if not exact:
        close, traded = (column.astype(np.float32).astype(np.float64) for column in (close, traded))
    return {
        "close": close.tolist(), "traded": traded.tolist(), "splits": split.tolist(), "dividends": dividend.tolist(),
        "open": (close * np.exp(random.normal(0, 0.005, size))).tolist(),
    }  # fmt: skip


@st.composite
def requests(draw, *, whole: bool | None = None, exact: bool = True) -> tuple[dict, dict]:
    """A request, and its market for the bookkeeper, which is told the splits."""
    count, size = draw(st.integers(1, 3)), draw(st.integers(40, 90))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    symbols, dates = [f"S{n}" for n in range(count)], days(size, 1)
    columns = [market(random, size, exact=exact) for _ in symbols]
    blocks = {name: dict(zip(symbols, (c[name] for c in columns), strict=True)) for name in columns[0]}
    prices = {"dates": dates, **blocks}
    told = {name: block for name, block in prices.items() if name != "splits"}
    whole = draw(st.booleans()) if whole is None else whole
    request: dict = {
        "strategy": "buy_hold",
        "holdings": [{"symbol": s, "allocation": 1 / count} for s in symbols],
        "start_date": dates[draw(st.integers(0, 10))], "end_date": dates[-1],
        "parameters": {"rebalance_frequency": draw(st.sampled_from(["never", "daily", "monthly"]))},
        "initial_capital": 100000,
        "costs": {
            "commission_per_share": draw(st.sampled_from([0, 0.01, 0.5])),
            "commission_bps": draw(st.sampled_from([0, 10])),
            "expense_ratio": draw(st.sampled_from([0, 0.02])),
        },
        "execution": {
            "timing": draw(st.sampled_from(["next_close", "next_open", "same_close"])),
            "shares": "whole" if whole else "fractional",
            "dividends": draw(st.sampled_from(["cash", "cash", "reinvest"])),
        },
        "data": {"source": "inline", "prices": told},
        "output": {"precision": None, "include": WITH_HELD_WEIGHTS},
    }  # fmt: skip
    if draw(st.booleans()):
        request["rebalancing"] = {"absolute_band": draw(st.sampled_from([0.003, 0.02]))}
    return request, prices


@few
@given(requests(whole=False))
def test_fractional_shares_agree_with_the_bookkeeper(drawn):
    request, prices = drawn
    assert_results_agree(backtester.run(request), reference.run(request, prices))


@few
@given(requests(whole=True))
def test_whole_shares_and_the_fractions_of_splits_agree_with_the_bookkeeper(drawn):
    request, prices = drawn
    request["execution"]["dividends"] = "cash"  # reinvested they add fractions, which the bookkeeper's orders sell
    request["parameters"] = {"rebalance_frequency": "never"}
    request.pop("rebalancing", None)
    assert_results_agree(backtester.run(request), reference.run(request, prices))


@few
@given(requests(whole=True, exact=False))
def test_whole_shares_stay_whole_at_prices_of_single_precision(drawn):
    request, _ = drawn
    request["execution"]["dividends"] = "cash"
    result = backtester.run(request)
    assert all(trade["units"] == round(trade["units"]) for trade in result["trades"])
    for entry in (*result["trades"], *result["final_holdings"]):
        assert entry["value"] == pytest.approx(entry["units"] * entry["price"], rel=1e-12)
    assert all(held["units"] == round(held["units"]) for held in result["final_holdings"])
    assert result["audit"]["equity_residual"] < 1e-12
    assert result["final_cash"]["value"] >= 0


@few
@given(st.data())
def test_the_fee_charged_is_the_fee_listed_for_whole_shares_at_rounded_prices(data):
    request, prices = data.draw(requests(whole=True, exact=False))
    decimals = data.draw(st.sampled_from([None, 2, 4]))
    told = request["data"]["prices"]
    if decimals is not None:  # the ratio of traded to close is as rough as they are
        told = {**told, "traded": {s: np.round(column, decimals).tolist() for s, column in told["traded"].items()}}
    request["data"]["prices"] = told
    request["execution"]["dividends"] = "reinvest"
    request["costs"] = {"commission_bps": 100, "slippage_bps": data.draw(st.sampled_from([0, 20]))}
    if len(prices["close"]) > 1:  # whole positions are sold, again and again
        parameters = {"lookback_period": 5, "top_n": 1, "rebalance_frequency": "daily"}
        request.update(strategy="momentum", parameters=parameters)
    result = backtester.run(request)
    assert result["audit"]["equity_residual"] < 1e-12
    assert result["audit"]["attribution_residual"] < 1e-12
    assert result["final_cash"]["value"] >= 0


def assert_the_past_stays(run, dates: list[str], *, ends: list[int]) -> None:
    """Compare runs that end earlier with the whole one: all but what their last session alone decides."""
    whole = run(dates[-1])
    for end in ends:
        part = run(dates[end])
        size = len(part["series"]["dates"]) - 1
        assert part["series"]["portfolio_value"][:size] == pytest.approx(
            whole["series"]["portfolio_value"][:size], rel=1e-12
        )
        last = part["series"]["dates"][-1]
        ours = [trade for trade in part["trades"] if trade["date"] < last]
        theirs = [trade for trade in whole["trades"] if trade["date"] < last]
        for name in ("date", "symbol", "side"):
            assert [t[name] for t in ours] == [t[name] for t in theirs]
        for name in ("units", "price", "commission", "value"):
            assert [t[name] for t in ours] == pytest.approx([t[name] for t in theirs], rel=1e-12), name


@few
@given(requests(), st.booleans(), st.data())
def test_units_fees_and_values_of_the_past_do_not_depend_on_the_end(drawn, knows_traded, data):
    request, prices = drawn
    told = {name: block for name, block in request["data"]["prices"].items() if knows_traded or name != "traded"}
    start = prices["dates"].index(request["start_date"])
    end = data.draw(st.integers(start + 2, len(prices["dates"]) - 2))

    def run(last: str) -> dict:
        return backtester.run({**request, "end_date": last, "data": {"source": "inline", "prices": told}})

    assert_the_past_stays(run, prices["dates"], ends=[end])


@few
@given(requests(), st.sampled_from(["as traded", "split-adjusted", "no adjusted close"]), st.data())
def test_units_fees_and_values_of_a_file_do_not_depend_on_the_end(drawn, kind, data):
    request, prices = drawn
    start = prices["dates"].index(request["start_date"])
    end = data.draw(st.integers(start + 2, len(prices["dates"]) - 2))
    with tempfile.TemporaryDirectory() as folder:
        for symbol in prices["close"]:
            (pathlib.Path(folder) / f"{symbol}.csv").write_text(as_file(prices, symbol, kind))
        with mock.patch.dict(os.environ, {"BACKTEST_CSV_DIR": folder}):

            def run(last: str) -> dict:
                return backtester.run({**request, "end_date": last, "data": {"source": "csv"}})

            assert_the_past_stays(run, prices["dates"], ends=[end])
            if kind == "no adjusted close":
                return
            ours = run(prices["dates"][-1])
    inline = backtester.run(request)
    assert [t["units"] for t in ours["trades"]] == pytest.approx([t["units"] for t in inline["trades"]], rel=1e-9)
    assert ours["metrics"]["total_costs"] == pytest.approx(inline["metrics"]["total_costs"], rel=1e-9)


def as_file(prices: dict, symbol: str, kind: str) -> str:
    """Write a symbol as an export has it: closes as traded, or adjusted for splits, which are told then."""
    close, traded, split, share, opens = (
        np.array(prices[name][symbol]) for name in ("close", "traded", "splits", "dividends", "open")
    )
    later = np.append(np.cumprod(split[:0:-1])[::-1], 1.0)
    shown = traded if kind == "as traded" else traded / later
    factor = split if kind == "as traded" else np.ones(split.size)
    money = np.append(0.0, share[1:] * shown[:-1] / factor[1:])
    columns = {"date": prices["dates"], "open": opens * shown / close, "close": shown, "dividend": money}
    if kind != "no adjusted close":
        columns |= {"adj_close": close}
        columns |= {"stock splits": np.where(split == 1, 0.0, split)}
    lines = zip(*([str(v) for v in column] for column in columns.values()), strict=True)
    return "\n".join([",".join(columns), *(",".join(line) for line in lines)]) + "\n"


@pytest.mark.parametrize("shares", ["fractional", "whole"])
def test_the_bundled_sample_gives_the_same_past_wherever_the_period_ends(shares):
    request = {
        "strategy": "momentum", "holdings": [{"symbol": s, "allocation": 0.25} for s in ("AAPL", "KO", "XOM", "JNJ")],
        "start_date": "1998-01-02", "parameters": {"lookback_period": 60, "top_n": 2},
        "costs": {"commission_per_share": 0.005}, "execution": {"shares": shares}, "data": {"source": "bundled"},
        "rebalancing": {"absolute_band": 0.05}, "output": {"precision": None},
    }  # fmt: skip
    dates = ["1999-03-31", "2000-06-14", "2003-12-31"]
    assert_the_past_stays(lambda last: backtester.run({**request, "end_date": last}), dates, ends=[0, 1])
