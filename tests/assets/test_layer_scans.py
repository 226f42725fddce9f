"""The asset of scans: what is kept, what is judged anew, and what its checks say."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from assets.layers import tables
from assets.layers.known import scans_by_key
from assets.layers.logic.bundles import built
from assets.layers.logic.products import ScanKey
from assets.layers.scanning import allow_list_of, scanned
from assets.layers.scans import scans
from benchmarks.layer_tricks import elf, zipped
from resources.advisories import Advisories, Answer, NoAdvisories
from resources.clock import Clock
from resources.lake import Lake
from resources.object_store import LocalObjectStore

_ALLOWED = b"- {rule: startup-code, reason: known, until: 2026-06-30}\n"


def _build(sha: str, key: str) -> dict[str, object]:
    return {
        "sha256": sha, "layer": f"layer-{sha}", "specification": "layer", "kind": "python", "runtimes": ["python3.12"],
        "architectures": ["x86_64"], "source_sha256": "0", "key": key, "zip_bytes": 1, "unzipped_bytes": 1, "files": 1,
        "packages": json.dumps([{"name": "six", "version": "1.0", "bytes": 1, "license": ""}]), "imports": [], "budget": "passed",
        "budget_reason": "", "built_at": datetime(2026, 1, 1, tzinfo=UTC),
    }  # fmt: skip


def test_a_zip_is_looked_through_once_and_judged_anew_when_the_allow_list_changes(tmp_path: Path) -> None:
    lake = Lake(root=str(tmp_path / "lake"))
    store = LocalObjectStore(root=str(tmp_path / "zips"))
    inputs = LocalObjectStore(root=str(tmp_path / "inputs"))
    for name in ("zips", "inputs"):
        (tmp_path / name).mkdir()
    store.put("good.zip", zipped({"python/a.py": "x = 1"}))
    store.put("bad.zip", zipped({"python/sitecustomize.py": "x = 1"}))
    inputs.put("layers/other.yaml", b"")
    builds = [_build("g", "good.zip"), _build("b", "bad.zip"), _build("n", "none.zip")]
    lake.replace(tables.BUILDS, pl.DataFrame(builds, schema=tables.BUILDS.schema), where=None)
    resources = {
        "lake": lake, "clock": Clock(fixed_at="2026-05-01T00:00:00Z"), "inputs_store": inputs, "layer_store": store,
        "advisories": NoAdvisories(),
    }  # fmt: skip

    def run() -> tuple[dict[str, str], dict[str, bool], int]:
        done = dg.materialize([scans], resources=resources)
        (event,) = done.asset_materializations_for_node(scans.op.name)
        verdicts = {row["sha256"]: row["verdict"] for row in lake.scan(tables.SCANS).collect().to_dicts()}
        checks = {one.check_name: one.passed for one in done.get_asset_check_evaluations()}
        return verdicts, checks, int(str(event.metadata["looked_through_now"].value))

    verdicts, checks, looked = run()
    assert verdicts == {"g": "passed", "b": "failed", "n": "unknown"}
    assert checks == {"no_high_finding": False, "vulnerabilities_are_known": False, "allow_list_is_current": True}
    assert looked == 3
    inputs.put("layers/allowed_findings.yaml", _ALLOWED)
    verdicts, checks, looked = run()
    assert verdicts == {"g": "passed", "b": "passed", "n": "unknown"}
    assert checks["no_high_finding"]
    assert looked == 1  # what was not there is looked for again


class _World:
    """A lake, stores and builds."""

    def __init__(self, folder: Path, advisories: Advisories) -> None:
        for name in ("zips", "inputs"):
            (folder / name).mkdir()
        self.lake = Lake(root=str(folder / "lake"))
        self.zips, self.inputs = (LocalObjectStore(root=str(folder / name)) for name in ("zips", "inputs"))
        self.advisories = advisories
        self.looked = 0

    def scan(self, *builds: dict[str, object]) -> dict[ScanKey, Mapping[str, Any]]:
        """Look through these builds."""
        self.lake.replace(tables.BUILDS, pl.DataFrame(builds, schema=tables.BUILDS.schema), where=None)
        allowed = allow_list_of(self.inputs)
        rows, self.looked = scanned(
            self.lake, self.zips, allowed, self.advisories, datetime(2026, 5, 1, tzinfo=UTC), unknown_blocks=False
        )
        self.lake.replace(tables.SCANS, rows, where=None)
        return scans_by_key(self.lake)


@pytest.fixture
def world(tmp_path: Path) -> _World:
    return _World(tmp_path, NoAdvisories())


def test_the_same_zip_is_looked_through_for_each_target_and_has_a_verdict_for_each(world: _World) -> None:
    world.zips.put("a.zip", zipped({"python/a.so": elf()}))
    x86 = _build("a", "a.zip")
    arm = {**x86, "layer": "arm", "architectures": ["arm64"]}
    found = world.scan(x86, arm)
    assert found[built(x86).scan_key]["verdict"] == "passed"
    assert found[built(arm).scan_key]["verdict"] == "failed"
    assert world.looked == 2
    other = {**x86, "architectures": ["arm64"]}
    assert built(other).scan_key not in found
    assert world.scan(other)[built(other).scan_key]["verdict"] == "failed"
    assert world.looked == 0  # the same zip was looked through for that target before, as another layer


def test_what_is_allowed_for_one_layer_is_not_for_another_with_the_same_zip(world: _World) -> None:
    world.zips.put("bad.zip", zipped({"python/sitecustomize.py": "x = 1"}))
    world.inputs.put("layers/allowed_findings.yaml", b"- {rule: startup-code, layer: ours, reason: known, until: 2026-06-30}\n")
    theirs, ours = ({**_build("b", "bad.zip"), "layer": layer} for layer in ("theirs", "ours"))
    for builds in ((theirs, ours), (ours, theirs)):
        found = world.scan(*builds)
        assert [found[built(one).scan_key]["verdict"] for one in (ours, theirs)] == ["passed", "failed"]


class _Answering(Advisories):
    """A source that knows all packages, and nothing bad of them."""

    def ask(self, packages: Sequence[tuple[str, str]]) -> Answer:
        return Answer(())

    @property
    def identity(self) -> str:
        return "answering"


def test_code_whose_package_nobody_knows_is_not_clean(tmp_path: Path) -> None:
    world = _World(tmp_path, _Answering())
    world.zips.put("a.zip", zipped({"python/a.py": "x = 1\n"}))
    known, unknown = _build("a", "a.zip"), {**_build("a", "a.zip"), "layer": "unknown", "packages": "[]"}
    found = world.scan(known, unknown)
    assert found[built(known).scan_key]["vulnerabilities"] == "clean"
    told = found[built(unknown).scan_key]["vulnerabilities"]
    assert told == "unknown: no package is known of it, so nothing could be asked about"
