"""Passages that were stored together: their text, what filters look at, their terms, and where their vectors are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from resources.knowledge_base.embedded.arrays import Arrays, read_arrays, write_arrays
from resources.knowledge_base.embedded.files import StoredFile, open_file, write_file
from resources.knowledge_base.embedded.filters import FILTERED, FilterColumns, filter_arrays
from resources.knowledge_base.embedded.lexical import Moved, Postings, posting_arrays
from resources.knowledge_base.embedded.manifest import SegmentEntry
from resources.knowledge_base.interface import KB_DOCUMENTS

if TYPE_CHECKING:
    import pyarrow as pa

BATCH = 16_384
"""Passages that are read or written at a time when segments are merged."""


class Segment:
    """An open segment; rows are ordered by `doc_id`. Its files are mapped at once, and looked into when something asks."""

    def __init__(self, folder: Path, entry: SegmentEntry, *, thoroughly: bool = False) -> None:
        self.entry = entry
        self._passages = open_file(folder, entry.passages, thoroughly=thoroughly)
        self._columns = open_file(folder, entry.columns, thoroughly=thoroughly)
        self._dead = open_file(folder, entry.dead) if entry.dead else None

    @cached_property
    def _arrays(self) -> Arrays:
        return read_arrays(self._columns)

    @cached_property
    def doc_ids(self) -> NDArray[np.int64]:
        """Ascending, those of dead rows too."""
        return self._arrays["doc_ids"]

    @cached_property
    def fingerprints(self) -> NDArray[np.uint8]:
        """Shape (rows, 16)."""
        return self._arrays["fingerprints"]

    @cached_property
    def vector_rows(self) -> NDArray[np.int64] | None:
        """Row of each passage's vector in the vectors of the segment; None if they are the same, without gap."""
        return self._arrays.get("vector_rows")

    @cached_property
    def live(self) -> NDArray[np.bool_]:
        """Which rows were neither removed nor replaced."""
        if self._dead is None:
            return np.ones(self.entry.rows, np.bool_)
        bits = np.unpackbits(np.frombuffer(self._dead, np.uint8), count=self.entry.rows)
        return np.equal(bits, 0)

    @cached_property
    def filters(self) -> FilterColumns:
        """For metadata filters."""
        return FilterColumns(self._arrays)

    @cached_property
    def postings(self) -> Postings:
        """For lexical search."""
        return Postings(self._arrays)

    def row_of(self, doc_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Row of each, -1 for those that are not (or no more) here."""
        rows = np.searchsorted(self.doc_ids, doc_ids)
        inside = np.minimum(rows, self.entry.rows - 1)
        return np.where((self.doc_ids[inside] == doc_ids) & self.live[inside], inside, -1)

    def vector_rows_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where their vectors are."""
        return rows if self.vector_rows is None else self.vector_rows[rows]

    def passages(self, rows: NDArray[np.int64]) -> pl.DataFrame:
        """Rows with the columns of `KB_DOCUMENTS`, in the order asked for."""
        batches: list[pl.DataFrame] = []
        place, done = np.empty(len(rows), np.int64), 0
        for number in np.unique(rows // BATCH).tolist():
            here = np.flatnonzero(rows // BATCH == number)
            batches.append(pl.DataFrame(self._batches.get_batch(number).take(pl.Series(rows[here] - number * BATCH).to_arrow())))
            place[here] = np.arange(done, done + len(here))
            done += len(here)
        if not batches:
            return pl.DataFrame(schema=KB_DOCUMENTS.schema)
        columns = (pl.col(name).cast(dtype) for name, dtype in KB_DOCUMENTS.schema.items())
        return pl.concat(batches)[place].select(columns)

    @cached_property
    def _batches(self) -> "pa.RecordBatchFileReader":
        import pyarrow as pa

        return pa.ipc.open_file(pa.py_buffer(self._passages))


@dataclass(frozen=True, slots=True)
class Content:
    """What a new segment is made of.

    Attributes:
        doc_ids: Ascending.
        fingerprints: Shape (rows, 16).
        batches: The passages in that order, `BATCH` at a time; read once.
        postings: Their terms.
        lengths: Sum of the weighted frequencies of each.
        vectors: Number of the vectors that they point into.
        vector_rows: Where; None for the same order without gap.
    """

    doc_ids: NDArray[np.int64]
    fingerprints: NDArray[np.uint8]
    batches: Iterable[pl.DataFrame]
    postings: Sequence[Moved]
    lengths: NDArray[np.float32]
    vectors: int
    vector_rows: NDArray[np.int64] | None = None


def write_segment(folder: Path, number: int, content: Content) -> SegmentEntry:
    """Its files, not yet named by a manifest."""
    filtered: list[pl.DataFrame] = []
    passages = write_file(folder, f"segment-{number:06}.arrow", lambda path: _write_passages(path, content.batches, filtered))
    arrays: dict[str, NDArray[Any]] = {"doc_ids": content.doc_ids, "fingerprints": content.fingerprints}
    if content.vector_rows is not None:
        arrays["vector_rows"] = content.vector_rows
    arrays |= filter_arrays(pl.concat(filtered)) | posting_arrays(content.postings, content.lengths)
    columns = write_file(folder, f"segment-{number:06}.arrays", lambda path: write_arrays(path, arrays))
    return SegmentEntry(len(content.doc_ids), passages, columns, content.vectors)


def write_dead(folder: Path, number: int, live: NDArray[np.bool_]) -> StoredFile:
    """A bit per row, 1 for dead ones."""
    return write_file(folder, f"dead-{number:06}.bits", lambda path: _write_bytes(path, np.packbits(~live).tobytes()))


def _write_bytes(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _write_passages(path: Path, batches: Iterable[pl.DataFrame], filtered: list[pl.DataFrame]) -> None:
    import pyarrow as pa

    oldest = pl.CompatLevel.oldest()
    schema = pl.DataFrame(schema=KB_DOCUMENTS.schema).to_arrow(compat_level=oldest).schema
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema) as stream:
        for batch in batches:
            filtered.append(batch.select(FILTERED))
            for record_batch in batch.rechunk().to_arrow(compat_level=oldest).combine_chunks().to_batches():
                stream.write_batch(record_batch)
