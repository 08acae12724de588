"""The entry point of every command line: a single run, a worker or batch, or a command of the service.

A Python that is too old reads this file as well, to say so: see `commands/refuse_all.py`.
"""

import os
import sys

MYPY = False
if MYPY:
    from typing import NoReturn

_CANCELLED_EXIT = 5
_RESERVE_BYTES = 2 << 20  # of addresses: what an answer takes that is put together by hand
_NO_MEMORY = 12  # errno.ENOMEM: a folder of modules could not be listed
_SERVICE = ("serve", "api", "sockets", "work", "keys", "mcp")


def main():
    # type: () -> NoReturn
    """Run the command line and end the process."""
    arguments = sys.argv[1:]
    if sys.version_info < (3, 11):
        from backtester.commands.refuse_all import of_old_python

        sys.exit(of_old_python(arguments))
    reserve = [bytes(_RESERVE_BYTES)]
    try:
        _run_or_explain(arguments)
    except KeyboardInterrupt:  # before the command listens, or in one that has nothing to say of it
        os._exit(_CANCELLED_EXIT)
    except Exception as error:
        if not _lacks_memory(error):
            raise
        reserve.clear()
        error.__traceback__ = error.__context__ = None  # frees what the frames hold
        from backtester.commands.refuse_by_hand import refuse_without_memory

        sys.exit(refuse_without_memory(arguments))


def _lacks_memory(error):
    # type: (Exception) -> bool
    """Tell whether memory ended before `model.errors` was there to tell it."""
    module_in_c = isinstance(error, ImportError) and "failed to map segment" in str(error)
    return module_in_c or isinstance(error, MemoryError) or getattr(error, "errno", None) == _NO_MEMORY


def _run_or_explain(arguments):
    # type: (list[str]) -> NoReturn
    try:
        _run(arguments)
    except Exception as error:
        if _lacks_memory(error):
            raise
        from backtester.model.shadowing import shadow_of

        shadow = shadow_of(error)
        if shadow is not None:
            from backtester.commands.refuse_by_hand import refuse_shadowed

            sys.exit(refuse_shadowed(arguments, shadow[0], shadow[1]))
        if not isinstance(error, ImportError):
            raise
        from backtester.runtime.stdio import explain, leave, write_stderr  # of a command that writes no document

        found = explain(error)
        write_stderr("%s %s\n" % (found.detail, found.remedy))
        leave(found.exit_code)


def _run(arguments):
    # type: (list[str]) -> NoReturn
    from backtester.runtime.signals import StopFlag, hear_of_children
    from backtester.runtime.stdio import leave

    hear_of_children()
    if arguments and arguments[0] in _SERVICE:
        # before the slow imports; Ctrl-C ends `keys`, and `mcp` over stdio, where it finds them
        stop = None if arguments[0] == "keys" or (arguments[0] == "mcp" and "--http" not in arguments) else StopFlag()
        from backtester.commands.service.service import main as serve

        leave(serve(arguments, stop))
    if "--worker" in arguments or "--batch" in arguments:
        stop = StopFlag()  # before the slow imports
        from backtester.commands.many import main as many

        leave(many(arguments, stop))
    from backtester.commands.run import main as run_one

    run_one(arguments)


if __name__ == "__main__":
    main()
