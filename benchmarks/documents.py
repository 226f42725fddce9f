"""Measures what a repeat of the documents job costs when nothing changed, and what one changed paragraph costs.

The real job runs on the embedded deployment: files in a folder, the built-in model, the embedded knowledge base. The documents
are made up from a seed: distinct sentences over an invented vocabulary, in paragraphs, with headings and front matter.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from benchmarks.outcome import Target, finish

_SYLLABLES = [
    "ba",
    "ce",
    "di",
    "fo",
    "gu",
    "la",
    "me",
    "ni",
    "so",
    "tu",
    "ra",
    "ve",
    "ki",
    "po",
    "ju",
    "ha",
    "le",
    "mo",
    "ti",
    "su",
]
_TARGETS = {"rerun_ratio": Target(at_most=0.05), "chunks_beyond_the_change": Target(equals=0)}


def main(argv: list[str]) -> int:
    """Exit status as `benchmarks.outcome.finish`."""
    parser = argparse.ArgumentParser(prog="documents", description=__doc__)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="documents-") as folder:
        return finish("documents", _measured(Path(folder), asked.documents, asked.seed), _TARGETS)


def _measured(folder: Path, documents: int, seed: int) -> dict[str, object]:
    rng = random.Random(seed)
    words = sorted({"".join(rng.choices(_SYLLABLES, k=rng.randint(2, 4))) for _ in range(5_000)})
    store = folder / "documents"
    store.mkdir()
    for number in range(documents):
        (store / f"{number:06}.md").write_text(_document(rng, words, number), encoding="utf-8")
    place = _Place(folder, store)
    first = place.run()
    again = [place.run() for _ in range(3)]
    if any(run["passages_embedded"] for run in again):
        raise RuntimeError("a repeat without a change embedded something")
    changed = store / f"{documents // 2:06}.md"
    paragraphs = changed.read_text(encoding="utf-8").split("\n\n")
    said = "The changed paragraph says something else about zebras and quorums."
    paragraphs[len(paragraphs) // 2] = said
    changed.write_text("\n\n".join(paragraphs), encoding="utf-8")
    after = place.run()
    seconds = sorted(run["seconds"] for run in again)[1]
    return {
        "documents": documents,
        "passages": first["dagster/row_count"],
        "first_run_seconds": first["seconds"],
        "rerun_seconds": seconds,
        "rerun_ratio": seconds / first["seconds"],
        "one_change_seconds": after["seconds"],
        "chunks_reembedded_after_one_change": after["passages_embedded"],
        "chunks_with_the_change": place.passages_with(said),
        "chunks_beyond_the_change": max(0, after["passages_embedded"] - _touched(place, said)),
    }


def _touched(place: "_Place", said: str) -> int:
    """Passages that hold the changed paragraph, and the two whose boundary it may move."""
    return place.passages_with(said) + 2


class _Place:
    """An embedded deployment of the documents job alone."""

    def __init__(self, folder: Path, store: Path) -> None:
        from orchestration.definitions import build_defs
        from orchestration.settings import current_settings, use_local
        from orchestration.wiring import resources_for
        from resources.object_store import LocalObjectStore

        (folder / "dagster").mkdir()
        (folder / "inputs").mkdir()
        use_local(folder, folder, folder / "inputs")
        resources = resources_for(current_settings()) | {"documents_store": LocalObjectStore(root=str(store), read_only=True)}
        self._base: Any = resources["knowledge_base"]
        self._job = build_defs(resources).resolve_job_def("documents_refresh")

    def run(self) -> dict[str, Any]:
        """Figures of one run of the job, with its `seconds`."""
        started = time.perf_counter()
        quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        with dg.DagsterInstance.ephemeral() as instance:
            result = self._job.execute_in_process(instance=instance, run_config=quiet)
        seconds = time.perf_counter() - started
        metadata: Mapping[str, Any] = result.asset_materializations_for_node("documents__kb_documents")[0].metadata
        return {name: value.value for name, value in metadata.items()} | {"seconds": seconds}

    def passages_with(self, text: str) -> int:
        snapshot = self._base.snapshot()
        rows = snapshot.rows(snapshot.identities()["doc_id"].to_list())
        return len(rows.filter(pl.col("content").str.contains(text, literal=True)))


def _document(rng: random.Random, words: list[str], number: int) -> str:
    """A document of two sections and six to ten paragraphs."""
    front = (
        f"---\ntitle: Document {number}\ndepartment: D{number % 7}\ndate: 2026-{number % 12 + 1:02}-{number % 28 + 1:02}\n---\n"
    )
    paragraphs = ["# " + _sentence(rng, words, 3)]
    for n in range(rng.randint(6, 10)):
        if n == 4:
            paragraphs.append("## " + _sentence(rng, words, 3))
        paragraphs.append(" ".join(_sentence(rng, words, rng.randint(5, 12)) for _ in range(rng.randint(1, 3))))
    return front + "\n\n".join(paragraphs) + "\n"


def _sentence(rng: random.Random, words: list[str], length: int) -> str:
    return " ".join(rng.choices(words, k=length)).capitalize() + "."
