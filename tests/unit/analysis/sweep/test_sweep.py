"""Each column of a sweep is the single run of its combination over the common period."""

import math

import numpy as np
import pytest

from backtester import run
from backtester.analysis.statistics.overfitting import block_count, block_sums, overfitting
from backtester.analysis.statistics.significance import (
    deflated_hurdle,
    effective_trials,
    estimate,
    probabilistic_sharpe_ratio,
)
from backtester.analysis.statistics.trials import sharpe_ratios
from backtester.contract.variations.grid import grid_of
from backtester.contract.variations.merge_patch import merged, patch_of
from tests.support.sample_requests import inline, request
from tests.unit.analysis.asked import rank_metrics, three_calendars

SYMBOLS = ["AAPL", "MSFT", "JNJ", "XOM", "KO"]
HOLDINGS = [{"symbol": symbol, "allocation": 0.2} for symbol in SYMBOLS]


def asked(strategy, parameters, **changes):
    period = {"start_date": "2004-01-05", "end_date": "2008-06-30"}
    return request(**{**period, "strategy": strategy, "parameters": parameters, "holdings": HOLDINGS, **changes})


def swept(document, over, **options):
    return run({**document, "analysis": {"sweep": {"over": over, **options}}})["analysis"]["sweep"]


def single(document, over, index, period):
    settings_ = grid_of({"over": over}).settings(index)
    patched = merged(document, patch_of(document, settings_))
    return run({**patched, "start_date": period["start"], "output": {"include": ["metrics"]}})


def numbers(metrics):
    return {name: math.nan if value is None else value for name, value in metrics.items()}


def assert_columns(document, over, **options):
    sweep = swept(document, over, **options)
    failed = {each["index"] for each in sweep["failed"]}
    size = math.prod(len(axis["values"]) for axis in sweep["axes"])
    for index in range(size):
        found = {name: column[index] for name, column in sweep["metrics"].items()}
        if index in failed:
            assert set(found.values()) == {None}
            continue
        expected = single(document, over, index, sweep["period"])["metrics"]
        assert numbers(found) == pytest.approx(numbers(expected), rel=1e-11, abs=1e-11, nan_ok=True)
    return sweep


GRIDS = {
    "momentum": {"/parameters/lookback_period": [21, 63, 126], "/parameters/top_n": [1, 2, 5]},
    "relative_strength": {"/parameters/lookback_period": [21, 63], "/parameters/top_n": [1, 3],
                          "/costs/commission_bps": [0, 25]},
    "trend_following": {"/parameters/ma_period": {"from": 50, "to": 200, "step": 75},
                        "/parameters/rebalance_frequency": ["weekly", "monthly"]},
    "mean_reversion": {"/parameters/ma_period": [20, 60], "/parameters/deviation_threshold": [0.02, 0.1]},
    "risk_parity": {"/parameters/volatility_window": [21, 63], "/costs/slippage_bps": [0, 5]},
    "buy_hold": {"/parameters/rebalance_frequency": ["never", "monthly", "daily"], "/costs/commission_bps": [0, 10]},
    "minimum_variance": {"/parameters/volatility_window": [60, 120]},
}  # fmt: skip


@pytest.mark.parametrize("strategy", GRIDS)
def test_columns_are_single_runs(strategy):
    assert_columns(asked(strategy, {}, benchmark="PG", costs={"commission_bps": 10}), GRIDS[strategy])


@pytest.mark.parametrize(
    "changes",
    [
        {"execution": {"shares": "whole"}},
        {"costs": {"commission_fixed": 5}},
        {"rebalancing": {"absolute_band": 0.05}},
        {"cash_flows": [{"type": "contribution", "amount": 500, "frequency": "monthly"}]},
        {"cash": {"allocation": 0.25, "annual_rate": 0.03}, "costs": {"expense_ratio": 0.004}},
        {"execution": {"timing": "same_close"}, "risk_free_rate": 0.02},
        {"execution": {"lag_sessions": 2}},
        {"rebalancing": {"offset_sessions": 3}},
        {"benchmark": {"name": "Half", "holdings": [{"symbol": "PG", "allocation": 1}]}},
    ],
    ids=str,
)
def test_whatever_the_request_has_beside(changes):
    holdings = HOLDINGS
    if "cash" in changes:
        holdings = [{**holding, "allocation": 0.15} for holding in HOLDINGS]
    assert_columns(asked("momentum", {}, holdings=holdings, **changes), GRIDS["momentum"])


OTHER_AXES = [
    {"/start_date": ["2004-01-05", "2005-03-01"]},
    {"/initial_capital": [1000, 250000]},
    {"/strategy": ["buy_hold", "risk_parity"]},
    {"/holdings/0/symbol": ["AAPL", "GE"], "/parameters/top_n": [1, 2]},
    {"/execution/timing": ["next_close", "same_close"]},
    {"/risk_free_rate": [0, 0.02]},
    {"/parameters/lookbacks/0/period": [20, 40]},
]


@pytest.mark.parametrize("over", OTHER_AXES, ids=lambda over: ",".join(over))
def test_any_setting_can_be_an_axis(over):
    several = {"lookbacks": [{"period": 60, "weight": 1}, {"period": 120, "weight": 2}]}
    parameters = several if "/parameters/lookbacks/0/period" in over else {}
    assert_columns(asked("buy_hold" if "/strategy" in over else "momentum", parameters), over)


def drawn_prices(count=400, *, seed=3):
    """Return inline prices with opens, on weekdays, and one symbol that begins late."""
    draw = np.random.Generator(np.random.PCG64(seed))
    close = 50 * np.cumprod(1 + draw.standard_t(4, (count, 4)) * 0.01, axis=0)
    opens = close * (1 + draw.normal(0, 0.003, close.shape))
    days = np.busday_offset("2015-01-01", np.arange(count), roll="forward").astype(str).tolist()
    names = ["A", "B", "C", "D"]
    columns = [{name: np.round(values[:, n], 4).tolist() for n, name in enumerate(names)} for values in (close, opens)]
    return {"dates": days, "close": columns[0], "open": columns[1]}


def on_drawn_prices(strategy="momentum", parameters=None, **changes):
    holdings = [{"symbol": name, "allocation": 0.25} for name in "ABCD"]
    data = {"source": "inline", "prices": drawn_prices()}
    return asked(strategy, parameters or {}, holdings=holdings, data=data, start_date="2015-01-01",
                 end_date="2016-06-30", **changes)  # fmt: skip


def test_fills_at_the_open():
    assert_columns(on_drawn_prices(execution={"timing": "next_open"}), {"/parameters/lookback_period": [10, 40]})


def test_the_period_is_that_of_the_longest_look_back():
    sweep = assert_columns(on_drawn_prices(), {"/parameters/lookback_period": [10, 60, 30]})
    assert sweep["period"]["limited_by"] == 1
    assert sweep["period"]["start"] > "2015-03-01"
    assert assert_columns(on_drawn_prices(), {"/parameters/top_n": [1, 2]})["period"]["limited_by"] is None


def test_combinations_that_fail_are_listed_and_not_ranked():
    sweep = assert_columns(
        on_drawn_prices("trend_following", {"rule": "averages_crossing"}),
        {"/parameters/fast_period": [5, 20, 50], "/parameters/ma_period": [10, 40]},
    )
    assert [each["index"] for each in sweep["failed"]] == [2, 4, 5]
    assert "fast_period must be below ma_period" in sweep["failed"][0]["detail"]
    assert (sweep["runs"], sweep["left_out"]) == (3, 0)


def test_conditions_leave_combinations_out():
    sweep = swept(
        on_drawn_prices("trend_following", {"rule": "averages_crossing"}),
        {"/parameters/fast_period": [5, 20, 50], "/parameters/ma_period": [10, 40]},
        where=[["/parameters/fast_period", "below", "/parameters/ma_period"]],
    )
    assert (sweep["failed"], sweep["runs"], sweep["left_out"]) == ([], 3, 3)
    assert [value is None for value in sweep["metrics"]["cagr"]] == [False, False, True, False, True, True]


def test_of_equal_settings_the_first_is_best_and_there_was_nothing_to_choose():
    sweep = swept(on_drawn_prices("buy_hold"), {"/costs/slippage_bps": [0]})
    assert sweep["best"]["index"] == 0
    assert sweep["overfitting"]["statement"] == "There was one setting: nothing was chosen."
    sweep = swept(on_drawn_prices(parameters={"top_n": 4}), {"/parameters/lookback_period": [10, 20, 30]})
    assert (sweep["best"]["index"], sweep["runs"], sweep["distinct"]) == (0, 3, 1)
    assert sweep["overfitting"]["trials"] == 1
    assert "nothing to choose" in sweep["overfitting"]["statement"]


RETURNS_ALONE = [name for name in rank_metrics() if name not in ("final_value", "total_profit")]


@pytest.mark.parametrize("rank_by", rank_metrics())
@pytest.mark.parametrize("others", [["annually", "monthly", "weekly", "daily"], ["daily", "weekly"]])
def test_of_settings_that_only_rounding_tells_apart_the_first_is_best(rank_by, others):
    """One holding, free of costs, is the same portfolio at any frequency, and nearly to the bit."""
    holding = [{"symbol": "MSFT", "allocation": 1}]
    document = asked("buy_hold", {}, holdings=holding, benchmark="PG", end_date="2008-12-30")
    sweep = swept(document, {"/parameters/rebalance_frequency": ["never", *others]}, rank_by=rank_by)
    assert (sweep["distinct"], sweep["best"]["index"]) == (1, 0)


@pytest.mark.parametrize("rank_by", RETURNS_ALONE)
def test_of_amounts_of_money_the_first_is_best_by_what_depends_on_returns_alone(rank_by):
    capital = {"/initial_capital": [1000, 3333.33, 10_000, 77_777]}
    sweep = swept(asked("momentum", {}, benchmark="PG"), capital, rank_by=rank_by)
    assert (sweep["distinct"], sweep["best"]["index"]) == (1, 0)


def test_a_sweep_in_which_everything_fails_says_so():
    sweep = swept(
        on_drawn_prices("trend_following", {"rule": "averages_crossing", "ma_period": 10, "fast_period": 5}),
        {"/parameters/fast_period": [15, 20]},
    )
    assert (sweep["runs"], sweep["best"], len(sweep["failed"])) == (0, None, 2)
    assert sweep["overfitting"]["statement"] == "Every setting failed."


def test_a_setting_on_another_calendar_is_a_trial_like_the_others():
    sweep = swept(three_calendars(), {"/holdings/0/symbol": ["ONE", "TWO", "COIN"]})
    assert (sweep["runs"], sweep["distinct"], sweep["overfitting"]["trials"]) == (3, 3, 3)
    assert "2 of 3 made money" in sweep["overfitting"]["statement"]
    sweep = swept(three_calendars(), {"/holdings/0/symbol": ["ONE", "COIN"]})
    assert (sweep["runs"], sweep["distinct"], sweep["overfitting"]["trials"]) == (2, 2, 2)
    assert "cannot be said" in sweep["overfitting"]["statement"]
    assert "1 of 2 made money" in sweep["overfitting"]["statement"]


def test_a_setting_on_as_many_other_sessions_has_no_part_in_what_compares_sessions():
    asked_ = three_calendars() | {"end_date": "2018-12-27"}  # a Thursday, in both weeks
    alone = swept(asked_, {"/holdings/0/symbol": ["ONE", "TWO"]})
    beside = swept(asked_, {"/holdings/0/symbol": ["ONE", "TWO", "SUN"]})
    on_sundays = run({**asked_, "holdings": [{"symbol": "SUN", "allocation": 1}]})
    assert on_sundays["period"]["sessions"] == alone["period"]["sessions"] == beside["period"]["sessions"]
    assert (alone["overfitting"]["trials"], beside["overfitting"]["trials"]) == (2, 3)
    for name in ("pbo", "loss_probability", "degradation_slope", "mean_relative_rank"):
        assert beside["overfitting"][name] == alone["overfitting"][name]


def test_a_setting_whose_money_is_used_up_is_listed_and_not_ranked():
    """It would be measured over a shorter period than the others."""
    flows = [{"type": "withdrawal", "amount": 50, "frequency": "monthly"}]
    document = asked("buy_hold", {}, holdings=[{"symbol": "JNJ", "allocation": 1}], cash_flows=flows)
    document["end_date"] = "2012-12-31"
    sweep = swept(document, {"/cash_flows/0/amount": [400, 50, 500, 100]})
    assert (sweep["runs"], sweep["distinct"], sweep["best"]["index"]) == (2, 1, 1)
    assert [each["index"] for each in sweep["failed"]] == [0, 2]
    last = run({**document, "cash_flows": [{**flows[0], "amount": 400}]})["period"]["effective"]["end"]
    assert sweep["failed"][0]["detail"].startswith(f"The withdrawal of {last} took the last of the money, ")
    assert sweep["metrics"]["sharpe_ratio"][0] is None
    sweep = swept(document, {"/cash_flows/0/amount": [400, 500]})
    assert (sweep["runs"], sweep["best"], len(sweep["failed"])) == (0, None, 2)


def test_series_in_two_pieces_count_once(monkeypatch):
    over = {"/parameters/lookback_period": [10, 20, 30, 40], "/parameters/top_n": [1, 2, 4]}
    whole = swept(on_drawn_prices(), over)
    monkeypatch.setattr("backtester.analysis.batch.runs.MOST", 5)
    in_pieces = swept(on_drawn_prices(), over)
    for sweep in (whole, in_pieces):
        sweep["overfitting"].pop("statement")
    assert in_pieces.pop("overfitting") == pytest.approx(whole.pop("overfitting"), rel=1e-12)
    assert in_pieces == whole
    assert whole["distinct"] == 9


def test_the_neighbours_of_the_best_are_one_step_away():
    sweep = swept(on_drawn_prices(), {"/parameters/lookback_period": [10, 20, 30], "/parameters/top_n": [1, 2, 3]})
    index, values = sweep["best"]["index"], sweep["metrics"]["sharpe_ratio"]
    assert values[index] == max(values)
    row, column = divmod(index, 3)
    near = [values[r * 3 + c] for r in range(3) for c in range(3) if abs(r - row) + abs(c - column) == 1]
    assert sweep["best"]["neighbours_mean"] == pytest.approx(sum(near) / len(near))


@pytest.mark.parametrize("blocks", [4, 16])
def test_overfitting_is_that_of_the_returns_of_the_single_runs(blocks):
    over = {"/parameters/lookback_period": [10, 20, 30, 40], "/parameters/top_n": [1, 2, 3]}
    sweep = swept(on_drawn_prices(), over, blocks=blocks, trials_before=7)
    document = {**on_drawn_prices(), "start_date": sweep["period"]["start"]}
    returns = []
    for index in range(12):
        patched = merged(document, patch_of(document, grid_of({"over": over}).settings(index)))
        returns.append(run({**patched, "output": {"include": ["series"]}})["series"]["returns"])
    excess = np.array(returns).T
    expected = overfitting(block_sums(excess, block_count(len(excess), blocks)))
    found = sweep["overfitting"]
    assert found["pbo"] == pytest.approx(expected.pbo)
    assert found["mean_relative_rank"] == pytest.approx(expected.mean_relative_rank)
    ratios = sharpe_ratios(excess)
    hurdle = deflated_hurdle(ratios.std(ddof=1), 12 + 7)
    assert found["dsr"] == pytest.approx(
        probabilistic_sharpe_ratio(estimate(excess[:, sweep["best"]["index"]]), hurdle=hurdle)
    )
    rho = (np.corrcoef(excess.T).sum() - 12) / (12 * 11)
    assert found["effective_trials"] == pytest.approx(effective_trials(19, rho))


@pytest.mark.parametrize("rank_by", ["sharpe_ratio", "cagr"])
def test_the_statement_says_by_what_the_tested_choice_was_made(rank_by):
    sweep = swept(on_drawn_prices(), {"/parameters/lookback_period": [10, 20, 30]}, rank_by=rank_by)
    assert ("choice by Sharpe ratio" in sweep["overfitting"]["statement"]) == (rank_by == "cagr")


def test_a_year_has_the_sessions_of_the_settings_not_of_the_request():
    asked_, over = three_calendars(), {"/holdings/0/symbol": ["ONE", "TWO"]}
    daily = {**asked_, "holdings": [{"symbol": "COIN", "allocation": 1}]}
    assert run({**daily, "output": {"include": []}})["period"]["periods_per_year"] == 365
    assert swept(daily, over)["overfitting"] == swept(asked_, over)["overfitting"]


@pytest.mark.parametrize("seed", range(4))
def test_a_rounding_error_is_no_money_made(seed):
    days = [str(day) for day in np.arange(np.datetime64("2020-01-01"), np.datetime64("2020-12-31"))]
    prices = np.random.default_rng(seed).uniform(1, 99, 7).round(2)
    still = inline({f"S{n}": [price] * len(days) for n, price in enumerate(prices.tolist())}, days)
    still |= {"start_date": days[3], "end_date": days[-1], "initial_capital": 10_000 / 3}
    sweep = swept(still, {"/parameters/rebalance_frequency": ["never", "daily", "weekly", "monthly"]})
    assert max(map(abs, sweep["metrics"]["total_return"])) < 1e-15
    assert sweep["overfitting"]["statement"].endswith("None of them made money.")
