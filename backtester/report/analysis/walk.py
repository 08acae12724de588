"""The blocks of walk-forward, of a projection, and of compared variations."""

from __future__ import annotations

import functools
from typing import Any

from backtester.report import shared, written
from backtester.report.analysis import says, varied
from backtester.report.analysis.axes import Axis, date_axis, days, money_axis
from backtester.report.analysis.drawing import Drawing, Line, box, drawing, plot
from backtester.report.lookup import Result
from backtester.report.shapes import Cell, Column, Table

_AT = ("analysis", "walk_forward")
_STRIP = 22


def part(result: Result) -> dict[str, Any]:
    """Return the sentences, the stitched curve and the yardsticks of a walk-forward."""
    drawn = _stitched(result)
    windows, said = _windows(result), says.walk_forward(result)
    return {
        "sentences": [*said[:1], " ".join(said[1:])],
        "drawings": [drawn] if drawn else [],
        "tables": [_yardsticks(result)],
        "folded": [windows] if windows.rows else [],
    }


def _stitched(result: Result) -> Drawing | None:
    dates, values = (result.at(*_AT, "series", key) or [] for key in ("dates", "portfolio_value"))
    if not 2 <= len(dates) == len(values):
        return None
    windows = result.at(*_AT, "windows") or {}
    spans = list(zip(*(windows.get(key) or [] for key in ("test_start", "test_end", "patch")), strict=False))
    words = [varied.in_words(result, patch) if patch else "no setting could be ranked" for *_, patch in spans]
    names = list(dict.fromkeys(words))
    most = shared.of("most_colours")
    classes = {name: f"s{n + 1}" if n < most else "other" for n, name in enumerate(names)}
    x, y = date_axis(dates), money_axis(values)
    points = [(days(each), value) for each, value in zip(dates, values, strict=False)]

    def strip(place: Any) -> str:
        return "".join(
            box(place(days(start)), 2, place(days(end)) - place(days(start)) - 1, _STRIP - 6,
                f"fill {classes[said]}", f"{written.date(start)} to {written.date(end)}: {said}")
            for (start, end, _), said in zip(spans, words, strict=True)
        )  # fmt: skip

    legend = [(classes[name], name) for name in names[:most]]
    if len(names) > most:
        legend.append(("other", written.counted(len(names) - most, "other setting")))
    said = (
        f"Line chart of the walk-forward portfolio, from {written.money(values[0])} on {written.date(dates[0])} to "
        f"{written.money(values[-1])} on {written.date(dates[-1])}; below it the setting of each window."
    )
    lines = [Line(points)]
    return drawing(
        shared.caption("stitched"),
        said,
        lambda width: plot(width, x, y, lines, below=strip, more=_STRIP),
        legend=legend,
    )


def _yardsticks(result: Result) -> Table:
    measures = shared.of("measures")

    def row(name: str, words: str, *path: str) -> list[Cell]:
        units = {key: result.schema("metrics", key).get("x-unit") for key in measures}
        figures = [
            result.cell(*_AT, *path, "metrics", key, how=functools.partial(written.by_unit, unit=units[key]))
            for key in measures
        ]
        return [Cell(name, "" if path else "total"), Cell(words, "text"), *figures]

    rows = [row("Walk-forward", "chosen anew each time")]
    for key in ("as_asked", "median_setting", "best_in_hindsight"):
        name = result.title(*_AT, "yardsticks", key)
        patch = result.at(*_AT, "yardsticks", key, "patch")
        rows.append(row(name, varied.in_words(result, patch) if patch else "", "yardsticks", key))
    heads = [Column(result.title("metrics", key), "", result.meaning("metrics", key)) for key in measures]
    return Table(shared.caption("yardsticks"), [Column("Rule", "text"), Column("Setting", "text"), *heads], rows)


def _windows(result: Result) -> Table:
    windows = result.at(*_AT, "windows") or {}
    rows = []
    for n, start in enumerate(windows.get("test_start") or []):
        trained = [written.date(str(result.at(*_AT, "windows", key, n))) for key in ("train_start", "train_end")]
        patch = result.at(*_AT, "windows", "patch", n)
        rows.append([
            Cell(f"{written.date(start)} to {written.date(str(result.at(*_AT, 'windows', 'test_end', n)))}"),
            Cell(" to ".join(trained), "text"),
            Cell(varied.in_words(result, patch) if patch else written.DASH, "text"),
            *(result.cell(*_AT, "windows", key, n, how=written.ratio) for key in ("train", "test")),
        ])  # fmt: skip
    heads = [Column("Test", "text"), Column("Training", "text"), Column("Chosen setting", "text")]
    note = "The two figures are of the metric that ranks."
    return Table("Windows", [*heads, Column("In training"), Column("In the test")], rows, note, "scroll")


def projection(result: Result) -> dict[str, Any]:
    """Return the fan of a projection, and the rates of withdrawal."""
    at = ("analysis", "projection")
    years, bands = result.at(*at, "years") or [], result.at(*at, "bands") or {}
    names = sorted(bands, key=float)
    rows = [
        [Cell(said), *(result.cell(*at, key, name, how=written.percent) for name in names)]
        for key, said in (
            ("safe_withdrawal_rate", f"Used up after {len(years)} years"),
            ("perpetual_withdrawal_rate", "Kept whole"),
        )
    ]
    note = (
        "In all but so many of the paths; a share of the money at the beginning, each year, over "
        f"{written.counted(len(years), 'year')}."
    )
    heads = [Column("The money is", "text"), *(Column(f"in all but {name}{written.SPACE}%") for name in names)]
    return {
        "sentences": [" ".join(says.projection(result))],
        "drawings": [_fan(result, years, {name: bands[name] for name in names})] if years and names else [],
        "tables": [Table(shared.caption("rates"), heads, rows, note)],
    }


def _fan(result: Result, years: list[int], bands: dict[str, list[float]]) -> Drawing:
    capital = float(result.request.get("initial_capital") or 1)
    columns = {name: [capital, *(value * capital for value in values)] for name, values in bands.items()}
    names, spans = list(columns), [0, *years]
    pairs = list(zip(names[: len(names) // 2], names[::-1], strict=False))
    areas = [
        (list(zip(spans, columns[low], columns[high], strict=False)), "inner" if n else "outer")
        for n, (low, high) in enumerate(pairs)
    ]
    edges = dict.fromkeys([names[0], names[-1]])
    lines = [
        Line(list(zip(spans, columns[name], strict=False)), "s1" if name == "50" else "bench",
             "Median" if name == "50" else f"{name} %")
        for name in ([*edges, "50"] if "50" in columns else edges)
    ]  # fmt: skip
    step = next((each for each in (1, 2, 5, 10, 20) if years[-1] / each <= 10), 50)
    x = Axis(0, years[-1], [(at, "now" if at == 0 else str(at)) for at in range(0, years[-1] + 1, step)])
    y = money_axis([value for column in columns.values() for value in column])
    ends = "; ".join(
        f"{name} per cent of the paths are below {written.money(col[-1])}" for name, col in columns.items()
    )
    return drawing(
        shared.title("fan", money=written.money(capital), low=names[0], high=names[-1]),
        f"Fan chart over {len(years)} years. At the end {ends}.",
        lambda width: plot(width, x, y, lines, bands=areas, level=capital, height=280),
        note="Dashed: the money at the beginning.",
    )


def comparison(result: Result) -> dict[str, Any]:
    """Return the curves and the figures of compared variations."""
    at = ("comparison",)
    names, dates = (result.at(*at, key) or [] for key in ("names", "dates"))
    values: dict[str, list[float]] = result.at(*at, "portfolio_value") or {}
    drawn = [name for name in names if values.get(name)][: shared.of("most_colours")]
    drawings = []
    if len(dates) > 1 and drawn:
        x, y = date_axis(dates), money_axis([value for name in drawn for value in values[name]])
        times = [days(each) for each in dates]
        lines = [Line(list(zip(times, values[name], strict=False)), f"s{n + 1}", name) for n, name in enumerate(drawn)]
        ends = ", ".join(f"{name} ends at {written.money(values[name][-1])}" for name in drawn)
        drawings.append(
            drawing(
                shared.caption("variations"),
                f"Line chart: {ends}.",
                lambda width: plot(width, x, y, lines),
                legend=[(line.classes, line.name) for line in lines],
            )
        )
    keys = [key for key in shared.of("compared") if result.at(*at, "metrics", key) is not None]
    units = {key: result.schema("metrics", key).get("x-unit") for key in keys}
    rows = [
        [Cell(result.title("metrics", key)),
         *(result.cell(*at, "metrics", key, n, how=functools.partial(written.by_unit, unit=units[key]))
           for n in range(len(names)))]
        for key in keys
    ]  # fmt: skip
    start, end = (written.date(str(result.at(*at, "period", key))) for key in ("start", "end"))
    failed = [f"{name}: {error.get('detail')}" for name, error in (result.at(*at, "errors") or {}).items()]
    heads = [Column("Metric", "text"), *(Column(name) for name in names)]
    note = " ".join([*failed, "The best of several is chosen with hindsight: a lead may be luck."])
    return {"drawings": drawings, "tables": [Table(f"The common period, {start} to {end}", heads, rows, note)]}
