"""Budget adjustments: what a month is expected to cost, and a budget that holds with the upper bound of the forecast."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import polars as pl

from assets.finops.logic.panel import cost
from assets.finops.logic.recommendations.shape import BUDGET, DAYS_A_MONTH, Datapoint, Proposal, Savings, Subject, text, total

_TABLE = "finops/cost_forecasts"
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
    """

    name: str
    first: date
    days: int
    rows: pl.DataFrame
    status: str | None

    @property
    def span(self) -> str:
        """Its days as a condition."""
        return f"x_charge_date from {self.first} to {self.first + timedelta(days=self.days - 1)}"

    def sum_of(self, column: str) -> Decimal | None:
        """Sum over the month; None if a day of it has no forecast."""
        return total(self.rows[column].to_list()) if len(self.rows) == self.days else None


def propose(forecasts: pl.DataFrame, daily: pl.DataFrame) -> Iterator[Proposal]:
    """A budget per cloud and currency, and per currency of several clouds.

    It is for the calendar month after the newest forecast was made; where the forecast does not cover that, for the 30 days after
    it was made; and where it covers neither, there is no budget, and the reason is said. The budget is the sum of the daily upper
    bounds of the 80 % interval: as if all days were high at once, so it is exceeded far less often than one month in ten.

    Args:
        forecasts: Rows of `finops/cost_forecasts`; the newest origin counts.
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
        yield _proposal(subject, _month(rows, origin), origin, _month_before(daily, subject, origin))


def _month(rows: pl.DataFrame, origin: date) -> _Month:
    """The calendar month to come if all of it is forecast, else the next 30 days if they are, else that month."""
    first = origin.replace(day=monthrange(origin.year, origin.month)[1]) + timedelta(days=1)
    tomorrow = origin + timedelta(days=1)
    calendar = _part(rows, f"{first:%Y-%m}", first, monthrange(first.year, first.month)[1])
    rolling = _part(rows, f"the {DAYS_A_MONTH} days from {tomorrow}", tomorrow, DAYS_A_MONTH)
    return rolling if len(calendar.rows) < calendar.days and len(rolling.rows) == rolling.days else calendar


def _part(rows: pl.DataFrame, name: str, first: date, days: int) -> _Month:
    inside = rows.filter(pl.col("x_charge_date").is_between(first, first + timedelta(days=days - 1)))
    known = inside.drop_nulls(["point", "upper_80"])
    states = sorted(set(inside.filter(pl.col("point").is_null())["status"].drop_nulls().to_list()))
    return _Month(name, first, days, known, ", ".join(states) or None)


def _proposal(subject: Subject, month: _Month, origin: date, before: Datapoint) -> Proposal:
    of_whom, currency = subject.provider or "all clouds", subject.currency
    expected, budget = month.sum_of("point"), month.sum_of("upper_80")
    where = subject.where(f"origin = {origin}", month.span)
    if expected is None or budget is None:
        reason = month.status or f"partial: the forecast covers {len(month.rows)} of {month.days} days"
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
            Datapoint(_TABLE, where, "sum of upper_80", "unknown" if budget is None else text(budget)),
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
