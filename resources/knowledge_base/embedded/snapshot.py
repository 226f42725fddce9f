"""Answers from a generation as it was at one moment: its files stay mapped, whatever is written or deleted meanwhile."""

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from resources.embeddings import Vectors
from resources.errors import NotFound
from resources.knowledge_base import bm25
from resources.knowledge_base.analysis import analyse
from resources.knowledge_base.embedded.manifest import Manifest, SegmentEntry, VectorsEntry
from resources.knowledge_base.embedded.planner import Choice, Situation, choose
from resources.knowledge_base.embedded.ranking import best, ranked
from resources.knowledge_base.embedded.segment import Segment
from resources.knowledge_base.embedded.vectors import VectorPart
from resources.knowledge_base.interface import KB_DOCUMENTS, Filter, Generation, Hits, IndexStatistics, Plan, Snapshot
from resources.knowledge_base.rows import checked_k, checked_query

_DENSE = 0.3
"""Share of a segment's rows from which on comparing all of them is quicker than gathering some."""
Candidates = tuple[NDArray[np.float32], NDArray[np.int64]]
"""Scores and rows."""


class EmbeddedSnapshot(Snapshot):
    """See Snapshot. Rows are numbered through the segments; answers are the same however these are cut."""

    def __init__(
        self, folder: Path, generation: Generation, manifest: Manifest, former: "EmbeddedSnapshot | None" = None
    ) -> None:
        """Map the files.

        Args:
            folder: Of the generation.
            generation: As it is now.
            manifest: As it is now.
            former: An earlier snapshot, whose open files are used again where they are the same.

        Raises:
            FileNotFoundError: The manifest was replaced meanwhile.
            BadInput: A file is damaged.
        """
        self.generation, self.manifest, self._folder = generation, manifest, folder
        reusable = former if former is not None and former._folder == folder else None
        opened: dict[SegmentEntry, Segment] = {s.entry: s for s in reusable.segments} if reusable else {}
        parts: dict[VectorsEntry, VectorPart] = {p.entry: p for p in reusable.parts.values()} if reusable else {}
        self.segments: list[Segment] = [opened.get(entry) or Segment(folder, entry) for entry in manifest.segments]
        self.parts: dict[int, VectorPart] = {
            number: parts.get(entry) or VectorPart(folder, entry, manifest.model.dimensions)
            for number, entry in manifest.vectors.items()
        }
        self._starts = np.cumsum([0, *(entry.rows for entry in manifest.segments)], dtype=np.int64)

    def nearest(self, vector: Vectors, where: Filter, k: int, *, exact: bool = False) -> Hits:
        """See Snapshot."""
        vector = checked_query(vector, k, self.generation.model)
        passing = self._passing(where)
        matches = int(np.count_nonzero(passing))
        choice = choose(self._situation(matches, k), exact=exact)
        if choice.kind == "index":
            found, choice = self._by_graphs(vector, passing, k, choice)
        else:
            found = self._compared(vector, passing, k)
        return self._hits(found, k, choice, matches)

    def analyse(self, text: str) -> list[str]:
        """See Snapshot."""
        return analyse(text)

    def matching(self, terms: Mapping[str, float], where: Filter, k: int) -> Hits:
        """See Snapshot."""
        checked_k(k)
        passing = self._passing(where)
        scores, touched = np.zeros(len(passing), np.float32), np.zeros(len(passing), np.bool_)
        for term, weight in terms.items():
            occurs_in = self._document_frequency(term)
            idf = weight * bm25.inverse_document_frequency(occurs_in, self.generation.rows)
            for segment, start in zip(self.segments, self._starts, strict=False):
                inside, frequencies = segment.postings.of(term)
                lengths = segment.postings.lengths[inside]
                scores[start + inside] += bm25.contribution(frequencies, lengths, self._mean_length, idf)
                touched[start + inside] = True
        rows = np.flatnonzero(passing & touched)
        matches = int(np.count_nonzero(passing))
        reason = f"{len(rows):,} of the {matches:,} passages that pass the filter hold a term"
        return self._hits(best(scores[rows], rows, k), k, Choice("index", reason), matches)

    def document_frequencies(self, terms: Collection[str]) -> dict[str, int]:
        """See Snapshot."""
        return {term: self._document_frequency(term) for term in terms}

    def count(self, where: Filter) -> int:
        """See Snapshot."""
        return int(np.count_nonzero(self._passing(where)))

    def rows(self, doc_ids: Sequence[int] | NDArray[np.int64]) -> pl.DataFrame:
        """See Snapshot."""
        rows = self._rows_of(doc_ids)
        return self.passages(rows[rows >= 0])

    def vectors(self, doc_ids: Sequence[int] | NDArray[np.int64]) -> Vectors:
        """See Snapshot."""
        rows = self._rows_of(doc_ids)
        if (rows < 0).any():
            unknown = np.asarray(doc_ids)[rows < 0]
            raise NotFound(f"there is no passage {unknown[0]} ({len(unknown)} are missing)", "Ask for those of `identities`.")
        return self.vectors_at(rows)

    def identities(self) -> pl.DataFrame:
        """See Snapshot."""
        digits = [s.fingerprints[s.live].tobytes().hex() for s in self.segments]
        fingerprints = [text[n : n + 32] for text in digits for n in range(0, len(text), 32)]
        doc_ids = np.concatenate([np.empty(0, np.int64), *(s.doc_ids[s.live] for s in self.segments)])
        schema = {"doc_id": pl.Int64, "fingerprint": pl.String}
        return pl.DataFrame({"doc_id": doc_ids, "fingerprint": fingerprints}, schema=schema).sort("doc_id")

    def statistics(self) -> IndexStatistics:
        """See Snapshot."""
        manifest = self.manifest
        stored = sum(entry.rows for entry in manifest.vectors.values())
        outside = manifest.live_rows - self._in_graphs if self._graphs else 0
        dead = max(stored, sum(entry.rows for entry in manifest.segments)) - manifest.live_rows
        return IndexStatistics(
            rows=manifest.live_rows,
            bytes=sum(file.size for file in manifest.files()),
            fragmentation=min(1.0, (dead + outside) / stored) if stored else 0.0,
            parts=len(self.segments),
            details={
                "dead rows": dead,
                "rows outside the index": manifest.live_rows - self._in_graphs,
                "vectors bytes": sum(entry.vectors.size for entry in manifest.vectors.values()),
                "index bytes": sum(entry.graph.size for entry in manifest.vectors.values() if entry.graph),
                "text bytes": sum(entry.passages.size for entry in manifest.segments),
            },
        )

    def passages(self, rows: NDArray[np.int64]) -> pl.DataFrame:
        """Passages by row number, in the order asked for."""
        chosen, frames = [np.empty(0, np.int64)], [pl.DataFrame(schema=KB_DOCUMENTS.schema)]
        for segment, here, inside in self._routed(rows):
            frames.append(segment.passages(inside))
            chosen.append(here)
        return pl.concat(frames)[np.argsort(np.concatenate(chosen))]

    def vectors_at(self, rows: NDArray[np.int64]) -> Vectors:
        """Vectors by row number, in the order asked for."""
        vectors = np.empty((len(rows), self.generation.model.dimensions), np.float32)
        for segment, here, inside in self._routed(rows):
            vectors[here] = self.parts[segment.entry.vectors].matrix[segment.vector_rows_of(inside)]
        return vectors

    def _routed(self, rows: NDArray[np.int64]) -> list[tuple[Segment, NDArray[np.int64], NDArray[np.int64]]]:
        """For each segment concerned: which of the rows asked for it holds, and their numbers inside it."""
        owners = np.searchsorted(self._starts, rows, side="right") - 1
        routed = []
        for number in np.unique(owners).tolist():
            here = np.flatnonzero(owners == number)
            routed.append((self.segments[number], here, rows[here] - self._starts[number]))
        return routed

    def _rows_of(self, doc_ids: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
        wanted = np.asarray(doc_ids, dtype=np.int64)
        rows = np.full(len(wanted), -1, np.int64)
        for segment, start in zip(self.segments, self._starts, strict=False):
            inside = segment.row_of(wanted)
            rows = np.where(inside >= 0, start + inside, rows)
        return rows

    def _passing(self, where: Filter) -> NDArray[np.bool_]:
        masks = [s.live if where.passes_everything else s.filters.passing(where) & s.live for s in self.segments]
        return masks[0] if len(masks) == 1 else np.concatenate([np.empty(0, np.bool_), *masks])

    def _situation(self, matches: int, k: int) -> Situation:
        return Situation(self.generation.rows, matches, self._in_graphs, len(self._graphs), k)

    @cached_property
    def _graphs(self) -> dict[int, NDArray[np.int64]]:
        """For each vectors with a graph the row that each of them belongs to, -1 for those that were removed."""
        graphs = {}
        for number, part in self.parts.items():
            if part.entry.graph is None:
                continue
            owners = np.full(part.entry.rows, -1, np.int64)
            for segment, start in zip(self.segments, self._starts, strict=False):
                if segment.entry.vectors == number:
                    rows = np.flatnonzero(segment.live)
                    owners[segment.vector_rows_of(rows)] = start + rows
            graphs[number] = owners
        return graphs

    @cached_property
    def _in_graphs(self) -> int:
        return sum(segment.live_rows for segment in self.manifest.segments if self.manifest.vectors[segment.vectors].graph)

    def _compared(
        self, vector: Vectors, passing: NDArray[np.bool_], k: int, vectors: Collection[int] | None = None
    ) -> Candidates:
        """The best of the passing rows whose vectors are among those given, all of them compared."""
        candidates = []
        for segment, start, end in zip(self.segments, self._starts[:-1], self._starts[1:], strict=True):
            number = segment.entry.vectors
            if vectors is not None and number not in vectors:
                continue
            rows = np.flatnonzero(passing[start:end])
            part = self.parts[number]
            if segment.vector_rows is None and len(rows) > _DENSE * segment.entry.rows:
                scores = part.similarities(vector)
                scores = scores if len(rows) == len(scores) else scores[rows]
            else:
                scores = part.similarities(vector, segment.vector_rows_of(rows))
            scores, rows = best(scores, rows, k)
            candidates.append((scores, start + rows))
        return _together(candidates)

    def _by_graphs(self, vector: Vectors, passing: NDArray[np.bool_], k: int, choice: Choice) -> tuple[Candidates, Choice]:
        """The best by the graphs. One that leads to too few is given up, and its vectors are compared."""
        found, given_up = [], [number for number in self.parts if number not in self._graphs]
        outside = len(given_up)
        for number, owners in self._graphs.items():
            part = self.parts[number]
            vector_rows = part.neighbours(vector, choice.candidates)
            rows = owners[vector_rows]
            passes = (rows >= 0) & passing[rows]
            vector_rows, rows = vector_rows[passes], rows[passes]
            if len(rows) < k and len(rows) < np.count_nonzero(passing[owners[owners >= 0]]):
                given_up.append(number)
            else:
                found.append(best(part.similarities(vector, vector_rows), rows, k))
        if given_up:
            found.append(self._compared(vector, passing, k, given_up))
        if len(given_up) > outside:
            reason = f"{choice.reason}, but too few of them pass: what passes is far from the question, and each is compared"
            choice = Choice("pre-filter", reason)
        return _together(found), choice

    def _document_frequency(self, term: str) -> int:
        return sum(int(np.count_nonzero(s.live[s.postings.of(term)[0]])) for s in self.segments)

    @cached_property
    def _mean_length(self) -> float:
        """Mean of the weighted lengths of all passages, 0 if there are none."""
        total = sum(float(s.postings.lengths[s.live].sum(dtype=np.float64)) for s in self.segments)
        return total / max(self.generation.rows, 1)

    def _hits(self, found: Candidates, k: int, choice: Choice, matches: int) -> Hits:
        scores, rows = found
        doc_ids = np.empty(len(rows), np.int64)
        for segment, here, inside in self._routed(rows):
            doc_ids[here] = segment.doc_ids[inside]
        scores, doc_ids = ranked(scores, doc_ids, k)
        return Hits(doc_ids, scores, Plan(choice.kind, matches, self.generation.rows, choice.reason))


def _together(candidates: list[Candidates]) -> Candidates:
    scores = np.concatenate([np.empty(0, np.float32), *(scores for scores, _ in candidates)])
    return scores, np.concatenate([np.empty(0, np.int64), *(rows for _, rows in candidates)])
