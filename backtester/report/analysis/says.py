"""What the answers of `analysis` say, in sentences and in figures with a few words each.

The example app says the same (examples/web/components/worth/answers.ts): the words stand once, in
`static/answers.json`, and tests/support/answers.json holds the choice of them together.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from backtester.report import shared, written
from backtester.report.analysis import varied
from backtester.report.analysis.sweep_grid import asked_index, ranked, ranking
from backtester.report.lookup import Result
from backtester.report.shapes import Cell, Tile

_SWEEP = ("analysis", "sweep")
_WALK = ("analysis", "walk_forward")
_TRUST = ("analysis", "trust")
Said = TypeVar("Said")
_FEW = 0.05  # a p-value up to this is not likely to be chance


def _of_a_whole(of: Callable[..., list[Said]]) -> Callable[..., list[Said]]:
    """Say nothing where the answer, written by another version, lacks a figure."""

    @functools.wraps(of)
    def said(*arguments: Any) -> list[Said]:
        try:
            return of(*arguments)
        except (KeyError, TypeError, IndexError):
            return []

    return said


def confidence(result: Result) -> str:
    """Return the level of the intervals."""
    level = result.at("request", *_TRUST, "confidence") or 0.95
    return written.percent(level, 1 if round(1000 * level) % 10 else 0)


def interval(result: Result, metric: str) -> str:
    """Return `95 % interval 0.29 to 1.24` of a metric; empty where the run has none."""
    low, high = (result.at(*_TRUST, "bootstrap", metric, n) for n in (0, 1))
    if low is None or high is None:
        return ""
    unit = result.schema("metrics", metric).get("x-unit")
    ends = {"low": written.by_unit(low, unit), "high": written.by_unit(high, unit)}
    return shared.say("interval", level=confidence(result), **ends)


def bps(value: float) -> str:
    """Return a commission."""
    return f"{written.plain(value, 1 if 0 < value < 10 else 0)} bps"


def _metric(result: Result, metric: str, value: float | None) -> str:
    return written.DASH if value is None else written.by_unit(value, result.schema("metrics", metric).get("x-unit"))


# -- sentences


@_of_a_whole
def best_mark(result: Result) -> list[str]:
    """Return what the mark of the best setting of a sweep means."""
    runs, distinct = (result.at(*_SWEEP, key) for key in ("runs", "distinct"))
    return [shared.answer("best_mark", runs=written.count(runs)) if distinct > 1 else shared.answer("equal_mark")]


@_of_a_whole
def walk_forward(result: Result) -> list[str]:
    """Return what choosing on the past alone would have made."""
    windows, stability = result.at(*_WALK, "windows"), result.at(*_WALK, "stability") or {}
    starts, ends = windows["test_start"], windows["test_end"]
    said = [
        shared.answer(
            "walked", start=written.date(starts[0]), end=written.date(ends[-1]), grew=_grew(result, "metrics"),
            asked=_grew(result, "yardsticks", "as_asked", "metrics"),
            best=_grew(result, "yardsticks", "best_in_hindsight", "metrics"),
        )
    ]  # fmt: skip
    efficiency, failed, following = (result.at(*_WALK, key) for key in ("efficiency", "failed", "next"))
    most, share = (stability.get(key) for key in ("most_chosen", "most_chosen_share"))
    if efficiency is not None:
        said.append(shared.answer("efficiency", share=written.percent(efficiency, 0)))
    counts = {
        "settings": written.counted(stability.get("settings") or 0, "setting"),
        "windows": written.counted(len(ends), "window"),
        "changes": written.counted(stability.get("changes") or 0, "time"),
    }
    if most is None or share is None or stability["settings"] < 2:
        said.append(shared.answer("chosen", **counts))
    else:
        words = varied.in_words(result, most)
        said.append(shared.answer("chosen_most", **counts, most=words, share=written.percent(share, 0)))
    if unranked := windows["patch"].count(None):
        said.append(shared.answer("not_ranked", unranked=written.count(unranked), windows=counts["windows"]))
    if failed:
        said.append(shared.answer("had_failed", failed=written.counted(len(failed), "setting")))
    if following is not None:
        same = all(varied.asked(result, pointer) == value for pointer, value in varied.values(following))
        said.append(shared.answer("next_is_asked" if same else "next", setting=varied.in_words(result, following)))
    return said


def _grew(result: Result, *path: str) -> str:
    yearly, whole = (result.at(*_WALK, *path, key) for key in ("cagr", "total_return"))
    if yearly is not None:
        return f"{written.percent(yearly)} a year"
    return written.DASH if whole is None else f"{written.percent(whole)} in all"


@_of_a_whole
def chance(result: Result) -> list[str]:
    """Return whether the record's length, random picks and a look ahead speak against the result."""
    psr, p = result.at(*_TRUST, "significance", "psr"), result.at(*_TRUST, "random", "p_value")
    level, said = result.at("request", *_TRUST, "confidence") or 0.95, []
    if psr is not None:
        key = "sharpe_is_negative" if psr < 0.5 else "sharpe_is_unsure" if psr < level else "sharpe_is_sure"
        said.append(shared.answer(key, psr=written.probability(psr)))
    if p is not None:
        said.append(shared.answer("few_random" if p <= _FEW else "many_random", p=written.plain(p, 3)))
    if result.at(*_TRUST, "look_ahead", "changed"):
        said.append(shared.answer("looks_ahead"))
    return said


@_of_a_whole
def timing_luck(result: Result, metric: str | None = None) -> list[str]:
    """Return where a metric lies among those of the same rule on other days; the growth a year, where it is defined."""
    at = (*_TRUST, "timing_luck")
    metric = metric or ("sharpe_ratio" if result.at(*at, "summary", "cagr", "minimum") is None else "cagr")
    low, high, share = (result.at(*at, "summary", metric, key) for key in ("minimum", "maximum", "percentile"))
    figures = {
        "metric": result.title("metrics", metric), "low": _metric(result, metric, low),
        "high": _metric(result, metric, high), "own": _metric(result, metric, result.at(*at, metric, 0)),
    }  # fmt: skip
    if share is None:
        return [shared.answer("dates", **figures)]
    return [shared.answer("dates_ranked", **figures, share=written.percent(share, 0))]


@_of_a_whole
def lag(result: Result) -> list[str]:
    """Return what a late fill leaves; of the Sharpe ratio where no growth a year is defined, nothing without either."""
    metric, name = lag_metric(result)
    sessions, values = (result.at(*_TRUST, "lag", key) for key in ("sessions", metric))
    if values[-1] is None and values[0] is None:
        return []
    figures = {"late": _metric(result, metric, values[-1]), "early": _metric(result, metric, values[0])}
    return [shared.answer("lag", last=written.counted(sessions[-1], "session"), name=name, **figures)]


def lag_metric(result: Result) -> tuple[str, str]:
    """Return the metric that the delays are measured by, and its name in a sentence."""
    yearly = any(value is not None for value in result.at(*_TRUST, "lag", "cagr") or [])
    return ("cagr", "growth a year") if yearly else ("sharpe_ratio", "Sharpe ratio")


@_of_a_whole
def break_even(result: Result) -> list[str]:
    """Return the commissions at which it stops growing, and at which equal weights do better."""
    zero, equal, above = (result.at(*_TRUST, "break_even", key) for key in ("zero", "equal_weight", "ahead_above"))
    asked = result.at("request", "costs", "commission_bps") or 0
    if zero is None:
        ahead = result.reasons.get("/analysis/trust/break_even/zero") == "AHEAD_AT_ANY_COMMISSION"
        said = [shared.answer("never_stops" if ahead else "never_grows")]
    else:
        said = [shared.answer("stops_growing", bps=bps(zero), asked=bps(asked))]
    if equal is not None:
        key = "equal_weights_below" if "equal_weight" in (above or []) else "equal_weights"
        said.append(shared.answer(key, bps=bps(equal)))
    return said


def rivals(result: Result) -> dict[str, str]:
    """Return what happens at each of the commissions."""
    keys = ("zero", "benchmark", "equal_weight")
    return {key: shared.answer(f"bears_{key}", market=result.benchmark or "the benchmark") for key in keys}


@_of_a_whole
def projection(result: Result) -> list[str]:
    """Return how many of the paths pay what is taken out."""
    at, asked = ("analysis", "projection"), result.at("request", "analysis", "projection") or {}
    years, success = (result.at(*at, key)[-1] for key in ("years", "success"))
    taken, inflation = asked.get("withdrawal") or {}, asked.get("inflation_rate") or 0
    rate, real = taken.get("annual_rate") or 0, taken.get("real") is True
    rest = [shared.answer("need_not"), *([shared.answer("without_inflation")] if real and inflation == 0 else [])]
    if not rate:
        return [shared.answer("nothing_withdrawn"), *rest]
    grows = shared.answer("with_inflation", rate=written.percent(inflation)) if real and inflation else ""
    figures = {"years": written.counted(years, "year"), "share": written.probability(success)}
    return [shared.answer("withdrawn", rate=written.percent(rate), inflation=grows, **figures), *rest]


# -- figures with a few words


def _fact(
    result: Result, key: str, path: Sequence[str], figures: dict[str, str], how: Callable[[Any], str] | None = None
) -> Tile:
    label, words = shared.fact(key, **figures)
    return Tile(label or result.title(*path), result.cell(*path, how=how), words, result.meaning(*path))


@_of_a_whole
def sweep_facts(result: Result) -> list[Tile]:
    """Return the best setting beside the one asked for, and how much of its lead is the luck of choosing."""
    name, best = str(result.at(*_SWEEP, "rank_by")), result.at(*_SWEEP, "best") or {}
    unit, column, asked = result.schema("metrics", name).get("x-unit"), ranking(result), asked_index(result)
    index, place = best.get("index"), None if asked is None else ranked(result, asked)
    runs, trials = (
        written.count(result.at(*_SWEEP, *path) or 0) for path in (("runs",), ("overfitting", "trials"))
    )  # fmt: skip

    def fact(key: str, value: float | None, words: str = "", tip: str = "", **figures: str) -> Tile:
        label, own = shared.fact(key, metric=result.title("metrics", name), **figures)
        why = shared.say("undefined" if best else "unranked") if value is None else ""
        return Tile(label, Cell(written.DASH if why else written.by_unit(value, unit), why=why), words or own, tip)

    top = None if index is None else column[index]
    own = result.at("metrics", name) if asked is None else column[asked]
    key = "asked_untried" if asked is None else "asked" if place else "asked_unranked"
    made = [
        fact("best", top, varied.in_words(result, best.get("patch")) if best else "",
             result.meaning("metrics", name), runs=runs),
        fact(key, own, rank=written.count(place or 0), runs=runs),
        fact("neighbours", best.get("neighbours_mean")),
    ]  # fmt: skip
    figures = {"trials": trials, "sure": written.percent(0.95, 0), "toss": written.percent(0.5, 0)}
    keys = {"sweep_dsr": "dsr", "sweep_pbo": "pbo", "sweep_expected": "expected_max_sharpe"}
    return made + [_fact(result, key, (*_SWEEP, "overfitting", path), figures) for key, path in keys.items()]


@_of_a_whole
def chance_facts(result: Result) -> list[Tile]:
    """Return the figures of the record's length, random picks, resampled histories, other starts, and a look ahead."""
    asked = result.at(*_TRUST) or {}
    made: list[Tile] = []
    for name, of in (
        ("significance", _significance), ("random", _random), ("bootstrap", _falls_short), ("start_dates", _starts),
        ("look_ahead", _look_ahead),
    ):  # fmt: skip
        if name in asked:
            made += of(result)
    return made


def _significance(result: Result) -> list[Tile]:
    at, trials = (*_TRUST, "significance"), result.at("request", *_TRUST, "trials") or 1
    figures = {
        "sharpe": _metric(result, "sharpe_ratio", result.at("metrics", "sharpe_ratio")), "level": confidence(result),
        "trials": written.count(trials),
    }  # fmt: skip
    keys = ["psr", "standard_error", "min_track_record_years"] + ["dsr", "min_backtest_years"] * (trials > 1)
    hows = {"min_track_record_years": _years, "min_backtest_years": _years}
    return [_fact(result, key, (*at, key), figures, hows.get(key)) for key in keys]


def _years(value: float) -> str:
    return f"{written.plain(value, 1)} years"


def _random(result: Result) -> list[Tile]:
    at = (*_TRUST, "random")
    if result.at(*at) is None:
        return [_fact(result, "random_none", at, {})]
    return [_fact(result, "random", (*at, "percentile"), {"portfolios": written.count(result.at(*at, "portfolios"))})]


def _falls_short(result: Result) -> list[Tile]:
    at = (*_TRUST, "bootstrap")
    if result.at(*at) is None or result.benchmark is None:
        return []
    return [_fact(result, "falls_short", (*at, "probability_below_benchmark"), {"market": result.benchmark})]


def _starts(result: Result) -> list[Tile]:
    share, worst = (result.at(*_TRUST, "start_dates", key) for key in ("share_above", "worst"))
    if share is None or worst is None:
        return []
    figures = {"market": result.benchmark or "the benchmark", "worst": written.percent(abs(worst))}
    key = "starts_behind" if worst < 0 else "starts"
    return [_fact(result, key, (*_TRUST, "start_dates", "share_above"), figures, written.percent)]


def _look_ahead(result: Result) -> list[Tile]:
    at = (*_TRUST, "look_ahead")
    test = result.at(*at)
    if test is None:
        return [_fact(result, "look_ahead_unchecked", at, {})]
    key = "look_ahead_none" if test["first"] is None else "look_ahead"
    label, words = shared.fact(key, first=written.date(test["first"] or ""))
    found = f"{written.count(test['changed'])} of {written.count(test['decisions_checked'])}"
    return [Tile(label, Cell(found), words, result.meaning(*at))]
