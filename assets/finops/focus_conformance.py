"""The asset of the FOCUS conformance score card."""

from datetime import date, timedelta

import dagster as dg
import polars as pl
from pydantic import Field

from assets.catalogue import table_metadata
from assets.finops import tables
from assets.finops.automation import WHEN_COSTS_CHANGED
from assets.finops.logic.columns import FOCUS_COLUMNS
from assets.finops.logic.conformance import card
from assets.finops.logic.conformance.page import render
from resources.lake import Lake
from resources.object_store import ObjectStore

CARD_KEY = "finops/focus-conformance.html"


class Scope(dg.Config):
    """Which lines are judged."""

    months: int = Field(default=3, ge=1, description="How many months back from the newest line.")


@dg.asset(
    key=["finops", "focus_conformance"],
    group_name="finops",
    owners=["team:finops"],
    kinds={"polars", "deltalake"},
    metadata=table_metadata(tables.FOCUS_CONFORMANCE),
    deps=[dg.AssetKey(["finops", "cost_and_usage"])],
    automation_condition=WHEN_COSTS_CHANGED,
)
def focus_conformance(
    context: dg.AssetExecutionContext, config: Scope, lake: Lake, report_store: ObjectStore
) -> dg.MaterializeResult:
    """Which rules of FOCUS 1.2 each provider's lines pass, fail, need not obey, or were not checked for.

    All 621 rules of the specification's requirements model get a result. Failures are the provider's or ours to explain, never
    hidden: the score is published, not a target.
    """
    lines = lake.scan(tables.COST_AND_USAGE)
    newest = lines.group_by("ProviderName").agg(pl.col("x_charge_date").max()).collect(engine="streaming")
    results: list[card.RuleResult] = []
    metadata: dict[str, int | dg.MetadataValue] = {}
    for named, last in newest.sort("ProviderName", nulls_last=True).iter_rows():
        provider = named or "unknown"
        of_provider = lines.filter(_recent(last, config.months) & pl.col("ProviderName").eq_missing(pl.lit(named, pl.String)))
        found = card.evaluate(of_provider, provider, absent=_absent(lake, of_provider))
        results += found
        counts = card.summary(found)
        metadata |= {f"{provider}: {name}": number for name, number in counts.items()}
        metadata[f"{provider}: card"] = dg.MetadataValue.md(card.to_markdown(found))
        context.log.info("%s: %s", provider, counts)
    frame = card.as_frame(results)
    lake.replace(tables.FOCUS_CONFORMANCE, frame, where=None)
    page = report_store.put(CARD_KEY, render(results).encode())
    return dg.MaterializeResult(metadata={"dagster/row_count": len(frame), "page": page.key, **metadata})


def _recent(last: date, months: int) -> pl.Expr:
    first = (last.replace(day=1) - timedelta(days=31 * (months - 1))).replace(day=1)
    return pl.col("x_charge_month") >= f"{first:%Y-%m}"


def _absent(lake: Lake, lines: pl.LazyFrame) -> frozenset[str]:
    """FOCUS columns that none of the files behind the lines can fill."""
    ids = lines.select(pl.col("x_delivery_id").unique()).collect(engine="streaming")["x_delivery_id"]
    given = lake.scan(tables.BILLING_FILES).filter(pl.col("x_delivery_id").is_in(ids.implode())).select("focus_columns").collect()
    filled = {name for names in given["focus_columns"].to_list() for name in names or []}
    return frozenset(c.name for c in FOCUS_COLUMNS) - filled
