"""The encoding of a file."""

from __future__ import annotations

import codecs

from backtester.prices.csv.unreadable import UnreadableError

_MARKS = (  # the longer first: that of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_SAMPLE_BYTES = 65_536
_SINGLE_BYTE = ["cp1252", "cp1250", "cp1251"]  # what spreadsheets save; digits and separators are the same in all


def encoding_of(content: bytes) -> str:
    """Return the encoding of a file's content: by its byte order mark, UTF-8, UTF-16 by its zeros, else a code page.

    UnreadableError where it is no text.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _checked(content, encoding)
    sample = content[:_SAMPLE_BYTES]
    if b"\0" in sample:
        zeros = (sample[0::2].count(0), sample[1::2].count(0))
        if max(zeros) < len(sample) / 5 or min(zeros) > max(zeros) / 5:
            raise _no_text()
        return _checked(content, "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le")
    if content.isascii():
        return "utf-8"
    try:
        return _checked(content, "utf-8")
    except UnreadableError:
        return _checked(content, _code_page(sample))


def _checked(content: bytes, encoding: str) -> str:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        raise _no_text() from None
    return encoding


def _code_page(sample: bytes) -> str:
    from charset_normalizer import from_bytes  # only a file that is not UTF-8 pays for it

    best = from_bytes(sample, cp_isolation=_SINGLE_BYTE).best()
    return _SINGLE_BYTE[0] if best is None else best.encoding


def _no_text() -> UnreadableError:
    return UnreadableError("it is not text", "Expected UTF-8, UTF-16 or Windows-1252.")
