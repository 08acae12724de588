"""Frames over a pipe: what a supervising process and its child send to each other.

A frame is one letter, a length and so many bytes, of which there is a limit. A plug-in's process answers in frames too
(`plug_in_process`): it says P, T, C and D, and nothing of it is passed on unread.

    to the child      R  request: checked and complete to a single run's child, as JSON; as it came to a worker, which
                         reports no progress then
                      W  the same, to a worker whose progress is watched
                      A  the same, to a worker that asks whether the result is needed, and runs on meanwhile
                      H  the same with the question and the result_id before it, as JSON and a line feed, to a worker
                         that helps with its pieces (`shared_pieces`)
                      G  compute; N  skip: the answer to that question
                      B  the answer to Q, V or F
    from the child    P  progress: [stage, completed, total], as JSON
                      T  text: a piece of the document
                      C  column: the significant digits in one byte, then doubles, for the other side to write
                      X  discard the pieces so far
                      K  the request's id, as JSON (workers alone, as the next two)
                      L  limits: the deadline in seconds, as JSON
                      I  the id that the result would have; G or N follows
                      Q  claims a piece of a question: [pointer, number of pieces], as JSON
                      V  the result of a piece: its number in eight bytes, then what `codec.arrays` packed
                      F  asks for the result of a piece that another worker computed: its number
                      D  done: the exit code in one byte; the pieces are the document. A second byte: the worker
                         ends now, and is to be replaced
                      Y  ready for requests (the host of a serverless pool)
"""

from __future__ import annotations

import os
import select
import struct

from backtester.model.errors import InternalError

REQUEST, PROGRESS, TEXT, COLUMN, DISCARD, DONE = b"R", b"P", b"T", b"C", b"X", b"D"
REQUEST_ID, LIMITS, READY = b"K", b"L", b"Y"
HELPING, CLAIM_PIECE, PIECE, FETCH_PIECE, ANSWER = b"H", b"Q", b"V", b"F", b"B"
WATCHED, ASKING, RESULT_ID, COMPUTE, SKIP = b"W", b"A", b"I", b"G", b"N"
LONGEST_FRAME = 1 << 30
_MOST_AT_ONCE = 1 << 20  # bytes: what the widest pipe holds
_HEADER = struct.Struct("<cQ")


class MalformedError(InternalError):
    """A child process sent something that is no frame, or none that is expected."""

    def __init__(self) -> None:
        super().__init__("WORKER_CRASHED", "The child process sent a malformed answer.")


def frame(kind: bytes, payload: bytes) -> bytes:
    """Return one frame as it is written."""
    return _HEADER.pack(kind, len(payload)) + payload


def write_frame(descriptor: int, kind: bytes, payload: bytes) -> None:
    """Write one frame, all of it. OSError when the other end is gone."""
    write_frames(descriptor, frame(kind, payload))


def write_frames(descriptor: int, frames: bytes) -> None:
    """Write frames that are bytes already, all of them. OSError when the other end is gone."""
    view = memoryview(frames)
    while view:
        view = view[os.write(descriptor, view) :]


def arrived(descriptor: int, *, seconds: float | None) -> bool:
    """Tell whether there is something to read, its end included, waiting so long for it; None: without end.

    True where it cannot be known without reading (Windows).
    """
    if not hasattr(select, "poll"):
        return True
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(None if seconds is None else min(max(seconds, 0) * 1000, 2**30)))


class FrameReader:
    """Takes frames out of what arrives on a descriptor, a piece at a time."""

    def __init__(self, descriptor: int, *, longest: int = LONGEST_FRAME) -> None:
        """Read from `descriptor`, which stays the caller's to close. longest: bytes that a payload may have."""
        self.descriptor = descriptor
        self._longest = longest
        self.ended = False
        self._pending = bytearray()

    def next(self) -> tuple[bytes, bytes] | None:
        """Return a frame that has arrived whole, else None. MalformedError: it is said to be too long."""
        if len(self._pending) < _HEADER.size:
            return None
        kind, length = _HEADER.unpack_from(self._pending)
        if length > self._longest:
            raise MalformedError
        end = _HEADER.size + length
        if len(self._pending) < end:
            return None
        with memoryview(self._pending) as pending:
            payload = bytes(pending[_HEADER.size : end])
        del self._pending[:end]
        return kind, payload

    def fill(self) -> None:
        """Take in what there is, waiting for some; sets `ended` at the end of the stream."""
        try:
            piece = os.read(self.descriptor, _MOST_AT_ONCE)
        except OSError:
            piece = b""
        self.ended = not piece
        self._pending += piece

    def wait(self) -> tuple[bytes, bytes] | None:
        """Return the next frame, waiting for it; None at the end of the stream. MalformedError as `next`."""
        while (frame := self.next()) is None and not self.ended:
            self.fill()
        return frame
