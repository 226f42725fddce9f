"""The report's money: which days are compared, and cost per cloud, service and place within one currency."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import polars as pl

WINDOW_DAYS = 30
LATE_DAYS = 7
"""A cloud whose last day is at most this much older than the newest one is late; an older one has ended."""
NO_PROVIDER = "unknown cloud"
NO_CURRENCY = "unknown currency"


@dataclass(frozen=True, slots=True)
class Window:
    """Days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.last - self.first).days + 1

    def holds(self) -> pl.Expr:
        """Whether a row's `day` lies in it."""
        return pl.col("day").is_between(self.first, self.last)


@dataclass(frozen=True)
class CurrencyFigures:
    """All cost in one currency.

    Attributes:
        currency: Its code as billed.
        measure: `EffectiveCost` if every row has it, else `BilledCost`.
        costs: Per day and series: day, provider, service, comparable, account, region, geography, cost (null if
            unknown), lines, unknown (lines whose cost is not in it).
        today: Day of the report, which is not over.
    """

    currency: str
    measure: str
    costs: pl.DataFrame
    today: date

    @cached_property
    def period(self) -> Window:
        """First to last day that has a line."""
        days = self.costs["day"]
        return Window(_day(days.min()), _day(days.max()))

    @cached_property
    def providers(self) -> pl.DataFrame:
        """Per cloud, over the whole period: provider, cost, lines, unknown, first, last; the dearest first."""
        return (
            self.costs.group_by("provider")
            .agg(*_sums(), first=pl.col("day").min(), last=pl.col("day").max())
            .sort("cost", "provider", descending=[True, False], nulls_last=True)
        )

    @cached_property
    def total(self) -> pl.DataFrame:
        """One row: cost, lines and unknown over the whole period."""
        return self.costs.select(*_sums())

    @cached_property
    def current(self) -> Window:
        """The last 30 days that are over and that no late cloud still lacks; fewer if there are no more."""
        over = self.costs.filter(pl.col("day") < self.today)
        lasts = (over if over.height else self.costs).group_by("provider").agg(pl.col("day").max())["day"]
        newest = _day(lasts.max())
        end = min(last for last in lasts if last >= newest - timedelta(days=LATE_DAYS))
        return Window(max(end - timedelta(days=WINDOW_DAYS - 1), min(self.period.first, end)), end)

    @cached_property
    def previous(self) -> Window | None:
        """The 30 days before `current`; None if the data does not reach back that far."""
        before = Window(
            self.current.last - timedelta(days=2 * WINDOW_DAYS - 1),
            self.current.last - timedelta(days=WINDOW_DAYS),
        )
        return before if self.period.first <= before.first else None

    @cached_property
    def days_missing(self) -> int:
        """Days of the two compared windows on which this currency has no line at all."""
        windows = [self.current, *([self.previous] if self.previous else [])]
        return sum(w.days - self.costs.filter(w.holds())["day"].n_unique() for w in windows)

    def daily(self) -> pl.DataFrame:
        """Per day and cloud: day, provider, cost, lines, unknown."""
        return self.costs.group_by("day", "provider").agg(*_sums()).sort("day", "provider")

    def monthly(self) -> pl.DataFrame:
        """Per month and cloud: month (`YYYY-MM`), provider, cost, lines, unknown."""
        month = pl.col("day").dt.strftime("%Y-%m").alias("month")
        return self.costs.group_by(month, "provider").agg(*_sums()).sort("month", "provider")

    def recent(self, *keys: str) -> pl.DataFrame:
        """Cost per `keys` in the current window: keys, cost, lines, unknown; the dearest first."""
        summed = self.costs.filter(self.current.holds()).group_by(keys).agg(*_sums())
        return summed.sort("cost", *keys, descending=[True, *[False] * len(keys)], nulls_last=True)

    def compared(self, *keys: str) -> pl.DataFrame:
        """The current window against the previous one, for each combination of `keys`.

        Returns:
            Keys, cost, lines, unknown, the same with `_before`, `change` (null where either side is not wholly known)
            and `status`: `new`, `vanished`, `both`, or `no history` where the cloud's data starts too late to say.
            Empty if there is no previous window.
        """
        if self.previous is None:
            return pl.DataFrame()
        before = self.costs.filter(self.previous.holds()).group_by(keys).agg(*_sums())
        joined = self.recent(*keys).join(before, on=keys, how="full", suffix="_before", coalesce=True, nulls_equal=True)
        filled = joined.with_columns(
            *(pl.col(c).fill_null(0) for c in ("lines", "unknown", "lines_before", "unknown_before"))
        ).with_columns(
            _zero_if_absent("cost", "lines"),
            _zero_if_absent("cost_before", "lines_before"),
        )
        known = (pl.col("unknown") == 0) & (pl.col("unknown_before") == 0)
        status = (
            pl.when(self._without_history(keys))
            .then(pl.lit("no history"))
            .when(pl.col("lines_before") == 0)
            .then(pl.lit("new"))
            .when(pl.col("lines") == 0)
            .then(pl.lit("vanished"))
            .otherwise(pl.lit("both"))
        )
        return filled.with_columns(status=status, change=pl.when(known).then(pl.col("cost") - pl.col("cost_before"))).sort(
            pl.col("change").abs(), *keys, descending=[True, *[False] * len(keys)], nulls_last=True
        )

    def _without_history(self, keys: Sequence[str]) -> pl.Expr:
        if "provider" not in keys or self.previous is None:
            return pl.lit(value=False)
        late = self.providers.filter(pl.col("first") > self.previous.first)["provider"]
        return pl.col("provider").is_in(late.to_list())

    def series_with_short_history(self, minimum: int) -> tuple[int, int]:
        """Number of series (cloud × sub-account × service × region), and of those younger than `minimum` days."""
        keys = ("provider", "account_id", "service", "region")
        first = self.costs.group_by(keys).agg(pl.col("day").min())
        young = first.filter(pl.col("day") > self.period.last - timedelta(days=minimum - 1))
        return first.height, young.height


def by_currency(daily: pl.DataFrame, today: date) -> list[CurrencyFigures]:
    """One `CurrencyFigures` per currency, that of most charge lines first."""
    named = daily.with_columns(pl.col("BillingCurrency").fill_null(NO_CURRENCY))
    order = named.group_by("BillingCurrency").agg(pl.col("x_lines").sum())
    codes = order.sort("x_lines", "BillingCurrency", descending=[True, False])["BillingCurrency"]
    return [_figures(code, named.filter(pl.col("BillingCurrency") == code), today) for code in codes]


def _figures(currency: str, rows: pl.DataFrame, today: date) -> CurrencyFigures:
    measure = "BilledCost" if rows["EffectiveCost"].null_count() else "EffectiveCost"
    without = pl.col("x_lines_without_cost") if measure == "BilledCost" else pl.lit(0, dtype=pl.Int64)
    costs = rows.select(
        day="x_charge_date",
        provider=pl.col("ProviderName").fill_null(NO_PROVIDER),
        service=pl.col("ServiceName"),
        comparable=pl.col("x_comparable_service"),
        account=pl.coalesce("SubAccountName", "SubAccountId"),
        account_id=pl.col("SubAccountId"),
        region=pl.col("RegionId"),
        geography=pl.col("x_geography"),
        cost=pl.col(measure),
        lines=pl.col("x_lines"),
        unknown=pl.when(pl.col(measure).is_null()).then(pl.col("x_lines")).otherwise(without),
    )
    return CurrencyFigures(currency, measure, costs, today)


def _sums() -> list[pl.Expr]:
    cost = pl.col("cost")
    # The sum of nothing but nulls is 0 in Polars, but a cost that no line tells is unknown.
    return [
        pl.when(cost.is_not_null().any()).then(cost.sum()).alias("cost"),
        pl.col("lines").sum(),
        pl.col("unknown").sum(),
    ]


def _zero_if_absent(cost: str, lines: str) -> pl.Expr:
    return pl.when(pl.col(lines) == 0).then(pl.lit(0).cast(pl.Decimal(38, 24))).otherwise(pl.col(cost)).alias(cost)


def _day(value: object) -> date:
    if not isinstance(value, date):
        raise TypeError(f"A day was expected, not {value!r}.")
    return value
