"""Symphonies written for these tests: each kind of block, and each refusal at its place."""

import json

import pytest

from backtester.codec.decode import MAX_DEPTH, decode
from backtester.contract.check import check
from backtester.contract.composer.symphony import convert
from backtester.contract.composer.symphony_words import as_symbol
from backtester.model.errors import RequestError
from tests.support.runner import run_runner

QQQ, TLT = {"step": "asset", "ticker": "QQQ", "id": "1"}, {"step": "asset", "ticker": "TLT", "name": "Bonds"}
PERIOD = {"start_date": "2015-01-02", "end_date": "2020-12-31"}
RSI = {"lhs-fn": "relative-strength-index", "lhs-window-days": "10", "lhs-val": "SPY"}
BINARY = {
    "condition-type": "binary", "comparator": "gt", "rhs": {"constant": 79.0},
    "lhs": {"fn": "relative-strength-index", "ticker": "SMH", "params": {"window": 10}},
}  # fmt: skip
FIXED = {"comparator": "gt", "rhs-fixed-value?": True, "rhs-val": "79.5"}


def symphony(*children, **more):
    return {"step": "root", "id": "r", "name": "N", "rebalance": "daily", "children": list(children), **more}


def block(step, *children, **more):
    return {"step": step, "id": "b", "children": list(children), **more}


def asks(then=QQQ, **condition):
    return {"step": "if-child", "is-else-condition?": False, "children": [then], **condition}


def otherwise(then=TLT):
    return {"step": "if-child", "is-else-condition?": True, "children": [then]}


def request_of(*children, **more):
    made = convert(symphony(*children, **more), **PERIOD)
    check(made, csv_available=False)
    return made


def tree_of(*children, **more):
    return request_of(*children, **more)["parameters"]["tree"]


def weighed(one, num, den=100):
    return {**one, "weight": {"num": num, "den": den}}


def test_the_request_around_a_tree():
    made = request_of(block("wt-cash-equal", QQQ, TLT))
    assert made == {
        "strategy": "rules", **PERIOD, "execution": {"timing": "same_close"},
        "holdings": [{"symbol": "QQQ", "allocation": 0.5}, {"symbol": "TLT", "allocation": 0.5}],
        "parameters": {
            "tree": {"weigh": "equal", "of": [{"hold": "QQQ"}, {"hold": "TLT"}]}, "rebalance_frequency": "daily"
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [*((same, same) for same in ("daily", "weekly", "monthly", "quarterly")), ("yearly", "annually")],
)
def test_frequencies(theirs, ours):
    assert request_of(QQQ, rebalance=theirs)["parameters"]["rebalance_frequency"] == ours


def test_a_corridor_is_a_band_checked_at_every_close():
    made = request_of(QQQ, **{"rebalance": "none", "rebalance-corridor-width": 0.075})
    assert made["rebalancing"] == {"absolute_band": 0.075, "bands_checked": "at_frequency"}
    assert made["parameters"]["rebalance_frequency"] == "daily"


def test_weightings():
    parts = block("wt-cash-specified", weighed(QQQ, "60"), weighed(block("empty"), 40.0))
    assert tree_of(parts) == {"weigh": "specified", "of": [{"hold": "QQQ"}, {"cash": True}], "weights": [0.6, 0.4]}
    risk = block("wt-inverse-vol", QQQ, TLT, **{"window-days": "20"})
    assert tree_of(risk) == {"weigh": "inverse_volatility", "window": 20, "of": [{"hold": "QQQ"}, {"hold": "TLT"}]}


def test_a_group_names_what_is_in_it():
    assert tree_of(block("group", block("wt-cash-equal", QQQ), name=" Risk on ")) == {"hold": "QQQ", "name": "Risk on"}


def test_a_filter():
    picked = {"sort-by-fn": "cumulative-return", "sort-by-fn-params": {"window": 20}}
    picked |= {"select-fn": "bottom", "select-n": "1"}
    by = {"by": {"indicator": "return", "window": 20}, "order": "lowest", "count": 1}
    assert tree_of(block("filter", QQQ, TLT, **picked)) == {"pick": by, "of": [{"hold": "QQQ"}, {"hold": "TLT"}]}


def test_conditions_and_percentages():
    fall = {"lhs-fn": "max-drawdown", "lhs-fn-params": {"window": 5}, "lhs-val": "CRYPTO::BTC//USD"}
    fall |= {"comparator": "lte", "rhs-fixed-value?": True, "rhs-val": -6}
    made = tree_of(block("if", asks(**RSI, **FIXED), asks(block("empty"), **fall), otherwise()))
    assert made == {
        "cases": [
            {"if": {"left": {"indicator": "rsi", "window": 10, "symbol": "SPY"}, "is": "above", "right": 79.5},
             "then": {"hold": "QQQ"}},
            {"if": {"left": {"indicator": "fall_from_high", "window": 5, "symbol": "BTC-USD"}, "is": "at_most",
                    "right": -0.06}, "then": {"cash": True}},
        ],
        "else": {"hold": "TLT"},
    }  # fmt: skip


def test_a_comparison_of_two_indicators():
    condition = {
        "lhs-fn": "current-price", "lhs-val": "SPY", "comparator": "lt", "rhs-fn": "moving-average-price",
        "rhs-window-days": 200, "rhs-val": "SPY",
    }  # fmt: skip
    asked = tree_of(block("if", asks(**condition), otherwise()))["if"]
    assert asked == {
        "left": {"indicator": "price", "symbol": "SPY"}, "is": "below",
        "right": {"indicator": "average", "window": 200, "symbol": "SPY"},
    }  # fmt: skip


def test_a_structured_condition_takes_the_place_of_the_flat_one():
    each = {
        "condition-type": "binary-compound", "operator": "any", "tickers": ["XLY", "BRK/B"], "comparator": "lt",
        "lhs": {"fn": "cumulative-return", "ticker": "%", "params": {"window": 5}}, "rhs": {"constant": -2.5},
    }  # fmt: skip
    compound = {"condition-type": "compound", "operator": "all", "conditions": [BINARY, each]}
    asked = tree_of(block("if", asks(**RSI, **FIXED, condition=compound), otherwise()))["if"]
    fell = [
        {"left": {"indicator": "return", "window": 5, "symbol": symbol}, "is": "below", "right": -0.025}
        for symbol in ("XLY", "BRK-B")
    ]
    assert asked == {
        "all": [
            {"left": {"indicator": "rsi", "window": 10, "symbol": "SMH"}, "is": "above", "right": 79},
            {"any": fell},
        ]
    }


def test_a_question_in_an_else_joins_the_cases():
    inner = block("if", asks(block("empty"), **RSI, **FIXED), otherwise())
    made = tree_of(block("if", asks(**RSI, **FIXED), otherwise(block("wt-cash-equal", inner))))
    assert len(made["cases"]) == 2
    assert made["else"] == {"hold": "TLT"}


@pytest.mark.parametrize("levels", [3, 40, 90])
def test_a_deep_symphony_keeps_under_the_nesting_limit_and_means_the_same(levels):
    node = TLT
    for level in range(levels):
        condition = {**RSI, "lhs-window-days": str(level + 2)}
        node = block("wt-cash-equal", block("if", asks(node, **condition, **FIXED), otherwise(QQQ)), QQQ)
    made = request_of(node)
    decode(json.dumps(made).encode(), max_bytes=10**7)  # at most MAX_DEPTH levels
    definitions = made["parameters"].get("definitions", {})
    assert bool(definitions) == (levels * 3 > MAX_DEPTH)

    def whole(one):
        if isinstance(one, dict):
            return whole(definitions[one["use"]]) if "use" in one else {key: whole(part) for key, part in one.items()}
        return [whole(part) for part in one] if isinstance(one, list) else one

    tree, seen = whole(made["parameters"]["tree"]), []
    while "weigh" in tree:
        asked = tree["of"][0]
        seen.append(asked["if"]["left"]["window"])
        tree = asked["then"]
    assert seen == [*range(levels + 1, 1, -1)]
    assert tree == {"hold": "TLT"}


@pytest.mark.parametrize(
    ("ticker", "symbol"),
    [
        ("BRK/B", "BRK-B"), ("EQUITIES::TQQQ//USD", "TQQQ"), ("CRYPTO::BTC//USD", "BTC-USD"), ("spy", "SPY"),
        ("EQUITIES::BRK/B//USD", "BRK-B"), ("CRYPTO::BTC//EUR", None), ("OPTIONS::X//USD", None), ("A B", None),
        ("", None),
        (None, None), ("A/B/C", None),
    ],
)  # fmt: skip
def test_tickers(ticker, symbol):
    assert as_symbol(ticker) == symbol


IF = "/children/0/children/0"
RANKED = block("filter", QQQ, TLT, **{"sort-by-fn": "standard-deviation-return", "sort-by-window-days": 20,
                                      "select-fn": "top", "select-n": 1})  # fmt: skip


@pytest.mark.parametrize(
    ("children", "more", "wanted"),
    [
        ([block("wt-market-cap", QQQ)], {}, [("/children/0/step", "INVALID_CHOICE")]),
        ([{"ticker": "QQQ"}], {}, [("/children/0/step", "REQUIRED")]),
        ([QQQ, TLT], {}, [("/children/1", "UNEXPECTED")]),
        ([], {}, [("/children", "REQUIRED")]),
        (["QQQ"], {}, [("/children/0", "WRONG_TYPE")]),
        ([block("empty")], {}, [("", "INVALID_VALUE")]),
        ([{**QQQ, "ticker": "Q Q"}], {}, [("/children/0/ticker", "INVALID_FORMAT")]),
        ([{**QQQ, "leverage": 3}], {}, [("/children/0/leverage", "UNKNOWN_FIELD")]),
        ([QQQ], {"rebalance": "hourly"}, [("/rebalance", "INVALID_CHOICE")]),
        ([QQQ], {"rebalance": "none"}, [("/rebalance-corridor-width", "REQUIRED")]),
        ([QQQ], {"rebalance": "none", "rebalance-corridor-width": 5}, [("/rebalance-corridor-width", "OUT_OF_RANGE")]),
        ([block("wt-cash-specified", QQQ)], {}, [("/children/0/children/0/weight", "REQUIRED")]),
        ([block("wt-cash-specified", weighed(QQQ, 60))], {}, [("/children/0/children", "WEIGHT_SUM")]),
        ([block("wt-inverse-vol", QQQ)], {}, [("/children/0/window-days", "REQUIRED")]),
        ([block("wt-inverse-vol", QQQ, **{"window-days": "10.5"})], {}, [("/children/0/window-days", "WRONG_TYPE")]),
        ([block("filter", QQQ, **{"sort-by-fn": "moving-average-price", "sort-by-window-days": 5, "select-fn": "top",
                                  "select-n": 1})], {}, [("/children/0/sort-by-fn", "SCALE_DEPENDENT")]),
        ([block("filter", QQQ, **{"sort-by-fn": "cumulative-return", "sort-by-window-days": 5, "select-fn": "topp",
                                  "select-n": "x", "select?": False})], {},
         [("/children/0/select?", "INVALID_CHOICE"), ("/children/0/select-fn", "INVALID_CHOICE"),
          ("/children/0/select-n", "WRONG_TYPE")]),
        ([block("if", asks(**RSI, **FIXED))], {}, [("/children/0/children", "REQUIRED")]),
        ([block("if", asks(**RSI, **FIXED), otherwise(), otherwise())], {}, [("/children/0/children/2", "UNEXPECTED")]),
        ([block("if", asks(**RSI, **{**FIXED, "comparator": "eq"}), otherwise())], {},
         [(f"{IF}/comparator", "INVALID_CHOICE")]),
        ([block("if", asks(), otherwise())], {},
         [(f"{IF}/comparator", "REQUIRED"), (f"{IF}/lhs-fn", "REQUIRED"), (f"{IF}/lhs-val", "INVALID_FORMAT"),
          (f"{IF}/rhs-fn", "REQUIRED"), (f"{IF}/rhs-val", "INVALID_FORMAT")]),
        ([block("if", asks(condition={}), otherwise())], {}, [(f"{IF}/condition/condition-type", "REQUIRED")]),
        ([block("if", asks(condition={**BINARY, "window": 3}), otherwise())], {},
         [(f"{IF}/condition/window", "UNKNOWN_FIELD")]),
        ([block("if", asks(condition={**BINARY, "rhs": {"constant": "x"}}), otherwise())], {},
         [(f"{IF}/condition/rhs/constant", "WRONG_TYPE")]),
        ([block("if", asks(condition={**BINARY, "lhs": {"fn": "current-price", "ticker": "SPY"}}), otherwise())], {},
         [(f"{IF}/condition/lhs", "SCALE_DEPENDENT")]),
        ([block("if", asks(condition={"condition-type": "compound", "operator": "xor", "conditions": [3]}),
                otherwise())], {},
         [(f"{IF}/condition/operator", "INVALID_CHOICE"), (f"{IF}/condition/conditions/0", "WRONG_TYPE")]),
        ([block("if", asks(condition={"condition-type": "binary-compound", **BINARY, "operator": "any"}), otherwise())],
         {}, [(f"{IF}/condition/operator", "UNKNOWN_FIELD")]),
        ([block("if", asks(**{**RSI, "lhs-fn-params": {"window": 11}}, **FIXED), otherwise())], {},
         [(f"{IF}/lhs-window-days", "INVALID_VALUE")]),
        ([block("if", asks(**{**RSI, "lhs-fn": "current-price"}, **FIXED), otherwise())], {},
         [(f"{IF}/lhs-fn", "SCALE_DEPENDENT")]),
        ([block("if", asks(**RSI, comparator="gt", **{"rhs-fn": "cumulative-return", "rhs-window-days": 3,
                                                      "rhs-val": "SPY"}), otherwise())], {},
         [(f"{IF}/lhs-fn", "INVALID_VALUE")]),
        ([block("if", asks(**RSI, **{**FIXED, "rhs-val": "SPY"}), otherwise())], {}, [(f"{IF}/rhs-val", "WRONG_TYPE")]),
        ([block("if", asks(**{**RSI, "lhs-fn": "lower-bollinger"}, **FIXED), otherwise())], {},
         [(f"{IF}/lhs-fn", "INVALID_CHOICE")]),
        ([RANKED | {"sort-by-window-days": 1}], {}, [("/children/0/sort-by-window-days", "OUT_OF_RANGE")]),
        ([RANKED | {"sort-by-window-days": "5001"}], {}, [("/children/0/sort-by-window-days", "OUT_OF_RANGE")]),
        ([RANKED | {"sort-by-fn-params": {"window": 0}}], {},
         [("/children/0/sort-by-window-days", "INVALID_VALUE"),
          ("/children/0/sort-by-fn-params/window", "OUT_OF_RANGE")]),
        ([RANKED | {"select-n": 501}], {}, [("/children/0/select-n", "OUT_OF_RANGE")]),
        ([block("wt-inverse-vol", QQQ, **{"window-days": 1})], {}, [("/children/0/window-days", "OUT_OF_RANGE")]),
        ([block("wt-cash-equal", *[QQQ] * 501)], {}, [("/children/0/children", "OUT_OF_RANGE")]),
        ([block("if", asks(**{**RSI, "lhs-window-days": 6000}, **FIXED), otherwise())], {},
         [(f"{IF}/lhs-window-days", "OUT_OF_RANGE")]),
        ([block("if", asks(**RSI, **{**FIXED, "rhs-val": "2000000000"}), otherwise())], {},
         [(f"{IF}/rhs-val", "OUT_OF_RANGE")]),
        ([block("if", asks(condition={**BINARY, "lhs": {"fn": "standard-deviation-return", "ticker": "SPY",
                                                        "params": {"window": 1}}}), otherwise())], {},
         [(f"{IF}/condition/lhs/params/window", "OUT_OF_RANGE")]),
        ([block("if", asks(condition={**BINARY, "rhs": {"constant": -2e9}}), otherwise())], {},
         [(f"{IF}/condition/rhs/constant", "OUT_OF_RANGE")]),
        ([block("if", asks(condition={"condition-type": "compound", "operator": "any", "conditions": [BINARY] * 501}),
                otherwise())], {}, [(f"{IF}/condition/conditions", "OUT_OF_RANGE")]),
    ],
)  # fmt: skip
def test_what_is_not_known_is_refused_at_its_place(children, more, wanted):
    with pytest.raises(RequestError) as raised:
        convert(symphony(*children, **more), **PERIOD)
    assert [(problem.pointer, problem.code) for problem in raised.value.problems] == wanted


@pytest.mark.parametrize("strange", [None, 3, [], {}, {"step": "asset"}, {"symphony": {}}])
def test_what_is_no_symphony_is_refused(strange):
    with pytest.raises(RequestError, match="1 problem"):
        convert(strange, **PERIOD)


def test_the_command_writes_a_request_that_runs(tmp_path):
    path = tmp_path / "symphony.json"
    aapl = {"step": "asset", "ticker": "EQUITIES::AAPL//USD"}
    asked = asks(aapl, **{**RSI, "lhs-val": "AAPL"}, **FIXED)
    path.write_text(json.dumps(symphony(block("if", asked, otherwise(aapl)))))
    period = ("--start", "2012-01-03", "--end", "2013-12-31")
    made = run_runner(b"", "convert", "composer", str(path), *period)
    assert (made.exit, "same_close" in made.stderr) == (0, True)
    run = run_runner(made.document)
    assert (run.exit, run.stderr, run.document["success"]) == (0, "", True)


def test_the_command_refuses_with_the_error_document(tmp_path):
    path = tmp_path / "symphony.json"
    path.write_text(json.dumps(symphony(block("wt-market-cap", QQQ))))
    made = run_runner(b"", "convert", "composer", str(path))
    assert (made.exit, made.stderr) == (2, "")
    assert made.document["errors"][0]["pointer"] == "/children/0/step"
    assert run_runner(b"", "convert", "composer", str(tmp_path / "none.json")).document["code"] == "INVALID_JSON"
    assert run_runner(b"[" * 5000, "convert", "composer").document["code"] == "INVALID_JSON"


def many_indicators(count):
    """Return a symphony that is valid at every place, with too many indicators for one tree."""
    asked = [asks(**{**RSI, "lhs-window-days": 2 + n}, **FIXED) for n in range(count)]
    return [block("wt-cash-equal", *(block("if", *asked[n : n + 400], otherwise()) for n in range(0, count, 400)))]


MANY_SYMBOLS = [
    block("wt-cash-equal", *(block("wt-cash-equal", *({**QQQ, "ticker": f"T{n}X{k}"} for k in range(300)))
                             for n in range(2)))
]  # fmt: skip


@pytest.mark.parametrize(
    ("children", "period", "pointer"),
    [
        (many_indicators(600), [], ""),
        (MANY_SYMBOLS, [], ""),
        ([QQQ], ["--start", "2020-13-01"], "/start_date"),
        ([QQQ], ["--start", "2020-01-01", "--end", "2019-01-01"], "/end_date"),
    ],
)  # fmt: skip
def test_what_the_request_is_refused_for_points_into_the_symphony_or_to_the_dates(children, period, pointer):
    made = run_runner(json.dumps(symphony(*children)).encode(), "convert", "composer", *period)
    assert made.exit == 2
    assert [problem["pointer"] for problem in made.document["errors"]] == [pointer]
    assert ("`--start` and `--end`" in made.document["remedy"]) is (pointer != "")
