"""Commitments: how much of the on-demand usage never stops, and what it would cost if it were committed to.

Eligible is usage billed by the hour in compute and databases that no commitment covers (FOCUS 1.2: ChargeCategory Usage,
PricingCategory Standard, CommitmentDiscountId null). A charge for an hour is taken as it is; a charge for a whole day only if its
resource ran all day, because a commitment is paid by the hour and a daily sum does not show the hours. The discount is an input:
a bill does not hold the offers that were not taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from assets.finops.logic.comparable.units import parse
from assets.finops.logic.panel import SERIES, cost
from assets.finops.logic.recommendations.shape import (
    COMMITMENT,
    DAYS_A_MONTH,
    EXACT,
    STRATEGIC,
    Datapoint,
    Proposal,
    Savings,
    Subject,
    rounded,
    text,
    total,
)

WINDOW_DAYS = 90
LEAST_DAYS = 60
_CATEGORIES = ("Compute", "Databases")
_PROVISIONAL_DAYS = 2
"""Exports fill up late: the newest days would look like less usage."""
_BASE_SHARE = Decimal("0.10")
"""The base is exceeded in all but a tenth of the hours. Below the lowest discount (0.15), the last unit committed still pays."""
_RECENT_DAYS = 14
"""The base is exceeded in all but a tenth of their hours, too: what stopped last week is not committed to for a year."""
_ALL_DAY = Decimal("23.5")
_MATERIAL = Decimal("0.001")
"""Share of the currency's cost of 30 days below which a saving is not worth a contract."""
_FALLING, _FALLING_FAST = -0.05, -0.20
KEYS = ("ProviderName", "ServiceName", "RegionId", "BillingCurrency")


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms of a commitment without upfront payment.

    Attributes:
        discount_low: Discount that is reached for certain, as a share of the on-demand cost.
        discount_high: Discount that may be reached.
        months: Length.
        source: Where the discounts are from, shown beside every saving.
    """

    discount_low: Decimal = Decimal("0.15")
    discount_high: Decimal = Decimal("0.30")
    months: int = 12
    source: str = "assumption: 15-30 % for one year without upfront payment; configure your negotiated terms"

    def __post_init__(self) -> None:
        if not 0 < self.discount_low <= self.discount_high < 1:
            raise ValueError(f"discounts must be 0 < low <= high < 1, not {self.discount_low} and {self.discount_high}")


@dataclass(frozen=True, slots=True)
class Base:
    """On-demand usage that a commitment might cover, slot by slot; a slot is an hour, or a day of charges for whole days.

    Attributes:
        slots: Cost of each slot of the window, 0 where nothing ran.
        hours: Length of a slot.
        level: Cost that all but a tenth of the slots reach, of all and of the last 14 days.
        covered: Part of the slots' cost that a commitment to that level covers.
    """

    slots: tuple[Decimal, ...]
    hours: int
    level: Decimal
    covered: Decimal

    @classmethod
    def of(cls, slots: tuple[Decimal, ...], hours: int) -> Base:
        """The base of these slots; there must be at least one."""
        recent = slots[-_RECENT_DAYS * 24 // hours :]
        level = min(sorted(part)[int(_BASE_SHARE * len(part))] for part in (slots, recent))
        return cls(slots, hours, level, total(min(spent, level) for spent in slots))

    @property
    def share_below(self) -> float:
        """Share of the slots below the level: how often the commitment would not be used up."""
        return sum(spent < self.level for spent in self.slots) / len(self.slots)

    @property
    def utilisation(self) -> Decimal:
        """Share of the commitment that would have been used."""
        return EXACT.divide(self.covered, EXACT.multiply(self.level, Decimal(len(self.slots))))

    @property
    def trend(self) -> float | None:
        """Movement of the last 30 days against the 30 before, as a share; None if there was nothing before."""
        month = DAYS_A_MONTH * 24 // self.hours
        now, before = total(self.slots[-month:]), total(self.slots[-2 * month : -month])
        return float(EXACT.divide(now, before)) - 1 if before else None

    def saving(self, discount: Decimal) -> Decimal:
        """Per 30 days: what is covered at the on-demand price, less the commitment, which is paid whether used or not."""
        paid = EXACT.multiply(EXACT.multiply(self.level, 1 - discount), Decimal(len(self.slots)))
        a_month = Decimal(DAYS_A_MONTH * 24 // self.hours)
        return rounded(EXACT.divide(EXACT.multiply(self.covered - paid, a_month), Decimal(len(self.slots))))


def usage(lines: pl.LazyFrame, last: date) -> pl.DataFrame:
    """Hourly-billed usage of compute and databases, and all unused commitments, in the window that ends two days before `last`.

    Returns:
        `KEYS`, `coverage` (`on demand`, `committed`, `unused`, `other`, `unknown`), `day`, `slot` (start of the hour, or of the
        day), `hours` (1 or 24; null for charges that span neither, or that did not run all day) and `cost` (EffectiveCost).
    """
    end = last - timedelta(days=_PROVISIONAL_DAYS)
    inside = pl.col("x_charge_date").is_between(end - timedelta(days=WINDOW_DAYS - 1), end)
    eligible = (pl.col("ChargeCategory") == "Usage") & pl.col("ChargeClass").is_null()
    # what a commitment covers may be of any service: its unused part is often charged as a service of its own
    unused = pl.col("CommitmentDiscountStatus").eq_missing(pl.lit("Unused"))
    of_interest = pl.col("ServiceCategory").is_in(_CATEGORIES).fill_null(value=False) | unused
    wanted = lines.filter(inside & eligible & of_interest & pl.col("EffectiveCost").is_not_null())
    span = (pl.col("ChargePeriodEnd") - pl.col("ChargePeriodStart")).dt.total_minutes()
    spans = pl.when(span <= 60).then(1).when(span <= 24 * 60).then(24).cast(pl.Int64)
    hourly = spans == 1
    start = pl.when(hourly).then(pl.col("ChargePeriodStart").dt.truncate("1h"))
    quantity = pl.col("PricingQuantity")
    keys = [*KEYS, "coverage", "x_charge_date", "slot", "hours", "PricingUnit"]
    # hours of a resource are looked at only where a charge is for a day: otherwise there would be a group per resource and hour
    grouped = wanted.with_columns(
        coverage=_coverage(), hours=spans, slot=start, resource=pl.when(~hourly).then(pl.col("ResourceId"))
    ).group_by(*keys, "resource").agg(cost=pl.col("EffectiveCost").sum(), ran=quantity.sum(), lines=quantity.count())  # fmt: skip
    return _steady(grouped.collect(engine="streaming"))


def covered(lines: pl.LazyFrame, last: date) -> pl.DataFrame:
    """Per resource, the cost of the 30 days up to `last` that commitments cover: `SERIES`, `ResourceId`, `cost`."""
    inside = pl.col("x_charge_date").is_between(last - timedelta(days=DAYS_A_MONTH - 1), last)
    mine = lines.filter(inside & (_coverage() == "committed") & pl.col("ResourceId").is_not_null())
    return mine.group_by(*SERIES, "ResourceId").agg(cost=cost().sum()).collect(engine="streaming")


def _coverage() -> pl.Expr:
    category = pl.col("PricingCategory")
    return (
        pl.when(pl.col("CommitmentDiscountStatus") == "Unused").then(pl.lit("unused"))
        .when(pl.col("CommitmentDiscountId").is_not_null() | (category == "Committed")).then(pl.lit("committed"))
        .when(category.is_null()).then(pl.lit("unknown"))
        .when(category == "Standard").then(pl.lit("on demand"))
        .otherwise(pl.lit("other"))
    )  # fmt: skip


def _steady(grouped: pl.DataFrame) -> pl.DataFrame:
    """Charges by the hour; those for a day count as such only if their resource ran all day."""
    pairs = grouped.select("ProviderName", "PricingUnit").unique()
    units = pairs.with_columns(
        unit=pl.Series([_hours_of(unit, provider) for provider, unit in pairs.iter_rows()], dtype=pl.String)
    )
    counted = pl.col("unit").is_not_null() | (pl.col("coverage") == "unused")
    known = grouped.join(units, on=["ProviderName", "PricingUnit"], nulls_equal=True).filter(counted)
    all_day = (pl.col("unit") == "Hours") & (pl.col("lines") > 0) & (pl.col("ran") >= _ALL_DAY) & pl.col("resource").is_not_null()
    is_use = pl.col("coverage").is_in(["on demand", "other", "unknown"])
    hours = pl.when((pl.col("hours") == 24) & is_use & ~all_day).then(None).otherwise(pl.col("hours"))
    placed = known.with_columns(hours=hours, day=pl.col("x_charge_date")).group_by(*KEYS, "coverage", "day", "slot", "hours")
    return placed.agg(pl.col("cost").sum()).sort(*KEYS, "coverage", "day", "slot", nulls_last=True)


def _hours_of(unit: str | None, provider: str | None) -> str | None:
    """The comparable unit if it counts hours; else None."""
    known = parse(unit, provider or "*") if unit else None
    return known.unit if known and known.unit.endswith("Hours") else None


def propose(
    hourly: pl.DataFrame, delivered: pl.DataFrame, spend: dict[str, Decimal], last: date, terms: Terms
) -> Iterator[Proposal]:
    """A commitment per provider, service, region and currency whose steady on-demand usage pays for it.

    Args:
        hourly: From `usage`.
        delivered: `ProviderName` and `x_charge_date` of days on which the provider delivered anything: on those, what has no row
            did not run; on others, nothing is known.
        spend: Cost of the last 30 days per currency.
        last: The newest day of any provider.
        terms: What a commitment would cost.
    """
    end = last - timedelta(days=_PROVISIONAL_DAYS)
    inside = pl.col("x_charge_date").is_between(end - timedelta(days=WINDOW_DAYS - 1), end)
    days = delivered.filter(inside).unique().sort("x_charge_date")
    unused = _sums(hourly.filter(pl.col("coverage") == "unused"), ("ProviderName", "BillingCurrency"))
    for key, rows in hourly.group_by(KEYS, maintain_order=True):
        provider, _, _, currency = key
        known = days.filter(pl.col("ProviderName").eq_missing(pl.lit(provider, pl.String)))["x_charge_date"].to_list()
        base = _base(rows, known) if len(known) >= LEAST_DAYS else None
        if base is None or not base.level:
            continue
        savings = Savings(base.saving(terms.discount_low), base.saving(terms.discount_high))
        worth = EXACT.multiply(spend.get(str(currency), Decimal(0)), _MATERIAL)
        if savings.low is not None and savings.low > worth:
            yield _proposal(key, base, savings, rows, unused.get((provider, currency)), known, terms)


def unjudged(hourly: pl.DataFrame) -> dict[str, Decimal]:
    """Per currency, the cost of the window that may be eligible or not: its lines do not say how they were priced."""
    sums = _sums(hourly.filter(pl.col("coverage") == "unknown"), ("BillingCurrency",))
    return {currency: amount for (currency,), amount in sorted(sums.items())}


def _base(rows: pl.DataFrame, days: list[date]) -> Base | None:
    """The base of a service's on-demand usage: by hours if no charge is for a day, else by days of what ran all day."""
    mine = rows.filter(pl.col("coverage") == "on demand")
    if mine.is_empty():
        return None
    by_the_hour = mine.filter(pl.col("hours") == 1)
    if len(by_the_hour) and not (mine["hours"] == 24).any():
        costs = {slot.replace(tzinfo=None): spent for slot, spent in by_the_hour.select("slot", "cost").iter_rows()}
        hours = [pl.datetime_range(day, day + timedelta(days=1), "1h", closed="left", eager=True).to_list() for day in days]
        return Base.of(tuple(costs.get(hour, Decimal(0)) for day in hours for hour in day), 1)
    of_days = _sums(mine.filter(pl.col("hours") == 24), ("day",))
    return Base.of(tuple(of_days.get((day,), Decimal(0)) for day in days), 24)


def _sums(rows: pl.DataFrame, keys: tuple[str, ...]) -> dict[tuple[Any, ...], Decimal]:
    summed = rows.group_by(keys).agg(pl.col("cost").sum())
    return {tuple(row[:-1]): row[-1] for row in summed.iter_rows()}


def _proposal(
    key: tuple[Any, ...],
    base: Base,
    savings: Savings,
    rows: pl.DataFrame,
    unused: Decimal | None,
    days: list[date],
    terms: Terms,
) -> Proposal:
    provider, service, region, currency = key
    subject = Subject(provider, None, service, region, currency, all_sub_accounts=True)
    risk, why = _risk(base, unused)
    hour = EXACT.divide(base.level, Decimal(base.hours))
    return Proposal(
        STRATEGIC,
        COMMITMENT,
        subject,
        title=f"{subject.place()}: {text(hour)} {currency} an hour of on-demand usage never stops",
        action=f"Commit {text(EXACT.multiply(hour, 1 - terms.discount_high))} to "
        f"{text(EXACT.multiply(hour, 1 - terms.discount_low))} {currency} an hour for {terms.months} months (reserved instances "
        "or a savings plan), after resources that are not needed have been cut.",
        savings=savings,
        effort="medium",
        risk=f"{risk}: {why}",
        datapoints=tuple(_datapoints(subject, base, rows, unused, days, terms)),
    )


def _risk(base: Base, unused: Decimal | None) -> tuple[str, str]:
    """How likely the commitment is to be paid for nothing, by what the past shows, and why."""
    reasons = [f"{base.share_below:.0%} of the past {'hours' if base.hours == 1 else 'days'} were below the commitment"]
    trend, level = base.trend, "low"
    if trend is None:
        reasons.append("no trend is known")
        level = "medium"
    else:
        reasons.append(f"the usage of the last 30 days moved by {trend:+.0%}")
        level = "high" if trend <= _FALLING_FAST else "medium" if trend <= _FALLING else "low"
    if unused:
        reasons.append("commitments that are there already are not used up: use these first")
        level = "high" if level == "high" else "medium"
    return level, "; ".join(reasons)


def _datapoints(
    subject: Subject, base: Base, rows: pl.DataFrame, unused: Decimal | None, days: list[date], terms: Terms
) -> Iterable[Datapoint]:
    table, span = "finops/cost_and_usage", f"x_charge_date from {days[0]} to {days[-1]}"
    on_demand = subject.where("PricingCategory = Standard", "CommitmentDiscountId is null", "unit in hours", span)
    above = sum(spent >= base.level for spent in base.slots) * base.hours
    sums = _sums(rows, ("coverage",))
    committed, open_to_it = sums.get(("committed",), Decimal(0)), sums.get(("on demand",), Decimal(0))
    coverage = float(EXACT.divide(committed, EXACT.add(committed, open_to_it))) if committed + open_to_it else 0.0
    grain = "hour" if base.hours == 1 else "day (resources that ran all day)"
    return (
        Datapoint(table, on_demand, f"10th percentile of EffectiveCost per {grain}", text(base.level)),
        Datapoint(table, on_demand, "hours at or above it", f"{above:,} of {len(base.slots) * base.hours:,}"),
        Datapoint(table, on_demand, "utilisation that the commitment would have had", f"{base.utilisation:.1%}"),
        Datapoint(table, on_demand, "movement of the last 30 days", "unknown" if base.trend is None else f"{base.trend:+.1%}"),
        Datapoint(table, subject.where(span), "share of the cost that commitments cover already", f"{coverage:.1%}"),
        Datapoint(
            table,
            f"ProviderName = {subject.provider} and BillingCurrency = {subject.currency} "
            f"and CommitmentDiscountStatus = Unused and {span}",
            "cost of commitments that were not used",
            text(unused or Decimal(0)),
        ),
        Datapoint("configuration", terms.source, "discount", f"{terms.discount_low:.0%} to {terms.discount_high:.0%}"),
        Datapoint(
            "configuration", terms.source, "utilisation at which it breaks even",
            f"{1 - terms.discount_high:.0%} to {1 - terms.discount_low:.0%}",
        ),
        Datapoint(
            "configuration", terms.source, f"months of full use, of {terms.months}, after which it has paid for itself",
            f"{(1 - terms.discount_high) * terms.months:.1f} to {(1 - terms.discount_low) * terms.months:.1f}",
        ),
    )  # fmt: skip
