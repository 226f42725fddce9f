"""The ledger tells what must be read, what only moved, and what is gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.documents.logic.ledger import Entry, Found, decide, deleted, entry, look

READER = "1"
KEYS = ["a.md", "b.md", "c.md"]


class Store:
    """Objects by key; each write gives another version."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[str, str]] = {}
        self.sidecars: dict[str, str] = {}
        self.writes = 0

    def put(self, key: str, text: str) -> None:
        self.writes += 1
        self.objects[key] = (text, f"etag {self.writes}")

    def found(self, *keys: str) -> list[Found]:
        return [
            Found(key, etag, len(text), datetime(2026, 1, 1, tzinfo=UTC), self.sidecars.get(key))
            for key, (text, etag) in sorted(self.objects.items())
            if not keys or key in keys
        ]

    def hashes(self, found: list[Found]) -> list[tuple[Found, str]]:
        return [(item, sha256(self.objects[item.source_key][0].encode()).hexdigest()) for item in found]


def take(store: Store, ledger: dict[str, Entry], *keys: str, reader: str = READER):
    """One look at the store, with what it does to the ledger; returns the look and the fates by key."""
    seen = look(ledger, store.found(*keys), reader_version=reader, whole=not keys)
    decisions = decide(ledger, store.hashes(list(seen.fetch)), seen.gone)
    for key in seen.gone:
        ledger[key] = deleted(ledger[key])
    for decision in decisions:
        ledger[decision.found.source_key] = entry(decision, reader_version=reader, reason=None)
    return seen, {d.found.source_key: d.fate for d in decisions}


@pytest.fixture
def store() -> Store:
    store = Store()
    store.put("a.md", "one")
    store.put("b.md", "two")
    return store


@pytest.fixture
def ledger(store: Store) -> dict[str, Entry]:
    ledger: dict[str, Entry] = {}
    take(store, ledger)
    return ledger


def test_an_unchanged_file_is_not_even_fetched(store, ledger):
    seen, fates = take(store, ledger)

    assert (seen.fetch, seen.gone, seen.unchanged, fates) == ((), (), 2, {})


def test_a_changed_file_is_read_and_keeps_its_identity(store, ledger):
    before = ledger["a.md"].document_id
    store.put("a.md", "something else")

    _, fates = take(store, ledger)

    assert fates == {"a.md": "changed"}
    assert ledger["a.md"].document_id == before


def test_a_file_that_was_written_again_with_the_same_bytes_is_looked_at_for_what_is_said_beside_it(store, ledger):
    store.put("a.md", "one")

    assert take(store, ledger)[1] == {"a.md": "touched"}


def test_a_renamed_file_keeps_its_identity_and_is_read_for_what_its_new_name_says(store, ledger):
    before = ledger["a.md"].document_id
    store.objects["moved/a.md"] = store.objects.pop("a.md")

    _, fates = take(store, ledger)

    assert fates == {"moved/a.md": "renamed"}
    assert ledger["moved/a.md"].document_id == before
    assert ledger["a.md"].state == "deleted"


def test_a_copy_is_a_document_of_its_own(store, ledger):
    store.put("copy.md", "one")

    _, fates = take(store, ledger)

    assert fates == {"copy.md": "new"}
    assert ledger["copy.md"].document_id != ledger["a.md"].document_id


def test_part_of_the_store_says_nothing_about_the_rest(store, ledger):
    del store.objects["b.md"]
    store.put("a.md", "new")

    seen, _ = take(store, ledger, "a.md")

    assert seen.gone == ()
    assert ledger["b.md"].state == "in force"


def test_a_file_that_comes_back_is_a_new_document(store, ledger):
    before = ledger["a.md"].document_id
    kept = store.objects.pop("a.md")
    take(store, ledger)
    store.put("a.md", kept[0])

    _, fates = take(store, ledger)

    assert fates == {"a.md": "new"}
    assert ledger["a.md"].document_id != before


def test_a_file_whose_description_changed_is_read_again_and_keeps_its_identity(store, ledger):
    before = ledger["a.md"].document_id
    store.sidecars["a.md"] = "sidecar 1"

    _, fates = take(store, ledger)

    assert fates == {"a.md": "touched"}
    assert ledger["a.md"].document_id == before
    assert take(store, ledger)[1] == {}


def test_a_quarantined_file_is_tried_again_by_a_newer_reader_only(store, ledger):
    ledger["a.md"] = replace(ledger["a.md"], state="quarantined", reason="it is encrypted")

    assert take(store, ledger)[1] == {}
    assert take(store, ledger, reader="2")[1] == {"a.md": "touched", "b.md": "touched"}


CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from(KEYS), st.sampled_from(["one", "two", "three"])),
        st.tuples(st.just("delete"), st.sampled_from(KEYS), st.just("")),
        st.tuples(st.just("rename"), st.sampled_from(KEYS), st.sampled_from(KEYS)),
        st.tuples(st.just("look"), st.just(""), st.just("")),
    ),
    max_size=20,
)


@given(CHANGES)
def test_after_any_changes_every_file_is_one_document_and_no_two_share_an_identity(changes):
    store, ledger = Store(), {}
    for kind, key, other in changes:
        if kind == "put":
            store.put(key, other)
        elif kind == "delete":
            store.objects.pop(key, None)
        elif kind == "rename" and key in store.objects and key != other:
            store.objects[other] = store.objects.pop(key)
        elif kind == "look":
            take(store, ledger)
    take(store, ledger)

    alive = {key: e for key, e in ledger.items() if e.state != "deleted"}
    assert set(alive) == set(store.objects)
    assert len({e.document_id for e in alive.values()}) == len(alive)
    assert all(e.content_hash == sha256(store.objects[key][0].encode()).hexdigest() for key, e in alive.items())
    seen, fates = take(store, ledger)
    assert (seen.fetch, seen.gone, fates) == ((), (), {})


def test_an_object_that_was_written_again_under_the_same_etag_is_looked_at(store, ledger):
    item = replace(store.found("a.md")[0], last_modified=datetime(2026, 2, 1, tzinfo=UTC))

    assert look(ledger, [item], reader_version=READER, whole=False).fetch == (item,)


def test_a_renamed_file_that_is_copied_back_times_and_all_is_a_document_of_its_own(store, ledger):
    kept = store.objects["a.md"]
    store.objects["moved.md"] = store.objects.pop("a.md")
    take(store, ledger)
    store.objects["a.md"] = kept

    _, fates = take(store, ledger)

    assert fates == {"a.md": "new"}
    assert ledger["a.md"].document_id != ledger["moved.md"].document_id
