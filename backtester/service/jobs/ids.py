"""Ids of jobs: `job_`, the time of their creation, chance, and a mark made with the service's secret and the owner.

The mark tells a job that was accepted and whose record is gone (it expired, or the store was restarted without its
data) from an id that was never given out: the caller learns of the loss instead of reading "not found".

A job that came through Celery has the id of its sender's choice, any of `FOREIGN`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import time

PREFIX = "job_"
FOREIGN = r"[A-Za-z0-9_-]{1,128}"
_UNSIGNED = b"backtest-runner"  # the key of the mark where no secret is set: there is one owner then
_BODY = 26  # 48 bits of milliseconds and 80 of chance, in base 32
_MARK = 8
_GENERATED = re.compile(rf"{PREFIX}[a-z2-7]{{{_BODY + _MARK}}}")
_ANY = re.compile(FOREIGN)


def new_id(owner: str, secret: str | None) -> str:
    """Return the id of a new job of this owner. Ids sort by their milliseconds."""
    moment = int(time.time() * 1e3).to_bytes(6, "big")
    body = base64.b32hexencode(moment + os.urandom(10)).decode().rstrip("=").lower().translate(_TO_OURS)
    return f"{PREFIX}{body}{_mark(body, owner, secret)}"


def is_id(text: str) -> bool:
    """Return whether a text may be the id of a job, ours or a Celery client's."""
    return _ANY.fullmatch(text) is not None


def was_given_out(job_id: str, owner: str, secret: str | None) -> bool:
    """Return whether this service made the id for this owner."""
    if _GENERATED.fullmatch(job_id) is None:
        return False
    body, mark = job_id[len(PREFIX) : -_MARK], job_id[-_MARK:]
    return hmac.compare_digest(mark, _mark(body, owner, secret))


def _mark(body: str, owner: str, secret: str | None) -> str:
    key = b"job id:" + (secret.encode() if secret else _UNSIGNED)
    digest = hmac.new(key, f"{body}\0{owner}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest).decode()[:_MARK].lower()


# base32hex keeps the order of the bytes; its digits 0 to v are written with the letters and digits of plain base 32
_TO_OURS = str.maketrans("0123456789abcdefghijklmnopqrstuv", "234567abcdefghijklmnopqrstuvwxyz")
