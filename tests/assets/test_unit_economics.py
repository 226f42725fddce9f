"""The asset of unit economics: metrics from a real store against real bills, and clear words when they are missing or wrong."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import dagster as dg
import pytest

from assets.finops.tables.unit_economics import UNIT_ECONOMICS
from assets.finops.unit_economics import METRICS_KEY, unit_economics
from resources.object_store import LocalObjectStore
from tests.billing_files import deliver
from tests.small_bills import FIRST, Deployment, deployed, focus_bill

DAYS = [FIRST + timedelta(days=n) for n in range(6)]


@pytest.fixture
def deployment(tmp_path) -> Iterator[Deployment]:
    with deployed(tmp_path) as deployment:
        deliver(deployment.bills, "aws.csv", focus_bill(*((day, "USD", "1.5") for day in DAYS)))
        deployment.intake()
        deployment.days(DAYS[0], DAYS[-1])
        yield deployment


def materialize(deployment: Deployment, metrics: str | None) -> dg.ExecuteInProcessResult:
    store = LocalObjectStore(root=str(deployment.folder / "inputs"))
    if metrics is not None:
        (deployment.folder / "inputs").mkdir(exist_ok=True)
        store.put(METRICS_KEY, metrics.encode())
    resources = {"lake": deployment.lake, "inputs_store": store}
    return dg.materialize([unit_economics], instance=deployment.instance, resources=resources, raise_on_error=False)


def metadata(result: dg.ExecuteInProcessResult) -> dict[str, dg.MetadataValue]:
    (event,) = result.asset_materializations_for_node("finops__unit_economics")
    return dict(event.metadata)


def test_a_file_of_metrics_becomes_costs_per_unit(deployment):
    lines = [f"{day},orders,{3}" for day in DAYS]

    result = materialize(deployment, "\n".join(["date,metric,value", *lines]))

    assert result.success
    known = [row for row in deployment.rows(UNIT_ECONOMICS) if row["status"] == "known"]
    assert [row["cost_per_unit"] for row in known] == [Decimal("0.5")] * 4
    (check,) = result.get_asset_check_evaluations()
    assert check.passed
    assert metadata(result)["metrics"].value == 1


def test_days_without_their_metric_are_a_warning(deployment):
    result = materialize(deployment, f"date,metric,value\n{DAYS[0]},orders,3\n{DAYS[2]},orders,3\n{DAYS[3]},orders,3\n")

    (check,) = result.get_asset_check_evaluations()
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert (check.metadata["periods_without_metric"].value, check.metadata["share_without_metric"].value) == (1, 0.25)
    assert str(DAYS[1]) in check.metadata["metrics"].value


@pytest.mark.parametrize("metrics", [None, "date,metric,value\n"])
def test_without_metrics_the_table_is_empty_and_says_how_to_supply_them(deployment, metrics):
    result = materialize(deployment, metrics)

    assert result.success
    assert deployment.rows(UNIT_ECONOMICS) == []
    assert ("how_to_supply_metrics" in metadata(result)) is (metrics is None)
    (check,) = result.get_asset_check_evaluations()
    assert check.passed
    assert check.metadata["share_without_metric"].value == "no metrics to judge"


def test_a_bad_line_fails_at_once_with_its_number_value_and_advice(deployment):
    result = materialize(deployment, f'date,metric,value\n{DAYS[0]},orders,"1,5"\n')

    assert not result.success
    failure = result.failure_data_for_node("finops__unit_economics")
    said = failure.error.message
    assert METRICS_KEY in said
    assert "line 2: value '1,5' is not a decimal number" in said
    assert "Correct these lines" in said


def test_a_bad_file_leaves_the_table_as_it_was(deployment):
    materialize(deployment, f"date,metric,value\n{DAYS[0]},orders,3\n")
    before = deployment.rows(UNIT_ECONOMICS)

    materialize(deployment, "nonsense")

    assert deployment.rows(UNIT_ECONOMICS) == before != []


def test_a_scope_that_meets_no_cost_is_named_and_a_warning(deployment):
    result = materialize(deployment, f"date,metric,value,ServiceName\n{DAYS[0]},orders,3,Amazon S4\n")

    assert "Amazon S4" in metadata(result)["metrics_whose_scope_has_no_cost"].value
    (check,) = result.get_asset_check_evaluations()
    assert (check.passed, check.metadata["scopes_without_costs"].value) == (False, 1)
