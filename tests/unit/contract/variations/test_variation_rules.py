"""The rules of `compare` and of the axes of `analysis`: every variation is a valid request."""

import copy

import pytest

from backtester.contract.check import check
from backtester.contract.schemas import resolved_schema, runs_plug_in, values_of
from backtester.model.errors import RequestError

BASE = {
    "strategy": "momentum",
    "holdings": [{"symbol": "AAPL", "allocation": 0.5}, {"symbol": "MSFT", "allocation": 0.5}],
    "start_date": "2022-01-01", "end_date": "2023-12-31", "parameters": {"lookback_period": 60, "top_n": 2},
}  # fmt: skip


def problems(**parts) -> list[tuple[str, str]]:
    asked = {**BASE, **parts}
    before = copy.deepcopy(asked)
    try:
        check(asked, csv_available=False)
    except RequestError as error:
        assert asked == before
        return [(problem.pointer, problem.code) for problem in error.problems]
    return []


def compared(*patches: dict, **parts) -> list[tuple[str, str]]:
    return problems(compare=[{"name": str(n), "patch": patch} for n, patch in enumerate(patches)], **parts)


def swept(over: dict, **parts) -> list[tuple[str, str]]:
    found = problems(analysis={"sweep": {"over": over, **parts}})
    return [(pointer.removeprefix("/analysis/sweep"), code) for pointer, code in found]


class TestCompare:
    def test_patches_that_are_valid_requests(self):
        assert compared({"parameters": {"rebalance_frequency": "weekly"}}, {"benchmark": "KO"}, {}) == []
        assert compared({"strategy": "buy_hold", "parameters": None}) == []

    def test_each_fault_points_into_the_patch(self):
        found = compared(
            {"parameters": {"top_n": 0, "x": 1}}, {"strategy": "momentun"}, {"holdings": None},
            {"holdings": [{"symbol": "AAPL", "allocation": 0.7}]}, {"start_date": "2024-01-01"},
        )  # fmt: skip
        assert found == [
            ("/compare/0/patch/parameters/top_n", "OUT_OF_RANGE"), ("/compare/0/patch/parameters/x", "UNKNOWN_FIELD"),
            ("/compare/1/patch/strategy", "UNKNOWN_STRATEGY"), ("/compare/2/patch/holdings", "REQUIRED"),
            ("/compare/3/patch/holdings", "ALLOCATION_SUM"), ("/compare/4/patch/end_date", "DATE_ORDER"),
        ]  # fmt: skip

    def test_what_another_strategy_does_not_know_has_to_be_left_out(self):
        with pytest.raises(RequestError) as raised:
            check({**BASE, "compare": [{"name": "Held", "patch": {"strategy": "buy_hold"}}]}, csv_available=False)
        assert [problem.pointer for problem in raised.value.problems] == [
            f"/compare/0/patch/parameters/{name}" for name in ("lookback_period", "top_n")
        ]
        assert all("Set it to null in the patch" in problem.detail for problem in raised.value.problems)

    def test_faults_of_the_request_itself_are_said_once(self):
        assert compared({}, {"benchmark": "KO"}, initial_capital=0) == [("/initial_capital", "OUT_OF_RANGE")]

    @pytest.mark.parametrize("key", ["compare", "analysis", "schema_version", "request_id", "output", "limits"])
    def test_what_no_patch_may_change(self, key):
        assert compared({key: {}}) == [(f"/compare/0/patch/{key}", "UNEXPECTED")]

    def test_names_are_different_and_not_that_of_the_request(self):
        names = ["One", "Two", "One", "As asked"]
        found = problems(compare=[{"name": name, "patch": {}} for name in names])
        assert found == [("/compare/2/name", "DUPLICATE_ITEM"), ("/compare/3/name", "DUPLICATE_ITEM")]

    def test_at_most_twenty_of_either(self):
        assert compared(*[{}] * 20) == []
        assert compared(*[{}] * 21) == [("/compare", "OUT_OF_RANGE")]
        faulty = {"parameters": {"top_n": 0, "lookback_period": 0}}
        assert len(compared(*[faulty] * 20)) == 20


class TestAxes:
    def test_of_every_kind(self):
        assert (
            swept({"/parameters/lookback_period": {"from": 21, "to": 252, "step": 21}, "/benchmark": ["KO", None]})
            == []
        )
        assert swept({"/holdings/0/symbol": ["AAPL", "KO"], "/start_date": ["2022-01-01", "2021-01-01"]}) == []
        assert swept({"/parameters/skip_period": [0, 5], "/execution/lag_sessions": [0, 3]}) == []

    def test_names_a_single_value_of_the_request(self):
        found = swept({
            "parameters/top_n": [1], "/holdings": [1], "/parametrs/top_n": [1], "/holdings/2/symbol": ["KO"],
            "/limits/timeout_seconds": [1], "/analysis": [1],
        })  # fmt: skip
        assert found == [
            ("/over/parameters~1top_n", "INVALID_FORMAT"), ("/over/~1holdings", "INVALID_CHOICE"),
            ("/over/~1parametrs~1top_n", "INVALID_CHOICE"), ("/over/~1holdings~12~1symbol", "INVALID_CHOICE"),
            ("/over/~1limits~1timeout_seconds", "UNEXPECTED"), ("/over/~1analysis", "UNEXPECTED"),
        ]  # fmt: skip

    def test_each_wrong_value_is_a_problem(self):
        found = swept({"/parameters/top_n": [1, 0, -3, 2.5], "/execution/timing": ["same_close", "soon"]})
        assert found == [
            ("/over/~1parameters~1top_n/1", "OUT_OF_RANGE"), ("/over/~1parameters~1top_n/2", "OUT_OF_RANGE"),
            ("/over/~1parameters~1top_n/3", "WRONG_TYPE"), ("/over/~1execution~1timing/1", "INVALID_CHOICE"),
        ]  # fmt: skip
        assert swept({"/parameters/lookback_period": {"from": 0, "to": 9, "step": 3}}) == [
            ("/over/~1parameters~1lookback_period", "OUT_OF_RANGE")
        ]
        assert swept({"/parameters/lookback": [5]}) == [("/over/~1parameters~1lookback/0", "UNKNOWN_FIELD")]
        assert len(swept({"/parameters/top_n": [*range(-40, 0)]})) == 20

    def test_values_that_depend_on_each_other_are_looked_at_together(self):
        shares = {"/holdings/0/allocation": [0.2, 0.8], "/holdings/1/allocation": [0.8, 0.2]}
        assert swept(shares) == [("/over", "ALLOCATION_SUM")]
        days = {"/start_date": ["2022-01-03", "2023-06-01"], "/end_date": ["2022-12-30", "2023-12-29"]}
        assert swept(days) == [("/over/~1end_date/0", "DATE_ORDER")]
        frequencies = ["monthly", "weekly"]
        mixed = {"/strategy": ["buy_hold", "momentum"], "/parameters/rebalance_frequency": frequencies}
        assert {code for _, code in swept(mixed)} == {"UNKNOWN_FIELD"}

    def test_a_range_goes_up_and_the_grid_has_an_end(self):
        assert swept({"/initial_capital": {"from": 5, "to": 1, "step": 1}}) == [
            ("/over/~1initial_capital/to", "OUT_OF_RANGE")
        ]
        wide = {
            "/initial_capital": {"from": 1, "to": 1001, "step": 1},
            "/costs/commission_bps": {"from": 0, "to": 99, "step": 1},
        }
        assert swept(wide) == [("/over", "OUT_OF_RANGE")]
        assert swept({**wide, "/initial_capital": {"from": 1, "to": 1000, "step": 1}}) == []

    def test_conditions_name_numbers(self):
        over = {"/parameters/top_n": [1, 2], "/benchmark": ["KO", None]}
        where = [["/parameters/top_n", "below", "/parameters/lookback_period"]]
        assert swept(over, where=where) == []
        found = swept(over, where=[*where, ["/benchmark", "above", "/strategy"], ["/x", "below", "/risk_free_rate"]])
        assert found == [
            ("/where/1/0", "INVALID_CHOICE"), ("/where/1/1", "INVALID_CHOICE"), ("/where/1/2", "INVALID_CHOICE"),
            ("/where/2/0", "INVALID_CHOICE"),
        ]  # fmt: skip
        none = [["/parameters/lookback_period", "below", "/parameters/top_n"]]
        assert swept(over, where=none) == [("/where", "OUT_OF_RANGE")]


class TestDefaults:
    def test_absent_stays_absent(self):
        request = check({**BASE, "execution": {"lag_sessions": 0}}, csv_available=False).request
        assert not {"compare", "analysis"} & request.keys()
        assert "lag_sessions" not in request["execution"]

    def test_the_questions_have_their_defaults(self):
        over = {"/parameters/top_n": [1]}
        asked = {"sweep": {"over": over}, "trust": {}, "projection": {}, "walk_forward": {"over": over}}
        request = check({**BASE, "analysis": asked}, csv_available=False).request
        assert request["analysis"]["sweep"] == {
            "over": over, "rank_by": "sharpe_ratio", "where": [], "trials_before": 0, "blocks": 16,
        }  # fmt: skip
        assert request["analysis"]["trust"]["seed"] == request["analysis"]["projection"]["seed"] == 42

    def test_the_names_of_metrics_are_those_of_the_result(self):
        common = resolved_schema("request")["properties"]["analysis"]["properties"]["sweep"]["properties"]
        known = [*resolved_schema("result")["properties"]["metrics"]["properties"]]
        assert common["metrics"]["items"]["enum"] == known
        assert set(common["rank_by"]["enum"]) < set(known)


class TestBenchmarkPortfolio:
    def test_is_checked_as_the_holdings_are(self):
        held = [{"symbol": "ko", "allocation": 0.6}, {"symbol": "KO", "allocation": 0.6}]
        assert problems(benchmark={"holdings": held}) == [
            ("/benchmark/holdings", "ALLOCATION_SUM"), ("/benchmark/holdings/1/symbol", "DUPLICATE_SYMBOL"),
        ]  # fmt: skip
        assert problems(benchmark={}) == [("/benchmark/holdings", "REQUIRED")]
        assert problems(benchmark=7) == [("/benchmark", "WRONG_TYPE")]
        assert problems(benchmark="A B") == [("/benchmark", "INVALID_FORMAT")]

    def test_is_complete_with_its_defaults(self):
        held = [{"symbol": "ko", "allocation": 0.598}, {"symbol": "XOM", "allocation": 0.4}]
        checked = check({**BASE, "benchmark": {"holdings": held}}, csv_available=False)
        assert checked.request["benchmark"] == {
            "name": "Benchmark", "rebalance_frequency": "annually",
            "holdings": [{"symbol": "KO", "allocation": 0.598}, {"symbol": "XOM", "allocation": 0.4}],
        }  # fmt: skip
        assert [(w.code, w.pointer) for w in checked.warnings] == [("ALLOCATIONS_NORMALISED", "/benchmark/holdings")]


class TestPlugIns:
    """A request runs foreign code where any variation of it does."""

    @pytest.mark.parametrize(
        ("parts", "foreign"),
        [
            ({}, False), ({"strategy": "theirs"}, True), ({"compare": [{"name": "a", "patch": {}}]}, False),
            ({"compare": [{"name": "a", "patch": {"strategy": "theirs"}}]}, True),
            ({"compare": [{"name": "a", "patch": {"data": {"source": "theirs"}}}]}, True),
            ({"analysis": {"sweep": {"over": {"/strategy": ["momentum", "theirs"]}}}}, True),
            ({"analysis": {"walk_forward": {"over": {"/data/source": ["theirs"]}}}}, True),
            ({"analysis": {"sweep": {"over": {"/parameters/top_n": [1]}}, "trust": {}}}, False),
        ],
    )  # fmt: skip
    def test_of_the_request_and_of_its_variations(self, parts, foreign):
        assert runs_plug_in({**BASE, "data": {"source": "bundled"}, **parts}, "yahoo") is foreign

    @pytest.mark.parametrize("patch", [{"data": None}, {"data": {"source": None}}])
    def test_a_source_that_is_left_out_is_the_default(self, patch):
        request = {**BASE, "data": {"source": "inline"}, "compare": [{"name": "a", "patch": patch}]}
        assert values_of(request, "data", "source") == {"inline", "auto"}
        assert runs_plug_in(request, "theirs")
