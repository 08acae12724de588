"""The gate that every request and every socket passes: a key, a token, or, where neither was ever made, this machine.

While it is open (`off`), whoever reaches the port as a caller on this machine is let in. A page in a browser on this
machine is such a caller too, so the name it asked for must be this machine's: a foreign name that was made to resolve
to 127.0.0.1 (DNS rebinding) is refused. So is what a proxy passes on, which comes from elsewhere.
"""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Container

from backtester.model.errors import AccessError
from backtester.service.auth.api_key import KEY_PREFIX
from backtester.service.auth.key_file import KeyFile
from backtester.service.auth.principal import LOCAL, Principal
from backtester.service.auth.tokens import LONGEST_TOKEN, check_token
from backtester.service.settings import ServiceSettings
from backtester.settings import SettingsError

MAKE_A_KEY = "make a key (`python -m backtester keys create --owner NAME`) or set BACKTEST_SECRET"

_LOCAL_HOST = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?")
_BEARER = re.compile(r"bearer +([^ ]+)", re.IGNORECASE)

_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


def was_forwarded(headers: Container[str]) -> bool:
    """Tell by the names of its headers, in lower case, whether a proxy has passed a request on."""
    return any(name in headers for name in _FORWARDED)


class Authenticator:
    """Lets callers in, by the settings and by the file of keys as it is at the time. Threads may share it."""

    def __init__(self, settings: ServiceSettings) -> None:
        """Read the file of keys; nothing is raised if that fails, see `trouble`."""
        self._settings = settings
        self._keys = KeyFile(settings.api_keys_file)

    @property
    def off(self) -> bool:
        """Whether callers on this machine need neither key nor token: by `off`, or by `auto` until there is either."""
        if self._settings.auth != "auto":
            return self._settings.auth == "off"
        return self._settings.secret is None and not self._keys.has_keys()

    @property
    def trouble(self) -> str | None:
        """Why people stay outside who should not, for the log; None while all is well."""
        if self._settings.auth == "on" and self._settings.secret is None and not self._keys.has_keys():
            return f"BACKTEST_AUTH is on, but there are neither keys nor a secret, so nobody gets in; {MAKE_A_KEY}"
        return self._keys.trouble

    def explain(self) -> str | None:
        """Return the line to log while the gate is off; None otherwise."""
        if not self.off:
            return None
        why = "BACKTEST_AUTH is off" if self._settings.auth == "off" else "there are neither keys nor a secret"
        return f"anybody on this machine is let in as the owner {LOCAL.owner}, and nobody else: {why}; {self._remedy()}"

    def check_start(self, host: str) -> None:
        """Go on if listening at this address makes sense; SettingsError where others could reach it and none enter."""
        if self.off and not is_loopback(host) and host.lower() != "localhost":
            raise SettingsError(f"without authentication the host must be 127.0.0.1, not {host!a}; {self._remedy()}")

    def admit(self, authorization: str | None, *, peer: str | None, forwarded: bool, host: str | None) -> Principal:
        """Return who is asking; AccessError UNAUTHENTICATED, or FORBIDDEN while the gate is off.

        Parameters
        ----------
        authorization
            The header `Authorization`.
        peer
            The address at the other end of the connection, itself and not what a header says; None: a Unix socket.
        forwarded
            Whether there are headers that a proxy adds.
        host
            The header `Host`.
        """
        if self.off:
            return self._admit_local(peer=peer, forwarded=forwarded, host=host)
        if authorization is None or not authorization.strip():
            raise AccessError("UNAUTHENTICATED", "there is no header `Authorization`; send `Bearer` and a key or token")
        match = _BEARER.fullmatch(authorization.strip()) if len(authorization) < 2 * LONGEST_TOKEN else None
        if match is None:
            raise AccessError("UNAUTHENTICATED", "the header `Authorization` must be `Bearer` and a key or token")
        return self._admit_credential(match[1])

    def admit_token(self, text: object, *, peer: str | None, forwarded: bool, host: str | None) -> Principal:
        """Return who is asking, as `admit` does, by a bare key or token: whatever a client sent as one."""
        if self.off:
            return self._admit_local(peer=peer, forwarded=forwarded, host=host)
        if not isinstance(text, str) or not text:
            raise AccessError("UNAUTHENTICATED", "there is no key or token; send one as `auth: { token }`")
        return self._admit_credential(text)

    def still_admits(self, caller: Principal) -> bool:
        """Say whether somebody who was let in would still be: a key may be revoked, and keys and tokens expire.

        Whoever came while the gate was open is out as soon as it is closed.
        """
        if caller.expires_at is not None and caller.expires_at <= time.time():
            return False
        if caller.key.startswith("key:"):
            return self._keys.is_valid(caller.key.removeprefix("key:"))
        return caller.key != LOCAL.key or self.off

    def _admit_credential(self, text: str) -> Principal:
        if text.startswith(KEY_PREFIX):
            caller = self._keys.check(text)
            if caller is None:
                raise AccessError("UNAUTHENTICATED", "the key is malformed, unknown, expired or revoked")
            return caller
        if self._settings.secret is None:
            raise AccessError("UNAUTHENTICATED", "this service takes keys and no tokens; a key begins with bt_")
        return check_token(text, secret=self._settings.secret, max_seconds=self._settings.token_max_seconds)

    def _admit_local(self, *, peer: str | None, forwarded: bool, host: str | None) -> Principal:
        if peer is not None and not is_loopback(peer):
            raise AccessError("FORBIDDEN", f"only callers on the service's own machine are let in; {self._remedy()}")
        if forwarded:
            raise AccessError(
                "FORBIDDEN", f"only direct callers are let in, and this came through a proxy; {self._remedy()}"
            )
        if host and _LOCAL_HOST.fullmatch(host.strip().lower()) is None:
            raise AccessError(
                "FORBIDDEN", f"only localhost and 127.0.0.1 are served, by these very names; {self._remedy()}"
            )
        return LOCAL

    def _remedy(self) -> str:
        if self._settings.auth == "off":
            return f"let BACKTEST_AUTH be on, and {MAKE_A_KEY}"
        return MAKE_A_KEY


def is_loopback(address: str) -> bool:
    """Say whether an IP address is this machine's own: 127.0.0.0/8, ::1, or the former written as IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        return parsed.ipv4_mapped.is_loopback
    return parsed.is_loopback
