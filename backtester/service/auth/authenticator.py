"""Authenticates every HTTP request and socket: API key, JWT, or loopback while no credentials exist.

While authentication is off, every caller on this machine is admitted as the owner `local`. A page in a browser on this
machine is such a caller too, so the header `Host` must name this machine: a foreign name that resolves to 127.0.0.1
(DNS rebinding) is refused. So is a request that a proxy forwards, which comes from elsewhere.
"""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Container

from backtester.model.environment import as_typed_here
from backtester.model.errors import AccessError
from backtester.service.auth.api_key import FORMER_PREFIX, KEY_PREFIX
from backtester.service.auth.key_file import KeyFile
from backtester.service.auth.principal import LOCAL, Principal
from backtester.service.auth.tokens import LONGEST_TOKEN, check_token
from backtester.service.service_settings import ServiceSettings
from backtester.settings import SettingsError

MAKE_A_KEY = "make a key (`.venv/bin/python -m backtester keys create --owner NAME`) or set BACKTEST_SECRET"

_LOCAL_HOST = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?")
_BEARER = re.compile(r"bearer +([^ ]+)", re.IGNORECASE)

_NEW_KEY = "Ask the operator for a new one (`keys create`)."
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


def was_forwarded(headers: Container[str]) -> bool:
    """Return whether a proxy has forwarded a request, by the names of its headers in lower case."""
    return any(name in headers for name in _FORWARDED)


class Authenticator:
    """Admits callers by the settings and the current key file. Threads may share it."""

    def __init__(self, settings: ServiceSettings) -> None:
        """Read the key file; a failure is not raised, see `trouble`."""
        self._settings = settings
        self._keys = KeyFile(settings.api_keys_file)

    @property
    def off(self) -> bool:
        """Whether authentication is off: by `off`, or by `auto` while neither a key nor a secret exists."""
        if self._settings.auth != "auto":
            return self._settings.auth == "off"
        return self._settings.secret is None and not self._keys.has_keys()

    @property
    def trouble(self) -> str | None:
        """Why valid callers cannot be admitted, for the log; None while they can."""
        if self._settings.auth == "on" and self._settings.secret is None and not self._keys.has_keys():
            make = as_typed_here(MAKE_A_KEY)
            return f"BACKTEST_AUTH is on, but neither a key nor a secret exists, so no caller is admitted: {make}"
        return self._keys.trouble

    def explain(self) -> str | None:
        """Return the line to log while authentication is off; None otherwise."""
        if not self.off:
            return None
        why = "BACKTEST_AUTH is off" if self._settings.auth == "off" else "neither a key nor a secret exists"
        admitted = f"Every caller on this machine is admitted as the owner {LOCAL.owner}, and no other caller."
        return f"Authentication is off: {why}. {admitted} To change that, {self._remedy()}."

    def check_start(self, host: str) -> None:
        """SettingsError where authentication is off and the address can be reached from other machines."""
        if self.off and not is_loopback(host) and host.lower() != "localhost":
            raise SettingsError(f"without authentication --host must be 127.0.0.1, not {host!a}; or {self._remedy()}")

    def admit(self, authorization: str | None, *, peer: str | None, forwarded: bool, host: str | None) -> Principal:
        """Return the principal of a request. AccessError UNAUTHENTICATED, or FORBIDDEN while authentication is off.

        Parameters
        ----------
        authorization
            The header `Authorization`.
        peer
            The address at the other end of the connection, not that of a header; None: a Unix socket.
        forwarded
            Whether there are headers that a proxy adds.
        host
            The header `Host`.
        """
        if self.off:
            return self._admit_local(peer=peer, forwarded=forwarded, host=host)
        if authorization is None or not authorization.strip():
            raise AccessError(
                "UNAUTHENTICATED", "The header `Authorization` is missing. Send `Bearer` and a key or token."
            )
        match = _BEARER.fullmatch(authorization.strip()) if len(authorization) < 2 * LONGEST_TOKEN else None
        if match is None:
            raise AccessError(
                "UNAUTHENTICATED", "The header `Authorization` is malformed. Send `Bearer` and a key or token."
            )
        return self._admit_credential(match[1])

    def admit_token(self, text: object, *, peer: str | None, forwarded: bool, host: str | None) -> Principal:
        """Return the principal of a bare key or token; else as `admit`. text: as the client sent it, of any type."""
        if self.off:
            return self._admit_local(peer=peer, forwarded=forwarded, host=host)
        if not isinstance(text, str) or not text:
            raise AccessError("UNAUTHENTICATED", "The key or token is missing. Send one as `auth: { token }`.")
        return self._admit_credential(text)

    def still_admits(self, principal: Principal) -> bool:
        """Return whether a principal would still be admitted: keys are revoked, and keys and tokens expire.

        `local` is not admitted any more once authentication is on.
        """
        if principal.expires_at is not None and principal.expires_at <= time.time():
            return False
        if principal.key.startswith("key:"):
            return self._keys.is_valid(principal.key.removeprefix("key:"))
        return principal.key != LOCAL.key or self.off

    def _admit_credential(self, text: str) -> Principal:
        if text.startswith(KEY_PREFIX):
            principal = self._keys.check(text)
            if principal is None:
                raise AccessError("UNAUTHENTICATED", f"The key is malformed, unknown, expired or revoked. {_NEW_KEY}")
            return principal
        if text.startswith(FORMER_PREFIX):
            raise AccessError(
                "UNAUTHENTICATED", f"The key begins with {FORMER_PREFIX}; keys now begin with {KEY_PREFIX}. {_NEW_KEY}"
            )
        if self._settings.secret is None:
            raise AccessError(
                "UNAUTHENTICATED",
                "This service accepts keys and no tokens.",
                remedy=f"Send a key, which begins with {KEY_PREFIX}.",
            )
        return check_token(text, secret=self._settings.secret, max_seconds=self._settings.token_max_seconds)

    def _admit_local(self, *, peer: str | None, forwarded: bool, host: str | None) -> Principal:
        if peer is not None and not is_loopback(peer):
            raise AccessError(
                "FORBIDDEN", "The service admits only callers on its own machine.", remedy=self._admit_others()
            )
        if forwarded:
            raise AccessError("FORBIDDEN", "The service admits no request from a proxy.", remedy=self._admit_others())
        if host and _LOCAL_HOST.fullmatch(host.strip().lower()) is None:
            raise AccessError(
                "FORBIDDEN", "The service answers at localhost and 127.0.0.1 alone.", remedy=self._admit_others()
            )
        return LOCAL

    def _admit_others(self) -> str:
        switch = "set BACKTEST_AUTH to on, and " if self._settings.auth == "off" else ""
        make = "create a key (`keys create`) or set BACKTEST_SECRET"
        return f"To admit other callers, the operator has to {switch}{make}."

    def _remedy(self) -> str:
        if self._settings.auth == "off":
            return f"set BACKTEST_AUTH to on, and {as_typed_here(MAKE_A_KEY)}"
        return as_typed_here(MAKE_A_KEY)


def is_loopback(address: str) -> bool:
    """Return whether an IP address is this machine's own: 127.0.0.0/8, ::1, or the former written as IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        return parsed.ipv4_mapped.is_loopback
    return parsed.is_loopback
