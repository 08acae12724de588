"""The variations of a request: a merge patch gives a checked request, and the pipeline's stages carry it out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from backtester.contract.check import CheckedRequest, complete
from backtester.contract.variations.merge_patch import merged, patch_of
from backtester.model.record import replace
from backtester.model.records import Progress, WarmUp
from backtester.pipeline import Clock, Done, Isolation, Loaded, Measured, Piece, Tables, carry_out, load, silent
from backtester.settings import Settings

_MOST_TABLES = 8  # of prices, cached for the next variation: most have those of the one before


class Variations:
    """What is made of a request that asks a question. `asked` is its own run, loaded."""

    def __init__(
        self, checked: CheckedRequest, asked: Loaded, *, settings: Settings, guard: Isolation,
        progress: Progress = silent,
    ) -> None:  # fmt: skip
        """Take a request and its own run. progress: of the preparation, before the first run."""
        assert checked.document is not None
        self.checked, self.asked = checked, asked
        self._document = checked.document
        self._settings, self._guard = settings, guard
        self._tables: Tables = {}
        self.preparing = progress

    def patched(self, patch: dict[str, Any]) -> CheckedRequest:
        """Return the request with a patch, which has been found valid. It asks no question itself.

        Its blocks are the metrics alone, so that no stage makes more; they change no number.
        """
        document = self._document
        prices = self.checked.request["data"].get("prices")
        if prices is not None:
            document = {**document, "data": {**document["data"], "prices": prices}}
        checked = complete(merged(document, patch))
        return replace(checked, request={**checked.request, "output": {**checked.request["output"], "include": []}})

    def patch_of(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return the merge patch that gives the request these values, by JSON pointer."""
        return patch_of(self._document, settings)

    def load(self, checked: CheckedRequest, *, warm_up: WarmUp | None = None) -> Loaded:
        """Load the prices of a variation. DataError, RequestError, LimitError; InternalError of a plug-in.

        warm_up: the history that others need of the same prices; None: its own.
        """
        inline = checked.request["data"]["source"] == "inline"  # a variation may have prices of its own
        if inline or len(self._tables) >= _MOST_TABLES:
            self._tables.clear()
        return load(
            checked, settings=self._settings, progress=silent, guard=self._guard, warm_up=warm_up, known=self._tables
        )

    def each(
        self, work: Callable[[Piece, Done], Any], pieces: Sequence[Piece], *, done: Done, question: str | None = None
    ) -> Iterator[Any]:
        """Yield the result of the work on each piece, in their order. Parameters as `Isolation.each`."""
        return self._guard.each(work, pieces, done=done, question=question)

    def carry_out(self, loaded: Loaded) -> Measured:
        """Decide, simulate and measure a variation. RequestError, LimitError; InternalError of a plug-in."""
        return carry_out(loaded, silent, Clock())


def dated(checked: CheckedRequest, start: str, end: str) -> CheckedRequest:
    """Return the request over another period, ISO dates."""
    return replace(checked, request={**checked.request, "start_date": start, "end_date": end})
