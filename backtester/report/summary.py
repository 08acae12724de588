"""A result document as a dozen lines of text for a terminal: period, headline figures, a sparkline, warnings.

It reads the document alone. An error document becomes its code, detail, problems and remedy.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import Any

from backtester.model.codes import ERROR_CODES
from backtester.report import overview, shared, written
from backtester.report.lookup import Result

WIDTH = 78
_INDENT = 20
_BARS, _ASCII_BARS = "▁▂▃▄▅▆▇█", "_.:-=+*#"
_ASCII = str.maketrans({written.MINUS: "-", written.DASH: "-", written.SPACE: " ", "–": "-", "“": '"', "”": '"'})
_MOST_LISTED = 5
_MOST_SENTENCES = 40
_LONGEST_SENTENCE = 400
_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}


def summary(document: dict[str, Any], *, colour: bool = False, unicode: bool = True) -> str:
    """Return the lines, each with its end. unicode: False writes ASCII alone, `?` for what it does not have."""
    lines = _of_result(document, colour) if document.get("success") else _of_error(document, colour)
    text = "".join(line.rstrip() + "\n" for line in lines)
    if unicode:
        return text
    bars = str.maketrans(_BARS, _ASCII_BARS)
    return text.translate(bars).translate(_ASCII).encode("ascii", "replace").decode()


def _of_result(document: dict[str, Any], colour: bool) -> Iterator[str]:
    result = Result(document)
    period = written.span(*(str(result.at("period", "effective", key)) for key in ("start", "end")))
    count = result.at("period", "sessions")
    sessions = written.counted(count, "session").replace(" ", written.SPACE)
    run = f"{overview.strategy(result)}: {overview.held(result)}, {period}, {sessions}"
    yield from (_styled(line, "bold", colour) for line in _lines(_plain(run)))
    if result.at("metrics"):
        yield from _figures(result, colour)
    else:
        yield _plain("The document has no “metrics”. Add it to output.include in the request, and run it again.")
    yield from _course(result, colour)
    if result.request.get("strategy") == "rules":
        yield from _tree(result)
    yield from _comparison(result, colour)
    if result.at("analysis"):
        yield from _answers(result, colour)
    yield from _warnings(result, colour)


def _answers(result: Result, colour: bool) -> Iterator[str]:
    """Yield the answers of the analysis: sentences are wrapped, rows of tables are short."""
    from backtester.report.analysis import answers, sweep_text  # most results have none

    sweep = result.at("analysis", "sweep")
    for line in sweep_text.lines(result, sweep, colour=colour) if sweep else ():
        if line.endswith("\x1b[0m"):  # a row of the heat map, of numbers alone
            yield line
        else:
            yield from _wrapped(line)
    for line in answers.lines(result):
        yield from _wrapped(line)


def _wrapped(line: str) -> Iterator[str]:
    shown = _plain(line)
    yield from _lines(shown) if len(shown) > WIDTH else (shown,)


def _comparison(result: Result, colour: bool) -> Iterator[str]:
    """Yield a heading and a line for each compared run: its figures over the common period, or its error."""
    names, keys = result.at("comparison", "names") or [], shared.of("measures")
    rows: list[tuple[str, list[str]]] = []
    for number, name in enumerate(names):
        code = str(result.at("comparison", "errors", name, "code") or "")
        reason = ERROR_CODES[code].title if code in ERROR_CODES else code
        values = [(result.at("comparison", "metrics", key, number), result.schema("metrics", key)) for key in keys]
        figures = [written.DASH if v is None else written.by_unit(v, schema.get("x-unit")) for v, schema in values]
        rows.append((_plain(name), [_plain(reason)] if reason else figures))
    if not rows:
        return
    period = written.span(*(str(result.at("comparison", "period", key)) for key in ("start", "end")))
    titles = [result.title("metrics", key) for key in keys]
    full = [titles, *(cells for _, cells in rows if len(cells) > 1)]
    widths = [max(map(len, column)) + 2 for column in zip(*full, strict=True)]
    room = WIDTH - sum(widths)
    yield _styled(_row(period, titles, room, widths), "dim", colour)
    yield from (_row(name, cells, room, widths) for name, cells in rows)


def _row(name: str, cells: list[str], room: int, widths: list[int]) -> str:
    """Return a name, cut to its room, and cells in columns; a single one stands for all of them."""
    shown = name if len(name) < room else f"{name[: room - 2]}…"
    if len(cells) == 1:
        return f"{shown:{room}}{cells[0]:>{sum(widths)}}"
    return f"{shown:{room}}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))


def _figures(result: Result, colour: bool) -> Iterator[str]:
    """Yield a heading and a line for each figure, the benchmark's beside it; and the reason of an undefined figure."""
    keys = ["final_value", *shared.of("measures")]
    if result.at("metrics", "net_contributions"):
        keys[1:1] = ["net_contributions", "money_weighted_return"]
    cells = [result.cell("metrics", key) for key in keys]
    columns = [["portfolio" if result.benchmark else "", *(cell.text for cell in cells)]]
    if result.benchmark:
        columns.append([result.benchmark, *(result.cell("benchmark", "metrics", key).text for key in keys)])
    labels = ["", *(_label(result, key) for key in keys)]
    widths = [max(map(len, column)) + 3 for column in columns]
    room = max(_INDENT - 3, *map(len, labels))
    for row, (label, cell) in enumerate(zip(labels, [None, *cells], strict=True)):
        if cell is None and not result.benchmark:
            continue  # a single column needs no heading
        figures = "".join(f"{column[row]:>{width}}" for column, width in zip(columns, widths, strict=True))
        if cell is None:
            yield _styled(_plain(f"{label:{room}}{figures}"), "dim", colour)
        else:
            yield f"{label:{room}}{figures}" + (f"   {cell.why}" if cell.why else "")


def _label(result: Result, key: str) -> str:
    per_year = result.schema("metrics", key).get("x-unit") == "fraction per year"
    return result.title("metrics", key) + (" a year" if per_year else "")


def _course(result: Result, colour: bool) -> Iterator[str]:
    """Yield the portfolio's value as a line of bars from its first session to its last."""
    values = result.at("series", "portfolio_value") or []
    if len(values) > 1:
        first, last = written.money(values[0]), written.money(values[-1])
        bars = sparkline(values, WIDTH - _INDENT - len(f"{first}  {last}"))
        yield f"{'Value':{_INDENT}}{first} {_styled(bars, 'green', colour)} {last}"


def sparkline(values: list[float], width: int) -> str:
    """Return `width` bars, the lowest for the least value and the highest for the greatest."""
    low, high = min(values), max(values)
    if high == low:
        return _BARS[0] * width
    shown = (values[round(place * (len(values) - 1) / (width - 1))] for place in range(width))
    return "".join(_BARS[min(int((value - low) / (high - low) * len(_BARS)), len(_BARS) - 1)] for value in shown)


def _tree(result: Result) -> Iterator[str]:
    """Yield the tree as sentences, the first of its lines."""
    from backtester.report.rules.sentences import sentences  # only trees need it

    lines = [_plain(line) for line in sentences(result.request["parameters"])]
    for line in lines[:_MOST_SENTENCES]:
        if len(line) > _LONGEST_SENTENCE:
            line = line[: _LONGEST_SENTENCE - 1] + "…"
        depth = len(line) - len(line.lstrip(" "))
        yield from _lines(line, first=" " * depth, rest=" " * (depth + 4))
    if len(lines) > _MOST_SENTENCES:
        yield f"And {written.count(len(lines) - _MOST_SENTENCES)} more lines of the tree"


def _warnings(result: Result, colour: bool) -> Iterator[str]:
    found = overview.warnings(result)
    for each in found[:_MOST_LISTED]:
        first, *rest = _lines(_plain(f"{each['severity'].capitalize()}: {each['detail']}"))
        name, _, text = first.partition(":")
        yield f"{_styled(name, 'yellow', colour)}:{text}"
        yield from rest
    yield from _more(len(found), "warnings")


def _of_error(document: dict[str, Any], colour: bool) -> Iterator[str]:
    code, detail, remedy = (_plain(document.get(key) or "") for key in ("code", "detail", "remedy"))
    first, *rest = _lines(f"{code}: {detail}") or [""]
    yield _styled(code, "red", colour) + first.removeprefix(code)
    yield from rest
    problems = document.get("errors") or []
    for each in problems[:_MOST_LISTED]:
        said = "" if _plain(each.get("detail", "")) == detail else f"{each.get('detail', '')}"
        hint = each.get("suggestion")
        if hint is not None and f"Did you mean {hint!a}?" not in each.get("detail", ""):
            said += f" Try {hint if isinstance(hint, str) else json.dumps(hint)}."
        if said or each.get("pointer"):
            yield from _problem(_plain(each.get("pointer") or "/"), _plain(said).strip(), colour)
    yield from _more(len(problems), "problems")
    yield from _lines(remedy)


def _problem(pointer: str, text: str, colour: bool) -> Iterator[str]:
    """Yield a pointer and its detail, wrapped, with the text in one column."""
    lines = _lines(text, WIDTH - _INDENT) or [""]
    if len(pointer) < _INDENT - 1:
        yield _styled(pointer, "bold", colour) + " " * (_INDENT - len(pointer)) + lines.pop(0)
    else:
        yield _styled(pointer, "bold", colour)
    yield from (" " * _INDENT + line for line in lines)


def _more(count: int, plural: str) -> Iterator[str]:
    if count > _MOST_LISTED:
        yield f"And {written.count(count - _MOST_LISTED)} more {plural} in the document"


def _lines(text: str, width: int = WIDTH, *, first: str = "", rest: str = "") -> list[str]:
    """Return a text in lines that keep words whole: a path or a flag that was broken at a hyphen could not be used."""
    return textwrap.wrap(text, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)


def _plain(value: object) -> str:
    """Return one line without the control characters of the document."""
    return "".join(c if c.isprintable() or c == written.SPACE else " " for c in str(value))


def _styled(text: str, style: str, colour: bool) -> str:
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if colour and text else text
