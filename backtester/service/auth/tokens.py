"""Tokens for browsers: JSON Web Tokens (RFC 7519) that the operator's own server signs with the shared secret.

The algorithm is HS256 whatever the token's header says (RFC 8725, 3.1): `none`, or a public key taken for a shared
secret, is refused.
"""

from __future__ import annotations

import re
import time
from typing import Any, NoReturn

import jwt

from backtester.model.errors import AccessError
from backtester.service.auth.principal import LATEST_TIME, LONGEST_OWNER, SCOPES, Principal, is_owner

ALGORITHM = "HS256"
AUDIENCE = "backtest"
LONGEST_TOKEN = 4096
EXPIRED_SECONDS = 5  # how long a token is still accepted after `exp`
FUTURE_SECONDS = 30  # how far the minting machine's clock may be ahead

# An HS256 signature is 32 bytes: 43 characters, of which the last has 4 bits. Other spellings are refused.
_TEXT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")


def check_token(text: str, *, secret: str, max_seconds: float, now: float | None = None) -> Principal:
    """Return the principal of a token. AccessError UNAUTHENTICATED says what is wrong with it, and repeats none of it.

    max_seconds: the longest life that is accepted, from `iat` to `exp`. now: Unix time, default the clock's.
    """
    claims = _verified(text, secret)
    now = time.time() if now is None else now
    issued, expires = _time(claims, "iat"), _time(claims, "exp")
    if now >= expires + EXPIRED_SECONDS:
        _refuse("The token has expired. Fetch a fresh one.")
    if issued > now + FUTURE_SECONDS:
        _refuse("The token was issued in the future. Set the clock of the machine that signs it.")
    if "nbf" in claims and _time(claims, "nbf") > now + FUTURE_SECONDS:
        _refuse("The token is not valid yet: its `nbf` lies ahead. Send it later.")
    if expires - issued > max_seconds:
        _refuse(
            f"The token lives {expires - issued:g} seconds. Let `exp` be at most {max_seconds:g} seconds after `iat`."
        )
    owner, scope = claims["sub"], claims.get("scope", "")
    if not is_owner(owner):
        _refuse(f"The token's `sub` must be 1 to {LONGEST_OWNER} printable characters without spaces.")
    if not isinstance(scope, str):
        _refuse("The token's `scope` must be a space-separated list.")
    scopes = frozenset(scope.split(" ")) & frozenset(SCOPES)
    return Principal(owner=owner, scopes=scopes, key=f"token:{owner}", expires_at=expires)


def _verified(text: str, secret: str) -> dict[str, Any]:
    """Return the claims of a token whose signature, audience and required claims are right; times are not checked."""
    if len(text) > LONGEST_TOKEN or _TEXT.fullmatch(text) is None:
        _refuse("The token is malformed. Send a JSON Web Token, or a key.")
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
        _refuse(f"The token is for another audience. Let `aud` be {AUDIENCE}.")
    except jwt.MissingRequiredClaimError as error:
        _refuse(f"The token lacks `{error.claim}`. Add it.")
    except jwt.InvalidSignatureError:
        _refuse("The token's signature is wrong. Sign it with the BACKTEST_SECRET of this service.")
    except jwt.InvalidAlgorithmError:
        _refuse(f"The token is signed with another algorithm. Sign it with {ALGORITHM}.")
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        _refuse("The token is malformed. Send a JSON Web Token, or a key.")


def _time(claims: dict[str, Any], name: str) -> float:
    value = claims[name]
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value <= LATEST_TIME:
        _refuse(f"The token's `{name}` must be a Unix time in seconds.")
    return value


def _refuse(detail: str) -> NoReturn:
    raise AccessError("UNAUTHENTICATED", detail) from None
