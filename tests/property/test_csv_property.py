"""CSV files: one history is the same prices in every spelling, and no bytes give anything but prices or a refusal."""

from __future__ import annotations

import datetime
import functools

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from backtester.prices.csv.layouts import LAYOUTS
from backtester.prices.csv.parse import PriceRows, parse
from backtester.prices.csv.unreadable import UnreadableError
from tests.unit.prices.csv.test_layouts import SAMPLES

EPOCH = datetime.date(1970, 1, 1)
ROLES = ("open", "close", "adj_close", "dividend", "split", "traded")

# One history in every spelling ----------------------------------------------------------------------------------------

prices = st.integers(1, 10**9).map(lambda thousandths: thousandths / 1000)
session = st.fixed_dictionaries({
    "open": prices, "close": prices, "adj_close": prices, "traded": prices,
    "dividend": st.sampled_from([0.0, 0.25, 1.5]), "split": st.sampled_from([1.0, 2.0, 0.1]),
})  # fmt: skip
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
DATES = {
    "iso": lambda d: d.isoformat(),
    "iso with midnight": lambda d: f"{d} 00:00:00-05:00",
    "eight digits": lambda d: d.strftime("%Y%m%d"),
    "month first": lambda d: f"{d.month:02}/{d.day:02}/{d.year}",
    "day first": lambda d: f"{d.day}/{d.month}/{d.year}",
    "dots": lambda d: f"{d.day:02}.{d.month:02}.{d.year}",
    "a month's name": lambda d: f"{MONTHS[d.month - 1]} {d.day:02}, {d.year}",
    "an English day": lambda d: f"{d.day:02}-{MONTHS[d.month - 1]}-{d.year}",
    "seconds": lambda d: str((d - EPOCH).days * 86_400 + 3_600),
    "milliseconds": lambda d: str((d - EPOCH).days * 86_400_000),
}
NUMBERS = {
    "plain": lambda value: repr(value),
    "thousands": lambda value: f"{value:,.4f}",
    "comma": lambda value: f"{value:.4f}".replace(".", ","),
    "continental": lambda value: f"{value:,.4f}".translate(str.maketrans(",.", ".,")),
    "dollars": lambda value: f"${value:,.4f}",
    "Swiss": lambda value: f"{value:,.4f}".replace(",", "'"),
}
spellings = st.fixed_dictionaries({
    "date": st.sampled_from(sorted(DATES)), "number": st.sampled_from(sorted(NUMBERS)),
    "delimiter": st.sampled_from(",;\t|"), "quotes": st.booleans(), "newest_first": st.booleans(),
    "newline": st.sampled_from(["\n", "\r\n", "\r"]), "blank_lines": st.booleans(), "footer": st.booleans(),
    "encoding": st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]),
    "repeat_last": st.booleans(), "case": st.sampled_from([str, str.upper, str.lower]),
})  # fmt: skip


def written(layout, history, spelling):
    """Write a history (a list of day and values) as a layout has it, in a spelling."""
    delimiter = spelling["delimiter"]
    number, day = NUMBERS[spelling["number"]], DATES[spelling["date"]]
    rows = [
        [day(date) if role == "date" else number(values[role]) for role in layout.columns] for date, values in history
    ]
    rows += rows[-1:] * spelling["repeat_last"]
    if spelling["newest_first"]:
        rows.reverse()
    rows.insert(0, [spelling["case"](name) for name in layout.columns.values()])
    lines = [
        delimiter.join(f'"{cell}"' if spelling["quotes"] or delimiter in cell else cell for cell in row) for row in rows
    ]
    lines += ["", "Source: made up"] * spelling["footer"]
    text = (spelling["newline"] * (1 + spelling["blank_lines"])).join(lines) + spelling["newline"]
    return text.encode(spelling["encoding"])


@st.composite
def histories(draw):
    """Return a list of day and values: ascending weekdays, one of them after the 12th of its month."""
    first = draw(st.dates(datetime.date(1990, 1, 13), datetime.date(2030, 1, 1))).replace(day=13)
    steps = draw(st.lists(st.integers(1, 40), min_size=1, max_size=8))
    days = [first]
    for step in steps:
        days.append(days[-1] + datetime.timedelta(step))
    return [(day, draw(session)) for day in days]


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(LAYOUTS), histories(), spellings)
def test_one_history_is_the_same_prices_in_every_layout_and_spelling(layout, history, spelling):
    try:
        rows = parse(written(layout, history, spelling), "ABC")
    except UnreadableError as refusal:
        assume("no line of the file says which" not in refusal.fact)  # 1.001 alone is one or a thousand
        raise
    assert rows.days.tolist() == [(day - EPOCH).days for day, _ in history]
    for role in ROLES:
        column = getattr(rows, role)
        if role not in layout.columns:
            assert column is None
            continue
        expected = [values[role] for _, values in history]
        assert column.tolist() == expected, role
    assert rows.repeated.size == spelling["repeat_last"]
    assert rows.dropped.size == 0


# Whatever bytes -------------------------------------------------------------------------------------------------------


def read_or_refused(content):
    try:
        rows = parse(content, "ABC")
    except UnreadableError as refusal:
        fact = refusal.fact
    else:
        assert_prices(rows)
        return
    assert fact.isprintable()
    assert len(fact) < 200


def assert_prices(rows):
    assert isinstance(rows, PriceRows)
    size = rows.days.size
    assert size == rows.close.size == rows.lines.size > 0
    assert (np.diff(rows.days) > 0).all()
    assert (rows.close > 0).all()
    assert np.isfinite(rows.close).all()
    for column in (rows.open, rows.adj_close, rows.dividend, rows.split, rows.traded):
        assert column is None or column.size == size


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.binary(max_size=400))
@example(b"")
@example(b"\0")
@example(b"\xff\xfe")
@example(b"\xef\xbb\xbf")
@example(b"date,close")
@example(b"date,close\n,")
@example(b",close\n,\n,")
@example(b"date\n")
@example(b'date,close,close\n"')
def test_no_bytes_give_anything_but_prices_or_a_refusal(content):
    read_or_refused(content)


ALPHABET = st.sampled_from(
    [*'0123456789.,;:-/"\n\r\t |$%', "date", "close", "Date", "Price", "Ticker", "nan", "é", "\0", "٣"]
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(ALPHABET, max_size=120).map("".join), st.sampled_from(["utf-8", "utf-16", "cp1252"]))
def test_no_text_gives_anything_but_prices_or_a_refusal(text, encoding):
    read_or_refused(text.encode(encoding, errors="replace"))
    read_or_refused(("date,close\n" + text).encode(encoding, errors="replace"))


@functools.cache
def sample(name):
    return SAMPLES[name].lstrip().encode()


mutations = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(0, 12), st.one_of(st.binary(max_size=3), ALPHABET.map(str.encode))),
    min_size=1, max_size=6,
)  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(mutations)
def test_no_mutation_of_a_layout_gives_anything_but_prices_or_a_refusal(name, changes):
    content = sample(name)
    for at, cut, insert in changes:
        place = at % (len(content) + 1)
        content = content[:place] + insert + content[place + cut :]
    read_or_refused(content)
