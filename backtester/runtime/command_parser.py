"""The parser of the arguments of every command."""

from __future__ import annotations

import argparse
from typing import Any

from backtester.runtime.stdio import print_line


class CommandParser(argparse.ArgumentParser):
    """Prints help as every other output: argparse itself ignores an output that is full or closed."""

    def print_help(self, file: Any = None) -> None:
        """Print the help on stdout; where it cannot be written, end the process with 5."""
        print_line(self.format_help().rstrip("\n"))
