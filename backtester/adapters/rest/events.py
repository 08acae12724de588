"""A job's events as they happen: server-sent events, and what was missed before them."""

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
from backtester.adapters.rest.context import Reads, allowance_headers, service_of
from backtester.adapters.rest.openapi import AT, errors
from backtester.model.errors import BacktestError
from backtester.service.auth.principal import Principal
from backtester.service.context import Service, in_thread
from backtester.service.jobs.broadcaster import Subscription
from backtester.service.jobs.job import ENDED, Job, job_document

_COMMENT_SECONDS = 15.0  # proxies close a connection on which nothing is said
_RETRY_MS = 2000
_MOST_DIGITS = 15  # beyond any number of ours, within every store's
_DATA = {"anyOf": [{"$ref": AT + name} for name in ("ProgressEvent", "BacktestResult", "BacktestError", "Job")]}
_EVENT = {  # OpenAPI 3.2 has a word for the schema of each event; in 3.1 it is ignored, or understood all the same
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
    str | None, Header(alias="Last-Event-ID", description="The last event that was heard; those after it follow.")
]


@router.get(
    "/backtests/{job_id}/events",
    summary="Follow",
    responses={
        200: {
            "description": "`progress` events (ProgressEvent), then `result` (BacktestResult; of a batch its Job) or "
            "`failed` (BacktestError).",
            "content": {"text/event-stream": {"itemSchema": _EVENT}},
        },
        204: {"description": "Everything has been heard: there is nothing to come back for."},
        **errors(401, 403, 404, 410, 422, 429, 500, 503),
    },
)
async def follow(request: Request, caller: Reads, job_id: JobId, last_event_id: LastEventId = None) -> Response:
    """Follow a job to its end, from the event after `Last-Event-ID`."""
    service = service_of(request)
    job = await in_thread(service.desk.job, caller, job_id)
    heard = _number(last_event_id)
    if job.ended and heard > job.event["seq"]:
        return Response(status_code=204)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", **allowance_headers(request)}
    return StreamingResponse(_stream(service, caller, job, heard), headers=headers, media_type="text/event-stream")


def _number(last_event_id: str | None) -> int:
    """Return the number of the last event that was heard: 0 for what is none of ours."""
    if last_event_id and len(last_event_id) <= _MOST_DIGITS and last_event_id.isascii() and last_event_id.isdigit():
        return int(last_event_id)
    return 0


async def _stream(service: Service, caller: Principal, job: Job, heard: int) -> AsyncIterator[bytes]:
    yield format_sse_event(retry=_RETRY_MS)
    async with service.hub.listening(job.owner, job.id) as listener:
        while True:
            try:
                job = await in_thread(service.desk.job, caller, job.id)
                events = await in_thread(service.store.events, job.id, after=heard)
            except BacktestError as error:
                if error.code == "JOB_GONE":
                    yield _event("failed", json.dumps(error.as_document()), heard)
                return  # else the store is away: whoever listens comes back
            for event in events:
                heard = event["seq"]
                yield _event("progress", json.dumps(event), heard)
            if job.ended:
                if heard < job.event["seq"]:
                    yield _event("progress", json.dumps(job.event), job.event["seq"])
                yield await _last(service, job)
                return
            if events and events[-1]["stage"] in ENDED:
                continue  # it ended between the two looks
            async for piece in _heard_since(service, caller, listener, heard):
                heard, text = piece
                yield text
            if service.stopping.is_set() or not service.gate.still_admits(caller):
                return


async def _heard_since(
    service: Service, caller: Principal, listener: Subscription, heard: int
) -> AsyncIterator[tuple[int, bytes]]:
    """Yield events as they come, each once and in order, until it is time to look at the job again."""
    loop = asyncio.get_running_loop()
    quiet_since = loop.time()
    while not service.stopping.is_set() and service.gate.still_admits(caller):
        notice = await listener.next(seconds=0.5)
        if notice is None:
            if loop.time() - quiet_since > _COMMENT_SECONDS:
                yield heard, format_sse_event(comment="still here")
                return
            continue
        event = notice.event
        if event is None or event["stage"] in ENDED or event["seq"] > heard + 1:
            return  # the end, or something was missed
        if event["seq"] == heard + 1:
            heard = event["seq"]
            yield heard, _event("progress", json.dumps(event), heard)


async def _last(service: Service, job: Job) -> bytes:
    """Return the event that a stream ends with; its number is one more than that of the last progress."""
    number = job.event["seq"] + 1
    if job.kind == "batch":
        return _event("result", job_document(job).decode(), number)
    content = await in_thread(service.desk.result, job)
    assert content is not None
    name = "result" if content.startswith(b'{"success":true') else "failed"
    return _event(name, content.decode().rstrip("\n"), number)


def _event(name: str, data: str, number: int) -> bytes:
    return format_sse_event(event=name, data_str=data, id=str(number))
