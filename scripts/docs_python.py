"""The reference of the Python package, from its docstrings: the public names, and what a plug-in is given."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import backtester
from backtester.model.record import Record
from backtester.model.records import WarmUp
from backtester.prices.sources.source import PriceSource, Quotes, SourceFailure
from backtester.strategies.decisions.history import History
from backtester.strategies.protocol import Decisions, Strategy

Table = Callable[[list[str], list[list[str]]], str]


def signature(function: Any) -> str:
    """Return a function's parameters and what it returns, annotations without their quotes."""
    return re.sub(r"(: |-> )'([^']*)'", r"\1\2", str(inspect.signature(function)))


def described(name: str, thing: Any) -> str:
    """Return the signature of a function, or the name of a property, and its docstring."""
    head = name if isinstance(thing, property) else f"{name}{signature(thing)}"
    return f"```python\n{head}\n```\n\n{inspect.getdoc(thing)}\n"


def members(kind: type) -> Iterator[str]:
    """Return the public functions and properties of a class."""
    for name, member in vars(kind).items():
        if not name.startswith("_") and (isinstance(member, property) or inspect.isfunction(member)):
            yield described(f"{kind.__name__}.{name}", member)


def fields(kind: type) -> list[list[str]]:
    """Return the fields of a record with their comments."""
    found = re.findall(r"^    (\w+: .+?)(?:  # (?:noqa: \w+  )?(.*))?$", inspect.getsource(kind), re.MULTILINE)
    return [[f"`{field}`", meaning or "—"] for field, meaning in found]


def page(made: str, table: Table) -> str:
    """Return docs/reference/python.md."""
    public = {name: getattr(backtester, name) for name in backtester.__all__ if not name.startswith("_")}
    functions = {name: thing for name, thing in public.items() if inspect.isfunction(thing)}
    errors = {name: thing for name, thing in public.items() if inspect.isclass(thing)}
    parts = [f"{made}# Python\n", f"```\n{inspect.getdoc(backtester)}\n```\n", "## Functions\n"]
    for name, function in functions.items():
        parts += [f"### backtester.{name}\n", described(f"backtester.{name}", function)]
    base = errors.pop("BacktestError")
    parts += ["## Errors\n", "### backtester.BacktestError\n", f"{inspect.getdoc(base)}\n", *members(base)]
    rows = [[f"`backtester.{name}`", inspect.getdoc(error) or ""] for name, error in errors.items()]
    parts += ["### Its subclasses\n", table(["error", "meaning"], rows)]
    pages = "[A strategy of your own](../how-to/plug-ins.md) and [a source](../how-to/sources.md)"
    parts += ["## For plug-ins\n", f"{pages} show their use.\n"]
    for kind in (Strategy, History, Decisions, WarmUp, PriceSource, Quotes, SourceFailure):
        parts += [f"### {kind.__module__}.{kind.__name__}\n", f"{inspect.getdoc(kind)}\n"]
        if issubclass(kind, Record):
            parts.append(table(["field", "meaning"], fields(kind)))
        parts += members(kind)
    return "\n".join(parts)
