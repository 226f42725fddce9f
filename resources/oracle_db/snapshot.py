"""A generation as one read-only transaction sees it: neighbours, words, filters and rows."""

import weakref
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from resources.embeddings import Vectors
from resources.errors import BadInput, CloudOpsError, Denied, NotFound
from resources.knowledge_base import analysis
from resources.knowledge_base.interface import (
    KB_DOCUMENTS,
    Filter,
    Hits,
    IndexStatistics,
    Plan,
    PlanKind,
    Snapshot,
)
from resources.knowledge_base.rows import checked_k, checked_query
from resources.oracle_db import words
from resources.oracle_db.conditions import Binds, all_of, bound, conditions
from resources.oracle_db.connections import selected
from resources.oracle_db.errors import StaleVectorIndex, translated
from resources.oracle_db.generations import StoredGeneration
from resources.oracle_db.vector_ddl import METRIC, Names
from resources.oracle_db.vectors import as_bind

T = TypeVar("T")

_IDS_A_STATEMENT = 500
_TERMS_A_STATEMENT = 50
_COLUMNS = tuple(name for name in KB_DOCUMENTS.schema if name != "tags")
_NEVER_NULL = {column.name for column in KB_DOCUMENTS.columns if not column.nullable and column.dtype == pl.String()}


@dataclass(frozen=True, slots=True)
class Tuning:
    """How neighbours are looked up.

    Attributes:
        exact_rows: Up to so many matches are all compared.
        target_accuracy: Accuracy asked of the index, in percent.
    """

    exact_rows: int
    target_accuracy: int


class OracleSnapshot(Snapshot):
    """All that it answers is from one read-only transaction, on a session that it holds until it is closed or forgotten.

    Words are the exception: Oracle Text finds nothing that came later either, but not what was removed or changed since.
    """

    def __init__(self, connection: Any, held: ExitStack, stored: StoredGeneration, names: Names, tuning: Tuning) -> None:  # noqa: ANN401
        self.generation = stored.generation
        self._connection = connection
        self._stored = stored
        self._tuning = tuning
        self._names = names
        self._documents = names.documents(stored.number)
        self._tags = names.tags(stored.number)
        self._release = weakref.finalize(self, _end, held)
        self._release.atexit = False

    def close(self) -> None:
        """See Snapshot. The session goes back, and nothing can be asked any more."""
        self._release()

    def _selected(self, what: str, sql: str, binds: Binds | None = None) -> list[tuple[Any, ...]]:
        if not self._release.alive:
            raise BadInput("the snapshot is closed", "Take a new one.")
        with translated(f"{what} of generation {self.generation.generation_id}"):
            return selected(self._connection, sql, binds)

    def nearest(self, vector: Vectors, where: Filter, k: int, *, exact: bool = False) -> Hits:
        """See Snapshot."""
        vector = checked_query(vector, k, self.generation.model)
        matches = self.count(where)
        rows = self.generation.rows
        kind, reason = self._planned(matches, where, exact=exact)
        wanted = min(k, matches)
        if wanted == 0:
            return _no_hits(Plan(kind, matches, rows, reason))
        found: list[tuple[Any, ...]] = []
        if kind == "index":
            try:
                found = self._neighbours(vector, where, wanted, approximate=True)
            except StaleVectorIndex:
                reason = "the index in memory has moved on since the snapshot was taken"
            else:
                if len(found) < wanted:
                    reason = f"the index found {len(found)} of {wanted}"
            if len(found) < wanted:
                kind = _exhaustive(where)
        if kind != "index":
            found = self._neighbours(vector, where, wanted, approximate=False)
        return _hits([(doc_id, 1.0 - distance) for doc_id, distance in found], Plan(kind, matches, rows, reason))

    def _planned(self, matches: int, where: Filter, *, exact: bool) -> tuple[PlanKind, str]:
        if exact:
            return _exhaustive(where), "exact search was asked for"
        if self._stored.vector_index is None:
            return _exhaustive(where), "there is no vector index"
        if matches <= self._tuning.exact_rows:
            return _exhaustive(where), f"{matches} matches, at most {self._tuning.exact_rows} are all compared"
        return "index", f"{matches} matches; {self._stored.vector_index} with accuracy {self._tuning.target_accuracy} %"

    def _neighbours(self, vector: Vectors, where: Filter, k: int, *, approximate: bool) -> list[tuple[Any, ...]]:
        texts, binds = conditions(where, self._tags)
        distance = f"VECTOR_DISTANCE(d.doc_vector, :query_vector, {METRIC})"
        fetch = (
            f"FETCH APPROX FIRST :k ROWS ONLY WITH TARGET ACCURACY {self._tuning.target_accuracy}"
            if approximate
            else "FETCH EXACT FIRST :k ROWS ONLY"
        )
        return self._selected(
            "neighbours",
            f"SELECT d.doc_id, {distance}\nFROM {self._documents} d\n{all_of(texts)}ORDER BY {distance}\n{fetch}",
            {**binds, "query_vector": as_bind(vector), "k": k},
        )

    def analyse(self, text: str) -> list[str]:
        """See Snapshot."""
        return analysis.analyse(text)

    def matching(self, terms: Mapping[str, float], where: Filter, k: int) -> Hits:
        """See Snapshot. The score is Oracle Text's, a whole number up to 100 for each query expression."""
        checked_k(k)
        plan = Plan("index", None, self.generation.rows, "Oracle Text, with the filter in the same statement")
        expressions = words.expressions(terms)
        if not expressions:
            return _no_hits(plan)
        texts, binds = conditions(where, self._tags)
        labels = range(1, len(expressions) + 1)
        contained = " OR ".join(f"CONTAINS(d.words, :words{label}, {label}) > 0" for label in labels)
        score = " + ".join(f"NVL(SCORE({label}), 0)" for label in labels)
        found = self._selected(
            "words",
            f"SELECT d.doc_id, {score} AS score\nFROM {self._documents} d\n{all_of([f'({contained})', *texts])}"
            "ORDER BY score DESC, d.doc_id\nFETCH FIRST :k ROWS ONLY",
            {**binds, **{f"words{label}": text for label, text in zip(labels, expressions, strict=True)}, "k": k},
        )
        return _hits(found, plan)

    def document_frequencies(self, terms: Collection[str]) -> dict[str, int]:
        """See Snapshot."""
        distinct = list(dict.fromkeys(terms))
        found: dict[str, int] = {}
        for some in _parts(distinct, _TERMS_A_STATEMENT):
            counted = "\nUNION ALL ".join(
                f"SELECT {n} AS term_no, COUNT(*) AS passages FROM {self._documents} d WHERE CONTAINS(d.words, :term{n}) > 0"
                for n in range(len(some))
            )
            binds = {f"term{n}": words.escaped(term) for n, term in enumerate(some)}
            found |= {some[n]: int(count) for n, count in self._selected("frequencies of words", counted, binds)}
        return found

    def count(self, where: Filter) -> int:
        """See Snapshot."""
        if where.passes_everything:
            return self.generation.rows
        texts, binds = conditions(where, self._tags)
        [(count,)] = self._selected("matches", f"SELECT COUNT(*)\nFROM {self._documents} d\n{all_of(texts)}".rstrip(), binds)
        return int(count)

    def rows(self, doc_ids: Sequence[int] | NDArray[np.int64]) -> pl.DataFrame:
        """See Snapshot."""
        wanted = [int(doc_id) for doc_id in doc_ids]
        found: dict[int, dict[str, Any]] = {}
        for values in self._of_ids(f"SELECT {', '.join(f'd.{c}' for c in _COLUMNS)} FROM {self._documents} d", wanted):
            row = dict(zip(_COLUMNS, values, strict=True))
            found[int(row["doc_id"])] = _restored(row)
        for doc_id, tag in self._of_ids(f"SELECT d.doc_id, d.tag FROM {self._tags} d", wanted):
            if int(doc_id) in found:
                found[int(doc_id)]["tags"].append(tag)
        for row in found.values():
            row["tags"].sort()
        return pl.DataFrame([found[i] for i in wanted if i in found], schema=KB_DOCUMENTS.schema, orient="row")

    def vectors(self, doc_ids: Sequence[int] | NDArray[np.int64]) -> Vectors:
        """See Snapshot."""
        wanted = [int(doc_id) for doc_id in doc_ids]
        found = {
            int(doc_id): vector
            for doc_id, vector in self._of_ids(f"SELECT d.doc_id, d.doc_vector FROM {self._documents} d", wanted)
        }
        missing = [doc_id for doc_id in wanted if doc_id not in found]
        if missing:
            raise NotFound(
                f"{len(missing)} passages, such as {missing[0]}, are not in generation {self.generation.generation_id}",
                "Ask for those that a search of the same snapshot found.",
            )
        together = [np.asarray(found[doc_id], dtype=np.float32) for doc_id in wanted]
        return np.stack(together) if together else np.empty((0, self.generation.model.dimensions), np.float32)

    def _of_ids(self, query: str, doc_ids: Sequence[int]) -> Iterator[tuple[Any, ...]]:
        for some in _parts(list(dict.fromkeys(doc_ids)), _IDS_A_STATEMENT):
            listed, binds = bound("doc_id", some)
            yield from self._selected("passages", f"{query} WHERE d.doc_id IN ({listed})", binds)

    def identities(self) -> pl.DataFrame:
        """See Snapshot."""
        found = self._selected("identities", f"SELECT d.doc_id, d.fingerprint FROM {self._documents} d ORDER BY d.doc_id")
        return pl.DataFrame(found, schema={"doc_id": pl.Int64(), "fingerprint": pl.String()}, orient="row")

    def statistics(self) -> IndexStatistics:
        """See Snapshot. What needs views that the user may not read is unknown."""
        details: dict[str, float | str] = {"vector index": self._stored.vector_index or "none"}
        if self._stored.indexed_rows is not None:
            details["rows when it was built"] = float(self._stored.indexed_rows)
        in_graph, memory = self._of_vector_index()
        if memory is not None:
            details["vector pool bytes"] = float(memory)
        fragmentation = None
        if in_graph is not None and self.generation.rows:
            fragmentation = min(abs(self.generation.rows - in_graph) / self.generation.rows, 1.0)
        return IndexStatistics(self.generation.rows, self._bytes(), fragmentation, None, details)

    def _of_vector_index(self) -> tuple[int | None, int | None]:
        """Vectors in the index and bytes of the vector pool it uses; None each if the view has nothing for us."""
        if self._stored.vector_index is None:
            return None, None
        try:
            found = self._selected(
                "vector index",
                "SELECT SUM(num_vectors), SUM(used_bytes) FROM v$vector_index\n"
                "WHERE owner = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND index_name = :index_name",
                {"index_name": self._names.vector_index(self._stored.number).upper()},
            )
        except (Denied, NotFound):
            return None, None
        vectors, used = found[0] if found else (None, None)
        return (None if vectors is None else int(vectors)), (int(used) if used else None)

    def _bytes(self) -> int | None:
        """Of the tables, their LOBs and indexes, and of what Oracle Text and the vector index keep in tables of their own."""
        vectors, indexed = (f(self._stored.number).upper() for f in (self._names.vector_index, self._names.words_index))
        [(total,)] = self._selected(
            "segments",
            "SELECT SUM(s.bytes) FROM user_segments s\n"
            "WHERE s.segment_name IN (:documents, :tags)\n"
            "   OR s.segment_name IN (SELECT i.index_name FROM user_indexes i WHERE i.table_name IN (:documents, :tags))\n"
            "   OR s.segment_name IN (SELECT l.segment_name FROM user_lobs l WHERE l.table_name = :documents)\n"
            "   OR s.segment_name LIKE :words_tables ESCAPE '\\'\n"
            "   OR s.segment_name LIKE :vector_tables ESCAPE '\\'",
            {
                "documents": self._documents.upper(),
                "tags": self._tags.upper(),
                "words_tables": _begins_with(f"DR${indexed}$"),
                "vector_tables": _begins_with(f"VECTOR${vectors}$"),
            },
        )
        return None if total is None else int(total)


def _end(held: ExitStack) -> None:
    with suppress(CloudOpsError):  # what was read is read, and the pool replaces a session that is lost
        held.close()


def _parts(values: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    return (values[start : start + most] for start in range(0, len(values), most))


def _begins_with(start: str) -> str:
    return start.replace("_", "\\_") + "%"


def _exhaustive(where: Filter) -> PlanKind:
    return "exact scan" if where.passes_everything else "pre-filter"


def _restored(row: dict[str, Any]) -> dict[str, Any]:
    """A row with the types of `KB_DOCUMENTS`: empty text is null in Oracle, and a DATE has a time."""
    for name in _NEVER_NULL:
        row[name] = row[name] or ""
    written = row["created_date"]
    row["created_date"] = written.date() if isinstance(written, datetime) else written
    return row | {"tags": []}


def _no_hits(plan: Plan) -> Hits:
    return Hits(np.empty(0, np.int64), np.empty(0, np.float32), plan)


def _hits(found: Sequence[tuple[Any, ...]], plan: Plan) -> Hits:
    best_first = sorted(found, key=lambda hit: (-hit[1], hit[0]))
    return Hits(
        np.array([doc_id for doc_id, _ in best_first], dtype=np.int64),
        np.array([score for _, score in best_first], dtype=np.float32),
        plan,
    )
