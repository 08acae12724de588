"""What the page, the summary and the example app share beside their code: orders, titles, limits and sentences.

The files are `static/shared.json` and, of the answers of `analysis`, `static/answers.json`.
"""

from __future__ import annotations

import functools
import json
import os
from typing import Any

_HERE = os.path.dirname(os.path.abspath(__file__))


def of(key: str) -> Any:
    """Return what is shared under a key."""
    return _read("shared")[key]


def caption(key: str) -> str:
    """Return the heading of a table or a chart, or its note."""
    return str(of("captions")[key])


def say(key: str, **figures: str) -> str:
    """Return one of the common sentences with its figures."""
    return str(of("words")[key]).format(**figures)


def answer(key: str, **figures: str) -> str:
    """Return a sentence that answers a question of `analysis`, with its figures."""
    return str(_read("answers")["answers"][key]).format(**figures)


def question(key: str) -> str:
    """Return a question of `analysis` as people ask it."""
    return str(_read("answers")["questions"][key])


def title(key: str, **figures: str) -> str:
    """Return the heading of a chart of `analysis`, with its figures."""
    return str(_read("answers")["titles"][key]).format(**figures)


def fact(key: str, **figures: str) -> tuple[str, str]:
    """Return what a figure of `analysis` is called, empty for the schema's title, and what it says."""
    label, words = _read("answers")["facts"][key]
    return label.format(**figures), words.format(**figures)


@functools.cache
def _read(name: str) -> dict[str, Any]:
    with open(os.path.join(_HERE, "static", f"{name}.json"), encoding="utf-8") as file:
        found: dict[str, Any] = json.load(file)
    return found
