"""What a symphony says in words, numbers and tickers, and the refusal of what is not known."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from backtester.codec.decode import child
from backtester.contract.composer.symphony_words import DECORATION, as_number, as_symbol, limits
from backtester.model.errors import Problem, did_you_mean, echo, nearest
from backtester.model.rule_tree import OF_TWO

Json = dict[str, Any]


class Refusals:
    """Collects what is refused."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def refuse(self, pointer: str, code: str, detail: str, suggestion: Any = None) -> None:
        """Add a problem."""
        self.problems.append(Problem(pointer=pointer, code=code, detail=detail, suggestion=suggestion))

    def keys(self, node: Json, what: str, known: Collection[str], pointer: str) -> None:
        """Refuse the keys that may mean something that is not known."""
        for key in node:
            if key not in known and key not in DECORATION:
                meant = nearest(key, sorted(known))
                detail = f"{echo(key)!a} is not a known key of a {what}{did_you_mean(meant)}"
                self.refuse(child(pointer, key), "UNKNOWN_FIELD", detail, meant)

    def choice(self, node: Json, key: str, words: dict[str, Any], pointer: str) -> Any:
        """Return what a word of theirs stands for; None, refused, where it is not known."""
        word = node.get(key)
        if isinstance(word, str) and word in words:
            return words[word]
        meant = nearest(word, [*words]) if isinstance(word, str) else None
        code, said = ("INVALID_CHOICE", f"{echo(word)!a} is not") if key in node else ("REQUIRED", f"{key} must be")
        self.refuse(child(pointer, key), code, f"{said} one of {', '.join(words)}{did_you_mean(meant)}", meant)
        return None

    def symbol(self, ticker: Any, pointer: str) -> str | None:
        """Return Yahoo's symbol of a ticker; None, refused, where it is not known."""
        symbol = as_symbol(ticker)
        if symbol is None:
            self.refuse(pointer, "INVALID_FORMAT", f"{echo(ticker)!a} is no ticker that is known.")
        return symbol

    def whole(self, value: Any, pointer: str, *, least: int, most: int) -> int:
        """Return a whole number within bounds; the least, refused, where it is none."""
        number = as_number(value)
        if number is None or number != int(number):
            self.refuse(pointer, "REQUIRED" if value is None else "WRONG_TYPE", "A whole number above 0 is needed.")
        elif not least <= number <= most:
            self.refuse(pointer, "OUT_OF_RANGE", f"Between {least} and {most} is needed here, not {number:.15g}.")
        else:
            return int(number)
        return least

    def number(self, value: Any, pointer: str, what: str) -> float | None:
        """Return a number that something is compared with; None, refused, where it is none."""
        number, most = as_number(value), limits().number
        if number is None:
            self.refuse(pointer, "WRONG_TYPE", f"A {what} must be a number.")
        elif abs(number) > most:
            self.refuse(pointer, "OUT_OF_RANGE", f"A {what} must be between {-most:,.0f} and {most:,.0f}.")
            return None
        return number

    def window(self, value: Any, pointer: str, indicator: str) -> int:
        """Return the window of an indicator of ours."""
        return self.whole(value, pointer, least=2 if indicator in OF_TWO else 1, most=limits().window)

    def few(self, listed: list[Any], what: str, pointer: str) -> None:
        """Refuse a list that is longer than one of ours may be."""
        if len(listed) > limits().items:
            detail = f"At most {limits().items} {what} can stand here. There are {len(listed)}."
            self.refuse(pointer, "OUT_OF_RANGE", detail)
