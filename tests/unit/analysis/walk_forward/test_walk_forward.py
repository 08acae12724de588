"""A walk-forward, against a plain one written here: a run for each setting, and a portfolio kept by hand."""

import numpy as np
import pytest

from backtester.analysis.answer import run, walk_forward
from backtester.analysis.walk_forward.stretches import latest_training, windows_of
from backtester.model.errors import RequestError
from tests.support.sample_requests import inline
from tests.unit.analysis.asked import answered, momentum, rank_metrics

OVER = {"/parameters/lookback_period": [21, 126], "/parameters/top_n": [1, 2, 3]}
SESSIONS = np.arange(np.datetime64("2010-01-15"), np.datetime64("2013-08-10"))
SESSIONS = SESSIONS[np.is_busday(SESSIONS)]


def asked_of(asked, **options):
    return answered(asked, walk_forward={"train_months": 24, "test_months": 6, **options})["analysis"]["walk_forward"]


def settings():
    return [
        {"parameters": {"lookback_period": lookback, "top_n": top_n}}
        for lookback in OVER["/parameters/lookback_period"] for top_n in OVER["/parameters/top_n"]
    ]  # fmt: skip


def patched(asked, patch):
    return {**asked, "parameters": {**asked["parameters"], **patch.get("parameters", {})}}


class TestWindows:
    def shown(self, **options):
        given = {"train_months": 24, "test_months": 6, "anchored": False, "gap_sessions": 0, **options}
        return [
            tuple(
                str(SESSIONS[row])
                for row in (each.train.begin, each.train.end - 1, each.test.begin, each.test.end - 1)
            )
            for each in windows_of(SESSIONS, **given)
        ]

    def test_they_are_of_calendar_months_and_the_last_is_partial(self):
        assert self.shown() == [
            ("2010-01-15", "2011-12-30", "2012-01-02", "2012-06-29"),
            ("2010-07-01", "2012-06-29", "2012-07-02", "2012-12-31"),
            ("2011-01-03", "2012-12-31", "2013-01-01", "2013-06-28"),
            ("2011-07-01", "2013-06-28", "2013-07-01", "2013-08-09"),
        ]

    def test_anchored_ones_grow(self):
        assert {each[0] for each in self.shown(anchored=True)} == {"2010-01-15"}
        assert [each[1:] for each in self.shown(anchored=True)] == [each[1:] for each in self.shown()]

    def test_a_gap_is_taken_off_the_training(self):
        plain, gap = self.shown(), self.shown(gap_sessions=5)
        assert [each[2:] for each in gap] == [each[2:] for each in plain]
        assert gap[0][1] == "2011-12-23"

    def test_none_where_the_period_or_the_gap_leaves_none(self):
        assert self.shown(train_months=44) == []
        assert self.shown(train_months=1, gap_sessions=250) == []

    def test_the_latest_training_ends_with_the_period(self):
        rolling, anchored = (latest_training(SESSIONS, train_months=6, anchored=a) for a in (False, True))
        assert (str(SESSIONS[rolling.begin]), rolling.end, anchored.begin) == ("2013-03-01", SESSIONS.size, 0)


class TestOneSetting:
    @pytest.mark.parametrize(
        "changes",
        [
            {}, {"execution": {"timing": "same_close"}},
            {"costs": {"commission_fixed": 2}, "execution": {"shares": "whole"}},
            {"rebalancing": {"absolute_band": 0.05}}, {"strategy": "buy_hold"},
            {"cash_flows": [{"type": "contribution", "amount": 100, "frequency": "monthly"}]},
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("options", [{}, {"mode": "anchored", "gap_sessions": 3}])
    def test_it_is_the_plain_run_to_the_bit(self, changes, options):
        frequency = {"/parameters/rebalance_frequency": ["monthly"]}
        asked = momentum(**changes)
        if asked["strategy"] == "buy_hold":
            asked["parameters"] = {}
        found = asked_of(asked, over=frequency, **options)
        own = run({**asked, "parameters": {**asked["parameters"], "rebalance_frequency": "monthly"},
                   "start_date": found["windows"]["test_start"][0]})  # fmt: skip
        assert found["metrics"] == own["metrics"]
        assert found["series"]["portfolio_value"] == own["series"]["portfolio_value"]
        assert found["series"]["dates"] == own["series"]["dates"]
        for rule in ("best_in_hindsight", "median_setting"):
            assert found["yardsticks"][rule]["metrics"] == own["metrics"]
        assert found["stability"] | {"most_chosen": None} == {
            "settings": 1, "changes": 0, "most_chosen": None, "most_chosen_share": 1.0,
        }  # fmt: skip


class TestTheChoice:
    def curves(self, asked):
        """Return the portfolio values of each setting over the whole period."""
        return [run(patched(asked, patch))["series"]["portfolio_value"] for patch in settings()]

    def sharpe(self, curve, dates, first, last):
        begin, end = dates.index(first), dates.index(last) + 1
        returns = np.diff(curve[begin:end], prepend=curve[begin - 1] if begin else 10_000) / np.array(
            [curve[begin - 1] if begin else 10_000, *curve[begin : end - 1]]
        )
        return returns.mean() / returns.std(ddof=1) * 252**0.5

    @pytest.mark.parametrize("mode", ["rolling", "anchored"])
    def test_it_has_the_highest_rank_on_the_training_alone(self, mode):
        asked = momentum()
        found, curves = asked_of(asked, over=OVER, mode=mode)["windows"], self.curves(asked)
        dates = run(asked)["series"]["dates"]
        for n, patch in enumerate(found["patch"]):
            train = [self.sharpe(curve, dates, found["train_start"][n], found["train_end"][n]) for curve in curves]
            best = int(np.argmax(train))
            assert patch == settings()[best]
            assert found["train"][n] == pytest.approx(train[best], rel=1e-10)
            test = self.sharpe(curves[best], dates, found["test_start"][n], found["test_end"][n])
            assert found["test"][n] == pytest.approx(test, rel=1e-10)

    @pytest.mark.parametrize("rank_by", ["cagr", "max_drawdown", "sortino_ratio", "information_ratio", "total_profit"])
    def test_other_metrics_rank_as_those_of_a_run(self, rank_by):
        """Where the first training is the whole run, its metric is the run's."""
        asked = momentum()
        windows = asked_of(asked, over=OVER, rank_by=rank_by)["windows"]
        ends = run({**patched(asked, windows["patch"][0]), "end_date": windows["train_end"][0]})
        assert windows["train"][0] == pytest.approx(ends["metrics"][rank_by], rel=1e-9)

    @pytest.mark.parametrize("rank_by", rank_metrics())
    @pytest.mark.parametrize("benchmark", ["PG", None])
    def test_every_rank_has_an_answer_with_and_without_a_benchmark(self, rank_by, benchmark):
        document = answered(
            momentum(benchmark=benchmark), walk_forward={"over": OVER, "rank_by": rank_by, "train_months": 12}
        )
        found = document["analysis"]["walk_forward"]
        if benchmark is None and rank_by in ("alpha", "information_ratio"):
            assert {*found["windows"]["patch"], found["next"]} == {None}
            assert document["null_reasons"]["/analysis/walk_forward/windows/patch/0"] == "NO_BENCHMARK"
        else:
            assert None not in [*found["windows"]["patch"], *found["windows"]["train"], found["next"]]

    @pytest.mark.parametrize("rank_by", ["cagr", "calmar_ratio", "money_weighted_return"])
    @pytest.mark.parametrize("months", [1, 6, 12])
    def test_yearly_rates_rank_stretches_of_any_months(self, rank_by, months):
        """Growth over the same days ranks as the growth a year does, from the close before."""
        asked = momentum(start_date="2004-01-05", end_date="2005-12-30")
        windows = asked_of(asked, over=OVER, rank_by=rank_by, train_months=months, test_months=months)["windows"]
        assert None not in windows["patch"][1:]
        curves, dates = self.curves(asked), run(asked)["series"]["dates"]
        for n, chosen in [*enumerate(windows["patch"])][1:]:
            before, last = (dates.index(windows[key][n]) - k for key, k in (("train_start", 1), ("train_end", 0)))
            days = (np.datetime64(dates[last]) - np.datetime64(dates[max(before, 0)])).astype(int)
            grown = [curve[last] / (curve[before] if before >= 0 else 10_000) for curve in curves]
            yearly = np.array(grown) ** (365.25 / days) - 1
            if rank_by != "calmar_ratio":
                assert windows["train"][n] == pytest.approx(yearly.max(), rel=1e-9)
                assert yearly[settings().index(chosen)] == pytest.approx(yearly.max(), rel=1e-9)

    def test_a_yearly_rate_of_a_few_days_is_null_and_says_so(self):
        document = answered(
            momentum(end_date="2010-07-12"), walk_forward={"over": OVER, "rank_by": "calmar_ratio", "test_months": 6}
        )
        windows = document["analysis"]["walk_forward"]["windows"]
        assert None not in [*windows["train"], *windows["test"][:-1]]
        last = len(windows["test"]) - 1
        assert windows["test"][last] is None
        assert document["null_reasons"][f"/analysis/walk_forward/windows/test/{last}"] == "PERIOD_UNDER_ONE_YEAR"

    def test_next_is_the_best_of_the_latest_training(self):
        asked = momentum()
        found, curves = asked_of(asked, over=OVER), self.curves(asked)
        dates = run(asked)["series"]["dates"]
        begin = next(date for date in dates if date >= "2009-01-01")
        latest = [self.sharpe(curve, dates, begin, dates[-1]) for curve in curves]
        assert found["next"] == settings()[int(np.argmax(latest))]

    def test_of_equal_settings_the_first_is_chosen(self):
        over = {"/parameters/skip_period": [0], "/parameters/top_n": [5, 4, 3]}
        asked = momentum(("AAPL", "MSFT", "KO"), parameters={"lookback_period": 60, "rebalance_frequency": "monthly"})
        found = asked_of(asked, over=over)
        assert {each["parameters"]["top_n"] for each in found["windows"]["patch"]} == {5}
        assert found["stability"]["changes"] == 0

    @pytest.mark.parametrize("rank_by", ["sharpe_ratio", "cagr", "omega_ratio"])
    @pytest.mark.parametrize("first", ["never", "weekly", "daily"])
    def test_of_settings_that_only_rounding_tells_apart_the_first_is_every_yardstick(self, first, rank_by):
        """One holding, free of costs, is the same portfolio at any frequency, and nearly to the bit."""
        asked = momentum(
            strategy="buy_hold", parameters={}, holdings=[{"symbol": "MSFT", "allocation": 1}], costs={}
        )  # fmt: skip
        others = [each for each in ("weekly", "never", "monthly", "daily") if each != first]
        found = asked_of(asked, over={"/parameters/rebalance_frequency": [first, *others]}, rank_by=rank_by)
        for name in ("best_in_hindsight", "median_setting"):
            assert found["yardsticks"][name]["patch"] == {"parameters": {"rebalance_frequency": first}}


class TestThePortfolio:
    def test_it_moves_between_the_settings_and_pays_for_it(self):
        """The weights in force are those of the setting that was chosen; each change is a rebalance."""
        asked = momentum(parameters={"lookback_period": 60, "top_n": 2, "rebalance_frequency": "quarterly"})
        found = asked_of(asked, over=OVER, test_months=4)
        windows, series = found["windows"], found["series"]
        start, capital = windows["test_start"][0], 10_000.0
        own = [run({**patched(asked, patch), "start_date": start}) for patch in windows["patch"]]
        dates, value = own[0]["series"]["dates"], series["portfolio_value"]
        assert series["dates"] == dates
        first = own[0]["series"]["portfolio_value"]
        until = dates.index(windows["test_start"][1])
        assert value[:until] == pytest.approx(first[:until], rel=1e-12)
        assert value[0] < capital, "the first purchase is paid for"
        for n in range(1, len(own)):
            begin = dates.index(windows["test_start"][n])
            ends = dates.index(windows["test_end"][n])
            later = next(
                (dates.index(date) for date in own[n]["weights"]["dates"] if dates.index(date) > begin), begin + 1
            )
            if later >= ends:
                continue
            # once a rebalance of its own schedule has come, the returns are those of the setting alone
            alone = np.array(own[n]["series"]["portfolio_value"][later : ends + 1])
            moved = np.array(value[later : ends + 1])
            assert moved[1:] / moved[:-1] == pytest.approx(alone[1:] / alone[:-1], rel=1e-9)

    def test_a_change_of_setting_rebalances_on_the_first_session_of_the_test(self):
        over = {"/parameters/lookback_period": [21, 126], "/parameters/rebalance_frequency": ["never", "annually"]}
        asked = momentum(costs={})
        found = asked_of(asked, over=over, test_months=3)
        windows, series = found["windows"], found["series"]
        changed = [n for n in range(1, len(windows["patch"])) if windows["patch"][n] != windows["patch"][n - 1]]
        assert changed
        for n in changed:
            own = run({**patched(asked, windows["patch"][n]), "start_date": windows["test_start"][n]})
            begin, ends = (series["dates"].index(windows[key][n]) for key in ("test_start", "test_end"))
            alone = np.array(own["series"]["portfolio_value"][: ends - begin + 1])
            moved = np.array(series["portfolio_value"][begin : ends + 1])
            until = windows["test_end"][n]
            if not any(windows["test_start"][n] < date <= until for date in own["weights"]["dates"]):
                assert moved / moved[0] == pytest.approx(alone / alone[0], rel=1e-10)

    def test_costs_come_off_it(self):
        free, paid = (asked_of(momentum(costs=costs), over=OVER) for costs in ({}, {"commission_bps": 50}))
        if free["windows"]["patch"] == paid["windows"]["patch"]:
            assert paid["metrics"]["final_value"] < free["metrics"]["final_value"]
        assert paid["metrics"]["total_costs"] > 0 == free["metrics"]["total_costs"]


class TestAxes:
    def problem(self, over):
        with pytest.raises(RequestError) as caught:
            run({**momentum(), "analysis": {"walk_forward": {"over": over}}})
        return [(each.pointer, each.code) for each in caught.value.problems]

    @pytest.mark.parametrize("pointer", ["/costs/commission_bps", "/execution/timing", "/benchmark"])
    def test_what_a_portfolio_cannot_change_is_refused(self, pointer):
        values = {"/execution/timing": ["same_close"], "/benchmark": ["KO"]}.get(pointer, [1, 2])
        at = f"/analysis/walk_forward/over/{pointer.replace('/', '~1')}"
        assert self.problem({pointer: values}) == [(at, "UNEXPECTED")]

    def test_strategies_and_offsets_can_change(self):
        asked = momentum(parameters={"rebalance_frequency": "monthly"})
        over = {"/strategy": ["momentum", "buy_hold"], "/rebalancing/offset_sessions": [0, 5]}
        found = asked_of(asked, over=over)
        assert found["stability"]["settings"] >= 1
        assert set(found["windows"]["patch"][0]) == {"strategy", "rebalancing"}


def test_the_function_answers_as_the_request_does():
    question = {"over": OVER, "train_months": 24, "test_months": 12}
    assert walk_forward(momentum(), question) == answered(momentum(), walk_forward=question)["analysis"]["walk_forward"]


def test_settings_that_all_fail_or_cannot_be_ranked_have_reasons():
    days = [str(day) for day in np.arange(np.datetime64("2020-01-01"), np.datetime64("2021-12-31"))]
    asked = inline({"A": [1.0] * len(days), "B": [2.0] * len(days)}, days, start_date=days[0], end_date=days[-1])
    question = {"over": {"/parameters/rebalance_frequency": ["weekly", "monthly"]}, "train_months": 6, "test_months": 6}
    found = answered(asked, walk_forward=question)
    block = found["analysis"]["walk_forward"]
    assert (block["windows"]["patch"], block["next"], block["efficiency"]) == ([None] * 3, None, None)
    assert found["null_reasons"]["/analysis/walk_forward/efficiency"] == "TOO_FEW_OBSERVATIONS"
    assert block["stability"]["settings"] == 0
    assert block["metrics"]["total_return"] == 0


class TestSettingsWithoutAPart:
    def test_are_listed_and_counted(self):
        asked = momentum(strategy="trend_following", parameters={"rule": "averages_crossing"})
        over = {"/parameters/fast_period": [5, 20, 50], "/parameters/ma_period": [10, 40]}
        found = asked_of(asked, over=over)
        assert (found["runs"], [each["index"] for each in found["failed"]]) == (3, [2, 4, 5])
        assert found["failed"][0]["detail"] == "fast_period must be below ma_period (10)."

    def test_other_sessions_are_one_reason(self):
        """Withdrawals use up the money of one setting, and its run ends."""
        days = np.datetime_as_string(np.arange("2018-01-01", "2021-01-01", dtype="datetime64[D]")).tolist()
        rises = np.exp(0.0006 * np.arange(len(days)) + 0.01 * np.sin(np.arange(len(days))))
        asked = inline(
            {"UP": rises.tolist(), "DOWN": (1 / rises**4).tolist()}, days, start_date="2019-02-01", end_date=days[-1],
            parameters={"rebalance_frequency": "monthly"},
            cash_flows=[{"type": "withdrawal", "amount": 500, "frequency": "monthly"}],
        )  # fmt: skip
        over = {"/strategy": ["buy_hold", "dual_momentum"]}
        found = asked_of(asked, over=over, train_months=6, test_months=6)
        assert (found["runs"], [each["index"] for each in found["failed"]]) == (1, [0])
        assert found["failed"][0]["code"] == "NO_DATA_IN_RANGE"
        assert {patch["strategy"] for patch in found["windows"]["patch"]} == {"dual_momentum"}

    @pytest.mark.parametrize("rank_by", ["sharpe_ratio", "total_return", "win_rate"])
    @pytest.mark.parametrize(("end", "used_up"), [("2017-01-16", [1]), ("2017-12-29", [0, 1])])
    def test_that_the_money_will_be_used_up_changes_no_earlier_choice(self, end, used_up, rank_by):
        days = np.arange("2015-01-01", "2018-01-01", dtype="datetime64[D]")
        days = np.datetime_as_string(days[np.is_busday(days)]).tolist()
        steps = np.random.default_rng(4).normal([0.001, -0.0008], 0.008, (len(days), 2))
        up, down = (100 * np.exp(np.cumsum(steps, axis=0))).T.tolist()
        over = {"/parameters/rebalance_frequency": ["never", "daily"]}

        def found(until):
            asked = inline(
                {"UP": up, "DOWN": down}, days, start_date=days[0], end_date=until,
                cash_flows=[{"type": "withdrawal", "amount": 440, "frequency": "monthly"}],
            )  # fmt: skip
            return asked_of(asked, over=over, train_months=4, test_months=2, rank_by=rank_by)

        early, late = found("2016-06-30"), found(end)
        assert (early["failed"], [each["index"] for each in late["failed"]]) == ([], used_up)
        assert (len(early["windows"]["patch"]), None in early["windows"]["patch"]) == (7, False)
        for name, column in early["windows"].items():
            assert late["windows"][name][:7] == column
        last = None if used_up == [0, 1] else {"parameters": {"rebalance_frequency": "never"}}
        assert late["next"] == last

    def test_of_nothing_else_there_is_no_answer(self):
        """The request itself runs, until its money is used up."""
        flows = [{"type": "withdrawal", "amount": 900, "frequency": "monthly"}]
        found = answered(momentum(cash_flows=flows), walk_forward={"over": OVER})
        assert found["analysis"]["walk_forward"] is None
        assert found["null_reasons"]["/analysis/walk_forward"] == "VARIATION_FAILED"
