import pytest

from backtester.report import overview
from backtester.report.lookup import Result
from tests.unit.report.documents import holdings, result


def said(**request) -> str:
    document = result("drift")
    document["request"] = {**document["request"], **request}
    return overview.sentence(Result(document)).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("request_part", "words"),
    [
        ({"costs": {"expense_ratio": 0.002}}, "0.20 % expenses a year"),
        (
            {"costs": {"commission_fixed": 1, "slippage_bps": 2, "expense_ratio": 0.01}},
            "$1 a trade, 2 bps slippage and 1.00 %",
        ),
        ({"costs": {"commission_bps": 0}}, "without costs"),
        (
            {"parameters": {"rebalance_frequency": "never"}, "rebalancing": {"absolute_band": 0.05}},
            "rebalanced by bands alone",
        ),
        (
            {"parameters": {"rebalance_frequency": "annually"}, "rebalancing": {"relative_band": 0.2}},
            "rebalanced yearly and by bands",
        ),
        ({"parameters": {"rebalance_frequency": "never"}}, "never rebalanced"),
        ({"strategy": "target_volatility", "parameters": {"target_volatility": 0.125}}, "(target volatility 12.5 %)"),
        ({"strategy": "mine", "parameters": {"depth": 3, "deep": True, "on": "x"}}, "mine (depth 3, deep, on x) on"),
        ({"cash_flows": [{"type": "contribution"}]}, "from $10,000 with cash flows"),
        ({"holdings": holdings("A", "B")}, "on A, B,"),
    ],
)  # fmt: skip
def test_the_sentence_says(request_part, words):
    assert words in said(**request_part)


def test_a_parameter_that_another_makes_idle_is_not_said():
    parameters = {"rule": "price_above_average", "ma_period": 10, "fast_period": 3, "ma_unit": "months"}
    assert "fast" not in said(strategy="trend_following", parameters=parameters)
    assert "fast average 3" in said(strategy="trend_following", parameters={**parameters, "rule": "averages_crossing"})


def test_a_period_other_than_the_one_asked_for_is_a_note_when_no_warning_says_so():
    document = result("drift")
    document["period"]["requested"] = {"start": "2010-01-01", "end": "2022-12-28"}
    found = overview.warnings(Result(document))
    assert [each["code"] for each in found] == ["PERIOD"]
    document["warnings"] = [{"code": "START_DELAYED", "severity": "warning", "detail": "later"}]
    assert [each["code"] for each in overview.warnings(Result(document))] == ["START_DELAYED"]
    document["period"]["requested"] = {"start": "whenever", "end": None}
    assert overview.warnings(Result(document))


def test_cash_is_among_the_holdings_as_asked_for():
    document = result("drift")
    document["request"]["cash"] = {"allocation": 0.1}
    assert [row[0].text for row in overview.holdings_asked(Result(document)).rows] == ["AAPL", "KO", "Cash"]
