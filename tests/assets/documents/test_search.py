"""Search over a real knowledge base on disk, with vectors that are made of hashed words."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from threading import Event
from time import sleep

import numpy as np
import polars as pl
import pytest
from pydantic import PrivateAttr

from assets.documents.logic.ranking.preferences import Weights
from assets.documents.search import LONGEST_QUESTION, Searcher
from resources.embeddings import Embedder
from resources.errors import BadInput, NotFound
from resources.knowledge_base.embedded.snapshot import EmbeddedSnapshot
from resources.knowledge_base.embedded.store import EmbeddedKnowledgeBase
from resources.knowledge_base.interface import KB_DOCUMENTS, Filter
from tests.hashing_embedder import HashingEmbedder, HashingModels

TODAY = date(2026, 1, 31)


def passage(doc_id: int, content: str, **given: object) -> dict[str, object]:
    return {
        "doc_id": doc_id,
        "parent_doc_id": f"document-{doc_id:05}",
        "chunk_no": 0,
        "title": f"Title {doc_id}",
        "heading": None,
        "dept": None,
        "tags": [],
        "created_date": None,
        "language": "en",
        "source_key": f"files/{doc_id}.md",
        "page": None,
        "start_offset": 0,
        "end_offset": len(content),
        "content": content,
        **given,
    }


def built(base: EmbeddedKnowledgeBase, embedder: Embedder, rows: list[dict[str, object]]) -> str:
    """A live generation with these passages."""
    model = embedder.model()
    generation = base.begin(model, "whole")
    frame = pl.DataFrame([row | {"model_version": model.version} for row in rows], schema=KB_DOCUMENTS.schema)
    base.write(generation.generation_id, frame, embedder.embed([str(row["content"]) for row in rows]))
    base.cut_over(generation.generation_id)
    return generation.generation_id


@pytest.fixture
def base(tmp_path: Path) -> EmbeddedKnowledgeBase:
    return EmbeddedKnowledgeBase(root=str(tmp_path))


def searching(base: EmbeddedKnowledgeBase, rows: list[dict[str, object]]) -> Searcher:
    built(base, HashingEmbedder(), rows)
    return Searcher(HashingEmbedder(), base)


HANDBOOK = [
    passage(1, "A vendor's contract may be terminated at short notice. Legal decides.", dept="Legal", title="Vendors"),
    passage(2, "Backups are restored once a quarter to prove that they can be."),
    passage(3, "Travel is booked by the office, and paid by the department."),
    passage(4, "The contract of a tenant runs for a year.", dept="Legal"),
]


def test_the_passage_that_says_it_comes_first_with_the_parts_of_its_score(base: EmbeddedKnowledgeBase) -> None:
    answer = searching(base, HANDBOOK).search("When may a vendor contract be terminated?")
    first = answer.results[0]
    assert (first.rank, first.doc_id, first.title, first.link) == (1, 1, "Vendors", "files/1.md")
    assert first.components.dense_rank == first.components.lexical_rank == 1
    assert 0 < first.components.dense <= 1
    assert first.components.lexical > 0
    assert first.score == first.components.relevance <= 1
    assert [first.passage[start:end] for start, end in first.highlights] == [
        "A vendor's contract may be terminated at short notice."
    ]
    assert answer.question == "When may a vendor contract be terminated?"
    assert answer.matches == 4
    assert answer.vector_plan.startswith("exact scan: ")
    assert answer.model_version == HashingEmbedder().model().version


def test_as_many_documents_come_back_as_pass_the_filter_whether_they_share_a_word_or_not(base: EmbeddedKnowledgeBase) -> None:
    searcher = searching(base, HANDBOOK)
    assert len(searcher.search("quarterly zebra", k=10).results) == 4
    assert len(searcher.search("quarterly zebra", k=3).results) == 3
    legal = Filter(departments=frozenset({"Legal"}))
    assert {r.doc_id for r in searcher.search("backups restored", legal).results} == {1, 4}
    assert searcher.search("backups", Filter(departments=frozenset({"Nobody"}))).results == ()


def test_a_filter_holds_however_its_letters_are_composed_and_for_languages_in_capitals(base: EmbeddedKnowledgeBase) -> None:
    searcher = searching(base, [passage(1, "Vendor contract.", dept="Einkäufe", tags=["Verträge"], language="de")])
    decomposed = Filter(frozenset({"Einka\u0308ufe"}), tags=frozenset({"Vertra\u0308ge"}), languages=frozenset({"DE"}))
    assert [r.doc_id for r in searcher.search("vendor", decomposed).results] == [1]
    assert searcher.search("vendor", Filter(departments=frozenset({"einkäufe"}))).results == ()


def test_no_similarity_is_above_one_though_a_vector_is_a_little_too_long(base: EmbeddedKnowledgeBase) -> None:
    embedder = HashingEmbedder()
    generation = base.begin(embedder.model(), "whole").generation_id
    row = passage(1, "vendor contract") | {"model_version": embedder.model().version}
    base.write(
        generation, pl.DataFrame([row], schema=KB_DOCUMENTS.schema), embedder.embed(["vendor contract"]) * np.float32(1.0008)
    )
    base.cut_over(generation)
    assert Searcher(embedder, base).search("vendor contract").results[0].components.dense == 1


def test_documents_behind_many_passages_of_one_document_are_found(base: EmbeddedKnowledgeBase) -> None:
    long = [passage(n, f"Vendor contract number {n}.", parent_doc_id="long", chunk_no=n) for n in range(1, 1200)]
    others = [passage(n, f"Holiday number {n}.") for n in range(2000, 2005)]
    answer = searching(base, long + others).search("vendor contract", k=6)
    assert len(answer.results) == 6
    assert answer.results[0].document_id == "long"
    assert answer.results[0].more_passages > 500


def test_few_results_are_the_first_of_many(base: EmbeddedKnowledgeBase) -> None:
    rng = np.random.default_rng(0)
    words = ["vendor", "contract", "risk", "backup", "travel", "budget", "audit", "policy"]
    rows = [passage(n, " ".join(rng.choice(words, 6))) for n in range(1, 150)]
    searcher = searching(base, rows)
    many = [r.doc_id for r in searcher.search("vendor risk audit", k=100).results]
    assert [r.doc_id for r in searcher.search("vendor risk audit", k=7).results] == many[:7]
    assert [r.doc_id for r in searcher.search("vendor risk audit", k=100).results] == many


def test_equal_documents_are_ordered_by_their_identity(base: EmbeddedKnowledgeBase) -> None:
    rows = [passage(n, "Vendor contract.", parent_doc_id=f"d{9 - n}", title="Same") for n in range(1, 9)]
    answer = searching(base, rows).search("vendor contract")
    assert [r.document_id for r in answer.results] == sorted(r.document_id for r in answer.results)


def test_a_newer_document_passes_an_older_one_that_says_the_same(base: EmbeddedKnowledgeBase) -> None:
    dated = {1: TODAY - timedelta(days=900), 2: TODAY - timedelta(days=3), 3: None}
    rows = [passage(n, "Vendor contract.", title="Same", created_date=day) for n, day in dated.items()]
    searcher = searching(base, rows)
    plain = searcher.search("vendor contract", today=TODAY)
    recent = searcher.search("vendor contract", weights=Weights(recency=0.5, half_life_days=180), today=TODAY)
    assert [r.doc_id for r in plain.results] == [1, 2, 3]
    assert [r.doc_id for r in recent.results] == [2, 3, 1]
    assert recent.results[1].components.recency is None
    assert all(0 <= r.score <= 1 for r in recent.results)


def test_a_document_that_was_found_useful_passes_one_that_was_not(base: EmbeddedKnowledgeBase) -> None:
    searcher = searching(base, [passage(n, "Vendor contract.", title="Same") for n in (1, 2, 3)])
    votes = {"document-00001": (0, 6), "document-00002": (6, 0)}
    answer = searcher.search("vendor contract", weights=Weights(popularity=0.3), votes=votes)
    assert [r.doc_id for r in answer.results] == [2, 3, 1]
    assert answer.results[1].components.popularity is None


@pytest.mark.parametrize("question", ["", "   ", "?!…", "\0\n\t", "🙂"])
def test_a_question_without_words_is_refused(base: EmbeddedKnowledgeBase, question: str) -> None:
    with pytest.raises(BadInput, match="no words"):
        searching(base, HANDBOOK).search(question)


def test_a_question_that_is_too_long_is_refused(base: EmbeddedKnowledgeBase) -> None:
    searcher = searching(base, HANDBOOK)
    assert searcher.search("vendor " * (LONGEST_QUESTION // 7)).results[0].doc_id == 1
    with pytest.raises(BadInput, match="2,001 characters"):
        searcher.search("v" * (LONGEST_QUESTION + 1))


def test_no_results_cannot_be_asked_for(base: EmbeddedKnowledgeBase) -> None:
    with pytest.raises(BadInput, match="0 results"):
        searching(base, HANDBOOK).search("vendor", k=0)


def test_control_characters_count_as_blanks(base: EmbeddedKnowledgeBase) -> None:
    searcher = searching(base, HANDBOOK)
    strange = searcher.search("vendor\0contract\x1b\ud800 terminated")
    assert [r.score for r in strange.results] == [r.score for r in searcher.search("vendor contract terminated").results]


def test_a_question_of_stop_words_is_answered_by_meaning_alone(base: EmbeddedKnowledgeBase) -> None:
    answer = searching(base, HANDBOOK).search("what is it")
    assert len(answer.results) == 4
    assert answer.text_plan.startswith("none")
    assert all(r.components.lexical is None and r.highlights == () for r in answer.results)


def test_text_that_looks_like_a_query_language_is_only_text(base: EmbeddedKnowledgeBase) -> None:
    answer = searching(base, HANDBOOK).search("'); DROP TABLE kb_documents; -- vendor* OR 1=1")
    assert [r.doc_id for r in answer.results if r.components.lexical] == [1]
    assert answer.matches == len(answer.results) == 4


def test_highlights_lie_where_the_passage_has_them(base: EmbeddedKnowledgeBase) -> None:
    text = "Größe: Ärzte’ Verträge — naïve café. Der Vertrag endet. 🙂 Vertrag"
    result = searching(base, [passage(1, text)]).search("cafe naive vertrag").results[0]
    assert [result.passage[start:end] for start, end in result.highlights] == [
        "Größe: Ärzte’ Verträge — naïve café.", "Vertrag", "Vertrag",
    ]  # fmt: skip


def test_a_knowledge_base_of_another_model_is_refused_with_what_to_do(base: EmbeddedKnowledgeBase) -> None:
    built(base, HashingEmbedder(), HANDBOOK)
    with pytest.raises(BadInput, match="documents_reembed"):
        Searcher(HashingEmbedder(name="hashing-2"), base).search("vendor")


def test_without_a_generation_there_is_nothing_to_search(base: EmbeddedKnowledgeBase) -> None:
    with pytest.raises(NotFound):
        Searcher(HashingEmbedder(), base).search("vendor")


def test_a_generation_that_is_named_is_searched_whether_it_is_live_or_not(base: EmbeddedKnowledgeBase) -> None:
    former = built(base, HashingEmbedder(), HANDBOOK)
    built(base, HashingEmbedder(name="hashing-2"), HANDBOOK[:1])
    assert Searcher(HashingEmbedder(), base, generation_id=former).search("vendor").matches == 4


def test_what_is_written_is_found_by_the_next_question(base: EmbeddedKnowledgeBase) -> None:
    searcher = searching(base, HANDBOOK)
    generation, embedder = base.live(), HashingEmbedder()
    assert generation is not None
    row = passage(9, "Parking is free.") | {"model_version": embedder.model().version}
    base.write(generation.generation_id, pl.DataFrame([row], schema=KB_DOCUMENTS.schema), embedder.embed(["Parking is free."]))
    assert searcher.search("parking free").results[0].doc_id == 9


def test_no_question_fails_while_another_model_takes_over(base: EmbeddedKnowledgeBase) -> None:
    built(base, HashingEmbedder(), HANDBOOK)
    searcher, done = Searcher(HashingModels(), base), Event()

    def ask() -> set[str]:
        models = set()
        while not done.is_set():
            answer = searcher.search("vendor contract terminated")
            models.add(answer.model_version)
            assert answer.results[0].doc_id == 1
        return models

    with ThreadPoolExecutor(2) as pool:
        asking = [pool.submit(ask) for _ in range(2)]
        for name in ("hashing-2", "hashing", "hashing-2"):
            built(base, HashingEmbedder(name=name), HANDBOOK)
            searcher.search("vendor")
        done.set()
        assert len(set().union(*(answers.result() for answers in asking))) == 2


class SlowModels(HashingModels):
    """Loading takes a while, as it does with real models."""

    _loads: list[str] = PrivateAttr(default_factory=list)

    def load(self, source: str) -> HashingEmbedder:
        self._loads.append(source)
        sleep(0.05)
        return super().load(source)


def test_a_model_is_loaded_once_however_many_threads_ask_for_it_at_the_same_time(base: EmbeddedKnowledgeBase) -> None:
    built(base, HashingEmbedder(), HANDBOOK)
    models = SlowModels()
    searcher = Searcher(models, base)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(searcher.search, ["vendor"] * 8))
    assert {answer.results[0].doc_id for answer in answers} == {1}
    assert len(models._loads) == 1


def test_the_identity_of_the_question_is_the_one_given_or_a_new_one(base: EmbeddedKnowledgeBase) -> None:
    built(base, HashingEmbedder(), HANDBOOK)
    searcher = Searcher(HashingEmbedder(), base, new_id=lambda: "new")
    assert searcher.search("vendor", query_id="given").query_id == "given"
    assert searcher.search("vendor").query_id == "new"


class Closing(EmbeddedSnapshot):
    """Notes whether it was closed."""

    closed = False

    def close(self) -> None:
        self.closed = True


class Held(EmbeddedKnowledgeBase):
    """A knowledge base whose snapshots hold something until they are closed, as those of a database do."""

    _taken: list[Closing] = PrivateAttr(default_factory=list)

    def snapshot(self, generation_id: str | None = None) -> Closing:
        usual = super().snapshot(generation_id)
        self._taken.append(Closing(Path(self.root, usual.generation.generation_id), usual.generation, usual.manifest))
        return self._taken[-1]

    @property
    def closed(self) -> list[bool]:
        return [taken.closed for taken in self._taken]


def test_a_search_gives_its_snapshot_back_whether_it_was_answered_or_failed(tmp_path: Path) -> None:
    base = Held(root=str(tmp_path))
    built(base, HashingEmbedder(), HANDBOOK)
    Searcher(HashingEmbedder(), base).search("vendor")
    with pytest.raises(BadInput):
        Searcher(HashingEmbedder(name="hashing-2"), base).search("vendor")
    assert base.closed == [True, True]
