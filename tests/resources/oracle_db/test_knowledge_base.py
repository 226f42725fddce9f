"""How generations are begun, written, made live and dropped: which statements, in which order, between which commits."""

import array
from datetime import date

import numpy as np
import oracledb
import polars as pl
import pytest

from resources.errors import BadInput, CloudOpsError, Conflict, Denied, NotFound, Unavailable
from resources.knowledge_base.fingerprints import fingerprints
from resources.oracle_db.knowledge_base import OracleKnowledgeBase
from tests.resources.oracle_db.conftest import MODEL, existing, passages, stored, unit
from tests.resources.oracle_db.golden_files import golden, script
from tests.resources.oracle_db.recording import failure

NO_TABLE = failure("ORA-00942: table or view does not exist", 942)


def order(session, *patterns: str) -> list[str]:
    """Which of the patterns the statements match, in the order in which they were said."""
    return [
        pattern
        for sql in session.statements()
        for pattern in patterns
        if (sql == pattern if pattern == "COMMIT" else pattern in sql)
    ]


def test_before_anything_was_begun_there_are_no_generations(base, session):
    session.when("SELECT generation_id", NO_TABLE)

    assert base.generations() == []
    assert base.live() is None


def test_a_database_that_cannot_be_found_is_not_taken_for_an_empty_one(base, session):
    session.when("SELECT generation_id", failure('DPY-4000: cannot connect to database. Unable to find "kb" in tnsnames.ora'))

    with pytest.raises(NotFound):
        base.generations()


def test_generations_come_oldest_first_with_their_model(base, session):
    session.when("SELECT generation_id", [stored("building", 8, 0, None, None), stored("live")])

    old, new = base.generations()

    assert (old.generation_id, old.state, old.rows, new.state) == ("g000007", "live", 1000, "building")
    assert (old.model, old.model.source, old.chunking) == (MODEL, MODEL.source, "512/64")


def test_a_first_generation_brings_all_that_it_needs(base, session):
    session.when("SELECT generation_id", []).when("NEXTVAL", [(1,)])

    generation = base.begin(MODEL, "512/64")

    assert (generation.generation_id, generation.state, generation.rows) == ("g000001", "building", 0)
    assert order(
        session, "CREATE SEQUENCE", "CREATE TABLE kb_generations", "CREATE_PREFERENCE", "LOCK TABLE", "INSERT INTO", "COMMIT",
        "CREATE TABLE kb_documents_g000001", "CREATE TABLE kb_tags_g000001", "INDEXTYPE IS CTXSYS.CONTEXT",
    ) == [
        "CREATE SEQUENCE", "CREATE TABLE kb_generations", "CREATE_PREFERENCE", "LOCK TABLE", "INSERT INTO", "COMMIT",
        "CREATE TABLE kb_documents_g000001", "CREATE TABLE kb_tags_g000001", "INDEXTYPE IS CTXSYS.CONTEXT",
    ]  # fmt: skip
    assert "VECTOR(4, FLOAT32)" in session.statements("CREATE TABLE kb_documents")[0]


def test_an_unfinished_generation_is_taken_up_and_only_what_is_missing_is_made(base, session):
    session.when("SELECT generation_id", [stored("live"), stored("building", 8, 3, None, None)])
    there = ["KB_GENERATIONS", "KB_GENERATION_NUMBERS", "KB_GENERATIONS_ONE", "KB_DOCUMENTS_G000008", "KB_TAGS_G000008"]
    existing(session, *there)

    assert base.begin(MODEL, "512/64").generation_id == "g000008"
    assert not session.statements("CREATE TABLE|INSERT INTO|CREATE SEQUENCE")
    assert len(session.statements("CREATE INDEX")) == 5


@pytest.mark.parametrize("chunking", ["256/32"])
def test_a_generation_of_another_chunking_is_not_taken_up(base, session, chunking):
    session.when("SELECT generation_id", [stored("building", 8)]).when("NEXTVAL", [(9,)])

    assert base.begin(MODEL, chunking).generation_id == "g000009"


def test_an_index_that_was_cut_off_is_dropped_before_it_is_made_again(base, session):
    session.when("SELECT generation_id", [stored("building", 8)])
    session.when("FROM user_indexes\nWHERE table_name", [("KB_WORDS_G000008",)])

    base.begin(MODEL, "512/64")

    assert order(session, "DROP INDEX KB_WORDS_G000008 FORCE", "CREATE INDEX kb_words_g000008") == [
        "DROP INDEX KB_WORDS_G000008 FORCE",
        "CREATE INDEX kb_words_g000008",
    ]


def test_the_statements_of_a_write_are_the_ones_that_were_reviewed(base, session):
    base.write("g000007", passages(1, 2, 3), unit(3), remove=[9])
    base.update("g000007", passages(1))

    assert script(session.statements()) == golden("write")


def test_a_write_is_one_transaction_with_the_count_of_rows_in_it(base, session):
    session.when("DELETE FROM kb_documents", 1)

    base.write("g000007", passages(1, 2, 3), unit(3), remove=[9])

    assert len(session.statements("COMMIT")) == 1
    assert session.statements()[-1] == "COMMIT"
    assert session.binds_of("SET row_count")["more"] == 3 - 2  # two batches of ids, one deletion in each


def test_long_values_and_vectors_have_types_and_come_last(base, session):
    base.write("g000007", passages(1), unit(1))

    [binds] = session.binds_of("INSERT INTO kb_documents")
    assert list(binds)[-3:] == ["content", "words", "doc_vector"]
    [statement] = session.statements("INSERT INTO kb_documents")
    assert statement.endswith(":doc_vector, :content, :words)")
    assert isinstance(binds["doc_vector"], array.array)
    [sizes] = session.sizes
    assert (sizes["doc_vector"], sizes["content"], sizes["created_date"]) == (
        oracledb.DB_TYPE_VECTOR,
        oracledb.DB_TYPE_LONG,
        oracledb.DB_TYPE_DATE,
    )
    assert {name for name, value in binds.items() if value is None} - {"heading"} <= set(sizes)  # null is text by itself


def test_a_passage_is_stored_as_it_is_with_its_words_and_fingerprint(base, session):
    rows = passages(1)

    base.write("g000007", rows, unit(1))

    [binds] = session.binds_of("INSERT INTO kb_documents")
    assert binds["content"] == "Vendors may be terminated for a cause."
    assert binds["created_date"] == date(2026, 3, 1)
    assert binds["words"].split().count("vendor") == 2
    assert binds["fingerprint"] == fingerprints(rows)[0]
    assert np.allclose(binds["doc_vector"], unit(1)[0])


def test_rows_go_in_batches(base, session):
    base.write("g000007", passages(*range(1, 6)), unit(5))

    assert [len(binds) for sql, binds in session.said if sql.startswith("INSERT INTO kb_documents")] == [2, 2, 1]


def test_a_write_that_only_removes_needs_no_passages(base, session):
    session.when("DELETE FROM kb_documents", 1)

    base.write("g000007", passages(), unit(0), remove=[4])

    assert session.binds_of("SET row_count")["more"] == -1
    assert not session.statements("INSERT")


def test_a_write_that_fails_commits_nothing_and_gives_the_session_back(base, session):
    session.when("INSERT INTO kb_tags", failure("ORA-00001: unique constraint violated", 1))

    with pytest.raises(Conflict, match="a write to generation g000007"):
        base.write("g000007", passages(1), unit(1))

    assert not session.statements("COMMIT")
    assert session.closed == 1


def test_a_write_waits_for_another_and_says_so_when_it_waited_in_vain(base, session):
    session.when("FOR UPDATE WAIT 30", failure("ORA-30006: resource busy; acquire with WAIT timeout expired", 30006))

    with pytest.raises(Unavailable) as error:
        base.write("g000007", passages(1), unit(1))

    assert "holds the lock" in error.value.advice


def test_passages_of_another_model_are_refused(base):
    with pytest.raises(BadInput, match="another@r#d"):
        base.write("g000007", passages(1, model_version="another@r#d"), unit(1))


@pytest.mark.parametrize("vectors", [unit(2), unit(1)[:, :3], np.full((1, 4), np.nan, np.float32)])
def test_vectors_that_do_not_fit_are_refused(base, session, vectors):
    with pytest.raises(BadInput):
        base.write("g000007", passages(1), vectors)

    assert not session.statements("INSERT")


@pytest.mark.parametrize(
    "columns", [{"title": "t" * 4001}, {"dept": "ü" * 2001}, {"tags": ["t" * 4001]}, {"tags": [""]}, {"heading": "h" * 4001}]
)
def test_text_that_a_column_cannot_hold_is_refused_before_anything_is_written(base, session, columns):
    with pytest.raises(BadInput, match="passage 2"):
        base.write("g000007", pl.concat([passages(1), passages(2, **columns)]), unit(2))

    assert not session.statements("INSERT|DELETE")


def test_text_that_just_fits_is_taken(base):
    base.write("g000007", passages(1, title="ü" * 2000, tags=["t" * 4000], content="ü" * 100_000), unit(1))


@pytest.mark.parametrize("call", ["write", "update", "cut_over", "drop", "optimise", "snapshot"])
def test_a_generation_that_is_not_there_is_not_found(base, session, call):
    session.when("SELECT generation_id", [])
    arguments = {"write": (passages(1), unit(1)), "update": (passages(1),)}.get(call, ())

    with pytest.raises(NotFound, match="there is no generation g000099"):
        getattr(base, call)("g000099", *arguments)

    assert not session.statements("INSERT|UPDATE kb|DELETE FROM kb_documents|DROP")


def test_an_update_leaves_the_vector_alone(base, session):
    base.update("g000007", passages(1, dept="HR"))

    [statement] = session.statements("UPDATE kb_documents")
    assert "doc_vector" not in statement
    [binds] = session.binds_of("UPDATE kb_documents")
    assert (binds["dept"], "doc_vector" in binds) == ("HR", False)
    assert len(session.binds_of("INSERT INTO kb_tags")) == 2


def test_an_update_of_a_passage_that_is_not_there_changes_nothing(base, session):
    session.when("UPDATE kb_documents", 0)

    with pytest.raises(NotFound, match="2 of 2"):
        base.update("g000007", passages(1, 2))

    assert not session.statements("COMMIT")


def test_a_cut_over_is_one_update_and_the_view_follows_it_before_anything_is_dropped(base, session):
    session.when("SELECT generation_id", [stored("building", 8, 100, None, None)]).when("SELECT generation_no", [(6,)])
    existing(session, "KB_DOCUMENTS_G000006", "KB_TAGS_G000006")

    base.cut_over("g000008")

    steps = (
        "LOCK TABLE", "SET state = CASE", "COMMIT", "CREATE OR REPLACE VIEW kb_documents", "DROP TABLE kb_tags_g000006",
        "DROP TABLE kb_documents_g000006", "DELETE FROM kb_generations",
    )  # fmt: skip
    said = order(session, *steps)
    assert said[: len(steps)] == list(steps)
    assert "FROM kb_documents_g000008" in session.statements("CREATE OR REPLACE VIEW")[0]


def test_a_cut_over_to_what_is_live_repairs_what_was_cut_off(base, session):
    session.when("SELECT generation_no", [(6,)])

    base.cut_over("g000007")

    assert not session.statements("SET state")
    assert order(session, "CREATE OR REPLACE VIEW", "DROP TABLE", "DELETE FROM kb_generations") == [
        "CREATE OR REPLACE VIEW",
        "DELETE FROM kb_generations",
    ]


def test_a_generation_gets_its_vector_index_before_it_goes_live(base, session):
    session.when("SELECT generation_id", [stored("building", 8, 10_000, None, None)])

    base.cut_over("g000008")

    assert order(session, "CREATE VECTOR INDEX", "SET vector_index", "SET state = CASE") == [
        "CREATE VECTOR INDEX",
        "SET vector_index",
        "SET state = CASE",
    ]
    noted = session.binds_of("SET vector_index")
    assert (noted["kind"], noted["indexed_rows"]) == ("IVF", 10_000)


def test_an_index_that_does_not_fit_into_memory_stops_the_cut_over_and_says_what_to_do(base, session):
    session.when("SELECT generation_id", [stored("building", 8, 10_000, None, None)])
    session.when("CREATE VECTOR INDEX", failure("ORA-51962: The vector memory area is out of space", 51962))

    with pytest.raises(CloudOpsError) as error:
        base.cut_over("g000008")

    assert "VECTOR_MEMORY_SIZE" in error.value.advice
    assert not session.statements("SET state")


def test_with_a_vector_pool_the_index_is_a_graph(database, session):
    session.when("SELECT generation_id", [stored("building", 8, 10_000, None, None)])
    base = OracleKnowledgeBase(database=database, index_from_rows=500, vector_pool_bytes=1 << 30)

    base.cut_over("g000008")

    assert session.statements("INMEMORY NEIGHBOR GRAPH")


@pytest.mark.parametrize(
    ("rows", "index", "indexed", "said"),
    [
        (1000, "IVF", 501, []),
        (1002, "IVF", 501, ["DROP INDEX", "CREATE VECTOR INDEX"]),
        (1000, "HNSW", 1000, ["DROP INDEX", "CREATE VECTOR INDEX"]),
        (400, "IVF", 400, ["DROP INDEX"]),
        (1000, None, None, ["DROP INDEX", "CREATE VECTOR INDEX"]),
    ],
)
def test_an_index_is_built_anew_when_the_table_outgrew_it(base, session, rows, index, indexed, said):
    session.when("SELECT generation_id", [stored("live", 7, rows, index, indexed)])
    existing(session, "KB_VECTORS_G000007")

    base.optimise("g000007")

    assert order(session, "DROP INDEX", "CREATE VECTOR INDEX") == said
    assert order(session, "OPTIMIZE_INDEX", "GATHER_TABLE_STATS") == ["OPTIMIZE_INDEX", "GATHER_TABLE_STATS"]


def test_a_roll_back_swaps_the_two_generations(base, session):
    session.when("SELECT generation_id", [stored("previous", 6), stored("live", 7)])
    session.when("generation_id = :generation_id$", [stored("live", 6)])

    assert base.roll_back().generation_id == "g000006"
    assert session.binds_of("SET state = CASE") == {"generation_id": "g000006"}
    assert "FROM kb_documents_g000006" in session.statements("CREATE OR REPLACE VIEW")[0]


def test_without_a_previous_generation_there_is_no_roll_back(base, session):
    with pytest.raises(NotFound, match="no previous"):
        base.roll_back()

    assert not session.statements("UPDATE")


def test_the_live_generation_is_not_dropped(base, session):
    with pytest.raises(Conflict, match="live"):
        base.drop("g000007")

    assert not session.statements("UPDATE|DROP")


def test_a_generation_is_out_of_the_list_before_its_tables_go(base, session):
    session.when("SELECT generation_id", [stored("previous", 6)]).when("SELECT generation_no", [(6,)])
    existing(session, "KB_DOCUMENTS_G000006", "KB_TAGS_G000006")

    base.drop("g000006")

    assert order(session, "'dropping' WHERE", "COMMIT", "DROP TABLE", "DELETE FROM kb_generations") == [
        "'dropping' WHERE", "COMMIT", "DROP TABLE", "DROP TABLE", "DELETE FROM kb_generations", "COMMIT",
    ]  # fmt: skip


def test_tables_that_a_snapshot_still_reads_are_dropped_another_time(base, session):
    session.when("SELECT generation_id", [stored("previous", 6)]).when("SELECT generation_no", [(5,), (6,)])
    existing(session, "KB_DOCUMENTS_G000005", "KB_TAGS_G000005")
    session.when("DROP TABLE kb_tags_g000005", failure("ORA-00054: resource busy", 54))

    base.drop("g000006")

    assert [binds["generation_no"] for sql, binds in session.said if sql.startswith("DELETE FROM kb_generations")] == [6]
    assert not session.statements("DROP TABLE kb_documents_g000005")


def test_a_drop_that_fails_otherwise_is_told(base, session):
    session.when("SELECT generation_id", [stored("previous", 6)]).when("SELECT generation_no", [(6,)])
    existing(session, "KB_DOCUMENTS_G000006")
    session.when("DROP TABLE", failure("ORA-01031: insufficient privileges", 1031))

    with pytest.raises(Denied, match="g000006"):
        base.drop("g000006")


def test_building_has_a_timeout_of_its_own(database, base, session):
    base.optimise("g000007")

    assert session.call_timeout == 1000 * database.build_timeout_seconds
    base.generations()
    assert session.call_timeout == 1000 * database.call_timeout_seconds


@pytest.mark.parametrize("name", ["'; DROP TABLE kb_generations; --", "g000007' OR '1'='1"])
def test_a_name_of_a_generation_is_bound(base, session, name):
    session.when("SELECT generation_id", [])

    with pytest.raises(NotFound):
        base.drop(name)

    assert not [sql for sql in session.statements() if name in sql]


def test_another_prefix_is_another_knowledge_base(database, session):
    session.when("SELECT generation_id", [])

    assert OracleKnowledgeBase(database=database, prefix="other").generations() == []


def test_a_prefix_that_is_no_identifier_never_reaches_the_database(database, session):
    with pytest.raises(BadInput):
        OracleKnowledgeBase(database=database, prefix="kb; DROP TABLE t").generations()

    assert not session.statements()
