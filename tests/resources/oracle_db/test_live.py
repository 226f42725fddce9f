"""What only a real Oracle Database can tell; beside this, the contract of all knowledge bases runs on one."""

from collections.abc import Iterator

import pytest

from resources.knowledge_base.interface import Filter
from resources.oracle_db.connections import executed, selected
from resources.oracle_db.knowledge_base import OracleKnowledgeBase
from tests.resources.knowledge_base.contract import CHUNKING, MODEL, passages, question, vectors
from tests.resources.oracle_db.live import live_knowledge_base
from tests.resources.oracle_db.test_words import HOSTILE

pytestmark = pytest.mark.live

IDS = range(1, 1001)


@pytest.fixture(params=[None, 1 << 40], ids=["IVF", "HNSW"])
def indexed(request: pytest.FixtureRequest) -> Iterator[OracleKnowledgeBase]:
    """A live generation with a vector index, which every search is left to."""
    with live_knowledge_base(index_from_rows=100, exact_rows=0, vector_pool_bytes=request.param) as base:
        generation = base.begin(MODEL, CHUNKING)
        base.write(generation.generation_id, passages(IDS), vectors(IDS))
        base.cut_over(generation.generation_id)
        yield base


def test_the_index_finds_nearly_what_a_scan_finds(indexed):
    with indexed.snapshot() as snapshot:
        pairs = [[snapshot.nearest(question(n), Filter(), 10, exact=exact) for exact in (False, True)] for n in range(20)]

    assert {approximate.plan.kind for approximate, _ in pairs} == {"index"}
    found = [len(set(a.doc_ids.tolist()) & set(e.doc_ids.tolist())) for a, e in pairs]
    assert sum(found) / (10 * len(found)) >= 0.9


def test_the_optimiser_takes_the_index(indexed):
    with indexed.database.connection("a plan") as session:
        table = f"{indexed.prefix}_documents_{indexed.live().generation_id}"
        numbers = ", ".join(str(float(number)) for number in question(1))
        distance = f"VECTOR_DISTANCE(d.doc_vector, TO_VECTOR('[{numbers}]'), COSINE)"
        executed(
            session,
            f"EXPLAIN PLAN FOR SELECT d.doc_id FROM {table} d ORDER BY {distance} FETCH APPROX FIRST 10 ROWS ONLY",
        )
        plan = "\n".join(str(line) for (line,) in selected(session, "SELECT plan_table_output FROM TABLE(DBMS_XPLAN.DISPLAY)"))

    assert "VECTOR" in plan


def test_a_filter_gets_as_many_as_match_from_the_index_too(indexed):
    where = Filter(departments=frozenset({"Legal"}), tags=frozenset({"contract", "vendor", "policy"}))
    with indexed.snapshot() as snapshot:
        matches = snapshot.count(where)

        assert len(snapshot.nearest(question(1), where, 500).doc_ids) == matches


def test_words_are_only_words_whatever_they_say(indexed):
    live = indexed.live()
    ids = range(2001, 2001 + len(HOSTILE))
    for doc_id, content in zip(ids, HOSTILE, strict=True):
        indexed.write(live.generation_id, passages([doc_id], content=f"{content} marker{doc_id}"), vectors([doc_id]))
    with indexed.snapshot() as snapshot:
        for doc_id, content in zip(ids, HOSTILE, strict=True):
            terms = dict.fromkeys(snapshot.analyse(f"{content} marker{doc_id}"), 1.0)

            assert doc_id in snapshot.matching(terms, Filter(), 1000).doc_ids


def test_other_programs_find_the_live_generation_in_the_view(indexed):
    with indexed.database.connection("the view") as session:
        [(rows,)] = selected(session, f"SELECT COUNT(*) FROM {indexed.prefix}_documents")

    assert rows == len(IDS)
