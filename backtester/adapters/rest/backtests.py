"""The routes of backtests: `POST /backtest`, which waits, and those of jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from backtester.adapters.rest.dependencies import (
    PROBLEM,
    IdempotencyKey,
    Reads,
    Runs,
    answer,
    body_of,
    queue_link,
    root_of,
    service_of,
)
from backtester.adapters.rest.openapi import body, document, errors
from backtester.model.errors import AccessError, CancelledError, LimitError
from backtester.service.auth.principal import Principal
from backtester.service.components import Service, in_thread
from backtester.service.http.body import client_left
from backtester.service.http.problem import being_stopped, problem
from backtester.service.jobs.ids import FOREIGN
from backtester.service.jobs.job import Job, Status, job_document
from backtester.service.jobs.job_service import MOST_LISTED, Checked
from backtester.service.telemetry.traces import current_traceparent

LONGEST_WAIT = 60.0
_STOP_SECONDS = 2.0  # the longest that DELETE waits for a job to stop
_CURSOR = rf"^[0-9]{{15}}\.{FOREIGN}$"
router = APIRouter(tags=["backtests"])
Priority = Annotated[
    Literal["high", "normal", "low"],
    Query(description="High goes before normal, normal before low; high needs the scope `priority`."),
]
JobId = Annotated[str, Path(description="The job's id.", examples=["job_2al3gcqtzh6bgv3ed2mholc2xglv5hhtfj"])]


@router.post(
    "/backtest",
    summary="Run, and return the result",
    openapi_extra=body("BacktestRequest"),
    responses={
        200: document("BacktestResult", "The result."),
        **errors(400, 401, 403, 408, 413, 415, 422, 429, 499, 500, 503, 504, 507),
    },
)
async def run(request: Request, principal: Runs) -> Response:
    """Run a backtest and return its result or error document. A client that disconnects cancels the run."""
    service = service_of(request)
    checked = await in_thread(service.job_service.check, await body_of(request))
    job = await in_thread(service.job_service.submit_and_wait, principal, checked, traceparent=current_traceparent())
    waiting = service.wait(principal, job, seconds=service.settings.sync_seconds, finish=True)
    waited = await _while_here(request, waiting)
    if waited is None:
        await in_thread(service.job_service.cancel, principal, job.id)
        return problem(CancelledError("CANCELLED", "The caller disconnected."), checked.request_id)
    return await _answered(request, service, principal, waited, checked)


async def _answered(request: Request, service: Service, principal: Principal, job: Job, checked: Checked) -> Response:
    document_of = None if not job.ended else await in_thread(service.job_service.result, job)
    if document_of is not None:
        return _as_answer(request, document_of)
    await in_thread(service.job_service.cancel, principal, job.id)
    waited = f"The run had no result after {service.settings.sync_seconds:g} seconds"
    if service.stopping.is_set():
        return problem(being_stopped(), checked.request_id)
    if job.status == "queued":
        error: Any = AccessError(
            "TOO_MANY_REQUESTS", f"{waited}: other jobs wait before it.", remedy="POST it to `/backtests`."
        )
    else:
        remedy = "POST it to `/backtests`, where it has all of its own time limit."
        error = LimitError("TIMEOUT", f"{waited}.", remedy=remedy)
    return problem(error, checked.request_id, {"Link": queue_link(request)})


async def _while_here(request: Request, waiting: Coroutine[Any, Any, Job]) -> Job | None:
    """Return the job that is waited for; None once the client disconnects."""
    tasks = asyncio.ensure_future(waiting), asyncio.ensure_future(client_left(request.receive))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return tasks[0].result() if tasks[0].done() else None
    finally:
        for task in tasks:
            task.cancel()


def _as_answer(request: Request, content: bytes) -> Response:
    """Respond with a result, or with an error document and its status."""
    if content.startswith(b'{"success":true'):
        return answer(request, content)
    status = int(content.split(b'"status":', 1)[1].split(b",", 1)[0])
    return answer(request, content, status=status, media_type=PROBLEM)


@router.post(
    "/backtests",
    status_code=202,
    summary="Queue",
    openapi_extra=body("BacktestRequest"),
    responses={
        202: document("Job", "Queued; `Location` has the job's address."),
        **errors(400, 401, 403, 408, 413, 415, 422, 429, 500, 503),
    },
)
async def submit(
    request: Request, principal: Runs, priority: Priority = "normal", key: IdempotencyKey = None
) -> Response:
    """Queue a backtest."""
    service = service_of(request)
    checked = await in_thread(service.job_service.check, await body_of(request))
    trace = current_traceparent()
    job, replayed = await in_thread(
        service.job_service.submit, principal, checked, priority=priority, key=key, traceparent=trace
    )
    return await _accepted(request, job, replayed)


@router.post(
    "/backtests/batch",
    status_code=202,
    summary="Queue a batch",
    openapi_extra=body("Batch"),
    responses={
        202: document("Job", "Queued; `Location` has the address of the batch."),
        **errors(400, 401, 403, 408, 413, 415, 422, 429, 500, 503),
    },
)
async def submit_batch(
    request: Request, principal: Runs, priority: Priority = "low", key: IdempotencyKey = None
) -> Response:
    """Queue many backtests as one job, all or none of them."""
    service = service_of(request)
    checked, given = await in_thread(service.job_service.check_batch, await body_of(request))
    trace = current_traceparent()
    job, replayed = await in_thread(
        service.job_service.submit_batch, principal, checked, given, priority=priority, key=key, traceparent=trace
    )
    return await _accepted(request, job, replayed)


async def _accepted(request: Request, job: Job, replayed: bool) -> Response:
    headers = {"Location": f"{root_of(request)}/backtests/{job.id}", "ETag": job.etag}
    if replayed:
        headers["Idempotency-Replayed"] = "true"
    return answer(request, await _view(request, job), status=202, headers=headers)


@router.get(
    "/backtests",
    summary="List",
    responses={200: document("Jobs", "Some jobs."), **errors(401, 403, 422, 429, 500, 503)},
)
async def listed(
    request: Request,
    principal: Reads,
    limit: Annotated[int, Query(ge=1, le=MOST_LISTED, description="How many.")] = 50,
    cursor: Annotated[str | None, Query(pattern=_CURSOR, description="`next` of the page before.")] = None,
    status: Annotated[Status | None, Query(description="Only jobs with this status.")] = None,
) -> Response:
    """List the caller's own jobs, newest first."""
    page = await in_thread(service_of(request).job_service.listed, principal, limit=limit, cursor=cursor, status=status)
    following = "null" if page.cursor is None else f'"{page.cursor}"'
    content = (
        b'{"jobs":['
        + b",".join(job_document(job, root=root_of(request)) for job in page.jobs)
        + b'],"next":'
        + following.encode()
        + b"}"
    )
    return answer(request, content)


@router.get(
    "/backtests/{job_id}",
    summary="Read",
    responses={
        200: document("Job", "The job, with its result if it has ended."),
        304: {"description": "The job has not changed since the ETag of `If-None-Match`."},
        **errors(401, 403, 404, 410, 422, 429, 500, 503),
    },
)
async def read(
    request: Request,
    principal: Reads,
    job_id: JobId,
    wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT, description="Seconds to wait for its end.")] = 0,
) -> Response:
    """Return a job: with `wait` once it has ended, with `If-None-Match` too once it has changed."""
    service, known = service_of(request), request.headers.get("if-none-match")

    def look() -> tuple[Job, bytes | None]:
        """Return the job, and its document where that is to be sent now: one thread does both."""
        job = service.job_service.job(principal, job_id)
        waits = wait > 0 and not job.ended
        send_now = not waits if known is None else not _is_known(job, known)
        return job, service.job_service.view(job, root=root_of(request)) if send_now else None

    job, content = await service.outlasting(look, seconds=wait)
    if content is None and wait > 0 and not job.ended:
        waiting = service.wait(principal, job, seconds=wait, any_change=known is not None)
        job = await _while_here(request, waiting) or job
    headers = {"ETag": job.etag, "Cache-Control": "private, no-cache"}
    if content is None and known is not None and _is_known(job, known):
        return Response(status_code=304, headers=headers)
    return answer(request, content or await _view(request, job), headers=headers)


async def _view(request: Request, job: Job) -> bytes:
    return await in_thread(service_of(request).job_service.view, job, root=root_of(request))


def _is_known(job: Job, if_none_match: str) -> bool:
    """Compare tags by RFC 9110: any of a list; weak ones too, which a compressing proxy makes of ours."""
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return job.etag in tags or tags == {"*"}


@router.get(
    "/backtests/{job_id}/result",
    summary="Read the result alone",
    responses={
        200: document("BacktestResult", "The result."),
        **errors(401, 403, 404, 410, 422, 429, 499, 500, 503, 504, 507),
    },
)
async def result(request: Request, principal: Reads, job_id: JobId) -> Response:
    """Return a job's result, or its error with its own status. 404 before the end."""
    jobs = service_of(request).job_service

    def look() -> bytes:
        job = jobs.job(principal, job_id)
        content = jobs.result(job)
        if content is None:
            raise _no_result(job)
        return content

    return _as_answer(request, await in_thread(look))


def _no_result(job: Job) -> AccessError:
    if job.ended:
        detail, remedy = "A batch has no result of its own.", "Read the result of each of its jobs."
    else:
        detail, remedy = "The job has no result yet.", "Read the job with `?wait=60`, or follow its events."
    return AccessError("NOT_FOUND", detail, remedy=remedy)


@router.delete(
    "/backtests/{job_id}",
    summary="Cancel",
    responses={
        200: document("Job", "It has ended."),
        202: document("Job", "It is being stopped."),
        **errors(401, 403, 404, 410, 422, 429, 500, 503),
    },
)
async def cancel(request: Request, principal: Runs, job_id: JobId) -> Response:
    """Cancel a job, or every job of a batch. An ended job stays as it is."""
    service = service_of(request)
    job = await in_thread(service.job_service.cancel, principal, job_id)
    if not job.ended:
        job = await service.wait(principal, job, seconds=_STOP_SECONDS)
    return answer(request, await _view(request, job), status=200 if job.ended else 202)
