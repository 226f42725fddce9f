"""The embedded Oracle cloud with the jobs of recovery, as tests of these use it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from assets.journal import BEGUN
from assets.recovery import tables
from resources.clock import Clock
from resources.lake import Lake
from resources.object_store import LocalObjectStore
from resources.oci.autonomous_databases import OciAutonomousDatabases
from resources.oci.clients import OciClients
from resources.oci.database_metrics import OciDatabaseMetrics
from resources.oci.object_lifecycle import OciObjectLifecycle
from resources.rest_sql import RestSqlSessions
from sandbox.oci.ords import PASSWORD, USER
from sandbox.oci.services.database import add_database, faults
from tests.sandboxes import Sandbox, running

HOME, AWAY = "eu-frankfurt-1", "us-ashburn-1"
CREATED = "2026-10-01T00:00:00.000Z"


_CLOUDS: dict[str, Sandbox] = {}


class SandboxClock(Clock):
    """The clock of a sandbox in this process: asked without HTTP."""

    url: str

    def now(self) -> datetime:
        return _CLOUDS[self.url].cloud.store.clock.now()

    def sleep(self, seconds: float) -> None:
        _CLOUDS[self.url].advance(seconds)


@dataclass
class World:
    """A cloud, a lake, inputs, and runs of jobs on them."""

    sandbox: Sandbox
    folder: Path
    inputs: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lake = Lake(root=str(self.folder / "lake"))
        _CLOUDS[self.sandbox.url] = self.sandbox
        self.clock = SandboxClock(url=self.sandbox.url)
        clients = OciClients(endpoint=self.sandbox.url, config_file=self.sandbox.config_file, max_attempts=1)
        (self.folder / "inputs").mkdir()
        self.databases = OciAutonomousDatabases(clients=clients)
        self.resources: dict[str, Any] = {
            "lake": self.lake,
            "cloud_clock": self.clock,
            "inputs_store": LocalObjectStore(root=str(self.folder / "inputs")),
            "autonomous_databases": self.databases,
            "database_sessions": RestSqlSessions(user=USER, password=PASSWORD),
            "database_metrics": OciDatabaseMetrics(clients=clients),
            "object_lifecycle": OciObjectLifecycle(clients=clients, region=HOME),
        }

    def says(self, key: str, text: str) -> None:
        """Let people have put a file into the inputs store."""
        file = self.folder / "inputs" / key
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def add(self, name: str, environment: str = "prod", **fields: Any) -> str:
        """Let a database exist; returns its OCID."""
        body = {"freeformTags": {"environment": environment}, "timeCreated": CREATED, **fields}
        made = add_database(self.sandbox.cloud.store, HOME, self.sandbox.tenancy, name, displayName=name, **body)
        return str(made.body["id"])

    def fault(self, ocid: str, kind: str, **fields: Any) -> None:
        """Let something go wrong with a database."""
        faults.ask(self.sandbox.cloud.store, ocid, {"kind": kind, **fields})

    def run(self, job: dg.JobDefinition, op: str, **config: Any) -> dg.ExecuteInProcessResult:
        """Run a job that consists of one op."""
        return job.execute_in_process(
            resources=self.resources, run_config={"ops": {op: {"config": config}}}, raise_on_error=False
        )

    def table(self, table: Any) -> list[dict[str, Any]]:
        """Rows of a table."""
        return self.lake.scan(table).collect().to_dicts()

    def journal(self) -> list[tuple[str, str]]:
        """Operation and outcome, change by change in the order in which they were begun."""
        ended = pl.col("outcome") != BEGUN
        rows = self.lake.scan(tables.JOURNAL).sort(pl.col("at").min().over("change_id"), "change_id", ended).collect()
        return [(row["operation"], row["outcome"].partition(":")[0]) for row in rows.to_dicts()]

    def names(self, region: str = HOME) -> list[str]:
        """Display names of databases that are there."""
        listed = self.databases.databases(region, self.sandbox.tenancy)
        return sorted(d.display_name for d in listed if d.lifecycle_state not in ("TERMINATING", "TERMINATED"))


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """A world while it is served."""
    with running(folder / "cloud") as sandbox:
        yield World(sandbox, folder)


def metadata(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    """Metadata of the output of a run of one op."""
    (output,) = [e for e in result.all_events if e.event_type == dg.DagsterEventType.STEP_OUTPUT]
    return {name: value.value for name, value in output.step_output_data.metadata.items()}


def why(result: dg.ExecuteInProcessResult, op: str) -> str:
    """Why a run failed."""
    assert not result.success
    return str(result.failure_data_for_node(op))
