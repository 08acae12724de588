"""Frames over a pipe: whole or not at all, in whatever pieces they arrive."""

import os
import struct
import threading

import pytest

from backtester.runtime.frames import DONE, REQUEST, TEXT, FrameReader, MalformedError, write_frame


def test_frames_arrive_whole_and_in_order_whatever_their_size():
    reading, writing = os.pipe()
    sent = [(REQUEST, b""), (TEXT, b"x" * 3_000_000), (DONE, b"\0")]

    def send():
        for kind, payload in sent:
            write_frame(writing, kind, payload)
        os.close(writing)

    thread = threading.Thread(target=send)
    thread.start()
    reader = FrameReader(reading)
    assert [reader.wait() for _ in sent] == sent
    assert reader.wait() is None
    assert reader.ended
    thread.join()
    os.close(reading)


def test_a_frame_that_was_cut_short_is_none():
    reading, writing = os.pipe()
    os.write(writing, b"T\x05\x00\x00\x00\x00\x00\x00\x00abc")
    os.close(writing)
    reader = FrameReader(reading)
    assert reader.wait() is None
    os.close(reading)


def test_a_frame_split_in_its_header_waits_for_the_rest():
    reading, writing = os.pipe()
    os.write(writing, b"T\x03\x00")
    reader = FrameReader(reading)
    reader.fill()
    assert reader.next() is None
    os.write(writing, b"\x00\x00\x00\x00\x00\x00abc")
    assert reader.wait() == (TEXT, b"abc")
    os.close(writing)
    os.close(reading)
    reader.fill()
    assert reader.ended


@pytest.mark.parametrize("length", [11, 1 << 31, 1 << 60, (1 << 64) - 1])
def test_a_frame_that_is_said_to_be_too_long_is_refused_before_it_is_read(length):
    reading, writing = os.pipe()
    write_frame(writing, TEXT, b"0123456789")
    os.write(writing, struct.pack("<cQ", TEXT, length))
    reader = FrameReader(reading, longest=10)
    assert reader.wait() == (TEXT, b"0123456789")
    with pytest.raises(MalformedError) as refused:
        reader.wait()
    assert refused.value.code == "WORKER_CRASHED"
    os.close(writing)
    os.close(reading)
