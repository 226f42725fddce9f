"""Dates as people and programs write them in documents, where they can mean one day only."""

import re
from datetime import date

_YEARS = range(1900, 2200)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"  # noqa: E501
_YEAR, _DAY = r"(?P<year>\d{4})", r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_DATES = tuple(
    re.compile(form, re.IGNORECASE | re.ASCII)
    for form in (
        rf"(?:D:)?{_YEAR}(?P<month>\d\d)(?P<day>\d\d)(?:\d{{4,6}}.*|[T ].*)?",
        rf"{_YEAR}(?P<mark>[-/._])(?P<month>\d\d?)(?P=mark)(?P<day>\d\d?)(?:[T ].*)?",
        rf"(?P<day>\d\d?)\.(?P<month>\d\d?)\.{_YEAR}",
        rf"(?:[a-z]{{3,9}},? +)?{_DAY}[ -]+{_MONTH},?[ -]+{_YEAR}(?: .*)?",
        rf"(?:[a-z]{{3,9}},? +)?{_MONTH} +{_DAY},? +{_YEAR}",
    )
)
_SLASHED = re.compile(rf"(\d\d?)/(\d\d?)/{_YEAR}", re.ASCII)


def read_date(value: object) -> date:
    """The day that a value means, as it was written where it names a time zone.

    Read are dates and times of Python, ISO 8601, `20240305`, `2024/03/05`, `05.03.2024`, `5 March 2024`, `March 5, 2024`,
    dates of e-mail and PDF, and `13/05/2024` where only one order makes sense.

    Raises:
        ValueError: It is no date, or could be two.
    """
    if isinstance(value, date):  # a datetime is one too
        return _day(value.year, value.month, value.day)
    if not isinstance(value, str):
        raise ValueError(f"a {type(value).__name__} is no date")  # noqa: TRY004  its callers take one kind of error
    text = " ".join(value.split())
    for form in _DATES:
        if match := form.fullmatch(text):
            parts = match.groupdict()
            month = _MONTHS.index(parts["name"][:3].lower()) + 1 if parts.get("name") else int(parts["month"])
            return _day(int(parts["year"]), month, int(parts["day"]))
    if match := _SLASHED.fullmatch(text):
        first, second, year = map(int, match.groups())
        if first != second and max(first, second) <= 12:
            raise ValueError(f"{text} could be two dates: write YYYY-MM-DD")
        return _day(year, min(first, second), max(first, second)) if max(first, second) > 12 else _day(year, first, second)
    raise ValueError(f"{text[:40]!r} is no date: write YYYY-MM-DD")


def _day(year: int, month: int, day: int) -> date:
    if year not in _YEARS:
        raise ValueError(f"the year {year} is not plausible")
    return date(year, month, day)
