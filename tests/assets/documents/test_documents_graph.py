"""Files become passages that are found, measured and watched, by the jobs that operators run."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from assets.documents import index_health, kb_documents, retrieval_quality, search_usage, source_documents, tables
from assets.documents.golden_questions import GOLDEN_KEY
from assets.documents.indexing import bring_up_to_date
from assets.documents.search import Searcher
from assets.documents.serving import begun
from jobs.documents import documents_refresh, documents_upkeep
from resources.clock import Clock
from resources.knowledge_base.embedded import EmbeddedKnowledgeBase
from resources.knowledge_base.interface import Filter
from resources.lake import Lake
from resources.object_store import LocalObjectStore
from resources.search_log import SearchLog
from tests.hashing_embedder import HashingModels

TOPICS = ("invoice", "backup", "holiday", "laptop", "contract", "incident", "budget", "visitor", "password", "training", "travel")
MODULES = [source_documents, kb_documents, search_usage, retrieval_quality, index_health]


class Deployment:
    def __init__(self, root: Path, model: str = "hashing") -> None:
        self.root = root
        self.documents = LocalObjectStore(root=str(root / "documents"))
        self.inputs = LocalObjectStore(root=str(root / "inputs"))
        for store in (self.documents, self.inputs):
            Path(store.root).mkdir(exist_ok=True)
        self.lake = Lake(root=str(root / "lake"))
        self.base = EmbeddedKnowledgeBase(root=str(root / "base"))
        self.models = HashingModels(first=model)
        self.log = SearchLog(root=str(root / "log"))
        self.definitions = dg.Definitions(
            assets=dg.load_assets_from_modules(MODULES),
            asset_checks=dg.load_asset_checks_from_modules(MODULES),
            jobs=[documents_refresh, documents_upkeep],
            resources={
                "documents_store": self.documents,
                "inputs_store": self.inputs,
                "lake": self.lake,
                "clock": Clock(),
                "knowledge_base": self.base,
                "embedding_models": self.models,
                "search_log": self.log,
            },
        )

    def fill(self) -> None:
        for topic in TOPICS:
            front = f"---\ntitle: The {topic} rule\ndepartment: Office\ndate: 2026-05-01\ntags: [{topic}]\n---\n"
            self.documents.put(f"{topic}.md", f"{front}# {topic}\n\nWhat to do about {topic}.\n".encode())
        lines = [json.dumps({"question": f"what about {topic}", "relevant": {f"{topic}.md": 2}}) for topic in TOPICS]
        self.inputs.put(GOLDEN_KEY, "\n".join(lines).encode())

    def run(self, job: str, *, raises: bool = True) -> dg.ExecuteInProcessResult:
        with dg.DagsterInstance.ephemeral() as instance:
            return self.definitions.resolve_job_def(job).execute_in_process(instance=instance, raise_on_error=raises)


def metadata(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, object]:
    (made,) = result.asset_materializations_for_node(f"documents__{asset}")
    return {name: value.value for name, value in made.metadata.items()}


def checks(result: dg.ExecuteInProcessResult) -> dict[str, bool]:
    return {check.check_name: check.passed for check in result.get_asset_check_evaluations()}


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    made = Deployment(tmp_path)
    made.fill()
    return made


def test_files_become_passages_that_answer(deployment):
    result = deployment.run("documents_refresh")

    told = metadata(result, "kb_documents")
    assert told["documents"] == told["passages_embedded"] == told["dagster/row_count"] == len(TOPICS)
    assert all(checks(result).values())
    found = Searcher(deployment.models, deployment.base).search("laptop", Filter(departments=frozenset({"Office"})), 1)
    assert found.results[0].link == "laptop.md"
    assert found.results[0].tags == ("laptop",)


def test_a_repeat_reads_and_embeds_nothing(deployment):
    deployment.run("documents_refresh")

    again = deployment.run("documents_refresh")

    assert metadata(again, "source_documents")["read"] == 0
    assert metadata(again, "kb_documents")["passages_embedded"] == 0
    assert metadata(again, "kb_documents")["dagster/row_count"] == len(TOPICS)


def test_what_cannot_be_read_is_told_and_holds_up_nothing(deployment):
    deployment.documents.put("broken.pdf", b"%PDF-1.7 and no more")

    result = deployment.run("documents_refresh")

    assert checks(result)["every_document_can_be_read"] is False
    assert checks(result)["every_document_can_be_found"] is True
    assert metadata(result, "source_documents")["quarantined"] == 1


def test_golden_questions_and_the_index_are_measured(deployment):
    deployment.run("documents_refresh")

    result = deployment.run("documents_upkeep")

    quality, health = metadata(result, "retrieval_quality"), metadata(result, "index_health")
    assert quality["ndcg10"] == quality["mean_reciprocal_rank"] == 1.0
    assert quality["questions"] == len(TOPICS)
    assert "data:image/png;base64," in str(quality["quality_over_time"])
    assert health["recall10"] == 1.0
    assert health["missing_dept"] == 0
    assert all(checks(result).values())
    rows = deployment.lake.scan(tables.RETRIEVAL_QUALITY).collect()
    assert len(rows) == len(TOPICS) + 1
    assert rows.filter(pl.col("question").is_null())["ndcg10"].to_list() == [1.0]


def test_poor_answers_missing_metadata_and_faulty_golden_lines_are_told(deployment):
    deployment.documents.put("bare.txt", b"Words without anything known about them at all.")
    lines = [json.dumps({"question": f"unheard of {n}", "relevant": {"bare.txt": 1}}) for n in range(11)]
    deployment.inputs.put(GOLDEN_KEY, "\n".join([*lines, "{", '{"question": "x", "relevant": {"gone.md": 1}}']).encode())
    for topic in TOPICS[:-1]:
        deployment.documents.delete(f"{topic}.md")
    deployment.run("documents_refresh")

    told = checks(deployment.run("documents_upkeep"))

    assert told["metadata_is_complete"] is False
    assert told["the_golden_set_can_be_used"] is False


def test_without_documents_what_was_not_measured_is_unknown_and_not_well(tmp_path):
    empty = Deployment(tmp_path)

    refreshed = empty.run("documents_refresh")
    result = empty.run("documents_upkeep")

    assert metadata(refreshed, "kb_documents")["documents"] == 0
    assert result.success
    for check in ("golden_questions_are_answered", "the_index_finds_what_an_exact_search_finds", "search_is_quick"):
        assert checks(result)[check] is False
    assert "no golden question" in str(metadata(result, "retrieval_quality")["status"])


def test_votes_become_judgements(deployment):
    deployment.inputs.put(GOLDEN_KEY, b"")
    deployment.run("documents_refresh")
    answer = Searcher(deployment.models, deployment.base).search("what about travel")
    now = datetime.now(UTC)
    deployment.log.record_search(answer, Filter(), now)
    travel = next(r.document_id for r in answer.results if r.link == "travel.md")
    for person in ("Ada", "Bea"):
        deployment.log.record_feedback(answer.query_id, travel, True, person, now)

    result = deployment.run("documents_upkeep")

    assert metadata(result, "retrieval_quality").get("questions") == 1


def test_another_configured_model_is_told_and_does_not_get_in(deployment):
    deployment.run("documents_refresh")
    changed = Deployment(deployment.root, model="hashing-2")
    changed.documents.put("parking.md", b"# Parking\n\nWhere to park.\n")

    result = changed.run("documents_refresh")

    assert checks(result)["the_configured_model_answers"] is False
    assert metadata(result, "kb_documents")["model_version"].startswith("hashing@")
    assert changed.base.snapshot().count(Filter()) == len(TOPICS) + 1


def test_a_configured_model_that_cannot_be_had_is_told_and_stops_nothing(deployment):
    deployment.run("documents_refresh")
    changed = Deployment(deployment.root, model="misspelt")
    changed.documents.put("parking.md", b"# Parking\n\nWhere to park.\n")

    result = changed.run("documents_refresh")

    assert checks(result)["the_configured_model_answers"] is False
    assert changed.base.snapshot().count(Filter()) == len(TOPICS) + 1


def test_a_generation_that_took_over_while_the_first_was_built_goes_on_answering(deployment, monkeypatch):
    def meanwhile(*given):
        brought = bring_up_to_date(*given)
        other, _ = begun(deployment.base, deployment.models, "hashing-2")
        deployment.base.cut_over(other.generation_id)
        return brought

    monkeypatch.setattr(kb_documents, "bring_up_to_date", meanwhile)

    result = deployment.run("documents_refresh")

    live = deployment.base.live()
    assert live is not None
    assert live.model.name == "hashing-2"
    assert checks(result)["every_document_can_be_found"] is False


def test_no_asset_rewrites_its_history_in_two_runs_at_once():
    assert all(op.pool for module in MODULES for op in [dg.load_assets_from_modules([module])[0].op])
