"""What keeps a page from being made, in one sentence with its remedy."""

from __future__ import annotations


class ReportError(Exception):
    """A fault of the input (exit 2) or of the installation (exit 1); the text is for the caller's terminal."""

    def __init__(self, text: str, *, exit_code: int = 2) -> None:
        super().__init__(text)
        self.exit_code = exit_code
