"""How Redis is connected to, and what becomes of its errors."""

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
    """Whoever asks Redis. away_until: on time.monotonic's clock, until when it is not asked again."""

    away_until: float


_R = TypeVar("_R", bound=Reacher)


def connection_options() -> dict[str, Any]:
    """Return what every connection to Redis is made with: nothing waits for long on one that is gone.

    A call takes at most two such times, one on a connection that has died without a word and one to make another. More
    attempts, or asking after a connection's health before its use, would add theirs.
    """
    return {
        "socket_timeout": 3.0, "socket_connect_timeout": 2.0, "socket_keepalive": True,
        "retry": Retry(ExponentialBackoff(cap=0.2, base=0.02), 1),
        "retry_on_error": [redis.exceptions.ConnectionError, redis.exceptions.TimeoutError],
    }  # fmt: skip


def reaching(
    method: Callable[Concatenate[_R, _P], _T],
) -> Callable[Concatenate[_R, _P], _T]:
    """Have a method raise StoreError where redis raises: its texts hold addresses.

    For a moment after Redis could not be reached nobody tries: else each of many callers would wait in turn.
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
    """Turn what redis raises into StoreError."""
    try:
        yield
    except redis.exceptions.RedisError as error:
        raise StoreError from error
