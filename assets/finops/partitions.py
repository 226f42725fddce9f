"""The days that FinOps assets are partitioned by."""

from collections.abc import Iterable
from datetime import date, timedelta

import dagster as dg

FIRST_DAY = date(2017, 1, 1)
DAYS = dg.DailyPartitionsDefinition(start_date=FIRST_DAY.isoformat(), timezone="UTC", end_offset=1)
"""UTC days up to and including today."""


def window(context: dg.AssetExecutionContext) -> tuple[date, date]:
    """First and last day of the run, inclusive."""
    keys = context.partition_key_range
    return date.fromisoformat(keys.start), date.fromisoformat(keys.end)


def ranges(days: Iterable[date], *, today: date, gap: int = 7) -> list[tuple[date, date]]:
    """Days as few ranges, each one run: neighbours up to `gap` days apart share one. Days without a partition are left out."""
    found: list[tuple[date, date]] = []
    for day in sorted({d for d in days if FIRST_DAY <= d <= today}):
        if found and day - found[-1][1] <= timedelta(days=gap):
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def range_tags(first: date, last: date) -> dict[str, str]:
    """Run tags that make one run materialize all days from `first` to `last`."""
    return {
        "dagster/asset_partition_range_start": first.isoformat(),
        "dagster/asset_partition_range_end": last.isoformat(),
    }
