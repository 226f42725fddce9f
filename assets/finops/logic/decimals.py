"""Exact decimals from the text of billing files, vectorised.

Polars reads plain decimals exactly but cuts off digits beyond the scale and knows no spaces around a number, so every value
that might be touched by that is read by Python's `decimal` instead: same result for ordinary files, no silent change in others.
"""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from functools import lru_cache

import polars as pl

MONEY_SCALE = 24
QUANTITY_SCALE = 18
_PRECISION = 38
_EXACT = Context(prec=400, rounding=ROUND_HALF_EVEN)
_NUMBER = re.compile(
    r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII
)  # Python also reads `1_0`, `NaN` and other scripts' digits


@dataclass(frozen=True, slots=True)
class ReadDecimal:
    """What a text means as a decimal: the value, or why there is none, and the repair that was needed."""

    value: Decimal | None
    change: str | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class DecimalColumn:
    """A column of text read as decimals.

    Attributes:
        values: Decimal(38, scale); null where the text is empty or unreadable.
        changes: Text of the repair made, null where none; None if no row needed one.
        faults: Text of the fault, null where none; None if no row has one.
    """

    values: pl.Series
    changes: pl.Series | None = None
    faults: pl.Series | None = None


@lru_cache(maxsize=65_536)
def read_decimal(text: str, scale: int = MONEY_SCALE) -> ReadDecimal:
    """Read one decimal.

    Spaces around the number are removed and digits beyond `scale` rounded half-even; both are named in `change`.
    A comma, a thousands separator, `NaN` or anything else is a fault: which number was meant is not for us to guess.
    """
    stripped = text.strip()
    changes = ["spaces removed"] if stripped != text else []
    try:
        exact = Decimal(stripped) if _NUMBER.fullmatch(stripped) else None
    except InvalidOperation:  # an exponent beyond all measure
        exact = None
    if exact is None:
        return ReadDecimal(None, fault="not a decimal number")
    whole = _PRECISION - scale
    fits = not exact or exact.adjusted() < whole
    value = exact.quantize(Decimal(1).scaleb(-scale), context=_EXACT) if fits else None
    if value is None or value.adjusted() >= whole:
        return ReadDecimal(None, fault=f"more than {whole} digits before the decimal point")
    if value != exact:
        changes.append(f"rounded from {stripped}")
    return ReadDecimal(value, "; ".join(changes) or None)


def read_decimals(text: pl.Series, scale: int = MONEY_SCALE) -> DecimalColumn:
    """Read a column of text (null = empty) as Decimal(38, scale)."""
    dtype = pl.Decimal(_PRECISION, scale)
    values = text.cast(dtype, strict=False)
    if text.null_count() == len(text):
        return DecimalColumn(values)
    doubts = pl.select(doubtful(pl.lit(text), scale)).to_series()
    if not doubts.any():
        return DecimalColumn(values)
    unique = text.filter(doubts).unique()
    read = [read_decimal(t, scale) for t in unique.to_list()]
    reread = pl.DataFrame(
        {
            "text": unique,
            "value": pl.Series([r.value for r in read], dtype=dtype),
            "change": pl.Series([r.change for r in read], dtype=pl.String),
            "fault": pl.Series([r.fault for r in read], dtype=pl.String),
        }
    )
    joined = pl.DataFrame({"text": text, "fast": values, "doubtful": doubts}).join(
        reread, on="text", how="left", maintain_order="left"
    )
    merged = joined.select(pl.when("doubtful").then("value").otherwise("fast").alias(text.name)).to_series()
    changes, faults = joined["change"], joined["fault"]
    return DecimalColumn(
        merged,
        changes if changes.null_count() < len(changes) else None,
        faults if faults.null_count() < len(faults) else None,
    )


def doubtful(text: pl.Expr, scale: int) -> pl.Expr:
    """Where a cast to Decimal(38, scale) may lose something: what it cannot read, and more digits than the scale may hold.

    An exponent of one digit adds at most nine decimals, so short numbers in scientific notation (`.1e-9` is the worst) are
    exact, too.
    """
    unread = text.is_not_null() & text.cast(pl.Decimal(_PRECISION, scale), strict=False).is_null()
    exponent = text.str.contains("[eE]") & ~(text.str.contains("[eE][+-]?0?[0-9]$") & (text.str.len_bytes() <= scale - 5))
    return unread | (text.str.len_bytes() > scale).fill_null(value=False) | exponent.fill_null(value=False)
