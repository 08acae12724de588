"""What was checked, a line each, and what failed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable


class Report:
    """Prints a line for each check, and remembers those that failed."""

    def __init__(self) -> None:
        self.failed: list[str] = []
        self.passed = 0
        self._began = time.monotonic()

    def step(self, title: str) -> None:
        """Say what comes next."""
        print(f"\n{title}  [{time.monotonic() - self._began:.0f} s]", flush=True)

    def note(self, text: str) -> None:
        """Say something that is neither right nor wrong: a size, a time."""
        print(f"        {text}", flush=True)

    def check(self, what: str, holds: bool, found: object = "") -> bool:
        """Say whether this holds, and what was found where it does not."""
        if holds:
            self.passed += 1
            print(f"  ok    {what}", flush=True)
        else:
            self.failed.append(what)
            print(f"  FAIL  {what}" + (f": {str(found)[-1500:]}" if found != "" else ""), flush=True)
        return holds

    def end(self) -> int:
        """Print the sum; return the exit status."""
        took = f"{time.monotonic() - self._began:.0f} s"
        print(f"\n{self.passed} checks passed, {len(self.failed)} failed, {took}", flush=True)
        for what in self.failed:
            print(f"  failed: {what}", file=sys.stderr)
        return 1 if self.failed else 0


def eventually(condition: Callable[[], object], *, within: float, every: float = 0.2) -> bool:
    """Wait for a condition; say whether it came to hold."""
    ends = time.monotonic() + within
    while time.monotonic() < ends:
        if condition():
            return True
        time.sleep(every)
    return bool(condition())
