"""What a file that is not CSV is: an empty file, a web page that was saved, a spreadsheet."""

from __future__ import annotations

import codecs

_MARKS = (
    (b"PK\x03\x04", "a spreadsheet (xlsx, ods) or a zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet (xls)"),
    (b"PAR1", "Parquet, and its name does not end in .parquet"),
    (b"\x1f\x8b", "compressed with gzip, and its name does not end in .gz"),
    (b"%PDF", "a PDF"),
    (b"SQLite format 3", "a SQLite database"),
)
_HTML = (b"<!doctype html", b"<html", b"<head", b"<body", b"<!--", b"<script")


def other_kind(content: bytes) -> str | None:
    """Return what the content is, for "it is ..."; None where it may be CSV, or is not known."""
    for mark, kind in _MARKS:
        if content.startswith(mark):
            return kind
    text = content.removeprefix(codecs.BOM_UTF8).strip()
    if not text or text in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "empty"
    start = text[:20].lower()
    if start.startswith(_HTML):
        return "HTML, a web page"
    if start.startswith(b"<?xml"):
        return "XML"
    if (text[:1], text[-1:]) in ((b"{", b"}"), (b"[", b"]")):
        return "JSON"
    return None
