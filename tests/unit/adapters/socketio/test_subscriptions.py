"""What a socket that follows everything hears of jobs of which no notice came: a real store, on SQLite."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

from backtester.adapters.socketio.subscriptions import Feed, Follower
from backtester.service.auth.principal import LOCAL
from backtester.service.components import Service
from backtester.service.jobs.broadcaster import MISSED, Topic
from backtester.service.jobs.job import Admission, NewJob
from backtester.service.service_settings import read_service_settings
from tests.support.processes import PATIENCE
from tests.support.sample_requests import request


def ended_job(service: Service, job_id: str) -> None:
    """Have a job begin and end, by another process as it were: the service broadcasts nothing here."""
    job = NewJob(id=job_id, request=json.dumps(request()).encode(), request_id=None)
    limits = {"queue_limit": 9, "queue_limit_per_owner": 9, "ttl_seconds": 60.0}
    service.store.admit(Admission(owner=LOCAL.owner, jobs=(job,), priority="normal", max_attempts=1, **limits))
    service.store.cancel(job_id)


def test_a_job_that_began_and_ended_unnoticed_is_told_to_who_follows_everything_since_before(tmp_path: Path) -> None:
    environ = {"BACKTEST_SERVICE_DIR": str(tmp_path), "BACKTEST_OFFLINE": "1"}
    service = Service(read_service_settings(environ))
    told: asyncio.Queue[tuple[str, str, str]] = asyncio.Queue()

    async def emit(sid: str, name: str, data: dict[str, object]) -> None:
        await told.put((sid, name, str(data["id"])))

    async def next_told() -> tuple[str, str, str]:
        return await asyncio.wait_for(told.get(), PATIENCE)

    async def talk() -> None:
        feed = Feed(service, LOCAL.owner, emit, lambda sid: None)
        early, late, none = (Follower(sid, LOCAL) for sid in ("early", "late", "none"))
        early.since = time.time()
        ended_job(service, "before-it-listened")
        late.since = time.time() + 3600
        for follower in (early, late, none):
            feed.add(follower)
        assert await next_told() == ("early", "backtest_failed", "before-it-listened")
        ended_job(service, "while-it-listened")
        service.broadcaster.notify(Topic("owner", LOCAL.owner), MISSED)
        assert await next_told() == ("early", "backtest_failed", "while-it-listened")
        service.broadcaster.notify(Topic("owner", LOCAL.owner), MISSED)
        ended_job(service, "the-last")
        service.broadcaster.notify(Topic("owner", LOCAL.owner), MISSED)
        assert await next_told() == ("early", "backtest_failed", "the-last"), "each end is told once"
        for sid in ("early", "late", "none"):
            feed.remove(sid)

    try:
        asyncio.run(talk())
    finally:
        service.store.close()
