"""What the caller reads of a run."""

from __future__ import annotations

import copy
import hashlib
import itertools
import json
import math
import struct

import pytest

import backtester
from backtester._version import __version__
from backtester.codec.canonical import canonical
from backtester.codec.document import encode

DATES = [f"2024-01-{day:02d}" for day in (1, 2, 3, 4, 5, 8, 9, 10, 11, 12)]
CLOSE = {"A": [10, 11, 12, 11, 10.5, 10.7, 11.3, 12.9, 12.1, 13.3], "B": [7, 7.1, 7.3, 7.2, 7.6, 7.7, 7.1, 6.9, 7, 7.7]}


def request(**parts) -> dict:
    return {
        "strategy": "buy_hold",
        "holdings": [{"symbol": s, "allocation": 0.5} for s in CLOSE],
        "start_date": DATES[0],
        "end_date": DATES[-1],
        "parameters": {"rebalance_frequency": "daily"},
        "benchmark": "B",
        "data": {"source": "inline", "prices": {"dates": DATES, "close": CLOSE}},
        **parts,
    }


def run(**parts) -> dict:
    return backtester.run(request(**parts))


def numbers(value) -> list[float]:
    if isinstance(value, dict):
        return [n for key in sorted(value) for n in numbers(value[key])]
    if isinstance(value, list):
        return [n for item in value for n in numbers(item)]
    return [value] if isinstance(value, float) else []


COMPUTED = ("metrics", "metrics_monthly", "benchmark", "series", "weights", "trades", "final_holdings")


class TestThinning:
    @pytest.mark.parametrize("most", [2, 3, 5, 9])
    def test_keeps_whole_sessions_the_first_and_the_last_among_them(self, most):
        whole, thin = run()["series"], run(output={"max_points": most})["series"]
        assert 2 <= len(thin["dates"]) <= most
        assert (thin["dates"][0], thin["dates"][-1]) == (DATES[0], DATES[-1])
        kept = [whole["dates"].index(day) for day in thin["dates"]]
        for name in ("portfolio_value", "returns", "drawdown"):
            assert thin[name] == [whole[name][row] for row in kept]

    @pytest.mark.parametrize("most", [10, 11, 1000, None])
    def test_to_no_fewer_than_there_are_keeps_all(self, most):
        assert run(output={"max_points": most})["series"] == run()["series"]

    def test_thins_the_benchmark_alike_and_changes_no_metric(self):
        thin = run(output={"max_points": 4})
        whole = run()["series"]["dates"]
        kept = [whole.index(day) for day in thin["series"]["dates"]]
        for name, column in run()["benchmark"]["series"].items():
            assert thin["benchmark"]["series"][name] == [column[row] for row in kept]
        assert thin["metrics"] == run()["metrics"]
        assert thin["period"]["sessions"] == 10

    @pytest.mark.parametrize("most", [8, 9])
    def test_draws_the_drawdown_and_the_extremes_that_the_metrics_tell(self, most):
        whole, thin = run(), run(output={"max_points": most})
        for block in ((lambda result: result), (lambda result: result["benchmark"])):
            assert min(block(thin)["series"]["drawdown"]) == block(thin)["metrics"]["max_drawdown"]
            for end in (min, max):
                got, wanted = (end(block(one)["series"]["portfolio_value"]) for one in (thin, whole))
                assert got == wanted

    def test_chooses_the_same_dates_whichever_blocks_are_asked_for(self):
        alone = [run(output={"max_points": 5, "include": [name]}) for name in ("series", "benchmark")]
        both = run(output={"max_points": 5})
        assert alone[0]["series"] == both["series"]
        assert alone[1]["benchmark"] == both["benchmark"]


def written(**parts) -> dict:
    """Return the document as a reader of stdout has it; precision is the writer's."""
    return json.loads(encode(run(**parts)), parse_int=float)


class TestPrecision:
    @pytest.mark.parametrize("digits", [1, 3, 6, 12, 15])
    def test_rounds_every_computed_number_to_so_many_digits(self, digits):
        exact, rounded = run(output={"precision": None}), written(output={"precision": digits})
        for block in COMPUTED:
            got, wanted = numbers(rounded[block]), [float(f"{n:.{digits}g}") for n in numbers(exact[block])]
            assert got == pytest.approx(wanted, rel=0.6 * 10 ** (1 - digits)), block
            assert [float(f"{n:.{digits}g}") for n in got] == got, block

    def test_of_17_digits_changes_nothing(self):
        exact, rounded = run(output={"precision": None}), written(output={"precision": 17})
        assert numbers(rounded["series"]) == numbers(exact["series"])

    def test_never_writes_a_minus_zero(self):
        for digits in (None, 3):
            document = json.loads(encode(run(output={"precision": digits})))
            found = [n for block in COMPUTED for n in numbers(document[block])]
            assert not [n for n in found if n == 0 and math.copysign(1, n) < 0]


class TestBlocks:
    @pytest.mark.parametrize("block", COMPUTED)
    def test_are_those_that_are_wanted(self, block):
        document = run(output={"include": [block]})
        assert {name for name in COMPUTED if name in document} == {block}
        assert document[block] == run()[block]

    def test_may_all_be_left_out(self):
        document = run(output={"include": []})
        assert document["success"] is True
        assert not set(COMPUTED) & set(document)
        assert document["null_reasons"] == {}


class TestTheResultId:
    def test_is_the_digest_of_request_prices_and_version(self):
        document = run()
        content = canonical(
            {
                "request": document["request"],
                "prices": {symbol: entry["digest"] for symbol, entry in document["data"]["symbols"].items()},
                "engine": __version__,
            }
        )
        assert document["result_id"] == f"sha256:{hashlib.sha256(content.encode()).hexdigest()}"

    def test_does_not_depend_on_the_name_of_the_run(self):
        named = run(request_id="mine")
        assert named["request_id"] == "mine"
        assert named["result_id"] == run()["result_id"]
        assert "request_id" not in named["request"]
        assert "request_id" not in run()

    def test_is_the_same_for_a_default_that_is_spelled_out(self):
        assert run(initial_capital=10000.0, costs={"slippage_bps": 0})["result_id"] == run()["result_id"]

    def test_is_another_for_another_request_and_for_other_prices(self):
        other = copy.deepcopy(request())
        other["data"]["prices"]["close"]["A"][3] += 1e-9
        assert len({run()["result_id"], run(initial_capital=1)["result_id"], backtester.run(other)["result_id"]}) == 3

    def test_does_not_depend_on_prices_after_the_end(self):
        longer = copy.deepcopy(request())
        longer["data"]["prices"]["dates"] = [*DATES, "2024-01-15"]
        for column in longer["data"]["prices"]["close"].values():
            column.append(99)
        assert backtester.run(longer)["result_id"] == run()["result_id"]

    def test_is_another_where_a_later_price_shows_that_the_last_month_has_ended(self):
        """30 December 2020 in Frankfurt: the same request pays a last contribution once January is known."""
        dates = ["2020-12-28", "2020-12-29", "2020-12-30"]

        def at(known: list[str], frequency: str) -> dict:
            prices = {"dates": known, "close": {"A": [10 + n for n in range(len(known))]}}
            flows = [{"type": "contribution", "amount": 100, "frequency": frequency}]
            week = ["2020-12-21", "2020-12-22", "2020-12-23", "2020-12-24"]
            prices["dates"], prices["close"]["A"] = [*week, *known], [*[9.0] * 4, *prices["close"]["A"]]
            asked = request() | {"holdings": [{"symbol": "A", "allocation": 1}], "start_date": week[0]}
            asked |= {"end_date": dates[-1], "cash_flows": flows, "benchmark": None}
            return backtester.run(asked | {"data": {"source": "inline", "prices": prices}})

        early, late = at(dates, "monthly"), at([*dates, "2021-01-04"], "monthly")
        assert (early["metrics"]["net_contributions"], late["metrics"]["net_contributions"]) == (0, 100)
        assert early["result_id"] != late["result_id"]
        assert late["result_id"] == at([*dates, "2021-01-04", "2021-01-05"], "monthly")["result_id"]
        weekly = at([*dates, "2020-12-31"], "weekly")  # another session of the same month, week and year
        assert weekly["result_id"] == at(dates, "weekly")["result_id"]


def test_the_digest_of_a_symbol_is_that_of_its_days_and_closes():
    days = [19723, 19724, 19725, 19726, 19727, 19730, 19731, 19732, 19733, 19734]  # since 1970-01-01
    content = struct.pack("<10q", *days) + struct.pack("<10d", *CLOSE["A"])
    assert run()["data"]["symbols"]["A"] == {
        "source": "inline",
        "first": DATES[0],
        "last": DATES[-1],
        "sessions": 10,
        "digest": f"sha256:{hashlib.sha256(content).hexdigest()}",
    }


def test_two_runs_differ_in_their_timing_alone():
    first, second = run(), run()
    assert first.pop("timing_ms").keys() == second.pop("timing_ms").keys()
    assert json.dumps(first) == json.dumps(second)


def test_inline_prices_are_not_echoed():
    assert "prices" not in run()["request"]["data"]


def test_the_request_is_left_as_it_was():
    mine = request()
    before = copy.deepcopy(mine)
    backtester.run(mine)
    assert mine == before


def test_the_document_is_json_without_nan():
    json.dumps(run(), allow_nan=False)


def test_weights_have_a_column_a_holding_and_a_row_a_rebalance():
    weights = run()["weights"]
    assert weights["dates"] == [DATES[0], *DATES[2:]]  # what the first close would decide was decided then
    assert {len(column) for column in (*weights["symbols"].values(), weights["cash"])} == {len(weights["dates"])}
    assert weights["cash"] == [0.0] * len(weights["dates"])


class TestHeldWeights:
    def test_are_there_only_where_they_are_asked_for(self):
        assert "held_weights" not in run()

    @pytest.mark.parametrize("most", [2, 3, 4, 6, 9])
    @pytest.mark.parametrize("frequency", ["never", "weekly", "daily"])
    def test_are_thinned_to_whole_sessions_the_first_and_the_last_among_them(self, frequency, most):
        often = {"parameters": {"rebalance_frequency": frequency}}
        whole = run(**often, output={"include": ["held_weights"]})["held_weights"]
        held = run(**often, output={"include": ["held_weights"], "max_points": most})["held_weights"]
        assert whole["dates"] == DATES
        assert 2 <= len(held["dates"]) <= most
        assert (held["dates"][0], held["dates"][-1]) == (DATES[0], DATES[-1])
        kept = [DATES.index(day) for day in held["dates"]]
        for column, every in ((held["cash"], whole["cash"]), (held["symbols"]["A"], whole["symbols"]["A"])):
            assert column == [every[row] for row in kept]

    def test_keep_the_rebalances_and_the_sessions_before_them(self):
        often, output = {"rebalance_frequency": "weekly"}, {"include": ["weights", "held_weights"], "max_points": 8}
        document = run(parameters=often, output=output)
        assert document["weights"]["dates"] == ["2024-01-01", "2024-01-08"]
        held = document["held_weights"]
        assert {"2024-01-05", "2024-01-08"} <= {*held["dates"]}
        before, at = (held["symbols"]["A"][held["dates"].index(day)] for day in ("2024-01-05", "2024-01-08"))
        assert before == pytest.approx(1.05 / (1.05 + 7.6 / 7))
        assert at == pytest.approx(0.5)

    def test_of_many_years_are_at_most_500_sessions(self):
        sample = {"data": {"source": "bundled"}, "start_date": "1990-01-02", "end_date": "2022-12-28"}
        holdings = [{"symbol": symbol, "allocation": 0.5} for symbol in ("KO", "XOM")]
        often = {"parameters": {"rebalance_frequency": "annually"}, "holdings": holdings}
        include = {"include": ["series", "weights", "held_weights"]}
        document = run(**sample, **often, benchmark=None, output=include)
        held, sessions = document["held_weights"], document["series"]["dates"]
        assert 490 < len(held["dates"]) <= 500
        rows = [sessions.index(day) for day in held["dates"]]
        assert {*document["weights"]["dates"]} <= {*held["dates"]}
        assert max(after - before for before, after in itertools.pairwise(rows)) <= 20

    def test_have_the_digits_that_are_asked_for(self):
        held = run(output={"include": ["held_weights"], "precision": 4}, parameters={"rebalance_frequency": "never"})
        text = encode(held).decode()
        drifted = 11 / 10 / (11 / 10 + 7.1 / 7)
        assert f"[0.5,{drifted:.4g}," in text

    def test_are_null_once_the_last_money_is_withdrawn(self):
        flows = [{"type": "withdrawal", "amount": 1e6, "frequency": "weekly"}]
        document = run(cash_flows=flows, output={"include": ["series", "held_weights"]})
        assert document["series"]["portfolio_value"][-1] == 0
        held = document["held_weights"]
        columns = {"cash": held["cash"], **{f"symbols/{name}": column for name, column in held["symbols"].items()}}
        for name, column in columns.items():
            assert column[-1] is None
            assert None not in column[:-1]
            assert document["null_reasons"][f"/held_weights/{name}"] == "ZERO_DENOMINATOR"

    def test_count_a_split_at_the_shares_that_it_makes(self):
        prices = {"dates": DATES[:3], "close": {"A": [10, 10, 10], "B": [10, 10, 20]},
                  "traded": {"A": [20, 10, 10], "B": [10, 10, 20]}}  # fmt: skip
        document = run(
            end_date=DATES[2], data={"source": "inline", "prices": prices}, execution={"shares": "whole"},
            parameters={"rebalance_frequency": "never"}, output={"include": ["held_weights", "final_holdings"]},
        )  # fmt: skip
        last = {entry["symbol"]: entry["weight"] for entry in document["final_holdings"]}
        assert {symbol: column[-1] for symbol, column in document["held_weights"]["symbols"].items()} == last
        assert document["held_weights"]["symbols"]["A"] == pytest.approx([0.5, 0.5, 1 / 3])


def test_final_holdings_leave_out_what_is_not_held():
    document = run(
        holdings=[{"symbol": "A", "allocation": 1}, {"symbol": "B", "allocation": 0}], cash={"annual_rate": 0.1}
    )
    assert [entry["symbol"] for entry in document["final_holdings"]] == ["A"]
    assert document["final_holdings"][0]["weight"] == pytest.approx(1)
    assert document["final_cash"] == {"value": 0.0, "weight": 0.0}


def test_a_score_that_is_endless_is_null_for_want_of_a_denominator():
    days = [f"2024-01-{day:02d}" for day in range(1, 31)]
    close = {"A": [10.0] * 29 + [10.0], "B": [10.0 * 1.01**n for n in range(30)]}
    close["B"][-1] *= 1.05
    close["A"] = [10.0, *[11.0] * 29]  # rose once, before the window of the volatility
    document = backtester.run({
        "strategy": "momentum", "holdings": [{"symbol": s, "allocation": 0.5} for s in "AB"],
        "start_date": "2024-01-29", "end_date": "2024-01-30", "output": {"include": ["decisions"]},
        "parameters": {"lookback_period": 22, "score": "risk_adjusted", "rebalance_frequency": "daily"},
        "execution": {"timing": "same_close"}, "data": {"source": "inline", "prices": {"dates": days, "close": close}},
    })  # fmt: skip
    assert document["decisions"]["scores"]["A"] == [0.0, 0.0]
    assert document["decisions"]["scores"]["B"][0] is None  # it grew evenly: no volatility, an endless score
    assert document["decisions"]["ranks"]["B"] == [1.0, 1.0]
    assert document["null_reasons"]["/decisions/scores/B"] == "ZERO_DENOMINATOR"
