"""How numbers and times are written in reports. What is not known is written as `unknown`."""

from datetime import datetime

UNKNOWN = "unknown"


def number(value: float | None, places: int = 1) -> str:
    """A number with thousands separators, without zeros at its end."""
    if value is None:
        return UNKNOWN
    text = f"{value:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def moment(value: datetime | None) -> str:
    """A moment such as `3 Nov 2025, 14:05`, in UTC."""
    return UNKNOWN if value is None else f"{value.day} {value:%b %Y, %H:%M}"


def since(value: datetime | None, now: datetime) -> str:
    """How long ago."""
    if value is None:
        return UNKNOWN
    minutes = int((now - value).total_seconds() // 60)
    for size, name in ((60 * 24, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            return count(minutes // size, name)
    return "moments"


def count(value: int | None, noun: str = "", plural: str = "") -> str:
    """A whole number, and its noun if given."""
    if value is None:
        return UNKNOWN
    if not noun:
        return f"{value:,}"
    return f"{value:,} {noun if value == 1 else plural or noun + 's'}"


def share(value: float | None) -> str:
    """A share of 1 in per cent."""
    return UNKNOWN if value is None else f"{value:.0%}".replace("%", " %")


def short(text: str, length: int = 60) -> str:
    """Text that is at most so long, cut in the middle."""
    if len(text) <= length:
        return text
    head = (length - 1) * 2 // 3
    return f"{text[:head]}…{text[len(text) - (length - 1 - head) :]}"


def size(value: float | None) -> str:
    """Bytes in the unit that suits them, by powers of 1,024 as AWS counts."""
    if value is None:
        return UNKNOWN
    for unit, step in (("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)):
        if value >= step:
            return f"{number(value / step)} {unit}"
    return count(int(value), "byte")
