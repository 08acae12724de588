"""Trees whose decisions were worked out on paper."""

import numpy as np
import pytest

from backtester.codec.rule_trace import counts, paths
from backtester.model.errors import RequestError
from backtester.strategies import rules
from tests.support.rule_trees import CASH, HOLD, compared, decide, from_returns, held, pick, value

FLAT = [50.0] * 9
UP = {"A": FLAT, "B": FLAT}


def switch(condition):
    return {"if": condition, "then": HOLD["A"], "else": HOLD["B"]}


def test_for_sessions_asks_for_each_of_the_last_sessions():
    signal = from_returns([0.1, 0.1, 0.1, -0.3, 0.1, 0.1, 0.1, 0.1])
    rises = compared(value("return", "S", 1), "above", 0, for_sessions=3)
    found = decide(UP, switch(rises), [*range(9)], signals={"S": signal})
    # before the third return there is no third session to ask; the fall is forgotten after three sessions
    assert held(found) == ["?", "?", "?", "A", "B", "B", "B", "A", "A"]


RETURNS = [0.01, -0.01, -0.03, 0.01, 0.03, 0.02, -0.02, -0.021]


@pytest.mark.parametrize(
    ("relation", "wanted"),
    # 1 % is above 0 at the first decision; -1 % lies in the band; -3 % leaves it; 1 % lies in it; 3 % leaves it;
    # 2 % and -2 % are its edges; -2.1 % leaves it
    [("above", "AABBAAAB"), ("at_least", "AABBAAAB"), ("below", "BBAABBBA"), ("at_most", "BBAABBBA")],
)
def test_a_band_keeps_what_was_until_it_is_left(relation, wanted):
    banded = compared(value("return", "S", 1), relation, 0, tolerance_absolute=0.02)
    found = decide(UP, switch(banded), [*range(1, 9)], signals={"S": from_returns(RETURNS)})
    assert "".join(held(found)) == wanted


def test_a_relative_band_is_of_the_size_of_right():
    # RSI(1) is 100 after a rise and 0 after a fall, 50 after neither; the band of 0.9 about 50 is 5 to 95
    signal = [100.0, 101, 101, 100, 100, 101, 101, 101, 101]
    banded = compared(value("rsi", "S", 1), "above", 50, tolerance=0.9)
    found = decide(UP, switch(banded), [*range(1, 9)], signals={"S": signal})
    assert "".join(held(found)) == "AABBAAAA"


def test_a_state_goes_on_while_another_rule_is_in_force():
    signal = from_returns(RETURNS)
    banded = compared(value("return", "S", 1), "above", 0, tolerance_absolute=0.02)
    crash = compared(value("return", "S", 1), "below", -0.025)  # at the third return alone
    tree = {"cases": [{"if": crash, "then": CASH}, {"if": banded, "then": HOLD["A"]}], "else": HOLD["B"]}
    assert "".join(held(decide(UP, tree, [*range(1, 9)], signals={"S": signal}))) == "AA-BAAAB"


def test_a_state_goes_on_between_the_decisions():
    banded = switch(compared(value("return", "S", 1), "above", 0, tolerance_absolute=0.02))
    found = decide(UP, banded, [1, 4, 7], signals={"S": from_returns(RETURNS)})
    assert held(found) == ["A", "B", "A"]  # the falls and rises in between were seen


def test_of_equal_children_the_earlier_in_the_tree_comes_first():
    same = from_returns([0.1, -0.05, 0.2])
    scaled = [close * 3 for close in same]  # the same returns but for rounding
    closes = {"A": same, "B": scaled, "C": from_returns([0.0, 0.0, 0.0])}
    for of, wanted in ((["A", "B", "C"], "A"), (["B", "A", "C"], "B"), (["C", "B", "A"], "B")):
        assert held(decide(closes, pick([HOLD[s] for s in of], "return", 3), [3])) == [wanted]


def test_children_that_did_not_move_share_all():
    closes = {"A": from_returns([0.1, -0.1, 0.2]), "B": [7.0] * 4, "C": [9.0] * 4}
    mix = {"weigh": "inverse_volatility", "window": 3, "of": [HOLD["A"], HOLD["B"], HOLD["C"]]}
    assert decide(closes, mix, [3]).weights.tolist() == [[0.0, 0.5, 0.5]]
    assert decide(closes, {**mix, "of": [HOLD["A"], CASH]}, [3]).weights.tolist() == [[0.0, 0.0, 0.0]]


def test_inverse_volatility_on_paper():
    # returns of A: 1 %, 3 %; of B: 2 %, 8 %: deviations of √2 % and 3√2 %, so the weights are 3 to 1
    closes = {"A": from_returns([0.01, 0.03]), "B": from_returns([0.02, 0.08])}
    mix = {"weigh": "inverse_volatility", "window": 2, "of": [HOLD["A"], HOLD["B"]]}
    assert decide(closes, mix, [2]).weights[0] == pytest.approx([0.75, 0.25], rel=1e-12)


def test_a_composite_is_measured_on_its_own_growth():
    # half of A, half of B, rebalanced at each close: 1.05 · 0.95 - 1 = -0.25 %, whatever was held before
    closes = {"A": from_returns([0.5, 0.1, -0.1]), "B": from_returns([0.5, 0.0, 0.0])}
    half = {"weigh": "equal", "of": [HOLD["A"], HOLD["B"]]}
    for other, wanted in ((-0.0024, "C"), (-0.0026, "*")):
        of_c = from_returns([0.0, other, 0.0])
        found = decide({**closes, "C": of_c}, pick([half, HOLD["C"]], "return", 2), [3])
        assert held(found) == [wanted]
        assert found.seen["/parameters/tree/of/0 return(2)"] == pytest.approx([-0.0025], rel=1e-12)


@pytest.mark.parametrize("name", ["Group", "A", "cash"])
def test_children_of_one_name_are_seen_by_their_pointers(name):
    """Groups of an editor often have one name, or that of a holding: the values of each are seen."""
    closes = {"A": from_returns([0.5, 0.1, -0.1]), "B": from_returns([0.5, 0.0, 0.0])}
    half = {"weigh": "equal", "of": [HOLD["A"], HOLD["B"]], "name": name}
    most = {"weigh": "specified", "weights": [0.75, 0.25], "of": [HOLD["A"], HOLD["B"]], "name": name}
    found = decide(closes, pick([half, most, HOLD["A"], CASH], "return", 1), [3]).seen
    wanted = {
        "/parameters/tree/of/0 return(1)": -0.05, "/parameters/tree/of/1 return(1)": -0.075, "A return(1)": -0.1,
        "cash return(1)": 0.0,
    }  # fmt: skip
    assert {key: values[0] for key, values in found.items()} == pytest.approx(wanted, rel=1e-12)
    alone = decide(closes, pick([half, HOLD["B"]], "return", 1), [3]).seen
    assert set(alone) == {f"{name} return(1)", "B return(1)"}


def test_a_child_with_the_name_of_a_symbol_that_a_condition_compares_is_seen_by_its_pointer():
    closes = {"A": from_returns([0.5, 0.1, -0.1]), "B": from_returns([0.5, 0.0, 0.0])}
    half = {"weigh": "equal", "of": [HOLD["A"], HOLD["B"]], "name": "A"}
    falls = compared(value("return", "A", 1), "below", 0)
    found = decide(closes, {"if": falls, "then": pick([half, HOLD["B"]], "return", 1), "else": CASH}, [3]).seen
    wanted = {"A return(1)": -0.1, "/parameters/tree/then/of/0 return(1)": -0.05, "B return(1)": 0.0}
    assert {key: values[0] for key, values in found.items()} == pytest.approx(wanted, rel=1e-12)


def test_a_composite_earns_what_it_would_have_chosen():
    # the winner of one session is held for the next: at row 1 A, which then loses 10 %; at row 2 B, which gains 1 %
    closes = {"A": from_returns([0.05, -0.1, 0.0]), "B": from_returns([0.0, 0.02, 0.01])}
    winner = pick([HOLD["A"], HOLD["B"]], "return", 1)
    found = decide(closes, pick([winner, CASH], "return", 2), [3])
    assert found.seen["/parameters/tree/of/0 return(2)"] == pytest.approx([0.9 * 1.01 - 1], rel=1e-12)
    assert held(found) == ["-"]


def test_the_unknown_in_all_any_and_not():
    signal = [np.nan, np.nan, 100.0, 101.0]
    unknown, true, false = (
        compared(value("return", "S", 1), "above", 0), compared(1, "above", 0), compared(0, "above", 1)
    )  # fmt: skip
    for condition, wanted in (
        ({"all": [unknown, true]}, "?"), ({"all": [unknown, false]}, "B"), ({"any": [unknown, true]}, "A"),
        ({"any": [unknown, false]}, "?"), ({"not": unknown}, "?"), ({"not": false}, "A"), ({"all": [true, true]}, "A"),
    ):  # fmt: skip
        closes = {name: column[:4] for name, column in UP.items()}
        found = decide(closes, switch(condition), [1, 3], signals={"S": signal})
        assert held(found)[0] == wanted, condition


LATE = {"A": [np.nan, np.nan, 10.0, 11.0, 12.0], "B": [10.0, 11.0, 12.0, 13.0, 13.0]}


def test_a_holding_without_a_price_is_unknown_and_a_ranking_leaves_it_out():
    assert held(decide(LATE, HOLD["A"], [1, 2])) == ["?", "A"]
    assert held(decide(LATE, {"weigh": "equal", "of": [HOLD["A"], CASH]}, [1, 2])) == ["?", "*"]
    ranked = pick([HOLD["A"], HOLD["B"]], "return", 1, count=2)
    assert decide(LATE, ranked, [0, 2, 3]).weights.tolist()[1:] == [[0.0, 1.0], [0.5, 0.5]]
    assert held(decide(LATE, ranked, [0])) == ["?"]  # none is left


def test_an_unknown_case_before_a_true_one_makes_the_node_unknown():
    unknown, true = compared(value("return", "A", 1), "above", 0), compared(1, "above", 0)
    tree = {"cases": [{"if": unknown, "then": HOLD["B"]}, {"if": true, "then": CASH}], "else": CASH}
    assert held(decide(LATE, tree, [1, 3])) == ["?", "B"]
    after = {"cases": [tree["cases"][1], tree["cases"][0]], "else": CASH}
    assert held(decide(LATE, after, [1, 3])) == ["-", "-"]


def test_what_is_held_while_the_root_is_unknown():
    tree = {"if": compared(value("return", "A", 1), "above", 0), "then": HOLD["A"], "else": HOLD["B"]}
    assert held(decide(LATE, tree, [1, 3])) == ["?", "A"]
    assert held(decide(LATE, tree, [1, 3], when_unknown="cash")) == ["-", "A"]
    assert held(decide(LATE, tree, [1, 3], when_unknown="else")) == ["B", "A"]
    assert held(decide(LATE, {**tree, "else": HOLD["A"]}, [1, 3], when_unknown="else")) == ["?", "A"]


@pytest.mark.parametrize("instead", ["allocations", "cash", "else"])
def test_a_decision_is_unknown_whatever_is_held_instead(instead):
    tree = {"if": compared(value("return", "A", 1), "above", 0), "then": HOLD["A"], "else": HOLD["B"]}
    found = counts(decide(LATE, tree, [-1, 1, 3], when_unknown=instead).trace)
    assert (found["decisions"], found["unknown"]) == (3, 2)


def test_no_session_before_the_first_decision():
    assert held(decide(LATE, HOLD["B"], [-1, 0])) == ["?", "B"]
    assert held(decide(LATE, HOLD["B"], [-1], when_unknown="cash")) == ["-"]


def test_specified_weights_are_scaled_with_a_warning():
    mix = {"weigh": "specified", "weights": [0.3, 0.702], "of": [HOLD["A"], HOLD["B"]]}
    found = decide(LATE, mix, [3])
    assert found.weights[0] == pytest.approx([0.3 / 1.002, 0.702 / 1.002], rel=1e-15)
    (warning,) = found.warnings
    assert (warning.code, warning.pointer) == ("ALLOCATIONS_NORMALISED", "/parameters/tree/weights")
    assert decide(LATE, {**mix, "weights": [0.3, 0.7]}, [3]).warnings == ()


def test_the_trace_says_which_way_it_went():
    rising = compared(value("return", "B", 1), "above", 0)
    rest = {"weigh": "equal", "of": [{"hold": "B", "name": "b"}, CASH], "name": "rest"}
    tree = {"if": rising, "then": {"use": "rest", "name": "calm"}, "else": {"use": "rest"}}
    trace = decide(LATE, tree, [0, 3, 4], definitions={"rest": rest}).trace
    assert paths(trace, np.arange(3)) == [
        [], ["/parameters/tree", "calm", "b", "/parameters/definitions/rest/of/1"],
        ["/parameters/tree", "rest", "b", "/parameters/definitions/rest/of/1"],
    ]  # fmt: skip
    leaves = [(leaf["name"], leaf["holds"], leaf["decisions"]) for leaf in counts(trace)["leaves"]]
    assert leaves == [("b", "B", 2), (None, "cash", 2)]
    assert (counts(trace)["decisions"], counts(trace)["unknown"]) == (3, 1)
    assert trace.unknown.tolist() == [True, False, False]


def test_siblings_of_one_name_are_in_a_path_by_their_pointers():
    rising = compared(value("return", "B", 1), "above", 0)
    tree = {"if": rising, "then": {"hold": "A", "name": "n"}, "else": {"hold": "B", "name": "n"}, "name": "top"}
    trace = decide(LATE, tree, [3, 4]).trace
    assert paths(trace, np.arange(2)) == [["top", "/parameters/tree/then"], ["top", "/parameters/tree/else"]]
    assert [leaf["name"] for leaf in counts(trace)["leaves"]] == ["n", "n"]


def test_a_leaf_counts_every_use_that_has_its_name_and_a_decision_once():
    rising, named = compared(value("return", "B", 1), "above", 0), {"use": "x", "name": "n"}
    tree = {"cases": [{"if": rising, "then": named}], "else": {"weigh": "equal", "of": [named, named, CASH]}}
    trace = decide(LATE, tree, [1, 2, 3, 4], definitions={"x": HOLD["B"]}).trace
    leaves = [(leaf["name"], leaf["holds"], leaf["decisions"]) for leaf in counts(trace)["leaves"]]
    down = sum("/parameters/tree/else" in path for path in paths(trace, np.arange(4)))
    assert 0 < down < 4
    assert leaves == [("n", "B", 4), (None, "cash", down)]


def test_the_warm_up_is_that_of_the_longest_indicator_below():
    def needed(tree):
        return rules.warm_up({"tree": tree, "definitions": {}, "when_unknown": "cash"}).sessions

    rsi = switch(compared(value("rsi", "A", 10), "above", 50, for_sessions=4))
    assert needed(HOLD["A"]) == 0
    assert needed(rsi) == 25 * 10 + 3
    assert needed(switch(compared(value("macd", "A", [12, 26]), "above", 0))) == 25 * 26 - 1
    assert needed(switch(compared(value("price", "A"), "above", value("average", "A", 200)))) == 199
    assert needed(pick([HOLD["A"], HOLD["B"]], "return", 60)) == 60
    assert needed(pick([HOLD["A"], rsi], "return", 60)) == 60 + 253  # its growth begins 60 sessions before


def test_a_chain_of_definitions_of_any_length_is_decided():
    definitions = {"d0": HOLD["B"]}
    for n in range(1, 2400):
        asked = compared(value("return", "B", 1), "above", 10 + n)
        definitions[f"d{n}"] = {"if": asked, "then": CASH, "else": {"use": f"d{n - 1}"}}
    assert held(decide(LATE, {"use": "d2399"}, [3], definitions=definitions)) == ["B"]


def test_states_that_begin_at_thousands_of_sessions_are_refused():
    asked = compared(value("return", "A", 1), "above", 0, tolerance_absolute=0.01)
    tree = switch(asked)
    for level in range(11):
        tree = pick([tree, HOLD["A"]], "return", 2**level)
    with pytest.raises(RequestError, match="1 problem") as raised:
        rules.warm_up({"tree": tree, "definitions": {}, "when_unknown": "cash"})
    assert raised.value.problems[0].code == "OUT_OF_RANGE"


def test_a_price_with_a_window_is_the_price():
    rising, average = {"A": from_returns([0.1, -0.2, 0.1, 0.3])}, value("average", "A", 2)
    without, with_one = (
        {"if": compared(value("price", "A", window), "above", average), "then": HOLD["A"], "else": CASH}
        for window in (None, 1)
    )
    rows = [1, 2, 3, 4]
    assert held(decide(rising, without, rows)) == held(decide(rising, with_one, rows)) == ["A", "-", "A", "A"]
