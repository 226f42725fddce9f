"""A small fleet on a served sandbox, a real lake, and the fleet's assets run on them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from resources.embedded_clock import EmbeddedClock
from resources.lake import Lake
from resources.object_store import LocalObjectStore
from resources.oci.autonomous_databases import OciAutonomousDatabases
from resources.oci.clients import OciClients
from resources.oci.database_metrics import OciDatabaseMetrics
from resources.rest_sql import RestSqlSessions
from resources.tables import Table
from sandbox.oci.ords import PASSWORD, USER
from sandbox.oci.services import database
from sandbox.oci_estate import COMPARTMENTS
from tests.sandboxes import Sandbox, running

FRANKFURT, ASHBURN = "eu-frankfurt-1", "us-ashburn-1"


@dataclass
class Fleet:
    """What tests do with a fleet."""

    sandbox: Sandbox
    folder: Path
    instance: dg.DagsterInstance

    @property
    def lake(self) -> Lake:
        return Lake(root=str(self.folder / "lake"))

    @property
    def inputs(self) -> LocalObjectStore:
        return LocalObjectStore(root=str(self.folder / "inputs"))

    @property
    def reports(self) -> LocalObjectStore:
        return LocalObjectStore(root=str(self.folder / "reports"))

    def add(self, name: str, compartment: str = "prod", region: str = FRANKFURT, **fields: object) -> str:
        """Let a database exist; returns its OCID."""
        made = database.add_database(self.sandbox.cloud.store, region, COMPARTMENTS[compartment], name, **fields)
        return str(made.body["id"])

    @property
    def clients(self) -> OciClients:
        return OciClients(
            config_file=self.sandbox.config_file,
            endpoint=self.sandbox.url,
            first_wait_seconds=0.01,
            longest_wait_seconds=0.02,
            max_attempts=3,
            breaker_failures=0,
        )

    @property
    def service(self) -> OciAutonomousDatabases:
        return OciAutonomousDatabases(clients=self.clients, page_size=2)

    def materialize(self, *assets: dg.AssetsDefinition, **configs: dict[str, Any]) -> dg.ExecuteInProcessResult:
        """Run assets; configuration by the name of the asset. Two days of metrics are enough, unless that says otherwise."""
        resources = {
            "lake": self.lake,
            "cloud_clock": EmbeddedClock(endpoint=self.sandbox.url),
            "inputs_store": self.inputs,
            "report_store": self.reports,
            "autonomous_databases": self.service,
            "database_metrics": OciDatabaseMetrics(clients=self.clients),
            "database_sessions": RestSqlSessions(user=USER, password=PASSWORD),
        }
        ops = {f"fleet__{name}": {"config": config} for name, config in configs.items()}
        if any(one.key.path[-1] == "measurements" for one in assets):
            ops["fleet__measurements"] = {"config": {"days_back": 2, **configs.get("measurements", {})}}
        return dg.materialize(
            list(assets), instance=self.instance, resources=resources, run_config={"ops": ops}, raise_on_error=False
        )

    def rows(self, table: Table) -> pl.DataFrame:
        return self.lake.scan(table).collect()


def checks(result: dg.ExecuteInProcessResult) -> dict[str, bool]:
    """Whether each check passed, by name."""
    return {one.check_name: one.passed for one in result.get_asset_check_evaluations()}


@contextmanager
def fleet(folder: Path) -> Iterator[Fleet]:
    """A fleet without databases while its cloud is served."""
    for name in ("oci", "reports"):
        (folder / name).mkdir()
    with running(folder / "oci") as sandbox, dg.DagsterInstance.ephemeral() as instance:
        yield Fleet(sandbox, folder, instance)
