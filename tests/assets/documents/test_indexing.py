"""A generation is brought to what the documents say; only what is new is embedded, and a killed run goes on."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from assets.documents import tables
from assets.documents.indexing import bring_up_to_date, chunking_identity
from assets.progress import silent
from resources.knowledge_base.embedded import EmbeddedKnowledgeBase
from resources.knowledge_base.interface import Filter, Generation
from resources.lake import Lake
from tests.documents_table import Documents
from tests.hashing_embedder import HashingEmbedder


def paragraph(n: int, word: str = "clause") -> str:
    return f"Paragraph {n} of the contract says {word} {n}. It binds both parties {n}. Nobody may leave {n} out of it."


class Place:
    def __init__(self, root: Path) -> None:
        self.lake = Lake(root=str(root / "lake"))
        self.base = EmbeddedKnowledgeBase(root=str(root / "base"))
        self.embedder = HashingEmbedder()
        self.documents = Documents(self.lake)
        self.generation = self.begin(self.embedder)

    def begin(self, embedder: HashingEmbedder) -> Generation:
        return self.base.begin(embedder.model(), chunking_identity(embedder.model()))

    def bring(self):
        self.embedder.embedded.clear()
        return bring_up_to_date(self.base, self.embedder, self.lake, self.generation, silent)

    def contents(self) -> pl.DataFrame:
        snapshot = self.base.snapshot(self.generation.generation_id)
        ids = snapshot.identities()["doc_id"].to_list()
        return snapshot.rows(ids).sort("source_key", "chunk_no")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def long_text(paragraphs: int, changed: int | None = None) -> str:
    return "\n\n".join(paragraph(n, "another rule" if n == changed else "clause") for n in range(paragraphs))


def test_documents_are_cut_embedded_and_found_with_what_is_known_of_them(place):
    place.documents.put("Contract", long_text(12), dept="Procurement")

    brought = place.bring()

    rows = place.contents()
    assert brought.embedded == len(rows) == len(place.embedder.embedded) > 2
    assert set(rows["dept"]) == {"Procurement"}
    assert all(long_text(12)[r["start_offset"] : r["end_offset"]] == r["content"] for r in rows.iter_rows(named=True))


def test_nothing_is_embedded_when_nothing_changed(place):
    place.documents.put("Contract", long_text(12))
    place.bring()

    again = place.bring()

    assert (again.changed, again.embedded, again.gone, place.embedder.embedded) == (0, 0, 0, [])


def test_one_changed_paragraph_re_embeds_only_its_passages(place):
    place.documents.put("Contract", long_text(60))
    place.documents.put("Other", long_text(30))
    first = place.bring()
    place.documents.put("Contract", long_text(60, changed=30))

    brought = place.bring()

    assert first.embedded > 20
    assert 1 <= brought.embedded <= 3
    assert 1 <= brought.gone <= 3
    assert any("another rule" in text for text in place.embedder.embedded)
    assert "another rule 30" in " ".join(place.contents()["content"])


def test_new_metadata_change_passages_without_embedding_them(place):
    place.documents.put("Contract", long_text(12), dept="Legal")
    place.bring()
    place.documents.put("Contract", long_text(12), dept="Finance")

    brought = place.bring()

    assert (brought.changed, brought.embedded) == (1, 0)
    assert set(place.contents()["dept"]) == {"Finance"}


def test_the_passages_of_a_deleted_document_go(place):
    place.documents.put("Contract", long_text(12))
    place.documents.put("Other", long_text(6))
    place.bring()
    place.documents.delete("Contract")

    brought = place.bring()

    assert brought.removed == 1
    assert set(place.contents()["title"]) == {"Other"}


def test_a_run_that_was_killed_before_it_noted_its_work_leaves_no_passage_behind(place):
    place.documents.put("Contract", long_text(30))
    place.bring()
    # what a killed run leaves: written to the knowledge base, not noted; and then the document changes once more
    place.lake.replace(tables.INDEXED_DOCUMENTS, pl.DataFrame(schema=tables.INDEXED_DOCUMENTS.schema), where=None)
    place.documents.put("Contract", long_text(10))

    place.bring()

    assert "".join(place.contents()["content"]).count("clause 29") == 0
    assert place.base.snapshot(place.generation.generation_id).count(Filter()) == len(place.contents())
    assert place.contents()["doc_id"].to_list() == fresh(place)


def test_passages_that_are_missing_though_noted_are_written_again(place):
    place.documents.put("Contract", long_text(30))
    place.bring()
    complete = place.contents()
    some = complete["doc_id"].to_list()[:2]
    place.base.write(place.generation.generation_id, complete.clear(), place.embedder.embed([]), remove=some)

    place.bring()

    assert place.contents().equals(complete)


def test_a_change_that_was_not_noted_and_then_taken_back_leaves_nothing_behind(place):
    place.documents.put("Contract", long_text(30))
    place.bring()
    complete, noted = place.contents(), place.lake.scan(tables.INDEXED_DOCUMENTS).collect()
    # as many passages as before: only some of them are others
    place.documents.put("Contract", long_text(30).replace("clause 29", "phrase 29"))
    place.bring()
    assert len(place.contents()) == len(complete)
    place.lake.replace(tables.INDEXED_DOCUMENTS, noted, where=None)
    place.documents.put("Contract", long_text(30))

    place.bring()

    assert place.contents().equals(complete)


def test_tens_of_thousands_of_documents_go_at_once(place):
    place.documents.put("Contract", long_text(2))
    place.bring()
    row = place.lake.scan(tables.INDEXED_DOCUMENTS).collect().with_columns(passages=pl.lit([], pl.List(pl.Null)))
    ids = pl.Series("document_id", [f"{n:064x}" for n in range(30_000)])
    rows = row.drop("document_id").join(ids.to_frame(), how="cross").select(row.columns)
    place.lake.replace(tables.INDEXED_DOCUMENTS, rows.cast(dict(tables.INDEXED_DOCUMENTS.schema)), where=None)

    assert place.bring().removed == 30_000

    assert place.lake.scan(tables.INDEXED_DOCUMENTS).collect().height == 1


def fresh(place: Place) -> list[int]:
    """Identities in a generation that is built at once from the same documents."""
    other = Place(Path(place.base.root).parent / "fresh")
    other.documents.rows = place.documents.rows
    other.documents.store()
    other.bring()
    return other.contents()["doc_id"].to_list()
