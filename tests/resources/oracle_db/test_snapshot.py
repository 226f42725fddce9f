"""What is asked of the database in a search, and what is made of its answers."""

import array
import gc
from datetime import date, datetime

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resources.errors import BadInput, Denied, NotFound, Unavailable
from resources.knowledge_base.interface import Filter
from resources.oracle_db.conditions import conditions
from tests.resources.oracle_db.conftest import stored, unit
from tests.resources.oracle_db.golden_files import golden, script
from tests.resources.oracle_db.recording import failure

QUESTION = unit(1)[0]
EVERYTHING = Filter(
    frozenset({"Legal", "HR"}), date(2026, 1, 1), date(2026, 6, 30), frozenset({"risk", "vendor"}), frozenset({"en"})
)
HOSTILE = ["x' OR '1'='1", "Legal') --", "}; DROP TABLE kb_documents", ":k", "a\x00b", "O'Neil", "%", "\\"]
STALE = failure("ORA-51815: INMEMORY NEIGHBOR GRAPH HNSW vector index snapshot is too old.", 51815)


def neighbours(*doc_ids: int) -> list[tuple[int, float]]:
    return [(doc_id, 0.1 * n) for n, doc_id in enumerate(doc_ids)]


@pytest.fixture
def snapshot(base):
    with base.snapshot() as taken:
        yield taken


def test_the_statements_of_a_search_are_the_ones_that_were_reviewed(snapshot, session):
    session.when("COUNT", [(60,)]).when("VECTOR_DISTANCE", neighbours(*range(3))).when("SCORE", []).when(
        "term_no", [(0, 1), (1, 2)]
    )
    before = len(session.said)

    snapshot.nearest(QUESTION, EVERYTHING, 3)
    snapshot.nearest(QUESTION, Filter(), 3, exact=True)
    snapshot.matching({"termin": 2.0, "risk": 1.0}, EVERYTHING, 3)
    snapshot.document_frequencies(["termin", "risk"])

    assert script([sql for sql, _ in session.said[before:]]) == golden("search")


def test_all_of_a_snapshot_is_one_read_only_transaction(snapshot, session):
    session.when("COUNT", [(3,)]).when("VECTOR_DISTANCE", neighbours(1, 2, 3))

    snapshot.nearest(QUESTION, EVERYTHING, 3)

    assert session.statements()[0] == "SET TRANSACTION READ ONLY"
    assert not session.statements("COMMIT|ALTER|INSERT|UPDATE|DELETE")
    assert not session.closed


def test_the_tables_of_a_snapshot_are_not_dropped_while_it_is_held(snapshot, session):
    assert session.statements()[-1] == "LOCK TABLE kb_documents_g000007, kb_tags_g000007 IN ROW SHARE MODE"


def test_a_snapshot_gives_its_session_back_when_it_is_closed(base, session):
    with base.snapshot() as taken:
        assert not session.statements("ROLLBACK")

    assert session.statements()[-1] == "ROLLBACK"
    assert session.closed == 1
    with pytest.raises(BadInput, match="closed"):
        taken.count(EVERYTHING)


def test_a_session_that_was_lost_meanwhile_spoils_no_answer(base, session):
    session.lost = failure("DPY-4011: the database or network closed the connection")

    with base.snapshot():
        pass

    assert session.closed == 1


def test_a_snapshot_that_nobody_holds_gives_its_session_back(base, session):
    taken = base.snapshot()
    del taken
    gc.collect()

    assert session.closed == 1


@pytest.mark.parametrize("rows", [[], [stored("building"), stored("previous", 6)]])
def test_without_a_live_generation_there_is_no_snapshot_and_no_session_is_kept(base, session, rows):
    session.when("SELECT generation_id", rows)

    with pytest.raises(NotFound, match="live"):
        base.snapshot()

    assert session.closed == 1


def test_a_snapshot_of_a_generation_by_name_asks_for_it_alone(base, session):
    base.snapshot("g000007")

    assert session.binds_of("generation_id = :generation_id") == {"generation_id": "g000007"}


def test_a_snapshot_before_anything_was_begun_is_not_found(base, session):
    session.when("SELECT generation_id", failure("ORA-00942: table or view does not exist", 942))

    with pytest.raises(NotFound, match="documents_refresh"):
        base.snapshot()


def test_similarity_is_one_minus_the_distance_best_first(snapshot, session):
    session.when("VECTOR_DISTANCE", [(9, 0.25), (5, 0.25), (4, 0.0)])

    hits = snapshot.nearest(QUESTION, Filter(), 3, exact=True)

    assert (hits.doc_ids.tolist(), hits.scores.tolist()) == ([4, 5, 9], [1.0, 0.75, 0.75])
    assert (hits.doc_ids.dtype, hits.scores.dtype) == (np.int64, np.float32)


def test_a_vector_is_bound_as_an_array_of_floats(snapshot, session):
    session.when("VECTOR_DISTANCE", neighbours(1))

    snapshot.nearest(QUESTION, Filter(), 1, exact=True)

    bound = session.binds_of("VECTOR_DISTANCE")["query_vector"]
    assert isinstance(bound, array.array)
    assert (bound.typecode, bound.tolist()) == ("f", QUESTION.tolist())


def test_many_matches_are_left_to_the_index(snapshot, session):
    session.when("COUNT", [(51,)]).when("APPROX", neighbours(1, 2))

    plan = snapshot.nearest(QUESTION, EVERYTHING, 2).plan

    assert (plan.kind, plan.matches, plan.rows) == ("index", 51, 1000)
    assert "IVF" in plan.reason


def test_few_matches_are_all_compared(snapshot, session):
    session.when("COUNT", [(50,)]).when("EXACT", neighbours(1, 2))

    plan = snapshot.nearest(QUESTION, EVERYTHING, 2).plan

    assert (plan.kind, plan.matches) == ("pre-filter", 50)
    assert not session.statements("APPROX")


def test_an_index_that_finds_fewer_than_match_is_not_believed(snapshot, session):
    session.when("COUNT", [(60,)]).when("APPROX", neighbours(1, 2)).when("EXACT", neighbours(1, 2, 3))

    hits = snapshot.nearest(QUESTION, EVERYTHING, 3)

    assert hits.doc_ids.tolist() == [1, 2, 3]
    assert (hits.plan.kind, hits.plan.reason) == ("pre-filter", "the index found 2 of 3")


def test_an_index_that_has_moved_on_is_replaced_by_a_scan(snapshot, session):
    session.when("APPROX", STALE).when("EXACT", neighbours(1, 2))

    plan = snapshot.nearest(QUESTION, Filter(), 2).plan

    assert (plan.kind, plan.matches) == ("exact scan", 1000)
    assert "moved on" in plan.reason


def test_no_more_is_asked_for_than_matches(snapshot, session):
    session.when("COUNT", [(2,)]).when("EXACT", neighbours(1, 2))

    assert len(snapshot.nearest(QUESTION, EVERYTHING, 10).doc_ids) == 2
    assert session.binds_of("EXACT")["k"] == 2


def test_a_filter_that_nothing_passes_needs_no_search(snapshot, session):
    session.when("COUNT", [(0,)])

    hits = snapshot.nearest(QUESTION, EVERYTHING, 3)

    assert (len(hits.doc_ids), hits.plan.matches) == (0, 0)


def test_a_generation_without_an_index_is_scanned(base, session):
    session.when("SELECT generation_id", [stored("live", index=None, indexed=None)]).when("EXACT", neighbours(1))

    assert base.snapshot().nearest(QUESTION, Filter(), 1).plan.reason == "there is no vector index"


def test_a_vector_of_other_dimensions_is_refused(snapshot):
    with pytest.raises(BadInput, match="shape"):
        snapshot.nearest(np.ones(3, np.float32), Filter(), 1)


def test_everything_is_counted_without_asking(snapshot, session):
    before = len(session.said)

    assert snapshot.count(Filter()) == 1000
    assert len(session.said) == before


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.builds(
        Filter,
        st.none() | st.frozensets(st.text()),
        st.none() | st.dates(),
        st.none() | st.dates(),
        st.frozensets(st.text()),
        st.none() | st.frozensets(st.text()),
    )
)
def test_no_value_of_a_filter_is_ever_part_of_the_statement(where):
    texts, binds = conditions(where, "kb_tags_g000007")
    empty = Filter(
        None if where.departments is None else frozenset(str(n) for n in range(len(where.departments))),
        where.created_from and date(2000, 1, 1),
        where.created_to and date(2000, 1, 1),
        frozenset(str(n) for n in range(len(where.tags))),
        None if where.languages is None else frozenset(str(n) for n in range(len(where.languages))),
    )

    assert texts == conditions(empty, "kb_tags_g000007")[0]
    assert sorted(map(str, binds.values())) == sorted(
        str(value)
        for value in (*(where.departments or ()), *(where.languages or ()), *where.tags, where.created_from, where.created_to)
        if value is not None
    )


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_department_is_one_bind_whatever_it_says(snapshot, session, hostile):
    session.when("COUNT", [(1,)]).when("EXACT", neighbours(1))

    snapshot.nearest(QUESTION, Filter(departments=frozenset({hostile, "Legal"})), 1)

    for sql in session.statements("dept"):
        assert "d.dept IN (:department0, :department1)" in sql
        assert hostile == ":k" or hostile not in sql
    assert {session.binds_of("EXACT")[f"department{n}"] for n in (0, 1)} == {hostile, "Legal"}


@pytest.mark.parametrize("hostile", ["}", "{", "%", ";", "NEAR", "x} ACCUM {y", "' OR 1=1 --"])
def test_a_word_is_bound_in_braces_whatever_it_says(snapshot, session, hostile):
    session.when("SCORE", [])

    snapshot.matching({hostile: 1.0}, Filter(), 1)

    assert session.binds_of("SCORE")["words1"].startswith("{qx")
    assert not [sql for sql in session.statements() if hostile in sql and hostile not in ";%}{"]


def test_a_filter_of_no_department_lets_nothing_through():
    assert conditions(Filter(departments=frozenset()), "t") == (["1 = 0"], {})


def test_words_are_found_by_any_and_ranked_by_their_score(snapshot, session):
    session.when("SCORE", [(8, 12), (3, 50), (5, 12)])

    hits = snapshot.matching({"termin": 1.0}, Filter(), 3)

    assert (hits.doc_ids.tolist(), hits.scores.tolist(), hits.plan.kind) == ([3, 5, 8], [50.0, 12.0, 12.0], "index")


def test_a_question_of_very_many_words_adds_up_several_expressions(snapshot, session):
    session.when("SCORE", [])

    snapshot.matching({f"term{n}": 1.0 for n in range(500)}, EVERYTHING, 3)

    [sql] = session.statements("SCORE")
    assert "NVL(SCORE(1), 0) + NVL(SCORE(2), 0)" in sql
    assert "(CONTAINS(d.words, :words1, 1) > 0 OR CONTAINS(d.words, :words2, 2) > 0" in sql


def test_no_words_find_nothing(snapshot):
    assert len(snapshot.matching({}, Filter(), 3).doc_ids) == 0


def test_frequencies_of_words_are_counted_by_the_index(snapshot, session):
    session.when("term_no", lambda binds: [(int(name[4:]), len(value)) for name, value in binds.items()])
    terms = [f"{'x' * (n % 20)}y{n}" for n in range(120)]

    assert snapshot.document_frequencies([*terms, terms[0]]) == {term: len(term) + 2 for term in terms}


def passage_row(doc_id: int, **values) -> tuple:
    row = {
        "doc_id": doc_id, "parent_doc_id": "contract", "chunk_no": 0, "title": None, "heading": None, "dept": None,
        "created_date": datetime(2026, 3, 1), "language": "en", "source_key": None, "page": None, "start_offset": 0,
        "end_offset": 9, "content": "Text", "model_version": "m",
    }  # fmt: skip
    return tuple((row | values).values())


def test_rows_come_in_the_order_asked_for_with_tags_dates_and_empty_text(snapshot, session):
    session.when("d.parent_doc_id", [passage_row(1), passage_row(2, created_date=None)])
    session.when("d.tag ", [(2, "vendor"), (2, "risk")])

    rows = snapshot.rows(np.array([2, 99, 1]))

    assert rows["doc_id"].to_list() == [2, 1]
    assert rows["tags"].to_list() == [["risk", "vendor"], []]
    assert rows["created_date"].to_list() == [None, date(2026, 3, 1)]
    assert (rows["title"].to_list(), rows["heading"].to_list()) == (["", ""], [None, None])


def test_many_rows_are_asked_for_in_parts(snapshot, session):
    session.when("FROM kb_documents", lambda binds: [passage_row(doc_id) for doc_id in binds.values()]).when("d.tag ", [])

    assert snapshot.rows(range(1200)).height == 1200
    assert len(session.statements("d.parent_doc_id")) == 3


def test_vectors_come_in_the_order_asked_for(snapshot, session):
    session.when("d.doc_vector", [(1, array.array("f", [1, 0, 0, 0])), (2, array.array("f", [0, 1, 0, 0]))])

    assert snapshot.vectors([2, 1]).tolist() == [[0, 1, 0, 0], [1, 0, 0, 0]]
    assert snapshot.vectors([]).shape == (0, 4)


def test_a_vector_that_is_not_there_is_not_found(snapshot, session):
    session.when("d.doc_vector", [])

    with pytest.raises(NotFound, match="such as 7"):
        snapshot.vectors([7])


def test_statistics_that_may_not_be_read_are_unknown(snapshot, session):
    session.when("user_segments", [(8192,)]).when(r"v\$vector_index", failure("ORA-01031: insufficient privileges", 1031))

    statistics = snapshot.statistics()

    assert (statistics.rows, statistics.bytes, statistics.fragmentation) == (1000, 8192, None)
    assert dict(statistics.details) == {"vector index": "IVF", "rows when it was built": 900.0}


def test_statistics_tell_how_much_the_index_has_missed(snapshot, session):
    session.when("user_segments", [(None,)]).when(r"v\$vector_index", [(750, 4096)])

    statistics = snapshot.statistics()

    assert (statistics.bytes, statistics.fragmentation, statistics.details["vector pool bytes"]) == (None, 0.25, 4096.0)


def test_names_of_segments_are_matched_literally(snapshot, session):
    session.when("user_segments", [(1,)]).when(r"v\$vector_index", [(None, None)])

    assert snapshot.statistics().fragmentation is None
    assert session.binds_of("user_segments")["words_tables"] == r"DR$KB\_WORDS\_G000007$%"


def test_an_answer_that_does_not_come_names_what_was_asked(snapshot, session):
    session.when("COUNT", failure("DPY-4011: the database or network closed the connection"))

    with pytest.raises(Unavailable, match="matches of generation g000007: DPY-4011"):
        snapshot.count(EVERYTHING)


def test_what_may_not_be_read_is_denied(snapshot, session):
    session.when("fingerprint", failure("ORA-01031: insufficient privileges", 1031))

    with pytest.raises(Denied):
        snapshot.identities()
