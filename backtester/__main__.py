"""Where every command line begins: one request goes to `cli`, everything else to its adapter."""

from __future__ import annotations

import sys
from typing import NoReturn

from backtester.cli import leave
from backtester.cli import main as run_one

_SERVICE = ("serve", "api", "sockets", "work", "keys")


def main() -> NoReturn:
    """Run the command line and end the process."""
    arguments = sys.argv[1:]
    if arguments and arguments[0] in _SERVICE:
        from backtester.service_commands import main as serve

        leave(serve(arguments))
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
