"""The parser of the arguments of every command."""

from __future__ import annotations

import argparse
from typing import Any

from backtester.model.environment import TYPED, as_typed_here
from backtester.runtime.stdio import print_line


class CommandParser(argparse.ArgumentParser):
    """Prints help as every other output: argparse itself ignores an output that is full or closed."""

    @classmethod
    def of(cls, command: str, *, description: str, epilogue: str | None = None) -> CommandParser:
        """Return the parser of a command, whose help names this very interpreter. epilogue: printed as it stands."""
        return cls(
            prog=as_typed_here(f"{TYPED} {command}"), description=description, allow_abbrev=False,
            epilog=None if epilogue is None else as_typed_here(epilogue),
            formatter_class=argparse.HelpFormatter if epilogue is None else argparse.RawDescriptionHelpFormatter,
        )  # fmt: skip

    def print_help(self, file: Any = None) -> None:
        """Print the help on stdout; where it cannot be written, end the process with 5."""
        print_line(self.format_help().rstrip("\n"))
