"""The asset of recommendations, their life and what they saved."""

from datetime import date, datetime
from decimal import Decimal

import dagster as dg
import polars as pl
from pydantic import Field

from assets.catalogue import markdown_table, table_metadata
from assets.failures import errors_classified
from assets.finops import tables
from assets.finops.automation import WHEN_COSTS_CHANGED
from assets.finops.logic.conservation import money_text
from assets.finops.logic.recommendations import commitments, lifecycle, verification
from assets.finops.logic.recommendations.claims import Claim, Spend, counted, over_spend, savings_by_currency
from assets.finops.logic.recommendations.measurement import VERIFIED
from assets.finops.logic.recommendations.proposals import Findings, as_frame, propose
from assets.finops.logic.recommendations.verification import NOT_ENOUGH, deeds
from resources.clock import Clock
from resources.errors import BadInput
from resources.lake import Lake

_KEY = dg.AssetKey(["finops", "recommendations"])
_INPUTS = ("daily_costs", "resource_costs", "cost_anomalies", "cost_forecasts", "resource_efficiency")


class Negotiated(dg.Config):
    """What only you know, and how long a recommendation waits."""

    discount_low: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="Discount on a commitment that you get for certain, such as 0.2; 0.15 is assumed if empty.",
    )
    discount_high: float | None = Field(
        default=None, gt=0, lt=1, description="Discount that you may get, such as 0.4; 0.30 is assumed if empty."
    )
    months: int = Field(default=12, ge=1, le=60, description="Length of a commitment.")
    expire_after_days: int = Field(
        default=14, ge=1, description="Days after which an open one that is not found any more expires."
    )

    def terms(self) -> commitments.Terms:
        """The terms, and whether they are yours or assumed.

        Raises:
            BadInput: Only one of the discounts is given, they are the wrong way round, or missing for a length for which none are
                assumed.
        """
        if self.discount_low is None and self.discount_high is None:
            if self.months != commitments.Terms().months:
                raise BadInput(
                    f"no discounts are assumed for {self.months} months", "give discount_low and discount_high as well"
                )
            return commitments.Terms()
        if self.discount_low is None or self.discount_high is None or self.discount_low > self.discount_high:
            raise BadInput("discount_low and discount_high belong together, the low one first", "give both, such as 0.2 and 0.4")
        low, high = (Decimal(str(discount)) for discount in (self.discount_low, self.discount_high))
        return commitments.Terms(low, high, self.months, "your negotiated terms")


@dg.asset(
    key=_KEY,
    group_name="finops",
    owners=["team:finops"],
    kinds={"python", "polars", "deltalake"},
    metadata=table_metadata(tables.RECOMMENDATIONS),
    deps=[dg.AssetKey(["finops", name]) for name in _INPUTS],
    automation_condition=WHEN_COSTS_CHANGED,
    pool="finops_recommendations",
    check_specs=[
        dg.AssetCheckSpec(
            "savings_are_within_spend",
            asset=_KEY,
            description="No recommendation claims more than its subject cost in the last 30 days, and all that count together "
            "claim no more than was spent, per currency.",
        )
    ],
)
def recommendations(config: Negotiated, lake: Lake, clock: Clock) -> dg.MaterializeResult:
    """What to do, what it may save, what people decided about it, and whether the bills show the saving.

    Made anew from open anomalies, steady on-demand usage, forecasts and the efficiency of resources. A finding keeps its
    identity, so that a decision about it lasts. Writes its events and realised savings as well; a repeat changes nothing.
    """
    now = clock.now()
    with errors_classified():
        found = _findings(lake)
        claimed, spend = propose(found, config.terms(), now.date())
    proposed = as_frame(claimed)
    events, stored = (lake.scan(t).collect() for t in (tables.RECOMMENDATION_EVENTS, tables.RECOMMENDATIONS))
    book = lifecycle.Book.of(events.sort("at", maintain_order=True))
    savings = lifecycle.savings_of(proposed)
    lifecycle.open_and_decide(book, savings, lifecycle.savings_of(stored), found.decisions, now)
    realised = _realised(lake, lifecycle.rows(book, proposed, stored, now), found.resources)
    last_seen: dict[str, datetime] = dict(stored.select("recommendation_id", "last_seen").iter_rows())
    measured: dict[str, str] = dict(realised.select("recommendation_id", "result").iter_rows())
    lifecycle.settle(book, savings, measured=measured, last_seen=last_seen, now=now, expire_after_days=config.expire_after_days)
    claimed = counted(claimed, {known for known, standing in book.standings.items() if standing.state in lifecycle.CLOSED})
    rows = lifecycle.rows(book, as_frame(claimed), stored, now)
    # events first: where a recommendation stands is read from them, so a run killed here repeats nothing
    if book.added:
        lake.replace(tables.RECOMMENDATION_EVENTS, pl.concat([events, book.new_rows()], how="diagonal_relaxed"), where=None)
    lake.replace(tables.REALISED_SAVINGS, realised, where=None)
    lake.replace(tables.RECOMMENDATIONS, rows, where=None)
    metadata = {
        **_metadata(rows, claimed, realised, book),
        "hourly_usage_of_unknown_pricing": dg.MetadataValue.json(money_text(commitments.unjudged(found.hourly))),
    }
    return dg.MaterializeResult(metadata=metadata, check_results=[_within_spend(claimed, spend)])


def _findings(lake: Lake) -> Findings:
    daily = lake.scan(tables.DAILY_COSTS).collect()
    newest: date | None = daily["x_charge_date"].max()  # type: ignore[assignment]
    last = newest or date(1970, 1, 1)  # there are no costs, then
    lines = lake.scan(tables.COST_AND_USAGE)
    return Findings(
        daily=daily,
        resources=lake.scan(tables.RESOURCE_COSTS).collect(),
        episodes=lake.scan(tables.ANOMALY_EPISODES).collect(),
        forecasts=lake.scan(tables.COST_FORECASTS).collect(),
        forecast_quality=lake.scan(tables.FORECAST_QUALITY).collect(),
        efficiency=lake.scan(tables.RESOURCE_EFFICIENCY).collect(),
        hourly=commitments.usage(lines, last),
        covered=commitments.covered(lines, last),
        decisions=lake.scan(tables.DECISIONS).collect(),
    )


def _realised(lake: Lake, rows: pl.DataFrame, resources: pl.DataFrame) -> pl.DataFrame:
    """Savings of what was accepted or done; commitments that were paid and not used count against them."""
    done = deeds(rows)
    if not any(deed.about_price for deed in done):
        return verification.verify(done, resources)
    keys = ("ProviderName", "ServiceName", "RegionId", "BillingCurrency", "x_charge_date")
    unused = lake.scan(tables.COST_AND_USAGE).filter(pl.col("CommitmentDiscountStatus") == "Unused")
    return verification.verify(done, resources, unused.group_by(keys).agg(cost=pl.col("EffectiveCost").sum()).collect())


def _metadata(
    rows: pl.DataFrame, claimed: list[Claim], realised: pl.DataFrame, book: lifecycle.Book
) -> dict[str, dg.MetadataValue | int]:
    low, high = savings_by_currency(claimed)
    done = realised.filter((pl.col("result") == VERIFIED) & (pl.col("basis") == lifecycle.DONE))
    saved = done.group_by("BillingCurrency").agg(pl.col("saving_to_date").sum())
    best = rows.filter("proposed").sort("BillingCurrency", "rank")
    shown = ("recommendation_id", "title", "savings_low", "savings_high", "BillingCurrency", "state")
    return {
        "dagster/row_count": len(rows),
        "proposed": len(claimed),
        "events": len(book.added),
        "states": dg.MetadataValue.json(dict(rows.group_by("state").len().sort("state").iter_rows())),
        "savings_a_month_low": dg.MetadataValue.json(money_text(low)),
        "savings_a_month_high": dg.MetadataValue.json(money_text(high)),
        "savings_verified_to_date": dg.MetadataValue.json(money_text(dict(saved.sort("BillingCurrency").iter_rows()))),
        "waiting_for_days": len(realised.filter(pl.col("result") == NOT_ENOUGH)),
        "best": markdown_table(best.select(shown).with_columns(pl.col("savings_low", "savings_high").round(2))),
    }


def _within_spend(claimed: list[Claim], spend: Spend) -> dg.AssetCheckResult:
    over = over_spend(claimed, spend)
    low, high = savings_by_currency(claimed)
    return dg.AssetCheckResult(
        check_name="savings_are_within_spend",
        passed=not over,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={
            "spend_of_30_days": dg.MetadataValue.json(money_text(spend.by_currency())),
            "claimed_low": dg.MetadataValue.json(money_text(low)),
            "claimed_high": dg.MetadataValue.json(money_text(high)),
            "overlapping": sum(claim.overlaps_with is not None for claim in claimed),
            "beyond_spend": dg.MetadataValue.json(over),
        },
    )
