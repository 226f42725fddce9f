"""The asset of what OCI's Usage API tells, held against the cost reports."""

from datetime import timedelta

import dagster as dg
import polars as pl
from pydantic import Field

from assets.catalogue import markdown_table, table_metadata
from assets.failures import errors_classified
from assets.finops import tables
from assets.finops.logic.oci_usage import GROUPS, reconciled, usage_rows
from resources.clock import Clock
from resources.lake import Lake
from resources.oci.usage import OciUsage

_KEY = dg.AssetKey(["finops", "oci_usage"])
_CHECK = "usage_api_agrees_with_reports"
_AGREES = "agrees"


class Window(dg.Config):
    """How far to look back."""

    days: int = Field(default=90, ge=1, le=366, description="Days up to yesterday that are read anew.")


@dg.asset(
    key=_KEY,
    group_name="finops",
    owners=["team:finops"],
    kinds={"oracle", "polars", "deltalake"},
    metadata=table_metadata(tables.OCI_USAGE),
    deps=[dg.AssetKey(["finops", "daily_costs"])],
    check_specs=[
        dg.AssetCheckSpec(
            _CHECK,
            asset=_KEY,
            description="On each day that the cost reports know, every service costs the same by the Usage API, to the cent.",
        )
    ],
)
def oci_usage(config: Window, lake: Lake, oci_usage_source: OciUsage, clock: Clock) -> dg.MaterializeResult:
    """Cost and usage by day, service, compartment and region as OCI tells them, whose reports may still be on their way.

    The days are read anew, as OCI corrects them for a while. How each day and service compares with the cost reports goes to
    `finops/oci_usage_reconciliation`.
    """
    last = clock.today() - timedelta(days=1)
    first = last - timedelta(days=config.days - 1)
    with errors_classified():
        tenancy = oci_usage_source.clients.tenancy()
        pages = [usage_rows(page, tenancy) for page in oci_usage_source.daily(first, last, GROUPS)]
    rows = pl.concat([pl.DataFrame(schema=tables.OCI_USAGE.schema), *pages])
    lake.replace(tables.OCI_USAGE, rows, where=f"x_charge_date >= '{first}' AND x_charge_date <= '{last}'")
    compared = reconciled(rows, lake.scan(tables.DAILY_COSTS).collect(), first, last)
    lake.replace(tables.OCI_USAGE_RECONCILIATION, compared, where=None)
    counts = dict(compared.group_by("status").len().sort("status").iter_rows())
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(rows),
            "days": f"{first} to {last}",
            "days_and_services": dg.MetadataValue.json(counts),
            "cost": markdown_table(rows.group_by("BillingCurrency").agg(pl.col("BilledCost").sum().round(2))),
        },
        check_results=[_checked(compared)],
    )


def _checked(compared: pl.DataFrame) -> dg.AssetCheckResult:
    """Days after the last report are on their way and no difference."""
    newest = compared.filter(pl.col("reports").is_not_null())["x_charge_date"].max()
    wrong = compared.filter(pl.col("status") != _AGREES, pl.col("x_charge_date") <= pl.lit(newest, pl.Date))
    largest = wrong.sort(pl.col("difference").abs(), descending=True, nulls_last=True).head(20)
    return dg.AssetCheckResult(
        check_name=_CHECK,
        passed=wrong.is_empty(),
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "compared": len(compared),
            "that_differ": len(wrong),
            "largest": markdown_table(largest.with_columns(pl.col("usage_api", "reports", "difference").round(4))),
        },
    )
