"""The rows of `finops/resource_efficiency`: figures of bills put together and judged."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from assets.finops.logic.efficiency.amounts import KEY, NAMES, Periods, amounts, monthly, names, with_unit_prices, without_cost
from assets.finops.logic.efficiency.judgement import candidates, state, with_peers, with_utilisation
from assets.finops.logic.efficiency.movement import Settled, movement
from assets.finops.logic.efficiency.rule import Rule
from assets.finops.logic.panel import Matrix, Panel, cost, panel

_KNOWN_BEFORE = 7
"""Days that a provider must have delivered before a resource's first one: else it may be older than the bills."""
_MONEY, _QUANTITY = pl.Decimal(38, 24), pl.Decimal(38, 18)
_SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys((*KEY, "ResourceName", "ResourceType", "SubAccountName", "x_comparable_service"), pl.String()),
    **dict.fromkeys(("as_of", "first_day", "last_day"), pl.Date()),
    "days_with_cost": pl.Int64(),
    **dict.fromkeys(("cost_30d", "cost_30d_before"), _MONEY),
    **dict.fromkeys(("known_days", "known_days_before"), pl.Int64()),
    "monthly_run_rate": _MONEY,
    **dict.fromkeys(("trend_percent", "trend_low_percent", "trend_high_percent", "volatility", "weekend_ratio"), pl.Float64()),
    "usage_unit": pl.String(),
    **dict.fromkeys(("usage_30d", "usage_30d_before"), _QUANTITY),
    "usage_status": pl.String(),
    **dict.fromkeys(("unit_price_last", "unit_price_before"), _MONEY),
    "unit_price_change_percent": pl.Float64(),
    "state": pl.String(),
    **dict.fromkeys(("cpu_utilisation", "memory_utilisation"), pl.Float64()),
    "utilisation_status": pl.String(),
    "candidates": pl.List(pl.String()),
    "evidence": pl.String(),
}
_IN_THE_TABLE = {
    "cost_last": "cost_30d",
    "cost_before": "cost_30d_before",
    "usage_last": "usage_30d",
    "usage_before": "usage_30d_before",
    "known_last": "known_days",
    "known_before": "known_days_before",
    "trend": "trend_percent",
    "trend_low": "trend_low_percent",
    "trend_high": "trend_high_percent",
    "cpu_p95": "cpu_utilisation",
    "memory_p95": "memory_utilisation",
}
_COUNTED = ("x_comparable_unit", "x_comparable_quantity", "EffectiveCost", "BilledCost", "x_lines_without_cost")
_NEEDED = ("x_charge_date", *KEY, *NAMES, *_COUNTED)


def assess(resource_costs: pl.LazyFrame, utilisation: pl.DataFrame | None = None, rule: Rule | None = None) -> pl.DataFrame:
    """One row per resource that was charged in the window of days, in terms of its own provider's last settled day.

    Charges that belong to no resource are left out. Costs are EffectiveCost, or BilledCost where that is unknown; days on which
    the provider delivered nothing, or a line without any cost, are unknown and in no figure.

    Args:
        resource_costs: Rows of `finops/resource_costs`, of all days.
        utilisation: Measured use, if any; columns as in `judgement.UTILISATION`.
        rule: Thresholds.

    Raises:
        polars.exceptions.ComputeError: A ResourceId occurs twice in `utilisation`.
    """
    rule = rule or Rule()
    ends = resource_costs.group_by("ProviderName").agg(
        begin=pl.col("x_charge_date").min(), end=pl.col("x_charge_date").max()
    ).collect(engine="streaming")  # fmt: skip
    parts = [
        _of_provider(resource_costs.filter(pl.col("ProviderName").eq_missing(pl.lit(name, pl.String))), (begin, end), rule)
        for name, begin, end in ends.sort("ProviderName", nulls_last=True).iter_rows()
    ]
    found = [part for part in parts if part is not None]
    if not found:
        return pl.DataFrame(schema=_SCHEMA)
    figures = with_peers(with_utilisation(pl.concat(found), utilisation, rule), rule)
    judged = _judged(figures, rule).rename(_IN_THE_TABLE)
    return judged.select(pl.col(name).cast(dtype) for name, dtype in _SCHEMA.items()).sort(KEY, nulls_last=True)


def _of_provider(resource_costs: pl.LazyFrame, delivered: tuple[date, date], rule: Rule) -> pl.DataFrame | None:
    """The figures of one provider's resources, without judgement; None if it names none."""
    begin, end = delivered
    periods = Periods(end - timedelta(days=rule.provisional_days), rule.period_days)
    first = periods.as_of - timedelta(days=rule.window_days - 1)
    recent = resource_costs.filter(pl.col("x_charge_date") >= first).select(_NEEDED).collect(engine="streaming")
    named = recent.filter(pl.col("ResourceId").is_not_null())
    if named.is_empty():
        return None
    # an unknown cost is that of its own resource, not of its series: `_settled` puts it in
    costs = panel(recent.with_columns(EffectiveCost=cost().fill_null(0)), told_apart=len(recent))
    moves = _moves(costs, recent, _lives(resource_costs), rule)
    joined = moves.filter(pl.col("ResourceId").is_not_null())
    for part in (names(named), amounts(named, periods)):
        joined = joined.join(part, on=KEY, how="left", nulls_equal=True)
    age = (pl.lit(periods.as_of) - pl.col("first_day")).dt.total_days() + 1
    return joined.with_columns(
        as_of=pl.lit(periods.as_of),
        age=age,
        began_in_view=pl.col("first_day") >= begin + timedelta(days=_KNOWN_BEFORE),
    )


def _lives(resource_costs: pl.LazyFrame) -> pl.DataFrame:
    """First and last day of each resource and its days with a cost, of all its days; days may have several rows."""
    spent = cost().is_not_null() & (cost() != 0)
    days = resource_costs.group_by(*KEY, "x_charge_date").agg(spent=spent.any())
    lives = days.group_by(KEY).agg(
        first_day=pl.col("x_charge_date").min(),
        last_day=pl.col("x_charge_date").max(),
        days_with_cost=pl.col("spent").sum().cast(pl.Int64),
    )
    return lives.collect(engine="streaming")


def _moves(costs: Panel, recent: pl.DataFrame, lives: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """The movement of every row of the panel, with its key and life."""
    keys = costs.series.select(pl.all().gather(costs.owner)).with_columns(ResourceId=costs.resources).with_row_index("row")
    rows = keys.join(lives, on=KEY, how="left", nulls_equal=True).sort("row")
    delivered = _settled(costs, recent, keys, rule)
    began = (rows["first_day"] - costs.start).dt.total_days().to_numpy()
    there = np.where(np.arange(delivered.shape[1]) >= began[:, None], delivered, np.nan)
    moves = movement(Settled(costs.dates[: delivered.shape[1]], there, delivered), rule)
    return pl.concat([rows.drop("row"), moves], how="horizontal")


def _settled(costs: Panel, recent: pl.DataFrame, keys: pl.DataFrame, rule: Rule) -> Matrix:
    """The costs without provisional days, NaN where a line has no cost; one unknown day if nothing is settled yet."""
    matrix = costs.costs.copy()
    unknown = recent.filter(without_cost()).join(keys, on=KEY, nulls_equal=True)
    days = (unknown["x_charge_date"] - costs.start).dt.total_days().to_numpy()
    matrix[unknown["row"].to_numpy(), days] = np.nan
    end = costs.days - rule.provisional_days
    return matrix[:, :end] if end > 0 else np.full((len(matrix), 1), np.nan)


def _judged(figures: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    costs = [
        pl.when(pl.col(f"known_{which}") > 0).then(pl.col(f"{kind}_{which}")).alias(f"{kind}_{which}")
        for which in ("last", "before")
        for kind in ("cost", "usage")
    ]
    priced = with_unit_prices(figures.with_columns(costs), rule).with_columns(state=state(rule))
    rate = monthly(pl.col("cost_whole_days"), pl.col("lived_last"), rule.period_days)
    ended = pl.col("state") == "ended"
    named = candidates(rule)
    texts = priced.with_columns(
        pl.when(ended).then(pl.lit(0).cast(pl.Decimal(38, 24))).otherwise(rate).alias("monthly_run_rate"),
        *(text.alias(f"_{name}") for name, text in named.items()),
    )
    kinds = [pl.when(pl.col(f"_{name}").is_not_null()).then(pl.lit(name)) for name in named]
    sentences = [pl.format("{}: {}", pl.lit(name), pl.col(f"_{name}")) for name in named]
    evidence = pl.concat_str(sentences, separator="; ", ignore_nulls=True)
    return texts.with_columns(
        candidates=pl.concat_list(kinds).list.drop_nulls(),
        evidence=pl.when(evidence != "").then(evidence),
    )
