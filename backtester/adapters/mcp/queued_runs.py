"""Runs the requests of an assistant as jobs of the service's queue, for the owner of the key that was sent."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from backtester.adapters.mcp.runners import Progress, encoded
from backtester.model.errors import AccessError, LimitError
from backtester.service.auth.principal import Principal
from backtester.service.components import Service, in_thread
from backtester.service.jobs.job import ENDED, Job
from backtester.service.jobs.job_service import RefusedError

_READ_SECONDS = 0.5  # a job is read this often, whatever notices come
_MOST_LISTED = 20


class QueuedRuns:
    """The jobs of one principal. Their results are stored as long as those of REST."""

    def __init__(self, service: Service, principal: Principal) -> None:
        """Take the components of this process, and the authenticated caller."""
        self.settings = service.settings.runner
        self._service = service
        self._principal = principal
        self.require = principal.require

    async def run(self, request: dict[str, Any], progress: Progress) -> tuple[str | None, dict[str, Any]]:
        """Queue a request and wait for its end; a cancelled call cancels the job."""
        jobs = self._service.job_service
        try:
            checked = await in_thread(jobs.check, encoded(request))
            job, _ = await in_thread(jobs.submit, self._principal, checked)
        except RefusedError as refused:
            return None, json.loads(refused.document)
        try:
            job = await self._ended(job, progress)
        except asyncio.CancelledError:
            await asyncio.shield(in_thread(jobs.cancel, self._principal, job.id))
            raise
        content = await in_thread(jobs.result, job)
        assert content is not None
        document = json.loads(content)
        return (job.id if document["success"] else None), document

    async def result(self, key: str) -> dict[str, Any] | None:
        """Return the result of a completed job of the principal. AccessError JOB_GONE."""
        jobs = self._service.job_service
        try:
            job = await in_thread(jobs.job, self._principal, key)
        except AccessError as error:
            if error.code == "NOT_FOUND":
                return None
            raise
        content = await in_thread(jobs.result, job) if job.status == "completed" else None
        return None if content is None else json.loads(content)

    async def keys(self) -> list[str]:
        """Return the ids of the principal's latest completed jobs, newest first."""
        page = await in_thread(
            self._service.job_service.listed, self._principal, limit=_MOST_LISTED, cursor=None, status="completed"
        )
        return [job.id for job in page.jobs if job.kind != "batch"]

    async def _ended(self, job: Job, progress: Progress) -> Job:
        """Wait for the end of a job. LimitError TIMEOUT once the server stops: its caller could not be answered."""
        service = self._service
        async with service.broadcaster.subscribe(job.owner, job.id) as subscription:
            while True:
                seen = await in_thread(service.job_service.job, self._principal, job.id)
                if seen.ended:
                    return seen
                if service.stopping.is_set():
                    raise LimitError("TIMEOUT", f"The service is being stopped. The job {job.id} goes on.")
                notice = await subscription.next(seconds=_READ_SECONDS)
                while notice is not None and notice.event is not None and notice.event["stage"] not in ENDED:
                    await progress(notice.event["progress"], notice.event["stage"])
                    notice = await subscription.next(seconds=_READ_SECONDS)
