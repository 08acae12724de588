"""AWS Lambda: behind an HTTP API (payload format 2.0, which function URLs have too), or invoked directly."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from backtester.adapters.serverless.pool_client import pool_client
from backtester.adapters.serverless.responses import answer, check_head, check_length, document_of, wants_all_or_nothing
from backtester.model.errors import RequestError
from backtester.settings import read_settings

ANSWER_BYTES = 6_291_556 - 1_024  # what Lambda sends back of an invocation, less the status and the headers
_UNTIMED_SECONDS = 900.0  # called without a context: Lambda's own longest


def lambda_handler(event: Any, context: Any) -> dict[str, Any]:
    """Answer one invocation; nothing is raised.

    An event of an HTTP API is answered as HTTP. Any other is the request itself, as JSON, and its document is the
    answer.
    """
    over_http = isinstance(event, dict) and isinstance(event.get("requestContext"), dict)
    document = document_of(lambda: _over_http(event, context) if over_http else _direct(event, context))
    if not over_http:
        parsed: dict[str, Any] = json.loads(document)
        return parsed
    made = answer(document)
    body = made.document.decode("ascii")
    return {"statusCode": made.status, "headers": made.headers, "body": body, "isBase64Encoded": False}


def _over_http(event: dict[str, Any], context: Any) -> bytes:
    # {}: what was sent without headers has them as null. The second name is that of payload format 1.0
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    method = (event["requestContext"].get("http") or {}).get("method") or event.get("httpMethod") or ""
    check_head(method, headers)
    check_length(headers, max_bytes=read_settings().max_request_bytes)
    body = event.get("body") or ""
    if event.get("isBase64Encoded"):
        try:
            raw = base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError):
            raise RequestError("INVALID_JSON", "The event marks its body as base64, but it is not base64.") from None
    else:
        raw = body.encode("utf-8", "surrogatepass")  # half a pair is no UTF-8, and is refused as such
    strict = wants_all_or_nothing(headers)
    return pool_client.run(raw, seconds=_seconds(context), most=ANSWER_BYTES, form="string", strict=strict)


def _direct(event: Any, context: Any) -> bytes:
    """Run an event that is the request. It was parsed before we got it: what its text had beside its value is lost."""
    read_settings()  # wrong ones are said before anything is started
    raw = json.dumps(event, separators=(",", ":")).encode("ascii")  # NaN too, for the runner to refuse
    return pool_client.run(raw, seconds=_seconds(context), most=ANSWER_BYTES, form="parsed")


def _seconds(context: Any) -> float:
    """Return how long Lambda lets this invocation go on."""
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return _UNTIMED_SECONDS if remaining is None else float(remaining()) / 1000
