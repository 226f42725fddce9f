"""What policies look at: one row per resource and currency, put together from costs, assessment, tags, use and anomalies.

What is not known is null, and a null list is not an empty one: no anomaly was found, or nobody looked.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from assets.finops.logic.efficiency.amounts import KEY
from assets.finops.logic.panel import SERIES
from assets.finops.logic.policies.schema import Fixture

_MONEY = pl.Decimal(38, 24)
_TAG = pl.Struct({"key": pl.String(), "value": pl.String()})
_MEASURED = pl.Struct(
    {"metric": pl.String(), "statistic": pl.String(), "days": pl.Int64(), "value": pl.Float64(), "rows": pl.Int64()}
)
_ANOMALY = pl.Struct(
    {
        **dict.fromkeys(("episode_id", "kind", "direction", "state", "currency"), pl.String()),
        "days_ago": pl.Int64(),
        "days": pl.Int64(),
        "impact": _MONEY,
        "impact_percent": pl.Float64(),
    }
)
SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys((*KEY, "ResourceName", "ResourceType", "SubAccountName", "x_comparable_service"), pl.String()),
    "as_of": pl.Date(),
    "age_days": pl.Int64(),
    "age_is_least": pl.Boolean(),
    **dict.fromkeys(("cost_30d", "cost_30d_before", "monthly_run_rate"), _MONEY),
    "cost_rows": pl.Int64(),
    **dict.fromkeys(("trend_percent", "volatility", "weekend_ratio", "unit_price_change_percent"), pl.Float64()),
    "state": pl.String(),
    "candidates": pl.List(pl.String()),
    "use_observed": pl.Boolean(),
    "tags": pl.List(_TAG),
    "tag_rows": pl.Int64(),
    "metrics": pl.List(_MEASURED),
    "anomalies": pl.List(_ANOMALY),
    "attached_to": pl.List(pl.String()),
}
"""Columns of the inventory. `age_is_least`: the bills begin no earlier, it may be older. `cost_rows`: charge lines behind
`cost_30d`; `tag_rows`: lines that tell the tags. `use_observed`: whether its use was measured well enough to judge its size."""
MEASUREMENTS: dict[str, pl.DataType] = {"ResourceId": pl.String(), **_MEASURED.to_schema()}  # type: ignore[dict-item]
"""Measured metrics of resources, one row per resource, metric, statistic and window of days."""
ATTACHMENTS: dict[str, pl.DataType] = {"ResourceId": pl.String(), "attached_to": pl.String()}
"""Which resource is attached to which; a row without `attached_to` says that it is attached to none."""
_FIRST_DAYS = 7
"""A resource that was there within the first days of the bills may be older than they are."""
_ASSESSED_WINDOW = 30
_NO_ANOMALY = ("false", "expected")
PROVIDERS = {"aws": "AWS", "oci": "Oracle", "azure": "Microsoft", "google": "Google Cloud"}


@dataclass(frozen=True, slots=True)
class Sources:
    """What an inventory is made of.

    Attributes:
        efficiency: Rows of `finops/resource_efficiency`.
        resource_costs: Rows of `finops/resource_costs`, of at least the last 91 days.
        lines: Rows of `finops/cost_and_usage` with `ProviderName`, `ResourceId`, `Tags` and `x_charge_date`.
        episodes: Rows of `finops/anomaly_episodes`; None if nobody looked for anomalies yet.
        measurements: Columns as in `MEASUREMENTS`; None if nothing but the assessment's own is measured.
        attachments: Columns as in `ATTACHMENTS`; None if not known of any.
    """

    efficiency: pl.DataFrame
    resource_costs: pl.LazyFrame
    lines: pl.LazyFrame
    episodes: pl.DataFrame | None = None
    measurements: pl.DataFrame | None = None
    attachments: pl.DataFrame | None = None


def inventory(sources: Sources) -> pl.DataFrame:
    """One row per row of the assessment, columns as in `SCHEMA`, in its order."""
    known = sources.efficiency
    parts = [
        (_costs(sources, known), KEY),
        (_tags(sources.lines), ("ProviderName", "ResourceId")),
        (_measured(known, sources.measurements), ("ResourceId",)),
        (_attached(sources.attachments), ("ResourceId",)),
    ]
    for part, on in parts:
        known = known.join(part, on=on, how="left", nulls_equal=True, maintain_order="left")
    known = _with_anomalies(known, sources.episodes)
    return known.with_columns(
        age_days=(pl.col("as_of") - pl.col("first_day")).dt.total_days() + 1,
        age_is_least=(pl.col("first_day") - pl.col("begin")).dt.total_days() < _FIRST_DAYS,
        state=pl.when(pl.col("state") != "unknown").then(pl.col("state")),
        use_observed=pl.col("utilisation_status") == "observed",
    ).select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())


def of_fixtures(fixtures: Sequence[Fixture]) -> pl.DataFrame:
    """An inventory of fixtures, a row each, in their order."""
    return pl.DataFrame([_row(fixture) for fixture in fixtures], schema=SCHEMA)


def tags_of(text: str | None) -> list[dict[str, str | None]] | None:
    """Keys and values of a JSON object of tags; None if it is none. Values that are no text are shown as JSON."""
    if text is None:
        return None
    try:
        tags = json.loads(text)
    except json.JSONDecodeError:
        return None
    if not isinstance(tags, dict):
        return None
    return [{"key": key, "value": v if isinstance(v, str) or v is None else json.dumps(v)} for key, v in tags.items()]


def _costs(sources: Sources, known: pl.DataFrame) -> pl.DataFrame:
    """Per resource the lines behind its last 30 days, and the first day that its provider delivered at all."""
    costs = sources.resource_costs
    begins = costs.group_by("ProviderName").agg(begin=pl.col("x_charge_date").min()).collect(engine="streaming")
    ends = known.group_by("ProviderName").agg(as_of=pl.col("as_of").first())
    spans = ends.with_columns(since=pl.col("as_of").dt.offset_by(f"-{_ASSESSED_WINDOW - 1}d"))
    recent = costs.join(spans.lazy(), on="ProviderName", nulls_equal=True)
    recent = recent.filter(pl.col("x_charge_date").is_between("since", "as_of"))
    counted = recent.group_by(KEY).agg(cost_rows=pl.col("x_lines").sum()).collect(engine="streaming")
    keys = known.select(KEY).join(begins, on="ProviderName", how="left", nulls_equal=True)
    return keys.join(counted, on=KEY, how="left", nulls_equal=True)


def _tags(lines: pl.LazyFrame) -> pl.DataFrame:
    """The newest tags of each resource, and how many lines of that day tell them."""
    told = lines.filter(pl.col("ResourceId").is_not_null() & pl.col("Tags").is_not_null())
    days = told.group_by("ProviderName", "ResourceId", "Tags").agg(
        day=pl.col("x_charge_date").max(), tag_rows=pl.len().cast(pl.Int64)
    ).collect(engine="streaming")  # fmt: skip
    newest = days.sort("day", "tag_rows", "Tags").group_by("ProviderName", "ResourceId", maintain_order=True).last()
    distinct = newest.select(pl.col("Tags").unique()).to_series()
    parsed = pl.DataFrame(
        {"Tags": distinct, "tags": pl.Series([tags_of(text) for text in distinct], dtype=pl.List(_TAG))},
        schema={"Tags": pl.String(), "tags": pl.List(_TAG)},
    )
    return newest.join(parsed, on="Tags").select("ProviderName", "ResourceId", "tags", "tag_rows")


def _measured(known: pl.DataFrame, measurements: pl.DataFrame | None) -> pl.DataFrame:
    """All metrics of each resource; the assessment's own count if they were observed on enough days."""
    observed = known.filter(pl.col("utilisation_status") == "observed")
    assessed = [
        observed.select(
            "ResourceId", metric=pl.lit(name), statistic=pl.lit("p95"), days=pl.lit(_ASSESSED_WINDOW, pl.Int64),
            value=pl.col(f"{name}_utilisation"), rows=pl.lit(None, pl.Int64),
        )
        for name in ("cpu", "memory")
    ]  # fmt: skip
    given = pl.DataFrame(schema=MEASUREMENTS) if measurements is None else measurements.select(list(MEASUREMENTS))
    every = pl.concat([given, *assessed]).filter(pl.col("value").is_not_null())
    every = every.unique(["ResourceId", "metric", "statistic", "days"], keep="first", maintain_order=True)
    return every.group_by("ResourceId", maintain_order=True).agg(metrics=pl.struct(list(_MEASURED.to_schema())))


def _attached(attachments: pl.DataFrame | None) -> pl.DataFrame:
    told = pl.DataFrame(schema=ATTACHMENTS) if attachments is None else attachments
    return told.group_by("ResourceId").agg(pl.col("attached_to").drop_nulls().unique().sort())


def _with_anomalies(known: pl.DataFrame, episodes: pl.DataFrame | None) -> pl.DataFrame:
    """Adds the anomalies that name a resource: null if nobody looked, else empty where none does."""
    if episodes is None:
        return known.with_columns(anomalies=pl.lit(None, pl.List(_ANOMALY)))
    real = episodes.filter(~pl.col("verdict").is_in(_NO_ANOMALY).fill_null(value=False))
    named = real.select(*SERIES, "episode_id", "kind", "direction", "state", "last_day", "days", "culprits")
    blamed = named.explode("culprits", empty_as_null=False).unnest("culprits").filter(pl.col("ResourceId").is_not_null())
    ends = known.group_by("ProviderName").agg(as_of=pl.col("as_of").first())
    impact = pl.col("actual") - pl.col("expected")
    share = impact.cast(pl.Float64) / pl.when(pl.col("expected") > 0).then(pl.col("expected")).cast(pl.Float64) * 100
    judged = blamed.join(ends, on="ProviderName", nulls_equal=True).with_columns(
        days_ago=(pl.col("as_of") - pl.col("last_day")).dt.total_days().clip(lower_bound=0),
        currency=pl.col("BillingCurrency"),
        impact=impact,
        impact_percent=share,
    )
    held = judged.sort("episode_id").group_by(KEY, maintain_order=True).agg(anomalies=pl.struct(list(_ANOMALY.to_schema())))
    joined = known.join(held, on=KEY, how="left", nulls_equal=True, maintain_order="left")
    return joined.with_columns(pl.col("anomalies").fill_null(pl.lit([], pl.List(_ANOMALY))))


def _row(fixture: Fixture) -> dict[str, object]:
    plain = {name: getattr(fixture, name) for name in SCHEMA if name in Fixture.model_fields}
    numbers = {name: float(value) for name, value in plain.items() if SCHEMA[name] == pl.Float64() and value is not None}
    tags, metrics, anomalies = fixture.tags, fixture.metrics, fixture.anomalies
    return {
        **plain,
        **numbers,
        "ProviderName": None if fixture.provider is None else PROVIDERS[fixture.provider],
        "SubAccountId": fixture.sub_account,
        "ServiceName": fixture.service,
        "RegionId": fixture.region,
        "BillingCurrency": fixture.currency,
        "ResourceId": fixture.id,
        "ResourceName": fixture.name,
        "ResourceType": fixture.type,
        "SubAccountName": fixture.sub_account_name,
        "x_comparable_service": fixture.comparable_service,
        "as_of": fixture.day,
        "tags": None if tags is None else [{"key": key, "value": value} for key, value in tags.items()],
        "metrics": metrics and [
            {"metric": m.name, "statistic": m.statistic, "days": m.days, "value": float(m.value), "rows": m.rows} for m in metrics
        ],
        "anomalies": None if anomalies is None else [
            {
                **a.model_dump(include={"kind", "direction", "state", "days_ago", "days", "impact"}),
                "episode_id": f"anomaly-{n}",
                "currency": fixture.currency,
                "impact_percent": None if a.impact_percent is None else float(a.impact_percent),
            }
            for n, a in enumerate(anomalies, 1)
        ],
    }  # fmt: skip
