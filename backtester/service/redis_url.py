"""The address of Redis: its rules, and Celery's spelling of it."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, quote, urlsplit

from backtester.settings import SettingsError

_MALFORMED = (
    "BACKTEST_REDIS_URL must be like redis://:password@host:6379/0 (or rediss://, unix:///path?db=0), "
    "with special characters of the password percent-encoded"
)
_OTHERS = re.compile(r"(sentinel|redis-sentinel|redis\+sentinel)s?://", re.IGNORECASE)


def checked_redis_url(url: str) -> str:
    """Return the URL as it is used. SettingsError, which does not repeat it.

    A `rediss://` URL gets `ssl_cert_reqs=required` unless it says otherwise: Celery would accept any certificate.
    """
    if _OTHERS.match(url):
        raise SettingsError("BACKTEST_REDIS_URL names a Redis Sentinel, which is not supported: name the Redis itself")
    try:
        _check(url)
    except ImportError:  # the command says what to install
        raise
    except Exception:  # redis and urllib raise what they like for a malformed URL
        raise SettingsError(_MALFORMED) from None
    if not url.startswith("rediss://") or "ssl_cert_reqs=" in url:
        return url
    return f"{url}{'&' if '?' in url else '?'}ssl_cert_reqs=required"


def _check(url: str) -> None:
    """Raise any exception for a URL that redis or Celery would refuse, or that the two would read differently."""
    from redis import ConnectionPool

    parts = urlsplit(url)
    if parts.scheme == "unix":
        right = parts.hostname is None and len(parts.path) > 1
    else:  # redis takes /zero as 0, and a db of the query where Celery takes that of the path
        right = re.fullmatch(r"/?|/[0-9]+", parts.path) is not None and "db" not in parse_qs(parts.query)
    pool = ConnectionPool.from_url(url)
    pool.make_connection()  # opens nothing; refuses unknown options
    if not right or parts.fragment or pool.connection_kwargs.get("db", 0) < 0:
        raise ValueError


def celery_url(url: str | None) -> str | None:
    """Return the URL in Celery's spelling of the same address."""
    if url is None or not is_unix(url):
        return url
    from redis.connection import parse_url

    options = parse_url(url)  # type: ignore[no-untyped-call]
    credentials = ""
    if options.get("username") or options.get("password"):
        credentials = f"{quote(options.get('username', ''), safe='')}:{quote(options.get('password', ''), safe='')}@"
    return f"redis+socket://{credentials}{quote(options['path'])}?virtual_host={options.get('db', 0)}"


def is_unix(url: str) -> bool:
    """Return whether the address is a socket in the file system."""
    return url.startswith("unix://")
