"""The ledger tells what became of every object, and documents keep their identity through it."""

import hashlib
import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.documents.logic.ledger import Entry, Listed, decide, orphaned_sidecars, settle, to_read

DAY = datetime(2026, 10, 1, tzinfo=UTC)


class Bucket:
    """Objects, and the ledger that follows them."""

    def __init__(self, **objects: str) -> None:
        self.objects = dict(objects)
        self.touches: dict[str, int] = {}
        self.ledger: list[Entry] = []
        self.unreadable: set[str] = set()
        self.fetched: list[str] = []
        self.refresh()

    def listing(self) -> list[Listed]:
        def etag(key: str, content: str) -> str:
            return f"{digest(content)[:8]}-{self.touches.get(key, 0)}"

        return [Listed(key, etag(key, content), len(content), DAY) for key, content in self.objects.items()]

    def refresh(self, *, keys=None, reader: int = 1, unfetched=(), shuffle: int | None = None) -> dict[str, str]:
        """Follow the bucket (or only `keys`) and give the kind of every decision."""
        listing = [found for found in self.listing() if keys is None or found.key in keys]
        rows = list(self.ledger)
        if shuffle is not None:
            random.Random(shuffle).shuffle(listing)
            random.Random(shuffle).shuffle(rows)
        self.fetched = to_read(rows, listing, reader_version=reader)
        hashes = {key: digest(self.objects[key]) for key in self.fetched if key not in unfetched}
        decisions = decide(rows, listing, hashes, complete=keys is None, reader_version=reader)
        self.described = [decision.key for decision in decisions if decision.metadata_changed]
        self.ledger = settle(rows, decisions, unreadable=self.unreadable)
        return {decision.key: decision.kind for decision in decisions}

    def ids(self) -> dict[str, str]:
        return {row.key: row.document_id for row in self.ledger}


def digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def test_what_has_the_same_etag_is_not_even_fetched():
    bucket = Bucket(a="1", b="2")

    assert bucket.refresh() == {"a": "unchanged", "b": "unchanged"}
    assert bucket.fetched == []


def test_what_was_written_anew_with_the_same_content_is_touched_only():
    bucket = Bucket(a="1")
    bucket.touches["a"] = 1

    assert bucket.refresh() == {"a": "touched"}
    assert bucket.refresh() == {"a": "unchanged"}


def test_an_edited_document_keeps_its_identity():
    bucket = Bucket(a="1")
    before = bucket.ids()
    bucket.objects["a"] = "other"

    assert bucket.refresh() == {"a": "changed"}
    assert bucket.ids() == before


def test_a_renamed_document_keeps_its_identity():
    bucket = Bucket(a="1", b="2")
    before = bucket.ids()
    bucket.objects["c"] = bucket.objects.pop("a")

    assert bucket.refresh() == {"b": "unchanged", "c": "renamed"}
    assert bucket.ids() == {"b": before["b"], "c": before["a"]}


def test_of_several_that_may_have_been_renamed_those_with_the_same_file_name_go_together():
    bucket = Bucket(**{"old/x.txt": "same", "old/y.txt": "same"})
    before = bucket.ids()
    bucket.objects = {"new/y.txt": "same", "new/a.txt": "same", "new/b.txt": "same"}

    assert bucket.refresh() == {"new/a.txt": "renamed", "new/b.txt": "copied", "new/y.txt": "renamed"}
    assert bucket.ids()["new/y.txt"] == before["old/y.txt"]
    assert bucket.ids()["new/a.txt"] == before["old/x.txt"]


def test_a_copy_is_a_document_of_its_own():
    bucket = Bucket(a="1")
    bucket.objects |= {"b": "1", "c": "3", "d": "3"}

    assert bucket.refresh() == {"a": "unchanged", "b": "copied", "c": "new", "d": "copied"}
    assert len(set(bucket.ids().values())) == 4


def test_a_copy_where_a_renamed_document_once_lay_gets_another_identity():
    bucket = Bucket(a="1")
    bucket.objects["b"] = bucket.objects.pop("a")
    bucket.refresh()
    bucket.objects["a"] = "1"

    assert bucket.refresh() == {"a": "copied", "b": "unchanged"}
    assert len(set(bucket.ids().values())) == 2


def test_what_a_batch_does_not_name_is_not_gone():
    bucket = Bucket(a="1", b="2")
    bucket.objects = {"c": "1"}

    assert bucket.refresh(keys={"c"}) == {"c": "copied"}
    assert set(bucket.ids()) == {"a", "b", "c"}
    assert bucket.refresh() == {"a": "deleted", "b": "deleted", "c": "unchanged"}
    assert set(bucket.ids()) == {"c"}


def test_what_is_in_quarantine_is_tried_again_only_when_it_or_the_reader_changed():
    bucket = Bucket(a="1")
    bucket.unreadable = {"b"}
    bucket.objects["b"] = "broken"

    assert bucket.refresh()["b"] == "new"
    assert bucket.refresh()["b"] == "quarantined"
    assert bucket.fetched == []
    bucket.touches["b"] = 1
    assert bucket.refresh()["b"] == "touched"
    assert bucket.refresh(reader=2) == {"a": "unchanged", "b": "retried"}
    assert bucket.refresh(reader=2)["b"] == "quarantined"
    bucket.objects["b"] = "mended"
    bucket.unreadable = set()
    assert bucket.refresh(reader=2)["b"] == "changed"
    assert bucket.refresh(reader=3)["b"] == "unchanged"


def test_what_lies_in_quarantine_stays_there_under_another_name():
    bucket = Bucket()
    bucket.unreadable = {"a"}
    bucket.objects["a"] = "broken"
    bucket.refresh()
    bucket.objects["b"] = bucket.objects.pop("a")

    assert bucket.refresh() == {"b": "renamed"}
    assert [row.state for row in bucket.ledger] == ["quarantined"]


def test_what_could_not_be_fetched_is_looked_at_again():
    bucket = Bucket(a="1")
    bucket.objects |= {"a": "2", "b": "3"}
    rows = bucket.ledger

    assert bucket.refresh(unfetched={"a", "b"}) == {"a": "unread", "b": "unread"}
    assert bucket.ledger == rows
    assert bucket.refresh() == {"a": "changed", "b": "new"}


def test_a_sidecar_changes_the_metadata_without_the_text_being_read():
    bucket = Bucket(**{"a.pdf": "1", "a.pdf.meta.json": "{}"})
    assert set(bucket.ids()) == {"a.pdf"}

    for content in ("{1}", None, "{}"):
        bucket.objects.pop("a.pdf.meta.json", None)
        bucket.objects |= {"a.pdf.meta.json": content} if content else {}
        assert bucket.refresh() == {"a.pdf": "unchanged"}
        assert (bucket.fetched, bucket.described) == ([], ["a.pdf"])
    assert bucket.refresh() == {"a.pdf": "unchanged"}
    assert bucket.described == []


def test_a_batch_of_a_sidecar_or_of_its_document_alone_leaves_the_other_as_it_is():
    bucket = Bucket(**{"a.pdf": "1", "a.pdf.meta.json": "{}"})
    bucket.objects["a.pdf"] = "2"
    assert bucket.refresh(keys={"a.pdf"}) == {"a.pdf": "changed"}
    assert bucket.described == []

    bucket.objects["a.pdf.meta.json"] = "{1}"
    assert bucket.refresh(keys={"a.pdf.meta.json"}) == {"a.pdf": "unchanged"}
    assert bucket.described == ["a.pdf"]


def test_a_sidecar_without_a_document_is_named():
    bucket = Bucket(a="1")
    bucket.objects |= {"lost.meta.json": "{}", "a.meta.json": "{}"}

    assert orphaned_sidecars(bucket.ledger, bucket.listing()) == ["lost.meta.json"]
    assert bucket.refresh() == {"a": "unchanged"}


keys, contents = st.sampled_from("abcdef"), st.sampled_from("1234")
steps = st.one_of(
    st.tuples(st.just("write"), keys, contents),
    st.tuples(st.just("copy"), keys, keys),
    st.tuples(st.just("rename"), keys, keys),
    st.tuples(st.just("delete"), keys, keys),
    st.tuples(st.just("touch"), keys, keys),
    st.tuples(st.just("break"), keys, keys),
)


def take(bucket: Bucket, step: tuple[str, str, str]) -> None:
    what, key, other = step
    if what == "write":
        bucket.objects[key] = other
    elif what == "break":
        bucket.unreadable ^= {key}
    elif key in bucket.objects and what == "touch":
        bucket.touches[key] = bucket.touches.get(key, 0) + 1
    elif key in bucket.objects and what == "copy":
        bucket.objects[other] = bucket.objects[key]
    elif key in bucket.objects:
        content = bucket.objects.pop(key)
        if what == "rename":
            bucket.objects[other] = content


@given(st.lists(st.lists(steps, max_size=4), max_size=8), st.integers(0, 9))
def test_whatever_happens_there_is_one_row_per_object_and_no_identity_is_lost_or_doubled(rounds, shuffle):
    bucket, again = Bucket(), Bucket()
    for changes in rounds:
        before = list(bucket.ledger)
        for step in changes:
            take(bucket, step)
            take(again, step)
        kinds = bucket.refresh()
        ids = bucket.ids()

        assert set(ids) == set(bucket.objects)
        assert all(row.content_hash == digest(bucket.objects[row.key]) for row in bucket.ledger)
        assert len(set(ids.values())) == len(ids)
        assert all(ids[row.key] == row.document_id for row in before if row.key in ids)
        ended = sum(kind == "deleted" for kind in kinds.values())
        assert len({row.document_id for row in before} - set(ids.values())) == ended
        assert again.refresh(shuffle=shuffle) == kinds
        assert again.ledger == bucket.ledger
        assert set(bucket.refresh().values()) <= {"unchanged", "quarantined"}
        assert bucket.ledger == again.ledger


@pytest.mark.parametrize("order", range(3))
@given(st.dictionaries(keys, contents), st.dictionaries(keys, contents))
def test_batches_in_any_order_end_with_the_rows_of_a_complete_look(order, first, then):
    whole, batched = Bucket(**first), Bucket(**first)
    whole.objects, batched.objects = dict(then), dict(then)
    whole.refresh()
    arrived = sorted(then)
    random.Random(order).shuffle(arrived)
    for key in arrived:
        batched.refresh(keys={key})
    batched.refresh()

    assert {row.key: row.content_hash for row in batched.ledger} == {row.key: row.content_hash for row in whole.ledger}
    assert len(set(batched.ids().values())) == len(then)
