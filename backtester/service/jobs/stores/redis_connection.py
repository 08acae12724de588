"""Connections to Redis, and why one fails."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from typing import Any

import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from backtester.service.jobs.stores.store_failures import StoreFailures
from backtester.service.redis_url import is_unix

_LOST = (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError)
_ERRORS = redis.exceptions
# exceptions, and texts in those that redis has no type for or that a script has raised
_REASONS: tuple[tuple[tuple[type[BaseException], ...], tuple[str, ...], str], ...] = (
    ((ssl.SSLCertVerificationError,), (), "The certificate of Redis is not trusted."),
    ((ssl.SSLError,), (), "The TLS connection to Redis failed."),
    ((socket.gaierror,), (), "The host name of Redis is unknown."),
    ((ConnectionRefusedError,), (), "Redis refuses connections."),
    ((FileNotFoundError,), (), "A file of the connection to Redis, its socket or a certificate, does not exist."),
    ((PermissionError,), (), "A file of the connection to Redis, its socket or a certificate, may not be opened."),
    (
        (_ERRORS.AuthenticationError,),
        ("NOAUTH", "Authentication required", "WRONGPASS", "invalid password", "invalid username-password",
         "without any password"),
        "Redis refuses the password, or needs one.",
    ),
    ((_ERRORS.NoPermissionError,), ("NOPERM",), "Redis does not allow its user the command."),
    ((_ERRORS.OutOfMemoryError,), ("OOM ",), "Redis is full: its memory is used up."),
    ((_ERRORS.ReadOnlyError,), ("READONLY",), "Redis is read-only."),
    ((_ERRORS.BusyLoadingError,), ("LOADING",), "Redis is loading its data."),
    ((_ERRORS.MaxConnectionsError,), ("max number of clients",), "Redis has too many connections."),
    ((), ("MISCONF",), "Redis cannot write its data to the disk."),
    ((), ("DB index is out of range",), "Redis has no database of this number."),
)  # fmt: skip


def connection_options(url: str) -> dict[str, Any]:
    """Return the options of every connection to Redis: no call waits long for a connection that is gone.

    A call takes at most two timeouts, one on the dead connection and one to make another. More attempts, or a health
    check before each use, would add theirs.
    """
    return {
        "socket_timeout": 3.0, "socket_connect_timeout": 2.0,
        **({} if is_unix(url) else {"socket_keepalive": True}),
        "retry": Retry(ExponentialBackoff(cap=0.2, base=0.02), 1),
        "retry_on_error": [redis.exceptions.ConnectionError, redis.exceptions.TimeoutError],
    }  # fmt: skip


def redis_failures() -> StoreFailures:
    """Return the failures of a store in Redis, none yet."""
    return StoreFailures((redis.exceptions.RedisError, OSError), explain, _LOST)


def explain(error: BaseException) -> str:
    """Return the reason of an error of redis, or of the one that it hides."""
    for one in _chain(error):
        for kinds, texts, reason in _REASONS:
            if isinstance(one, kinds) or any(text in str(one) for text in texts):
                return reason
    if any(isinstance(one, redis.exceptions.TimeoutError | TimeoutError) for one in _chain(error)):
        return "Redis does not answer in time."
    if isinstance(error, redis.exceptions.ConnectionError | OSError):
        return "The connection to Redis broke off."
    return f"Redis does not do what it is asked ({type(error).__name__})."


def _chain(error: BaseException) -> Iterator[BaseException]:
    held: BaseException | None = error
    while held is not None:
        yield held
        held = held.__cause__ or held.__context__
