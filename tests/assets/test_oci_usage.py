"""The asset of the Usage API, read from the sandbox over HTTP into a real lake."""

from datetime import date, timedelta
from decimal import Decimal

import dagster as dg
import polars as pl
import pytest

from assets.finops import tables
from assets.finops.oci_usage import oci_usage
from resources.clock import Clock
from resources.lake import Lake
from resources.oci.clients import OciClients
from resources.oci.usage import OciUsage
from sandbox.oci.faults import Fault
from sandbox.oci.services import usage_api
from tests.sandboxes import running

TODAY = date(2026, 11, 16)
COMPARTMENT = "ocid1.compartment.oc1..prod"


def line(days_ago, cost, service="COMPUTE"):
    usual = {"quantity": "24", "currency": "EUR", "unit": "OCPU Hours", "region": "eu-frankfurt-1", "compartmentId": COMPARTMENT}
    return {**usual, "day": str(TODAY - timedelta(days=days_ago)), "cost": cost, "service": service}


def reported(lake, *costs):
    rows = [
        {"x_charge_date": TODAY - timedelta(days=n), "ProviderName": "Oracle", "ServiceName": service, "BillingCurrency": "EUR"}
        | {"BilledCost": Decimal(cost), "x_lines": 1, "x_lines_without_cost": 0}
        for n, cost, service in costs
    ]
    lake.replace(tables.DAILY_COSTS, pl.DataFrame(rows, schema=tables.DAILY_COSTS.schema), where=None)


@pytest.fixture
def sandbox(tmp_path):
    with running(tmp_path / "cloud") as made:
        yield made


@pytest.fixture
def lake(tmp_path):
    return Lake(root=str(tmp_path / "lake"))


def materialized(sandbox, lake, **config):
    waits = {"first_wait_seconds": 0.001, "longest_wait_seconds": 0.01}
    clients = OciClients(config_file=sandbox.config_file, endpoint=sandbox.url, **waits)
    resources = {
        "lake": lake,
        "oci_usage_source": OciUsage(clients=clients),
        "clock": Clock(fixed_at=f"{TODAY}T06:00:00Z"),
    }
    settings = {"ops": {"finops__oci_usage": {"config": config}}}
    return dg.materialize([oci_usage], resources=resources, run_config=settings, raise_on_error=False)


def stored(lake, table):
    return lake.scan(table).collect()


def test_usage_is_stored_with_its_grain_and_agrees_with_the_reports(sandbox, lake):
    usage_api.add_lines(sandbox.cloud.store, [line(2, "1.5"), line(2, "2", "DATABASE"), line(3, "4")])
    reported(lake, (2, "1.5", "COMPUTE"), (2, "2", "DATABASE"), (3, "4", "COMPUTE"))

    result = materialized(sandbox, lake)

    assert result.success
    (check,) = result.get_asset_check_evaluations()
    assert check.passed
    rows = stored(lake, tables.OCI_USAGE)
    assert rows["BilledCost"].sum() == Decimal("7.5")
    assert set(rows["SubAccountId"]) == {COMPARTMENT}
    assert set(stored(lake, tables.OCI_USAGE_RECONCILIATION)["status"]) == {"agrees"}


def test_a_day_that_differs_is_named_and_days_after_the_last_report_are_on_their_way(sandbox, lake):
    usage_api.add_lines(sandbox.cloud.store, [line(1, "9"), line(3, "4"), line(4, "1")])
    reported(lake, (3, "3.5", "COMPUTE"), (4, "1", "COMPUTE"))

    (check,) = materialized(sandbox, lake).get_asset_check_evaluations()

    assert not check.passed
    assert check.metadata["that_differ"].value == 1
    assert "0.5" in str(check.metadata["largest"].value)


def test_without_reports_nothing_is_claimed_to_differ(sandbox, lake):
    usage_api.add_lines(sandbox.cloud.store, [line(1, "9")])

    (check,) = materialized(sandbox, lake).get_asset_check_evaluations()

    assert check.passed
    assert set(stored(lake, tables.OCI_USAGE_RECONCILIATION)["status"]) == {"only in the Usage API"}


def test_a_rerun_gives_the_same_rows_and_a_correction_replaces_them(sandbox, lake):
    usage_api.add_lines(sandbox.cloud.store, [line(2, "1.5"), line(200, "3")])
    materialized(sandbox, lake, days=366)
    once = stored(lake, tables.OCI_USAGE).sort("x_charge_date")
    materialized(sandbox, lake, days=366)
    assert stored(lake, tables.OCI_USAGE).sort("x_charge_date").equals(once)

    usage_api.add_lines(sandbox.cloud.store, [line(2, "0.5")])
    materialized(sandbox, lake, days=30)

    assert stored(lake, tables.OCI_USAGE).sort("x_charge_date")["BilledCost"].to_list() == [Decimal(3), Decimal(2)]


def test_a_missing_policy_fails_with_the_statement_and_leaves_what_was_there(sandbox, lake):
    usage_api.add_lines(sandbox.cloud.store, [line(2, "1.5")])
    materialized(sandbox, lake)
    sandbox.cloud.faults.asked.append(Fault("denied", service="usage_api"))

    result = materialized(sandbox, lake)

    assert not result.success
    (failed,) = [e for e in result.all_events if e.is_step_failure]
    assert "Allow group cloudops to read usage-report in tenancy" in str(failed.step_failure_data.user_failure_data.description)
    assert len(stored(lake, tables.OCI_USAGE)) == 1
