"""Documents are taken in: read once, recognised when renamed, quarantined with the reason, and nothing is lost by a kill."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from pydantic import Field

from assets.documents import tables
from assets.documents.intake import RULES_KEY, sources_of, take_in
from assets.documents.logic.parsing import Limits
from assets.progress import silent
from resources.errors import BadInput, Denied, NotFound
from resources.lake import Lake
from resources.object_store import LocalObjectStore

NOW = datetime(2026, 11, 26, tzinfo=UTC)
POLICY = "---\ntitle: Travel policy\ndepartment: Finance\ndate: 2026-03-01\ntags: [travel]\n---\n# Travel\n\nFly economy.\n"


class Place:
    def __init__(self, root: Path) -> None:
        self.root = root / "documents"
        self.inputs = root / "inputs"
        for folder in (self.root, self.inputs):
            folder.mkdir()
        self.lake = Lake(root=str(root / "lake"))
        self.limits = Limits()
        self.store: LocalObjectStore | None = None

    def put(self, key: str, content: str | bytes) -> None:
        LocalObjectStore(root=str(self.root)).put(key, content if isinstance(content, bytes) else content.encode())

    def delete(self, key: str) -> None:
        (self.root / key).unlink()

    def rules(self, text: str) -> None:
        LocalObjectStore(root=str(self.inputs)).put(RULES_KEY, text.encode())

    def look(self, keys: list[str] | None = None, *, may_be_empty: bool = False):
        store, inputs = (LocalObjectStore(root=str(folder), read_only=True) for folder in (self.root, self.inputs))
        given = sources_of(self.store or store, inputs, self.limits)
        return take_in(given, self.lake, NOW, silent, keys=keys, may_be_empty=may_be_empty)

    def documents(self) -> dict[str, dict[str, object]]:
        rows = self.lake.scan(tables.DOCUMENTS).collect()
        return {row["source_key"]: row for row in rows.iter_rows(named=True)}

    def ledger(self) -> dict[str, dict[str, object]]:
        rows = self.lake.scan(tables.SOURCE_DOCUMENTS).collect()
        return {row["source_key"]: row for row in rows.iter_rows(named=True)}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_document_is_read_with_what_it_says_about_itself(place):
    place.put("policies/travel.md", POLICY)

    taken = place.look()

    row = place.documents()["policies/travel.md"]
    assert (taken.read, taken.fates) == (1, {"new": 1})
    assert (row["title"], row["dept"], row["created_date"], row["tags"]) == (
        "Travel policy", "Finance", date(2026, 3, 1), ["travel"],
    )  # fmt: skip
    assert "Fly economy." in row["text"]
    assert place.ledger()["policies/travel.md"]["state"] == "in force"


def test_a_second_look_reads_nothing(place):
    place.put("a.md", POLICY)
    place.look()

    again = place.look()

    assert (again.read, again.unchanged, again.fates) == (0, 1, {})


def test_a_sidecar_says_more_than_the_document_and_is_noticed_when_it_changes(place):
    place.put("a.md", POLICY)
    place.put("a.md.meta.json", json.dumps({"department": "Legal"}))
    place.look()
    assert place.documents()["a.md"]["dept"] == "Legal"
    before = place.documents()["a.md"]

    place.put("a.md.meta.json", json.dumps({"department": "Security"}))
    place.look(["a.md.meta.json"])

    after = place.documents()["a.md"]
    assert after["dept"] == "Security"
    assert after["document_id"] == before["document_id"]
    assert after["fingerprint"] != before["fingerprint"]
    assert set(place.documents()) == {"a.md"}


def test_rules_for_paths_fill_what_a_document_does_not_say_and_new_rules_hold_at_once(place):
    place.put("legal/a.txt", "A contract about nothing in particular.")
    place.rules("- match: legal/*\n  department: Legal\n")
    place.look()
    assert place.documents()["legal/a.txt"]["dept"] == "Legal"

    place.rules("- match: legal/*\n  department: Contracts\n")
    place.look()

    assert place.documents()["legal/a.txt"]["dept"] == "Contracts"


def test_rules_that_cannot_be_understood_stop_the_run_with_what_is_wrong(place):
    place.rules("department: Legal")

    with pytest.raises(BadInput, match=r"path_rules\.yaml"):
        place.look()


def test_a_renamed_document_is_the_same_document(place):
    place.put("a.md", POLICY)
    place.look()
    before = place.documents()["a.md"]["document_id"]
    place.put("moved/b.md", POLICY)
    place.delete("a.md")

    taken = place.look()

    assert taken.fates == {"renamed": 1}
    assert {key: row["document_id"] for key, row in place.documents().items()} == {"moved/b.md": before}
    assert place.ledger()["a.md"]["state"] == "deleted"


def test_a_renamed_document_is_recognised_from_its_new_name_alone(place):
    place.put("a.md", POLICY)
    place.look()
    before = place.documents()["a.md"]["document_id"]
    place.put("b.md", POLICY)
    place.delete("a.md")

    taken = place.look(["b.md"])

    assert taken.fates == {"renamed": 1}
    assert {key: row["document_id"] for key, row in place.documents().items()} == {"b.md": before}


def test_a_deleted_document_goes_with_the_next_whole_listing(place):
    place.put("a.md", POLICY)
    place.put("b.md", "Something else to keep.")
    place.look()
    place.delete("a.md")

    assert place.look(["b.md"]).deleted == 0
    assert set(place.documents()) == {"a.md", "b.md"}
    assert place.look().deleted == 1
    assert set(place.documents()) == {"b.md"}


@pytest.mark.parametrize(
    ("key", "content", "reason"),
    [("empty.md", b"", "empty"), ("broken.pdf", b"%PDF-1.7\nnothing more", ""), ("noise.bin", bytes(range(256)) * 50, "")],
)
def test_a_file_that_cannot_be_used_is_quarantined_with_the_reason_and_holds_up_nothing(place, key, content, reason):
    place.put(key, content)
    place.put("good.md", POLICY)

    taken = place.look()

    row = place.ledger()[key]
    assert (row["state"], taken.quarantined) == ("quarantined", 1)
    assert reason in row["reason"]
    assert row["reason"]
    assert set(place.documents()) == {"good.md"}
    assert place.look().read == 0


def test_a_file_beyond_the_limit_is_quarantined_without_being_fetched(place):
    place.limits = Limits(size=10)
    place.put("large.md", POLICY)

    place.look()

    row = place.ledger()["large.md"]
    assert row["state"] == "quarantined"
    assert "10 bytes" in row["reason"]
    assert row["content_hash"] is None


def test_a_document_that_became_unreadable_is_not_found_any_more(place):
    place.put("a.md", POLICY)
    place.look()
    place.put("a.md", b"")

    place.look()

    assert place.documents() == {}
    assert place.ledger()["a.md"]["state"] == "quarantined"


def test_a_run_that_was_killed_before_the_ledger_was_written_comes_to_the_same(place):
    place.put("a.md", POLICY)
    place.look()
    expected = place.lake.scan(tables.DOCUMENTS).collect()
    place.lake.replace(tables.SOURCE_DOCUMENTS, pl.DataFrame(schema=tables.SOURCE_DOCUMENTS.schema), where=None)

    place.look()

    assert place.lake.scan(tables.DOCUMENTS).collect().equals(expected)


@pytest.mark.parametrize(
    "key", ["it's \"quoted\" '; DROP TABLE x --.md", "ünïcödé – 漢字.md", "a b/c%20d.md", "<script>alert(1)</script>.md"]
)
def test_names_of_files_are_only_names(place, key):
    place.put(key.replace("/script", "script"), "Words that nobody else has.")
    place.put("other.md", POLICY)
    place.look()
    place.put("other.md", POLICY + "More.")

    taken = place.look()

    assert taken.fates == {"changed": 1}
    assert len(place.documents()) == 2


class Guarded(LocalObjectStore):
    """A store that lists objects which it does not give, or which are gone by then."""

    denied: list[str] = Field(default=[])
    gone: list[str] = Field(default=[])

    def _path(self, key: str) -> Path:
        if key in self.denied:
            raise Denied(f"{key} may not be accessed", "Ask for access.")
        if key in self.gone:
            raise NotFound(f"there is no object {key}", "List the store.")
        return super()._path(key)


@pytest.mark.parametrize("denied", ["b.md", "b.md.meta.json"])
def test_an_object_that_may_not_be_read_is_told_at_every_look_and_holds_up_nothing(place, denied):
    for key in ("a.md", "b.md"):
        place.put(key, f"{POLICY} {key}")
    place.put("b.md.meta.json", "{}")
    place.store = Guarded(root=str(place.root), denied=[denied])

    first, second = place.look(), place.look()

    assert set(place.documents()) == {"a.md"}
    assert list(first.refused) == list(second.refused) == ["b.md"]
    place.store = None
    place.look()
    assert set(place.documents()) == {"a.md", "b.md"}


def test_a_description_that_goes_while_its_document_is_read_stops_nothing(place):
    place.put("a.md", POLICY)
    place.put("a.md.meta.json", "{}")
    place.store = Guarded(root=str(place.root), gone=["a.md.meta.json"])

    place.look()

    assert set(place.documents()) == {"a.md"}


def test_a_name_that_is_not_text_is_told_and_holds_up_nothing(place):
    place.put("a.md", POLICY)
    (place.root / os.fsdecode(b"caf\xe9.md")).write_text("Coffee.")

    taken = place.look()

    assert set(place.documents()) == {"a.md"}
    assert list(taken.refused) == ["caf\\udce9.md"]


def test_a_name_as_long_as_the_disk_allows_is_taken_in_by_name(place):
    key = "a" * 252 + ".md"
    (place.root / key).write_text(POLICY)

    place.look([key])

    assert set(place.documents()) == {key}


def test_what_a_killed_run_wrote_and_never_noted_goes_when_its_file_has_gone(place):
    place.put("a.md", POLICY)
    place.put("b.md", "Something else.")
    place.look()
    ledger = place.lake.scan(tables.SOURCE_DOCUMENTS).filter(pl.col("source_key") == "b.md").collect()
    place.lake.replace(tables.SOURCE_DOCUMENTS, ledger, where=None)
    place.delete("a.md")

    place.look()

    assert set(place.documents()) == {"b.md"}


def test_a_document_that_is_noted_and_missing_is_read_again(place):
    place.put("a.md", POLICY)
    place.look()
    place.lake.replace(tables.DOCUMENTS, pl.DataFrame(schema=tables.DOCUMENTS.schema), where=None)

    place.look()

    assert set(place.documents()) == {"a.md"}


def test_a_document_that_is_renamed_back_is_the_same_document(place):
    place.put("a.md", POLICY)
    place.look()
    before = place.documents()["a.md"]["document_id"]
    for old, new in (("a.md", "b.md"), ("b.md", "a.md")):
        (place.root / old).rename(place.root / new)
        os.utime(place.root / new)
        place.look([new])

    assert {key: row["document_id"] for key, row in place.documents().items()} == {"a.md": before}


def test_a_raised_limit_holds_for_what_the_former_one_kept_out(place):
    place.limits = Limits(size=10)
    place.put("large.md", POLICY)
    place.look()
    place.limits = Limits(size=10_000)

    place.look()

    assert set(place.documents()) == {"large.md"}


def test_new_rules_change_only_the_documents_that_they_say_something_else_of(place):
    place.put("legal/a.txt", "A contract about nothing in particular.")
    place.put("b.txt", "Nothing that a rule is about.")
    place.look()
    before = {key: row["fingerprint"] for key, row in place.documents().items()}
    place.rules("- match: legal/*\n  department: Legal\n")

    place.look()

    after = {key: row["fingerprint"] for key, row in place.documents().items()}
    assert after["b.txt"] == before["b.txt"]
    assert after["legal/a.txt"] != before["legal/a.txt"]


def test_a_store_that_lists_nothing_at_all_is_not_believed_unless_told_so(place):
    for n in range(12):
        place.put(f"{n}.txt", f"Document {n}.")
    place.look()
    for n in range(12):
        place.delete(f"{n}.txt")

    with pytest.raises(BadInput, match="mounted"):
        place.look()

    assert len(place.documents()) == 12
    assert place.look(may_be_empty=True).deleted == 12
    assert place.documents() == {}
