"""The model changes without a moment in which search does not answer; a worse one is refused; a killed change goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from assets.documents import tables
from assets.documents.golden_questions import GOLDEN_KEY
from assets.documents.indexing import bring_up_to_date
from assets.documents.search import Searcher
from assets.documents.serving import begun
from assets.progress import silent
from jobs.documents import documents_reembed, documents_roll_back
from resources.clock import Clock
from resources.knowledge_base.embedded import EmbeddedKnowledgeBase
from resources.lake import Lake
from resources.object_store import LocalObjectStore
from tests.documents_table import Documents
from tests.hashing_embedder import HashingEmbedder, HashingModels

TOPICS = ("invoice", "backup", "holiday", "laptop", "contract", "incident", "budget", "visitor", "password", "training",
          "travel", "warehouse")  # fmt: skip


class Place:
    """A deployment with a live generation of the model `hashing`, and a golden set that it answers well."""

    def __init__(self, root: Path, *, filled: bool = True) -> None:
        self.root = root
        self.lake = Lake(root=str(root / "lake"))
        self.base = EmbeddedKnowledgeBase(root=str(root / "base"))
        self.models = HashingModels()
        self.inputs = LocalObjectStore(root=str(root / "inputs"))
        self.documents = Documents(self.lake)
        if filled:
            self.fill()

    def fill(self) -> None:
        Path(self.inputs.root).mkdir()
        for topic in TOPICS:
            self.documents.put(topic, f"The {topic} rule. " + " ".join(f"About {topic} number {n}." for n in range(8)))
        lines = [json.dumps({"question": f"rule of {topic}", "relevant": {f"{topic}.md": 2}}) for topic in TOPICS]
        self.inputs.put(GOLDEN_KEY, "\n".join(lines).encode())
        generation, embedder = begun(self.base, self.models, self.models.default)
        bring_up_to_date(self.base, embedder, self.lake, generation, silent)
        self.base.cut_over(generation.generation_id)
        self.first = generation.generation_id

    def run(self, job: dg.JobDefinition, op: str, *, raises: bool = True, **config: object) -> dg.ExecuteInProcessResult:
        resources = {
            "lake": self.lake,
            "clock": Clock(),
            "knowledge_base": self.base,
            "embedding_models": self.models,
            "inputs_store": self.inputs,
        }
        return job.execute_in_process(run_config={"ops": {op: {"config": config}}}, resources=resources, raise_on_error=raises)

    def reembed(self, **config: object) -> dg.ExecuteInProcessResult:
        return self.run(documents_reembed, "reembed", **config)

    def live(self) -> str:
        live = self.base.live()
        assert live is not None
        return live.model.name

    def events(self) -> list[str]:
        return self.lake.scan(tables.INDEX_EVENTS).sort("at").collect()["event"].to_list()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def told(result: dg.ExecuteInProcessResult) -> dict[str, object]:
    events = [e for e in result.all_events if e.event_type == dg.DagsterEventType.STEP_OUTPUT]
    return {name: value.value for name, value in events[0].step_output_data.metadata.items()}


def test_a_plan_changes_nothing(place):
    result = place.reembed(model="hashing-2")

    assert told(result)["needed"] is True
    assert told(result)["documents"] == len(TOPICS)
    assert [g.generation_id for g in place.base.generations()] == [place.first]
    assert place.events() == []


def test_another_model_takes_over_once_it_answers_as_well(place):
    place.reembed(model="hashing-2", mode="apply", by="Ada")

    assert place.live() == "hashing-2"
    assert place.events() == ["begun", "built", "passed", "cut over"]
    assert set(place.lake.scan(tables.INDEX_EVENTS).collect()["by"]) == {"Ada"}
    found = Searcher(place.models, place.base).search("rule of laptop")
    assert found.results[0].link == "laptop.md"


def test_nothing_is_done_when_the_model_is_live_already(place):
    result = place.reembed(model="hashing", mode="apply")

    assert told(result)["needed"] is False
    assert len(place.base.generations()) == 1


def test_a_model_that_answers_worse_is_refused_and_the_live_one_goes_on(place):
    lines = [json.dumps({"question": f"syn{topic}", "relevant": {f"{topic}.md": 2}}) for topic in TOPICS]
    place.inputs.put(GOLDEN_KEY, "\n".join(lines).encode())

    result = place.reembed(model="hashing-poor", mode="apply", raises=False)

    assert not result.success
    assert place.live() == "hashing"
    assert place.events() == ["begun", "built", "refused"]
    assert Searcher(place.models, place.base).search("synlaptop").results[0].link == "laptop.md"


def test_without_golden_questions_nothing_is_cut_over_unless_that_is_accepted(place):
    place.inputs.put(GOLDEN_KEY, b"")

    refused = place.reembed(model="hashing-2", mode="apply", raises=False)

    assert not refused.success
    assert place.live() == "hashing"
    place.reembed(model="hashing-2", mode="apply", without_golden_set=True)
    assert place.live() == "hashing-2"


def test_what_changed_meanwhile_is_in_the_new_generation(place):
    place.documents.put("parking", "The parking rule is new.")

    place.reembed(model="hashing-2", mode="apply")

    assert Searcher(place.models, place.base).search("parking rule").results[0].link == "parking.md"


def test_the_former_generation_comes_back_with_the_documents_of_today(place):
    place.reembed(model="hashing-2", mode="apply")
    place.documents.put("parking", "The parking rule is new.")

    place.run(documents_roll_back, "roll_back", by="Ada", reason="slow")

    assert place.live() == "hashing"
    assert Searcher(place.models, place.base).search("parking rule").results[0].link == "parking.md"
    assert place.events()[-1] == "rolled back"


def test_a_model_that_is_gone_is_replaced_without_a_comparison(place):
    class Changed(HashingModels):
        def load(self, source: str) -> HashingEmbedder:
            embedder = super().load(source)
            return HashingEmbedder(name=source, dimensions=32) if source == "hashing" else embedder

    place.models = Changed()

    place.reembed(model="hashing-2", mode="apply")

    assert place.live() == "hashing-2"
    assert "cannot answer any more" in place.lake.scan(tables.INDEX_EVENTS).filter(event="passed").collect()["detail"].item()


def test_what_another_model_left_unfinished_is_dropped_when_one_takes_over(place):
    place.inputs.put(GOLDEN_KEY, b"")
    place.reembed(model="hashing-2", mode="apply", raises=False)

    place.reembed(model="hashing-3", mode="apply", without_golden_set=True)

    assert {g.model.name: g.state for g in place.base.generations()} == {"hashing": "previous", "hashing-3": "live"}
    noted = set(place.lake.scan(tables.INDEXED_DOCUMENTS).collect()["generation_id"])
    assert noted == {g.generation_id for g in place.base.generations()}
    assert "dropped" in place.events()


def test_a_roll_back_that_crashed_is_not_tried_again_by_itself():
    assert documents_roll_back.run_tags["dagster/max_retries"] == "0"


def test_no_query_fails_or_is_answered_by_a_mixture_while_the_model_changes(place):
    searcher = Searcher(place.models, place.base)
    answers: list[tuple[str, str]] = []
    failures: list[Exception] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            for topic in TOPICS:
                try:
                    answer = searcher.search(f"rule of {topic}", k=3)
                    answers.append((answer.model_version, answer.results[0].link == f"{topic}.md"))
                except Exception as error:  # noqa: BLE001  whatever it is, it is a failed query
                    failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(2, 5):
        place.reembed(model=f"hashing-{n}", mode="apply")
    time.sleep(0.2)
    done.set()
    for thread in threads:
        thread.join()

    assert failures == []
    assert len({version for version, _ in answers}) >= 3
    assert all(right for _, right in answers)


_SLOW = """
import sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
import assets.documents.indexing as indexing
from tests.hashing_embedder import HashingEmbedder
from tests.jobs.test_documents import Place

indexing._PASSAGES_WRITTEN = 2
embed = HashingEmbedder.embed

def slow(self, texts):
    if len(texts) > 1:
        time.sleep(0.2)
    return embed(self, texts)

HashingEmbedder.embed = slow
Place(Path(sys.argv[2]), filled=False).reembed(model="hashing-2", mode="apply")
"""


def test_a_killed_change_of_the_model_goes_on_where_it_was_and_search_answers_throughout(place):
    searcher = Searcher(place.models, place.base)
    project = str(Path(__file__).parents[2])
    child = subprocess.Popen([sys.executable, "-W", "ignore", "-c", _SLOW, project, str(place.root)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and indexed(place, "hashing-2") < 3:
        assert searcher.search("rule of laptop").results[0].link == "laptop.md"
        assert child.poll() is None
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    there = indexed(place, "hashing-2")

    assert 3 <= there < len(TOPICS)
    assert place.live() == "hashing"
    assert searcher.search("rule of laptop").results[0].link == "laptop.md"
    result = place.reembed(model="hashing-2", mode="apply")
    assert told(result)["unfinished"] is not None
    assert told(result)["changed"] <= len(TOPICS) - there
    assert place.live() == "hashing-2"
    assert searcher.search("rule of laptop").results[0].link == "laptop.md"


def indexed(place: Place, model: str) -> int:
    """Documents that are noted to be in the unfinished generation of a model."""
    ids = [g.generation_id for g in place.base.generations() if g.model.name == model]
    rows = place.lake.scan(tables.INDEXED_DOCUMENTS).filter(pl.col("generation_id").is_in(ids))
    return len(rows.collect())
