"""How numbers, days and names are written in the report. What is not known is written as `unknown`."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, localcontext
from typing import Any

UNKNOWN = "unknown"
MINUS = "−"


def amount(value: Decimal | None) -> str:
    """Money with thousands separators and two decimals; below a hundredth with its first two digits; never rounded to 0."""
    if value is None:
        return UNKNOWN
    places = 2
    if value and abs(value) < Decimal("0.01"):
        places = 1 - value.adjusted()
    return _signed(f"{value.copy_abs():,.{places}f}", negative=value < 0)


def exact(value: Decimal | None) -> str:
    """Money to its last digit, with thousands separators and without trailing zeros."""
    if value is None:
        return UNKNOWN
    text = f"{value.copy_abs():,f}"
    return _signed(text.rstrip("0").rstrip(".") if "." in text else text, negative=value < 0)


def change(value: Decimal | None) -> str:
    """As `amount`, with a plus sign for more."""
    return f"+{amount(value)}" if value is not None and value > 0 else amount(value)


def percent_change(value: Decimal | None, before: Decimal | None) -> str:
    """Change as a percentage of the amount before; a dash where that is not above 0, as no percentage has a meaning then."""
    if value is None or before is None:
        return UNKNOWN
    if before <= 0:
        return "–"
    with localcontext(prec=50):
        ratio = value / before * 100
    return f"{'+' if ratio > 0 else ''}{_signed(f'{ratio.copy_abs():,.1f}', negative=ratio < 0)} %"


def share(part: Decimal | None, whole: Decimal | None) -> str:
    """Part as a percentage of the whole; a dash where the whole is not above 0."""
    if part is None or whole is None:
        return UNKNOWN
    if whole <= 0:
        return "–"
    with localcontext(prec=50):
        ratio = part / whole * 100
    return f"{_signed(f'{ratio.copy_abs():,.1f}', negative=ratio < 0)} %"


def ratio(value: float | None) -> str:
    """A share of 1 as a percentage, rounded down so that only a whole is 100 %."""
    return UNKNOWN if value is None else f"{int(value * 1000) / 10:.1f} %"


def count(value: int | None, noun: str = "", plural: str = "") -> str:
    """Whole number with thousands separators and, if given, its noun; `plural` only where it is not the noun plus s."""
    if value is None:
        return UNKNOWN
    if not noun:
        return f"{value:,}"
    return f"{value:,} {noun if value == 1 else plural or noun + 's'}"


def day(value: date | None) -> str:
    """A day such as `3 Nov 2025`."""
    return UNKNOWN if value is None else f"{value.day} {value:%b %Y}"


def span(first: date | None, last: date | None) -> str:
    """Two days, or one if they are the same."""
    return day(first) if first == last else f"{day(first)} – {day(last)}"


def short(text: str, length: int = 48) -> str:
    """Text that is at most `length` characters long, cut in the middle: both ends of an identifier tell it apart."""
    if len(text) <= length:
        return text
    head = (length - 1) * 2 // 3
    return f"{text[:head]}…{text[len(text) - (length - 1 - head) :]}"


def rate(value: Decimal | None) -> str:
    """Money per unit to four digits at least, as units are often worth a fraction of a cent; no zeros beyond two decimals."""
    if value is None:
        return UNKNOWN
    places = 2 if abs(value) >= 100 or not value else 3 - value.adjusted()
    whole, _, digits = f"{value.copy_abs():,.{max(places, 2)}f}".partition(".")
    return _signed(f"{whole}.{digits.rstrip('0'):0<2}", negative=value < 0)


def decimal(value: float | None, places: int = 2) -> str:
    """A measure such as an error or a score, rounded."""
    return UNKNOWN if value is None else _signed(f"{abs(value):,.{places}f}", negative=value < 0)


def percent(value: float | None) -> str:
    """A number of per cent with its sign, as of a trend."""
    return UNKNOWN if value is None else f"{'+' if value > 0 else ''}{decimal(value, 1)} %"


def interval(low: Decimal | None, high: Decimal | None) -> str:
    """An amount from … to …; `unknown` if either is."""
    return UNKNOWN if low is None or high is None else f"{amount(low)} – {amount(high)}"


def listed(names: Sequence[str], shown: int = 5) -> str:
    """The first names, and how many more there are."""
    said = ", ".join(short(name) for name in names[:shown]) or "none"
    return f"{said} and {count(len(names) - shown)} more" if len(names) > shown else said


def place(row: Mapping[str, Any], missing: str = "all services") -> str:
    """The service, region and sub-account of a row, as far as it names them."""
    named = [row[column] for column in ("ServiceName", "RegionId", "SubAccountId") if row[column]]
    return " · ".join(short(name) for name in named) or missing


def _signed(text: str, *, negative: bool) -> str:
    return f"{MINUS}{text}" if negative else text
