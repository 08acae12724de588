"""A job's events as server-sent events, those after `Last-Event-ID` first."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.sse import format_sse_event
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from backtester.adapters.rest.backtests import JobId
from backtester.adapters.rest.dependencies import Reads, allowance_headers, root_of, service_of
from backtester.adapters.rest.openapi import AT, errors
from backtester.model.errors import BacktestError
from backtester.service.auth.principal import Principal
from backtester.service.components import Service, in_thread
from backtester.service.jobs.broadcaster import Subscription
from backtester.service.jobs.job import ENDED, Job, job_document

_COMMENT_SECONDS = 15.0  # proxies close an idle connection
_RETRY_MS = 2000
_MOST_DIGITS = 15  # more than any `seq` has, and within the integers of both stores
_DATA = {"anyOf": [{"$ref": AT + name} for name in ("ProgressEvent", "BacktestResult", "BacktestError", "Job")]}
_EVENT = {  # of each event: OpenAPI 3.1 has no word for a stream of them
    "type": "object",
    "properties": {
        "event": {"type": "string", "enum": ["progress", "result", "failed"]},
        "id": {"type": "string"},
        "retry": {"type": "integer"},
        "data": {"type": "string", "contentMediaType": "application/json", "contentSchema": _DATA},
    },
}
router = APIRouter(tags=["backtests"])
LastEventId = Annotated[
    str | None, Header(alias="Last-Event-ID", description="The last event that was received; those after it follow.")
]


@router.get(
    "/backtests/{job_id}/events",
    summary="Follow",
    responses={
        200: {
            "description": "`progress` events (ProgressEvent), then `result` (BacktestResult; of a batch its Job) or "
            "`failed` (BacktestError).",
            "content": {"text/event-stream": {"schema": _EVENT}},
        },
        204: {"description": "Every event was received: the client need not reconnect."},
        **errors(401, 403, 404, 410, 422, 429, 500, 503),
    },
)
async def follow(request: Request, principal: Reads, job_id: JobId, last_event_id: LastEventId = None) -> Response:
    """Follow a job to its end, from the event after `Last-Event-ID`."""
    service = service_of(request)
    job = await in_thread(service.job_service.job, principal, job_id)
    last_seq = _number(last_event_id)
    if job.ended and last_seq > job.event["seq"]:
        return Response(status_code=204)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", **allowance_headers(request)}
    return StreamingResponse(
        _stream(service, principal, job, last_seq, root_of(request)), headers=headers, media_type="text/event-stream"
    )


def _number(last_event_id: str | None) -> int:
    """Return the number of the last received event; 0 for a text that is none."""
    if last_event_id and len(last_event_id) <= _MOST_DIGITS and last_event_id.isascii() and last_event_id.isdigit():
        return int(last_event_id)
    return 0


async def _stream(service: Service, principal: Principal, job: Job, last_seq: int, root: str) -> AsyncIterator[bytes]:
    yield format_sse_event(retry=_RETRY_MS)
    async with service.broadcaster.subscribe(job.owner, job.id) as subscription:
        while True:
            try:
                job = await in_thread(service.job_service.job, principal, job.id)
                events = await in_thread(service.store.events, job.id, after=last_seq)
            except BacktestError as error:
                if error.code == "JOB_GONE":
                    yield _event("failed", json.dumps(error.as_document()), last_seq)
                return  # else the store is away: the client reconnects
            for event in events:
                last_seq = event["seq"]
                yield _event("progress", json.dumps(event), last_seq)
            if job.ended:
                if last_seq < job.event["seq"]:
                    yield _event("progress", json.dumps(job.event), job.event["seq"])
                yield await _last(service, job, root)
                return
            if events and events[-1]["stage"] in ENDED:
                continue  # it ended between the two reads
            async for piece in _events_since(service, principal, subscription, last_seq):
                last_seq, text = piece
                yield text
            if service.stopping.is_set() or not service.authenticator.still_admits(principal):
                return


async def _events_since(
    service: Service, principal: Principal, subscription: Subscription, last_seq: int
) -> AsyncIterator[tuple[int, bytes]]:
    """Yield new events, each once and in order, until the job must be read again."""
    loop = asyncio.get_running_loop()
    quiet_since = loop.time()
    while not service.stopping.is_set() and service.authenticator.still_admits(principal):
        notice = await subscription.next(seconds=0.5)
        if notice is None:
            if loop.time() - quiet_since > _COMMENT_SECONDS:
                yield last_seq, format_sse_event(comment="keep-alive")
                return
            continue
        event = notice.event
        if event is None or event["stage"] in ENDED or event["seq"] > last_seq + 1:
            return  # the end, or events were missed
        if event["seq"] == last_seq + 1:
            last_seq = event["seq"]
            yield last_seq, _event("progress", json.dumps(event), last_seq)


async def _last(service: Service, job: Job, root: str) -> bytes:
    """Return the last event of a stream; its number follows that of the last progress."""
    number = job.event["seq"] + 1
    if job.kind == "batch":
        return _event("result", job_document(job, root=root).decode(), number)
    content = await in_thread(service.job_service.result, job)
    assert content is not None
    name = "result" if content.startswith(b'{"success":true') else "failed"
    return _event(name, content.decode().rstrip("\n"), number)


def _event(name: str, data: str, number: int) -> bytes:
    return format_sse_event(event=name, data_str=data, id=str(number))
