"""The asset of resources on real bills, a real lake and nothing else."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import dagster as dg
import pytest

from assets.finops.resource_efficiency import resource_efficiency
from assets.finops.tables.efficiency import RESOURCE_EFFICIENCY
from tests.billing_files import deliver, focus_csv, focus_row
from tests.small_bills import Deployment, day_cells, deployed

FIRST = date(2026, 1, 5)
DAYS = 40


@pytest.fixture
def deployment(tmp_path) -> Iterator[Deployment]:
    with deployed(tmp_path) as deployment:
        yield deployment


def assess(deployment: Deployment) -> dg.MaterializeResult | dg.ExecuteInProcessResult:
    return dg.materialize([resource_efficiency], instance=deployment.instance, resources={"lake": deployment.lake})


def line(day: date, resource: str, cost: str, quantity: str) -> dict[str, str]:
    cells = {
        "ResourceId": resource,
        "ResourceName": f"{resource}-dev",
        "ServiceName": "Amazon Elastic Compute Cloud",
        "BilledCost": cost,
        "EffectiveCost": cost,
        "PricingQuantity": quantity,
        "PricingUnit": "Hrs",
    }
    return focus_row(**cells, **day_cells(day))


def test_bills_become_resources_with_evidence(deployment):
    days = [FIRST + timedelta(days=n) for n in range(DAYS)]
    lines = [line(day, "i-always", "5.52", "24") for day in days]
    lines += [line(day, "i-unused", "1.5", "0") for day in days]
    deliver(deployment.bills, "aws.csv", focus_csv(*lines))
    deployment.intake()
    deployment.days(days[0], days[-1])

    result = assess(deployment)

    assert result.success
    always, unused = sorted(deployment.rows(RESOURCE_EFFICIENCY), key=lambda row: row["ResourceId"])
    assert always["cost_30d"] == Decimal("165.6")
    assert (always["state"], always["candidates"]) == ("steady", ["off_hours_schedule"])
    assert "24.0 hours a day" in always["evidence"]
    assert (unused["state"], unused["usage_30d"]) == ("idle", 0)
    (event,) = result.asset_materializations_for_node("finops__resource_efficiency")
    assert event.metadata["states"].value == {"idle": 1, "steady": 1}
    assert event.metadata["resources_without_observed_use"].value == 2
    assert "off_hours_schedule" in event.metadata["worth_a_look"].value


def test_a_rerun_gives_an_equal_table(deployment):
    deliver(deployment.bills, "aws.csv", focus_csv(*(line(FIRST + timedelta(days=n), "i", "2", "24") for n in range(5))))
    deployment.intake()
    deployment.days(FIRST, FIRST + timedelta(days=4))
    assess(deployment)
    before = deployment.rows(RESOURCE_EFFICIENCY)

    assess(deployment)

    assert deployment.rows(RESOURCE_EFFICIENCY) == before != []


def test_without_bills_the_table_is_empty(deployment):
    assert assess(deployment).success
    assert deployment.rows(RESOURCE_EFFICIENCY) == []
