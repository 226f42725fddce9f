"""The search server over a real knowledge base that is written to, cut over to another model and rolled back meanwhile."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

import polars as pl
import pytest

from assets.documents.search import Searcher
from orchestration.http_guard import Limits
from orchestration.searching import Weights
from resources.knowledge_base.embedded import EmbeddedKnowledgeBase
from resources.knowledge_base.interface import KB_DOCUMENTS, Filter, Generation
from resources.search_log import SearchLog
from tests.hashing_embedder import HashingModels
from tests.uvicorns import serving

DEPARTMENTS = ("Legal", "HR", "IT")


@dataclass
class Deployed:
    base: EmbeddedKnowledgeBase
    searcher: Searcher

    def search(self, question: str, where: Filter, k: int, *, weights: Weights, today: date):
        return self.searcher.search(question, where, k, weights=weights, today=today)

    def live(self) -> Generation | None:
        return self.base.live()


def passages(version, numbers, text):
    rows = [
        {
            "doc_id": n, "parent_doc_id": f"d{n}", "chunk_no": 0, "title": f"Rule {n}", "dept": DEPARTMENTS[n % 3], "tags": [],
            "created_date": date(2025, 1, 1), "language": "en", "source_key": f"{n}.md", "start_offset": 0,
            "end_offset": len(text), "content": f"{text} {n}", "model_version": version,
        }
        for n in numbers
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=KB_DOCUMENTS.schema)


def build(base, models, source, text="vendor contract rule"):
    embedder = models.load(source)
    generation = base.begin(embedder.model(), "whole").generation_id
    rows = passages(embedder.model().version, range(1, 301), text)
    base.write(generation, rows, embedder.embed(rows["content"].to_list()))
    return generation


@pytest.fixture
def base(tmp_path):
    return EmbeddedKnowledgeBase(root=str(tmp_path / "base"))


def test_no_search_fails_while_passages_are_written_and_models_change(base, tmp_path):
    models = HashingModels()
    base.cut_over(build(base, models, "hashing"))
    searches = Deployed(base, Searcher(models, base))
    limits = Limits(per_second=10_000, burst=10_000)
    ended, asked = threading.Event(), threading.Semaphore(0)

    with serving(searches, SearchLog(root=str(tmp_path / "log")), limits) as client, ThreadPoolExecutor(4) as pool:

        def ask(n):
            answers = []
            while not ended.is_set():
                asked.release()
                query = {"q": f"vendor rule {n}", "k": 10, **({"department": "Legal"} if n % 2 else {})}
                answers.append(client.get("/search", params=query))
            return answers

        asking = [pool.submit(ask, n) for n in range(4)]
        for turn in range(3):
            for _ in range(12):  # on a busy machine the changes would be over before anybody asked
                assert asked.acquire(timeout=60)
            generation = base.live().generation_id
            embedder = models.load(base.live().model.source)
            rows = passages(base.live().model.version, range(1, 40), f"changed vendor rule {turn}")
            base.write(generation, rows, embedder.embed(rows["content"].to_list()), remove=[299 - turn])
            base.cut_over(build(base, models, f"hashing-{turn}"))
            if turn == 1:
                base.roll_back()
        ended.set()
        answers = [answer for one in asking for answer in one.result()]

    assert {answer.status_code for answer in answers} == {200}
    told = [answer.json() for answer in answers]
    assert {len(answer["results"]) for answer in told} == {10}
    assert len({answer["generation_id"] for answer in told}) >= 3
    # no answer mixes models
    assert len({(answer["generation_id"], answer["model_version"]) for answer in told}) == len({a["generation_id"] for a in told})


def test_a_server_that_started_without_an_index_answers_once_there_is_one(base, tmp_path):
    models = HashingModels()
    searches = Deployed(base, Searcher(models, base))
    with serving(searches, SearchLog(root=str(tmp_path / "log"))) as client:
        assert (client.get("/health").status_code, client.get("/search?q=vendor").status_code) == (503, 503)
        base.cut_over(build(base, models, "hashing"))
        health = client.get("/health").json()
        assert (health["ready"], health["rows"]) == (True, 300)
        assert isinstance(health["age_seconds"], float)
        assert len(client.get("/search?q=vendor").json()["results"]) == 10
