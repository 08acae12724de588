"""Submits, shows and cancels jobs, for REST, sockets and Celery alike."""

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
    invalid_at,
)
from backtester.model.record import Record
from backtester.runtime.limits import known_request_id, within_limits
from backtester.service.auth.principal import LOCAL, Principal
from backtester.service.jobs.ids import is_id, new_id, was_given_out
from backtester.service.jobs.job import PRIORITIES, STATUSES, Admission, Job, NewJob, job_document
from backtester.service.jobs.stores.job_store import JobStore, Page, StoreError, lost_document_detail
from backtester.service.service_settings import ServiceSettings

MOST_LISTED = 200
MOST_KEY_CHARACTERS = 255


class Checked(Record):
    """A valid request. document: raw, decoded. timeout_seconds: the longest that its run may take."""

    raw: bytes
    document: Any
    request_id: str | None
    timeout_seconds: float


class RefusedError(Exception):
    """A refused request. document: the error as the runner writes it, request_id included."""

    def __init__(self, error: BacktestError, request_id: str | None) -> None:
        super().__init__(error.code)
        self.error = error
        self.request_id = request_id

    @property
    def document(self) -> bytes:
        """The error document, as bytes."""
        return encode_error(self.error, self.request_id)


class JobService:
    """Submits, shows and cancels the jobs of principals."""

    def __init__(self, settings: ServiceSettings, store: JobStore, wake: Callable[[int], None]) -> None:
        """Take the store. wake: called with the number of new jobs once the store has them."""
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
        self, principal: Principal, checked: Checked, *, priority: str = "normal", key: str | None = None,
        traceparent: str | None = None,
    ) -> tuple[Job, bool]:  # fmt: skip
        """Queue a checked request; return its job, and whether its key had been used before. RefusedError."""
        self._may_ask_for(principal, priority, checked.request_id)
        job = self._new_job(principal, checked)
        admission = self._admission(principal, (job,), priority, key, checked.document, traceparent)
        return self._admit(admission, checked.request_id)

    def submit_and_wait(self, principal: Principal, checked: Checked, *, traceparent: str | None = None) -> Job:
        """Queue a request whose caller waits for the response: at high priority, with one attempt."""
        if checked.timeout_seconds > self.settings.sync_seconds:
            allowed = f"this address responds within {self.settings.sync_seconds:g} seconds"
            detail = f"The run may take {checked.timeout_seconds:g} seconds, and {allowed}."
            raise RefusedError(LimitError("RUN_TOO_LONG", detail), checked.request_id)
        job = self._new_job(principal, checked)
        admission = self._admission(principal, (job,), "high", None, None, traceparent, attempts=1)
        return self._admit(admission, checked.request_id)[0]

    def check_batch(self, raw: bytes) -> tuple[list[Checked], Any]:
        """Check every request of `{"requests": [...]}`. RefusedError has pointers such as /requests/3/holdings."""
        settings = self.settings
        most = settings.runner.max_request_bytes
        try:
            document = decode(raw, max_bytes=most)
            requests = document.get("requests") if isinstance(document, dict) else None
            if not isinstance(requests, list) or document.keys() != {"requests"}:
                raise invalid_at("", "INVALID_VALUE", 'A batch is an object with one key: {"requests": [...]}.')
            if not 1 <= len(requests) <= settings.batch_limit:
                detail = f"This batch has {len(requests)} requests. Send 1 to {settings.batch_limit}."
                raise invalid_at("/requests", "OUT_OF_RANGE", detail)
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
        self, principal: Principal, checked: list[Checked], document: Any, *, priority: str = "low",
        key: str | None = None, traceparent: str | None = None,
    ) -> tuple[Job, bool]:  # fmt: skip
        """Queue checked requests as one job. RefusedError."""
        self._may_ask_for(principal, priority, None)
        jobs = tuple(self._new_job(principal, one) for one in checked)
        batch_id = new_id(principal.owner, self.settings.secret)
        admission = self._admission(principal, jobs, priority, key, document, traceparent, batch_id=batch_id)
        return self._admit(admission, None)

    def submit_as(self, backtest_id: str, params: Any) -> None:
        """Queue a Celery client's request under its own id, for the owner `local`; the run checks it.

        The same id with the same params is the same job. RequestError: VALIDATION_FAILED for a text that is no id,
        IDEMPOTENCY_KEY_REUSED for the id of another request or owner. AccessError TOO_MANY_REQUESTS, StoreError.
        """
        if not isinstance(backtest_id, str) or not is_id(backtest_id):
            detail = "A backtest id is a text of 1 to 128 letters, digits, `_` and `-`. Send another id."
            raise RequestError("VALIDATION_FAILED", detail)
        raw = json.dumps(params, sort_keys=True).encode("ascii")
        # the run refuses what is too large by its length: a byte more than it takes is enough to store
        request = json.dumps(params).encode("ascii")[: self.settings.runner.max_request_bytes + 1]
        job = NewJob(id=backtest_id, request=request, request_id=known_request_id(params))
        digest = hashlib.sha256(raw).hexdigest()
        self.store.admit(self._admission(LOCAL, (job,), "normal", None, None, None, digest=digest))
        self._wake(1)

    def job(self, principal: Principal, job_id: str) -> Job:
        """Return a principal's job. AccessError: JOB_GONE where its record is gone, NOT_FOUND for any other."""
        job = self.store.job(job_id) if is_id(job_id) else None
        if job is not None and job.owner == principal.owner:
            return job
        if job is None and was_given_out(job_id, principal.owner, self.settings.secret):
            raise AccessError("JOB_GONE", "The record of this job expired, or was lost with the store.")
        raise AccessError("NOT_FOUND", "No job of yours has this id.")

    def result(self, job: Job) -> bytes | None:
        """Return the result or error document of an ended job, with its own request_id; None before and of a batch."""
        if not job.ended or job.kind == "batch":
            return None
        document = self.store.result(job)
        if job.status == "completed" and document is not None:
            return with_request_id(document, job.request_id)
        return document if document is not None else encode(_unwritten(job).as_document(job.request_id))

    def view(self, job: Job, *, root: str | None = None) -> bytes:
        """Write a job, with its document if it has one. root: the path prefix of links; None: the setting's."""
        return job_document(job, self.result(job), root=self.settings.root_path if root is None else root)

    def listed(self, principal: Principal, *, limit: int, cursor: str | None, status: str | None) -> Page:
        """Return some of a principal's jobs, newest first."""
        assert status is None or status in STATUSES
        return self.store.listed(principal.owner, limit=min(limit, MOST_LISTED), cursor=cursor, status=status)

    def cancel(self, principal: Principal, job_id: str) -> Job:
        """Cancel a principal's job: a queued one at once, a running one with its worker's next heartbeat."""
        job = self.job(principal, job_id)
        return job if job.ended else self.store.cancel(job_id) or job

    def _may_ask_for(self, principal: Principal, priority: str, request_id: str | None) -> None:
        assert priority in PRIORITIES
        if priority == "high":
            try:
                principal.require("priority")
            except AccessError as error:
                raise RefusedError(error, request_id) from None

    def _new_job(self, principal: Principal, checked: Checked) -> NewJob:
        job_id = new_id(principal.owner, self.settings.secret)
        return NewJob(id=job_id, request=checked.raw, request_id=checked.request_id)

    def _admission(
        self, principal: Principal, jobs: tuple[NewJob, ...], priority: str, key: str | None, document: Any,
        traceparent: str | None, *, attempts: int | None = None, batch_id: str | None = None, digest: str = "",
    ) -> Admission:  # fmt: skip
        settings = self.settings
        if key is not None:
            digest = hashlib.sha256(canonical(document).encode()).hexdigest()
        return Admission(
            owner=principal.owner, jobs=jobs, priority=priority, max_attempts=attempts or settings.attempts,
            queue_limit=settings.queue_limit, queue_limit_per_owner=settings.queue_limit_per_owner,
            ttl_seconds=settings.job_ttl_seconds, batch_id=batch_id, traceparent=traceparent or "",
            key=hashlib.sha256(key.encode()).hexdigest() if key is not None else None, digest=digest,
        )  # fmt: skip

    def _admit(self, admission: Admission, request_id: str | None) -> tuple[Job, bool]:
        try:
            job_id, replayed = self.store.admit(admission)
            if not replayed:
                self._wake(len(admission.jobs))
            job = self.store.job(job_id)
            if job is None:
                raise StoreError("It lost the job that it had accepted.")  # the caller may send it again
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
    """Return the error of an ended job that has no document."""
    if job.status == "cancelled":
        return cancelled_by("its caller")
    if job.status == "failed" and not job.attempts:
        return BacktestError(
            "SERVICE_UNAVAILABLE",
            "No worker took the job for six days.",
            remedy="The operator has to start workers. Then send the request again.",
        )
    if job.status == "failed":
        return InternalError("WORKER_CRASHED", lost_document_detail(job.attempts))
    return AccessError("JOB_GONE", "The result of this job expired, or was lost with the store.")
