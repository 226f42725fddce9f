"""Capacity, recommendations and the report on a served cloud: from discovery to the page, and again a day later."""

from datetime import timedelta
from decimal import Decimal

import polars as pl

from assets.fleet import tables
from assets.fleet.capacity import capacity
from assets.fleet.databases import databases
from assets.fleet.facts import COSTS, costs_of
from assets.fleet.fleet_report import REPORT_KEY, SNAPSHOT_KEY, fleet_report
from assets.fleet.measurements import measurements
from assets.fleet.metric_anomalies import metric_anomalies
from assets.fleet.recommendations import recommendations
from assets.fleet.status import status
from orchestration.summary_of_fleet import fleet as summary
from orchestration.terminal import console
from resources.lake import Lake
from sandbox.oci.clock import text
from tests.fleets import FRANKFURT, checks, fleet
from tests.sandboxes import NOW

EVERYTHING = (databases, measurements, status, metric_anomalies, capacity, recommendations, fleet_report)
OLD = {"timeCreated": text(NOW - timedelta(days=60))}


def test_from_discovery_to_the_report_and_what_changed_a_day_later(tmp_path):
    with fleet(tmp_path) as acme:
        orders = acme.add("ORDERS", freeformTags={"environment": "prod"}, **OLD)
        assert acme.materialize(*EVERYTHING).success
        full = {
            row["level_percent"]: row for row in acme.rows(tables.CAPACITY).filter(pl.col("resource") == "storage").to_dicts()
        }
        assert set(full) == {80.0, 90.0, 100.0}
        assert all(row["database_id"] == orders for row in full.values())
        page = acme.reports.get(REPORT_KEY).decode()
        assert "This is the first report" in page
        assert "ORDERS" in page
        crm = acme.add("CRM", **OLD)
        acme.sandbox.advance(24 * 3600)
        result = acme.materialize(*EVERYTHING)
        assert result.success
        assert checks(result)["intervals_hold_what_came"]
        page = acme.reports.get(REPORT_KEY).decode()
        assert "new in the fleet, AVAILABLE" in page
        acme.service.delete(FRANKFURT, crm, "*")
        acme.sandbox.advance(24 * 3600)
        assert acme.materialize(*EVERYTHING).success
        keys = {found.key for found in acme.reports.list_objects("fleet/")}
        assert len([key for key in keys if key.startswith("fleet/databases/")]) == 1
        days = [(NOW + timedelta(days=n)).date() for n in range(3)]
        assert {f"fleet/{day}/report.html" for day in days} <= keys
        assert len([key for key in keys if key.startswith(f"fleet/{days[1]}/databases/")]) == 2
        assert SNAPSHOT_KEY in keys
        assert "gone; it was AVAILABLE" in acme.reports.get(REPORT_KEY).decode()
        with console.capture() as said:
            summary(acme.lake, tmp_path / "reports")
        told = " ".join(said.get().split())
        assert "Databases: 1 in 1 region: 0 critical" in told
        assert "Storage full within a year: 1 unknown." in told
        assert "fleet/report.html" in told.replace(" ", "")


def bills(lake: Lake, *lines: tuple[str, str, str, str | None]) -> None:
    rows = [
        {"x_charge_date": NOW.date() - timedelta(days=int(day)), "ResourceId": key, "BillingCurrency": currency,
         "BilledCost": cost and Decimal(cost)}
        for day, key, currency, cost in lines
    ]  # fmt: skip
    lake.replace(COSTS, pl.DataFrame(rows, schema=COSTS.schema), where=None)


def test_costs_are_of_the_last_30_days_of_the_bills_and_what_is_not_known_is_said(tmp_path):
    lake = Lake(root=str(tmp_path))
    assert costs_of(lake, ["a"])["a"].reason == "there are no bills"
    bills(
        lake, ("10", "a", "EUR", "2.50"), ("39", "a", "EUR", "1.25"), ("40", "a", "EUR", "100"), ("11", "b", "EUR", "1"),
        ("11", "b", "USD", "1"), ("11", "c", "EUR", None), ("11", "c", "EUR", "3"),
    )  # fmt: skip
    found = costs_of(lake, ["a", "b", "c", "d"])
    assert (found["a"].amount, found["a"].currency) == (Decimal("3.75"), "EUR")
    assert [found[key].amount for key in "bcd"] == [None, None, None]
    assert found["b"].reason == "it is billed in several currencies: 1 EUR, 1 USD"
    assert found["c"].reason == "1 of 2 days have no cost in the bills"
    assert found["d"].reason == "the bills do not name it"
