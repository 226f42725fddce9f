"""The FinOps graph from billing files to the report, on real files, a real lake and a real store."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
from deltalake import DeltaTable

from assets.finops import tables
from tests.billing_files import deliver, focus_csv, focus_row, table_csv
from tests.small_bills import (
    FIRST,
    SECOND,
    Deployment,
    checks,
    day_cells,
    deliver_two_days,
    deployed,
    focus_bill,
    materialized,
    oci_bill,
)

BILLED = {"USD": Decimal("3.75"), "GBP": Decimal("0.1"), "EUR": Decimal("2.3")}
SUMMED = (tables.COST_AND_USAGE, tables.DAILY_COSTS, tables.RESOURCE_COSTS)
GOOGLE = table_csv(
    {
        "billing_account_id": "x",
        "service.description": "Compute Engine",
        "usage_start_time": "2026-01-05 00:00:00 UTC",
        "cost": "1",
        "currency": "EUR",
        "credits": "[]",
    }
)


@pytest.fixture
def deployment(tmp_path) -> Iterator[Deployment]:
    with deployed(tmp_path) as deployment:
        yield deployment


def test_bills_become_a_report_and_totals_are_exact_per_currency(deployment):
    deliver_two_days(deployment.bills)

    results = [deployment.intake(), deployment.days(), deployment.overview()]

    assert all(result.success for result in results)
    assert all(passed for result in results for passed in checks(result).values())
    assert materialized(results[2]) == {
        "cost_anomalies", "detection_quality", "cost_forecasts", "resource_efficiency", "unit_economics", "recommendations",
        "focus_conformance", "policy_matches", "actions", "finops_report",
    }  # fmt: skip
    for table in SUMMED:
        assert deployment.billed(table) == BILLED
    page = deployment.report.read_text(encoding="utf-8")
    assert all(currency in page for currency in BILLED)
    assert {row["ProviderName"] for row in deployment.rows(tables.FOCUS_CONFORMANCE)} == {"AWS", "Oracle"}


def test_a_rerun_stores_nothing_new_and_leaves_equal_tables(deployment):
    deliver_two_days(deployment.bills)
    deployment.intake()
    deployment.days()
    before = {table.name: deployment.rows(table) for table in tables.TABLES}
    version = deployment.lake.version(tables.COST_AND_USAGE)

    inspected = deployment.intake()
    deployment.days()

    (event,) = inspected.get_asset_materialization_events()
    assert event.materialization.metadata["inspected"].value == 0
    assert event.materialization.metadata["days_changed"].value == []
    assert deployment.lake.version(tables.COST_AND_USAGE) == version
    assert {table.name: deployment.rows(table) for table in tables.TABLES} == before


def test_reading_everything_again_gives_equal_tables(deployment):
    deliver_two_days(deployment.bills)
    deployment.intake()
    deployment.days()
    before = {table.name: deployment.rows(table) for table in tables.TABLES}

    result = deployment.days(again=True)

    stored = result.asset_materializations_for_node("finops__cost_and_usage")[0].metadata["lines_stored"].value
    assert stored == 5
    assert {table.name: deployment.rows(table) for table in tables.TABLES} == before


def test_a_run_a_day_gives_the_same_tables_as_one_run_over_the_range(deployment, tmp_path):
    deliver_two_days(deployment.bills)
    deployment.intake()
    deployment.days()
    at_once = {table.name: deployment.rows(table) for table in SUMMED}

    (tmp_path / "lake").rename(tmp_path / "lake-before")
    deployment.intake()
    for day in (SECOND, FIRST):
        assert deployment.days(day, day).success

    assert {table.name: deployment.rows(table) for table in SUMMED} == at_once


def test_a_rewritten_bill_replaces_the_old_one_everywhere(deployment):
    deliver_two_days(deployment.bills)
    deployment.intake()
    deployment.days()
    deliver(deployment.bills, "aws.csv", focus_bill((FIRST, "USD", "10")))

    deployment.intake()
    result = deployment.days()

    assert result.success
    for table in SUMMED:
        assert deployment.billed(table) == {"USD": Decimal(10), "EUR": Decimal("2.3")}


def test_a_record_with_an_unreadable_cost_is_quarantined_and_told_while_the_rest_is_stored(deployment):
    bill = focus_csv(focus_row(BilledCost="1,5", **day_cells(FIRST)), focus_row(BilledCost="2", **day_cells(FIRST)))
    deliver(deployment.bills, "aws.csv", bill)
    deployment.intake()

    result = deployment.days()

    assert result.success
    assert checks(result)["cost_and_usage: every_row_and_digit_is_accounted_for"]
    assert not checks(result)["cost_and_usage: no_record_is_in_quarantine"]
    (record,) = deployment.rows(tables.BILLING_QUARANTINE)
    assert (record["column"], record["value"], record["x_source_row"]) == ("BilledCost", "1,5", 1)
    assert deployment.billed(tables.DAILY_COSTS) == {"USD": Decimal(2)}


def test_a_line_that_is_lost_from_the_lake_stops_the_run_before_anything_is_summed(deployment):
    deliver_two_days(deployment.bills)
    deployment.intake()
    deployment.days()
    DeltaTable(deployment.lake.uri(tables.COST_AND_USAGE)).delete("x_source_file = 'aws.csv' AND x_source_row = 1")

    result = deployment.days()

    assert not result.success
    assert not checks(result)["cost_and_usage: every_row_and_digit_is_accounted_for"]
    assert materialized(result) == {"cost_and_usage"}
    assert deployment.billed(tables.DAILY_COSTS) == BILLED


def test_reading_again_repairs_a_lake_that_lost_a_line(deployment):
    deliver_two_days(deployment.bills)
    deployment.intake()
    deployment.days()
    DeltaTable(deployment.lake.uri(tables.COST_AND_USAGE)).delete("x_source_file = 'aws.csv' AND x_source_row = 1")

    assert deployment.days(again=True).success
    assert deployment.billed(tables.COST_AND_USAGE) == BILLED


def test_a_refused_file_is_reported_and_holds_up_nothing(deployment):
    deliver_two_days(deployment.bills)
    deliver(deployment.bills, "google.csv", GOOGLE)

    result = deployment.intake()

    assert result.success
    (check,) = result.get_asset_check_evaluations()
    assert not check.passed
    assert "google.csv" in str(check.metadata["files"].value)
    assert "BigQuery" in str(check.metadata["files"].value)
    assert deployment.days().success
    assert deployment.billed(tables.COST_AND_USAGE) == BILLED


def test_days_without_any_line_are_materialized_as_empty(deployment):
    deliver_two_days(deployment.bills)
    deployment.intake()

    result = deployment.days(FIRST - timedelta(days=30), FIRST - timedelta(days=20))

    assert result.success
    assert all(checks(result).values())
    assert deployment.rows(tables.DAILY_COSTS) == []


def test_a_day_whose_lines_were_withdrawn_is_emptied(deployment):
    deliver(deployment.bills, "aws.csv", focus_bill((FIRST, "USD", "1"), (SECOND, "USD", "2")))
    deployment.intake()
    deployment.days()
    deliver(deployment.bills, "aws.csv", focus_bill((SECOND, "USD", "2")))
    deployment.intake()

    deployment.days()

    assert {row["x_charge_date"] for row in deployment.rows(tables.DAILY_COSTS)} == {SECOND}


def test_an_empty_store_still_gives_a_report(deployment):
    results = [deployment.intake(), deployment.days(), deployment.overview()]

    assert all(result.success for result in results)
    assert "No billing" in deployment.report.read_text(encoding="utf-8")


def test_a_cost_that_is_unknown_is_told_and_is_not_zero(deployment):
    deliver(deployment.bills, "aws.csv", focus_csv(focus_row(BilledCost="", **day_cells(FIRST))))
    deployment.intake()

    result = deployment.days()

    assert result.success
    assert not checks(result)["cost_and_usage: no_cost_is_unknown"]
    (row,) = deployment.rows(tables.DAILY_COSTS)
    assert (row["BilledCost"], row["x_lines"], row["x_lines_without_cost"]) == (None, 1, 1)


def test_a_bill_of_several_months_is_one_range(deployment):
    days = [date(2025, 10, 31) + timedelta(days=5 * n) for n in range(15)]
    deliver(deployment.bills, "oci.csv", oci_bill(*((day, "0.01") for day in days)))
    deployment.intake()

    result = deployment.days(days[0], days[-1])

    assert result.success
    assert len(deployment.rows(tables.DAILY_COSTS)) == len(days)
    assert deployment.billed(tables.RESOURCE_COSTS) == {"EUR": Decimal("0.15")}


def test_lines_that_name_no_provider_are_judged_as_unknown_and_not_left_out(deployment):
    (deployment.bills / "nobody.csv").write_bytes(focus_csv(focus_row(ProviderName="", **day_cells(FIRST))))

    assert all(result.success for result in (deployment.intake(), deployment.days(), deployment.overview()))
    assert {row["ProviderName"] for row in deployment.rows(tables.FOCUS_CONFORMANCE)} == {"unknown"}
