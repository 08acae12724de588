"""The Socket.IO server: connections and the events of clients."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import socketio
import structlog
from socketio.exceptions import ConnectionRefusedError as RefusedConnectionError

from backtester.adapters.socketio import raw_json
from backtester.adapters.socketio.lost import LostFollowers
from backtester.adapters.socketio.protocol_errors import (
    UNANSWERED,
    Packet,
    client_fault_logger,
    end_connection,
    guard_protocol,
    was_lost,
)
from backtester.adapters.socketio.raw_json import Written
from backtester.adapters.socketio.subscriptions import MOST_FOLLOWED, Feed, Follower
from backtester.codec.document import encode_error
from backtester.model.errors import AccessError, BacktestError, RequestError, UnexpectedError, invalid_at
from backtester.service.auth.authenticator import was_forwarded
from backtester.service.auth.principal import Principal
from backtester.service.components import Service, in_thread
from backtester.service.http.server import message_limit
from backtester.service.jobs.job import PRIORITIES, Job
from backtester.service.jobs.job_service import MOST_KEY_CHARACTERS, RefusedError
from backtester.service.telemetry.traces import current_traceparent

Ack = dict[str, Any]
log = structlog.get_logger("sockets")


class Sockets:
    """Handles the events of docs/how-to/service.md."""

    def __init__(self, service: Service) -> None:
        """Make `server`, for an ASGI application."""
        settings = service.settings
        self._service = service
        self.server = socketio.AsyncServer(
            async_mode="asgi", json=raw_json, serializer=Packet,
            cors_allowed_origins=self._admits_origin,
            max_http_buffer_size=message_limit(settings),
            logger=client_fault_logger(), engineio_logger=client_fault_logger(),
        )  # fmt: skip
        guard_protocol(self.server, connect_seconds=settings.header_seconds)
        # the library would wait for a polling client's next request, which never reaches a server that stops
        service.when_stopping.append(self._end_all)
        self._followers: dict[str, Follower] = {}
        self._feeds: dict[str, Feed] = {}
        self._lost = LostFollowers()
        self.server.on("connect", self._connect)
        self.server.on("disconnect", self._disconnect)
        self.server.on("start_backtest", self._answering("run", self._start))
        self.server.on(UNANSWERED, self._answering("run", self._start, emit_refusal=True))
        self.server.on("subscribe", self._answering("read", self._subscribe))
        self.server.on("unsubscribe", self._answering("read", self._unsubscribe))
        self.server.on("cancel_backtest", self._answering("run", self._cancel))

    def _admits_origin(self, origin: str | None, environ: Mapping[str, Any]) -> bool:
        """Return whether a page may connect: one of BACKTEST_CORS_ORIGINS, or of the host that it asks.

        The scheme is not compared, since a proxy may have ended TLS. A foreign name that resolves to this machine (DNS
        rebinding) is a page of the host that it asks, too: the authenticator refuses it, or wants a credential.
        """
        if origin is None or origin in self._service.settings.cors_origins:
            return True
        scheme, _, host = origin.lower().partition("://")
        return scheme in ("http", "https") and host != "" and host == environ.get("HTTP_HOST", "").lower()

    async def _connect(self, sid: str, environ: Mapping[str, Any], auth: object = None) -> None:
        scope = environ["asgi.scope"]
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        given: dict[str, Any] = {
            "peer": scope["client"][0] if scope.get("client") else None,
            "forwarded": was_forwarded(headers), "host": headers.get("host"),
        }  # fmt: skip
        token = auth.get("token") if isinstance(auth, Mapping) else None
        try:
            principal, _ = await self._service.admit(headers.get("authorization"), token=token, **given)
        except AccessError as error:
            raise RefusedConnectionError(error.code, error.as_document()) from None
        follower = self._followers[sid] = Follower(sid, principal)
        feed = self._feeds.get(principal.owner)
        if feed is None:
            feed = self._feeds[principal.owner] = Feed(self._service, principal.owner, self._emit, self._drop)
        feed.add(follower)
        self.server.start_background_task(self._lost.resume, follower, feed)
        log.info("connected", owner=principal.owner)

    def _drop(self, sid: str) -> None:
        async def drop() -> None:
            eio_sid = self.server.manager.eio_sid_from_sid(sid, "/")
            await self.server.disconnect(sid)
            end_connection(self.server, eio_sid)

        # a task: the caller may be the feed that ends with its last socket
        self.server.start_background_task(drop)

    def _end_all(self) -> None:
        for eio_sid in [*self.server.eio.sockets]:
            end_connection(self.server, eio_sid)

    async def _disconnect(self, sid: str, reason: object = None) -> None:
        follower = self._followers.pop(sid, None)
        if follower is None:
            return
        owner = follower.principal.owner
        if was_lost(self.server, sid, reason):
            self._lost.note(follower)
        if self._feeds[owner].remove(sid):
            del self._feeds[owner]
        log.info("disconnected", owner=owner, reason=str(reason))

    async def _emit(self, sid: str, name: str, data: dict[str, Any]) -> None:
        await self.server.emit(name, data, to=sid)

    def _answering(
        self, scope: str, act: Callable[..., Awaitable[Ack]], *, emit_refusal: bool = False
    ) -> Callable[..., Awaitable[Ack]]:
        """Wrap a handler: check the scope and the rate limit, and acknowledge every failure.

        emit_refusal: emit it as an event, to a client that wants no acknowledgement.
        """

        async def answered(sid: str, *given: object) -> Ack:
            follower = self._followers.get(sid)
            if follower is None:
                return _failed(AccessError("UNAUTHENTICATED", "This socket is not connected.", remedy="Connect again."))
            try:
                self._check_fresh(follower.principal)
                await self._service.rate_limiter.spend(follower.principal)
                follower.principal.require(scope)
                return await act(follower, *given)
            except RefusedError as refused:
                ack, request_id = _failed(refused.error, refused.request_id), refused.request_id
            except BacktestError as error:
                ack, request_id = _failed(error), None
            except Exception:
                log.exception("an unexpected error")
                ack = _failed(UnexpectedError())
                request_id = None
            if emit_refusal:
                known = {} if request_id is None else {"request_id": request_id}
                payload = {"id": None, **known, "status": "failed", "error": ack["error"]}
                await self._emit(sid, "backtest_failed", payload)
            return ack

        return answered

    def _check_fresh(self, principal: Principal) -> None:
        if not self._service.authenticator.still_admits(principal):
            raise AccessError(
                "UNAUTHENTICATED",
                "The key or token has expired, or was revoked.",
                remedy="Connect again with a valid key or token.",
            )

    async def _start(self, follower: Follower, params: object = None, options: object = None, *_: object) -> Ack:
        job_service = self._service.job_service
        priority, key = _options(options)
        checked = await in_thread(job_service.check, _raw(params))
        trace = current_traceparent()
        job, replayed = await in_thread(
            job_service.submit, follower.principal, checked, priority=priority, key=key, traceparent=trace
        )
        return await self._followed(follower, job, new=not replayed)

    async def _subscribe(self, follower: Follower, given: object = None, *_: object) -> Ack:
        job_id = _id_of(given, wanted=False)
        if job_id is None:
            follower.since = follower.since or time.time()
            return {"ok": True, "id": None}
        return await self._followed(
            follower, await in_thread(self._service.job_service.job, follower.principal, job_id)
        )

    async def _unsubscribe(self, follower: Follower, given: object = None, *_: object) -> Ack:
        job_id = _id_of(given, wanted=False)
        if job_id is None:
            follower.since = None
        else:
            follower.last.pop(job_id, None)
        return {"ok": True, "id": job_id}

    async def _cancel(self, follower: Follower, given: object = None, *_: object) -> Ack:
        job_id = _id_of(given, wanted=True)
        job = await in_thread(self._service.job_service.cancel, follower.principal, job_id)
        return await self._acknowledged(job)

    async def _followed(self, follower: Follower, job: Job, *, new: bool = False) -> Ack:
        if len(follower.last) >= MOST_FOLLOWED:
            raise AccessError(
                "TOO_MANY_REQUESTS",
                f"This socket follows {MOST_FOLLOWED} jobs, the most for one.",
                remedy="Unsubscribe from some, or open another socket.",
            )
        ack = await self._acknowledged(job)
        feed = self._feeds.get(follower.principal.owner)
        # a follower of everything may have received the end of a new job before its acknowledgement
        if feed is not None and not (new and follower.end_was_sent(job.id)):
            follower.last.setdefault(job.id, 0)
            self.server.start_background_task(feed.follow, follower, job.id)
        return ack

    async def _acknowledged(self, job: Job) -> Ack:
        return {"ok": True, "id": job.id, "job": Written(await in_thread(self._service.job_service.view, job))}


def _failed(error: BacktestError, request_id: str | None = None) -> Ack:
    return {"ok": False, "error": Written(encode_error(error, request_id))}


def _raw(params: object) -> bytes:
    """Return a request as bytes: it was sent as an object or as JSON text."""
    if isinstance(params, str):
        return params.encode("utf-8", "surrogatepass")  # half a surrogate pair is refused as over HTTP
    try:
        text = json.dumps(params, ensure_ascii=False, separators=(",", ":"))  # no larger than it was sent
        return text.encode("utf-8", "surrogatepass")
    except (TypeError, RecursionError):  # it holds bytes; or is nested as deeply as could just be read
        raise RequestError("INVALID_JSON", "The request is not JSON. Send an object, or JSON text.") from None


def _id_of(given: object, *, wanted: bool) -> str | None:
    found = given.get("id") if isinstance(given, Mapping) else given
    if isinstance(found, str):
        return found
    if found is None and not wanted:
        return None
    raise invalid_at("/id", "REQUIRED", "The id of a job is missing. Send it as a text, or as `{ id }`.")


def _options(given: object) -> tuple[str, str | None]:
    """Return the priority and the idempotency key among the options of `start_backtest`."""
    if given is None:
        return "normal", None
    if not isinstance(given, Mapping) or not given.keys() <= {"priority", "idempotency_key"}:
        raise RequestError(
            "VALIDATION_FAILED", "The options must be an object with `priority`, `idempotency_key` or both."
        )
    priority, key = given.get("priority", "normal"), given.get("idempotency_key")
    if priority not in PRIORITIES:
        raise invalid_at("/priority", "INVALID_CHOICE", f"The priority must be one of {', '.join(PRIORITIES)}.")
    if key is not None and not _is_key(key):
        detail = f"The idempotency_key must be a text of 1 to {MOST_KEY_CHARACTERS} characters."
        raise invalid_at("/idempotency_key", "INVALID_FORMAT", detail)
    return priority, key


def _is_key(key: object) -> bool:
    if not isinstance(key, str) or not 1 <= len(key) <= MOST_KEY_CHARACTERS:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in key)  # half a surrogate pair has no digest
