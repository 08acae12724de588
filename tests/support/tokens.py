"""Tokens as the operator's own server signs them."""

from __future__ import annotations

import time
from collections.abc import Iterable

import jwt


def make_token(owner: str, scopes: Iterable[str], *, secret: str, seconds: float) -> str:
    """Sign a token of an owner that lives so many seconds from now."""
    issued = int(time.time())
    claims = {"aud": "backtest", "sub": owner, "scope": " ".join(scopes), "iat": issued, "exp": issued + int(seconds)}
    return jwt.encode(claims, secret, algorithm="HS256")
