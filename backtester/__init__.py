"""Backtests from one JSON request to one JSON result.

    from backtester import run
    result = run({"strategy": "buy_hold", ...})

    from backtester import compare
    comparison = compare(request, {"Weekly": {"parameters": {"rebalance_frequency": "weekly"}}})

    from backtester import projection, trust, walk_forward
    tests = trust(request)["significance"]

    from backtester import run_many
    for document in run_many(requests): ...

Modules are imported when they are used, since every spawned run imports this package.
"""

import sys

MYPY = False  # typing has no TYPE_CHECKING in a Python that is too old, which reads this file as well
if MYPY:
    from backtester.adapters.ndjson.run_many import run_many
    from backtester.analysis.answer import compare, projection, run, sweep, trust, walk_forward
    from backtester.model.errors import (
        BacktestError,
        CancelledError,
        DataError,
        InternalError,
        LimitError,
        RequestError,
    )

if sys.version_info >= (3, 11):  # an older one is answered by __main__
    from backtester._version import __version__

__all__ = [
    "BacktestError",
    "CancelledError",
    "DataError",
    "InternalError",
    "LimitError",
    "RequestError",
    "__version__",
    "compare",
    "projection",
    "run",
    "run_many",
    "sweep",
    "trust",
    "walk_forward",
]


def __getattr__(name):  # type: ignore[no-untyped-def]
    if name not in __all__:
        raise AttributeError("module 'backtester' has no attribute " + repr(name))
    if sys.version_info < (3, 11):
        from backtester.commands.refuse_all import old_python

        raise ImportError(" ".join(old_python()))
    if name == "run_many":
        from backtester.adapters.ndjson.run_many import run_many

        return run_many
    if name.endswith("Error"):  # not above: __main__ answers when a module that this one needs is broken
        from backtester.model import errors

        return getattr(errors, name)
    from backtester.analysis import answer

    return getattr(answer, name)
