"""Renders the page: template, styles, scripts, the document itself, and a content security policy."""

from __future__ import annotations

import base64
import functools
import gzip
import hashlib
import importlib
import json
import os
import re
from types import ModuleType
from typing import Any

from backtester._version import __version__
from backtester.report import overview, shared
from backtester.report.analysis import worth
from backtester.report.lookup import Result
from backtester.report.notices import notices
from backtester.report.rules import branches
from backtester.report.sections import ledger, sources, steadiness

_HERE = os.path.dirname(os.path.abspath(__file__))
# The first are modules that the example app has, too.
_SCRIPTS = (
    "format", "ticks", "csv", "write", "frame", "growth", "bars", "shares", "rolling", "data", "decisions", "start",
)  # fmt: skip
_OPTIONAL_PARTS = ("series", "weights", "held_weights", "trades", "decisions")  # of a document; the page may lack each


def render(document: dict[str, Any]) -> str:
    """Return the page of a result document. ImportError where the extra `report` is not installed."""
    template, library = _template(), _plotly()
    result = Result(document)
    theme, script = _read("theme.js"), "\n".join(_without_modules(_read(f"{name}.js")) for name in _SCRIPTS)
    script = f'(() => {{\n"use strict";\nconst SHARED = {_read("shared.json")};\n{script}\n}})();'
    page: str = template.render(
        **_contents(result),
        version=__version__,
        style=_read("tokens.css") + _read("page.css"),
        theme=theme,
        script=script,
        policy=_policy(theme, script, library),
        library=_packed_library(library),
        document=_packed(json.dumps(document, ensure_ascii=False, separators=(",", ":"))),
    )
    return page


def _contents(result: Result) -> dict[str, Any]:
    return {
        "sections": shared.of("sections"),
        "most_warnings": shared.of("most_warnings"),
        "title": overview.title(result),
        "sentence": overview.sentence(result),
        "notices": notices(result),
        "tiles": overview.tiles(result),
        "benchmark_notes": overview.benchmark_notes(result),
        "asked": overview.holdings_asked(result),
        "growth": sources.growth_chart(result),
        "band": branches.band(result),
        "spans": branches.spans_table(result),
        "sentences": branches.in_words(result),
        "worth": worth.parts(result),
        "compared": worth.compared(result),
        "weights": sources.weights_chart(result),
        "held": sources.holdings_table(result),
        "years": steadiness.years_chart(result),
        "months": steadiness.months_table(result),
        "rolling": steadiness.rolling_chart(result),
        "rolling_table": steadiness.rolling_table(result),
        "falls": steadiness.drawdowns_table(result),
        "trailing": steadiness.trailing_table(result),
        "stress": steadiness.stress_table(result),
        "extremes": steadiness.extremes_table(result),
        "contributions": sources.contribution_charts(result),
        "contribution_table": sources.contribution_table(result),
        "correlation": sources.correlation_table(result),
        "costs": sources.costs_table(result),
        "decisions": ledger.decisions_table(result),
        "trades": ledger.trades_table(result),
        "trades_said": ledger.trades_summary(result),
        "metrics": ledger.metrics_table(result),
        "prices": ledger.provenance_table(result),
        "facts": ledger.facts(result),
        "request_json": json.dumps(result.request, indent=2, ensure_ascii=False),
        "left_out": result.left_out,
        "has": {part: result.document.get(part) is not None for part in _OPTIONAL_PARTS},
    }


def _template() -> Any:
    import jinja2

    return _environment(jinja2).get_template("page.html")


@functools.cache
def _environment(jinja2: ModuleType) -> Any:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(os.path.join(_HERE, "templates"), encoding="utf-8"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _plotly() -> str:
    """Return Plotly's script, as its Python package ships it."""
    offline = importlib.import_module("plotly.offline")
    script: str = offline.get_plotlyjs()
    return script


@functools.lru_cache(maxsize=1)
def _packed_library(script: str) -> str:
    """Return Plotly's script compressed, once in a process: it is 4.8 MB and the same in every page."""
    return _packed(script)


def _policy(*scripts: str) -> str:
    """Return a content security policy that allows these scripts only, and no other host."""
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _packed(text: str) -> str:
    """Return a text compressed, in base64: a third of its size, and safe inside an HTML element."""
    return base64.b64encode(gzip.compress(text.encode("utf-8"), mtime=0)).decode("ascii")


def _without_modules(script: str) -> str:
    """Return a script without `import` and `export`: the page has all of them in one function."""
    return re.sub(r"^import .*\n|^export (?=const|function)", "", script, flags=re.MULTILINE)


def _read(name: str) -> str:
    with open(os.path.join(_HERE, "static", name), encoding="utf-8") as file:
        return file.read()
