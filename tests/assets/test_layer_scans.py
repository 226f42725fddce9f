"""The asset of scans: what is kept, what is judged anew, and what its checks say."""

import json
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import polars as pl

from assets.layers import tables
from assets.layers.scans import scans
from benchmarks.layer_tricks import zipped
from resources.advisories import NoAdvisories
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
