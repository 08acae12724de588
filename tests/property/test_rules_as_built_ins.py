"""Built-in strategies said as trees: the same decisions to 1e-12."""

import numpy as np
import pytest

import backtester
from tests.support.rule_trees import compared, value

SYMBOLS = ("AAPL", "JNJ", "JPM", "XOM", "KO")
SHARES = (0.3, 0.2, 0.2, 0.2, 0.1)
LEAVES = [{"hold": symbol} for symbol in SYMBOLS]
EQUAL = {"weighting": "equal", "rebalance_frequency": "weekly"}


def weights(strategy, parameters, shares=SHARES):
    holdings = [{"symbol": s, "allocation": a} for s, a in zip(SYMBOLS, shares, strict=True)]
    document = backtester.run({
        "strategy": strategy, "holdings": holdings, "start_date": "2000-01-03", "end_date": "2004-12-31",
        "parameters": parameters, "data": {"source": "bundled"}, "output": {"include": ["weights"]},
    })  # fmt: skip
    assert "WARM_UP_INCOMPLETE" not in {warning["code"] for warning in document["warnings"]}
    block = document["weights"]
    return block["decided"], np.array([block["symbols"][s] for s in SYMBOLS])


def same(strategy, parameters, tree, frequency="weekly"):
    dates, wanted = weights(strategy, parameters)
    of_tree, found = weights("rules", {"tree": tree, "rebalance_frequency": frequency})
    assert dates == of_tree
    assert found == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_momentum(count):
    by = {"by": {"indicator": "return", "window": 60}, "order": "highest", "count": count}
    same("momentum", {"lookback_period": 60, "top_n": count, **EQUAL}, {"pick": by, "of": LEAVES})


def test_trend_following():
    def own(symbol):
        asked = compared(value("price", symbol), "above", value("average", symbol, 100))
        return {"if": asked, "then": {"hold": symbol}, "else": {"cash": True}}

    tree = {"weigh": "specified", "weights": list(SHARES), "of": [own(symbol) for symbol in SYMBOLS]}
    same("trend_following", {"ma_period": 100, "rebalance_frequency": "daily"}, tree, "daily")


def test_risk_parity_by_inverse_volatility():
    parameters = {"volatility_window": 40, "min_weight": 0, "max_weight": 1, "rebalance_frequency": "weekly"}
    same("risk_parity", parameters, {"weigh": "inverse_volatility", "window": 40, "of": LEAVES})


def test_dual_momentum():
    """Of one chosen holding the return is above the hurdle, or the last one, the refuge, is held."""
    parameters = {
        "lookback_period": 80, "lookback_unit": "sessions", "top_n": 1, "hurdle_rate": 0.05, **EQUAL,
    }  # fmt: skip
    above = [compared(value("return", symbol, 80), "above", 0.05) for symbol in SYMBOLS[:-1]]
    ranked = {"pick": {"by": {"indicator": "return", "window": 80}, "order": "highest", "count": 1}, "of": LEAVES[:-1]}
    same("dual_momentum", parameters, {"if": {"any": above}, "then": ranked, "else": LEAVES[-1]})
