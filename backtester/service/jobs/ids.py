"""Ids of jobs. They say when, and under the service's secret for whom, they were given out.

So a service that has lost a record (an expired one, a store restarted without its data) can tell a job that it once
accepted from one that never was, and say so: the loss is reported, not passed off as a wrong address.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import time

_UNSIGNED = b"backtest-runner"  # without a secret everybody is the same owner, and a mark is all that is needed
_BODY = 26  # 48 bits of milliseconds and 80 of chance, in base 32
_MARK = 8
_ID = re.compile(rf"bt_[a-z2-7]{{{_BODY + _MARK}}}")


def new_id(owner: str, secret: str | None) -> str:
    """Return the id of a new job of this owner; ids made later sort later within a millisecond's grace."""
    moment = int(time.time() * 1e3).to_bytes(6, "big")
    body = base64.b32hexencode(moment + os.urandom(10)).decode().rstrip("=").lower().translate(_TO_OURS)
    return f"bt_{body}{_mark(body, owner, secret)}"


def is_id(text: str) -> bool:
    """Tell whether a text has the form of an id."""
    return _ID.fullmatch(text) is not None


def was_given_out(job_id: str, owner: str, secret: str | None) -> bool:
    """Tell whether this service made the id for this owner."""
    if not is_id(job_id):
        return False
    body, mark = job_id[3 : 3 + _BODY], job_id[3 + _BODY :]
    return hmac.compare_digest(mark, _mark(body, owner, secret))


def _mark(body: str, owner: str, secret: str | None) -> str:
    key = b"job id:" + (secret.encode() if secret else _UNSIGNED)
    digest = hmac.new(key, f"{body}\0{owner}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest).decode()[:_MARK].lower()


# base32hex keeps the order of the bytes; its digits 0 to v are written with the letters and digits of plain base 32
_TO_OURS = str.maketrans("0123456789abcdefghijklmnopqrstuv", "234567abcdefghijklmnopqrstuvwxyz")
