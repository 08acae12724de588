"""The entry point of every command line: a single run, a worker or batch, or a command of the service.

A Python that is too old reads this file as well, to say so: see `commands/refuse_all.py`.
"""

import sys

MYPY = False
if MYPY:
    from typing import NoReturn

_SERVICE = ("serve", "api", "sockets", "work", "keys", "mcp")


def main():
    # type: () -> NoReturn
    """Run the command line and end the process."""
    arguments = sys.argv[1:]
    if sys.version_info < (3, 11):
        from backtester.commands.refuse_all import of_old_python

        sys.exit(of_old_python(arguments))
    try:
        _run(arguments)
    except Exception as error:
        from backtester.model.shadowing import shadow_of

        shadow = shadow_of(error)
        if shadow is not None:
            from backtester.commands.refuse_shadowed import refuse_shadowed

            sys.exit(refuse_shadowed(arguments, shadow[0], shadow[1]))
        if not isinstance(error, ImportError):
            raise
        from backtester.runtime.stdio import explain, leave, write_stderr  # of a command that writes no document

        found = explain(error)
        write_stderr("%s %s\n" % (found.detail, found.remedy))
        leave(found.exit_code)


def _run(arguments):
    # type: (list[str]) -> NoReturn
    from backtester.runtime.stdio import leave

    if arguments and arguments[0] in _SERVICE:
        from backtester.runtime.signals import StopFlag

        # before the slow imports; Ctrl-C ends `keys`, and `mcp` over stdio, where it finds them
        stop = None if arguments[0] == "keys" or (arguments[0] == "mcp" and "--http" not in arguments) else StopFlag()
        from backtester.commands.service.service import main as serve

        leave(serve(arguments, stop))
    if "--worker" in arguments or "--batch" in arguments:
        from backtester.runtime.signals import StopFlag

        stop = StopFlag()  # before the slow imports
        from backtester.commands.many import main as many

        leave(many(arguments, stop))
    from backtester.commands.run import main as run_one

    run_one(arguments)


if __name__ == "__main__":
    main()
