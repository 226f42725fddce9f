"""Brings a generation of the knowledge base to what the documents say: only what is new is embedded, and a killed run goes on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from assets.documents import tables
from assets.documents.logic.chunking import Chunking
from assets.documents.logic.document import Section
from assets.documents.logic.indexing import Difference, Wanted, difference, wanted_passages
from assets.progress import Progress
from resources.embeddings import Embedder, EmbeddingModel, Vectors
from resources.knowledge_base.analysis import ANALYSIS_VERSION
from resources.knowledge_base.interface import KB_DOCUMENTS, Generation, KnowledgeBase
from resources.lake import Lake

_DOCUMENTS_READ = 1000
"""Documents whose text is in memory at a time."""
_NAMED_AT_ONCE = 2_000
"""Identities in a predicate; many more overflow the stack of the engine that reads it."""
_PASSAGES_WRITTEN = 512
"""Passages that are embedded between two commits: what a killed run has to do again."""
_TEXT = ("document_id", "source_key", "fingerprint", "title", "dept", "created_date", "tags", "language", "text", "sections",
         "page_starts")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Brought:
    """What it took.

    Attributes:
        documents: Documents in force.
        changed: Documents that were cut again.
        removed: Documents whose passages went.
        embedded: Passages that were embedded.
        kept: Passages of changed documents whose vector was there already.
        gone: Passages that were removed.
    """

    documents: int
    changed: int
    removed: int
    embedded: int
    kept: int
    gone: int


def chunking_of(model: EmbeddingModel) -> Chunking:
    """How documents are cut for a model: by what it takes in."""
    return Chunking.for_model(model.max_tokens)


def chunking_identity(model: EmbeddingModel) -> str:
    """Name of that way of cutting, and of making terms; generations of another one hold other passages or terms."""
    return f"{chunking_of(model).identity(model.digest)};terms v{ANALYSIS_VERSION}"


def bring_up_to_date(
    knowledge_base: KnowledgeBase, embedder: Embedder, lake: Lake, generation: Generation, progress: Progress
) -> Brought:
    """Make the generation hold every document in force as it is now, and nothing else.

    Each batch is written to the knowledge base first and noted in `documents/indexed_documents` then. A run that was killed
    between the two writes the batch once more, to the same end.
    """
    work = _Work(knowledge_base, embedder, lake, generation)
    work.reconcile()
    now = lake.scan(tables.DOCUMENTS).select("document_id", "fingerprint").collect()
    there = _indexed(lake, generation)
    gone = there.join(now, on="document_id", how="anti")
    changed = now.join(there, on=["document_id", "fingerprint"], how="anti").sort("document_id")["document_id"].to_list()
    removed = work.remove(gone)
    embedded = kept = dropped = done = 0
    for batch in _batches(lake, changed, there, embedder):
        progress("embedding passages", done, len(changed))
        work.write(batch)
        done += len(batch)
        embedded += sum(len(c.difference.new) for c in batch)
        kept += sum(len(c.difference.kept) for c in batch)
        dropped += sum(len(c.difference.gone) for c in batch)
    return Brought(len(now), len(changed), len(gone), embedded, kept, removed + dropped)


@dataclass(frozen=True, slots=True)
class _Changed:
    """A document that is to be written: its row, its passages, and what of them is new."""

    document: dict[str, Any]
    wanted: list[Wanted]
    difference: Difference

    @property
    def new(self) -> list[str]:
        return [self.wanted[n].embedded for n in self.difference.new]


def _indexed(lake: Lake, generation: Generation) -> pl.DataFrame:
    rows = lake.scan(tables.INDEXED_DOCUMENTS).filter(pl.col("generation_id") == generation.generation_id)
    return rows.select("document_id", "fingerprint", "passages").collect()


def _batches(lake: Lake, changed: Sequence[str], there: pl.DataFrame, embedder: Embedder) -> Iterator[list[_Changed]]:
    """Changed documents, so many at a time that their new passages make a commit worth while."""
    model = embedder.model()
    limits = chunking_of(model)
    known = dict(there.select("document_id", "passages").iter_rows())
    batch: list[_Changed] = []
    for document in _documents(lake, changed):
        sections = [Section(tuple(s["headings"]), s["start"], s["end"]) for s in document["sections"]]
        wanted = wanted_passages(
            document["document_id"], document["title"], document["text"], sections, document["page_starts"],
            offsets=embedder.token_offsets, limits=limits,
        )  # fmt: skip
        before = {p["doc_id"]: p["content_hash"] for p in known.get(document["document_id"]) or ()}
        batch.append(_Changed(document, wanted, difference(wanted, before)))
        if sum(len(c.wanted) for c in batch) >= _PASSAGES_WRITTEN:
            yield batch
            batch = []
    if batch:
        yield batch


def _documents(lake: Lake, ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    for start in range(0, len(ids), _DOCUMENTS_READ):
        some = list(ids[start : start + _DOCUMENTS_READ])
        rows = lake.scan(tables.DOCUMENTS).filter(pl.col("document_id").is_in(some)).select(_TEXT).collect()
        yield from rows.sort("document_id").iter_rows(named=True)


class _Work:
    """Writes to one generation, and notes what is in it."""

    def __init__(self, knowledge_base: KnowledgeBase, embedder: Embedder, lake: Lake, generation: Generation) -> None:
        self._base, self._embedder, self._lake, self._generation = knowledge_base, embedder, lake, generation

    def reconcile(self) -> None:
        """Make the notes agree with the generation, which they may not after a run was killed between the two.

        Passages that nobody noted are removed; documents whose passages are not all there are forgotten, to be written again.
        Equal numbers prove nothing: a killed run may have put one passage in the place of another.
        """
        noted = _indexed(self._lake, self._generation)
        ids = noted["passages"].list.eval(pl.element().struct.field("doc_id")).explode().drop_nulls()
        snapshot = self._base.snapshot(self._generation.generation_id)
        there = snapshot.identities()["doc_id"]
        unnoted = there.filter(~there.is_in(ids.implode())).to_list()
        if unnoted:
            self._write([], self._no_vectors(), unnoted)
        lost = ids.filter(~ids.is_in(there.implode())).implode()
        passages = noted.explode("passages").with_columns(pl.col("passages").struct.field("doc_id"))
        self._note([], passages.filter(pl.col("doc_id").is_in(lost))["document_id"].unique().sort().to_list())

    def remove(self, gone: pl.DataFrame) -> int:
        """Take documents out; returns how many passages they had."""
        ids = [p["doc_id"] for passages in gone["passages"] for p in passages]
        if ids:
            self._write([], self._no_vectors(), ids)
        self._note([], gone["document_id"].to_list())
        return len(ids)

    def write(self, batch: list[_Changed]) -> None:
        """Write a batch of documents in one step, embedding what is new."""
        new = [text for c in batch for text in c.new]
        kept_ids = [c.wanted[n].doc_id for c in batch for n in c.difference.kept]
        rows = [_row(c.document, c.wanted[n], self._generation.model) for c in batch for n in c.difference.new]
        kept = [_row(c.document, c.wanted[n], self._generation.model) for c in batch for n in c.difference.kept]
        gone = [doc_id for c in batch for doc_id in c.difference.gone]
        if new or gone:
            vectors = self._embedder.embed(new) if new else self._no_vectors()
            if kept_ids:  # all of a document changes in one step: readers see no half of it
                vectors = np.concatenate([vectors, self._base.snapshot(self._generation.generation_id).vectors(kept_ids)])
            self._write(rows + kept, vectors, gone)
        elif kept:
            self._base.update(self._generation.generation_id, _frame(kept))
        self._note(batch, [c.document["document_id"] for c in batch])

    def _write(self, rows: list[dict[str, Any]], vectors: Vectors, remove: Sequence[int]) -> None:
        self._base.write(self._generation.generation_id, _frame(rows), vectors, remove=remove)

    def _no_vectors(self) -> Vectors:
        return np.zeros((0, self._generation.model.dimensions), np.float32)

    def _note(self, batch: Sequence[_Changed], document_ids: Sequence[str]) -> None:
        rows = [
            {
                "generation_id": self._generation.generation_id,
                "document_id": c.document["document_id"],
                "fingerprint": c.document["fingerprint"],
                "passages": [{"doc_id": w.doc_id, "content_hash": w.content_hash} for w in c.wanted],
            }
            for c in batch
        ]
        frame = pl.DataFrame(rows, schema=tables.INDEXED_DOCUMENTS.schema)
        for start in range(0, len(document_ids), _NAMED_AT_ONCE):
            some = document_ids[start : start + _NAMED_AT_ONCE]
            named = ", ".join(f"'{found}'" for found in some)  # identities of ours, hexadecimal
            where = f"generation_id = '{self._generation.generation_id}' AND document_id IN ({named})"
            self._lake.replace(tables.INDEXED_DOCUMENTS, frame.filter(pl.col("document_id").is_in(some)), where=where)


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=KB_DOCUMENTS.schema)


def _row(document: dict[str, Any], wanted: Wanted, model: EmbeddingModel) -> dict[str, Any]:
    passage = wanted.passage
    return {
        "doc_id": wanted.doc_id,
        "parent_doc_id": document["document_id"],
        "chunk_no": passage.chunk_no,
        "title": document["title"],
        "heading": passage.heading,
        "dept": document["dept"],
        "tags": document["tags"],
        "created_date": document["created_date"],
        "language": document["language"],
        "source_key": document["source_key"],
        "page": passage.page,
        "start_offset": passage.start,
        "end_offset": passage.end,
        "content": passage.content,
        "model_version": model.version,
    }
