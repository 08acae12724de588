"""SHA-256 without OpenSSL: loading it for a few hundred bytes costs four milliseconds of every spawned run.

The interpreter's own implementation is as good and, below a megabyte, as quick; `random` in the standard library does
the same. Use hashlib for megabytes.
"""

from __future__ import annotations

import functools
from typing import Any


def sha256(content: bytes) -> str:
    """Return the SHA-256 of `content` in hexadecimal."""
    return str(_new()(content).hexdigest())


@functools.cache  # a warm process would look for the newer module again with every digest
def _new() -> Any:
    try:
        from _sha2 import sha256  # Python 3.12 and newer
    except ImportError:
        try:
            from _sha256 import sha256  # Python 3.11
        except ImportError:
            from hashlib import sha256
    return sha256
