"""Where every command line begins: many requests go to their adapters, one request and everything else to `cli`."""

from __future__ import annotations

import sys
from typing import NoReturn

from backtester.cli import leave
from backtester.cli import main as run_one


def main() -> NoReturn:
    """Run the command line and end the process."""
    arguments = sys.argv[1:]
    if "--worker" in arguments or "--batch" in arguments:
        from backtester.stop import Stop

        stop = Stop()  # before the slow imports
    if "--worker" in arguments:
        from backtester.adapters.worker import main as work

        leave(work(arguments, stop))
    if "--batch" in arguments:
        from backtester.adapters.batch import main as batch

        leave(batch(arguments, stop))
    run_one(arguments)


if __name__ == "__main__":
    main()
