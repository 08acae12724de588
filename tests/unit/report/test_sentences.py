"""A tree as sentences."""

from backtester.report.sentences import condition, sentences
from tests.support.rule_trees import CASH, HOLD, compared, pick, value

RSI = compared(value("rsi", "SPY", 10), "below", 30)


def said(tree, **definitions):
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in sentences({"tree": tree, "definitions": definitions})]


def test_each_branch_is_a_sentence():
    trend = compared(value("price", "SPY"), "above", value("average", "SPY", 200), tolerance=0.01)
    tree = {"cases": [{"if": RSI, "then": HOLD["A"]}, {"if": trend, "then": CASH}], "else": {"use": "rest"}}
    assert said(tree, rest=pick([HOLD["B"], HOLD["C"]], "return", 60)) == [
        "if the 10-session RSI of SPY is below 30: A",
        "else if the close of SPY is above the 200-session average of SPY by 1.0 % of it: cash",
        "else: rest",
        "rest: the one of B, C with the highest 60-session return",
    ]


def test_what_lies_inside_is_indented():
    mix = {"weigh": "specified", "weights": [0.6, 0.4], "name": "core", "of": [
        {"if": RSI, "then": HOLD["A"], "else": CASH},
        {"weigh": "inverse_volatility", "window": 20, "of": [HOLD["B"], CASH]},
    ]}  # fmt: skip
    assert said({"if": RSI, "then": mix, "else": CASH}) == [
        "if the 10-session RSI of SPY is below 30:",
        "  core: a mix in these parts:",
        "    - 60.0 % if the 10-session RSI of SPY is below 30: A",
        "    else: cash",
        "    - 40.0 % B, cash by 1 / volatility over 20 sessions",
        "else: cash",
    ]


def test_conditions_in_words():
    fall = compared(value("fall_from_high", "SPY", 20), "at_least", 0.1, for_sessions=3)
    both = {"all": [RSI, {"any": [fall, {"not": RSI}]}]}
    assert condition(both).replace("\N{NO-BREAK SPACE}", " ") == (
        "the 10-session RSI of SPY is below 30 and (the largest fall in 20 sessions of SPY is at least 10 % for 3 "
        "sessions or not (the 10-session RSI of SPY is below 30))"
    )
    macd = compared(value("macd", "SPY", [12, 26]), "above", 0)
    assert condition(macd) == "the MACD (12, 26) of SPY is above 0"
