"""The asset of measured use: both clouds over HTTP, a real lake, and what the assessment and recommendations make of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from assets.finops import tables
from assets.finops.resource_efficiency import resource_efficiency
from assets.finops.resource_utilisation import resource_utilisation
from resources.aws.cloudwatch import CloudWatch
from resources.lake import Lake
from resources.oci.clients import OciClients
from resources.oci.monitoring import OciMonitoring
from resources.utilisation import NotMeasured, Utilisation
from sandbox.oci.services import monitoring
from sandbox.oci.services.identity import add_compartment
from tests.aws_metrics import REGION, aws, clients, measure
from tests.sandboxes import Sandbox, running

LAST = date(2026, 11, 14)
DAYS = 40
VM, DATABASE, MACHINE = "ocid1.instance.oc1.eu-frankfurt-1.vm", "ocid1.autonomousdatabase.oc1.eu-frankfurt-1.db", "i-0abc"
COMPARTMENT = "ocid1.compartment.oc1..prod"
NOWHERE = NotMeasured(of_provider="AWS", advice="Set it.")


def costs(resource: str, unit: str, provider: str = "Oracle", cost: str = "10", last: date = LAST) -> list[dict[str, Any]]:
    return [
        {
            "x_charge_date": last - timedelta(days=n), "ProviderName": provider, "SubAccountId": "prod", "ServiceName": "compute",
            "RegionId": "eu-frankfurt-1" if provider == "Oracle" else REGION, "BillingCurrency": "EUR", "ResourceId": resource,
            "x_comparable_service": "Virtual machines", "x_comparable_unit": unit, "x_comparable_quantity": Decimal(24),
            "EffectiveCost": Decimal(cost), "x_lines": 1, "x_lines_without_cost": 0,
        }
        for n in range(DAYS)
    ]  # fmt: skip


@dataclass(frozen=True)
class World:
    """Both clouds, and a lake with what they charged."""

    sandbox: Sandbox
    endpoint: str
    lake: Lake

    def charge(self, *bills: list[dict[str, Any]]) -> None:
        rows = [row for bill in bills for row in bill]
        self.lake.replace(tables.RESOURCE_COSTS, pl.DataFrame(rows, schema=tables.RESOURCE_COSTS.schema), where=None)

    def oci(self, **more: Any) -> OciMonitoring:
        waits = {"first_wait_seconds": 0.001, "longest_wait_seconds": 0.01}
        return OciMonitoring(clients=OciClients(endpoint=self.sandbox.url, config_file=self.sandbox.config_file, **waits), **more)

    def measure_oci(self, resource: str, namespace: str, **metrics: float) -> None:
        add_compartment(self.sandbox.cloud.store, self.sandbox.tenancy, "prod", COMPARTMENT)
        for name, value in metrics.items():
            points = [monitoring.Datapoint(moment, value) for moment in hours()]
            where = ("eu-frankfurt-1", COMPARTMENT, namespace, name, {"resourceId": resource})
            monitoring.add_datapoints(self.sandbox.cloud.store, *where, points)

    def measure_aws(self, value: float) -> None:
        dimension = [{"Name": "InstanceId", "Value": MACHINE}]
        data = [
            {"MetricName": "CPUUtilization", "Dimensions": dimension, "Timestamp": moment, "Value": value} for moment in hours()
        ]
        measure(REGION, "AWS/EC2", data)

    def read(self, *, amazon: Utilisation | None = None, **config: Any) -> dg.ExecuteInProcessResult:
        return dg.materialize(
            [resource_utilisation],
            resources={
                "lake": self.lake,
                "oci_utilisation": self.oci(),
                "aws_utilisation": amazon or CloudWatch(clients=clients(self.endpoint)),
            },
            run_config={"ops": {"finops__resource_utilisation": {"config": config}}},
            raise_on_error=False,
        )

    def rows(self, table: Any) -> pl.DataFrame:
        return self.lake.scan(table).collect()

    def assessed(self) -> dict[str, dict[str, Any]]:
        assert dg.materialize([resource_efficiency], resources={"lake": self.lake}).success
        return {row["ResourceId"]: row for row in self.rows(tables.RESOURCE_EFFICIENCY).to_dicts()}


def hours() -> list[datetime]:
    days = [LAST - timedelta(days=n) for n in range(DAYS)]
    return [datetime.combine(day, time(hour, 30), UTC) for day in sorted(days) for hour in range(0, 24, 2)]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with running(tmp_path / "cloud") as sandbox, aws() as endpoint:
        yield World(sandbox, endpoint, Lake(root=str(tmp_path / "lake")))


def test_use_of_both_clouds_is_stored_and_makes_resources_idle_or_too_large(world: World):
    world.charge(costs(VM, "OCPU-Hours"), costs(DATABASE, "ECPU-Hours"), costs(MACHINE, "Hours", "AWS"))
    world.measure_oci(VM, "oci_computeagent", CpuUtilization=20.0, MemoryUtilization=30.0)
    world.measure_oci(DATABASE, "oci_autonomous_database", CpuUtilization=1.0)
    world.measure_aws(60.0)

    result = world.read()

    assert result.success
    (check,) = result.get_asset_check_evaluations()
    assert check.passed
    assert check.metadata["percent_known_Oracle_EUR"].value == 100
    assert len(world.rows(tables.RESOURCE_UTILISATION)) == 3 * 32
    found = world.assessed()
    assert {row["utilisation_status"] for row in found.values()} == {"observed"}
    assert "rightsizing" in found[VM]["candidates"]
    assert (found[DATABASE]["state"], "memory comes with it" in found[DATABASE]["evidence"]) == ("idle", True)
    assert (found[MACHINE]["candidates"], found[MACHINE]["cpu_utilisation"]) == ([], 60)
    verdicts = dict(world.rows(tables.RESOURCE_PERFORMANCE).select("ResourceId", "verdict").iter_rows())
    assert verdicts == {VM: "oversized", DATABASE: "idle", MACHINE: "fits"}


def test_without_metrics_everything_is_unknown_and_the_check_says_for_how_much_of_the_cost(world: World):
    world.charge(costs(VM, "OCPU-Hours", cost="30"), costs("ocid1.instance.oc1.eu-frankfurt-1.other", "OCPU-Hours"))
    world.measure_oci("ocid1.instance.oc1.eu-frankfurt-1.other", "oci_computeagent", CpuUtilization=20.0)

    (check,) = world.read().get_asset_check_evaluations()

    assert not check.passed
    assert check.metadata["percent_known_Oracle_EUR"].value == 25
    rows = world.rows(tables.RESOURCE_UTILISATION)
    assert rows.filter(pl.col("ResourceId") == VM)["cpu_mean"].null_count() == 32
    assert world.assessed()[VM]["utilisation_status"] == "unknown"


def test_a_rerun_gives_the_same_rows(world: World):
    world.charge(costs(VM, "OCPU-Hours"), costs(MACHINE, "Hours", "AWS", last=LAST - timedelta(days=3)))
    world.measure_oci(VM, "oci_computeagent", CpuUtilization=20.0)
    world.measure_aws(5.0)
    order = ("ProviderName", "ResourceId", "x_charge_date")
    world.read()
    once = world.rows(tables.RESOURCE_UTILISATION).sort(order)

    world.read()

    assert world.rows(tables.RESOURCE_UTILISATION).sort(order).equals(once)
    assert len(once) == 64


def test_what_was_read_stays_when_the_cloud_keeps_it_no_longer(world: World):
    world.charge(costs(VM, "OCPU-Hours"))
    world.measure_oci(VM, "oci_computeagent", CpuUtilization=20.0)
    world.read()
    world.sandbox.advance(200 * 86_400)

    assert world.read().success

    assert set(world.rows(tables.RESOURCE_UTILISATION)["cpu_mean"]) == {20.0}


def test_a_cloud_that_refuses_is_named_and_the_other_one_is_stored(world: World):
    world.charge(costs(VM, "OCPU-Hours"), costs(MACHINE, "Hours", "AWS"))
    world.measure_aws(5.0)
    world.sandbox.fault("denied", service="monitoring")

    result = world.read()

    assert result.success
    (check,) = result.get_asset_check_evaluations()
    assert not check.passed
    assert "read metrics in" in str(check.metadata["not_answered"].value)
    known = world.rows(tables.RESOURCE_UTILISATION).filter(pl.col("utilisation_status") == "known")
    assert set(known["ResourceId"]) == {MACHINE}


def test_where_no_cloud_can_be_asked_the_run_fails_with_what_to_do(world: World):
    world.charge(costs(VM, "OCPU-Hours"), costs(MACHINE, "Hours", "AWS"))
    world.sandbox.fault("denied", service="monitoring")

    result = world.read(amazon=NOWHERE)

    assert not result.success
    (failed,) = [event for event in result.all_events if event.is_step_failure]
    assert "read metrics in" in str(failed.step_failure_data.user_failure_data.description)


def test_a_cloud_that_is_not_configured_is_named_and_its_resources_are_unknown(world: World):
    world.charge(costs(MACHINE, "Hours", "AWS"))

    result = world.read(amazon=NOWHERE)

    (event,) = result.asset_materializations_for_node("finops__resource_utilisation")
    assert event.metadata["not_asked"].value == {"AWS": "Set it."}
    assert set(world.rows(tables.RESOURCE_UTILISATION)["utilisation_status"]) == {"unknown"}


def test_without_bills_nothing_is_asked(world: World):
    assert world.read().success
    assert world.rows(tables.RESOURCE_UTILISATION).is_empty()
