"""A fleet in the embedded cloud as tests of jobs use it: the product's service, its journal, and SQL in its databases."""

from __future__ import annotations

import atexit
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg
import httpx
import polars as pl

from assets.fleet import tables
from resources.embedded_clock import EmbeddedClock
from resources.lake import Lake
from resources.object_store import LocalObjectStore
from resources.oci.autonomous_databases import OciAutonomousDatabases
from resources.oci.clients import OciClients
from resources.rest_sql import RestSqlSessions
from sandbox.oci.services.database import add_database
from tests.sandboxes import Sandbox, running

HOME, AWAY = "eu-frankfurt-1", "us-ashburn-1"
PASSWORD = "Embedded-Sandbox-1"
SECRET = "ocid1.vaultsecret.oc1.eu-frankfurt-1.one"


@dataclass(frozen=True)
class Fleet:
    """What jobs of the fleet are given."""

    sandbox: Sandbox
    folder: Path
    service: OciAutonomousDatabases
    clock: EmbeddedClock
    lake: Lake
    sessions: RestSqlSessions

    @property
    def resources(self) -> dict[str, Any]:
        return {
            "lake": self.lake,
            "cloud_clock": self.clock,
            "inputs_store": LocalObjectStore(root=str(self.folder / "inputs"), read_only=True),
            "autonomous_databases": self.service,
            "database_sessions": self.sessions,
        }

    def add(self, name: str, **fields: Any) -> str:
        """Let a database exist; its OCID."""
        tags = {"freeformTags": {"environment": "development"}}
        made = add_database(self.sandbox.cloud.store, HOME, self.sandbox.tenancy, name, **{**tags, **fields})
        return str(made.body["id"])

    def put(self, key: str, content: str) -> None:
        """A file of the team's."""
        path = self.folder / "inputs" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)

    def look(self, ocid: str) -> Any:
        return self.service.database(HOME, ocid)

    def log(self, operation: str = "") -> list[dict[str, Any]]:
        """What the cloud was asked to change and accepted."""
        rows = httpx.get(f"{self.sandbox.url}/sandbox/databases/log").json()
        return [r for r in rows if r["accepted"] and not r["repeated"] and operation in r["operation"]]

    def journal(self) -> pl.DataFrame:
        return self.lake.scan(tables.JOURNAL).collect()

    def outcomes(self) -> list[tuple[str, str]]:
        """Operations of the journal and how they ended, by time."""
        rows = self.journal().filter(pl.col("outcome") != "begun").sort("at", maintain_order=True)
        return [(row["operation"], row["outcome"].split(":")[0]) for row in rows.to_dicts()]

    def run(self, job: dg.JobDefinition, op: str, config: Mapping[str, Any], **more: Any) -> dg.ExecuteInProcessResult:
        return job.execute_in_process(
            instance=_instance(),
            resources=self.resources,
            run_config={"ops": {op: {"config": dict(config)}}},
            raise_on_error=False,
            **more,
        )


@cache
def _instance() -> dg.DagsterInstance:
    """One for all runs: making it takes as long as a run."""
    made = dg.DagsterInstance.ephemeral()
    atexit.register(made.dispose)
    return made


def metadata_of(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    """What the one op of a run that succeeded told."""
    assert result.success, failure_of(result)
    (output,) = [e for e in result.all_events if e.event_type == dg.DagsterEventType.STEP_OUTPUT]
    return {name: value.value for name, value in output.step_output_data.metadata.items()}


def failure_of(result: dg.ExecuteInProcessResult) -> str:
    """What a run failed with."""
    events = [e for e in result.all_events if e.event_type == dg.DagsterEventType.STEP_FAILURE]
    return " ".join(str(e.step_failure_data.user_failure_data or e.step_failure_data.error) for e in events)


@contextmanager
def fleet(folder: Path) -> Iterator[Fleet]:
    with running(folder / "cloud") as sandbox:
        clients = OciClients(
            endpoint=sandbox.url, config_file=sandbox.config_file, max_attempts=2, first_wait_seconds=0.01,
            longest_wait_seconds=0.02, breaker_failures=0,
        )  # fmt: skip
        (folder / "inputs").mkdir()
        yield Fleet(
            sandbox, folder, OciAutonomousDatabases(clients=clients), EmbeddedClock(endpoint=sandbox.url),
            Lake(root=str(folder / "lake")), RestSqlSessions(user="ADMIN", password=PASSWORD),
        )  # fmt: skip
