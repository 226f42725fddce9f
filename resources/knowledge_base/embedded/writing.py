"""How a generation changes: every change makes new files and a new manifest, and leaves those that readers have open alone.

Removed and replaced passages are marked dead in their segment; segments of about the same size are merged when there are
many (a log-structured merge, as in Lucene), so that a passage is rewritten a few times at most.
"""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from resources.embeddings import Vectors
from resources.errors import NotFound
from resources.knowledge_base.analysis import passage_terms
from resources.knowledge_base.embedded.lexical import Moved
from resources.knowledge_base.embedded.manifest import Manifest, SegmentEntry, VectorsEntry
from resources.knowledge_base.embedded.segment import BATCH, Content, Segment, write_dead, write_segment
from resources.knowledge_base.embedded.vectors import VectorPart, write_graph, write_vectors
from resources.knowledge_base.fingerprints import fingerprints

_TIER = 8
"""Segments of a size that are merged into one of the next size."""
_SMALLEST_TIER = 1024
_WORTH_A_GRAPH = 0.2
"""Share of passages without a graph, or of removed ones in it, from which on a new graph over all is built."""
_MOST_GRAPHS = 4


@dataclass(frozen=True, slots=True)
class Writer:
    """Makes the next manifest of a generation; the caller holds its lock and commits what comes back."""

    folder: Path
    manifest: Manifest
    index_from: int

    def written(self, rows: pl.DataFrame, vectors: Vectors, remove: Collection[int]) -> Manifest:
        """With rows added or replaced, and others removed."""
        gone = np.unique(np.concatenate([rows["doc_id"].to_numpy(), np.fromiter(remove, np.int64, len(remove))]))
        segments, number = self._without(gone)
        if not rows.height:
            return self.manifest.with_segments(segments, self.manifest.vectors, number)
        order = rows["doc_id"].arg_sort().to_numpy()
        entry = VectorsEntry(rows.height, write_vectors(self.folder, number, [vectors[order]]), None)
        added = write_segment(self.folder, number, _content(rows[order], number, None))
        return self.manifest.with_segments((*segments, added), {**self.manifest.vectors, number: entry}, number + 1)

    def updated(self, rows: pl.DataFrame) -> Manifest:
        """With everything but the vectors of these rows replaced. Raises NotFound if one is not there."""
        rows = rows.sort("doc_id")
        doc_ids = rows["doc_id"].to_numpy()
        vectors_of, vector_rows = np.full(rows.height, -1, np.int64), np.empty(rows.height, np.int64)
        for entry in self.manifest.segments:
            segment = Segment(self.folder, entry)
            rows_here = segment.row_of(doc_ids)
            found = rows_here >= 0
            vectors_of[found], vector_rows[found] = entry.vectors, segment.vector_rows_of(rows_here[found])
        if (vectors_of < 0).any():
            missing = doc_ids[vectors_of < 0]
            raise NotFound(f"there is no passage {missing[0]} ({len(missing)} are missing)", "Write them with their vectors.")
        segments, number = self._without(doc_ids)
        added = []
        for vectors in np.unique(vectors_of).tolist():
            here = np.flatnonzero(vectors_of == vectors)
            added.append(write_segment(self.folder, number, _content(rows[here], vectors, vector_rows[here])))
            number += 1
        return self.manifest.with_segments((*segments, *added), self.manifest.vectors, number)

    def merged(self) -> Manifest | None:
        """With segments of about the same size made one; None if no size has many. No graph is built or lost of large ones."""
        sizes: dict[int, list[SegmentEntry]] = {}
        for entry in self.manifest.segments:
            if entry.rows < self.index_from or not self.manifest.vectors[entry.vectors].graph:
                sizes.setdefault(_tier(entry.live_rows), []).append(entry)
        many = next((entries for _, entries in sorted(sizes.items()) if len(entries) >= _TIER), None)
        return self._as_one(many) if many else None

    def optimised(self) -> Manifest:
        """In the shape that answers quickest for the least rewriting; removed passages are gone from all but the vectors."""
        graphs = {number for number, entry in self.manifest.vectors.items() if entry.graph}
        if self._pays_to_rebuild(graphs):
            return self._in_shape(self.manifest.segments, graph=self.manifest.live_rows >= self.index_from)
        manifest = self.manifest
        for number in sorted(graphs):
            inside = [entry for entry in manifest.segments if entry.vectors == number]
            if len(inside) > 1 or any(entry.dead_rows for entry in inside):
                manifest = replace(self, manifest=manifest)._with_same_vectors(inside)
        outside = [entry for entry in manifest.segments if entry.vectors not in graphs]
        graph = sum(entry.live_rows for entry in outside) >= self.index_from
        return replace(self, manifest=manifest)._in_shape(outside, graph=graph)

    def _pays_to_rebuild(self, graphs: Collection[int]) -> bool:
        manifest = self.manifest
        if manifest.live_rows < self.index_from or not graphs:
            return True
        inside = sum(entry.live_rows for entry in manifest.segments if entry.vectors in graphs)
        dead = sum(manifest.vectors[number].rows for number in graphs) - inside
        outside = manifest.live_rows - inside
        return len(graphs) > _MOST_GRAPHS or dead + outside > _WORTH_A_GRAPH * manifest.live_rows

    def _in_shape(self, entries: Sequence[SegmentEntry], *, graph: bool) -> Manifest:
        """With these segments made one, unless they are one without dead rows that has the graph it should."""
        if not entries:
            return self.manifest
        vectors = self.manifest.vectors[entries[0].vectors]
        whole = len(entries) == 1 and not entries[0].dead_rows and vectors.rows == entries[0].rows
        if whole and bool(vectors.graph) == graph:
            return self.manifest
        return self._as_one(entries, graph=graph)

    def _as_one(self, entries: Sequence[SegmentEntry], *, graph: bool = False) -> Manifest:
        sources = _Sources(self.folder, self.manifest, entries)
        number = self.manifest.next_number
        stored = write_vectors(self.folder, number, sources.vectors())
        entry = VectorsEntry(len(sources.rows), stored, None)
        if graph:
            matrix = VectorPart(self.folder, entry, self.manifest.model.dimensions).matrix
            entry = replace(entry, graph=write_graph(self.folder, number, matrix))
        one = write_segment(self.folder, number, sources.content(number, None))
        return self._instead(entries, one, {**self.manifest.vectors, number: entry})

    def _with_same_vectors(self, entries: Sequence[SegmentEntry]) -> Manifest:
        sources = _Sources(self.folder, self.manifest, entries)
        content = sources.content(entries[0].vectors, sources.vector_rows())
        one = write_segment(self.folder, self.manifest.next_number, content)
        return self._instead(entries, one, self.manifest.vectors)

    def _instead(self, entries: Sequence[SegmentEntry], one: SegmentEntry, vectors: Mapping[int, VectorsEntry]) -> Manifest:
        others = tuple(entry for entry in self.manifest.segments if entry not in entries)
        return self.manifest.with_segments((*others, one), vectors, self.manifest.next_number + 1)

    def _without(self, doc_ids: NDArray[np.int64]) -> tuple[tuple[SegmentEntry, ...], int]:
        """The segments with these passages marked dead, and the next number for a file."""
        number, segments = self.manifest.next_number, []
        for entry in self.manifest.segments:
            segment = Segment(self.folder, entry)
            rows = segment.row_of(doc_ids)
            rows = rows[rows >= 0]
            if len(rows):
                live = segment.live.copy()
                live[rows] = False
                dead_rows = entry.rows - int(np.count_nonzero(live))
                entry = replace(entry, dead=write_dead(self.folder, number, live), dead_rows=dead_rows)
                number += 1
            segments.append(entry)
        return tuple(segments), number


class _Sources:
    """Living passages of several segments, ordered by `doc_id`, read in pieces so that memory is bounded."""

    def __init__(self, folder: Path, manifest: Manifest, entries: Sequence[SegmentEntry]) -> None:
        self._segments = [Segment(folder, entry, thoroughly=True) for entry in entries]
        dimensions = manifest.model.dimensions
        numbers = {entry.vectors for entry in entries}
        self._parts = {n: VectorPart(folder, manifest.vectors[n], dimensions, thoroughly=True) for n in numbers}
        owners = [np.full(entry.live_rows, n, np.int32) for n, entry in enumerate(entries)]
        rows = [np.flatnonzero(segment.live) for segment in self._segments]
        self._doc_ids = np.concatenate([s.doc_ids[r] for s, r in zip(self._segments, rows, strict=True)])
        order = np.argsort(self._doc_ids)
        self._doc_ids = self._doc_ids[order]
        self._owners, self.rows = np.concatenate(owners)[order], np.concatenate(rows)[order]

    def content(self, vectors: int, vector_rows: NDArray[np.int64] | None) -> Content:
        """What one segment of them is made of."""
        lengths, prints = np.empty(len(self.rows), np.float32), np.empty((len(self.rows), 16), np.uint8)
        postings = []
        for number, segment in enumerate(self._segments):
            here = np.flatnonzero(self._owners == number)
            to = np.full(segment.entry.rows, -1, np.int64)
            to[self.rows[here]] = here
            postings.append(segment.postings.moved(to))
            lengths[here] = segment.postings.lengths[self.rows[here]]
            prints[here] = segment.fingerprints[self.rows[here]]
        return Content(self._doc_ids, prints, self._batches(), postings, lengths, vectors, vector_rows)

    def vectors(self) -> Iterator[Vectors]:
        """Their vectors, in pieces."""
        for start in range(0, len(self.rows), BATCH):
            owners, rows = self._owners[start : start + BATCH], self.rows[start : start + BATCH]
            piece = np.empty((len(rows), next(iter(self._parts.values())).matrix.shape[1]), np.float32)
            for number in np.unique(owners).tolist():
                segment, here = self._segments[number], owners == number
                piece[here] = self._parts[segment.entry.vectors].matrix[segment.vector_rows_of(rows[here])]
            yield piece

    def vector_rows(self) -> NDArray[np.int64]:
        """Where their vectors are, all segments having the same ones."""
        at = np.empty(len(self.rows), np.int64)
        for number, segment in enumerate(self._segments):
            here = self._owners == number
            at[here] = segment.vector_rows_of(self.rows[here])
        return at

    def _batches(self) -> Iterator[pl.DataFrame]:
        for start in range(0, len(self.rows), BATCH):
            owners, rows = self._owners[start : start + BATCH], self.rows[start : start + BATCH]
            frames, places = [], []
            for number in np.unique(owners).tolist():
                here = np.flatnonzero(owners == number)
                frames.append(self._segments[number].passages(rows[here]))
                places.append(here)
            yield pl.concat(frames)[np.argsort(np.concatenate(places))]


def _content(rows: pl.DataFrame, vectors: int, vector_rows: NDArray[np.int64] | None) -> Content:
    """What a segment of new rows, ordered by `doc_id`, is made of."""
    terms = [passage_terms(*row) for row in rows.select("title", "heading", "content").iter_rows()]
    lengths = np.array([sum(passage.values()) for passage in terms], np.float32)
    prints = np.frombuffer(bytes.fromhex("".join(fingerprints(rows))), np.uint8).reshape(-1, 16)
    batches = rows.iter_slices(BATCH)
    return Content(rows["doc_id"].to_numpy(), prints, batches, [Moved.of_passages(terms)], lengths, vectors, vector_rows)


def _tier(rows: int) -> int:
    return max(0, int(math.log(max(rows, 1) / _SMALLEST_TIER, _TIER)) + (rows > _SMALLEST_TIER))
