"""What is refused of a tree: each with a pointer into it, before a price is loaded."""

import json

import pytest

from backtester.contract.check import check
from backtester.model.errors import RequestError
from backtester.model.rule_tree import MAX_COMPOSITES, MAX_INDICATORS, MAX_NODES
from tests.support.documents import assert_schema
from tests.support.rule_trees import CASH, HOLD, compared, pick, value

PRICE, AVERAGE, RSI = value("price", "S"), value("average", "S", 200), value("rsi", "S", 10)
TREE = "/parameters/tree"


def problems(tree, **more):
    holdings = [{"symbol": symbol, "allocation": 0.5} for symbol in "AB"]
    request = {"strategy": "rules", "holdings": holdings, "start_date": "2020-01-01", "end_date": "2020-12-31"}
    try:
        check({**request, "parameters": {"tree": tree, **more}}, csv_available=False)
    except RequestError as error:
        document = error.as_document()
        assert_schema(document, "error")
        return [(p["pointer"].removeprefix(TREE), p["code"], p.get("suggestion")) for p in document["errors"]]
    return []


def asked(condition):
    return {"if": condition, "then": HOLD["A"], "else": CASH}


@pytest.mark.parametrize(
    ("tree", "wanted"),
    [
        ({"hold": "a"}, []),
        ({"hold": "C"}, [("/hold", "SYMBOL_NOT_HELD", None)]),
        ({"hold": 5}, [("/hold", "WRONG_TYPE", None)]),
        ({"holds": "A"}, [("/holds", "UNKNOWN_FIELD", "hold")]),
        ({"name": "x"}, [("", "REQUIRED", None)]),
        ([], [("", "WRONG_TYPE", None)]),
        ({"cash": False}, [("/cash", "INVALID_CHOICE", True)]),
        ({"hold": "A", "cash": True}, [("/cash", "UNEXPECTED", None)]),
        ({"hold": "A", "nmae": "x"}, [("/nmae", "UNKNOWN_FIELD", "name")]),
        ({"hold": "A", "name": "x" * 81}, [("/name", "OUT_OF_RANGE", None)]),
        ({"use": "defense"}, [("/use", "INVALID_CHOICE", "defence")]),
        ({"if": compared(RSI, "above", 1), "then": CASH}, [("/else", "REQUIRED", None)]),
        ({"cases": [], "else": CASH}, [("/cases", "OUT_OF_RANGE", None)]),
        (asked(compared(RSI, "exceeds", 70)), [("/if/is", "INVALID_CHOICE", None)]),
        (asked(compared(RSI, "abov", 70)), [("/if/is", "INVALID_CHOICE", "above")]),
        *(
            (asked(compared(PRICE, theirs, AVERAGE)), [("/if/is", "INVALID_CHOICE", ours)])
            for theirs, ours in {
                ">": "above", "gt": "above", "Greater than": "above", "<": "below", "less_than": "below",
                ">=": "at_least", "gte": "at_least", "<=": "at_most", "crosses": None,
            }.items()
        ),
        *(
            (asked(compared(PRICE, "above", value(theirs, "S", 50))), [("/if/right/indicator", "INVALID_CHOICE", ours)])
            for theirs, ours in {
                "sma": "average", "EMA": "exponential_average", "moving-average-price": "average",
                "standard_deviation": "volatility", "max-drawdown": "fall_from_high", "supertrend": None,
            }.items()
        ),
        (pick([HOLD["A"]], "sma", 50), [("/pick/by/indicator", "INVALID_CHOICE", None)]),
        (pick([HOLD["A"]], "moving_average_return", 50), [("/pick/by/indicator", "INVALID_CHOICE", "average_return")]),
        (asked(compared(RSI, "above", "70")), [("/if/right", "WRONG_TYPE", 70)]),
        (asked(compared(value("rsy", "S", 10), "above", 70)), [("/if/left/indicator", "INVALID_CHOICE", "rsi")]),
        (asked(compared(value("rsi", "S"), "above", 70)), [("/if/left/window", "REQUIRED", None)]),
        (asked(compared(value("rsi", "S", 0), "above", 70)), [("/if/left/window", "OUT_OF_RANGE", 1)]),
        (asked(compared(value("rsi", "S", 5001), "above", 70)), [("/if/left/window", "OUT_OF_RANGE", 5000)]),
        (asked(compared(value("volatility", "S", 1), "above", 0)), [("/if/left/window", "OUT_OF_RANGE", 2)]),
        (asked(compared(value("price", "S", 1), "above", AVERAGE)), []),
        (asked(compared(value("price", "S", 2), "above", AVERAGE)), [("/if/left/window", "INVALID_CHOICE", 1)]),
        (asked(compared(value("macd", "S", [26, 12]), "above", 0)), [("/if/left/window/0", "OUT_OF_RANGE", None)]),
        (asked(compared(value("rsi", "S P Y", 3), "above", 0)), [("/if/left/symbol", "INVALID_FORMAT", None)]),
        (asked({"all": []}), [("/if/all", "OUT_OF_RANGE", None)]),
        (asked({"al": [compared(RSI, "above", 1)]}), [("/if/al", "UNKNOWN_FIELD", "all")]),
        (asked({"not": {"not": 3}}), [("/if/not/not", "WRONG_TYPE", None)]),
        (asked(compared(RSI, "above", 70, tolerance=-1)), [("/if/tolerance", "OUT_OF_RANGE", 0)]),
        (asked(compared(RSI, "above", 70, tolerance=0.1, tolerance_absolute=2)),
         [("/if/tolerance_absolute", "UNEXPECTED", None)]),
        (asked(compared(RSI, "above", 70, for_sessions=0)), [("/if/for_sessions", "OUT_OF_RANGE", 1)]),
        (pick([HOLD["A"]], "price", 3), [("/pick/by/indicator", "SCALE_DEPENDENT", None)]),
        (pick([HOLD["A"]], "rsi", 3, order="top"), [("/pick/order", "INVALID_CHOICE", None)]),
        (pick([HOLD["A"]], "rsi", 3, weigh="specified", weights=[1]),
         [("/weigh", "INVALID_CHOICE", None), ("/weights", "UNKNOWN_FIELD", "weigh")]),
        (pick([HOLD["A"]], "rsi", 3, window=5), [("/window", "UNEXPECTED", None)]),
        (pick([HOLD["A"]], "rsi", 3, weigh="inverse_volatility"), [("/window", "REQUIRED", None)]),
        ({"weigh": "equal", "of": [HOLD["A"]], "weights": [1]}, [("/weights", "UNEXPECTED", None)]),
        ({"weigh": "specified", "of": [HOLD["A"]]}, [("/weights", "REQUIRED", None)]),
        ({"weigh": "specified", "of": [HOLD["A"], CASH], "weights": [1]}, [("/weights", "OUT_OF_RANGE", None)]),
        ({"weigh": "specified", "of": [HOLD["A"], CASH], "weights": [0.5, 0.51]},
         [("/weights", "WEIGHT_SUM", [0.495049505, 0.504950495])]),
        ({"weigh": "specified", "of": [HOLD["A"], CASH], "weights": [0.5, 0.504]}, []),
        ({"weigh": "inverse_volatility", "of": [HOLD["A"]], "window": 1}, [("/window", "OUT_OF_RANGE", 2)]),
    ],
    ids=lambda case: json.dumps(case)[:70] if isinstance(case, dict) else "",
)  # fmt: skip
def test_each_fault_is_one_problem_at_its_place(tree, wanted):
    assert problems(tree, definitions={"defence": CASH}) == wanted


@pytest.mark.parametrize(
    ("left", "right", "refused"),
    [
        (PRICE, AVERAGE, False), (PRICE, 100, True), (100, PRICE, True), (PRICE, value("average", "A", 5), True),
        (PRICE, RSI, True), (AVERAGE, value("deviation_of_price", "s", 5), False), (RSI, 30, False),
        (value("macd", "S", [2, 5]), 0, False), (value("macd", "S", [2, 5]), 1, True),
        (0, value("macd", "S", [2, 5]), False),
        (value("macd", "S", [2, 5]), PRICE, False), (value("exponential_average", "S", 5), 0, True),
        (value("z_score", "S", 5), value("z_score", "A", 5), False),
    ],
)  # fmt: skip
def test_amounts_are_compared_with_amounts_of_the_same_symbol_alone(left, right, refused):
    codes = [code for _, code, _ in problems(asked(compared(left, "above", right)))]
    assert codes == (["SCALE_DEPENDENT"] if refused else [])


def test_an_absolute_tolerance_of_prices_is_refused():
    found = problems(asked(compared(PRICE, "above", AVERAGE, tolerance_absolute=2)))
    assert found == [("/if/tolerance_absolute", "SCALE_DEPENDENT", None)]


def test_definitions_that_use_each_other_are_refused_at_the_use():
    found = problems({"use": "a"}, definitions={"a": {"use": "b"}, "b": {"weigh": "equal", "of": [{"use": "a"}]}})
    assert [(code, pointer) for pointer, code, _ in found] == [("CIRCULAR_USE", "/parameters/definitions/a/use")]
    own = problems(CASH, definitions={"a/b": {"use": "a/b"}})
    assert [(code, pointer) for pointer, code, _ in own] == [("CIRCULAR_USE", "/parameters/definitions/a~1b/use")]


def test_else_needs_a_root_that_has_one():
    assert problems(HOLD["A"], when_unknown="else") == [("/parameters/when_unknown", "UNEXPECTED", None)]
    tree = {"use": "d"}
    assert problems(tree, when_unknown="else", definitions={"d": asked(compared(RSI, "above", 1))}) == []


def doubled(levels):
    """2^levels leaves out of a few lines."""
    definitions = {"d0": HOLD["A"]}
    for n in range(1, levels + 1):
        definitions[f"d{n}"] = {"weigh": "equal", "of": [{"use": f"d{n - 1}"}] * 2}
    return {"tree": {"use": f"d{levels}"}, "definitions": definitions}


def test_nodes_are_counted_with_every_definition_in_its_place():
    assert problems(**doubled(11)) == []  # 2^12 - 1 nodes
    assert problems(**doubled(12)) == [("", "OUT_OF_RANGE", None)]
    assert problems(**doubled(4000)) == [("", "OUT_OF_RANGE", None)]


def test_the_most_nodes_and_no_more():
    def tree(leaves):
        lists = [{"weigh": "equal", "of": [CASH] * min(500, leaves - at)} for at in range(0, leaves, 500)]
        return {"weigh": "equal", "of": lists}

    assert problems(tree(MAX_NODES - 11)) == []
    assert problems(tree(MAX_NODES - 10)) == [("", "OUT_OF_RANGE", None)]


def test_the_most_indicators_and_no_more():
    def tree(count):
        return asked({"all": [compared(value("rsi", "S", n % 500 + 1), "above", -n) for n in range(count)]})

    assert problems(tree(MAX_INDICATORS)) == []
    more = {"any": [tree(MAX_INDICATORS)["if"], compared(value("return", "S", 1), "above", 1)]}
    assert problems(asked(more)) == [("", "OUT_OF_RANGE", None)]
    ranked = {"if": tree(MAX_INDICATORS)["if"], "then": pick([HOLD["A"]], "return", 3), "else": CASH}
    assert problems(ranked) == [("", "OUT_OF_RANGE", None)]


def test_the_most_composites_and_no_more():
    half = {"weigh": "equal", "of": [HOLD["A"], CASH]}

    def tree(count):
        return pick([*([half] * count), HOLD["A"], CASH, {"use": "a"}], "return", 3)

    assert problems(tree(MAX_COMPOSITES), definitions={"a": HOLD["A"]}) == []
    assert problems(tree(MAX_COMPOSITES + 1), definitions={"a": HOLD["A"]}) == [("", "OUT_OF_RANGE", None)]


def test_a_document_of_too_many_objects_is_not_looked_at_further():
    many = {"any": [{"any": [{"nonsense": 1}] * 500}] * 200}
    assert problems(asked(many)) == [("", "OUT_OF_RANGE", None)]


def test_symbols_and_whole_numbers_are_normalised():
    tree = {"if": compared(value("rsi", "spy", 10.0), "above", 70), "then": {"hold": "a"}, "else": {"use": "d"}}
    holdings = [{"symbol": "a", "allocation": 1}]
    request = {"strategy": "rules", "holdings": holdings, "start_date": "2020-01-01", "end_date": "2020-12-31"}
    parameters = {"tree": tree, "definitions": {"d": {"hold": "a", "name": "Rest"}}}
    made = check({**request, "parameters": parameters}, csv_available=False).request["parameters"]
    assert made["tree"]["if"]["left"] == {"indicator": "rsi", "symbol": "SPY", "window": 10}
    assert isinstance(made["tree"]["if"]["left"]["window"], int)
    assert made["definitions"] == {"d": {"hold": "A", "name": "Rest"}}
    assert made["when_unknown"] == "allocations"
