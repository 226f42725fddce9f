"""Vectors that were stored together: compared one by one, or found by a graph over them.

The graph is a hierarchical navigable small world (Malkov and Yashunin, 2016) by usearch, in half precision; what it finds is
compared again in single precision, so that a score does not depend on how it was found.
"""

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from resources.embeddings import Vectors
from resources.knowledge_base.embedded.files import StoredFile, damaged, open_file, write_file
from resources.knowledge_base.embedded.manifest import VectorsEntry

if TYPE_CHECKING:
    from usearch.index import Index

_NEIGHBOURS = 16
_EFFORT_BUILDING = 128
_BLOCK = 512
"""Vectors gathered at a time: as many as stay in the processor's cache until they are compared."""
_CHUNK = 16_384


class VectorPart:
    """The open vectors of one entry of the manifest."""

    def __init__(self, folder: Path, entry: VectorsEntry, dimensions: int, *, thoroughly: bool = False) -> None:
        self._folder, self.entry = folder, entry
        content = open_file(folder, entry.vectors, thoroughly=thoroughly)
        if len(content) != entry.rows * dimensions * 4:
            raise damaged(folder / entry.vectors.name, "it does not hold the number of vectors that it should")
        self.matrix: Vectors = np.frombuffer(content, "<f4").reshape(entry.rows, dimensions)
        self._graph_file = open_file(folder, entry.graph) if entry.graph else None

    def similarities(self, vector: Vectors, rows: NDArray[np.int64] | None = None) -> NDArray[np.float32]:
        """Cosine similarity to each of the rows, or to all."""
        if rows is None:
            return self.matrix @ vector
        scores = np.empty(len(rows), np.float32)
        for start in range(0, len(rows), _BLOCK):
            scores[start : start + _BLOCK] = self.matrix[rows[start : start + _BLOCK]] @ vector
        return scores

    def neighbours(self, vector: Vectors, count: int) -> NDArray[np.int64]:
        """Rows of about the nearest `count` vectors by the graph, nearest first."""
        found: NDArray[np.int64] = self._graph.search(vector, min(count, self.entry.rows), threads=1).keys.astype(np.int64)
        return found

    @cached_property
    def _graph(self) -> "Index":
        from usearch.index import Index

        if self._graph_file is None or self.entry.graph is None:
            raise ValueError("there is no graph over these vectors")
        path = self._folder / self.entry.graph.name
        try:
            graph = Index.restore(self._graph_file.obj, view=True, enable_key_lookups=False)
        except (RuntimeError, ValueError) as error:
            raise damaged(path, f"it cannot be read ({error})") from error
        if graph is None or len(graph) != self.entry.rows:
            raise damaged(path, "it is no graph of these vectors")
        return graph


def write_vectors(folder: Path, number: int, chunks: Iterable[Vectors]) -> StoredFile:
    """A new file of vectors, written chunk by chunk."""

    def write(path: Path) -> None:
        with path.open("wb") as stream:
            for chunk in chunks:
                stream.write(np.ascontiguousarray(chunk, "<f4").data if chunk.size else b"")

    return write_file(folder, f"vectors-{number:06}.f32", write)


def write_graph(folder: Path, number: int, vectors: Vectors) -> StoredFile:
    """A new graph over vectors, on all processors; it takes about 1.6 kB of memory for each of 384 dimensions."""
    from usearch.index import Index

    graph = Index(
        ndim=vectors.shape[1], metric="cos", dtype="f16", connectivity=_NEIGHBOURS, expansion_add=_EFFORT_BUILDING,
        enable_key_lookups=False,
    )  # fmt: skip
    for start in range(0, len(vectors), _CHUNK):
        chunk = vectors[start : start + _CHUNK]
        graph.add(np.arange(start, start + len(chunk)), chunk)
    return write_file(folder, f"vectors-{number:06}.graph", lambda path: graph.save(str(path)))
