"""What is known of days in advance: ends of months, public holidays, and days that the user names. Each is learnt per series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from assets.finops.logic.forecasts.given import BadRow, read_day, records

CALENDAR_KEY = "finops/calendar.csv"
"""Where the user's days are among the inputs: columns `date` and `name`; a name on several days is one thing that recurs."""
_COLUMNS = ("date", "name")


class UnknownCountry(ValueError):
    """There is no calendar of public holidays for a country of that code."""


def named_days(body: bytes, file: str = CALENDAR_KEY) -> dict[str, frozenset[date]]:
    """The user's days by name.

    Args:
        body: CSV with the columns `date` (YYYY-MM-DD) and `name`.
        file: Its name, for messages.

    Raises:
        BadRow: A row cannot be used: which one, and what to write instead.
    """
    found: dict[str, set[date]] = {}
    for line, record in records(body, file, _COLUMNS, _COLUMNS):
        if not record["name"]:
            raise BadRow(file, line, "the day has no name", "Name what recurs, such as `sale`; all its days have the same name.")
        found.setdefault(record["name"], set()).add(read_day(record["date"], file, line))
    return {name: frozenset(days) for name, days in found.items()}


def holidays_of(country: str, days: Sequence[date]) -> frozenset[date]:
    """Those of the days that are public holidays there.

    Args:
        country: ISO 3166 code of a country or one of its subdivisions, such as `DE` or `DE-BY`.
        days: The days asked for.

    Raises:
        UnknownCountry: The calendars (library `holidays`) have no such country or subdivision.
    """
    import holidays

    code, _, subdivision = country.partition("-")
    if code not in holidays.list_supported_countries(include_aliases=False):
        raise UnknownCountry(f"no public holidays are known for {country!r}")
    try:
        known = holidays.country_holidays(code, subdiv=subdivision or None, years=sorted({d.year for d in days}))
    except NotImplementedError as error:
        raise UnknownCountry(f"no public holidays are known for {country!r}") from error
    return frozenset(day for day in days if day in known)


def indicators(
    days: Sequence[date], *, known: int, countries: Sequence[str] = (), named: Mapping[str, frozenset[date]] | None = None
) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """What the days are, as one column of 0 and 1 per property.

    Args:
        days: History and horizon.
        known: How many of them are history. What did not occur there, or always, cannot be learnt and has no column.
        countries: Codes of the countries whose public holidays matter; a guess from regions would be none of ours to make.
        named: The user's own days by name.

    Returns:
        Names of the columns, and days × columns.

    Raises:
        UnknownCountry: See `holidays_of`.
    """
    tomorrows = [[(day + timedelta(days=n)).day for day in days] for n in (1, 2, 3)]
    columns = {"first day of the month": [day.day == 1 for day in days]}
    names = ("last day of the month", "second last day of the month", "third last day of the month")
    columns |= {name: [number == 1 for number in tomorrow] for name, tomorrow in zip(names, tomorrows, strict=True)}
    for country in countries:
        free = holidays_of(country, days)
        columns[f"public holiday {country}"] = [day in free for day in days]
    columns |= {f"calendar: {name}": [day in mine for day in days] for name, mine in (named or {}).items()}
    learnable = {name: column for name, column in columns.items() if 0 < sum(column[:known]) < known}
    matrix = np.array(list(learnable.values()), dtype=np.float64).reshape(len(learnable), len(days)).T
    return tuple(learnable), matrix
