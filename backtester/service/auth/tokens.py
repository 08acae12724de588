"""Tokens for browsers: JSON Web Tokens (RFC 7519) that the operator's own server signs with the shared secret.

The algorithm is HS256 whatever a token says about itself (RFC 8725, 3.1): `none`, or a public key taken for a shared
secret, get nobody in.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from typing import Any, NoReturn

import jwt

from backtester.model.errors import AccessError
from backtester.service.auth.principal import LATEST_TIME, LONGEST_OWNER, SCOPES, Principal, is_owner

ALGORITHM = "HS256"
AUDIENCE = "backtest"
LONGEST_TOKEN = 4096
EXPIRED_SECONDS = 5  # how long a token is still taken after its end
FUTURE_SECONDS = 30  # how far the minting machine's clock may be ahead

# An HS256 signature is 32 bytes: 43 characters, of which the last has but 4 bits. Spelled otherwise it is none.
_TEXT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")


def check_token(text: str, *, secret: str, max_seconds: float, now: float | None = None) -> Principal:
    """Return who sent the token; AccessError UNAUTHENTICATED says what is wrong with it, and repeats nothing of it.

    max_seconds: the longest life that is accepted, from `iat` to `exp`. now: Unix time, default the clock's.
    """
    claims = _verified(text, secret)
    now = time.time() if now is None else now
    issued, expires = _time(claims, "iat"), _time(claims, "exp")
    if now >= expires + EXPIRED_SECONDS:
        _refuse("the token has expired; fetch a fresh one")
    if issued > now + FUTURE_SECONDS:
        _refuse("the token was issued in the future; set the clock of the machine that mints it")
    if "nbf" in claims and _time(claims, "nbf") > now + FUTURE_SECONDS:
        _refuse("the token is not valid yet")
    if expires - issued > max_seconds:
        _refuse(f"the token lives too long; `exp` may be at most {max_seconds:g} seconds after `iat`")
    owner, scope = claims["sub"], claims.get("scope", "")
    if not is_owner(owner):
        _refuse(f"the token's `sub` must be 1 to {LONGEST_OWNER} printable characters without spaces")
    if not isinstance(scope, str):
        _refuse("the token's `scope` must be a space-separated list")
    scopes = frozenset(scope.split(" ")) & frozenset(SCOPES)
    return Principal(owner=owner, scopes=scopes, key=f"token:{owner}", expires_at=expires)


def make_token(owner: str, scopes: Iterable[str], *, secret: str, seconds: float) -> str:
    """Mint a token that `check_token` takes for so many seconds from now. ValueError for an impossible owner."""
    if not is_owner(owner):
        raise ValueError(f"an owner must be 1 to {LONGEST_OWNER} printable characters without spaces")
    issued = int(time.time())
    claims = {
        "aud": AUDIENCE,
        "sub": owner,
        "scope": " ".join(scopes),
        "iat": issued,
        "exp": issued + int(seconds),
    }
    return jwt.encode(claims, secret, algorithm=ALGORITHM)


def _verified(text: str, secret: str) -> dict[str, Any]:
    """Return the claims of a token that is signed, for us, and complete; times are left to the caller's clock."""
    if len(text) > LONGEST_TOKEN or _TEXT.fullmatch(text) is None:
        _refuse("the token is malformed")
    try:
        return jwt.decode(
            text,
            secret,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            options={
                "require": ["exp", "iat", "sub", "aud"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except jwt.InvalidAudienceError:
        _refuse(f"the token is for another audience than {AUDIENCE}")
    except jwt.MissingRequiredClaimError as error:
        _refuse(f"the token lacks `{error.claim}`")
    except jwt.InvalidSignatureError:
        _refuse("the token's signature is wrong; it must be signed with this service's secret")
    except jwt.InvalidAlgorithmError:
        _refuse(f"the token must be signed with {ALGORITHM}")
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        _refuse("the token is malformed")


def _time(claims: dict[str, Any], name: str) -> float:
    value = claims[name]
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value <= LATEST_TIME:
        _refuse(f"the token's `{name}` must be a Unix time in seconds")
    return value


def _refuse(detail: str) -> NoReturn:
    raise AccessError("UNAUTHENTICATED", detail) from None
