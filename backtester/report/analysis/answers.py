"""The answers of `analysis` in plain sentences and small tables, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from backtester.report import written
from backtester.report.lookup import Result

_LABEL = 20
_METRICS = ("cagr", "sharpe_ratio", "max_drawdown")
_LAGGED = ("cagr", "sharpe_ratio")
_RULES = ("best_in_hindsight", "median_setting", "as_asked")
_BREAK_EVEN = {"benchmark": "the benchmark", "equal_weight": "equal weights", "zero": "no growth at all"}


def lines(result: Result) -> Iterator[str]:
    """Yield headings, rows of tables, and sentences of any length, for each question that is answered."""
    for name, of in (("walk_forward", _walk_forward), ("trust", _trust), ("projection", _projection)):
        answer = result.at("analysis", name)
        if isinstance(answer, dict):
            yield from of(result, answer)
        elif name in (result.at("analysis") or {}):
            yield f"{result.title('analysis', name)}: {result.why('analysis', name)}"


def _cell(result: Result, *path: str | int) -> str:
    """Return a figure; an item of a list has the unit of the list."""
    value = result.at("analysis", *path)
    at = path[:-1] if isinstance(path[-1], int) else path
    return written.DASH if value is None else written.by_unit(value, result.schema("analysis", *at).get("x-unit"))


def _rows(rows: Sequence[tuple[str, Sequence[str]]]) -> Iterator[str]:
    """Yield rows of a label and cells, in columns."""
    label = max(_LABEL, *(len(name) + 1 for name, _ in rows))
    widths = [max(map(len, column)) + 3 for column in zip(*(cells for _, cells in rows), strict=True)]
    for name, cells in rows:
        yield f"{name:{label}}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))


# -- walk-forward


def _walk_forward(result: Result, answer: dict[str, Any]) -> Iterator[str]:
    asked = result.at("request", "analysis", "walk_forward") or {}
    starts, stability = answer["windows"]["test_start"], answer["stability"]
    tests = "1 test" if len(starts) == 1 else f"{len(starts)} tests"
    yield (
        f"Walk-forward: {tests} of {asked.get('test_months')} months from {written.date(starts[0])}, each with the "
        f"setting that was best on the {asked.get('train_months')} months before it."
    )
    rules: list[tuple[str, tuple[str, ...]]] = [("Walk-forward", ("walk_forward", "metrics"))]
    rules += [
        (result.title("analysis", "walk_forward", "yardsticks", rule), ("walk_forward", "yardsticks", rule, "metrics"))
        for rule in _RULES
    ]
    heading = ("", [result.title("metrics", name) for name in _METRICS])
    yield from _rows([heading, *((name, [_metric(result, *at, key) for key in _METRICS]) for name, at in rules)])
    if answer["efficiency"] is not None:
        yield (
            f"The settings earned {written.percent(answer['efficiency'], 0)} as much a year in their tests as in the "
            "months that chose them."
        )
    if stability["settings"]:
        count, most = written.count(stability["settings"]), _setting(stability["most_chosen"])
        share = written.percent(stability["most_chosen_share"], 0)
        plural = "setting was" if stability["settings"] == 1 else "different settings were"
        yield f"{count} {plural} chosen; {most} most often, in {share} of the tests."
    if answer["next"] is not None:
        yield f"To use next: {_setting(answer['next'])}."


def _metric(result: Result, *path: str | int) -> str:
    """Return a metric as a run's own is written."""
    value = result.at("analysis", *path)
    unit = result.schema("metrics", path[-1]).get("x-unit")
    return written.DASH if value is None else written.by_unit(value, unit)


def _setting(patch: Any, at: str = "") -> str:
    """Return a merge patch in words: lookback_period 63, top_n 2."""
    if not isinstance(patch, dict):
        return f"{at} {patch}"
    return ", ".join(_setting(value, str(name)) for name, value in patch.items()) or "the request as asked"


# -- trust


def _trust(result: Result, answer: dict[str, Any]) -> Iterator[str]:
    yield "Is it worth believing?"
    for name, test in answer.items():
        if name in _TESTS and isinstance(test, dict):
            yield from _TESTS[name](result, test)
        elif name in _TESTS:
            yield f"{result.title('analysis', 'trust', name)}: {result.why('analysis', 'trust', name)}"


def sentences(result: Result, name: str) -> list[str]:
    """Return what a test of trust says; why, where it could not be made; nothing where the document lacks a figure."""
    test = result.at("analysis", "trust", name)
    if isinstance(test, dict):
        try:
            return list(_TESTS[name](result, test))
        except KeyError:  # written by another version
            return []
    return [f"{result.title('analysis', 'trust', name)}: {result.why('analysis', 'trust', name)}"]


def _timing_luck(result: Result, test: dict[str, Any]) -> Iterator[str]:
    summary = ("trust", "timing_luck", "summary", "sharpe_ratio")
    low, high, own = (_cell(result, *summary, key) for key in ("minimum", "maximum", "percentile"))
    mixed = _cell(result, "trust", "timing_luck", "tranches", "sharpe_ratio")
    yield (
        f"Timing luck: rebalanced on other sessions, the Sharpe ratio is {low} to {high}. As asked it is "
        f"{_cell(result, 'trust', 'timing_luck', 'sharpe_ratio', 0)}, better than {own} of {len(test['offsets'])}; "
        f"with a share of the money on each, {mixed}."
    )


def _lag(result: Result, test: dict[str, Any]) -> Iterator[str]:
    count = len(test["sessions"])
    figures = {name: [_cell(result, "trust", "lag", name, place) for place in range(count)] for name in _LAGGED}
    yield from _rows([
        ("Sessions to the fill", [str(number) for number in test["sessions"]]),
        *((result.title("metrics", name), cells) for name, cells in figures.items()),
    ])  # fmt: skip


def _break_even(result: Result, test: dict[str, Any]) -> Iterator[str]:
    found = [
        f"{written.count(test[name])} bps against {rival}" for name, rival in _BREAK_EVEN.items()
        if test.get(name) is not None
    ]  # fmt: skip
    if found:
        yield f"The advantage is gone at a commission of {written.listed(found)}."
    for name, rival in _BREAK_EVEN.items():
        if name in test and test[name] is None:
            yield f"Such a commission against {rival}: {result.why('analysis', 'trust', 'break_even', name)}"


def _significance(result: Result, test: dict[str, Any]) -> Iterator[str]:
    at = ("trust", "significance")
    yield f"The probability that the true Sharpe ratio is above 0 is {_cell(result, *at, 'psr')}."
    if test["dsr"] is not None:
        trials = result.at("request", "analysis", "trust", "trials")
        yield (
            f"That it is above the best of {written.count(trials)} trials without skill: {_cell(result, *at, 'dsr')}."
        )
    if test["min_track_record_years"] is not None:
        confidence = written.percent(result.at("request", "analysis", "trust", "confidence"), 0)
        yield (
            f"To be {confidence} confident that it is above 0 takes "
            f"{written.plain(test['min_track_record_years'], 1)} years of such returns."
        )


def _bootstrap(result: Result, test: dict[str, Any]) -> Iterator[str]:
    confidence = written.percent(result.at("request", "analysis", "trust", "confidence"), 0)
    found = [
        f"{result.title('metrics', name)} {_cell(result, 'trust', 'bootstrap', name, 0)} to "
        f"{_cell(result, 'trust', 'bootstrap', name, 1)}"
        for name in _METRICS
        if test[name][0] is not None
    ]
    if found:
        yield f"Of resampled histories, {confidence} have: {written.listed(found)}."
    if test["probability_below_benchmark"] is not None:
        short = _cell(result, "trust", "bootstrap", "probability_below_benchmark")
        yield f"{short} of them fall short of the benchmark."


def _start_dates(result: Result, test: dict[str, Any]) -> Iterator[str]:
    if test["share_above"] is None:
        yield f"Start dates: {result.why('analysis', 'trust', 'start_dates', 'share_above')}"
        return
    share, side = _cell(result, "trust", "start_dates", "share_above"), "behind" if test["worst"] < 0 else "ahead"
    yield (
        f"Begun in each of {len(test['starts'])} months, it is ahead of the benchmark from {share} of them; at the "
        f"worst it is {written.percent(abs(test['worst']))} a year {side}."
    )


def _random(result: Result, test: dict[str, Any]) -> Iterator[str]:
    if test["p_value"] is not None:
        yield (
            f"Of {written.count(test['portfolios'])} portfolios with the same weights on random holdings, it beats "
            f"{_cell(result, 'trust', 'random', 'percentile')} (p = {written.plain(test['p_value'], 3)})."
        )


def _look_ahead(result: Result, test: dict[str, Any]) -> Iterator[str]:
    changed, count = test["changed"], test["decisions_checked"]
    if changed:
        yield (
            f"Look-ahead: {changed} of {count} decisions changed with later prices, the first on "
            f"{written.date(test['first'])}. The strategy uses prices of its future."
        )
    else:
        yield f"Look-ahead: none of {count} decisions changed with later prices."


_TESTS = {
    "timing_luck": _timing_luck, "lag": _lag, "break_even": _break_even, "significance": _significance,
    "bootstrap": _bootstrap, "start_dates": _start_dates, "random": _random, "look_ahead": _look_ahead,
}  # fmt: skip


# -- projection


def _projection(result: Result, answer: dict[str, Any]) -> Iterator[str]:
    asked = result.at("request", "analysis", "projection") or {}
    rate = written.percent((asked.get("withdrawal") or {}).get("annual_rate", 0), 1)
    count = answer["years"][-1]
    years = "1 year" if count == 1 else f"{count} years"
    heading = (f"After {years}", [f"{name} %" for name in answer["bands"]])
    yield from _rows([
        heading,
        ("Times the money", [written.ratio(band[-1]) for band in answer["bands"].values()]),
        ("Safe withdrawal", [written.percent(v) for v in answer["safe_withdrawal_rate"].values()]),
    ])  # fmt: skip
    yield f"{written.percent(answer['success'][-1])} of the paths pay {rate} a year for {years}."
