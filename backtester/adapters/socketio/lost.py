"""The jobs that a lost connection followed: the next socket of the same key or token follows them again.

A client that reconnects is a new socket, and nothing says which one it was. Where several were lost, as many new ones
follow what all of these did, within two minutes and in this process. A client that must hear of an end after a restart
or from another process subscribes again by the job's id.
"""

from __future__ import annotations

import time
from typing import NamedTuple

from backtester.adapters.socketio.subscriptions import MOST_FOLLOWED, Feed, Follower
from backtester.model.errors import BacktestError

_SECONDS = 120.0
_MOST = 100  # connections of one key or token
_SKEW_SECONDS = 5.0  # between the clocks of this process and of the store


class _Lost(NamedTuple):
    follower: Follower
    at: float  # time.time(), which the ends of jobs are compared with


class LostFollowers:
    """The followers of connections that were lost lately, by the key of their principal."""

    def __init__(self) -> None:
        """Remember none yet."""
        self._lost: dict[str, list[_Lost]] = {}
        self._back: dict[str, int] = {}  # how many new sockets follow their jobs already

    def note(self, follower: Follower) -> None:
        """Remember the jobs of a connection that is lost."""
        self._forget_old()
        if follower.last or follower.since is not None:
            lost = self._lost.setdefault(follower.principal.key, [])
            lost.append(_Lost(follower, time.time()))
            del lost[:-_MOST]

    async def resume(self, follower: Follower, feed: Feed) -> None:
        """Have a new socket follow the jobs of lost ones, and hear of those that have ended meanwhile."""
        for lost, at in self._take(follower.principal.key):
            for job_id, seq in [*lost.last.items()]:
                if len(follower.last) < MOST_FOLLOWED and not follower.end_was_sent(job_id):
                    follower.last.setdefault(job_id, seq)
                    await feed.follow(follower, job_id)
            if lost.since is not None:
                follower.since = time.time()
                try:
                    ended = await feed.ended_since(at - _SKEW_SECONDS)
                except BacktestError:
                    follower.since, ended = at, []  # the store is away: looked for again once it is back
                for job in ended:
                    if not lost.end_was_sent(job.id) and not follower.end_was_sent(job.id):
                        follower.last.setdefault(job.id, 0)
                        await feed.follow(follower, job.id)

    def _take(self, key: str) -> list[_Lost]:
        """Return the lost ones of a key, and forget them once as many sockets have come."""
        self._forget_old()
        lost = [*self._lost.get(key, ())]
        self._back[key] = self._back.get(key, 0) + 1
        if self._back[key] >= len(lost):
            self._forget(key)
        return lost

    def _forget_old(self) -> None:
        since = time.time() - _SECONDS
        for key, lost in [*self._lost.items()]:
            lost[:] = [one for one in lost if one.at > since]
            if not lost:
                self._forget(key)

    def _forget(self, key: str) -> None:
        self._lost.pop(key, None)
        self._back.pop(key, None)
