"""Removes secrets from log events: by the name of a field, and by the form of a text."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Mapping
from typing import Any

REDACTED = "[redacted]"
MAX_CHARACTERS = 16384
_MAX_DEPTH = 6
_MAX_ITEMS = 200
_NAMES = "authorization|token|secret|password|passwd|api[_-]?key|cookie|credential|private[_-]?key"
_SECRET_NAME = re.compile(_NAMES, re.IGNORECASE)
# Repetitions are bounded: a text made to be slow for a regular expression must not hold up the service.
_QUOTED = r"'[^']{0,4096}'|\"[^\"]{0,4096}\""
_LOOKS = (
    # an API key btk_<id>_<secret>, formerly bt_; the id stays, for `keys revoke`. It may follow a URL's %3D, the `=`.
    (r"((?:(?<![A-Za-z])|(?<=%[0-9A-Fa-f]{2}))btk?_[A-Za-z0-9-]{1,64}_)[A-Za-z0-9_-]{8,512}", rf"\1{REDACTED}"),
    # a JWT
    (r"eyJ[\w-]{4,4096}\.[\w-]{4,8192}(?:\.[\w-]{0,2048})?", REDACTED),
    # a URL's password: to the last @ of the word, since it may hold one
    (r"(://[^\s/:@\"'<>]{0,256}:)[^\s\"'<>]{1,1024}@", rf"\1{REDACTED}@"),
    (r"(?i)\b(bearer|basic)\s{1,8}[\w.~+/=-]{8,8192}", rf"\1 {REDACTED}"),
    (r"(?i)\b((?:set-)?cookie|authorization)\s{0,8}:\s{0,8}[^\r\n]{1,8192}", rf"\1: {REDACTED}"),
    # password=… in a query, or in what Python shows of a call
    (rf"(?i)((?:{_NAMES})[\w-]{{0,32}}=)(?:{_QUOTED}|[^&\s,;)'\"]{{1,4096}})", rf"\1{REDACTED}"),
    # 'password': '…' in what it shows of a dict, ('password', '…') of a header
    (rf"(?i)((?:{_NAMES})[\w-]{{0,32}}['\"]\s{{0,8}}[:,]\s{{0,8}}b?)(?:{_QUOTED})", rf"\1'{REDACTED}'"),
)
# Every text that a pattern matches has one of these. Most have none, and this search takes a twentieth of the time.
_HINTS = ("bt_", "btk_", "eyj", "@", "bearer", "basic", "cookie", "authorization", "token", "secret", "password",
          "passwd", "apikey", "api_key", "api-key", "credential", "private_key", "private-key",
          "privatekey")  # fmt: skip
_PATTERNS = tuple((re.compile(look), instead) for look, instead in _LOOKS)


def redact(_logger: Any, _method: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the event without secrets, as JSON values; a processor of structlog."""
    return {_name(str(key)): _under(str(key), value, 1) for key, value in event.items()}


def scrub(text: str) -> str:
    """Return the text without secrets, cut to MAX_CHARACTERS."""
    whole, text = len(text), text[: 2 * MAX_CHARACTERS]
    lowered = text.lower()
    if any(hint in lowered for hint in _HINTS):
        for look, instead in _PATTERNS:
            text = look.sub(instead, text)
    return text if whole <= MAX_CHARACTERS else f"{text[:MAX_CHARACTERS]}… ({whole} characters)"


@functools.lru_cache(256)  # the program's own names, and few
def _name(text: str) -> str:
    return scrub(text)


@functools.lru_cache(256)
def _is_secret(name: str) -> bool:
    return _SECRET_NAME.search(name) is not None


def _under(name: str, value: Any, depth: int) -> Any:
    if value is not None and not isinstance(value, bool) and _is_secret(name[:256]):
        return REDACTED
    return _plain(value, depth)


def _plain(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, (bool, int)):
        return value if value is None or abs(value) < 2**63 else str(value)[:32]
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, (bytes, bytearray)):
        return scrub(bytes(value[: 2 * MAX_CHARACTERS]).decode("utf-8", "replace"))
    if depth <= _MAX_DEPTH and isinstance(value, Mapping):
        items = list(value.items())[:_MAX_ITEMS]
        return {scrub(str(key)): _under(str(key), item, depth + 1) for key, item in items}
    if depth <= _MAX_DEPTH and isinstance(value, (list, tuple, set, frozenset)):
        return _sequence(list(value)[:_MAX_ITEMS], depth)
    try:
        return scrub(repr(value))
    except Exception:  # another library's __repr__
        return f"<{type(value).__name__}>"


def _sequence(values: list[Any], depth: int) -> list[Any]:
    """Treat a pair as a header: (b"authorization", b"…")."""
    if len(values) == 2 and isinstance(values[0], (str, bytes)):
        name = values[0] if isinstance(values[0], str) else values[0].decode("latin-1")
        if len(name) <= 64:
            return [scrub(name), _under(name, values[1], depth + 1)]
    return [_plain(item, depth + 1) for item in values]
