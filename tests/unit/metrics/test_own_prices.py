"""Carried prices fill the ledger, and are in no statistic: a stock, its token that trades every day, and a coin."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

import backtester

INCLUDE = ["metrics", "benchmark", "series", "attribution", "weights"]
SIZE = 418  # to a Friday
DAYS = [datetime.date(2023, 1, 2) + datetime.timedelta(days=n) for n in range(SIZE)]
WEEKEND = [day.weekday() >= 5 for day in DAYS]


def prices(seed: int = 1, factor: float = 3.0) -> dict[str, list[float | None]]:
    """Return a stock, its token at `factor` times the stock on every day that both trade, and another coin."""
    random = np.random.default_rng(seed)
    stock = 100 * np.cumprod(1 + random.normal(0.0004, 0.01, SIZE))
    noise = np.where(WEEKEND, random.normal(1, 0.03, SIZE), 1.0)
    coin = 10 * np.cumprod(1 + random.normal(0, 0.02, SIZE))
    return {
        "STOCK": [None if closed else float(p) for p, closed in zip(stock, WEEKEND, strict=True)],
        "TOKEN": (stock * noise * factor).tolist(),
        "COIN": coin.tolist(),
    }


def run(weights: dict[str, float], *, close=None, strategy="buy_hold", parameters=None, **changes) -> dict:
    close = prices() if close is None else close
    return backtester.run({
        "strategy": strategy, "holdings": [{"symbol": s, "allocation": w} for s, w in weights.items()],
        "start_date": changes.pop("start", DAYS[0].isoformat()), "end_date": DAYS[-1].isoformat(),
        "parameters": parameters or {}, "output": {"include": INCLUDE},
        "data": {"source": "inline", "prices": {"dates": [d.isoformat() for d in DAYS], "close": close}}, **changes,
    })  # fmt: skip


def weekdays(column: list[float | None]) -> np.ndarray:
    values = np.array([np.nan if value is None else value for value in column])[~np.array(WEEKEND)]
    return values[1:] / values[:-1] - 1


def test_a_token_and_its_stock_correlate_fully():
    matrix = run({"STOCK": 0.5, "TOKEN": 0.5})["attribution"]["correlation"]["matrix"]
    assert matrix[0][1] == matrix[1][0] == pytest.approx(1.0, abs=1e-12)


def test_each_pair_is_measured_on_the_sessions_that_both_have():
    close = prices()
    close["COIN"][50:90] = [None] * 40
    names = ["STOCK", "TOKEN", "COIN"]
    found = run(dict.fromkeys(names, 1 / 3), close=close, data={
        "source": "inline", "max_gap_sessions": 60,
        "prices": {"dates": [d.isoformat() for d in DAYS], "close": close},
    })["attribution"]["correlation"]["matrix"]  # fmt: skip
    columns = {name: np.array([np.nan if v is None else v for v in close[name]]) for name in names}
    for i, one in enumerate(names):
        for j, other in enumerate(names):
            both = ~np.isnan(columns[one]) & ~np.isnan(columns[other])
            x, y = columns[one][both], columns[other][both]
            wanted = np.corrcoef(x[1:] / x[:-1], y[1:] / y[:-1])[0, 1]
            assert found[i][j] == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize(("held", "against"), [("TOKEN", "STOCK"), ("STOCK", "TOKEN")])
def test_the_token_has_a_beta_of_one_to_its_stock_and_no_tracking_error(held, against):
    metrics = run({held: 1.0}, benchmark=against, execution={"timing": "same_close"})["metrics"]
    assert metrics["beta"] == pytest.approx(1, abs=1e-9)
    assert metrics["alpha"] == pytest.approx(0, abs=1e-9)
    assert metrics["tracking_error"] == pytest.approx(0, abs=1e-9)


def test_a_coin_is_compared_with_a_stock_from_one_of_its_sessions_to_the_next():
    close = prices()
    metrics = run({"COIN": 1.0}, benchmark="STOCK", execution={"timing": "same_close"})["metrics"]
    r, b = weekdays(close["COIN"]), weekdays(close["STOCK"])
    r, b = np.append(0.0, r), np.append(0.0, b)  # the first session begins at the initial capital
    slope = np.cov(r, b)[0, 1] / b.var(ddof=1)
    assert metrics["beta"] == pytest.approx(slope, abs=1e-9)
    assert metrics["alpha"] == pytest.approx((r.mean() - slope * b.mean()) * 252, abs=1e-9)
    assert metrics["tracking_error"] == pytest.approx((r - b).std(ddof=1) * 252**0.5, abs=1e-9)
    assert metrics["information_ratio"] == pytest.approx((r - b).mean() * 252**0.5 / (r - b).std(ddof=1), abs=1e-9)


def test_a_portfolio_counts_where_all_that_it_holds_have_a_price():
    metrics = run({"STOCK": 0.5, "TOKEN": 0.5}, benchmark="TOKEN", execution={"timing": "same_close"})["metrics"]
    assert metrics["beta"] == pytest.approx(1, abs=1e-9)
    assert metrics["tracking_error"] == pytest.approx(0, abs=1e-9)


def test_risk_is_shared_over_the_sessions_that_all_have_and_adds_up():
    risk = run({"STOCK": 0.5, "TOKEN": 0.5}, execution={"timing": "same_close"})["attribution"]["risk"]
    assert risk["symbols"]["STOCK"] == pytest.approx(risk["symbols"]["TOKEN"], rel=1e-9)
    assert risk["total"] == pytest.approx(np.append(0.0, weekdays(prices()["STOCK"])).std(ddof=1) * 252**0.5, rel=1e-9)
    assert sum(risk["symbols"].values()) + risk["other"] == pytest.approx(risk["total"], rel=1e-12)


def test_the_caller_s_periods_per_year_hold_for_these_sessions_too():
    close, given = prices(), {"periods_per_year": 100}
    data = {"source": "inline", "prices": {"dates": [d.isoformat() for d in DAYS], "close": close}, **given}
    found = run({"COIN": 1.0}, benchmark="STOCK", execution={"timing": "same_close"}, data=data)["metrics"]
    r = np.append(0.0, weekdays(close["COIN"]) - weekdays(close["STOCK"]))
    assert found["tracking_error"] == pytest.approx(r.std(ddof=1) * 10, abs=1e-9)


START = DAYS[200].isoformat()
FREE = {"min_weight": 0, "max_weight": 1}
HALVES = {"STOCK": 0.5, "COIN": 0.5}


@pytest.mark.parametrize(
    ("strategy", "parameters"),
    [
        ("risk_parity", {"volatility_window": 90, **FREE}),
        ("risk_parity", {"volatility_window": 90, **FREE, "method": "equal_risk_contribution"}),
        ("momentum", {"lookback_period": 90, "top_n": 2, "weighting": "inverse_volatility"}),
    ],
)  # fmt: skip
def test_a_stock_and_its_token_weigh_by_their_own_sessions(strategy, parameters):
    close = prices()
    weights = run(HALVES, strategy=strategy, parameters=parameters, start=START)["weights"]
    at = DAYS.index(datetime.date.fromisoformat(weights["decided"][0]))
    own = [n for n in range(at - 90, at + 1) if close["STOCK"][n] is not None]
    before = max(n for n in range(at - 90) if close["STOCK"][n] is not None)
    rows = [before, *own] if own[0] > at - 90 else own
    stock = np.array([close["STOCK"][n] for n in rows])
    coin = np.array(close["COIN"][at - 90 : at + 1])
    if parameters.get("method"):  # measured together, on the sessions that both have: two by their deviations alone
        coin = np.array([close["COIN"][n] for n in rows])
    one, other = ((c[1:] / c[:-1] - 1).std(ddof=1) for c in (stock, coin))
    assert weights["symbols"]["STOCK"][0] == pytest.approx(other / (one + other), rel=1e-7)


def test_the_least_variance_of_a_stock_and_a_coin_is_that_of_common_sessions():
    close = prices()
    parameters = {"volatility_window": 90, **FREE}
    weights = run(HALVES, strategy="minimum_variance", parameters=parameters, start=START)["weights"]
    at = DAYS.index(datetime.date.fromisoformat(weights["decided"][0]))
    rows = [n for n in range(at + 1) if close["STOCK"][n] is not None]
    first = next(k for k, n in enumerate(rows) if n > at - 90) - 1
    table = np.array([[close["STOCK"][n], close["COIN"][n]] for n in rows[first:]])
    sigma = np.cov((table[1:] / table[:-1] - 1).T)
    wanted = (sigma[1, 1] - sigma[0, 1]) / (sigma[0, 0] + sigma[1, 1] - 2 * sigma[0, 1])
    assert weights["symbols"]["STOCK"][0] == pytest.approx(min(max(wanted, 0), 1), abs=1e-8)


def test_a_target_volatility_is_measured_on_common_sessions_with_their_periods():
    close = prices()
    parameters = {"volatility_window": 90, "target_volatility": 0.05}
    found = run(HALVES, strategy="target_volatility", parameters=parameters, start=START)["weights"]
    at = DAYS.index(datetime.date.fromisoformat(found["decided"][0]))
    rows = [n for n in range(at + 1) if close["STOCK"][n] is not None]
    first = next(k for k, n in enumerate(rows) if n > at - 90) - 1
    table = np.array([[close["STOCK"][n], close["COIN"][n]] for n in rows[first:]])
    mix = (table[1:] / table[:-1] - 1).mean(axis=1)
    assert found["symbols"]["STOCK"][0] == pytest.approx(0.5 * 0.05 / (mix.std(ddof=1) * 252**0.5), rel=1e-9)
