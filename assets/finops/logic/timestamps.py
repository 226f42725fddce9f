"""Times from the text of billing files, in every form that providers mix, as UTC."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

import polars as pl

_US_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: (\d{1,2}):(\d{2})(?::(\d{2}))?)?", re.ASCII)
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d|\d{8}(?=T))([T ]\d\d(:?\d\d(:?\d\d([.,]\d+)?)?)?( ?(Z|[+-]\d\d(:?\d\d)?))?)?", re.ASCII
)  # fmt: skip
"""What `datetime.fromisoformat` may see: it also takes weeks, any separator, and so numbers such as `20240101012`."""


@dataclass(frozen=True, slots=True)
class TimeColumn:
    """A column of text read as times: `values` is Datetime(us, UTC), null where empty or unreadable; see `DecimalColumn`."""

    values: pl.Series
    changes: pl.Series | None = None
    faults: pl.Series | None = None


@lru_cache(maxsize=65_536)
def read_time(text: str) -> tuple[datetime | None, str | None]:
    """The time that `text` means, in UTC, and the repair that was needed, if any.

    Read are ISO 8601 with or without seconds, fraction and offset, `YYYY-MM-DD`, a trailing ` UTC`, and month/day/year as Azure
    writes it (https://learn.microsoft.com/azure/cost-management-billing/automate/understand-usage-details-fields). A time
    without an offset is UTC, as all these providers state; one with another offset is converted. Unreadable: (None, None).
    """
    stripped = text.strip()
    change = "spaces removed" if stripped != text else None
    plain = stripped.removesuffix(" UTC")
    match = _US_DATE.fullmatch(plain)
    try:
        if match:
            month, day, year, hour, minute, second = (int(g or 0) for g in match.groups())
            return datetime(year, month, day, hour, minute, second, tzinfo=UTC), change
        moment = datetime.fromisoformat(plain) if _ISO.fullmatch(plain) else None
    except ValueError:
        return None, None
    if moment is None:
        return None, None
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC), change
    offset = moment.utcoffset()
    if offset:
        change = "; ".join(filter(None, [change, f"converted to UTC from {stripped}"]))
    try:
        return moment.astimezone(UTC), change
    except OverflowError:
        return None, None


def read_times(text: pl.Series) -> TimeColumn:
    """Read a column of text (null = empty) as UTC times; works on the distinct values, which are few."""
    distinct = text.unique().drop_nulls()
    read = [read_time(t) for t in distinct.to_list()]
    dtype = pl.Datetime("us", "UTC")
    moments = pl.Series([r[0] for r in read], dtype=dtype)
    values = text.replace_strict(distinct, moments, default=None, return_dtype=dtype)
    changes = faults = None
    if any(r[1] for r in read):
        changes = text.replace_strict(
            distinct, pl.Series([r[1] for r in read], dtype=pl.String), default=None, return_dtype=pl.String
        )
    if any(r[0] is None for r in read):
        fault = pl.when(text.is_not_null() & values.is_null()).then(pl.lit("not a time"))
        faults = pl.select(fault.otherwise(None).cast(pl.String)).to_series()
    return TimeColumn(values, changes, faults)
