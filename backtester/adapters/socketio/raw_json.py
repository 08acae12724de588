"""JSON for Socket.IO in which a document that is written already travels as it is, byte for byte."""

from __future__ import annotations

import json
import secrets
from typing import Any

_MARK = secrets.token_hex(16)  # nobody who sends a request can know it


class Written:
    """A document as bytes."""

    def __init__(self, document: bytes) -> None:
        self.text = document.decode("ascii").rstrip("\n")


def dumps(value: Any, **options: Any) -> str:
    """Write a packet; documents that are written go in as they are."""
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
    """Read a packet. ValueError, which ends the connection, for what is none."""
    try:
        return json.loads(text, **options)
    except RecursionError:
        raise ValueError("nested too deeply") from None
