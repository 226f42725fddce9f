"""Times in every form that providers mix end in UTC; nonsense is a fault."""

from datetime import UTC, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops.logic.timestamps import read_time, read_times

MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2999, 12, 31))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2023-11-13T10:00Z", datetime(2023, 11, 13, 10)),
        ("2023-11-13T11:00:00Z", datetime(2023, 11, 13, 11)),
        ("2023-11-13T11:00:00.250Z", datetime(2023, 11, 13, 11, microsecond=250_000)),
        ("2023-11-13T11:00:00.1234567Z", datetime(2023, 11, 13, 11, microsecond=123_456)),
        ("2023-11-13T11:00:00+02:00", datetime(2023, 11, 13, 9)),
        ("2023-11-13T11:00:00-0530", datetime(2023, 11, 13, 16, 30)),
        ("20231113T110000Z", datetime(2023, 11, 13, 11)),
        ("2024-09-01 00:00:00", datetime(2024, 9, 1)),
        ("2024-09-01 00:00:00 UTC", datetime(2024, 9, 1)),
        ("2024-09-01", datetime(2024, 9, 1)),
        ("9/1/2024", datetime(2024, 9, 1)),
        ("09/01/2024 13:05", datetime(2024, 9, 1, 13, 5)),
        ("09/01/2024 13:05:59", datetime(2024, 9, 1, 13, 5, 59)),
        (" 2024-09-01 ", datetime(2024, 9, 1)),
    ],
)
def test_every_form_that_providers_use_is_read_as_utc(text, moment):
    assert read_time(text)[0] == moment.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *("", "  ", "yesterday", "NaT", "0", "45000.5", "1704067200", "20240101", "20240101012", "2024-01", "2024-001"),
        *("2024-W01-1", "2024-13-01", "2024-02-30", "13/1/2024", "1/1/24", "2024-01-01T24:00:00Z", "2024-01-01T00:00:60Z"),
        *("2024-01-01x10:00", "2024-01-01T", "2024-01-01T00:00:00Zulu", "٢٠٢٤-٠١-٠١", "0001-01-01T00:00:00+10:00"),
        *(" 024-02-29T23:59:59Z", "2024-1-1", "01.09.2024"),
    ],
)
def test_nonsense_is_a_fault_and_never_a_time(text):
    read = read_times(pl.Series([text, "2024-09-01", None]))

    assert read.values.to_list() == [None, datetime(2024, 9, 1, tzinfo=UTC), None]
    assert read.faults.to_list() == ["not a time", None, None]


@settings(deadline=None)
@given(st.lists(st.tuples(MOMENTS, st.integers(-14 * 60, 14 * 60), st.sampled_from([" ", "T"])), max_size=10))
def test_a_time_with_an_offset_is_the_same_moment_in_utc_and_the_conversion_is_named(times):
    texts = [
        moment.replace(tzinfo=timezone(timedelta(minutes=offset))).isoformat(sep=separator) for moment, offset, separator in times
    ]
    read = read_times(pl.Series(texts, dtype=pl.String))

    assert read.values.to_list() == [datetime.fromisoformat(t).astimezone(UTC) for t in texts]
    assert read.faults is None
    for index, (_, offset, _) in enumerate(times):
        change = read.changes[index] if read.changes is not None else None
        assert change == (f"converted to UTC from {texts[index]}" if offset else None)


@settings(deadline=None)
@given(
    MOMENTS, st.sampled_from(["auto", "minutes", "seconds", "milliseconds", "microseconds"]), st.sampled_from(["", "Z", " UTC"])
)
def test_a_time_without_offset_is_utc_already(moment, precision, suffix):
    text = moment.isoformat(timespec=precision) + suffix

    assert read_time(text) == (datetime.fromisoformat(moment.isoformat(timespec=precision)).replace(tzinfo=UTC), None)


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_a_time_in_utc_or_a_fault_and_never_an_error(text):
    moment, change = read_time(text)

    assert moment.utcoffset() == timedelta(0) if moment else change is None


def test_an_empty_column_is_null_and_without_faults():
    assert read_times(pl.Series([None, None], dtype=pl.String)).values.to_list() == [None, None]
    assert read_times(pl.Series([], dtype=pl.String)).faults is None
