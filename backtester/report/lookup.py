"""Reads a result document: the value at a path, the reason of a null, the schema's title and description."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backtester.report import plain_words, shared, written
from backtester.report.shapes import Cell


class Result:
    """A result document that `read_result` has checked."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.request: dict[str, Any] = document["request"]
        self.reasons: dict[str, str] = document.get("null_reasons") or {}

    def at(self, *path: str | int) -> Any:
        """Return the value at a path; None where there is none."""
        value: Any = self.document
        for part in path:
            if isinstance(value, dict):
                value = value.get(str(part))
            elif isinstance(value, list) and isinstance(part, int) and part < len(value):
                value = value[part]
            else:
                return None
        return value

    def cell(self, *path: str | int, how: Callable[[Any], str] | None = None, tone: bool = False) -> Cell:
        """Return the figure at a path as a cell, a dash with its reason where it is null.

        how: the format, by default that of the schema's unit. tone: coloured by its sign.
        """
        value = self.at(*path)
        if value is None:
            return Cell(written.DASH, why=self.why(*path))
        if not isinstance(value, (int, float)):
            return Cell(str(value))
        write = how or (lambda number: written.by_unit(number, self.schema(*path).get("x-unit")))
        text = write(value)
        return Cell(text, _tone(value, text) if tone else "")

    def date(self, *path: str | int, absent: str = "") -> Cell:
        """Return the date at a path as a cell; `absent`: the reason of a null."""
        value = self.at(*path)
        if value is None:
            return Cell(written.DASH, why=absent or self.why(*path))
        return Cell(written.date(str(value)))

    def why(self, *path: str | int) -> str:
        """Return why the value at a path is null: its own reason, or that of the nearest part around it."""
        pointer = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
        while pointer:
            if pointer in self.reasons:
                code = self.reasons[pointer]
                return str(shared.of("null_reasons").get(code, f"Not defined: {code}."))
            pointer = pointer.rpartition("/")[0]
        return shared.say("no_reason")

    def schema(self, *path: str | int) -> dict[str, Any]:
        """Return the part of the result's schema for a path; empty where there is none."""
        from backtester.contract.schemas import resolved_schema

        node: Any = resolved_schema("result")
        for part in path:
            options = [node, *node.get("anyOf", ())]
            node = next((found for found in (_child(option, part) for option in options) if found), {})
        return node if isinstance(node, dict) else {}

    def title(self, *path: str | int) -> str:
        """Return the schema's title of a path, or else the key itself."""
        return str(self.schema(*path).get("title") or str(path[-1]).replace("_", " ").capitalize())

    def meaning(self, *path: str | int) -> str:
        """Return the schema's description of a path: a sentence for everybody, and its definition on a second line."""
        plain, exact = plain_words.parts(self.in_plain_words(str(self.schema(*path).get("description", ""))))
        return f"{plain}\n{exact}" if exact else plain

    def in_plain_words(self, text: str) -> str:
        """Return a text of the document or of its schema without keys, pointers and codes."""
        return plain_words.in_plain_words(text, str(self.request.get("strategy")))

    def left_out(self, block: str) -> str:
        """Return a sentence when the document lacks a block, with the remedy; empty when it is there."""
        if self.document.get(block) is not None:
            return ""
        name, asked = plain_words.humanised(block), self.at("request", "output", "include")
        if isinstance(asked, list) and block in asked:
            return shared.say("left_out_by_version", block=name)
        return shared.say("left_out", block=name, place=plain_words.name_of("/output/include"))

    @property
    def benchmark(self) -> str | None:
        """The name of the benchmark's symbol or portfolio; None without one, or when the block was left out."""
        symbol, name = (self.at("benchmark", key) for key in ("symbol", "name"))
        return self.named(symbol) if isinstance(symbol, str) else name if isinstance(name, str) else None

    def named(self, symbol: str) -> str:
        """Return what people call a symbol: S&P 500 for ^GSPC; the symbol where its prices came without a name."""
        return str(self.at("data", "symbols", symbol, "name") or symbol)

    def called(self, symbol: str) -> str:
        """Return the name of a symbol with the symbol itself: S&P 500 (^GSPC)."""
        name = self.named(symbol)
        return symbol if name == symbol else f"{name} ({symbol})"

    def symbol_cell(self, symbol: str) -> Cell:
        """Return a symbol as a cell, with its name on a second line."""
        name = self.named(symbol)
        return Cell(symbol if name == symbol else f"{symbol}\n{name}")

    @property
    def symbols(self) -> list[str]:
        """The symbols of the holdings, in the request's order."""
        return [str(each.get("symbol")) for each in self.request.get("holdings") or []]


def _child(schema: dict[str, Any], part: str | int) -> dict[str, Any]:
    if isinstance(part, int):
        return schema.get("items") or {}
    more = schema.get("additionalProperties")
    return schema.get("properties", {}).get(part) or (more if isinstance(more, dict) else {})


def _tone(value: float, text: str) -> str:
    if not any(digit in text for digit in "123456789"):  # what is written as zero is neither
        return ""
    return "gain" if value > 0 else "loss"
