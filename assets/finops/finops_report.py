"""The asset of the FinOps report."""

import dagster as dg
import polars as pl

from assets.catalogue import picture
from assets.finops import tables, tie_out
from assets.finops.automation import WHEN_COSTS_CHANGED
from assets.finops.logic.comparable.coverage import coverage
from assets.finops.logic.report.data import ReportData
from assets.finops.logic.report.making import Report, make
from resources.clock import Clock
from resources.errors import NotFound
from resources.lake import Lake
from resources.object_store import ObjectStore
from resources.tables import Table

REPORT_KEY = "finops/report.html"
SNAPSHOT_KEY = "finops/report-snapshot.parquet"
_DEPS = (
    "billing_files", "daily_costs", "cost_anomalies", "detection_quality", "cost_forecasts", "resource_efficiency",
    "recommendations", "actions", "unit_economics", "focus_conformance",
)  # fmt: skip


@dg.asset(
    key=["finops", "finops_report"],
    group_name="finops",
    owners=["team:finops"],
    kinds={"altair", "html"},
    deps=[dg.AssetKey(["finops", name]) for name in _DEPS],
    automation_condition=WHEN_COSTS_CHANGED,
)
def finops_report(lake: Lake, report_store: ObjectStore, clock: Clock) -> dg.MaterializeResult:
    """One HTML file that opens offline, with the rows behind its figures beside it.

    What changed since the last report comes first; then totals and trend per currency and cloud, anomalies with their culprits,
    forecasts, recommendations, actions, unit economics, efficiency and data quality. `finops/report-snapshot.parquet` keeps what
    the next report is compared with.
    """
    from assets.finops.logic.report.page import charts_png

    data = report_data(lake, clock)
    report = write_report(data, report_store)
    pictures = {name: picture(name, png) for name, png in charts_png(data).items()}
    told: dict[str, str | int] = {
        "report": REPORT_KEY,
        "bytes": len(report.page.encode()),
        "files": len(report.files),
        "changes": report.changes,
    }
    return dg.MaterializeResult(metadata={**told, **pictures})


def write_report(data: ReportData, report_store: ObjectStore) -> Report:
    """Make the report and store it: page, rows and, last, what the next one is compared with."""
    report = make(data, _kept(report_store))
    store_pages(report, report_store, REPORT_KEY)
    report_store.put(SNAPSHOT_KEY, report.kept)
    return report


def store_pages(report: Report, store: ObjectStore, key: str) -> None:
    """Store the page under a key, after the files that it links to."""
    folder = key[: key.rfind("/") + 1]
    for path, body in report.files.items():
        store.put(folder + path, body)
    store.put(key, report.page.encode())
    for path in report.obsolete:
        store.delete(folder + path)


def report_data(lake: Lake, clock: Clock) -> ReportData:
    """What the report shows, read from the lake."""
    return ReportData(
        generated_at=clock.now(),
        daily=_all(lake, tables.DAILY_COSTS),
        episodes=_all(lake, tables.ANOMALY_EPISODES),
        anomalies=_all(lake, tables.COST_ANOMALIES),
        detection=_all(lake, tables.DETECTION_QUALITY),
        forecasts=_newest_issue(lake, tables.COST_FORECASTS),
        forecast_quality=_newest_issue(lake, tables.FORECAST_QUALITY),
        verification=_all(lake, tables.FORECAST_VERIFICATION),
        recommendations=_all(lake, tables.RECOMMENDATIONS),
        events=_all(lake, tables.RECOMMENDATION_EVENTS),
        savings=_all(lake, tables.REALISED_SAVINGS),
        actions=_all(lake, tables.ACTIONS),
        journal=_all(lake, tables.JOURNAL),
        units=_all(lake, tables.UNIT_ECONOMICS),
        efficiency=_all(lake, tables.RESOURCE_EFFICIENCY),
        files=_all(lake, tables.BILLING_FILES),
        quarantine=_all(lake, tables.BILLING_QUARANTINE),
        tie_out=tie_out.per_file(lake),
        conformance=_all(lake, tables.FOCUS_CONFORMANCE),
        coverage=coverage(_placed_lines(lake)),
    )


def _all(lake: Lake, table: Table) -> pl.DataFrame:
    return lake.scan(table).collect()


def _newest_issue(lake: Lake, table: Table) -> pl.DataFrame:
    """The forecasts made last; earlier ones stay in the lake."""
    rows = lake.scan(table)
    origin = rows.select(pl.col("origin").max()).collect().item()
    return rows.filter(pl.col("origin") == pl.lit(origin, pl.Date)).collect()


def _placed_lines(lake: Lake) -> pl.DataFrame:
    """Distinct services, regions and units of the lines, with how many lines each has."""
    keys = ("ProviderName", "ServiceName", "ServiceCategory", "RegionId", "PricingUnit")
    return lake.scan(tables.COST_AND_USAGE).select(keys).collect(engine="streaming")


def _kept(report_store: ObjectStore) -> bytes | None:
    """What the report before left to be compared with."""
    try:
        return report_store.get(SNAPSHOT_KEY)
    except NotFound:
        return None
