"""The embedded knowledge base: the same answers however it was written, and the way that was chosen is the one that was said."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resources.embeddings import EmbeddingModel
from resources.errors import BadInput, Conflict
from resources.knowledge_base import bm25
from resources.knowledge_base.analysis import passage_terms
from resources.knowledge_base.embedded import EmbeddedKnowledgeBase, files, planner
from resources.knowledge_base.embedded.files import only_writer
from resources.knowledge_base.embedded.planner import Situation, choose
from resources.knowledge_base.embedded.snapshot import EmbeddedSnapshot
from resources.knowledge_base.interface import Filter
from tests.resources.knowledge_base.contract import (
    CHUNKING,
    FILTERS,
    MODEL,
    OTHER_MODEL,
    Naive,
    frame,
    passage,
    passages,
    question,
    vectors,
)
from tests.resources.knowledge_base.test_contract import same_as

FAR = Filter(departments=frozenset({"Far"}))


@pytest.fixture
def kb(tmp_path: Path) -> EmbeddedKnowledgeBase:
    return EmbeddedKnowledgeBase(root=str(tmp_path / "kb"))


def lexical_scores(naive: Naive, terms: dict[str, float], where: Filter) -> dict[int, float]:
    """Okapi BM25 over all passages, one at a time."""
    frequencies = {d: passage_terms(r["title"], r["heading"], r["content"]) for d, r in naive.rows.items()}
    lengths = {d: sum(counted.values()) for d, counted in frequencies.items()}
    mean = sum(lengths.values()) / max(len(lengths), 1)
    scores: dict[int, float] = {}
    for term, weight in terms.items():
        holding = [d for d, counted in frequencies.items() if term in counted]
        idf = weight * bm25.inverse_document_frequency(len(holding), len(naive.rows))
        for d in set(holding) & set(naive.matches(where)):
            pair = np.array([frequencies[d][term]], np.float32), np.array([lengths[d]], np.float32)
            scores[d] = scores.get(d, 0) + float(bm25.contribution(*pair, mean, idf)[0])
    return scores


def same_words(naive: Naive, snapshot: EmbeddedSnapshot) -> None:
    terms = {"vendor": 1.0, "audit": 0.5, "unheard": 2.0, **dict.fromkeys(snapshot.analyse("termination of backups"), 1.0)}
    for where in FILTERS:
        expected = lexical_scores(naive, terms, where)
        for k in (3, 1000):
            hits = snapshot.matching(terms, where, k)
            best = sorted(expected.values(), reverse=True)[:k]
            assert hits.scores == pytest.approx(best, rel=1e-5)
            assert [expected[d] for d in hits.doc_ids.tolist()] == pytest.approx(best, rel=1e-5)


Act = tuple[str, int, int, int]
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["write", "write", "write and remove", "remove", "update", "optimise"]),
        st.integers(1, 60),
        st.integers(1, 30),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=14,
)


@pytest.mark.parametrize("index_from", [40, 1_000_000])
@given(acts=ACTS)
@settings(max_examples=12, deadline=None)
def test_answers_do_not_depend_on_how_passages_came(
    tmp_path_factory: pytest.TempPathFactory, index_from: int, acts: list[Act]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        # ask the graph whenever there is one, which of so few finds all
        patch.setattr(planner, "_ENTER", 0)
        patch.setattr(planner, "_STEP", 0)
        kb = EmbeddedKnowledgeBase(root=str(tmp_path_factory.mktemp("kb")), index_from=index_from)
        generation_id, naive = kb.begin(MODEL, CHUNKING).generation_id, Naive()
        for act in acts:
            perform(act, kb, generation_id, naive)
        snapshot = kb.snapshot(generation_id)
        same_as(naive, snapshot)
        same_words(naive, snapshot)
        assert snapshot.statistics().rows == len(naive.rows)


def perform(act: Act, kb: EmbeddedKnowledgeBase, generation_id: str, naive: Naive) -> None:
    what, first, count, seed = act
    ids = range(first, first + count)
    if what.startswith("write"):
        gone = range(first - 5, first + 5) if what == "write and remove" else ()
        for write in (lambda *a, **k: kb.write(generation_id, *a, **k), naive.write):
            write(passages(ids, seed), vectors(ids, seed), remove=gone)
    elif what == "remove":
        kb.write(generation_id, passages([]), vectors([]), remove=list(ids))
        naive.write(passages([]), vectors([]), ids)
    elif what == "update":
        there = [d for d in ids if d in naive.rows]
        kb.update(generation_id, passages(there, seed))
        naive.update(passages(there, seed))
    else:
        kb.optimise(generation_id)


def test_many_small_writes_become_few_segments(kb: EmbeddedKnowledgeBase) -> None:
    generation_id, naive = kb.begin(MODEL, CHUNKING).generation_id, Naive()
    for n in range(1, 40):
        kb.write(generation_id, passages([n]), vectors([n]))
        naive.write(passages([n]), vectors([n]))
    snapshot = kb.snapshot(generation_id)
    assert (snapshot.statistics().parts or 0) < 8
    same_as(naive, snapshot)


# how neighbours are looked up

WIDE = EmbeddingModel("wide", "1", "aa", 32, 128)
MANY = 6000


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[EmbeddedKnowledgeBase, np.ndarray]:
    """Passages of which every tenth is in the department Far and opposite to all questions."""
    kb = EmbeddedKnowledgeBase(root=str(tmp_path_factory.mktemp("many")), index_from=1000)
    rng = np.random.default_rng(5)
    made = rng.normal(size=(MANY, 32)) + 1.5
    made[::10] *= -1
    made = (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)
    generation_id = kb.begin(WIDE, CHUNKING).generation_id
    for start in range(0, MANY, 2000):
        ids = range(start + 1, start + 2001)
        rows = frame(
            passage(d, dept="Far" if d % 10 == 1 else "Near", tags=["rare"] * (d % 200 == 7), model_version=WIDE.version)
            for d in ids
        )
        kb.write(generation_id, rows, made[start : start + 2000])
    kb.optimise(generation_id)
    kb.cut_over(generation_id)
    return kb, made


def ask(seed: int) -> np.ndarray:
    vector = np.random.default_rng(seed).normal(size=32) + 1.5
    return (vector / np.linalg.norm(vector)).astype(np.float32)


@pytest.mark.parametrize(
    ("where", "kind", "said"),
    [
        (Filter(), "index", "all 6,000 passages may be found"),
        (Filter(departments=frozenset({"Near"})), "index", "5,400 of 6,000 passages pass the filter"),
        (Filter(tags=frozenset({"rare"})), "pre-filter", "30 of 6,000 passages pass the filter"),
        (Filter(tags=frozenset({"none"})), "pre-filter", "0 of 6,000"),
        (FAR, "pre-filter", "600 of 6,000"),
    ],
)
def test_the_way_is_chosen_by_how_many_pass(many, where: Filter, kind: str, said: str) -> None:
    kb, made = many
    snapshot, right, asked = kb.snapshot(), 0, 0
    for seed in range(20):
        hits = snapshot.nearest(ask(seed), where, 10)
        exact = snapshot.nearest(ask(seed), where, 10, exact=True)
        assert hits.plan.kind == kind
        assert said in hits.plan.reason
        assert exact.plan.kind != "index"
        assert len(set(hits.doc_ids.tolist())) == len(exact.doc_ids) == min(10, snapshot.count(where))
        assert hits.scores == pytest.approx(made[hits.doc_ids - 1] @ ask(seed), abs=1e-6)
        right += len(set(hits.doc_ids.tolist()) & set(exact.doc_ids.tolist()))
        asked += len(exact.doc_ids)
    assert right >= 0.98 * asked


def test_a_filter_at_odds_with_the_question_still_gives_all_it_should(many, monkeypatch: pytest.MonkeyPatch) -> None:
    kb, made = many
    monkeypatch.setattr(planner, "_GATHER", 1000)
    monkeypatch.setattr(planner, "_COMPARE", 1000)
    hits = kb.snapshot().nearest(ask(1), FAR, 10)
    far = np.arange(0, MANY, 10)
    assert hits.doc_ids.tolist() == (far[np.argsort(-(made[far] @ ask(1)))[:10]] + 1).tolist()
    assert hits.plan.kind == "pre-filter"
    assert "far from the question" in hits.plan.reason


def test_more_results_than_the_index_should_be_asked_for_are_compared(many) -> None:
    hits = many[0].snapshot().nearest(ask(1), Filter(), 5000)
    assert (len(hits.doc_ids), hits.plan.kind) == (5000, "exact scan")
    assert "5,000 results" in hits.plan.reason


def test_equal_passages_are_all_found(tmp_path: Path) -> None:
    kb = EmbeddedKnowledgeBase(root=str(tmp_path), index_from=100)
    generation_id = kb.begin(MODEL, CHUNKING).generation_id
    ids = range(1, 501)
    kb.write(generation_id, passages(ids), np.repeat(vectors([1]), 500, axis=0))
    kb.optimise(generation_id)
    for k in (10, 499, 600):
        assert kb.snapshot(generation_id).nearest(question(1), Filter(), k).doc_ids.tolist() == list(ids)[:k]


situations = st.builds(
    lambda rows, share, inside, k: Situation(rows, int(rows * share), int(rows * inside), 1 if inside else 0, k),
    st.integers(0, 3_000_000),
    st.floats(0, 1),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.integers(1, 5000),
)


@given(situations, st.booleans())
def test_a_choice_says_why_in_figures(situation: Situation, exact: bool) -> None:
    choice = choose(situation, exact=exact)
    assert f"{situation.rows:,}" in choice.reason
    assert f"{situation.matches:,}" in choice.reason
    assert choice.kind != "index" or (not exact and situation.k <= choice.candidates <= situation.rows)


# upkeep


def stored(kb: EmbeddedKnowledgeBase, suffix: str) -> list[str]:
    return sorted(path.name for path in Path(kb.root).rglob(f"*{suffix}"))


def indexed(tmp_path: Path) -> tuple[EmbeddedKnowledgeBase, str]:
    kb = EmbeddedKnowledgeBase(root=str(tmp_path), index_from=100)
    generation_id = kb.begin(MODEL, CHUNKING).generation_id
    kb.write(generation_id, passages(range(1, 201)), vectors(range(1, 201)))
    kb.optimise(generation_id)
    return kb, generation_id


def test_an_update_rewrites_neither_vectors_nor_index(tmp_path: Path) -> None:
    kb, generation_id = indexed(tmp_path)
    before = stored(kb, ".f32"), stored(kb, ".graph")
    assert len(before[1]) == 1
    kb.update(generation_id, passages(range(1, 201), 3))
    kb.update(generation_id, passages(range(50, 60), 4))
    kb.optimise(generation_id)
    assert (stored(kb, ".f32"), stored(kb, ".graph")) == before
    figures = kb.snapshot(generation_id).statistics()
    assert (figures.rows, figures.parts, figures.fragmentation) == (200, 1, 0.0)


def test_the_index_is_rebuilt_when_that_pays(tmp_path: Path) -> None:
    kb, generation_id = indexed(tmp_path)
    graph = stored(kb, ".graph")
    kb.write(generation_id, passages(range(201, 211)), vectors(range(201, 211)), remove=range(1, 11))
    worn = kb.snapshot(generation_id).statistics()
    assert worn.fragmentation == pytest.approx(20 / 210)
    kb.optimise(generation_id)
    assert stored(kb, ".graph") == graph
    kb.write(generation_id, passages([]), vectors([]), remove=range(11, 60))
    kb.optimise(generation_id)
    assert len(stored(kb, ".graph")) == 1
    assert stored(kb, ".graph") != graph
    assert kb.snapshot(generation_id).statistics().fragmentation == 0


def test_optimising_forgets_the_text_of_removed_passages(tmp_path: Path) -> None:
    kb, generation_id = indexed(tmp_path)
    kb.write(generation_id, passages([500], content="Xanadu-Geheimnis"), vectors([500]))
    kb.write(generation_id, passages([]), vectors([]), remove=[500])
    kb.optimise(generation_id)
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"Xanadu" in path.read_bytes()]


def test_optimising_what_is_in_shape_writes_nothing(tmp_path: Path) -> None:
    kb, generation_id = indexed(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*") if path.suffix != ".lock"}
    kb.optimise(generation_id)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*") if path.suffix != ".lock"} == before


def test_snapshots_of_one_state_are_the_same(tmp_path: Path) -> None:
    kb, generation_id = indexed(tmp_path)
    first = kb.snapshot(generation_id)
    assert kb.snapshot(generation_id) is first
    kb.write(generation_id, passages([300]), vectors([300]))
    later = kb.snapshot(generation_id)
    assert later is not first
    assert later.segments[0] is first.segments[0]


# files


def test_names_of_files_are_ours_whatever_passages_say(kb: EmbeddedKnowledgeBase, tmp_path: Path) -> None:
    generation_id = kb.begin(EmbeddingModel("../../evil", "/", "../..", 16, 128), "../chunks").generation_id
    rows = passages([1], dept="../../../evil", tags=["/evil"], source_key="../evil", model_version="../../evil@/#../..")
    kb.write(generation_id, rows, vectors([1]))
    assert [path for path in tmp_path.rglob("*") if "evil" in path.name] == []
    assert {path.parent for path in tmp_path.rglob("*.arrow")} == {tmp_path / "kb" / generation_id}


def test_what_others_put_into_the_folder_is_left_alone(kb: EmbeddedKnowledgeBase) -> None:
    generation_id = kb.begin(MODEL, CHUNKING).generation_id
    root = Path(kb.root)
    (root / "notes").mkdir()
    for path in (root / "notes" / "a.txt", root / generation_id / "mine.txt"):
        path.write_text("mine")
    kb.write(generation_id, passages([1]), vectors([1]))
    kb.cut_over(generation_id)
    assert (root / "notes" / "a.txt").read_text() == (root / generation_id / "mine.txt").read_text() == "mine"


def test_a_second_writer_is_told_to_wait(kb: EmbeddedKnowledgeBase) -> None:
    first, second = (kb.begin(model, CHUNKING).generation_id for model in (MODEL, OTHER_MODEL))
    with only_writer(Path(kb.root) / first / "writer.lock", first):
        for act in (kb.optimise, kb.drop):
            with pytest.raises(Conflict, match="being written") as refused:
                act(first)
            assert "Run this again" in refused.value.advice
        kb.write(second, passages([1], model_version=OTHER_MODEL.version), vectors([1]))
        assert kb.snapshot(first).count(Filter()) == 0
    kb.optimise(first)


def truncate(path: Path) -> None:
    with path.open("r+b") as stream:
        stream.truncate(path.stat().st_size - 3)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


@pytest.mark.parametrize("damage", [truncate, flip, lengthen, Path.unlink])
@pytest.mark.parametrize("suffix", [".arrow", ".arrays", ".f32", ".graph", ".bits", "manifest.json"])
def test_damage_is_told_and_never_answered_from(tmp_path: Path, suffix: str, damage: Callable[[Path], None]) -> None:
    kb, generation_id = indexed(tmp_path)
    kb.write(generation_id, passages([]), vectors([]), remove=[1])
    (path,) = tmp_path.rglob(f"*{suffix}")
    damage(path)
    with pytest.raises(BadInput, match="damaged") as told:
        EmbeddedKnowledgeBase(root=str(tmp_path)).snapshot(generation_id)
    assert path.name in told.value.message
    assert "documents_reembed" in told.value.advice


def test_damage_in_the_list_of_generations_is_told(tmp_path: Path) -> None:
    kb, _ = indexed(tmp_path)
    flip(tmp_path / "generations.json")
    for act in (kb.generations, kb.snapshot, lambda: kb.begin(MODEL, CHUNKING)):
        with pytest.raises(BadInput, match="damaged"):
            act()


@pytest.mark.parametrize("suffix", [".arrow", ".arrays", ".f32", ".graph"])
def test_damage_inside_a_large_file_is_found_by_upkeep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    monkeypatch.setattr(files, "_CHECKED_WHEN_OPENED", 0)
    kb, generation_id = indexed(tmp_path)
    kb.optimise(generation_id)
    flip(next(tmp_path.rglob(f"*{suffix}")))
    with pytest.raises(BadInput, match="damaged"):
        kb.optimise(generation_id)


def test_damage_is_not_copied_when_segments_are_merged(kb: EmbeddedKnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_CHECKED_WHEN_OPENED", 0)
    generation_id = kb.begin(MODEL, CHUNKING).generation_id
    kb.write(generation_id, passages([1]), vectors([1]))
    flip(next(Path(kb.root).rglob("*.f32")))
    with pytest.raises(BadInput, match="damaged"):
        for n in range(2, 10):
            kb.write(generation_id, passages([n]), vectors([n]))


def test_a_file_that_is_no_index_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_CHECKED_WHEN_OPENED", 0)
    monkeypatch.setattr(planner, "_ENTER", 0)
    monkeypatch.setattr(planner, "_STEP", 0)
    kb, generation_id = indexed(tmp_path)
    path = next(tmp_path.rglob("*.graph"))
    path.write_bytes(bytes(path.stat().st_size))
    with pytest.raises(BadInput, match="damaged"):
        kb.snapshot(generation_id).nearest(question(1), Filter(), 5)
