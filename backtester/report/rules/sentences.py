"""A tree of rules as sentences, one a branch: the lines of `--summary`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from backtester.model.rule_tree import kind_of
from backtester.report import written

Json = dict[str, Any]
_RELATIONS = {"above": "is above", "below": "is below", "at_least": "is at least", "at_most": "is at most"}
_NAMES = {
    "price": "the close", "return": "the {}-session return", "average": "the {}-session average",
    "exponential_average": "the {}-session exponential average", "average_return": "the {}-session average return",
    "volatility": "the {}-session volatility", "deviation_of_price": "the {}-session deviation of the close",
    "fall_from_high": "the largest fall in {} sessions", "rsi": "the {}-session RSI",
    "z_score": "the {}-session z-score", "percentile_rank": "the {}-session percentile rank", "macd": "the MACD ({})",
}  # fmt: skip
_IN_PER_CENT = ("return", "average_return", "volatility", "fall_from_high", "percentile_rank")


def sentences(parameters: Json) -> Iterator[str]:
    """Yield the lines of a checked tree, then of each definition, indented by two spaces a level."""
    yield from _node(parameters["tree"], 0, "")
    for name, node in (parameters.get("definitions") or {}).items():
        yield from _node(node, 0, f"{name}: ")


def _node(node: Json, level: int, before: str) -> Iterator[str]:
    """Yield the lines of a node. before: what its first line begins with."""
    kind, pad = kind_of(node), "  " * level
    name = f"{node['name']}: " if "name" in node and f"{node['name']}: " != before else ""
    if kind == "if":
        yield from _cases([{"if": node["if"], "then": node["then"]}], node["else"], level, before + name)
    elif kind == "cases":
        yield from _cases(node["cases"], node["else"], level, before + name)
    elif kind in ("pick", "weigh"):
        flat = _is_flat(node)
        yield f"{pad}{before}{name}{mix(node)}{'' if flat else ':'}"
        for index, child in enumerate([] if flat else node["of"]):
            share = f"{written.percent(node['weights'][index])} " if "weights" in node else ""
            yield from _node(child, level + 1, f"- {share}")
    else:
        yield f"{pad}{before}{name}{leaf(node)}"


def _cases(cases: list[Json], last: Json, level: int, before: str) -> Iterator[str]:
    pad = "  " * level
    for index, case in enumerate(cases):
        asked = f"{'else if' if index else 'if'} {condition(case['if'])}"
        yield from _branch(f"{before if not index else ''}{asked}", case["then"], level, pad)
    yield from _branch("else", last, level, pad)


def _branch(asked: str, node: Json, level: int, pad: str) -> Iterator[str]:
    lines = [*_node(node, level + 1, "")]
    if len(lines) == 1:
        yield f"{pad}{asked}: {lines[0].strip()}"
    else:
        yield f"{pad}{asked}:"
        yield from lines


def leaf(node: Json) -> str:
    """Return what a leaf holds: a symbol, the name of a definition, or cash."""
    return str(node.get("hold") or node.get("use") or "cash")


def mix(node: Json) -> str:
    """Return what a ranking or a mix does with its children, with their names where they are leaves."""
    return _chosen(node, [leaf(child) for child in node["of"]] if _is_flat(node) else [])


def _is_flat(node: Json) -> bool:
    return all(kind_of(child) in ("hold", "cash", "use") for child in node["of"])


def _chosen(node: Json, flat: list[str]) -> str:
    """Return what a ranking or a mix does with its children. flat: their names, none where each has its own line."""
    among = " of " + ", ".join(flat) if flat else ""
    weigh = str(node.get("weigh", "equal"))
    by_risk = f"by 1 / volatility over {node.get('window')} sessions"
    how = {"equal": "in equal parts", "specified": "in these parts"}.get(weigh, by_risk)
    if "pick" in node:
        pick = node["pick"]
        count = "the one" if pick["count"] == 1 else f"the {pick['count']}"
        by = _NAMES[pick["by"]["indicator"]].format(pick["by"]["window"])
        how = "" if pick["count"] == 1 else f", {how}"
        return f"{count}{among} with the {pick['order']} {by.removeprefix('the ')}{how}"
    if flat and "weights" in node:
        parts = [f"{written.percent(weight)} {name}" for weight, name in zip(node["weights"], flat, strict=True)]
        return ", ".join(parts)
    return f"{', '.join(flat)} {how}" if flat else f"a mix {how}"


def condition(one: Json) -> str:
    """Return a condition in words."""
    for key, word in (("all", " and "), ("any", " or ")):
        if key in one:
            parts = [condition(each) for each in one[key]]
            return word.join(f"({part})" if " and " in part or " or " in part else part for part in parts)
    if "not" in one:
        return f"not ({condition(one['not'])})"
    percent = any(isinstance(one[side], dict) and one[side]["indicator"] in _IN_PER_CENT for side in ("left", "right"))
    said = f"{_value(one['left'], percent)} {_RELATIONS[one['is']]} {_value(one['right'], percent)}"
    if "tolerance" in one:
        said += f" by {written.percent(one['tolerance'])} of it"
    if "tolerance_absolute" in one:
        said += f" by {_number(one['tolerance_absolute'], percent)}"
    return said + (f" for {one['for_sessions']} sessions" if one.get("for_sessions", 1) > 1 else "")


def _value(value: Any, percent: bool) -> str:
    if not isinstance(value, dict):
        return _number(value, percent)
    window = value.get("window")
    shown = ", ".join(map(str, window)) if isinstance(window, list) else window
    return f"{_NAMES[value['indicator']].format(shown)} of {value['symbol']}"


def _number(value: float, percent: bool) -> str:
    text = f"{100 * value:.10g}{written.SPACE}%" if percent else f"{value:.10g}"
    return written.MINUS + text[1:] if text.startswith("-") else text
