"""Which format a header is."""

from collections.abc import Sequence

from assets.finops.logic.formats import aws_cur, azure, focus, google, oci_cost
from assets.finops.logic.formats.layout import Format, Layout

FORMATS: tuple[Format, ...] = (focus, aws_cur, oci_cost, azure)

EXPECTED = "; ".join(f.EXPECTED for f in FORMATS)
"""What would have been recognised, for messages."""

_COST_WORDS = ("cost", "charge", "amount", "price")
_MONEY_WORDS = ("currency",)
_TIME_WORDS = ("date", "period", "time", "start", "day")


def recognise(header: Sequence[str]) -> Layout | None:
    """The layout of the first format that knows the header."""
    return next((layout for f in FORMATS if (layout := f.recognise(header))), None)


def refusal(header: Sequence[str]) -> str | None:
    """Why a header that no format knows is refused; None if it does not look like billing at all."""
    if google.is_native(header):
        return google.REFUSAL
    names = [name.lower() for name in header]

    def mentions(words: Sequence[str]) -> bool:
        return any(word in name for name in names for word in words)

    if mentions(_COST_WORDS) and mentions(_MONEY_WORDS) and mentions(_TIME_WORDS):
        return f"looks like billing data but is in no known format. Expected one of: {EXPECTED}"
    return None
