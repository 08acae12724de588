"""The entry point of every command line: a single run, a worker or batch, or a command of the service."""

from __future__ import annotations

import sys
from typing import NoReturn

from backtester.commands.run import main as run_one
from backtester.runtime.stdio import leave

_SERVICE = ("serve", "api", "sockets", "work", "keys")


def main() -> NoReturn:
    """Run the command line and end the process."""
    arguments = sys.argv[1:]
    if arguments and arguments[0] in _SERVICE:
        from backtester.commands.service import main as serve

        leave(serve(arguments))
    if "--worker" in arguments or "--batch" in arguments:
        from backtester.runtime.signals import StopFlag

        stop = StopFlag()  # before the slow imports
        from backtester.commands.many import main as many

        leave(many(arguments, stop))
    run_one(arguments)


if __name__ == "__main__":
    main()
