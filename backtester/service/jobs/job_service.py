"""What a caller can do with jobs, whichever way the call came: submit, look, cancel."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from backtester.codec.canonical import canonical
from backtester.codec.decode import decode
from backtester.codec.document import encode, encode_error, with_request_id
from backtester.contract.check import check
from backtester.model.errors import (
    AccessError,
    BacktestError,
    InternalError,
    LimitError,
    Problem,
    RequestError,
    cancelled_by,
)
from backtester.model.record import Record
from backtester.runtime.limits import known_request_id, within_limits
from backtester.service.auth.principal import Principal
from backtester.service.jobs.ids import is_id, new_id, was_given_out
from backtester.service.jobs.job import PRIORITIES, STATUSES, Admission, Job, NewJob, job_document
from backtester.service.jobs.job_store import JobStore, Page, StoreError, lost_document_detail
from backtester.service.settings import ServiceSettings

MOST_LISTED = 200
MOST_KEY_CHARACTERS = 255


class Checked(Record):
    """A request that may run, and the longest that it may take, seconds. document: what it was decoded to."""

    raw: bytes
    document: Any
    request_id: str | None
    timeout_seconds: float


class RefusedError(Exception):
    """A request that is refused. document: the error as the runner itself would write it, request_id and all."""

    def __init__(self, error: BacktestError, request_id: str | None) -> None:
        super().__init__(error.code)
        self.error = error
        self.request_id = request_id

    @property
    def document(self) -> bytes:
        """The error, written."""
        return encode_error(self.error, self.request_id)


class JobService:
    """Submits, shows and cancels jobs for callers who have been let in."""

    def __init__(self, settings: ServiceSettings, store: JobStore, wake: Callable[[int], None]) -> None:
        """Take the store; wake: called with a number of new jobs, once they are in it."""
        self.settings = settings
        self.store = store
        self._wake = wake

    def check(self, raw: bytes) -> Checked:
        """Check a request as the runner does. RefusedError."""
        request_id: str | None = None
        runner = self.settings.runner
        try:
            document = decode(raw, max_bytes=runner.max_request_bytes)
            request_id = known_request_id(document)
            checked = check(document, csv_available=runner.csv_dir is not None, load_plug_ins=False)
            _, timeout, _ = within_limits(checked, runner)
        except BacktestError as error:
            raise RefusedError(error, request_id) from None
        return Checked(raw=raw, document=document, request_id=request_id, timeout_seconds=timeout)

    def submit(
        self, caller: Principal, checked: Checked, *, priority: str = "normal", key: str | None = None,
        traceparent: str | None = None,
    ) -> tuple[Job, bool]:  # fmt: skip
        """Queue a checked request; return its job, and whether there had been one under the same key. RefusedError."""
        self._may_ask_for(caller, priority, checked.request_id)
        job = self._new_job(caller, checked)
        admission = self._admission(caller, (job,), priority, key, checked.document, traceparent)
        return self._admit(admission, checked.request_id)

    def submit_and_wait(self, caller: Principal, checked: Checked, *, traceparent: str | None = None) -> Job:
        """Queue a request whose caller waits for the answer: before all others, and begun once."""
        if checked.timeout_seconds > self.settings.sync_seconds:
            allowed = f"{self.settings.sync_seconds:g} seconds"
            detail = f"the run may take {checked.timeout_seconds:g} seconds, and is answered within {allowed}"
            raise RefusedError(LimitError("RUN_TOO_LONG", f"{detail}; POST it to /backtests"), checked.request_id)
        job = self._new_job(caller, checked)
        admission = self._admission(caller, (job,), "high", None, None, traceparent, attempts=1)
        return self._admit(admission, checked.request_id)[0]

    def check_batch(self, raw: bytes) -> tuple[list[Checked], Any]:
        """Check `{"requests": [...]}`, every request of it; pointers say which. RefusedError."""
        settings = self.settings
        most = settings.runner.max_request_bytes
        try:
            document = decode(raw, max_bytes=most)
            requests = document.get("requests") if isinstance(document, dict) else None
            if not isinstance(requests, list) or document.keys() != {"requests"}:
                raise RequestError("VALIDATION_FAILED", 'a batch is {"requests": [...]}', pointer="")
            if not 1 <= len(requests) <= settings.batch_limit:
                detail = f"a batch has 1 to {settings.batch_limit} requests, not {len(requests)}"
                raise RequestError("VALIDATION_FAILED", detail, pointer="/requests")
        except BacktestError as error:
            raise RefusedError(error, None) from None
        checked, problems = [], list[Problem]()
        for at, request in enumerate(requests):
            try:
                checked.append(self.check(json.dumps(request).encode("ascii")))
            except RefusedError as refused:
                problems += _problems_of(refused.error, f"/requests/{at}")
        if problems:
            detail = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
            raise RefusedError(RequestError("VALIDATION_FAILED", detail, problems=tuple(problems[:100])), None)
        return checked, document

    def submit_batch(
        self, caller: Principal, checked: list[Checked], document: Any, *, priority: str = "low",
        key: str | None = None, traceparent: str | None = None,
    ) -> tuple[Job, bool]:  # fmt: skip
        """Queue checked requests as one job. RefusedError."""
        self._may_ask_for(caller, priority, None)
        jobs = tuple(self._new_job(caller, one) for one in checked)
        batch_id = new_id(caller.owner, self.settings.secret)
        admission = self._admission(caller, jobs, priority, key, document, traceparent, batch_id=batch_id)
        return self._admit(admission, None)

    def job(self, caller: Principal, job_id: str) -> Job:
        """Return a caller's own job. AccessError: NOT_FOUND where it never was theirs, JOB_GONE where it is no more."""
        job = self.store.job(job_id) if is_id(job_id) else None
        if job is not None and job.owner == caller.owner:
            return job
        if job is None and was_given_out(job_id, caller.owner, self.settings.secret):
            raise AccessError(
                "JOB_GONE", "this job was accepted, and its record is gone: expired, or lost with the store"
            )
        raise AccessError("NOT_FOUND", "there is no such job")

    def result(self, job: Job) -> bytes | None:
        """Return the document that came of an ended job, as a run of its own would have written it; None before."""
        if not job.ended or job.kind == "batch":
            return None
        document = self.store.result(job)
        if job.status == "done" and document is not None:
            return with_request_id(document, job.request_id)
        return document if document is not None else encode(_unwritten(job).as_document(job.request_id))

    def view(self, job: Job) -> bytes:
        """Write a job with its result, if it has one."""
        return job_document(job, self.result(job))

    def listed(self, caller: Principal, *, limit: int, cursor: str | None, status: str | None) -> Page:
        """Return some of a caller's jobs, newest first."""
        assert status is None or status in STATUSES
        return self.store.listed(caller.owner, limit=min(limit, MOST_LISTED), cursor=cursor, status=status)

    def cancel(self, caller: Principal, job_id: str) -> Job:
        """Cancel a caller's own job: what waits at once, what runs as soon as its worker hears of it."""
        job = self.job(caller, job_id)
        return job if job.ended else self.store.cancel(job_id) or job

    def _may_ask_for(self, caller: Principal, priority: str, request_id: str | None) -> None:
        assert priority in PRIORITIES
        if priority == "high":
            try:
                caller.require("priority")
            except AccessError as error:
                raise RefusedError(error, request_id) from None

    def _new_job(self, caller: Principal, checked: Checked) -> NewJob:
        job_id = new_id(caller.owner, self.settings.secret)
        return NewJob(id=job_id, request=checked.raw, request_id=checked.request_id)

    def _admission(
        self, caller: Principal, jobs: tuple[NewJob, ...], priority: str, key: str | None, document: Any,
        traceparent: str | None, *, attempts: int | None = None, batch_id: str | None = None,
    ) -> Admission:  # fmt: skip
        settings = self.settings
        kept = key is not None
        return Admission(
            owner=caller.owner, jobs=jobs, priority=priority, max_attempts=attempts or settings.attempts,
            queue_limit=settings.queue_limit, queue_limit_per_owner=settings.queue_limit_per_owner,
            ttl_seconds=settings.job_ttl_seconds, batch_id=batch_id, traceparent=traceparent or "",
            key=hashlib.sha256(key.encode()).hexdigest() if key is not None else None,
            digest=hashlib.sha256(canonical(document).encode()).hexdigest() if kept else "",
        )  # fmt: skip

    def _admit(self, admission: Admission, request_id: str | None) -> tuple[Job, bool]:
        try:
            job_id, replayed = self.store.admit(admission)
            if not replayed:
                self._wake(len(admission.jobs))
            job = self.store.job(job_id)
            if job is None:
                raise StoreError  # it has lost what it had accepted: its data are gone, the caller may try again
        except BacktestError as error:
            raise RefusedError(error, request_id) from None
        return job, replayed


def _problems_of(error: BacktestError, at: str) -> list[Problem]:
    if not error.problems:
        return [Problem(pointer=at, code=error.code, detail=error.detail)]
    return [
        Problem(
            pointer=at + one.pointer, code=one.code, detail=one.detail, received=one.received,
            has_received=one.has_received, suggestion=one.suggestion,
        )
        for one in error.problems
    ]  # fmt: skip


def _unwritten(job: Job) -> BacktestError:
    """Return why a job ended for which nobody wrote a document."""
    if job.status == "cancelled":
        return cancelled_by("its caller")
    if job.status == "failed" and not job.attempts:
        return BacktestError("SERVICE_UNAVAILABLE", "no worker took the job for six days")
    if job.status == "failed":
        return InternalError("WORKER_CRASHED", lost_document_detail(job.attempts))
    return AccessError("JOB_GONE", "the result of this job is gone: expired, or lost with the store")
