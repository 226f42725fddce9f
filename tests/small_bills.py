"""A deployment of real parts in a folder of the test, and small bills to take through it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from assets.finops.partitions import range_tags
from orchestration.definitions import build_defs
from orchestration.settings import current_settings
from orchestration.wiring import resources_for
from resources.clock import Clock
from resources.lake import Lake
from resources.notifier import LogNotifier
from resources.object_store import LocalObjectStore
from resources.tables import Table
from tests.billing_files import deliver, focus_csv, focus_row, oci_row, table_csv

FIRST, SECOND = date(2026, 1, 5), date(2026, 1, 6)
NOW = "2026-01-20T06:00:00Z"
_OF_A_RUN = ("inspected_at", "measured_at", "first_seen", "last_seen", "state_since", "at")
"""Columns that tell when something was done: they differ between equal outcomes."""


def day_cells(day: date) -> dict[str, str]:
    """Cells of a FOCUS record that is charged on the given day."""
    return {"ChargePeriodStart": f"{day}T00:00:00Z", "ChargePeriodEnd": f"{day}T01:00:00Z"}


def focus_bill(*costs: tuple[date, str, str]) -> bytes:
    """A FOCUS CSV with a line per day, currency and cost."""
    return focus_csv(*(focus_row(BillingCurrency=currency, BilledCost=cost, **day_cells(day)) for day, currency, cost in costs))


def oci_bill(*costs: tuple[date, str]) -> bytes:
    """An OCI cost report in euro with a line per day and cost."""
    lines = [
        oci_row(referenceNo=f"r{n}", intervalUsageStart=f"{day}T00:00Z", intervalUsageEnd=f"{day}T01:00Z", myCost=cost)
        for n, (day, cost) in enumerate(costs)
    ]
    return table_csv(*lines)


def deliver_two_days(root: Path) -> None:
    """Two days by AWS in two currencies and by OCI in one. Billed: USD 3.75, GBP 0.1 and EUR 2.3."""
    deliver(root, "aws.csv", focus_bill((FIRST, "USD", "1.5"), (SECOND, "USD", "2.25"), (SECOND, "GBP", "0.1")))
    deliver(root, "oci.csv", oci_bill((FIRST, "1.1"), (SECOND, "1.2")))


def rows(lake: Lake, table: Table) -> list[dict[str, Any]]:
    """The rows of a table in an order that does not depend on how they were stored."""
    frame = lake.scan(table).drop(_OF_A_RUN, strict=False).collect()
    return sorted(frame.select(sorted(frame.columns)).to_dicts(), key=lambda row: repr(tuple(row.values())))


@dataclass(frozen=True)
class Deployment:
    """The whole location over a folder: its jobs, run in this process."""

    folder: Path
    instance: dg.DagsterInstance

    def __post_init__(self) -> None:
        for name in ("bills", "inputs", "reports", "lake"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)

    @property
    def bills(self) -> Path:
        return self.folder / "bills"

    @property
    def lake(self) -> Lake:
        return Lake(root=str(self.folder / "lake"))

    @property
    def report(self) -> Path:
        return self.folder / "reports" / "finops" / "report.html"

    def run(self, job: str, *, tags: dict[str, str] | None = None, config: Any = None) -> dg.ExecuteInProcessResult:
        resources = {
            **resources_for(current_settings()),
            "billing_store": LocalObjectStore(root=str(self.bills), read_only=True),
            "inputs_store": LocalObjectStore(root=str(self.folder / "inputs"), read_only=True),
            "report_store": LocalObjectStore(root=str(self.folder / "reports")),
            "lake": self.lake,
            "clock": Clock(fixed_at=NOW),
            "notifier": LogNotifier(),
        }
        definition = build_defs(resources).resolve_job_def(job)
        return definition.execute_in_process(instance=self.instance, tags=tags, run_config=config, raise_on_error=False)

    def intake(self) -> dg.ExecuteInProcessResult:
        return self.run("finops_intake")

    def days(self, first: date = FIRST, last: date = SECOND, *, again: bool = False) -> dg.ExecuteInProcessResult:
        config = {"ops": {"finops__cost_and_usage": {"config": {"again": again}}}}
        return self.run("finops_days", tags=range_tags(first, last), config=config)

    def overview(self) -> dg.ExecuteInProcessResult:
        return self.run("finops_overview")

    def rows(self, table: Table) -> list[dict[str, Any]]:
        return rows(self.lake, table)

    def billed(self, table: Table) -> dict[str, Any]:
        """Exact sum of BilledCost per currency."""
        summed = self.lake.scan(table).group_by("BillingCurrency").agg(pl.col("BilledCost").sum()).collect()
        return dict(summed.iter_rows())


@contextmanager
def deployed(folder: Path) -> Iterator[Deployment]:
    """A deployment over the folder that has no history yet."""
    with dg.DagsterInstance.ephemeral() as instance:
        yield Deployment(folder, instance)


def checks(result: dg.ExecuteInProcessResult) -> dict[str, bool]:
    """Whether each check of the run passed."""
    return {f"{c.asset_key.path[-1]}: {c.check_name}": c.passed for c in result.get_asset_check_evaluations()}


def materialized(result: dg.ExecuteInProcessResult) -> set[str]:
    """Names of the assets that the run materialized."""
    return {e.asset_key.path[-1] for e in result.get_asset_materialization_events() if e.asset_key}
