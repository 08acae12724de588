"""`--worker`: a process that stays alive. One request a line in, one document a line out, in order of completion.

The line `cancel "<request_id>"` cancels the run with that id, `cancel null` those without one; they are answered with
CANCELLED. It is no JSON, so that no request can be taken for it. At the end of stdin what has begun is finished;
SIGTERM cancels it.
"""

from __future__ import annotations

from backtester.many import serve
from backtester.stop import Stop


def main(arguments: list[str], stop: Stop) -> int:
    """Serve until stdin ends; return the exit status: 0 however the runs went, 5 when told to stop, 2 for bad flags."""
    status = serve(arguments, stop, default_jobs=1, watch=lambda service: lambda finished: None)
    return status.code if status.refused or status.stopped else 0
