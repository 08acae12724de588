"""AWS Lambda: behind an HTTP API (payload format 2.0, which function URLs have too) or an ALB, or invoked directly."""

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
_ALB_BYTES = 1_000_000 - 1_024  # the same, of a load balancer's target
# Names that the messages of AWS have, and no request.
_OF_MESSAGES = frozenset((
    "Records",  # SQS, SNS, S3, SES, Kinesis, DynamoDB
    "eventSource",  # Kafka, MQ, DocumentDB; and of what a pipe of EventBridge sends, a list of records
    "EventSource",  # of one record of SNS
    "detail-type",  # EventBridge, its schedules among it
    "awslogs",  # a subscription of CloudWatch Logs
    "alarmArn",  # an alarm of CloudWatch
    "invocationId",  # Firehose, a batch operation of S3
    "CodePipeline.job",
    "invokingEvent",  # a rule of Config
    "ResponseURL",  # a custom resource of CloudFormation
    "SecretId",  # a rotation of Secrets Manager
))  # fmt: skip
_UNTIMED_SECONDS = 900.0  # called without a context: Lambda's own longest


class UnansweredError(Exception):
    """A message has no answer. The invocation fails, so that its source delivers it again or to a dead-letter queue."""

    def __init__(self) -> None:
        super().__init__(
            "The event is a message, and has no reader of a result. Invoke the function directly or over HTTP, or run "
            "queued backtests with the service (docs/how-to/service.md)."
        )


def lambda_handler(event: Any, context: Any) -> dict[str, Any]:
    """Answer one invocation. UnansweredError for a message of a queue, a topic, a log and so on; nothing else.

    An event of an HTTP API or a load balancer is answered as HTTP. Any other is the request itself, as JSON, and its
    document is the answer.
    """
    if _is_message(event):
        raise UnansweredError
    over_http = isinstance(event, dict) and isinstance(event.get("requestContext"), dict)
    document = document_of(lambda: _over_http(event, context) if over_http else _direct(event, context))
    if not over_http:
        parsed: dict[str, Any] = json.loads(document)
        return parsed
    made = answer(document)
    body = made.document.decode("ascii")
    answered: dict[str, Any] = {"statusCode": made.status, "body": body, "isBase64Encoded": False}
    if event.get("multiValueHeaders") is None:
        return {**answered, "headers": made.headers}
    return {**answered, "multiValueHeaders": {name: [value] for name, value in made.headers.items()}}


def _over_http(event: dict[str, Any], context: Any) -> bytes:
    headers = _headers(event)
    # the second name is that of payload format 1.0 and of a load balancer
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
    most = _ALB_BYTES if "elb" in event["requestContext"] else ANSWER_BYTES
    strict = wants_all_or_nothing(headers)
    return pool_client.run(raw, seconds=_seconds(context), most=most, form="string", strict=strict)


def _headers(event: dict[str, Any]) -> dict[str, str]:
    """Return the headers by name in lower case. {}: what was sent without headers has them as null.

    A load balancer that is set to multi-value headers sends those alone.
    """
    several = {name: ", ".join(values) for name, values in (event.get("multiValueHeaders") or {}).items()}
    return {name.lower(): value for name, value in (several or event.get("headers") or {}).items()}


def _is_message(event: Any) -> bool:
    """Return whether the answer has no reader: the event is a message of a service of AWS, or a list of them."""
    if isinstance(event, list):
        return any(map(_is_message, event[:1]))
    return isinstance(event, dict) and not _OF_MESSAGES.isdisjoint(event)


def _direct(event: Any, context: Any) -> bytes:
    """Run an event that is the request. It was parsed before we got it: what its text had beside its value is lost."""
    read_settings()  # wrong ones are said before anything is started
    raw = json.dumps(event, separators=(",", ":")).encode("ascii")  # NaN too, for the runner to refuse
    return pool_client.run(raw, seconds=_seconds(context), most=ANSWER_BYTES, form="parsed")


def _seconds(context: Any) -> float:
    """Return how long Lambda lets this invocation go on."""
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return _UNTIMED_SECONDS if remaining is None else float(remaining()) / 1000
