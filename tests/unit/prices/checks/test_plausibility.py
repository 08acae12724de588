"""Prices that were used although they may be wrong, and sources that do not say what a share cost."""

from __future__ import annotations

import numpy as np
import pytest

import backtester
from backtester.model.errors import DataError, RequestError
from backtester.model.records import SymbolHistory
from backtester.prices import bundled
from backtester.prices.checks.plausibility import implausible_places
from backtester.prices.csv.parse import parse
from backtester.prices.csv.to_history import history_of

DAYS = [f"2024-01-{day:02d}" for day in range(2, 12)]


def run(close, *, implausible="warn", **parts):
    prices = {"dates": DAYS[: len(close)], "close": {"A": close}, **parts.pop("prices", {})}
    return backtester.run({
        "strategy": "buy_hold", "holdings": [{"symbol": "A", "allocation": 1}], "start_date": DAYS[0],
        "end_date": DAYS[len(close) - 1], "initial_capital": 1000, **parts,
        "data": {"source": "inline", "prices": prices, "implausible": implausible},
    })  # fmt: skip


def warned(result):
    return [(warning["code"], warning["symbol"]) for warning in result["warnings"]]


@pytest.mark.parametrize("close", [[100, 39.9, 39.9], [100, 251, 251], [100, 10, 100], [100, 10_000, 10_000]])
def test_a_crash_or_a_leap_is_kept_with_a_warning_that_names_date_and_figure(close):
    result = run(close)
    assert result["metrics"]["final_value"] == pytest.approx(10 * close[-1])
    assert warned(result) == [("IMPLAUSIBLE_PRICE", "A")]
    detail = result["warnings"][0]["detail"]
    assert f"from 100 on 2024-01-02 to {close[1]:.6g} on 2024-01-03" in detail


@pytest.mark.parametrize("close", [[100, 40, 40], [100, 250, 250]])
def test_a_step_of_0_4_or_2_5_is_plausible(close):
    assert run(close)["warnings"] == []


def test_several_steps_are_counted():
    assert "the first of 2 such steps" in run([100, 10, 90, 90])["warnings"][0]["detail"]


def test_such_prices_are_refused_where_that_is_asked_for():
    with pytest.raises(RequestError) as caught:
        run([100, 39.9, 39.9], implausible="error")
    assert caught.value.code == "VALIDATION_FAILED"
    (problem,) = caught.value.problems
    assert (problem.pointer, problem.code) == ("/holdings/0/symbol", "IMPLAUSIBLE_PRICE")
    assert "(-60.1%)" in problem.detail
    assert run([100, 41, 41], implausible="error")["warnings"] == []


def test_the_sample_has_one_such_step_and_no_price_that_would_be_mended():
    histories = bundled.load(bundled.symbols())
    found = {symbol for symbol, history in histories.items() if implausible_places(history, with_opens=True)}
    assert found == {"RRC"}
    request = {
        "strategy": "buy_hold", "holdings": [{"symbol": "RRC", "allocation": 1}], "start_date": "1990-01-02",
        "end_date": "1990-12-31", "data": {"source": "bundled", "implausible": "error"},
    }  # fmt: skip
    with pytest.raises(DataError) as caught:
        backtester.run(request)
    assert caught.value.problems[0].code == "IMPLAUSIBLE_PRICE"
    later = backtester.run({**request, "start_date": "1990-06-01"})
    assert later["warnings"] == [], "before the period it changes no number"


def test_an_inline_price_a_hundred_times_too_high_is_mended_with_a_warning():
    result = run([100, 10_050, 101, 102])
    assert result["series"]["portfolio_value"] == pytest.approx([1000, 1005, 1010, 1020])
    assert warned(result) == [("PRICES_REPAIRED", "A")]


@pytest.mark.parametrize(
    ("parts", "warnings"),
    [
        ({}, []),
        ({"execution": {"shares": "whole"}}, [("ADJUSTED_SHARE_COUNTS", "A")]),
        ({"costs": {"commission_per_share": 0.01}}, [("ADJUSTED_SHARE_COUNTS", "A")]),
        ({"costs": {"commission_bps": 1}}, []),
        ({"execution": {"shares": "whole"}, "prices": {"traded": {"A": [10, 10, 10]}}}, []),
    ],
)
def test_adjusted_share_counts_are_said_where_they_matter(parts, warnings):
    assert warned(run([10, 10, 10], **parts)) == warnings


def test_a_traded_close_is_needed_on_every_session_with_a_close():
    with pytest.raises(RequestError) as caught:
        run([10, 10, 10], prices={"traded": {"a": [10, None, 10]}})
    assert [(p.pointer, p.code) for p in caught.value.problems] == [("/data/prices/traded/a/1", "NO_PRICES")]


# Opens, and splits told for another day: 300 sessions of a quiet walk -----------------------------------------------

T, SPLIT = 300, 150
WALK = 100 * np.exp(np.cumsum(np.random.default_rng(7).normal(0, 0.01, T)))
LONG = np.busday_offset("2018-01-01", np.arange(T), roll="forward")


def of_file(split, told_row, *, close=WALK, before=None):
    """Return the history of a file whose close jumps with a split that it tells on a row."""
    jumped = close * np.where(np.arange(T) < SPLIT, split if before is None else before, 1.0)
    told = np.where(np.arange(T) == told_row, split, 1.0)
    lines = [f"{day},{price:.8f},{ratio}" for day, price, ratio in zip(LONG, jumped, told, strict=True)]
    return history_of("A", parse("\n".join(["date,close,split", *lines]).encode(), "A"))


@pytest.mark.parametrize("split", [2.0, 1.5, 4.0, 0.1])
@pytest.mark.parametrize("off", [-5, -1, 1, 5])
def test_a_split_that_is_told_for_another_day_is_told(split, off):
    (place,) = implausible_places(of_file(split, SPLIT + off), with_opens=False)
    ratio = f"{split:g} for 1" if split > 1 else f"1 for {1 / split:g}"
    assert f" on {LONG[SPLIT]} (" in place
    assert place.endswith(f", where a split ({ratio}) is told on {LONG[SPLIT + off]}")


@pytest.mark.parametrize("split", [2.0, 1.5, 4.0, 0.1])
def test_a_split_that_is_told_upside_down_is_told(split):
    (place,) = implausible_places(of_file(1 / split, SPLIT, before=split), with_opens=False)
    ratio = f"1 for {split:g}" if split > 1 else f"{1 / split:g} for 1"
    assert f" on {LONG[SPLIT]} (" in place
    assert place.endswith(f", where a split ({ratio}) is told on {LONG[SPLIT]}")


@pytest.mark.parametrize("split", [2.0, 1.5, 4.0, 0.1])
def test_a_split_on_its_day_or_applied_already_or_far_away_is_plausible(split):
    assert implausible_places(of_file(split, SPLIT), with_opens=False) == []
    assert implausible_places(of_file(split, SPLIT - 1, before=1.0), with_opens=False) == []
    far = implausible_places(of_file(split, SPLIT - 40), with_opens=False)
    assert not any("is told on" in place for place in far)


def test_a_fall_beside_a_split_that_is_no_split_is_plausible():
    fallen = WALK * np.where(np.arange(T) < SPLIT + 2, 1.2, 1.0)
    assert implausible_places(of_file(2.0, SPLIT, close=fallen), with_opens=False) == []


def run_file(folder, history_text, monkeypatch, **parts):
    (folder / "A.csv").write_text(history_text)
    monkeypatch.setenv("BACKTEST_CSV_DIR", str(folder))
    return backtester.run({
        "strategy": "buy_hold", "holdings": [{"symbol": "A", "allocation": 1}], "start_date": str(LONG[0]),
        "end_date": str(LONG[-1]), "data": {"source": "csv"}, **parts,
    })  # fmt: skip


def test_a_run_warns_of_a_split_told_a_day_early(tmp_path, monkeypatch):
    jumped = WALK * np.where(np.arange(T) < SPLIT, 2, 1)
    lines = [f"{day},{jumped[row]:.8f},{2 if row == SPLIT - 1 else 1}" for row, day in enumerate(LONG)]
    result = run_file(tmp_path, "\n".join(["date,close,split", *lines]), monkeypatch)
    assert ("IMPLAUSIBLE_PRICE", "A") in warned(result)


@pytest.mark.parametrize(("factor", "rows"), [(50, range(T)), (0.02, [SPLIT]), (3, [0]), (3, [T - 1])])
def test_opens_far_from_the_closes_are_told_where_they_are_traded_at(tmp_path, monkeypatch, factor, rows):
    lines = [
        f"{day},{close * (factor if row in rows else 1):.8f},{close:.8f}"
        for row, (day, close) in enumerate(zip(LONG, WALK, strict=True))
    ]
    text = "\n".join(["date,open,close", *lines])
    at_open = run_file(tmp_path, text, monkeypatch, execution={"timing": "next_open"})
    (detail,) = [w["detail"] for w in at_open["warnings"] if w["code"] == "IMPLAUSIBLE_PRICE"]
    row = rows[0]
    closes = f"{WALK[row]:.6g}" + (f" after {WALK[row - 1]:.6g}" if row else "")
    assert detail.startswith(f"The open of A on {LONG[row]} is {WALK[row] * factor:.6g}, and its close {closes}")
    at_close = run_file(tmp_path, text, monkeypatch)
    assert ("IMPLAUSIBLE_PRICE", "A") not in warned(at_close)
    with pytest.raises(DataError):
        run_file(
            tmp_path, text, monkeypatch, execution={"timing": "next_open"},
            data={"source": "csv", "implausible": "error"},
        )  # fmt: skip


def test_an_open_on_a_day_that_falls_or_leaps_is_plausible():
    close = np.array([100.0, 100, 30, 30, 90, 90])
    opens = np.array([100.0, np.nan, 100, 31, 30, 250])
    made = SymbolHistory(symbol="A", source="csv", sessions=LONG[:6], close=close, open=opens)
    places = implausible_places(made, with_opens=True)
    assert [place.partition(" of A ")[0] for place in places] == ["The price", "The price", "The open"]
