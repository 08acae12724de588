"""At the boundary: what is odd but allowed, what is too large, and what the answer to it says."""

from __future__ import annotations

import datetime
import itertools
import json
import re
from typing import Any

import pytest

from tests.support.documents import assert_discreet, assert_one_document, problems, warning_codes
from tests.support.paths import ROOT
from tests.support.runner import run_here, run_runner
from tests.support.sample_requests import RISING, WEEKDAYS, inline, one_holding, request

MEBIBYTE = 1 << 20


def run_well(asked: Any, **options: Any) -> dict[str, Any]:
    """Run a request in this process, or with options in one of its own, and return its result."""
    return assert_one_document(run_runner(asked, **options) if options else run_here(asked), code="OK")


# ---- sizes


def test_a_request_of_just_five_mebibytes_is_read() -> None:
    text = json.dumps(request()).encode()
    run_well(text + b" " * (5 * MEBIBYTE - len(text)))


def test_a_request_of_one_byte_more_is_too_large() -> None:
    text = json.dumps(request()).encode()
    run = run_runner(text + b" " * (5 * MEBIBYTE + 1 - len(text)))

    document = assert_one_document(run, code="REQUEST_TOO_LARGE")

    assert "5242880" in document["detail"]


def test_the_operator_sets_how_large_a_request_may_be() -> None:
    text = json.dumps(request()).encode()

    assert_one_document(
        run_runner(text, env={"BACKTEST_MAX_REQUEST_BYTES": str(len(text) - 1)}), code="REQUEST_TOO_LARGE"
    )
    run_well(text, env={"BACKTEST_MAX_REQUEST_BYTES": str(len(text))})


@pytest.mark.full
@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"holdings":['])
def test_nesting_a_hundred_thousand_deep_is_refused(opening: bytes) -> None:
    run = run_runner(opening * 100_000)

    document = assert_one_document(run, code="INVALID_JSON")

    assert "32" in document["detail"]


@pytest.mark.full
@pytest.mark.parametrize("valid_items", [True, False])
def test_a_hundred_thousand_holdings_are_refused_quickly(valid_items: bool) -> None:
    item = {"symbol": "AAPL", "allocation": 1e-5} if valid_items else {"s": None}
    run = run_runner(json.dumps(request(holdings=[item] * 100_000), separators=(",", ":")).encode())

    document = assert_one_document(run, code="VALIDATION_FAILED")

    assert problems(document)[0] == ("/holdings", "OUT_OF_RANGE")
    assert "100000" in document["errors"][0]["detail"]
    assert len(document["errors"]) <= 100


@pytest.mark.full
@pytest.mark.parametrize(
    "hostile",
    [
        {f"key{n}": n for n in range(200_000)},
        {"holdings": [[]] * 1_000_000},
        {"strategy": "x" * 4_000_000},
        {"holdings": [{"symbol": "A" * 4_000_000, "allocation": 1}]},
        {"parameters": {f"key{n}": n for n in range(200_000)}},
        {"output": {"include": ["metrics"] * 300_000}},
        {"output": {"include": [[n] for n in range(300_000)]}},
        {"data": {"source": "inline", "prices": {"dates": [1] * 1_000_000, "close": {}}}},
        {
            "data": {
                "source": "inline",
                "prices": {"dates": ["2020-01-01"], "close": {f"S{n}": [] for n in range(100_000)}},
            }
        },
        {"data": {"source": "inline", "prices": {"dates": WEEKDAYS, "close": {"S" * n: [] for n in range(1, 3000)}}}},
        {"start_date": "9" * 4_000_000},
        {"request_id": "é" * 800_000},
    ],
    ids=itertools.count(),
)
def test_a_large_hostile_document_is_refused_quickly_and_briefly(hostile: dict[str, Any]) -> None:
    run = run_runner(json.dumps(request(**hostile), separators=(",", ":")).encode())

    document = assert_one_document(run)

    assert document["code"] in ("VALIDATION_FAILED", "UNKNOWN_STRATEGY")
    assert len(document["errors"]) <= 100
    assert len(run.stdout) < 200_000


def test_five_hundred_holdings_are_taken() -> None:
    dates = WEEKDAYS
    document = run_well(inline({f"S{n}": RISING for n in range(500)}, dates))

    assert len(document["data"]["symbols"]) == 500


def test_a_request_full_of_inline_prices_is_run() -> None:
    day = datetime.date(1990, 1, 1)
    days = [day + datetime.timedelta(days=n) for n in range(12_000)]
    dates = [day.isoformat() for day in days if day.weekday() < 5]
    close = {f"S{n}": [100 + n + (row * 7919 % 101) / 10 for row in range(len(dates))] for n in range(60)}

    document = run_well(inline(close, dates, start_date=dates[0], end_date=dates[-1], output={"include": ["metrics"]}))

    assert document["period"]["sessions"] == len(dates)


# ---- allocations


@pytest.mark.parametrize("shares", [(0.5, 0.4999), (0.5, 0.5049), (0.333, 0.667), (0.5, 0.4951)])
def test_allocations_that_nearly_sum_to_one_are_scaled_with_a_warning(shares: tuple[float, float]) -> None:
    holdings = [{"symbol": symbol, "allocation": share} for symbol, share in zip(("AAPL", "MSFT"), shares, strict=True)]
    document = run_well(request(holdings=holdings))

    targets = [column[0] for column in document["weights"]["symbols"].values()]
    assert sum(targets) == pytest.approx(1, abs=1e-9)
    assert targets == pytest.approx([share / sum(shares) for share in shares], abs=1e-9)
    assert ("ALLOCATIONS_NORMALISED" in warning_codes(document)) is (sum(shares) != 1)


def test_allocations_of_thirds_are_no_cause_for_a_warning() -> None:
    holdings = [{"symbol": symbol, "allocation": 1 / 3} for symbol in ("AAPL", "MSFT", "KO")]

    assert run_well(request(holdings=holdings))["warnings"] == []


def test_a_portfolio_of_nothing_but_cash_is_a_portfolio() -> None:
    document = run_well(request(holdings=[{"symbol": "AAPL", "allocation": 0}], cash={"allocation": 1}))

    assert document["metrics"]["final_value"] == 10_000
    assert document["metrics"]["total_return"] == 0


def test_a_holding_may_have_no_share() -> None:
    document = run_well(request(holdings=[{"symbol": "AAPL", "allocation": 1}, {"symbol": "MSFT", "allocation": 0}]))

    assert [holding["symbol"] for holding in document["final_holdings"]] == ["AAPL"]


@pytest.mark.parametrize("capital", [1e-9, 0.01, 1e15])
def test_a_very_small_or_large_capital_gives_the_same_return(capital: float) -> None:
    document = run_well(request(initial_capital=capital))

    assert document["metrics"]["total_return"] == pytest.approx(
        run_well(request())["metrics"]["total_return"], rel=1e-9
    )


def test_the_smallest_number_that_a_double_holds_is_a_capital_or_an_error() -> None:
    document = assert_one_document(run_here(request(initial_capital=5e-324)))

    assert document["success"] or document["code"] == "VALIDATION_FAILED"


# ---- the period


def test_an_end_in_the_future_is_clipped_with_a_warning() -> None:
    document = run_well(request(start_date="2022-01-03", end_date="2090-01-01"))

    assert warning_codes(document) == ["END_CLIPPED"]
    assert document["warnings"][0]["pointer"] == "/end_date"
    assert document["period"]["effective"]["end"] == "2022-12-28"
    assert document["period"]["requested"]["end"] == "2090-01-01"


def test_a_year_whose_prices_stop_in_january_has_not_ended_at_the_end_date() -> None:
    days = [datetime.date(2023, 1, 2) + datetime.timedelta(days=n) for n in range(374)]
    dates = [day.isoformat() for day in days if day.weekday() < 5]
    flow = {"type": "contribution", "amount": 100, "frequency": "annually"}
    asked = inline({"X": [100 + n for n in range(len(dates))]}, dates, cash_flows=[flow])
    document = run_well({**asked, "start_date": dates[0], "end_date": "2024-12-31"})

    assert warning_codes(document) == ["END_CLIPPED"]
    assert document["tables"]["annual_returns"]["complete"] == [True, False]
    paid = zip(document["series"]["dates"], document["series"]["cash_flows"], strict=True)
    assert [date for date, amount in paid if amount] == ["2023-12-29"]


def test_a_start_before_the_prices_is_delayed_with_a_warning() -> None:
    document = run_well(request(holdings=[*one_holding("MTUM")], start_date="2010-01-01", end_date="2015-01-01"))

    [warning] = document["warnings"]
    assert (warning["code"], warning["pointer"], warning["symbol"]) == ("START_DELAYED", "/start_date", "MTUM")
    assert document["period"]["limited_by"] == "MTUM"
    assert document["period"]["effective"]["start"] == "2014-01-02"


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        ("2019-12-25", "2020-02-29", "2019-12-26", "2020-02-28"),  # Christmas, a Saturday
        ("2020-01-01", "2020-07-04", "2020-01-02", "2020-07-02"),  # New Year, Independence Day observed on Friday
        ("2001-09-11", "2018-12-05", "2001-09-17", "2018-12-04"),  # closed without notice; a day of mourning
    ],
)
def test_a_day_without_trading_at_either_end_is_no_cause_for_a_warning(
    start: str, end: str, first: str, last: str
) -> None:
    document = run_well(request(start_date=start, end_date=end))

    assert document["warnings"] == []
    assert document["period"]["effective"] == {"start": first, "end": last}


@pytest.mark.parametrize("shape", ["bundled", "inline"])
def test_a_range_of_one_session_is_a_result_whose_undefined_metrics_are_null(shape: str) -> None:
    asked = (
        request(start_date="2020-03-04", end_date="2020-03-04")
        if shape == "bundled"
        else inline({"X": [5.0]}, ["2024-01-02"], start_date="2024-01-02", end_date="2024-01-02")
    )
    document = run_well(asked)

    metrics = document["metrics"]
    assert document["period"]["sessions"] == 1
    assert (metrics["final_value"], metrics["total_return"], metrics["max_drawdown"]) == (10_000, 0, 0)
    for name in ("cagr", "annual_volatility", "sharpe_ratio", "sortino_ratio"):
        assert metrics[name] is None, name


@pytest.mark.parametrize(
    "asked",
    [
        request(start_date="2020-03-04", end_date="2020-03-04"),
        request(start_date="2020-03-04", end_date="2020-03-05"),
        request(), request(benchmark="^GSPC"), request(strategy="momentum"), inline({"X": [7.0] * 10}),
        inline({"X": RISING}, benchmark="X"),
        request(holdings=[{"symbol": "AAPL", "allocation": 0}], cash={"allocation": 1}),
        request(output={"include": ["metrics"]}, start_date="2020-03-04", end_date="2020-03-04"),
        request(output={"include": ["weights", "decisions"]}, strategy="momentum", start_date="1990-01-02"),
        request(cash_flows=[{"type": "withdrawal", "amount": 900, "frequency": "monthly"}]),
        request(cash_flows=[{"type": "withdrawal", "amount": 900, "frequency": "monthly"}], benchmark="^GSPC",
                output={"include": ["metrics", "benchmark", "held_weights"]}),
    ],
    ids=itertools.count(),
)  # fmt: skip
def test_every_null_has_a_reason_and_every_reason_a_null(asked: dict[str, Any]) -> None:
    document = run_well(asked)

    blocks = ("metrics", "metrics_monthly", "benchmark", "series", "weights", "held_weights", "tables", "attribution",
              "decisions")  # fmt: skip
    nulls = null_pointers({name: document[name] for name in blocks if name in document})
    undefined = {pointer for pointer in nulls if not ABSENT.fullmatch(pointer)}
    reasons = set(document["null_reasons"])
    # a column has one reason for all that is null in it
    explained = {pointer: {pointer, pointer.rpartition("/")[0]} & reasons for pointer in undefined}
    assert not [pointer for pointer, found in explained.items() if not found]
    assert reasons == {found for each in explained.values() for found in each}
    assert all(reason.isupper() for reason in document["null_reasons"].values())


# null that means "there is none": no benchmark, no cash flows, no recovery yet, no such start
ABSENT = re.compile(
    r"/benchmark|/series/cash_flows|/tables/.*/(benchmark|benchmark_summary|recovery|days_to_recovery|start/\d+)"
)


def null_pointers(value: Any, pointer: str = "") -> list[str]:
    if value is None:
        return [pointer]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, item in items for found in null_pointers(item, f"{pointer}/{key}")]


def test_prices_that_never_move_have_no_ratios() -> None:
    document = run_well(inline({"X": [7.0] * 10}))

    assert document["metrics"]["total_return"] == 0
    assert document["metrics"]["annual_volatility"] == 0
    assert document["metrics"]["sharpe_ratio"] is None


# ---- inline prices


def test_a_short_hole_is_carried_forward_with_a_warning() -> None:
    document = run_well(inline({"X": RISING, "Y": [1.0, None, None, 2, 3, 4, 5, 6, 7, 8]}))

    [warning] = document["warnings"]
    assert (warning["code"], warning["symbol"], warning["pointer"]) == (
        "PRICE_CARRIED_FORWARD",
        "Y",
        "/holdings/1/symbol",
    )


@pytest.mark.parametrize(("allowed", "code"), [(5, "OK"), (4, "DATA_GAP"), (0, "DATA_GAP")])
def test_a_hole_is_as_long_as_the_request_allows(allowed: int, code: str) -> None:
    holed = [1.0, None, None, None, None, None, 4, 5, 6, 7]
    run = run_here(inline({"X": RISING, "Y": holed}, data={"max_gap_sessions": allowed}))

    document = assert_one_document(run, code=code)

    if code == "DATA_GAP":
        assert problems(document) == [("/holdings/1/symbol", "DATA_GAP")]


def test_a_hole_that_every_symbol_shares_is_no_session() -> None:
    holed = [1.0, None, None, None, None, None, None, 5, 6, 7]
    document = assert_one_document(run_here(inline({"X": holed, "Y": holed})))

    assert document["success"]
    assert document["period"]["sessions"] == 4


def test_nulls_at_the_beginning_delay_the_start() -> None:
    document = run_well(inline({"X": RISING, "Y": [None, None, *RISING[2:]]}))

    assert warning_codes(document) == ["START_DELAYED"]
    assert document["period"]["limited_by"] == "Y"


def test_nulls_at_the_end_clip_the_end() -> None:
    document = run_well(inline({"X": RISING, "Y": [*RISING[:8], None, None]}))

    assert warning_codes(document) == ["END_CLIPPED"]


@pytest.mark.parametrize("price", [5e-324, 1e-300, 1e-6, 1e300, 1.7e308])
def test_prices_of_any_size_give_one_document_without_nan(price: float) -> None:
    assert_one_document(run_here(inline({"X": [price] * 10})))
    swinging = {"X": [price, 1.0] * 5, "Y": RISING}
    assert_one_document(run_here(inline(swinging, strategy="momentum", parameters={"lookback_period": 2})))


@pytest.mark.parametrize("timing", ["next_close", "next_open", "same_close"])
@pytest.mark.parametrize("shares", ["fractional", "whole"])
def test_prices_that_swing_from_end_to_end_give_one_document_without_nan(timing: str, shares: str) -> None:
    wild = [1e-300, 1e300] * 5
    asked = inline(
        {"X": wild, "Y": wild[::-1]}, open={"X": wild, "Y": wild}, strategy="buy_hold", initial_capital=1e15,
        parameters={"rebalance_frequency": "daily"}, execution={"timing": timing, "shares": shares},
        costs={"commission_per_share": 10_000, "commission_minimum": 1e6, "slippage_bps": 1000, "expense_ratio": 0.5},
    )  # fmt: skip

    assert_one_document(run_here(asked))


def test_columns_nobody_asked_for_are_ignored() -> None:
    document = run_well(inline({"X": RISING, "UNUSED": RISING}, holdings=one_holding("X")))

    assert list(document["data"]["symbols"]) == ["X"]


def test_inline_prices_are_not_echoed() -> None:
    document = run_well(inline({"X": RISING}))

    assert "prices" not in document["request"]["data"]
    assert document["data"]["symbols"]["X"]["source"] == "inline"


@pytest.mark.parametrize("first", ["0001-01-01", "1969-12-30", "9999-12-20"])
def test_dates_at_the_edges_of_the_calendar_are_dates(first: str) -> None:
    import datetime

    start = datetime.date.fromisoformat(first)
    dates = [(start + datetime.timedelta(days=n)).isoformat() for n in range(10)]
    document = run_well(inline({"X": RISING}, dates, start_date=dates[0], end_date=dates[-1]))

    assert document["series"]["dates"] == dates


@pytest.mark.parametrize("strategy", ["buy_hold", "momentum"])
def test_a_look_back_before_the_beginning_of_time_is_answered(strategy: str) -> None:
    parameters = {"lookback_period": 5000} if strategy == "momentum" else {}
    whole = {"start_date": "0001-01-01", "end_date": "9999-12-31"}

    document = run_well(inline({"X": RISING}, strategy=strategy, parameters=parameters, **whole))

    assert {"START_DELAYED", "END_CLIPPED"} <= set(warning_codes(document))


# ---- what is echoed


@pytest.mark.parametrize(
    "request_id", ["r", "x" * 128, "é😀", "</script>", "\u2028\x00\x7f", "../../x", "😀" * 128, '"quoted"\\']
)
def test_a_request_id_comes_back_as_it_was_sent(request_id: str) -> None:
    for asked in (request(request_id=request_id), {"request_id": request_id}):
        assert assert_one_document(run_here(asked))["request_id"] == request_id


def test_a_request_id_that_is_refused_does_not_come_back() -> None:
    document = assert_one_document(run_here(request(request_id="x" * 129)), code="VALIDATION_FAILED")

    assert "request_id" not in document


@pytest.mark.parametrize(
    "place",
    [
        lambda text: {"strategy": text}, lambda text: {"holdings": one_holding(text)},
        lambda text: {"start_date": text},
        lambda text: {text: 1}, lambda text: {"costs": {text: 1}}, lambda text: {"parameters": {text: text}},
        lambda text: {"execution": {"timing": text}}, lambda text: {"schema_version": text},
        lambda text: {"benchmark": text},
        lambda text: {"initial_capital": text}, lambda text: {"output": {"include": [text, text]}},
        lambda text: {"data": {"source": text}}, lambda text: {"data": {"source": "csv", text: 1}},
        lambda text: {"data": {"source": "inline", "prices": {"dates": [text], "close": {text: [text]}}}},
        lambda text: {"cash": text}, lambda text: {"holdings": [{text: text}]},
        lambda text: {"limits": {"memory_mb": text}},
    ],
    ids=itertools.count(),
)  # fmt: skip
def test_no_more_than_a_hundred_characters_of_the_input_come_back(place: Any) -> None:
    text = "".join(f"{number:x}-" for number in range(4000, 4400))
    asked = request(**place(text))

    document = assert_one_document(run_here(asked), asked=asked)

    assert_discreet(document, asked)
    assert document["code"] in ("VALIDATION_FAILED", "UNKNOWN_STRATEGY")


def test_many_keys_of_a_hundred_characters_do_not_add_up_to_a_page() -> None:
    holdings = [{"symbol": f"{n:0100d}", "allocation": 0.002, "k" * 90 + f"{n:03d}": 1} for n in range(500)]
    asked = request(holdings=holdings)
    run = run_here(asked)

    assert_one_document(run, code="VALIDATION_FAILED", asked=asked)

    assert len(run.stdout) < 100_000


# ---- sources


def test_a_csv_source_reads_the_operators_folder(tmp_path: Any) -> None:
    lines = ["Date,Close", *(f"{day},{price}" for day, price in zip(WEEKDAYS, RISING, strict=True))]
    (tmp_path / "X.csv").write_text("\n".join(lines) + "\n")
    asked = request(holdings=one_holding("X"), start_date="2024-01-01", end_date="2024-01-12", data={"source": "csv"})

    document = run_well(asked, env={"BACKTEST_CSV_DIR": str(tmp_path)})

    assert document["data"]["symbols"]["X"]["source"] == "csv"


@pytest.mark.parametrize("symbol", ["NOPE", "..", ".", "-", "^^", "CON"])
def test_a_symbol_without_a_file_is_not_found_and_no_path_is_named(symbol: str, tmp_path: Any) -> None:
    asked = request(holdings=one_holding(symbol), data={"source": "csv"})
    run = run_runner(asked, env={"BACKTEST_CSV_DIR": str(tmp_path)})

    document = assert_one_document(run, code="SYMBOL_NOT_FOUND")

    assert str(tmp_path) not in json.dumps(document)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_a_csv_file_of_another_country_is_read(encoding: str, tmp_path: Any) -> None:
    rows = zip(WEEKDAYS, RISING, strict=True)
    lines = ["Datum;Schluss;Eröffnung"]
    lines += [
        f"{day[8:]}.{day[5:7]}.{day[:4]};{price:.2f}".replace(".", ",").replace(",", ".", 2) + ";"
        for day, price in rows
    ]
    (tmp_path / "X.csv").write_bytes("\r\n".join(lines).encode(encoding))
    asked = request(holdings=one_holding("X"), start_date="2024-01-01", end_date="2024-01-12", data={"source": "csv"})

    document = run_well(asked, env={"BACKTEST_CSV_DIR": str(tmp_path)})

    assert document["period"]["effective"]["start"] == WEEKDAYS[0]


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b\0", b"<html>", b"date,close\n2024-01-02,secret\n", b"\0" * 10_000])
def test_a_csv_file_that_cannot_be_read_is_refused_without_its_path_or_its_cells(content: bytes, tmp_path: Any) -> None:
    (tmp_path / "X.csv").write_bytes(content)
    asked = request(holdings=one_holding("X"), data={"source": "csv"})

    document = assert_one_document(run_runner(asked, env={"BACKTEST_CSV_DIR": str(tmp_path)}), code="PRICES_UNREADABLE")

    assert str(tmp_path) not in json.dumps(document)
    assert "secret" not in json.dumps(document)
    assert len(document["detail"]) < 200


def test_a_csv_folder_that_is_not_there_is_answered_without_its_path() -> None:
    run = run_runner(request(holdings=one_holding("X"), data={"source": "csv"}), env={"BACKTEST_CSV_DIR": "/proc/none"})

    document = assert_one_document(run, quiet=False)

    assert document["code"] in ("SYMBOL_NOT_FOUND", "DATA_SOURCE_UNAVAILABLE")
    assert "/proc/none" not in json.dumps(document)


def test_yahoo_is_not_asked_where_the_operator_switched_it_off() -> None:
    run = run_here(request(holdings=one_holding("SPY"), data={"source": "yahoo"}))

    assert_one_document(run, code="DATA_SOURCE_UNAVAILABLE")


def test_the_examples_are_requests_that_the_checker_takes() -> None:
    for example in sorted((ROOT / "examples" / "requests").glob("*.json")):
        document = assert_one_document(run_here(example.read_bytes()))
        assert document["success"] or document["code"] == "DATA_SOURCE_UNAVAILABLE", example.name
