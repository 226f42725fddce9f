"""What every knowledge base promises, whatever it is made of."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from resources.errors import BadInput, Conflict, NotFound
from resources.knowledge_base.embedded import EmbeddedKnowledgeBase
from resources.knowledge_base.fingerprints import fingerprints
from resources.knowledge_base.interface import KB_DOCUMENTS, Filter, KnowledgeBase, Snapshot
from tests.resources.knowledge_base.contract import (
    CHUNKING,
    FILTERS,
    MODEL,
    OTHER_MODEL,
    Naive,
    passage,
    passages,
    question,
    vectors,
)
from tests.resources.oracle_db.live import live_knowledge_base

IDS = range(1, 121)
LEGAL = Filter(departments=frozenset({"Legal"}))


@pytest.fixture(params=["embedded", pytest.param("oracle", marks=pytest.mark.live)])
def kb(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KnowledgeBase]:
    if request.param == "oracle":
        with live_knowledge_base() as of_database:
            yield of_database
    else:
        yield EmbeddedKnowledgeBase(root=str(tmp_path / "kb"))


def filled(kb: KnowledgeBase, seed: int = 0) -> tuple[str, Naive]:
    generation = kb.begin(MODEL, CHUNKING)
    naive = Naive()
    naive.write(passages(IDS, seed), vectors(IDS, seed))
    kb.write(generation.generation_id, passages(IDS, seed), vectors(IDS, seed))
    return generation.generation_id, naive


def same_as(naive: Naive, snapshot: Snapshot, k: int = 10) -> None:
    """Every answer is that of the naive knowledge base."""
    for number, where in enumerate(FILTERS):
        matches = naive.matches(where)
        assert snapshot.count(where) == len(matches)
        similarities = naive.similarities(question(number), where)
        hits = snapshot.nearest(question(number), where, k)
        best = sorted(similarities.values(), reverse=True)[:k]
        assert hits.doc_ids.dtype == np.int64
        assert hits.scores.dtype == np.float32
        assert hits.scores == pytest.approx(best, abs=1e-5)
        assert [similarities[d] for d in hits.doc_ids.tolist()] == pytest.approx(best, abs=1e-5)
        assert len(set(hits.doc_ids.tolist())) == min(k, len(matches))
        assert hits.plan.matches in (None, len(matches))
        assert hits.plan.rows == len(naive.rows)
        assert hits.plan.reason
    ids = sorted(naive.rows)
    identities = snapshot.identities().sort("doc_id")
    assert identities["doc_id"].to_list() == ids
    stored = snapshot.rows(ids)
    assert stored.to_dicts() == [naive.rows[d] for d in ids]
    assert identities["fingerprint"].to_list() == fingerprints(stored)
    if ids:
        assert snapshot.vectors(ids) == pytest.approx(np.array([naive.vectors[d] for d in ids]), abs=1e-6)


def test_a_new_knowledge_base_has_no_generation_and_says_what_to_do(kb: KnowledgeBase) -> None:
    assert kb.generations() == []
    assert kb.live() is None
    with pytest.raises(NotFound, match="documents_refresh"):
        kb.snapshot()
    with pytest.raises(NotFound):
        kb.snapshot("20260101T000000000000Z-00000000")
    with pytest.raises(NotFound):
        kb.roll_back()


def test_what_was_written_is_found(kb: KnowledgeBase) -> None:
    generation_id, naive = filled(kb)
    same_as(naive, kb.snapshot(generation_id))


def test_passages_are_replaced_and_removed_in_one_step(kb: KnowledgeBase) -> None:
    generation_id, naive = filled(kb)
    changed, gone = range(100, 141), [5, 6, 7, 999]
    for store in (lambda *a, **k: kb.write(generation_id, *a, **k), naive.write):
        store(passages(changed, 1), vectors(changed, 1), remove=gone)
    same_as(naive, kb.snapshot(generation_id))


def test_a_passage_that_is_written_and_removed_at_once_is_there(kb: KnowledgeBase) -> None:
    generation_id, _ = filled(kb)
    kb.write(generation_id, passages([5], 1), vectors([5], 1), remove=[5])
    assert kb.snapshot(generation_id).rows([5]).to_dicts() == [passage(5, 1)]


def test_passages_can_be_removed_without_writing_any(kb: KnowledgeBase) -> None:
    generation_id, naive = filled(kb)
    kb.write(generation_id, passages([]), vectors([]), remove=list(IDS)[:50])
    naive.write(passages([]), vectors([]), list(IDS)[:50])
    same_as(naive, kb.snapshot(generation_id))


def test_an_update_changes_all_but_the_vector(kb: KnowledgeBase) -> None:
    generation_id, naive = filled(kb)
    kb.update(generation_id, passages(range(10, 40), 2))
    naive.update(passages(range(10, 40), 2))
    same_as(naive, kb.snapshot(generation_id))


def test_an_update_of_an_unknown_passage_changes_nothing(kb: KnowledgeBase) -> None:
    generation_id, naive = filled(kb)
    with pytest.raises(NotFound):
        kb.update(generation_id, passages([1, 999], 2))
    same_as(naive, kb.snapshot(generation_id))


def test_optimising_changes_no_answer(kb: KnowledgeBase) -> None:
    generation_id, naive = filled(kb)
    for start in (10, 50, 90):
        changed = range(start, start + 20)
        kb.write(generation_id, passages(changed, start), vectors(changed, start), remove=[start - 1])
        naive.write(passages(changed, start), vectors(changed, start), [start - 1])
    kb.update(generation_id, passages([12], 5))
    naive.update(passages([12], 5))
    kb.optimise(generation_id)
    same_as(naive, kb.snapshot(generation_id))
    kb.optimise(generation_id)
    same_as(naive, kb.snapshot(generation_id))


def test_all_matches_are_found_when_more_are_asked_for(kb: KnowledgeBase) -> None:
    generation_id, naive = filled(kb)
    snapshot = kb.snapshot(generation_id)
    same_as(naive, snapshot, k=1000)
    assert set(snapshot.nearest(question(1), LEGAL, 1000).doc_ids.tolist()) == set(naive.matches(LEGAL))


def test_an_exact_search_is_the_same_on_so_few(kb: KnowledgeBase) -> None:
    generation_id, _ = filled(kb)
    snapshot = kb.snapshot(generation_id)
    exact = snapshot.nearest(question(1), LEGAL, 5, exact=True)
    assert exact.plan.kind != "index"
    assert exact.doc_ids.tolist() == snapshot.nearest(question(1), LEGAL, 5).doc_ids.tolist()


def searched(row: dict[str, Any]) -> str:
    return " ".join(filter(None, (row["title"], row["heading"], row["content"])))


def test_words_find_the_passages_that_hold_them(kb: KnowledgeBase) -> None:
    generation_id, naive = filled(kb)
    snapshot = kb.snapshot(generation_id)
    for where in FILTERS:
        holding = {d for d in naive.matches(where) if "audit" in searched(naive.rows[d])}
        hits = snapshot.matching(dict.fromkeys(snapshot.analyse("audit"), 1.0), where, 1000)
        assert set(hits.doc_ids.tolist()) == holding
        assert np.all(np.diff(hits.scores) <= 0)
        assert np.all(hits.scores > 0)
        assert len(snapshot.matching(dict.fromkeys(snapshot.analyse("audit"), 1.0), where, 3).doc_ids) == min(3, len(holding))
    (term,) = snapshot.analyse("audit")
    assert snapshot.document_frequencies([term, "zzz"]) == {
        term: len(snapshot.matching({term: 1.0}, Filter(), 1000).doc_ids),
        "zzz": 0,
    }
    assert (
        snapshot.matching({}, Filter(), 5).doc_ids.tolist() == snapshot.matching({"zzz": 1}, Filter(), 5).doc_ids.tolist() == []
    )


def test_words_of_removed_passages_find_nothing(kb: KnowledgeBase) -> None:
    generation_id, _ = filled(kb)
    kb.write(generation_id, passages([200], content="the word quixotic"), vectors([200]))
    snapshot = kb.snapshot(generation_id)
    (term,) = snapshot.analyse("quixotic")
    assert snapshot.matching({term: 1.0}, Filter(), 5).doc_ids.tolist() == [200]
    kb.write(generation_id, passages([]), vectors([]), remove=[200])
    later = kb.snapshot(generation_id)
    assert later.matching({term: 1.0}, Filter(), 5).doc_ids.tolist() == []
    assert later.document_frequencies([term]) == {term: 0}


def test_rows_come_in_the_order_asked_for(kb: KnowledgeBase) -> None:
    generation_id, naive = filled(kb)
    kb.write(generation_id, passages([300], 1), vectors([300], 1))
    snapshot = kb.snapshot(generation_id)
    assert snapshot.rows([300, 7, 999, 3, 120]).to_dicts() == [passage(300, 1), *(naive.rows[d] for d in (7, 3, 120))]
    assert snapshot.vectors([300, 7]) == pytest.approx(np.concatenate([vectors([300], 1), vectors([7])]), abs=1e-6)
    assert snapshot.rows([]).schema == pl.Schema(KB_DOCUMENTS.schema)
    with pytest.raises(NotFound):
        snapshot.vectors([7, 999])


def test_an_empty_generation_answers_with_nothing(kb: KnowledgeBase) -> None:
    generation_id = kb.begin(MODEL, CHUNKING).generation_id
    same_as(Naive(), kb.snapshot(generation_id))
    kb.optimise(generation_id)
    kb.cut_over(generation_id)
    same_as(Naive(), kb.snapshot())
    assert kb.snapshot().statistics().rows == 0


def test_a_generation_that_lost_every_passage_is_empty(kb: KnowledgeBase) -> None:
    generation_id, _ = filled(kb)
    kb.write(generation_id, passages([]), vectors([]), remove=list(IDS))
    same_as(Naive(), kb.snapshot(generation_id))
    kb.write(generation_id, passages([1]), vectors([1]))
    assert kb.snapshot(generation_id).count(Filter()) == 1


def test_a_generation_is_continued_until_it_is_live(kb: KnowledgeBase) -> None:
    first = kb.begin(MODEL, CHUNKING)
    assert first.state == "building"
    assert first.rows == 0
    assert first.model == MODEL
    assert first.model.source == MODEL.source
    filled(kb)
    again = kb.begin(MODEL, CHUNKING)
    assert (again.generation_id, again.rows) == (first.generation_id, len(IDS))
    other = kb.begin(MODEL, "other chunks")
    another = kb.begin(OTHER_MODEL, CHUNKING)
    assert len({first.generation_id, other.generation_id, another.generation_id}) == 3
    kb.cut_over(first.generation_id)
    after = kb.begin(MODEL, CHUNKING)
    assert after.generation_id not in (first.generation_id, other.generation_id, another.generation_id)
    ids = [g.generation_id for g in kb.generations()]
    assert ids == sorted(ids) == [first.generation_id, other.generation_id, another.generation_id, after.generation_id]


def test_cutting_over_keeps_one_previous_generation_to_roll_back_to(kb: KnowledgeBase) -> None:
    ids = []
    for seed in range(3):
        generation_id, naive = filled(kb, seed)
        kb.cut_over(generation_id)
        kb.cut_over(generation_id)
        ids.append(generation_id)
        assert kb.live() is not None
        assert kb.live().generation_id == generation_id
        same_as(naive, kb.snapshot())
    assert [(g.generation_id, g.state) for g in kb.generations()] == [(ids[1], "previous"), (ids[2], "live")]
    with pytest.raises(NotFound):
        kb.snapshot(ids[0])
    assert (kb.roll_back().generation_id, kb.snapshot().generation.generation_id) == (ids[1], ids[1])
    assert [(g.generation_id, g.state) for g in kb.generations()] == [(ids[1], "live"), (ids[2], "previous")]
    assert kb.roll_back().generation_id == ids[2]


def test_a_generation_is_dropped_unless_it_is_live(kb: KnowledgeBase) -> None:
    generation_id, _ = filled(kb)
    building = kb.begin(OTHER_MODEL, CHUNKING).generation_id
    kb.cut_over(generation_id)
    kb.drop(building)
    with pytest.raises(Conflict, match="live"):
        kb.drop(generation_id)
    for act in (kb.drop, kb.cut_over, kb.optimise, kb.snapshot):
        with pytest.raises(NotFound):
            act(building)  # type: ignore[operator]
    with pytest.raises(NotFound):
        kb.write(building, passages([1]), vectors([1]))
    assert [g.generation_id for g in kb.generations()] == [generation_id]


def test_a_snapshot_shows_nothing_of_what_happens_later(kb: KnowledgeBase) -> None:
    generation_id, naive = filled(kb)
    kb.cut_over(generation_id)
    snapshot, unread = kb.snapshot(), kb.snapshot()
    kb.write(generation_id, passages(range(50, 150), 3), vectors(range(50, 150), 3), remove=range(1, 20))
    kb.update(generation_id, passages([60], 4))
    kb.optimise(generation_id)
    same_as(naive, snapshot)
    for model in (OTHER_MODEL, MODEL):
        later = kb.begin(model, CHUNKING).generation_id
        kb.cut_over(later)
    assert generation_id not in [g.generation_id for g in kb.generations()]
    same_as(naive, snapshot)
    same_as(naive, unread)


def test_passages_of_another_model_are_refused(kb: KnowledgeBase) -> None:
    generation_id, naive = filled(kb)
    mixed = pl.concat([passages([300]), passages([301], model_version=OTHER_MODEL.version)])
    with pytest.raises(BadInput, match="different models") as refused:
        kb.write(generation_id, mixed, vectors([300, 301]))
    assert "begin a generation" in refused.value.advice
    with pytest.raises(BadInput, match="different models"):
        kb.update(generation_id, passages([1], model_version=OTHER_MODEL.version))
    same_as(naive, kb.snapshot(generation_id))


def broken(doc_ids: list[int], value: float) -> np.ndarray:
    made = vectors(doc_ids)
    made[0, 0] = value
    return made


@pytest.mark.parametrize(
    ("rows", "made"),
    [
        (passages([1, 2]), vectors([1])),
        (passages([1, 2]), vectors([1, 2], dimensions=8)),
        (passages([1, 2]), vectors([1, 2]).ravel()),
        (passages([1]), vectors([1]) * 2),
        (passages([1]), vectors([1]) * 0),
        (passages([1]), broken([1], np.nan)),
        (passages([1]), broken([1], np.inf)),
        (passages([1, 1]), vectors([1, 1])),
        (passages([0]), vectors([0])),
        (passages([1]).with_columns(doc_id=pl.lit(-3, pl.Int64)), vectors([1])),
        (passages([1]).drop("title"), vectors([1])),
        (passages([1]).with_columns(more=pl.lit(1)), vectors([1])),
        (passages([1]).with_columns(title=pl.lit(None, pl.String)), vectors([1])),
        (passages([1]).with_columns(created_date=pl.lit("soon")), vectors([1])),
        (passages([1], tags=["a", None]), vectors([1])),
    ],
)
def test_malformed_passages_and_vectors_are_refused(kb: KnowledgeBase, rows: pl.DataFrame, made: np.ndarray) -> None:
    generation_id = kb.begin(MODEL, CHUNKING).generation_id
    with pytest.raises(BadInput):
        kb.write(generation_id, rows, made)
    assert kb.snapshot(generation_id).count(Filter()) == 0


@pytest.mark.parametrize("vector", [question(1, 8), vectors([1, 2]), broken([1], np.nan)[0]])
def test_a_question_that_does_not_fit_is_refused(kb: KnowledgeBase, vector: np.ndarray) -> None:
    generation_id, _ = filled(kb)
    with pytest.raises(BadInput):
        kb.snapshot(generation_id).nearest(vector, Filter(), 5)


def test_no_results_cannot_be_asked_for(kb: KnowledgeBase) -> None:
    snapshot = kb.snapshot(filled(kb)[0])
    with pytest.raises(BadInput):
        snapshot.nearest(question(1), Filter(), 0)
    with pytest.raises(BadInput):
        snapshot.matching({"audit": 1.0}, Filter(), 0)


HOSTILE = (
    "O'Brien; DROP TABLE kb_documents --",
    '"quoted" \\ and %_*',
    "../../../etc/passwd",
    "/root/x",
    "ünïcödé 法務 🙂 \u202e",
    "null\x00byte",
    " ",
    "long " * 500,
)


def test_metadata_are_data_whatever_they_hold(kb: KnowledgeBase) -> None:
    generation_id = kb.begin(MODEL, CHUNKING).generation_id
    ids = range(1, len(HOSTILE) + 1)
    rows = [passages([d], dept=h, tags=[h], language=h[:2], title=h, content=h) for d, h in zip(ids, HOSTILE, strict=True)]
    kb.write(generation_id, pl.concat(rows), vectors(ids))
    snapshot = kb.snapshot(generation_id)
    for doc_id, value in zip(ids, HOSTILE, strict=True):
        for where in (Filter(departments=frozenset({value})), Filter(tags=frozenset({value}))):
            assert snapshot.nearest(question(1), where, 5).doc_ids.tolist() == [doc_id]
    assert snapshot.count(Filter(departments=frozenset({"' OR 1=1 --"}))) == 0
    assert snapshot.rows(ids)["title"].to_list() == list(HOSTILE)


@pytest.mark.parametrize("name", ["..", "../outside", "/srv", "", ".", "x' OR '1'='1", "a\x00b"])
def test_only_names_of_generations_are_taken(kb: KnowledgeBase, name: str) -> None:
    filled(kb)
    for act in (kb.drop, kb.cut_over, kb.optimise):
        with pytest.raises(NotFound):
            act(name)
    with pytest.raises(NotFound):
        kb.write(name, passages([1]), vectors([1]))
    with pytest.raises(NotFound):
        kb.snapshot(name)


def test_statistics_count_what_can_be_found(kb: KnowledgeBase) -> None:
    generation_id, _ = filled(kb)
    kb.write(generation_id, passages([]), vectors([]), remove=list(IDS)[:30])
    figures = kb.snapshot(generation_id).statistics()
    assert figures.rows == 90
    assert figures.fragmentation is None or 0 < figures.fragmentation <= 1
    kb.optimise(generation_id)
    figures = kb.snapshot(generation_id).statistics()
    assert figures.rows == 90
    assert figures.fragmentation in (None, 0.0)
