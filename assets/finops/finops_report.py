"""The asset of the FinOps report."""

import base64

import dagster as dg
import polars as pl

from assets.finops import tables, tie_out
from assets.finops.automation import WHEN_COSTS_CHANGED
from assets.finops.logic.comparable.coverage import coverage
from assets.finops.logic.report.data import ReportData
from resources.clock import Clock
from resources.lake import Lake
from resources.object_store import ObjectStore

REPORT_KEY = "finops/report.html"


@dg.asset(
    key=["finops", "finops_report"],
    group_name="finops",
    owners=["team:finops"],
    kinds={"altair", "html"},
    deps=[dg.AssetKey(["finops", name]) for name in ("daily_costs", "cost_anomalies", "focus_conformance", "billing_files")],
    automation_condition=WHEN_COSTS_CHANGED,
)
def finops_report(lake: Lake, report_store: ObjectStore, clock: Clock) -> dg.MaterializeResult:
    """One HTML file that opens offline: totals and trend per currency and cloud, services and movers, anomalies, data quality."""
    from assets.finops.logic.report.page import charts_png, render

    data = report_data(lake, clock)
    stored = report_store.put(REPORT_KEY, render(data).encode())
    pictures = {
        name: dg.MetadataValue.md(f"![{name}](data:image/png;base64,{base64.b64encode(png).decode()})")
        for name, png in charts_png(data).items()
    }
    return dg.MaterializeResult(metadata={"report": stored.key, "bytes": stored.size, **pictures})


def report_data(lake: Lake, clock: Clock) -> ReportData:
    """What the report shows, read from the lake."""
    daily = lake.scan(tables.DAILY_COSTS).collect()
    return ReportData(
        generated_at=clock.now(),
        daily=daily,
        anomalies=lake.scan(tables.COST_ANOMALIES).collect(),
        files=lake.scan(tables.BILLING_FILES).collect(),
        quarantine=lake.scan(tables.BILLING_QUARANTINE).collect(),
        conformance=_conformance(lake),
        tie_out=tie_out.per_file(lake),
        coverage=coverage(_placed_lines(lake)),
    )


def _conformance(lake: Lake) -> dict[str, dict[str, int]]:
    counts = lake.scan(tables.FOCUS_CONFORMANCE).group_by("ProviderName", "result").agg(n=pl.len()).collect()
    card: dict[str, dict[str, int]] = {}
    for provider, result, number in counts.sort("ProviderName", "result").iter_rows():
        card.setdefault(provider, {})[result] = number
    return card


def _placed_lines(lake: Lake) -> pl.DataFrame:
    """Distinct services, regions and units of the lines, with how many lines each has."""
    keys = ("ProviderName", "ServiceName", "ServiceCategory", "RegionId", "PricingUnit")
    return lake.scan(tables.COST_AND_USAGE).select(keys).collect(engine="streaming")
