"""Passages on their way into a generation's tables: checked for what a column can hold, then bound in batches.

What is written is deleted and inserted again rather than merged: how many rows there are afterwards is then known exactly,
and a new vector is a deletion and an insertion to the index anyway.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from resources.embeddings import Vectors
from resources.errors import BadInput
from resources.knowledge_base.fingerprints import fingerprints
from resources.knowledge_base.interface import KB_DOCUMENTS
from resources.oracle_db import vector_ddl as ddl
from resources.oracle_db.connections import executed_for_all
from resources.oracle_db.vectors import as_bind
from resources.oracle_db.words import indexed_text

_PLAIN = tuple(name for name in KB_DOCUMENTS.schema if name not in ("tags", "content"))
_TEXT = tuple(name for name in _PLAIN if KB_DOCUMENTS.schema[name] == pl.String())
_INSERTED = (*_PLAIN, "fingerprint", "doc_vector", "content", "words")
"""Order of the binds: what is bound as LONG comes last (ORA-24816)."""


@dataclass(frozen=True, slots=True)
class PassageTables:
    """The tables of one generation in one transaction.

    Attributes:
        session: Connection of python-oracledb; it commits.
        documents: Table of the passages.
        tags: Table of their tags.
        batch_rows: Rows in a round trip.
    """

    session: Any
    documents: str
    tags: str
    batch_rows: int

    def delete(self, doc_ids: Collection[int]) -> int:
        """Delete passages with their tags; how many there were."""
        return self._for_all(f"DELETE FROM {self.documents} WHERE doc_id = :doc_id", [{"doc_id": i} for i in sorted(doc_ids)])

    def insert(self, rows: pl.DataFrame, vectors: Vectors) -> int:
        """Insert passages that are not there; how many."""
        import oracledb

        inserted = self._for_all(
            f"INSERT INTO {self.documents} ({', '.join(_INSERTED)})\nVALUES ({', '.join(f':{name}' for name in _INSERTED)})",
            [{**values, "doc_vector": as_bind(vector)} for values, vector in zip(_values(rows), vectors, strict=True)],
            {**_types(), "doc_vector": oracledb.DB_TYPE_VECTOR},
        )
        self._insert_tags(rows)
        return inserted

    def update(self, rows: pl.DataFrame) -> int:
        """Replace everything but the vector of passages that are there; how many were."""
        columns = [name for name in _INSERTED if name not in ("doc_id", "doc_vector")]
        changed = self._for_all(
            f"UPDATE {self.documents}\nSET {', '.join(f'{name} = :{name}' for name in columns)}\nWHERE doc_id = :doc_id",
            list(_values(rows)),
            _types(),
        )
        self._for_all(f"DELETE FROM {self.tags} WHERE doc_id = :doc_id", [{"doc_id": i} for i in rows["doc_id"]])
        self._insert_tags(rows)
        return changed

    def _insert_tags(self, rows: pl.DataFrame) -> None:
        tagged = (
            {"doc_id": doc_id, "tag": tag}
            for doc_id, tags in rows.select("doc_id", "tags").iter_rows()
            for tag in dict.fromkeys(tags)
        )
        self._for_all(f"INSERT INTO {self.tags} (doc_id, tag) VALUES (:doc_id, :tag)", list(tagged))

    def _for_all(self, sql: str, binds: Sequence[dict[str, Any]], types: dict[str, Any] | None = None) -> int:
        return executed_for_all(self.session, sql, binds, self.batch_rows, types)


def checked_lengths(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows, if all of their text fits; nothing is ever cut.

    Raises:
        BadInput: A text is longer than its column, or a tag is empty.
    """
    for name in _TEXT:
        long = rows.filter(pl.col(name).str.len_bytes() > ddl.LONGEST)
        if long.height:
            raise BadInput(f"{name} of passage {long['doc_id'][0]} has over {ddl.LONGEST} bytes", "Shorten it at its source.")
    fits = pl.element().str.len_bytes().is_between(1, ddl.LONGEST)
    wrong = rows.filter(pl.col("tags").list.eval(~fits).list.any())
    if wrong.height:
        raise BadInput(f"a tag of passage {wrong['doc_id'][0]} is empty or over {ddl.LONGEST} bytes", "Shorten it at its source.")
    return rows


def _values(rows: pl.DataFrame) -> Iterator[dict[str, Any]]:
    for row, fingerprint in zip(rows.iter_rows(named=True), fingerprints(rows), strict=True):
        yield {
            **{name: row[name] for name in _PLAIN},
            "fingerprint": fingerprint,
            "content": row["content"],
            "words": indexed_text(row["title"], row["heading"], row["content"]),
        }


def _types() -> dict[str, Any]:
    """Types of numbers and dates that may be null in a whole batch, and of long text: a LONG needs no temporary LOB each."""
    import oracledb

    return {
        "page": oracledb.DB_TYPE_NUMBER,
        "created_date": oracledb.DB_TYPE_DATE,
        "content": oracledb.DB_TYPE_LONG,
        "words": oracledb.DB_TYPE_LONG,
    }
