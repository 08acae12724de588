"""What a process and its parent say to each other about pieces of a question that machines share."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable

from backtester.runtime.frames import CLAIM_PIECE, FETCH_PIECE, PIECE
from backtester.runtime.running_request import Claimed, RunListener

_NUMBER = struct.Struct("<q")


class PieceClient:
    """Asks the parent of this process about pieces. exchange: sends a frame and returns what answers it."""

    def __init__(self, exchange: Callable[[bytes, bytes], bytes], *, helping: bool) -> None:
        """Take the way to the parent. helping: another process answers the question."""
        self._exchange = exchange
        self.helping = helping

    def claim_piece(self, question: str, count: int) -> Claimed | None:
        """As RunListener has it."""
        found = json.loads(self._exchange(CLAIM_PIECE, json.dumps([question, count]).encode()))
        return None if found is None else (found[0], found[1])

    def hand_in_piece(self, number: int, result: bytes) -> None:
        """As RunListener has it."""
        self._exchange(PIECE, _NUMBER.pack(number) + result)

    def piece(self, number: int) -> bytes:
        """As RunListener has it."""
        return self._exchange(FETCH_PIECE, _NUMBER.pack(number))


def answer_about_piece(listener: RunListener, kind: bytes, payload: bytes) -> bytes:
    """Return the answer to a frame of a PieceClient. ValueError, struct.error where it makes no sense."""
    if kind == CLAIM_PIECE:
        question, count = json.loads(payload)
        return json.dumps(listener.claim_piece(str(question), int(count))).encode()
    (number,) = _NUMBER.unpack(payload[: _NUMBER.size])
    if kind == FETCH_PIECE:
        return listener.piece(number)
    listener.hand_in_piece(number, payload[_NUMBER.size :])
    return b""
