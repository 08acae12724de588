"""LineReader: whatever the pieces in which the bytes arrive, the same lines come out of them."""

from __future__ import annotations

import itertools
import os
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtester.adapters.ndjson.line_server import LineReader
from backtester.model.errors import LimitError
from tests.support.examples import examples

MOST = 12


class Taken(NamedTuple):
    """A line as the reader gave it, None for one that was too long, and the number that it had then."""

    number: int
    line: bytes | None


def take_all(reader: LineReader) -> list[Taken]:
    """Take every line that is whole by now."""
    taken = []
    while True:
        try:
            line = reader.next()
        except LimitError:
            taken.append(Taken(reader.number, None))
            continue
        if line is None:
            return taken
        taken.append(Taken(reader.number, line))


def read(pieces: list[bytes], *, most: int = MOST) -> list[Taken]:
    """Send the pieces one after the other, taking what is whole after each."""
    reading, writing = os.pipe()
    try:
        reader = LineReader(reading, max_bytes=most)
        taken = []
        for piece in pieces:
            if piece:
                os.write(writing, piece)
                reader.fill()
                assert not reader.ended
                taken += take_all(reader)
        os.close(writing)
        writing = -1
        reader.fill()
        assert reader.ended
        taken += take_all(reader)
        assert reader.next() is None
        assert reader.bytes_read == sum(map(len, pieces))
        return taken
    finally:
        os.close(reading)
        if writing >= 0:
            os.close(writing)


def lines_of(content: bytes, *, most: int = MOST) -> list[Taken]:
    """Say in the plainest way what the lines of a stream are."""
    *whole, rest = content.split(b"\n")
    lines = [*whole, *([rest] if rest else [])]
    found = []
    for number, line in enumerate(lines, start=1):
        text = line.removesuffix(b"\r")
        if len(text) > most:
            found.append(Taken(number, None))
        elif text.strip(b" \t\r"):
            found.append(Taken(number, text))
    return found


def cut(content: bytes, places: list[int]) -> list[bytes]:
    at = [0, *sorted(place % (len(content) + 1) for place in places), len(content)]
    return [content[start:end] for start, end in itertools.pairwise(at)]


# bytes in which ends of lines, carriage returns and lines of just about the longest length are frequent
STREAMS = st.lists(
    st.one_of(
        st.sampled_from([b"\n", b"\r", b"\r\n", b"\n\n", b" ", b"\t", b"\0", b"\xff", b"{}"]),
        st.integers(MOST - 2, MOST + 3).map(lambda size: b"x" * size),
        st.integers(0, 3 * MOST).map(lambda size: b" " * size),
        st.binary(max_size=8),
    ),
    max_size=20,
).map(b"".join)


@settings(max_examples=examples(400), deadline=None)
@given(content=STREAMS, places=st.lists(st.integers(0, 400), max_size=12))
def test_the_lines_do_not_depend_on_the_pieces(content, places):
    assert read(cut(content, places)) == lines_of(content)


@settings(max_examples=examples(100), deadline=None)
@given(content=STREAMS)
def test_a_byte_at_a_time_gives_the_same_lines_as_all_at_once(content):
    assert read([bytes([byte]) for byte in content]) == read([content]) == lines_of(content)


@settings(max_examples=examples(100), deadline=None)
@given(lines=st.lists(st.binary(min_size=1, max_size=MOST).filter(lambda line: b"\n" not in line and line.strip())))
def test_no_byte_is_lost_and_none_comes_twice(lines):
    taken = read([b"".join(line + b"\r\n" for line in lines)])

    assert [line for _, line in taken] == lines
    assert [number for number, _ in taken] == [*range(1, len(lines) + 1)]


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\r"])
def test_the_last_line_needs_no_end(end):
    assert read([b"a\nb" + end]) == [Taken(1, b"a"), Taken(2, b"b")]


def test_blank_lines_are_passed_over_and_counted():
    assert read([b"\n\r\n  \t\r\nx\n\n\ny"]) == [Taken(4, b"x"), Taken(7, b"y")]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_a_line_of_just_the_longest_length_is_taken_and_one_byte_more_is_not(end):
    assert read([b"x" * MOST + end]) == [Taken(1, b"x" * MOST)]
    assert read([b"x" * (MOST + 1) + end]) == [Taken(1, None)]


@pytest.mark.parametrize("size", [MOST + 1, MOST + 2, MOST + 3, 2 * MOST + 2, 2 * MOST + 3, 10_000])
@pytest.mark.parametrize("step", [1, 3, MOST + 1, 20_000])
def test_a_line_that_is_too_long_is_told_once_and_the_next_is_whole(size, step):
    content = b"a\n" + b"x" * size + b"\nb\n"

    taken = read([content[at : at + step] for at in range(0, len(content), step)])

    assert taken == [Taken(1, b"a"), Taken(2, None), Taken(3, b"b")]


def test_lines_too_long_one_after_the_other_are_each_told():
    assert read([b"x" * 100 + b"\n" + b"y" * 13 + b"\n" + b"z" * 50]) == [Taken(n, None) for n in (1, 2, 3)]


def test_a_line_without_an_end_is_told_when_it_is_too_long_and_not_kept():
    reading, writing = os.pipe()
    reader = LineReader(reading, max_bytes=1000)
    found = []
    for _ in range(500):
        os.write(writing, b"x" * 10_000)
        reader.fill()
        found += take_all(reader)
        assert len(reader._pending) <= 1 << 17
    os.close(writing)
    os.close(reading)
    assert found == [Taken(1, None)]


def test_the_error_of_a_line_that_is_too_long_says_how_long_one_may_be():
    reading, writing = os.pipe()
    os.write(writing, b"x" * 100 + b"\n")
    reader = LineReader(reading, max_bytes=MOST)
    reader.fill()
    with pytest.raises(LimitError, match=f"{MOST} bytes") as raised:
        reader.next()
    assert raised.value.code == "REQUEST_TOO_LARGE"
    os.close(reading)
    os.close(writing)


def test_a_stream_of_nothing_has_no_lines():
    assert read([]) == []


def test_a_descriptor_that_would_block_is_not_at_its_end():
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    reader = LineReader(reading, max_bytes=MOST)
    reader.fill()
    assert not reader.ended
    assert reader.next() is None
    os.write(writing, b"a")
    reader.fill()
    assert reader.next() is None
    os.write(writing, b"\n")
    reader.fill()
    assert reader.next() == b"a"
    os.close(writing)
    reader.fill()
    assert reader.ended
    os.close(reading)
