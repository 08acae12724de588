"""What every platform's HTTP has in common: which requests are taken, and how a document is answered."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from backtester.model.errors import RETRY_SECONDS, BacktestError, RequestError, echo
from backtester.model.record import Record

# As the REST adapter has it (service/http/body.py), whose framework is not installed here; a test compares the two.
_JSON = re.compile(r"application/(?:[a-z0-9!#$&^_.+-]{1,100}\+)?json")
_STRICT = re.compile(r"(?:^|[,;\s])handling\s*=\s*\"?strict\"?\s*(?:$|[,;])", re.IGNORECASE)
PLATFORM_REMEDY = (
    "Request fewer holdings or a shorter period, or ask the operator for a longer time limit of the platform."
)


class HttpResponse(Record):
    """A document on its way: the HTTP status, the headers, the bytes."""

    status: int
    headers: dict[str, str]
    document: bytes


def check_head(method: str, headers: Mapping[str, str]) -> None:
    """Refuse what is not a POST of plain JSON. headers: by name in lower case.

    RequestError METHOD_NOT_ALLOWED, UNSUPPORTED_MEDIA_TYPE.
    """
    if method != "POST":
        raise RequestError("METHOD_NOT_ALLOWED", f"This address does not accept {echo(method)}. Use POST.")
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if not _JSON.fullmatch(kind):
        given = f"The Content-Type is {echo(kind)!a}." if kind else "The header Content-Type is missing."
        raise RequestError("UNSUPPORTED_MEDIA_TYPE", f"{given} Send application/json.")
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity"):
        detail = f"The Content-Encoding is {echo(encoding)!a}."
        raise RequestError("UNSUPPORTED_MEDIA_TYPE", detail, remedy="Send the body without an encoding.")


def check_length(headers: Mapping[str, str], *, max_bytes: int) -> None:
    """Refuse a body that is too large by its own account. LimitError REQUEST_TOO_LARGE."""
    declared = headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and (len(declared) > 18 or int(declared) > max_bytes):
        from backtester.codec.decode import too_large

        raise too_large(max_bytes)


def wants_all_or_nothing(headers: Mapping[str, str]) -> bool:
    """Tell whether the caller would rather have an error than a thinned result (RFC 7240: `handling=strict`)."""
    return _STRICT.search(headers.get("prefer", "")) is not None


def answer(document: bytes) -> HttpResponse:
    """Return the answer that a document is: a result, or an error with the status that it names."""
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if document.startswith(b'{"success":true'):
        return HttpResponse(status=200, headers={"Content-Type": "application/json", **headers}, document=document)
    status = int(document.split(b'"status":', 1)[1].split(b",", 1)[0])
    headers = {"Content-Type": "application/problem+json", **headers}
    if status == 405:
        headers["Allow"] = "POST"
    if status in (429, 503) and b'"retryable":true' in document:
        headers["Retry-After"] = str(RETRY_SECONDS)
    return HttpResponse(status=status, headers=headers, document=document)


def document_of(work: Callable[[], bytes]) -> bytes:
    """Return the document that `work` returns, or that of the exception that it raises."""
    try:
        return work()
    except Exception as error:
        from backtester.runtime.stdio import explain

        return refusal(explain(error))


def refusal(error: BacktestError) -> bytes:
    """Return the document of a request that is not run."""
    from backtester.codec.document import encode_error

    return encode_error(error, None)
