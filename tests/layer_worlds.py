"""Layers as tests of jobs use them: tiny zips in a store, tables of what is known of them, and an embedded AWS."""

from __future__ import annotations

import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from assets.journal import BEGUN
from assets.layers import tables
from assets.layers.logic import specifications
from assets.layers.logic.testing import asked_of_tests
from resources.aws.clients import AwsClients
from resources.aws.lambda_service import AwsLambda
from resources.clock import Clock
from resources.lake import Lake
from resources.lambda_layers import Place
from resources.lambda_service import LambdaService
from resources.language_runtimes import machine
from resources.metrics_sink import CUSTOM_METRICS, LakeMetrics
from resources.object_store import LocalObjectStore
from sandbox.aws_lambda_server import Served

OWN, OTHER, HOME, AWAY = "123456789012", "111122223333", "eu-central-1", "us-east-1"
HERE, THERE = Place(OWN, HOME), Place(OTHER, AWAY)
RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
_BEGUN = datetime(2026, 11, 1, tzinfo=UTC)


@cache
def clients_of(url: str) -> AwsClients:
    """Made once: that takes longer than most tests."""
    return AwsClients(
        endpoint_url=url, region=HOME, access_key_id="test", secret_access_key="test", role="cloudops", max_attempts=3
    )


def zipped(files: Mapping[str, str]) -> bytes:
    """A zip, the same bytes for the same files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return made.getvalue()


@dataclass
class LayerWorld:
    """What assets and jobs of layers are given.

    Attributes:
        aws: The embedded AWS.
        folder: For everything else.
        specifications: As `layers/layers.yaml` has them, by name.
        service: Lambda; a test may put another around it.
        lake: The tables.
    """

    aws: Served
    folder: Path
    specifications: dict[str, dict[str, Any]] = field(default_factory=dict)
    service: LambdaService = field(init=False)
    lake: Lake = field(init=False)
    runs: int = 0

    def __post_init__(self) -> None:
        self.lake = Lake(root=str(self.folder / "lake"))
        for name in ("inputs", "store"):
            (self.folder / name).mkdir()
        self.service = AwsLambda(
            clients=clients_of(self.aws.url), accounts=[OTHER], regions=[HOME, AWAY], test_role="test", poll_seconds=0.01,
            repeat_seconds=5,
        )  # fmt: skip

    def specify(self, name: str, **more: Any) -> None:
        """Say a layer."""
        usual = {"runtimes": [RUNTIME], "architectures": [machine()], "requirements": ["m"]}
        self.specifications[name] = {**usual, **more}
        said = {"layers": [{"name": name, **one} for name, one in self.specifications.items()]}
        path = self.folder / "inputs" / "layers" / "layers.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(said))

    def build(
        self, specification: str, files: Mapping[str, str], *imports: str, layer: str = "", source: str = "",
        scan: str = "passed",
        high: int = 0, budget: str = "passed", local: str | None = "passed", runtimes: Sequence[str] = (RUNTIME,),
    ) -> str:  # fmt: skip
        """Let a zip be built, looked through and tested on this machine; its SHA-256. `local` None: it was not tested."""
        content = zipped(files)
        sha = hashlib.sha256(content).hexdigest()
        layer, key = layer or specification, f"{sha}.zip"
        (self.folder / "store" / key).write_bytes(content)
        self.runs += 1
        at = _BEGUN + timedelta(minutes=self.runs)
        source = hashlib.sha256((source or sha).encode()).hexdigest()
        architecture = machine()
        self._add(tables.BUILDS, sha256=sha, layer=layer, specification=specification, kind="python", runtimes=list(runtimes),
                  architectures=[architecture], source_sha256=source, key=key, zip_bytes=len(content), unzipped_bytes=9, files=1,
                  packages="[]", imports=list(imports), budget=budget, budget_reason="", built_at=at)  # fmt: skip
        self._add(tables.SCANS, sha256=sha, layer=layer, runtimes=list(runtimes), architectures=[architecture],
                  verdict=scan, score=100.0, high=high, medium=0, low=0, allowed=0,
                  vulnerabilities="clean", findings="[]", scanned_at=at)  # fmt: skip
        if local is not None:
            for runtime in runtimes:
                self._add(tables.TESTS, sha256=sha, layer=layer, runtime=runtime, architecture=architecture, where="local",
                          asked=self._asked(specification), verdict=local, reason="", import_seconds=0.1,
                          tested_at=at)  # fmt: skip
        return sha

    def _asked(self, specification: str) -> str:
        (one,) = (one for one in specifications.read((self.folder / "inputs/layers/layers.yaml").read_text())
                  if one.name == specification)  # fmt: skip
        return asked_of_tests(one)

    def _add(self, table: Any, **row: Any) -> None:
        same = f"sha256 = '{row['sha256']}'" + (f" AND runtime = '{row['runtime']}'" if "runtime" in row else "")
        self.lake.replace(table, pl.DataFrame([row], schema=table.schema), where=same)

    @property
    def resources(self) -> dict[str, Any]:
        """By their names."""
        return {
            "lake": self.lake, "clock": Clock(), "inputs_store": LocalObjectStore(root=str(self.folder / "inputs")),
            "layer_store": LocalObjectStore(root=str(self.folder / "store")), "lambda_service": self.service,
            "layer_metrics": LakeMetrics(lake=self.lake),
        }  # fmt: skip

    @property
    def given(self) -> dict[str, Any]:
        """The same for runs, with the clients that are made already: of others each run would make its own."""
        return {**self.resources, "lambda_service": dg.ResourceDefinition.hardcoded_resource(self.service)}

    def publish(self, *, fails: bool = False, **config: Any) -> dict[str, Any]:
        """Run the job; what the run tells, or the message of its failure as `failure`."""
        from jobs.layer_publish import layer_publish

        usual = {"mode": "apply", "cold_starts": 1}
        run = layer_publish.execute_in_process(
            run_config={"ops": {"publish_layers": {"config": {**usual, **config}}}},
            resources=self.given,
            raise_on_error=False,
        )
        if run.success == fails:
            failed = [event for event in run.all_events if event.is_step_failure]
            raise AssertionError(failed[0].step_failure_data if failed else "the run did not fail")
        told = {name: value.value for event in run.all_events for name, value in _metadata(event).items()}
        if fails:
            (event,) = (event for event in run.all_events if event.is_step_failure)
            cause = event.step_failure_data.user_failure_data
            told["failure"] = cause.description if cause else str(event.step_failure_data.error)
        return told

    def versions(self, place: Place, layer: str) -> list[int]:
        """Numbers of the versions that are there, the oldest first."""
        return sorted(one.arn.version for one in self.service.layer_versions(place, layer))

    def left(self) -> list[str]:
        """Functions, and layers of candidates, that are anywhere."""
        return [
            name for place in self.service.places()
            for name in [*(one.name for one in self.service.functions(place, all_versions=False)),
                         *(layer for layer in self.service.layers(place) if layer.endswith("-candidate"))]
        ]  # fmt: skip

    def grants(self, place: Place, layer: str, version: int = 1) -> set[tuple[str, str | None]]:
        """Whom a version is granted."""
        (arn,) = (one.arn for one in self.service.layer_versions(place, layer) if one.arn.version == version)
        return {(grant.principal, grant.organization) for grant in self.service.grants(arn)[0]}

    def journal(self) -> list[tuple[str, str]]:
        """Operations and their ends, without the beginnings."""
        rows = self.lake.scan(tables.JOURNAL).filter(pl.col("outcome") != BEGUN).sort("at").collect()
        return list(rows.select("operation", "outcome").iter_rows())

    def open_changes(self) -> int:
        """Changes of which the journal does not say how they ended."""
        rows = self.lake.scan(tables.JOURNAL).collect()
        return int((rows["outcome"] == BEGUN).sum() - (rows["outcome"] != BEGUN).sum())

    def points(self) -> dict[str, list[float]]:
        """Metrics that were posted."""
        rows = self.lake.scan(CUSTOM_METRICS).collect()
        return {name: part["value"].to_list() for (name,), part in rows.group_by("name")}


def _metadata(event: dg.DagsterEvent) -> Mapping[str, Any]:
    return event.step_output_data.metadata if event.is_successful_output else {}
