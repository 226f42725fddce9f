"""The asset of what a unit of business costs, and the check that its metrics are complete."""

import dagster as dg
import polars as pl

from assets.catalogue import markdown_table, table_metadata
from assets.failures import errors_classified
from assets.finops import tables
from assets.finops.automation import WHEN_COSTS_CHANGED
from assets.finops.logic.unit_economics import ratios
from assets.finops.logic.unit_economics.metrics import SCOPE, UnreadableMetrics, no_metrics, read_metrics
from resources.errors import BadInput, NotFound
from resources.lake import Lake
from resources.object_store import ObjectStore

METRICS_KEY = "finops/business_metrics.csv"
_KEY = dg.AssetKey(["finops", "unit_economics"])
_HOW_TO_SUPPLY = (
    f"Put a CSV at `{METRICS_KEY}` in the inputs store, with the columns `date,metric,value`, such as "
    "`2026-01-31,transactions,84210`; revenue also needs the columns `kind,currency`, such as `revenue,USD`. "
    f"`{'`, `'.join(SCOPE)}` restrict a metric. Then materialize this asset."
)


@dg.asset(
    key=_KEY,
    group_name="finops",
    owners=["team:finops"],
    kinds={"polars", "numpy", "deltalake"},
    metadata=table_metadata(tables.UNIT_ECONOMICS),
    deps=[dg.AssetKey(["finops", "daily_costs"])],
    automation_condition=WHEN_COSTS_CHANGED,
    check_specs=[
        dg.AssetCheckSpec(
            "every_day_has_its_metric",
            asset=_KEY,
            description="Every metric's scope has costs; since its first, every settled day (or month) with a cost in it "
            "has its value.",
        )
    ],
)
def unit_economics(lake: Lake, inputs_store: ObjectStore) -> dg.MaterializeResult:
    """Cost per transaction, customer or whatever the business counts, and costs as a share of revenue, from metrics you supply.

    Per currency, never converted. A day without its metric, or whose costs are not complete, has no figure and says why.
    """
    with errors_classified():
        supplied = _supplied(inputs_store)
    metrics = no_metrics() if supplied is None else supplied
    rows = ratios.unit_economics(lake.scan(tables.DAILY_COSTS).collect(), metrics)
    lake.replace(tables.UNIT_ECONOMICS, rows, where=None)
    unmatched = ratios.scopes_without_costs(rows, metrics)
    newest = rows.filter(pl.col("status") == "known").sort("period_start").group_by(
        "metric", *SCOPE, "BillingCurrency", maintain_order=True
    ).last()  # fmt: skip
    anomalies = rows.filter("anomaly").sort("period_start", descending=True)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(rows),
            "metrics": metrics["metric"].n_unique(),
            "rows_known": len(rows.filter(pl.col("status") == "known")),
            "anomalies": len(anomalies),
            "newest": _shown(newest, "cost_per_unit", "trailing_cost_per_unit", "cost_percent_of_revenue", "trend_percent"),
            "newest_anomalies": _shown(anomalies, "cost_per_unit", "expected_cost_per_unit", "score", "driver"),
            "metrics_whose_scope_has_no_cost": markdown_table(unmatched),
            **({"how_to_supply_metrics": dg.MetadataValue.md(_HOW_TO_SUPPLY)} if supplied is None else {}),
        },
        check_results=[_complete(rows, unmatched)],
    )


def _supplied(store: ObjectStore) -> pl.DataFrame | None:
    """The metrics in the store; None if there is no file.

    Raises:
        BadInput: The file is not as it should be; the message names lines and values.
    """
    try:
        content = store.get(METRICS_KEY)
    except NotFound:
        return None
    try:
        return read_metrics(content)
    except UnreadableMetrics as error:
        raise BadInput(f"{METRICS_KEY}: {error}", error.advice) from error


def _shown(rows: pl.DataFrame, *figures: str) -> dg.MarkdownMetadataValue:
    shown = rows.select("period_start", "metric", *SCOPE, "BillingCurrency", *figures)
    numbers = pl.col(figures[:-1] if shown.schema[figures[-1]] == pl.String else figures)
    return markdown_table(shown.with_columns(numbers.cast(pl.Float64).round_sig_figs(4)))


def _complete(rows: pl.DataFrame, unmatched: pl.DataFrame) -> dg.AssetCheckResult:
    counted = ratios.without_metric(rows)
    periods, missing = int(counted["periods"].sum()), int(counted["missing"].sum())
    return dg.AssetCheckResult(
        check_name="every_day_has_its_metric",
        passed=missing == 0 and unmatched.is_empty(),
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "periods_with_costs": periods,
            "periods_without_metric": missing,
            "share_without_metric": missing / periods if periods else "no metrics to judge",
            "metrics": markdown_table(counted.filter(pl.col("missing") > 0)),
            "scopes_without_costs": len(unmatched),
        },
    )
