"""The asset of what machines and databases use of what they are, as their clouds measured it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import get_args

import dagster as dg
import polars as pl
from pydantic import Field

from assets.catalogue import markdown_table, table_metadata
from assets.failures import errors_classified
from assets.finops import tables
from assets.finops.logic.comparable.matching import canonical_provider
from assets.finops.logic.performance.compute import DAYS, compute_days
from assets.finops.logic.performance.measurements import Use, coverage, kept, resources_of, rows
from resources.errors import PermanentError
from resources.lake import Lake
from resources.utilisation import Measured, Metric, NotMeasured, Utilisation

_KEY = dg.AssetKey(["finops", "resource_utilisation"])
_CHECK = "use_of_compute_is_known"


class UtilisationWindow(dg.Config):
    """How far to look back, and how much has to be known."""

    days: int = Field(default=32, ge=1, le=90, description="Days that are read, up to the newest one of each cloud's bills.")
    least_share: float = Field(
        default=0.8, ge=0, le=1, description="Share of the compute cost whose use must be known for the check to pass."
    )


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read of the clouds.

    Attributes:
        days: What was paid for, of all clouds.
        utilisation: Rows of the table.
        failed: By cloud, why it could not be asked.
    """

    days: pl.DataFrame
    utilisation: pl.DataFrame
    failed: dict[str, str] = field(default_factory=dict)


@dg.asset(
    key=_KEY,
    group_name="finops",
    owners=["team:finops"],
    kinds={"oracle", "aws", "polars", "deltalake"},
    metadata=table_metadata(tables.RESOURCE_UTILISATION),
    deps=[dg.AssetKey(["finops", "resource_costs"])],
    check_specs=[
        dg.AssetCheckSpec(
            _CHECK,
            asset=_KEY,
            description="Of most of what machines and databases cost, per cloud and currency, it is known how much they use, and "
            "every cloud could be asked.",
        )
    ],
)
def resource_utilisation(
    config: UtilisationWindow, lake: Lake, oci_utilisation: Utilisation, aws_utilisation: Utilisation
) -> dg.MaterializeResult:
    """CPU, memory and network of each machine and database that is paid by the hour, by day.

    A cloud that refuses is named and its resources are unknown; the other one is stored all the same. What was read once stays.
    """
    costs = lake.scan(tables.RESOURCE_COSTS)
    with errors_classified():
        read = _read(costs, (oci_utilisation, aws_utilisation), config.days)
    stored = _stored(lake, read)
    covered = coverage(read.days, stored)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(stored),
            "resources": stored["ResourceId"].n_unique(),
            "days_by_status": dg.MetadataValue.json(dict(sorted(stored["utilisation_status"].value_counts().iter_rows()))),
            "not_asked": dg.MetadataValue.json(
                {source.provider: said for source in (oci_utilisation, aws_utilisation) if (said := source.missing())}
            ),
        },
        check_results=[_checked(covered, read.failed, config.least_share)],
    )


def _read(costs: pl.LazyFrame, sources: tuple[Utilisation, ...], number: int) -> _Read:
    """Ask each cloud for its resources. Raises the error of a cloud if no other one answered."""
    ends = costs.group_by("ProviderName").agg(pl.col("x_charge_date").max()).collect()
    paid, found = [pl.DataFrame(schema=DAYS)], [pl.DataFrame(schema=tables.RESOURCE_UTILISATION.schema)]
    failed: dict[str, PermanentError] = {}
    answered = False
    for name, last in ends.sort("ProviderName", nulls_last=True).iter_rows():
        first = last - timedelta(days=number - 1)
        days = compute_days(costs.filter(pl.col("ProviderName").eq_missing(pl.lit(name, pl.String))), first, last)
        source = _source(name, sources)
        asked = _measured(days, source)
        use: dict[str, list[Use]] = {}
        try:
            use = {metric: _use(source, asked, metric, first, last) for metric in get_args(Metric)}
            answered = answered or bool(asked)
        except PermanentError as error:
            failed[str(name)] = error
        paid.append(days)
        found.append(rows(days, use, {one.id: source.source(one.id) or "" for one in asked}))
    if failed and not answered:
        raise next(iter(failed.values()))
    return _Read(pl.concat(paid), pl.concat(found), {name: str(error) for name, error in failed.items()})


def _source(provider: str | None, sources: tuple[Utilisation, ...]) -> Utilisation:
    """The metrics of a cloud, however its bills spell it; those of a cloud that has none here are unknown."""
    canonical = canonical_provider(provider or "")
    unknown = NotMeasured(of_provider=provider or "", advice="Its metrics are not read.")
    return next((source for source in sources if source.provider == canonical), unknown)


def _measured(days: pl.DataFrame, source: Utilisation) -> list[Measured]:
    """The resources that a cloud measures."""
    named = resources_of(days).select("ResourceId", pl.col("RegionId", "SubAccountId").fill_null(""))
    return [one for one in (Measured(*row) for row in named.iter_rows()) if source.source(one.id) and one.region]


def _use(source: Utilisation, resources: list[Measured], metric: Metric, first: date, last: date) -> list[Use]:
    found = source.daily(resources, metric, first, last)
    return [Use(one.resource_id, one.day, one.mean, one.p95, one.maximum, one.datapoints) for one in found]


def _stored(lake: Lake, read: _Read) -> pl.DataFrame:
    """Write what was read over the days of it; returns the rows of these days."""
    if read.utilisation.is_empty():
        return read.utilisation
    first: date = read.utilisation["x_charge_date"].min()  # type: ignore[assignment]
    last: date = read.utilisation["x_charge_date"].max()  # type: ignore[assignment]
    before = lake.scan(tables.RESOURCE_UTILISATION).filter(pl.col("x_charge_date").is_between(first, last)).collect()
    # rows of a cloud whose bills end elsewhere, or of resources that bills no longer name, are left as they are
    on = ("ProviderName", "ResourceId", "x_charge_date")
    others = before.join(read.utilisation.select(on), on=on, how="anti", nulls_equal=True)
    rows_now = kept(read.utilisation, before)
    together = pl.concat([rows_now, others.select(rows_now.columns)])
    lake.replace(tables.RESOURCE_UTILISATION, together, where=f"x_charge_date >= '{first}' AND x_charge_date <= '{last}'")
    return rows_now


def _checked(covered: pl.DataFrame, failed: Mapping[str, str], least: float) -> dg.AssetCheckResult:
    little = covered.filter(pl.col("share") < least)
    cents = pl.col("cost", "cost_known").cast(pl.Decimal(38, 2))
    shown = covered.with_columns(cents, (pl.col("share") * 100).round(1).alias("percent"))
    return dg.AssetCheckResult(
        check_name=_CHECK,
        passed=little.is_empty() and not failed,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "compute_cost_with_known_use": markdown_table(shown.drop("share")),
            "not_answered": dg.MetadataValue.json(dict(failed)),
            **{
                f"percent_known_{provider}_{currency}": percent
                for provider, currency, percent in shown.select("ProviderName", "BillingCurrency", "percent").iter_rows()
            },
        },
    )
