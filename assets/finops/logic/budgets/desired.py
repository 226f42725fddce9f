"""What a month of each target may cost: the upper bound of its forecast with headroom, or why that is unknown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

import polars as pl

from assets.finops.logic.recommendations.shape import EXACT, text, total

Kind = Literal["compartment", "tag", "service", "account"]
"""What a budget can be for: in OCI a compartment or a tag, in AWS an account, a service or a tag."""
OCI, AWS = "oci", "aws"
HEADROOM = Decimal("1.1")
RULES: tuple[tuple[Literal["ACTUAL", "FORECAST"], Decimal], ...] = (
    ("ACTUAL", Decimal(70)),
    ("ACTUAL", Decimal(90)),
    ("FORECAST", Decimal(100)),
)
"""When somebody is told: kind of alert, and per cent of the amount."""
MOST_LEFT_OUT = Decimal("0.1")
"""A target of whose recent cost more has no forecast is unknown, as a total of forecasts is."""
DAYS_A_MONTH = Decimal(365) / 12
_CLOUDS = {"oracle": OCI, "oci": OCI, "aws": AWS, "amazon": AWS}
_KIND: Mapping[str, Kind] = {OCI: "compartment", AWS: "account"}
_NAMES = ("ProviderName", "SubAccountId", "SubAccountName")


@dataclass(frozen=True, slots=True)
class Target:
    """Something that a budget is for, and which costs are its own.

    Attributes:
        system: Cloud: `oci` or `aws`.
        kind: What it is.
        target: As the cloud calls it.
        label: As people call it.
        sub_accounts: Sub-accounts whose costs count; all if empty.
        services: Services, by their names in the bills, whose costs count; all if empty.
        amount: The month's budget, where people say it themselves.
        currency: Currency of that amount.
    """

    system: str
    kind: Kind
    target: str
    label: str
    sub_accounts: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    amount: Decimal | None = None
    currency: str = ""

    @property
    def key(self) -> str:
        """Its identity within a cloud."""
        return f"{self.kind}:{self.target}"


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a month of a target may cost: an amount with its currency, or neither; and why."""

    target: Target
    amount: Decimal | None
    currency: str
    reason: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """The newest forecast: for every series the sums of its days.

    Attributes:
        series: Rows of `finops/forecast_quality` of that issue, with the column `system`.
        first: First day that is forecast; None without a forecast.
        last: Last such day.
    """

    series: pl.DataFrame
    first: date | None
    last: date | None

    @classmethod
    def of(cls, forecasts: pl.DataFrame, quality: pl.DataFrame) -> Outlook:
        """The newest issue of `finops/cost_forecasts` and `finops/forecast_quality`."""
        origin = quality.select(pl.col("origin").max())
        newest = quality.join(origin, on="origin").filter(pl.col("level") == "series")
        days = forecasts.join(origin, on="origin")["x_charge_date"]
        series = newest.with_columns(pl.col("ProviderName").map_elements(cloud, pl.String).alias("system"))
        return cls(series, days.min(), days.max())  # type: ignore[arg-type]

    def why_not(self, today: date) -> str | None:
        """Why it tells nothing of the month to come; None if it does."""
        if self.first is None or self.last is None:
            return "there is no forecast yet: run finops_overview"
        if self.last < today:
            return f"the newest forecast ended on {self.last}: run finops_overview"
        return None

    def knows(self, system: str) -> bool:
        """Whether it is about anything of a cloud."""
        return not self.series.filter(pl.col("system") == system).is_empty()

    @property
    def days(self) -> int:
        """Days that are forecast."""
        return 0 if self.first is None or self.last is None else (self.last - self.first + timedelta(days=1)).days


def cloud(provider: str | None) -> str | None:
    """The cloud of a provider as bills name it; None if it is another one."""
    said = (provider or "").lower()
    return next((system for word, system in _CLOUDS.items() if word in said), None)


def every(system: str, outlook: Outlook, daily: pl.DataFrame, within: Mapping[str, tuple[str, ...]]) -> list[Target]:
    """A target for each compartment (OCI) or account (AWS) that a forecast is about.

    Args:
        system: Cloud.
        outlook: The newest forecast.
        daily: Rows of `finops/daily_costs`, for the names.
        within: What lies within what: budgets of a compartment count the costs of those below it, too.
    """
    named = daily.select(_NAMES).drop_nulls("SubAccountId").unique(keep="last", maintain_order=True)
    labels = {i: name for provider, i, name in named.iter_rows() if name and cloud(provider) == system}
    found = outlook.series.filter(pl.col("system") == system)["SubAccountId"].drop_nulls().unique().sort()
    return [Target(system, _KIND[system], i, labels.get(i, i), (i, *within.get(i, ()))) for i in found]


def estimates(targets: Iterable[Target], outlook: Outlook, today: date, headroom: Decimal = HEADROOM) -> list[Estimate]:
    """What a month of each target may cost.

    That is the upper 80 % bound of the sum of a series' days, added up over its series, brought to the length of a month,
    times the headroom. Bounds are added as if all series erred in the same direction, so that the sum is not too low.
    """
    return [_estimate(target, outlook, today, headroom) for target in targets]


def _estimate(target: Target, outlook: Outlook, today: date, headroom: Decimal) -> Estimate:
    if target.amount is not None:
        return Estimate(target, target.amount, target.currency, "the amount is given")
    why_not = outlook.why_not(today)
    if why_not is None and target.kind == "tag" and not (target.sub_accounts or target.services):
        why_not = "costs are not forecast by tag: give an amount, or the sub-accounts or services that carry it"
    if why_not is not None:
        return Estimate(target, None, "", why_not)
    mine = outlook.series.filter(pl.col("system") == target.system)
    for column, wanted in (("SubAccountId", target.sub_accounts), ("ServiceName", target.services)):
        mine = mine.filter(pl.col(column).is_in(list(wanted))) if wanted else mine
    currencies = mine["BillingCurrency"].unique().sort().to_list()
    if len(currencies) != 1:
        why = f"it is billed in {' and '.join(currencies)}: give an amount" if currencies else "no forecast is about it"
        return Estimate(target, None, "", why)
    return _of_series(target, mine, outlook, headroom)


def _of_series(target: Target, mine: pl.DataFrame, outlook: Outlook, headroom: Decimal) -> Estimate:
    """The estimate of a target whose series are in one currency."""
    currency = str(mine["BillingCurrency"].item(0))
    # a series that ended is expected to cost nothing, and has no bound
    upper = pl.coalesce("sum_upper_80", pl.when(pl.col("sum_point") == 0).then("sum_point"))
    known = mine.with_columns(upper=upper).drop_nulls("upper")
    unknown = mine.with_columns(upper=upper).filter(pl.col("upper").is_null())
    share = _share(unknown["recent_cost"].to_list(), mine["recent_cost"].to_list())
    left_out = _left_out(unknown, share)
    if known.is_empty() or share > MOST_LEFT_OUT:
        return Estimate(target, None, "", f"the forecast is unknown: {left_out}")
    bound = total(known["upper"].to_list())
    amount = EXACT.multiply(EXACT.divide(EXACT.multiply(bound, DAYS_A_MONTH), Decimal(outlook.days)), headroom)
    reason = (
        f"upper 80 % bound of the {outlook.days} days from {outlook.first}: {text(bound)} {currency}, "
        f"as a month of {DAYS_A_MONTH:.1f} days × {headroom.normalize():f}"
    )
    return Estimate(target, amount, currency, f"{reason}; {left_out}, left out" if left_out else reason)


def _share(part: list[Decimal | None], whole: list[Decimal | None]) -> Decimal:
    """What a part is of the whole, of costs above zero; 0 of nothing."""
    parts, wholes = (total([max(cost or Decimal(0), Decimal(0)) for cost in costs]) for costs in (part, whole))
    return EXACT.divide(parts, wholes) if wholes else Decimal(0)


def _left_out(unknown: pl.DataFrame, share: Decimal) -> str:
    if unknown.is_empty():
        return ""
    states = ", ".join(sorted({state if state != "ok" else "no bound" for state in unknown["status"].to_list()}))
    number = "1 series has" if len(unknown) == 1 else f"{len(unknown)} series have"
    return f"{number} no forecast ({states}), {share * 100:.1f} % of the recent cost"
