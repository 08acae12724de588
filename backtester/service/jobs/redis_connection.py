"""Connections to Redis, and its errors as StoreError."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from backtester.service.jobs.job_store import StoreError

_AWAY_SECONDS = 0.3
_P = ParamSpec("_P")
_T = TypeVar("_T")


class Reacher(Protocol):
    """A user of Redis. away_until: on time.monotonic's clock; before that Redis is not tried again."""

    away_until: float


_R = TypeVar("_R", bound=Reacher)


def connection_options() -> dict[str, Any]:
    """Return the options of every connection to Redis: no call waits long for a connection that is gone.

    A call takes at most two timeouts, one on the dead connection and one to make another. More attempts, or a health
    check before each use, would add theirs.
    """
    return {
        "socket_timeout": 3.0, "socket_connect_timeout": 2.0, "socket_keepalive": True,
        "retry": Retry(ExponentialBackoff(cap=0.2, base=0.02), 1),
        "retry_on_error": [redis.exceptions.ConnectionError, redis.exceptions.TimeoutError],
    }  # fmt: skip


def reaching(
    method: Callable[Concatenate[_R, _P], _T],
) -> Callable[Concatenate[_R, _P], _T]:
    """Have a method raise StoreError where redis raises, whose texts hold addresses.

    For 0.3 seconds after a failed connection calls fail at once: else each of many callers would wait for the timeout.
    """

    @functools.wraps(method)
    def reached(self: _R, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        if time.monotonic() < self.away_until:
            raise StoreError
        try:
            with store_errors():
                return method(self, *args, **kwargs)
        except StoreError as error:
            if isinstance(error.__cause__, redis.exceptions.ConnectionError | redis.exceptions.TimeoutError):
                self.away_until = time.monotonic() + _AWAY_SECONDS
            raise

    return reached


@contextmanager
def store_errors() -> Iterator[None]:
    """Raise StoreError for every error of redis."""
    try:
        yield
    except redis.exceptions.RedisError as error:
        raise StoreError from error
