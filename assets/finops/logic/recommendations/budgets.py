"""Budget adjustments: what a month is expected to cost, and a budget that holds with the upper bound of the forecast."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_UP, Decimal

import polars as pl

from assets.finops.logic.panel import cost
from assets.finops.logic.recommendations.shape import BUDGET, DAYS_A_MONTH, Datapoint, Proposal, Savings, Subject, text, total

_TABLE, _QUALITY = "finops/cost_forecasts", "finops/forecast_quality"
_CENT = Decimal("0.01")
_SAVES_NOTHING = "a budget saves nothing by itself"


@dataclass(frozen=True, slots=True)
class _Month:
    """The days that a budget is for, and the forecast of them.

    Attributes:
        name: The month in words.
        first: Its first day.
        days: How many it has.
        rows: Forecast of those of its days that have one.
        status: Why others have none; None if the forecast ends before the month does.
        above: What nine of ten sums of the forecast's days stayed within, beyond what was expected, per day; None if unknown.
    """

    name: str
    first: date
    days: int
    rows: pl.DataFrame
    status: str | None
    above: Decimal | None

    @property
    def span(self) -> str:
        """Its days as a condition."""
        return f"x_charge_date from {self.first} to {self.first + timedelta(days=self.days - 1)}"

    @property
    def expected(self) -> Decimal | None:
        """Sum over the month; None if a day of it has no forecast."""
        return total(self.rows["point"].to_list()) if len(self.rows) == self.days else None

    @property
    def upper(self) -> Decimal | None:
        """Upper bound of that sum; None if it is unknown."""
        return None if self.expected is None or self.above is None else self.expected + self.above * self.days


def propose(forecasts: pl.DataFrame, quality: pl.DataFrame, daily: pl.DataFrame) -> Iterator[Proposal]:
    """A budget per cloud and currency, and per currency of several clouds.

    It is for the calendar month after the newest forecast was made; where the forecast does not cover that, for the 30 days after
    it was made; and where it covers neither, there is no budget, and the reason is said. The budget is the upper bound of
    the 80 % interval that the sums of such forecasts had in the backtest, for as many days: nine of ten stayed within.

    Args:
        forecasts: Rows of `finops/cost_forecasts`; the newest origin counts.
        quality: Rows of `finops/forecast_quality`, for the bounds of sums.
        daily: Rows of `finops/daily_costs`, for the cost to compare with.
    """
    if forecasts.is_empty():
        return
    origin: date = forecasts["origin"].max()  # type: ignore[assignment]
    newest = forecasts.filter((pl.col("origin") == origin) & pl.col("level").is_in(["provider", "currency"]))
    providers = newest.filter(pl.col("level") == "provider").group_by("BillingCurrency").agg(n=pl.col("ProviderName").n_unique())
    several = set(providers.filter(pl.col("n") > 1)["BillingCurrency"].to_list())
    keys = ("level", "ProviderName", "BillingCurrency")
    for (level, provider, currency), rows in newest.sort(*keys, "x_charge_date").group_by(keys, maintain_order=True):
        if level == "currency" and currency not in several:
            continue  # the same as the budget of its only cloud
        subject = Subject(provider if level == "provider" else None, None, None, None, str(currency))
        above = _above_per_day(rows, quality.filter(pl.col("origin") == origin))
        yield _proposal(subject, _month(rows, origin, above), origin, _month_before(daily, subject, origin))


def _above_per_day(rows: pl.DataFrame, quality: pl.DataFrame) -> Decimal | None:
    """What the upper bound of the sum of all days is above that sum, per day."""
    mine = (
        rows.select("level", "ProviderName", "BillingCurrency")
        .head(1)
        .join(quality, on=["level", "ProviderName", "BillingCurrency"], nulls_equal=True)
    )
    above = mine.select(pl.col("sum_upper_80") - pl.col("sum_point")).to_series().drop_nulls()
    return Decimal(above.item(0)) / len(rows) if len(above) else None


def _month(rows: pl.DataFrame, origin: date, above: Decimal | None) -> _Month:
    """The calendar month to come if all of it is forecast, else the next 30 days if they are, else that month."""
    first = origin.replace(day=monthrange(origin.year, origin.month)[1]) + timedelta(days=1)
    tomorrow = origin + timedelta(days=1)
    calendar = _part(rows, f"{first:%Y-%m}", first, monthrange(first.year, first.month)[1], above)
    rolling = _part(rows, f"the {DAYS_A_MONTH} days from {tomorrow}", tomorrow, DAYS_A_MONTH, above)
    return rolling if len(calendar.rows) < calendar.days and len(rolling.rows) == rolling.days else calendar


def _part(rows: pl.DataFrame, name: str, first: date, days: int, above: Decimal | None) -> _Month:
    inside = rows.filter(pl.col("x_charge_date").is_between(first, first + timedelta(days=days - 1)))
    known = inside.drop_nulls("point")
    states = sorted(set(inside.filter(pl.col("point").is_null())["status"].drop_nulls().to_list()))
    return _Month(name, first, days, known, ", ".join(states) or None, above)


def _proposal(subject: Subject, month: _Month, origin: date, before: Datapoint) -> Proposal:
    of_whom, currency = subject.provider or "all clouds", subject.currency
    expected = month.expected
    budget = None if month.upper is None else month.upper.quantize(_CENT, ROUND_UP)
    where = subject.where(f"origin = {origin}", month.span)
    if expected is None or budget is None:
        partial = f"partial: the forecast covers {len(month.rows)} of {month.days} days"
        reason = month.status or (partial if expected is None else "not enough history for the bound of a month")
        title = f"{of_whom}: no budget in {currency} for {month.name} ({reason})"
        action = "Keep the budget that is there until a forecast covers the month."
    else:
        title = f"{of_whom}: a budget of {text(budget)} {currency} for {month.name}, expected are {text(expected)}"
        action = f"Set the budget for {month.name} to {text(budget)} {currency}."
    return Proposal(
        BUDGET,
        "monthly budget",
        subject,
        title=title,
        action=action,
        savings=Savings.unknown(_SAVES_NOTHING),
        effort="low",
        risk="low: a budget alerts, it stops nothing",
        datapoints=(
            Datapoint(_TABLE, where, "days with a forecast", f"{len(month.rows)} of {month.days}"),
            Datapoint(_TABLE, where, "sum of point", "unknown" if expected is None else text(expected)),
            Datapoint(_QUALITY, where, "upper bound (80 %) of that sum", "unknown" if budget is None else text(budget)),
            before,
        ),
        budget_expected=expected,
        budget_recommended=budget,
    )


def _month_before(daily: pl.DataFrame, subject: Subject, origin: date) -> Datapoint:
    """What the last 30 days up to the forecast cost, to compare with."""
    first = origin - timedelta(days=DAYS_A_MONTH - 1)
    mine = pl.col("x_charge_date").is_between(first, origin) & (pl.col("BillingCurrency") == subject.currency)
    if subject.provider is not None:
        mine &= pl.col("ProviderName") == subject.provider
    rows = daily.filter(mine).select(cost().alias("cost"))["cost"].drop_nulls()
    where = subject.where(f"x_charge_date from {first} to {origin}")
    return Datapoint("finops/daily_costs", where, "cost of the 30 days before", text(total(rows)) if len(rows) else "unknown")
