"""The knowledge base on Oracle AI Vector Search: a table per generation, and a list that says which of them is live.

How it fits together, and what is not verified without a database: docs/oracle-vector-search.md.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import polars as pl
from pydantic import Field

from resources.embeddings import EmbeddingModel, Vectors
from resources.errors import Conflict, NotFound
from resources.knowledge_base.interface import Generation, KnowledgeBase
from resources.knowledge_base.rows import checked_rows, checked_vectors
from resources.oracle_db import vector_ddl as ddl
from resources.oracle_db.conditions import bound
from resources.oracle_db.connections import OracleDatabase, executed, selected
from resources.oracle_db.errors import Locked, NoSuchTable, translated
from resources.oracle_db.generations import GenerationList, StoredGeneration
from resources.oracle_db.passages import PassageTables, checked_lengths
from resources.oracle_db.snapshot import OracleSnapshot, Tuning

_GROWN = 2
"""An IVF index whose table has so many times the rows that its partitions were learnt from is built anew."""


class OracleKnowledgeBase(KnowledgeBase):
    """Passages in tables of an Oracle Database of release 23ai or later.

    Which generation is live is in rows of one table, so that a cut-over is one update: readers see the old one or the new
    one, whole. Every statement that creates or drops commits, before and after itself; none stands between a change of the
    list and its commit.
    """

    database: OracleDatabase = Field(description="The database and the user whose schema holds the tables.")
    prefix: str = Field(default="kb", description="What the names of all tables and indexes begin with.")
    exact_rows: int = Field(
        default=20_000,
        ge=0,
        description="A filter that leaves at most so many rows is answered by comparing all of them (30 MB of vectors).",
    )
    index_from_rows: int = Field(default=20_000, ge=1, description="A table gets a vector index from so many rows on.")
    target_accuracy: int = Field(default=95, ge=1, le=100, description="Accuracy asked of the vector index, in percent.")
    vector_pool_bytes: int | None = Field(
        default=None, ge=0, description="Memory for HNSW indexes (VECTOR_MEMORY_SIZE); unknown if not given, and then IVF."
    )
    batch_rows: int = Field(default=500, ge=1, description="Rows in a round trip of a write.")
    lock_seconds: int = Field(default=30, ge=0, description="How long to wait for another writer or builder.")

    @property
    def _names(self) -> ddl.Names:
        return ddl.Names(self.prefix)

    def generations(self) -> list[Generation]:
        """See KnowledgeBase."""
        try:
            with self.database.connection("the list of generations") as session:
                return [stored.generation for stored in self._list(session).all()]
        except NoSuchTable:
            return []  # nothing was ever begun here

    def begin(self, model: EmbeddingModel, chunking: str) -> Generation:
        """See KnowledgeBase. Whatever of its tables and indexes is missing is created."""
        names = self._names
        with self._building(f"a generation for {model.version}") as session:
            self._create(session, ddl.control(names))
            executed(session, ddl.lexer(names))
            listed = self._list(session)
            listed.lock()
            stored = next((s for s in listed.all() if _is_unfinished(s.generation, model, chunking)), None)
            if stored is None:
                stored = listed.add(model, chunking)
            session.commit()
            self._drop_broken_indexes(session, stored.number)
            self._create(session, ddl.generation(names, stored.number, model.dimensions))
            self._sweep(session)
            return stored.generation

    def write(self, generation_id: str, rows: pl.DataFrame, vectors: Vectors, *, remove: Collection[int] = ()) -> None:
        """See KnowledgeBase. One transaction, whatever the number of rows."""
        with self.database.connection(f"a write to generation {generation_id}") as session:
            listed = self._list(session)
            stored = listed.get_to_write(generation_id)
            rows = checked_lengths(checked_rows(rows, stored.generation.model))
            vectors = checked_vectors(vectors, rows.height, stored.generation.model)
            tables = self._tables(session, stored)
            deleted = tables.delete({*rows["doc_id"], *(int(doc_id) for doc_id in remove)})
            inserted = tables.insert(rows, vectors)
            listed.count_more(generation_id, inserted - deleted)
            session.commit()

    def update(self, generation_id: str, rows: pl.DataFrame) -> None:
        """See KnowledgeBase."""
        with self.database.connection(f"an update of generation {generation_id}") as session:
            stored = self._list(session).get_to_write(generation_id)
            rows = checked_lengths(checked_rows(rows, stored.generation.model))
            missing = rows.height - self._tables(session, stored).update(rows)
            if missing:
                raise NotFound(
                    f"{missing} of {rows.height} passages are not in generation {generation_id}", "Write them with their vectors."
                )
            session.commit()

    def cut_over(self, generation_id: str) -> None:
        """See KnowledgeBase. Before, the generation gets the vector index that it should have; after, the view follows."""
        with self._building(f"the cut-over to generation {generation_id}") as session:
            listed = self._list(session)
            self._index(session, listed.get(generation_id))
            listed.lock()
            stored = listed.get(generation_id)
            if stored.generation.state != "live":
                listed.make_live(generation_id)
            session.commit()
            self._follow(session, stored.number)

    def roll_back(self) -> Generation:
        """See KnowledgeBase."""
        with self._building("the roll-back") as session:
            listed = self._list(session)
            listed.lock()
            previous = listed.in_state("previous")
            if previous is None:
                raise NotFound("there is no previous generation", "It was dropped, or there was only ever one.")
            listed.make_live(previous.generation.generation_id)
            session.commit()
            self._follow(session, previous.number)
            return listed.get(previous.generation.generation_id).generation

    def drop(self, generation_id: str) -> None:
        """See KnowledgeBase."""
        with self._building(f"dropping generation {generation_id}") as session:
            listed = self._list(session)
            listed.lock()
            if listed.get(generation_id).generation.state == "live":
                raise Conflict(f"generation {generation_id} is live", "Cut over to another one first.")
            listed.mark_dropping(generation_id)
            session.commit()
            self._sweep(session)

    def snapshot(self, generation_id: str | None = None) -> OracleSnapshot:
        """See KnowledgeBase. It holds a session of the pool: close it (`with`), or let go of it, after each search."""
        held = ExitStack()
        try:
            session = held.enter_context(self.database.connection("a snapshot"))
            held.callback(session.rollback)  # the driver may not know of a transaction that only reads
            stored = self._seen(session, generation_id)
        except BaseException:
            held.close()
            raise
        return OracleSnapshot(session, held, stored, self._names, Tuning(self.exact_rows, self.target_accuracy))

    def _seen(self, session: Any, generation_id: str | None) -> StoredGeneration:  # noqa: ANN401
        stored = None
        with suppress(NoSuchTable), translated("a snapshot"):  # before the first `begin` there is no list
            executed(session, "SET TRANSACTION READ ONLY")
            listed = self._list(session)
            stored = listed.in_state("live") if generation_id is None else listed.get(generation_id)
        if stored is None:
            raise NotFound("there is no live generation", "Build one with the job documents_refresh, and cut over to it.")
        tables = f"{self._names.documents(stored.number)}, {self._names.tags(stored.number)}"
        with translated("a snapshot"):
            # keeps both from being dropped until the transaction ends, and no writer waiting
            executed(session, f"LOCK TABLE {tables} IN ROW SHARE MODE")
        return stored

    def optimise(self, generation_id: str) -> None:
        """See KnowledgeBase. While a vector index is built, searches compare all rows, and writes wait."""
        names = self._names
        with self._building(f"optimising generation {generation_id}") as session:
            stored = self._list(session).get(generation_id)
            for block, name in (
                ("CTX_DDL.OPTIMIZE_INDEX(:name, 'FULL')", names.words_index(stored.number)),
                ("DBMS_STATS.GATHER_TABLE_STATS(USER, :name)", names.documents(stored.number)),
            ):
                executed(session, f"BEGIN {block}; END;", {"name": name.upper()})
            self._index(session, stored)

    def _index(self, session: Any, stored: StoredGeneration) -> None:  # noqa: ANN401
        """Build the vector index that the table should have by its size, unless it has it."""
        listed, names, rows = self._list(session), self._names, stored.generation.rows
        right = ddl.right_index(rows, stored.generation.model.dimensions, self.vector_pool_bytes, self.index_from_rows)
        name = names.vector_index(stored.number)
        self._drop_broken_indexes(session, stored.number)
        there = bool(self._existing(session, [name]))
        grown = stored.vector_index == "IVF" and rows >= _GROWN * (stored.indexed_rows or 0)
        if there and right is not None and right.kind == stored.vector_index and not grown:
            return
        if there:
            listed.note_index(stored, None)
            session.commit()
            executed(session, f"DROP INDEX {name}")
        if right is not None:
            executed(session, ddl.vector_index(names, stored.number, right).sql)
            listed.note_index(stored, right)
            session.commit()

    def _follow(self, session: Any, number: int) -> None:  # noqa: ANN401
        """Let the view show the live generation; only then may go what it showed before."""
        executed(session, ddl.live_view(self._names, number))
        self._sweep(session)

    def _sweep(self, session: Any) -> None:  # noqa: ANN401
        """Drop the tables of generations that are no more listed; what was cut off half-way is finished by the next call."""
        listed = self._list(session)
        executed(session, "ALTER SESSION SET DDL_LOCK_TIMEOUT = 0")
        for number in listed.dropping():
            try:
                self._drop_tables(session, number)
            except Locked:
                continue  # a snapshot still reads them; the next call looks again
            listed.forget(number)
            session.commit()

    def _drop_tables(self, session: Any, number: int) -> None:  # noqa: ANN401
        tables = [self._names.tags(number), self._names.documents(number)]
        there = self._existing(session, tables)
        with translated(f"dropping the tables of generation {ddl.generation_id(number)}"):
            for table in tables:
                if table in there:
                    executed(session, f"DROP TABLE {table} PURGE")

    @contextmanager
    def _building(self, about: str) -> Iterator[Any]:
        """A session for statements that create and drop; they wait for locks, rather than fail at once."""
        with self.database.connection(about, building=True) as session:
            executed(session, f"ALTER SESSION SET DDL_LOCK_TIMEOUT = {self.lock_seconds}")
            yield session

    def _list(self, session: Any) -> GenerationList:  # noqa: ANN401
        return GenerationList(session, self._names, self.lock_seconds)

    def _tables(self, session: Any, stored: StoredGeneration) -> PassageTables:  # noqa: ANN401
        names = self._names
        return PassageTables(session, names.documents(stored.number), names.tags(stored.number), self.batch_rows)

    def _create(self, session: Any, statements: Sequence[ddl.Statement]) -> None:  # noqa: ANN401
        there = self._existing(session, [statement.name for statement in statements])
        for statement in statements:
            if statement.name not in there:
                executed(session, statement.sql)

    def _existing(self, session: Any, names: Sequence[str]) -> set[str]:  # noqa: ANN401
        listed, binds = bound("name", [name.upper() for name in names])
        query = f"SELECT object_name FROM user_objects WHERE object_name IN ({listed})"
        return {name.lower() for (name,) in selected(session, query, binds)}

    def _drop_broken_indexes(self, session: Any, number: int) -> None:  # noqa: ANN401
        """An index whose building was cut off stays in the dictionary and makes writes fail."""
        broken = selected(
            session,
            "SELECT index_name FROM user_indexes\nWHERE table_name = :table_name\n"
            "  AND (status IN ('UNUSABLE', 'INPROGRS') OR domidx_opstatus = 'FAILED' OR domidx_status = 'IDXTYP_INVLD')",
            {"table_name": self._names.documents(number).upper()},
        )
        for (name,) in broken:
            executed(session, f"DROP INDEX {ddl.checked_name(name)} FORCE")


def _is_unfinished(generation: Generation, model: EmbeddingModel, chunking: str) -> bool:
    return generation.state == "building" and generation.model == model and generation.chunking == chunking
