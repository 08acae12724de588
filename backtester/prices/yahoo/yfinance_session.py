"""Configures yfinance for this process, and monitors its HTTP requests.

Requests pass through a session of ours for three reasons. yfinance limits the time of one request but not of a call,
and waits 30 s for a cookie page that charts do not need. It raises the same "missing" for an unknown symbol, an empty
period and a malformed response, so the response itself must be read. Without its cookie cache on disk it would request
the cookie page before every chart.

Its caches on disk are off: they hold time zones and pickled cookies, fail where HOME is not writable, and their
writers race.
"""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

CHART_PATH = "/v8/finance/chart/"
COOKIE_PAGE = "https://fc.yahoo.com"
UNNEEDED_PATHS = ("/finance/quoteSummary/", "/v7/finance/quote")  # asked for an unknown symbol; says nothing more
SIDE_REST_SECONDS = 60.0
SIDE_TIMEOUT_SECONDS = 3.0  # cookie, crumb and consent pages: charts mostly come without them


class Watch:
    """The time limits of one fetch, and the last response it received."""

    def __init__(self, *, deadline: float, timeout_seconds: float) -> None:
        self.deadline = deadline  # on time.monotonic's clock
        self.timeout_seconds = timeout_seconds  # of one request
        self.chart: Any = None  # the last chart's response, None where it did not come
        self.chart_of_period = False  # that chart was the period's, not the time zone's


class _Active(threading.local):
    watch: Watch | None = None


_active = _Active()  # by thread, because yfinance shares one session between all of them
_setup_lock = threading.Lock()
_sessions: dict[int, Any] = {}  # by process: a forked child must not use its parent's connections


@contextmanager
def watching(watch: Watch) -> Iterator[None]:
    """Apply the limits of `watch` to this thread's requests, and record their responses in it."""
    _active.watch = watch
    try:
        yield
    finally:
        _active.watch = None


def has_yfinance() -> bool:
    """Return whether yfinance is installed, without importing it; the small bundle lacks it and pandas."""
    import importlib.util

    return importlib.util.find_spec("yfinance") is not None


def load_yfinance() -> Any:
    """Import yfinance without logging and disk caches, make it raise, and clear its cache in memory."""
    with _setup_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import logging

        import yfinance as yf
        from yfinance.data import YfData

        yf.config.debug.hide_exceptions = False
        logging.getLogger("yfinance").setLevel(logging.CRITICAL + 1)
        yf.set_tz_cache_location(os.path.join(os.devnull, "none"))  # cannot exist, which switches the caches off
        # It caches responses, failed ones too: a retry would receive the same failure again.
        YfData.cache_get.cache_clear()
    # After the import, which adds filters of its own. Warnings of its pandas calls are attributed to it.
    warnings.filterwarnings("ignore", module=r"(yfinance|pandas|peewee|bs4|curl_cffi)(\.|$)")
    return yf


def quoted(url: str) -> str:
    """Return a chart's URL with its symbol quoted, which yfinance puts into the path as it is: M&M.NS, ^GSPC."""
    host, symbol = url.split(CHART_PATH, 1)
    return f"{host}{CHART_PATH}{quote(symbol, safe='')}"


def watched_session() -> Any:
    """Return this process's watching session."""
    with _setup_lock:
        if os.getpid() not in _sessions:
            _sessions[os.getpid()] = _new_session()
        return _sessions[os.getpid()]


def _new_session() -> Any:
    from curl_cffi import requests

    class WatchedSession(requests.Session):  # type: ignore[type-arg]
        """A browser-like session that applies the watch's limits and records the last chart."""

        cookie_page: Any = None
        side_pages_from = 0.0  # monotonic time before which cookie, crumb and consent pages are not asked for

        def request(self, method: Any, url: str, **kwargs: Any) -> Any:  # type: ignore[override]
            watch = _active.watch
            if watch is None:  # not one of our fetches
                return super().request(method, url, **kwargs)
            if url.startswith(COOKIE_PAGE) and self.cookie_page is not None:
                return self.cookie_page  # its cookies are in the jar already
            is_chart = CHART_PATH in url
            if is_chart:  # an older response no longer explains a failure
                url = quoted(url)
                watch.chart, watch.chart_of_period = None, "period1" in (kwargs.get("params") or {})
            elif time.monotonic() < self.side_pages_from:
                raise requests.exceptions.Timeout("not asked: such pages have just failed")
            kwargs["timeout"] = _allowed_seconds(watch, url, requests.exceptions)
            try:
                response = super().request(method, url, **kwargs)
            except requests.exceptions.RequestException:
                if (
                    not is_chart
                ):  # threads queue for these pages: if each waited for its timeout, none would receive a chart
                    self.side_pages_from = time.monotonic() + SIDE_REST_SECONDS
                raise
            watch.chart = response if is_chart else watch.chart
            if url.startswith(COOKIE_PAGE):
                self.cookie_page = response
            return response

    return WatchedSession(impersonate="chrome")


def _allowed_seconds(watch: Watch, url: str, exceptions: Any) -> float:
    """Return how long a request may take; raise what a failed request raises where it may not be made."""
    if any(path in url for path in UNNEEDED_PATHS):
        raise exceptions.ConnectionError("not asked: prices do not need it")
    remaining = watch.deadline - time.monotonic()
    if remaining <= 0:
        raise exceptions.Timeout("not asked: no time is left for it")
    longest = watch.timeout_seconds if CHART_PATH in url else min(watch.timeout_seconds, SIDE_TIMEOUT_SECONDS)
    return min(longest, remaining)
