"""JSON for Socket.IO in which a written document travels byte for byte."""

from __future__ import annotations

import json
import secrets
from typing import Any

_MARK = secrets.token_hex(16)  # secret, so that no request can contain it


class Written:
    """A document that is JSON already."""

    def __init__(self, document: bytes) -> None:
        self.text = document.decode("ascii").rstrip("\n")


def dumps(value: Any, **options: Any) -> str:
    """Write a packet; a Written goes in byte for byte."""
    documents: list[str] = []

    def place(written: Any) -> str:
        if not isinstance(written, Written):
            raise TypeError(f"{type(written).__name__} is not JSON")
        documents.append(written.text)
        return f"{_MARK}{len(documents) - 1}"

    text = json.dumps(value, default=place, **options)
    for at, document in enumerate(documents):
        text = text.replace(f'"{_MARK}{at}"', document, 1)
    return text


def loads(text: str | bytes, **options: Any) -> Any:
    """Read a packet. ValueError, which ends the connection, for malformed JSON."""
    try:
        return json.loads(text, **options)
    except RecursionError:
        raise ValueError("nested too deeply") from None
