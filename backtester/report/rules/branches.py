"""The branch of a tree of rules that was held at each time, as a band of colours.

The trace of each decision is followed to where it ends at one holding or at a mix. The example app does the same.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any, NamedTuple

from backtester.codec.decode import child
from backtester.model.rule_tree import kind_of
from backtester.report import written
from backtester.report.lookup import Result
from backtester.report.rules.sentences import leaf, mix, sentences
from backtester.report.shapes import Band, BandSpan, Cell, Column, Table

UNKNOWN = "Too little history"
CASH = "Cash"
_MOST = 6  # branches with a colour of their own
_LONGEST = 60
_MOST_ROWS = 200


class Branch(NamedTuple):
    """A branch; colour: the class of its colour; share: of all decisions."""

    label: str
    colour: str
    share: float


class Span(NamedTuple):
    """From the session of its first execution to that of the next branch. branch: its place among the branches."""

    branch: int
    start: str
    end: str


def band(result: Result) -> Band | None:
    """Return the band of a result of the strategy rules; None where it has no trace."""
    found = branches(result)
    if found is None:
        return None
    held, spans = found
    first, last = (date.fromisoformat(day).toordinal() for day in (spans[0].start, spans[-1].end))
    whole = max(1, last - first)
    drawn = []
    for span in spans:
        left, right = (date.fromisoformat(day).toordinal() - first for day in (span.start, span.end))
        drawn.append(BandSpan(held[span.branch].colour, 1000 * left / whole, max(1.0, 1000 * (right - left) / whole)))
    shares = ", ".join(f"{one.label} at {written.percent(one.share)} of the decisions" for one in held)
    ends = (written.date(spans[0].start), written.date(spans[-1].end))
    legend = [(one.colour, one.label, written.percent(one.share)) for one in held]
    return Band("Branch held", f"A coloured band of the branch held: {shares}.", drawn, legend, ends)


def spans_table(result: Result) -> Table | None:
    """Return the branches that were held, one after the other, the first of them."""
    found = branches(result)
    if found is None:
        return None
    held, spans = found
    rows = [
        [
            Cell(written.date(span.start)),
            Cell(written.date(span.end), "text"),
            Cell(held[span.branch].label, "text wrap"),
        ]
        for span in spans[:_MOST_ROWS]
    ]
    more = len(spans) - len(rows)
    note = f"{written.count(more)} more are left out." if more else ""
    columns = [Column("From", "text"), Column("To", "text"), Column("Branch", "text")]
    return Table("Branches held, one after the other", columns, rows, note, "scroll" if len(rows) > 12 else "")


def in_words(result: Result) -> list[str]:
    """Return the tree as sentences, one a branch, indented by two spaces a level; none of another strategy."""
    return [*sentences(result.request["parameters"])] if result.request.get("strategy") == "rules" else []


def branches(result: Result) -> tuple[list[Branch], list[Span]] | None:
    """Return the branches, the most frequent first, and when each was held; None without a trace."""
    paths, dates = result.at("decisions", "path"), result.at("decisions", "executed")
    if result.request.get("strategy") != "rules" or not paths or not dates:
        return None
    known: dict[tuple[str, ...], str] = {}
    labels = []
    for path in map(tuple, paths):
        if path not in known:
            known[path] = label_of(result.request["parameters"], path)
        labels.append(known[path])
    counts = Counter(labels)
    order = [label for label, _ in counts.most_common()]
    named = order if len(order) <= _MOST else order[: _MOST - 1]
    numbers = iter(range(_MOST))
    held = [
        Branch(label, {CASH: "cash", UNKNOWN: "other"}.get(label) or f"c{next(numbers)}", counts[label] / len(labels))
        for label in named
    ]
    if rest := order[len(named) :]:
        held.append(Branch(f"{len(rest)} others", "other", sum(counts[label] for label in rest) / len(labels)))
    places = [named.index(label) if label in named else len(named) for label in labels]
    return held, _spans(places, dates, str(result.at("period", "effective", "end")))


def _spans(places: list[int], dates: list[str], end: str) -> list[Span]:
    """Return decisions one after the other that held the same as one span."""
    starts = [n for n, place in enumerate(places) if n == 0 or place != places[n - 1]]
    ends = [*(dates[n] for n in starts[1:]), end]
    return [Span(places[n], dates[n], until) for n, until in zip(starts, ends, strict=True)]


class _Place(NamedTuple):
    """A node, a use followed."""

    pointer: str
    node: dict[str, Any]
    name: str | None


def label_of(parameters: dict[str, Any], path: tuple[str, ...]) -> str:
    """Return the name of the last node of a path at which all that it reached comes together."""
    definitions = parameters.get("definitions") or {}

    def place(node: dict[str, Any], pointer: str) -> _Place:
        name = node.get("name")
        while kind_of(node) == "use":
            pointer, node = child("/parameters/definitions", node["use"]), definitions[node["use"]]
            name = name or node.get("name")
        return _Place(pointer, node, name)

    here = place(parameters["tree"], "/parameters/tree")
    if path and not _among([here], path[:1]) and "else" in here.node:  # the root was unknown, and its else was taken
        here = place(here.node["else"], f"{here.pointer}/else")
    if not _among([here], path[:1]):
        return UNKNOWN
    at = 0
    while True:
        children = [place(node, f"{here.pointer}{way}") for way, node in _children(here.node)]
        reached = _among(children, path[at + 1 :])
        decides = kind_of(here.node) in ("if", "cases") or len(reached) == 1
        after = _among(children, path[at + 1 : at + 2]) if decides else []
        if not after:
            return _label(here)
        here, at = after[0], at + 1


def _among(siblings: list[_Place], path: tuple[str, ...]) -> list[_Place]:
    """Return those that a path has: by their pointers, as where siblings share a name, or else by their names."""
    shared = {one.name for one in siblings if one.pointer in path}  # a node below them may have such a name too
    return [one for one in siblings if one.pointer in path or (one.name in path and one.name not in shared)]


def _children(node: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the children of a node, each with the way from it."""
    found = [(f"/{key}", node[key]) for key in ("then",) if key in node]
    found += [(f"/cases/{n}/then", case["then"]) for n, case in enumerate(node.get("cases", ()))]
    found += [(f"/{key}", node[key]) for key in ("else",) if key in node]
    return found + [(f"/of/{n}", one) for n, one in enumerate(node.get("of", ()))]


def _label(place: _Place) -> str:
    kind = kind_of(place.node)
    if place.name is not None:
        return _cut(f"{place.name}: {leaf(place.node)}" if kind == "hold" else place.name)
    if kind in ("hold", "cash"):
        return CASH if kind == "cash" else leaf(place.node)
    return _cut(mix(place.node)) if "of" in place.node else UNKNOWN


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1].rstrip()}…"
