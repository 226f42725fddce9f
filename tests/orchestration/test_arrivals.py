"""Bucket arrivals: nothing lost, nothing twice."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.arrivals import Cursor, new_arrivals
from resources.errors import BadInput
from resources.object_store import LocalObjectStore, StoredObject

START = datetime(2026, 1, 1, tzinfo=UTC)


def stored(key: str, second: int = 0, etag: str = "1") -> StoredObject:
    return StoredObject(key, 1, etag, START + timedelta(seconds=second))


def keys(batch: list[StoredObject]) -> list[str]:
    return [found.key for found in batch]


def test_the_oldest_objects_come_first_and_the_rest_at_the_next_tick():
    objects = [stored("c", 3), stored("a", 1), stored("b", 2)]

    first, cursor = new_arrivals(Cursor(), objects, limit=2)
    second, cursor = new_arrivals(cursor, objects, limit=2)
    third, _ = new_arrivals(cursor, objects, limit=2)

    assert (keys(first), keys(second), keys(third)) == (["a", "b"], ["c"], [])


def test_an_object_that_shares_a_timestamp_with_the_last_one_is_not_lost():
    _, cursor = new_arrivals(Cursor(), [stored("b", 1)], limit=10)

    batch, _ = new_arrivals(cursor, [stored("a", 1), stored("b", 1)], limit=10)

    assert keys(batch) == ["a"]


def test_a_rewritten_object_is_processed_again_even_within_the_same_second():
    _, cursor = new_arrivals(Cursor(), [stored("a", 1, "first")], limit=10)

    batch, _ = new_arrivals(cursor, [stored("a", 1, "second")], limit=10)

    assert [found.etag for found in batch] == ["second"]


def test_a_deleted_object_does_not_disturb_the_cursor():
    _, cursor = new_arrivals(Cursor(), [stored("a", 1), stored("b", 2)], limit=10)

    batch, after = new_arrivals(cursor, [], limit=10)

    assert batch == []
    assert after == cursor


def test_an_object_that_appears_with_an_older_time_is_left_to_the_full_listing():
    _, cursor = new_arrivals(Cursor(), [stored("a", 5)], limit=10)

    assert new_arrivals(cursor, [stored("late", 4)], limit=10)[0] == []


def test_the_cursor_remembers_only_the_newest_instant():
    _, cursor = new_arrivals(Cursor(), [stored(f"{n}", n) for n in range(100)], limit=100)

    assert cursor.seen == {"99@1"}


def test_a_limit_that_takes_nothing_is_refused():
    with pytest.raises(ValueError, match="limit is 0"):
        new_arrivals(Cursor(), [], limit=0)


@pytest.mark.parametrize(
    "text", ["not json", "[]", "{}", '{"last_modified": 3, "seen": []}', '{"last_modified": "x", "seen": []}']
)
def test_an_unreadable_cursor_says_what_to_do(text):
    with pytest.raises(BadInput, match="Clear it"):
        Cursor.from_json(text)


@pytest.mark.parametrize("text", [None, ""])
def test_no_cursor_is_the_beginning(text):
    assert Cursor.from_json(text) == Cursor()


def test_a_local_file_written_twice_in_a_row_arrives_twice(tmp_path):
    store = LocalObjectStore(root=str(tmp_path))
    cursor, arrived = Cursor(), []
    for body in (b"a", b"b", b"b"):
        store.put("file", body)
        batch, cursor = new_arrivals(cursor, store.list_objects(), limit=10)
        arrived += keys(batch)

    assert arrived == ["file"] * 3


@given(st.builds(Cursor, st.none() | st.datetimes(timezones=st.just(UTC)), st.frozensets(st.text())))
def test_a_cursor_survives_being_kept_as_text(cursor):
    assert Cursor.from_json(cursor.to_json()) == cursor


VERSIONS = st.tuples(st.sampled_from("abcd"), st.integers(0, 3), st.sampled_from("123"))
"""Key, seconds by which the clock moves before it is written, and etag."""


@given(
    ticks=st.lists(st.tuples(st.lists(VERSIONS, max_size=6), st.integers(1, 4), st.booleans()), max_size=12),
)
def test_every_version_arrives_exactly_once_whatever_the_batches_and_ties(ticks):
    clock = 0
    listing: dict[str, StoredObject] = {}
    expected: Counter[tuple[str, str, datetime]] = Counter()
    delivered: Counter[tuple[str, str, datetime]] = Counter()
    cursor = Cursor()

    def take(limit: int) -> int:
        nonlocal cursor
        batch, cursor = new_arrivals(cursor, listing.values(), limit=limit)
        assert len(batch) <= limit
        cursor = Cursor.from_json(cursor.to_json())
        delivered.update((found.key, found.etag, found.last_modified) for found in batch)
        return len(batch)

    for written, limit, drain in ticks:
        for key, wait, etag in written:
            clock += wait
            # A version that was overwritten before anyone looked is gone: not written here.
            previous = listing.get(key)
            if previous and not delivered[previous.key, previous.etag, previous.last_modified]:
                continue
            listing[key] = stored(key, clock, etag)
            expected[key, etag, listing[key].last_modified] = 1
        take(limit)
        while drain and take(limit):
            pass
    while take(3):
        pass

    assert delivered == expected
