"""Each metric and each parameter begins with a sentence that a private investor understands; its definition follows."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backtester.report.plain_words import parts

SCHEMAS = Path(__file__).parents[2] / "schemas"
ASKED = (
    "common",
    "request",
    "analysis",
    *(f"strategies/{path.stem.removesuffix('.schema')}" for path in SCHEMAS.glob("strategies/*.json")),
)
# What a formula, a key, a pointer or code has, and a sentence for everybody has not.
FORMULA = re.compile(r"[_√Σ∏ΠΦ·^=|−×≤≥<>\[\]{}`/ργσ²₀-₉]|\b\w+\.\w|\b(null|ddof|true:|false:|P|[A-Z]+_[A-Z_]+)\b|--")
LONGEST = 150


def described(node: Any, at: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every schema with a description, by its pointer."""
    if isinstance(node, dict):
        if isinstance(node.get("description"), str):
            yield at, node
        for key, part in node.items():
            yield from described(part, f"{at}/{key}")
    elif isinstance(node, list):
        for index, part in enumerate(node):
            yield from described(part, f"{at}/{index}")


def sentences() -> Iterator[Any]:
    for name in ASKED:
        schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
        for at, one in described(schema, name):
            yield pytest.param(one["description"], id=at)
    for name in ("result", "analysis_result"):
        schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
        for at, one in described(schema, name):
            if "x-unit" in one or "/metrics" in at:
                yield pytest.param(one["description"], id=at)


@pytest.mark.parametrize("description", [*sentences()])
def test_a_description_begins_with_a_sentence_without_symbols(description):
    plain, exact = parts(description)
    assert re.fullmatch(r"[A-Z].* .*\.", plain)
    assert not FORMULA.search(plain)
    assert len(plain) <= LONGEST
    assert exact == exact.strip()
