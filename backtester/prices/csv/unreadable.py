"""The refusal of a file: line, fact and what was expected. Never a path; a cell only for who named the file."""

from __future__ import annotations


class UnreadableError(Exception):
    """A file cannot be read. fact: without a full stop. expected: a full sentence, or empty.

    found: the cells in the header's place, quoted. Only who named the file may see it.
    """

    def __init__(self, fact: str, expected: str = "", *, found: str = "") -> None:
        super().__init__(fact)
        self.fact = fact
        self.expected = expected
        self.found = found


class CellError(Exception):
    """A cell cannot be read. row: its index among the rows that were handed over."""

    def __init__(self, row: int, fact: str, expected: str) -> None:
        super().__init__(fact)
        self.row = row
        self.fact = fact
        self.expected = expected
