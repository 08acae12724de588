"""What to beware of before a result is read: its warnings in the words of the form, those of one kind as one."""

from __future__ import annotations

import re
from typing import NamedTuple

from backtester.model.codes import WARNING_CODES
from backtester.report import overview, written
from backtester.report.lookup import Result

_MOST_NAMED = 8
_DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b")


class Caution(NamedTuple):
    """A warning. each: the sentence about each symbol, where the detail is about several."""

    code: str
    severity: str
    detail: str
    each: tuple[str, ...] = ()


def notices(result: Result) -> list[Caution]:
    """Return the notices of the page, warnings first, as `overview.warnings` has them."""
    found = overview.warnings(result)
    made = []
    for warning in found:
        code, severity = warning["code"], warning["severity"]
        alike = [one for one in found if one["code"] == code and one["symbol"]] if warning["symbol"] else []
        if len(alike) < 2 or code not in WARNING_CODES:
            made.append(Caution(code, severity, _said(result, warning["detail"])))
        elif warning is alike[0]:  # the others are said with the first
            symbols = [*dict.fromkeys(one["symbol"] for one in alike)]
            about = f"{WARNING_CODES[code][1].removesuffix('.')}: {_some_of(symbols)}."
            made.append(
                Caution(code, severity, _said(result, about), tuple(_said(result, one["detail"]) for one in alike))
            )
    return made


def _some_of(symbols: list[str]) -> str:
    if len(symbols) > _MOST_NAMED:
        return f"{', '.join(symbols[:_MOST_NAMED])} and {len(symbols) - _MOST_NAMED} more"
    return " and ".join([", ".join(symbols[:-1]), symbols[-1]])


def _said(result: Result, text: str) -> str:
    """Return a text of the document as a sentence; indices by their names as well, since their symbols say little."""
    said = result.in_plain_words(_DATE.sub(lambda match: written.date(match[0]), text))
    for symbol in result.at("data", "symbols") or {}:
        if symbol.startswith("^"):
            said = said.replace(symbol, result.called(symbol))
    return said[:1].upper() + said[1:] + ("" if said.endswith((".", "!", "?")) else ".")
