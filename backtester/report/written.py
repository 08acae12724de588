"""Formats numbers and dates for people: a true minus, a dash for an undefined value, halves away from zero.

The page's scripts and the example app do it in `static/format.js`; tests/support/formats.json holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

MINUS = "−"
DASH = "—"
SPACE = "\N{NO-BREAK SPACE}"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SIZES = ((1e12, "tn"), (1e9, "bn"), (1e6, "m"), (1e3, "k"), (1.0, ""))


def plain(value: float, digits: int = 2) -> str:
    """Return 1,234.50, with a true minus; no minus before what rounds to zero."""
    size = abs(value)
    more = f"{size:.{digits + 1}f}"
    if more.endswith("5") and float(more) == size:  # half-way as it is written, whichever side the double lies on
        size = float(f"{more[:-1]}6")
    text = f"{size:,.{digits}f}"
    return MINUS + text if value < 0 and text.strip("0.,") else text


def percent(value: float, digits: int | None = None) -> str:
    """Return 12.3 %; from a thousand percent on without a decimal, and with two where one would leave nothing."""
    if digits is None:
        digits = 0 if abs(value) >= 9.9995 else 2 if 0.00005 <= abs(value) < 0.0005 else 1
    return f"{plain(100 * value, digits)}{SPACE}%"


def fine_percent(value: float) -> str:
    """Return 0.05 %: two decimals, for single sessions."""
    return percent(value, 2)


def probability(value: float) -> str:
    """Return 64.3 %; above 99 % or under 1 % for what is nearly certain: an estimate of a chance is never certain."""
    if value > 0.99:
        return f"above{SPACE}{percent(0.99, 0)}"
    return f"under{SPACE}{percent(0.01, 0)}" if value < 0.01 else percent(value)


def money(value: float) -> str:
    """Return $12,345; cents below a thousand, four digits below one."""
    size = abs(value)
    return _dollars(value, 0 if size >= 1000 or size == 0 else 2 if size >= 1 else 4)


def cents(value: float) -> str:
    """Return $1,234.50: two decimals whatever the size, for columns of money."""
    return _dollars(value, 2)


def _dollars(value: float, digits: int) -> str:
    text = plain(value, digits)
    return f"{MINUS}${text[1:]}" if text.startswith(MINUS) else f"${text}"


def short_money(value: float, digits: int = 3) -> str:
    """Return $1.2m, in three digits or as many as are asked for."""
    size = float(f"{abs(value) * (1 + 1e-14):.{digits}g}")  # first: 999,999 is $1m; a half is rounded up
    unit, name = next(((u, n) for u, n in _SIZES if size >= u), (1.0, ""))
    return f"{MINUS if value < 0 else ''}${size / unit:.{digits}g}{name}"


def ratio(value: float) -> str:
    """Return 0.74."""
    return plain(value, 2)


def count(value: float) -> str:
    """Return 7,048."""
    return plain(value, 0)


def counted(value: float, one: str) -> str:
    """Return "1 trade", "7,048 trades"."""
    return f"{count(value)} {one}{'' if value == 1 else 's'}"


def days(value: float) -> str:
    """Return 3,007 days, with the years beside them from one year on."""
    whole = counted(value, "day").replace(" ", SPACE)
    return whole if value < 365 else f"{whole}{SPACE}({plain(value / 365.25, 1)}{SPACE}y)"


def tiny(value: float) -> str:
    """Return 3.1e−16, for residuals."""
    if value == 0:
        return "0"
    digits, _, power = f"{value:.1e}".replace("-", MINUS).partition("e")
    return f"{digits}e{MINUS if power.startswith(MINUS) else ''}{int(power[1:])}"


def amount(value: float) -> str:
    """Return a number of shares: up to four digits after the point, without trailing zeros."""
    text = plain(value, 0 if abs(value) >= 10000 else 4)
    return text.rstrip("0").rstrip(".") if "." in text else text


def span(first: str, last: str) -> str:
    """Return 3 Jan 2005 to 9 Mar 2009; of one day its date."""
    return date(last) if first == last else f"{date(first)} to {date(last)}"


def date(value: str) -> str:
    """Return 9 Mar 2009 for 2009-03-09, Mar 2009 for 2009-03; other text unchanged."""
    parts = value.split("-")
    if [len(part) for part in parts] not in ([4, 2], [4, 2, 2]) or not all(
        part.isascii() and part.isdigit() for part in parts
    ):
        return value
    year, month, *day = parts
    if not 1 <= int(month) <= 12:
        return value
    return SPACE.join([*(str(int(each)) for each in day), MONTHS[int(month) - 1], year])


BY_UNIT: dict[str, Callable[[float], str]] = {
    "currency": money,
    "currency per share": money,
    "fraction": percent,
    "fraction per year": percent,
    "probability": probability,
    "ratio": ratio,
    "number": ratio,
    "days": days,
    "sessions": count,
    "shares": amount,
}


def by_unit(value: Any, unit: str | None) -> str:
    """Return a number as its schema's x-unit has it written; a number without one with two decimals."""
    return BY_UNIT.get(unit or "", ratio)(value)


def listed(words: Sequence[str], last: str = "and") -> str:
    """Return "a, b and c"."""
    return f"{', '.join(words[:-1])} {last} {words[-1]}" if len(words) > 1 else "".join(words)
