"""Writes every error over HTTP as the runner's error document."""

from __future__ import annotations

import math
from collections.abc import Mapping

from starlette.responses import Response

from backtester.codec.document import encode_error
from backtester.model.codes import ERROR_CODES
from backtester.model.errors import RETRY_SECONDS, BacktestError


def problem(error: BacktestError, request_id: str | None = None, headers: Mapping[str, str] | None = None) -> Response:
    """Return the response for an error: its document, as `application/problem+json`, with the code's status.

    request_id: that of the request document. headers: added, or in place of the default ones. `Retry-After` is
    `error.retry_after`, seconds, where the error has one.
    """
    made = {"Cache-Control": "no-store", **_advice(error), **(headers or {})}
    return Response(
        encode_error(error, request_id),
        status_code=ERROR_CODES[error.code].status,
        headers=made,
        media_type="application/problem+json",
    )


def being_stopped() -> BacktestError:
    """Return the error of a request that the service does not finish, as it is being stopped."""
    return BacktestError("SERVICE_UNAVAILABLE", f"The service is being stopped. Retry in {RETRY_SECONDS} seconds.")


def _advice(error: BacktestError) -> dict[str, str]:
    status = ERROR_CODES[error.code].status
    if status == 401:
        return {"WWW-Authenticate": "Bearer"}
    if status == 408:
        # The rest of the body is still to come and is not waited for. After a 413 or 415 it is read to its end: a
        # client that is cut off while it sends may never see the response.
        return {"Connection": "close"}
    if error.retryable and status in (429, 503):
        seconds = getattr(error, "retry_after", None)
        return {"Retry-After": str(RETRY_SECONDS if seconds is None else max(0, math.ceil(seconds)))}
    return {}
