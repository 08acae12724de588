"""Formats numbers and dates for people: a true minus, thin separators, and a dash for an undefined value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MINUS = "−"
DASH = "—"
SPACE = "\N{NO-BREAK SPACE}"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def plain(value: float, digits: int = 2) -> str:
    """Return 1,234.50, with a true minus; no minus before what rounds to zero."""
    text = f"{value:,.{digits}f}"
    if text.startswith("-"):
        text = text[1:] if not text.strip("-0.,") else MINUS + text[1:]
    return text


def percent(value: float, digits: int | None = None) -> str:
    """Return 12.3 %; from a thousand percent on without a decimal, and with two where one would leave nothing."""
    if digits is None:
        digits = 0 if abs(value) >= 9.9995 else 2 if 0.00005 <= abs(value) < 0.0005 else 1
    return f"{plain(100 * value, digits)}{SPACE}%"


def fine_percent(value: float) -> str:
    """Return 0.05 %: two decimals, for single sessions."""
    return percent(value, 2)


def money(value: float) -> str:
    """Return $12,345; cents below a thousand, four digits below one."""
    size = abs(value)
    digits = 0 if size >= 1000 or value == 0 else 2 if size >= 1 else 4
    text = plain(value, digits)
    return f"{MINUS}${text[1:]}" if text.startswith(MINUS) else f"${text}"


def cents(value: float) -> str:
    """Return $1,234.50: two decimals whatever the size, for columns of money."""
    text = plain(value, 2)
    return f"{MINUS}${text[1:]}" if text.startswith(MINUS) else f"${text}"


def ratio(value: float) -> str:
    """Return 0.74."""
    return plain(value, 2)


def count(value: float) -> str:
    """Return 7,048."""
    return plain(value, 0)


def days(value: float) -> str:
    """Return 3,007 days, with the years beside them from one year on."""
    whole = f"{count(value)} {'day' if value == 1 else 'days'}".replace(" ", SPACE)
    return whole if value < 365 else f"{whole} ({plain(value / 365.25, 1)} y)"


def tiny(value: float) -> str:
    """Return 3.1e−16, for residuals."""
    return "0" if value == 0 else f"{value:.1e}".replace("e-", f"e{MINUS}").replace("e+", "e")


def amount(value: float) -> str:
    """Return a number of shares: up to four digits after the point, without trailing zeros."""
    text = plain(value, 0 if abs(value) >= 10000 else 4)
    return text.rstrip("0").rstrip(".") if "." in text else text


def date(value: str) -> str:
    """Return 9 Mar 2009 for 2009-03-09, Mar 2009 for 2009-03; other text unchanged."""
    parts = value.split("-")
    if not all(part.isascii() and part.isdigit() for part in parts) or not 1 <= len(parts) <= 3:
        return value
    year, month, day = (*map(int, parts), 0, 0)[:3]
    if len(parts) == 1 or not 1 <= month <= 12:
        return value
    return f"{day or ''} {_MONTHS[month - 1]} {year}".strip().replace(" ", SPACE)


BY_UNIT: dict[str, Callable[[float], str]] = {
    "currency": money,
    "currency per share": money,
    "fraction": percent,
    "fraction per year": percent,
    "ratio": ratio,
    "number": ratio,
    "days": days,
    "sessions": count,
    "shares": amount,
}


def by_unit(value: Any, unit: str | None) -> str:
    """Return a number as its schema's x-unit has it written; a number without one with two decimals."""
    return BY_UNIT.get(unit or "", ratio)(value)
