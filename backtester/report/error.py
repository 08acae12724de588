"""The error of a report: why the page cannot be made, and the remedy."""

from __future__ import annotations


class ReportError(Exception):
    """An invalid input (exit 2) or a page that cannot be written (1, 5 on stdout); the text is for the terminal."""

    def __init__(self, text: str, *, exit_code: int = 2) -> None:
        super().__init__(text)
        self.exit_code = exit_code
