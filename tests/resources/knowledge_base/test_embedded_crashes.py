"""Writers that are killed, and readers that go on meanwhile: what is read is the state before or after, whole."""

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from resources.knowledge_base.embedded import EmbeddedKnowledgeBase
from resources.knowledge_base.interface import Filter
from tests.resources.knowledge_base.contract import CHUNKING, MODEL, OTHER_MODEL, passages, question, vectors

_KILLED = """
# Does each act again and again, in a process that is killed with SIGKILL just before one of its file operations, a later one each
# time, until it survives.
import os, shutil, signal, sys

import dagster, polars, pyarrow, usearch.index
from resources.knowledge_base.embedded import EmbeddedKnowledgeBase
from tests.resources.knowledge_base import test_embedded_crashes as tests

prepared, killed, *acts = sys.argv[1:]
counted = {"open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "fcntl.flock"}
left, root = [0], [""]

def watch(event, arguments):
    if event in counted and root[0] and (event == "fcntl.flock" or str(arguments[0]).startswith(root[0]) or event == "os.remove"):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(watch)
for argument in acts:
    act, _, step = argument.partition(":")
    point, survived = 0, False
    while not survived:
        copy = f"{killed}/{act}/{point}"
        shutil.copytree(prepared, copy)
        child = os.fork()
        if not child:
            left[0], root[0] = point, copy
            tests.ACTS[act](EmbeddedKnowledgeBase(root=copy, index_from=20))
            os._exit(0)
        survived = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        point += int(step)
"""
_READER = """
import sys
from pathlib import Path
from tests.resources.knowledge_base import test_embedded_crashes as tests
print("ready", flush=True)
print(tests.read_until(Path(sys.argv[1]), Path(sys.argv[2])))
"""
IDS, CHANGED = range(1, 41), range(21, 61)


def prepare(root: Path) -> None:
    kb = EmbeddedKnowledgeBase(root=str(root), index_from=20)
    for seed, model in enumerate((MODEL, OTHER_MODEL)):
        generation_id = kb.begin(model, CHUNKING).generation_id
        kb.write(generation_id, _titled(IDS, seed, model.version), vectors(IDS, seed))
        kb.cut_over(generation_id)
    generation_id = kb.begin(MODEL, CHUNKING).generation_id
    kb.write(generation_id, _titled(IDS, 2, MODEL.version), vectors(IDS, 2))
    kb.optimise(generation_id)


def _titled(ids: range, seed: int, version: str) -> object:
    return passages(ids, seed, title=f"state {seed}", content=f"the words of state{seed}", model_version=version)


def _building(kb: EmbeddedKnowledgeBase) -> str:
    return next(g.generation_id for g in kb.generations() if g.state == "building")


def _write(kb: EmbeddedKnowledgeBase) -> None:
    kb.write(_building(kb), _titled(CHANGED, 3, MODEL.version), vectors(CHANGED, 3), remove=range(1, 11))


def _update(kb: EmbeddedKnowledgeBase) -> None:
    kb.update(_building(kb), _titled(range(5, 30), 4, MODEL.version))


def _remove_half(kb: EmbeddedKnowledgeBase) -> None:
    kb.write(_building(kb), passages([]), vectors([]), remove=range(1, 21))


def _optimise(kb: EmbeddedKnowledgeBase) -> None:
    _remove_half(kb)
    kb.optimise(_building(kb))


def _cut_over(kb: EmbeddedKnowledgeBase) -> None:
    kb.cut_over(_building(kb))


def _drop(kb: EmbeddedKnowledgeBase) -> None:
    kb.drop(_building(kb))


def _begin(kb: EmbeddedKnowledgeBase) -> None:
    kb.begin(MODEL, "other chunks")


ACTS: dict[str, Callable[[EmbeddedKnowledgeBase], None]] = {
    "write": _write,
    "update": _update,
    "optimise": _optimise,
    "cut over": _cut_over,
    "drop": _drop,
    "begin": _begin,
}


def answers(root: Path) -> str:
    """All that can be read, as text; identities of generations aside, which are times."""
    kb = EmbeddedKnowledgeBase(root=str(root), index_from=20)
    read = []
    for generation in kb.generations():
        snapshot = kb.snapshot(generation.generation_id)
        hits = snapshot.nearest(question(1), Filter(), 5)
        words = {term: snapshot.document_frequencies([term])[term] for n in range(5) for term in snapshot.analyse(f"state{n}")}
        identities = snapshot.identities()
        vectors_ = snapshot.vectors(identities["doc_id"].to_numpy()).round(4).tolist()
        read.append([generation.state, generation.rows, hits.doc_ids.tolist(), words, identities.rows(), vectors_])
    return json.dumps(read)


STEPS = {"write": 3, "update": 4, "optimise": 6, "cut over": 1, "drop": 2, "begin": 2}
"""Every how many file operations an act is killed."""


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `prepared`, and for each act a folder of knowledge bases that it was killed in."""
    folder = tmp_path_factory.mktemp("killed")
    prepare(folder / "prepared")
    acts = [f"{act}:{step}" for act, step in STEPS.items()]
    command = [sys.executable, "-W", "ignore", "-c", _KILLED, str(folder / "prepared"), str(folder), *acts]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("act", ACTS)
def test_a_killed_writer_leaves_the_state_before_or_after(killed: Path, tmp_path: Path, act: str) -> None:
    before = answers(killed / "prepared")
    shutil.copytree(killed / "prepared", tmp_path / "done")
    undisturbed = EmbeddedKnowledgeBase(root=str(tmp_path / "done"), index_from=20)
    between = before
    if act == "optimise":
        _remove_half(undisturbed)
        between = answers(tmp_path / "done")
    ACTS[act](undisturbed)
    after = answers(tmp_path / "done")
    roots = sorted((killed / act).iterdir())
    assert {before, after} <= {answers(root) for root in roots} <= {before, between, after}
    for root in roots:
        complete(root, act)
        assert answers(root) == after
        assert leftovers(root) == []


def complete(root: Path, act: str) -> None:
    """Do again what was cut off, and one more change of everything, which clears away."""
    kb = EmbeddedKnowledgeBase(root=str(root), index_from=20)
    states = [g.state for g in kb.generations()]
    if act not in ("cut over", "drop") or "building" in states:
        ACTS[act](kb)
    extra = kb.begin(MODEL, "to clear away").generation_id
    kb.drop(extra)


def leftovers(root: Path) -> list[str]:
    """Files and folders that nothing names."""
    kb = EmbeddedKnowledgeBase(root=str(root), index_from=20)
    named = {str(root / "generations.json"), str(root / "writer.lock")}
    for generation in kb.generations():
        folder = root / generation.generation_id
        stored = kb.snapshot(generation.generation_id).manifest.files()
        named |= {
            str(folder),
            str(folder / "manifest.json"),
            str(folder / "writer.lock"),
            *(str(folder / s.name) for s in stored),
        }
    return sorted({str(path) for path in root.rglob("*")} - named)


def read_until(root: Path, stop: Path) -> str:
    """Ask the live generation again and again; what was wrong, if anything, and how often it was asked."""
    kb = EmbeddedKnowledgeBase(root=str(root), index_from=20)
    asked, seen = 0, set()
    while not stop.exists() or asked < 20:
        snapshot = kb.snapshot()
        hits = snapshot.nearest(question(asked), Filter(departments=frozenset({"Legal"})), 7)
        rows = snapshot.rows(hits.doc_ids)
        (title,) = rows["title"].unique().to_list()
        (version,) = rows["model_version"].unique().to_list()
        terms = dict.fromkeys(snapshot.analyse(title.replace(" ", "")), 1.0)
        if len(hits.doc_ids) != 7 or version != snapshot.generation.model.version:
            return f"wrong answer of {snapshot.generation}"
        if len(snapshot.matching(terms, Filter(), 100).doc_ids) != snapshot.generation.rows:
            return f"mixed words in {snapshot.generation}"
        seen.add(title)
        asked += 1
    return f"fine: {asked} questions, {len(seen)} states"


def test_nobody_who_asks_notices_a_cut_over(tmp_path: Path) -> None:
    root, stop = tmp_path / "kb", tmp_path / "stop"
    kb = EmbeddedKnowledgeBase(root=str(root), index_from=20)

    def build(state: int) -> None:
        model = (MODEL, OTHER_MODEL)[state % 2]
        generation_id = kb.begin(model, CHUNKING).generation_id
        rows = passages(IDS, state, dept="Legal", title=f"state {state}", content=f"of state{state}", model_version=model.version)
        kb.write(generation_id, rows[:25], vectors(IDS[:25], state))
        kb.write(generation_id, rows[25:], vectors(IDS[25:], state))
        kb.cut_over(generation_id)
        kb.optimise(generation_id)

    build(0)
    command = [sys.executable, "-W", "ignore", "-c", _READER, str(root), str(stop)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    said: list[str] = []
    threads = [threading.Thread(target=lambda: said.append(read_until(root, stop))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for state in range(1, 11):
        build(state)
        if state % 5 == 0:
            kb.roll_back()
            kb.roll_back()
    stop.touch()
    for thread in threads:
        thread.join()
    outcome, _ = process.communicate(timeout=60)
    assert len(said) == 2
    for line in (*said, outcome.strip()):
        assert line.startswith("fine"), line
    assert max(int(line.split()[3]) for line in said) > 2


def test_a_reader_needs_no_right_to_write(tmp_path: Path) -> None:
    prepare(tmp_path / "kb")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "kb").rglob("*")}
    answers(tmp_path / "kb")
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "kb").rglob("*")} == before
