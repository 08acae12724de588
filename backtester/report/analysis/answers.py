"""The answers of `analysis` for a terminal: the sentences and figures of the page, and small tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from backtester.report import shared, written
from backtester.report.analysis import says
from backtester.report.lookup import Result

_LABEL = 20
_RULES = ("best_in_hindsight", "median_setting", "as_asked")


def lines(result: Result) -> Iterator[str]:
    """Yield headings, rows of tables, and sentences of any length, for each question that is answered."""
    for question, path, of in _ANSWERS:
        around = result.at("analysis", *path[:-1])
        if not isinstance(around, dict) or path[-1] not in around:
            continue
        if isinstance(around[path[-1]], dict):
            found = list(of(result))
            yield from [shared.question(question), *found] if found else ()
        else:
            yield f"{result.title('analysis', *path)}: {result.why('analysis', *path)}"


def _figure(result: Result, *path: str | int) -> str:
    """Return a figure of `analysis` as the run's own metric is written, or by its own unit."""
    value = result.at("analysis", *path)
    name = next((part for part in reversed(path) if isinstance(part, str)), "")
    schema = result.schema("metrics", name) or result.schema("analysis", *path)
    return written.DASH if value is None else written.by_unit(value, schema.get("x-unit"))


def _rows(rows: Sequence[tuple[str, Sequence[str]]]) -> Iterator[str]:
    """Yield rows of a label and cells, in columns."""
    label = max(_LABEL, *(len(name) + 1 for name, _ in rows))
    widths = [max(map(len, column)) + 3 for column in zip(*(cells for _, cells in rows), strict=True)]
    for name, cells in rows:
        yield f"{name:{label}}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))


def _walk_forward(result: Result) -> Iterator[str]:
    measures = shared.of("intervals")
    rules: dict[str, tuple[str, ...]] = {"Walk-forward": ("walk_forward", "metrics")}
    for rule in _RULES:
        path = ("walk_forward", "yardsticks", rule)
        rules[result.title("analysis", *path)] = (*path, "metrics")
    heading = ("", [result.title("metrics", name) for name in measures])
    yield from _rows([
        heading, *((name, [_figure(result, *at, key) for key in measures]) for name, at in rules.items()),
    ])  # fmt: skip
    yield from says.walk_forward(result)


def _chance(result: Result) -> Iterator[str]:
    yield from says.chance(result)
    for name in ("significance", "random", "bootstrap", "start_dates", "look_ahead"):
        if name in result.at("analysis", "trust") and result.at("analysis", "trust", name) is None:
            yield f"{result.title('analysis', 'trust', name)}: {result.why('analysis', 'trust', name)}"
    for tile in says.chance_facts(result):
        if tile.value.text != written.DASH:
            yield f"{tile.label}: {tile.value.text}, {tile.beside}."
    for metric in shared.of("intervals"):
        if interval := says.interval(result, metric):
            yield f"{result.title('metrics', metric)}: {interval} of the resampled histories."


def _lag(result: Result) -> Iterator[str]:
    sessions = result.at("analysis", "trust", "lag", "sessions") or []
    names = ("cagr", "sharpe_ratio")
    figures = {
        result.title("metrics", name): [
            _figure(result, "trust", "lag", name, place) for place in range(len(sessions))
        ] for name in names
    }  # fmt: skip
    yield from _rows([("Sessions to the fill", [str(number) for number in sessions]), *figures.items()])
    yield from says.lag(result)


def _break_even(result: Result) -> Iterator[str]:
    at = ("analysis", "trust", "break_even")
    yield from says.break_even(result)
    for key, name in says.rivals(result).items():
        cell = result.cell(*at, key, how=says.bps)
        if key in (result.at(*at) or {}):
            yield f"{name}: {(cell.why or cell.text).removeprefix('Not defined: ')}"


def _projection(result: Result) -> Iterator[str]:
    at = ("analysis", "projection")
    bands, safe = (result.at(*at, key) or {} for key in ("bands", "safe_withdrawal_rate"))
    years = written.counted((result.at(*at, "years") or [0])[-1], "year")
    yield from _rows([
        (f"After {years}", [f"{name} %" for name in bands]),
        ("Times the money", [written.ratio(band[-1]) for band in bands.values()]),
        ("Safe withdrawal", [written.percent(rate) for rate in safe.values()]),
    ])  # fmt: skip
    yield from says.projection(result)


# Each question: where its answer stands in `analysis`, and what yields the lines of it.
_ANSWERS: Sequence[tuple[str, tuple[str, ...], Callable[[Result], Iterator[str] | list[str]]]] = (
    ("walk_forward", ("walk_forward",), _walk_forward),
    ("chance", ("trust",), _chance),
    ("timing_luck", ("trust", "timing_luck"), says.timing_luck),
    ("lag", ("trust", "lag"), _lag),
    ("break_even", ("trust", "break_even"), _break_even),
    ("projection", ("projection",), _projection),
)
