"""Why a store fails: as a StoreError, and in the log once, until it works again."""

from __future__ import annotations

import contextlib
import functools
import threading
import time
from collections.abc import Callable, Iterator
from typing import Concatenate, ParamSpec, Protocol, TypeVar

import structlog

from backtester.service.jobs.stores.job_store import StoreError

_AWAY_SECONDS = 0.3
_WRITES = ("admit", "ping")  # a store that does these does all else
_P = ParamSpec("_P")
_T = TypeVar("_T")


class StoreFailures:
    """The failures of one store in one process. Threads may share it.

    For 0.3 seconds after a failed connection calls fail at once: else each of many callers would wait for the timeout.
    """

    def __init__(
        self,
        errors: tuple[type[Exception], ...],
        explain: Callable[[BaseException], str],
        lost: tuple[type[Exception], ...] = (),
    ) -> None:
        """Take the exceptions of the store's library, what names their reason, and those of a failed connection.

        A reason is a sentence without secrets, addresses or paths: callers read it.
        """
        self._errors = errors
        self._explain = explain
        self._lost = lost
        self._away_until = 0.0
        self._reason = ""
        self._failing: dict[str, str] = {}
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def of(self, call: str) -> Iterator[None]:
        """Raise StoreError for the errors of a call of the store, by its name."""
        if time.monotonic() < self._away_until:
            raise StoreError(self._reason)
        try:
            yield
        except self._errors as error:
            raise StoreError(self.failed(call, error)) from error
        self.worked(call)

    def failed(self, call: str, error: Exception) -> str:
        """Note that a call failed, and return the reason. It is logged unless a call fails for this reason already."""
        reason = self._explain(error)
        with self._lock:
            known = reason in self._failing.values()
            self._failing[call] = self._reason = reason
            if isinstance(error, self._lost):
                self._away_until = time.monotonic() + _AWAY_SECONDS
        if not known:
            structlog.get_logger("store").warning("store_unreachable", reason=reason)
        return reason

    def worked(self, call: str) -> None:
        """Note that a call worked. A full store can still be read, so only a write says that all is well."""
        if not self._failing:
            return
        with self._lock:
            self._away_until = 0.0
            self._failing.pop(call, None)
            if call in _WRITES:
                self._failing.clear()
            recovered = not self._failing
        if recovered:
            structlog.get_logger("store").info("store_recovered")


class Store(Protocol):
    """A store that counts its failures."""

    @property
    def failures(self) -> StoreFailures:
        """The failures of its calls."""


_S = TypeVar("_S", bound=Store)


def reaching(method: Callable[Concatenate[_S, _P], _T]) -> Callable[Concatenate[_S, _P], _T]:
    """Have a store's method raise StoreError where its library raises, whose texts hold addresses and paths."""

    @functools.wraps(method)
    def reached(self: _S, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        with self.failures.of(method.__name__):
            return method(self, *args, **kwargs)

    return reached
