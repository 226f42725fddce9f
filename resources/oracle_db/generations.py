"""The list of generations: a table of its own, in whose rows it stands which of them is live."""

from dataclasses import dataclass
from typing import Any, cast

from resources.embeddings import EmbeddingModel
from resources.errors import NotFound
from resources.knowledge_base.interface import Generation, State
from resources.oracle_db import vector_ddl as ddl
from resources.oracle_db.connections import executed, selected


@dataclass(frozen=True, slots=True)
class StoredGeneration:
    """A generation as the list has it.

    Attributes:
        generation: What everybody sees of it.
        number: Number in the names of its objects.
        vector_index: Kind of its vector index; None if there is none.
        indexed_rows: Rows when that was built.
    """

    generation: Generation
    number: int
    vector_index: ddl.Kind | None
    indexed_rows: int | None


@dataclass(frozen=True, slots=True)
class GenerationList:
    """The list as one session sees and changes it; the session commits.

    Attributes:
        session: Connection of python-oracledb.
        names: Names of the knowledge base's objects.
        lock_seconds: How long to wait for somebody else's lock.
    """

    session: Any
    names: ddl.Names
    lock_seconds: int

    def all(self) -> list[StoredGeneration]:
        """All but those that are being dropped, oldest first."""
        return self._selected("")

    def get(self, generation_id: str) -> StoredGeneration:
        """One of them.

        Raises:
            NotFound: There is none of this name.
        """
        return self._one(generation_id, "")

    def get_to_write(self, generation_id: str) -> StoredGeneration:
        """The same; nobody else writes to it, cuts over or drops it until this transaction ends."""
        return self._one(generation_id, f"\nFOR UPDATE WAIT {self.lock_seconds}")

    def in_state(self, state: State) -> StoredGeneration | None:
        """The newest of a state."""
        return next((stored for stored in reversed(self.all()) if stored.generation.state == state), None)

    def lock(self) -> None:
        """Keep others from changing the list, or writing to a generation, until this transaction ends; all may read."""
        executed(self.session, f"LOCK TABLE {self.names.generations} IN EXCLUSIVE MODE WAIT {self.lock_seconds}")

    def add(self, model: EmbeddingModel, chunking: str) -> StoredGeneration:
        """A new one, which is being built."""
        [(number,)] = selected(self.session, f"SELECT {self.names.numbers}.NEXTVAL FROM dual")
        generation = Generation(ddl.generation_id(int(number)), model, chunking, "building", 0)
        values = {
            "generation_id": generation.generation_id,
            "generation_no": int(number),
            "model_name": model.name,
            "model_revision": model.revision,
            "model_digest": model.digest,
            "model_source": model.source,
            "dimensions": model.dimensions,
            "max_tokens": model.max_tokens,
            "chunking": chunking,
            "state": generation.state,
        }
        columns, binds = ", ".join(values), ", ".join(f":{name}" for name in values)
        executed(self.session, f"INSERT INTO {self.names.generations} ({columns})\nVALUES ({binds})", values)
        return StoredGeneration(generation, int(number), None, None)

    def make_live(self, generation_id: str) -> None:
        """Make one live; the live one becomes the previous, and the one before that is to be dropped. One statement."""
        executed(
            self.session,
            f"UPDATE {self.names.generations}\n"
            "SET state = CASE WHEN generation_id = :generation_id THEN 'live' WHEN state = 'live' THEN 'previous' "
            "ELSE 'dropping' END\n"
            "WHERE generation_id = :generation_id OR state IN ('live', 'previous')",
            {"generation_id": generation_id},
        )

    def mark_dropping(self, generation_id: str) -> None:
        """Take one out of the list; its row stays until its tables are gone."""
        executed(
            self.session,
            f"UPDATE {self.names.generations} SET state = 'dropping' WHERE generation_id = :generation_id",
            {"generation_id": generation_id},
        )

    def dropping(self) -> list[int]:
        """Numbers of those whose tables are to go."""
        query = f"SELECT generation_no FROM {self.names.generations} WHERE state = 'dropping' ORDER BY generation_no"
        return [int(number) for (number,) in selected(self.session, query)]

    def forget(self, number: int) -> None:
        """Delete the row of one whose tables are gone."""
        executed(
            self.session, f"DELETE FROM {self.names.generations} WHERE generation_no = :generation_no", {"generation_no": number}
        )

    def count_more(self, generation_id: str, more: int) -> None:
        """Note how many rows it has gained."""
        executed(
            self.session,
            f"UPDATE {self.names.generations} SET row_count = row_count + :more WHERE generation_id = :generation_id",
            {"more": more, "generation_id": generation_id},
        )

    def note_index(self, stored: StoredGeneration, index: ddl.VectorIndex | None) -> None:
        """Note which vector index it has now, over all of its rows."""
        executed(
            self.session,
            f"UPDATE {self.names.generations} SET vector_index = :kind, indexed_rows = :indexed_rows\n"
            "WHERE generation_id = :generation_id",
            {
                "kind": index.kind if index else None,
                "indexed_rows": stored.generation.rows if index else None,
                "generation_id": stored.generation.generation_id,
            },
        )

    def _one(self, generation_id: str, lock: str) -> StoredGeneration:
        found = self._selected(f" AND generation_id = :generation_id{lock}", generation_id=generation_id)
        if not found:
            raise NotFound(f"there is no generation {generation_id}", "Look at `generations`: it was dropped or never begun.")
        return found[0]

    def _selected(self, condition: str, **binds: str) -> list[StoredGeneration]:
        found = selected(
            self.session,
            "SELECT generation_id, model_name, model_revision, model_digest, dimensions, max_tokens, model_source, chunking, "
            f"state, row_count, generation_no, vector_index, indexed_rows\nFROM {self.names.generations}\n"
            f"WHERE state <> 'dropping'{condition}",
            binds,
        )
        return sorted(map(_stored, found), key=lambda stored: stored.number)


def _stored(row: tuple[Any, ...]) -> StoredGeneration:
    """Empty text is null in Oracle."""
    name, model_name, revision, digest, dimensions, tokens, source, chunking, state, rows, number, index, indexed = row
    model = EmbeddingModel(model_name, revision or "", digest or "", int(dimensions), int(tokens), source or "")
    generation = Generation(name, model, chunking or "", cast(State, state), int(rows))
    return StoredGeneration(generation, int(number), index, None if indexed is None else int(indexed))
