"""Cost anomalies by a robust walk-forward rule: a day is judged with the days before it, and with nothing else.

Expected is the median of the same weekday in the last four weeks; the noise is the median absolute deviation from that over the
last four weeks (Iglewicz and Hoaglin, "How to Detect and Handle Outliers", 1993: scaled by 1.4826). A day is anomalous if it is
off by more than five times the noise, by a quarter of what is expected, and by more than a floor in money; unless it is like one
of those same weekdays, or like the same day of the month before: so monthly fees are none, a new level is one for a week, and
going back to the old one is not.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

SERIES = ("ProviderName", "SubAccountId", "ServiceName", "RegionId", "BillingCurrency")
_WEEKS = 4
_MAD_SCALE = 1.4826
_MONEY = pl.Decimal(38, 24)
_SCHEMA = {
    "x_charge_date": pl.Date(),
    **dict.fromkeys(SERIES, pl.String()),
    "direction": pl.String(),
    "actual": _MONEY,
    "expected": _MONEY,
    "impact": _MONEY,
    "score": pl.Float64(),
    "history_days": pl.Int64(),
    "confidence": pl.String(),
}

_Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rule:
    """Thresholds: `score` in robust standard deviations, `share` of the expected cost, `floor` in the series' currency."""

    score: float = 5.0
    share: float = 0.25
    floor: float = 1.0
    least_history_days: int = 14
    provisional_days: int = 2


@dataclass(frozen=True, slots=True)
class Judged:
    """Per series (rows) and day (columns): expected cost (NaN without history), deviation in noises, and the verdict."""

    expected: _Matrix
    score: _Matrix
    anomalous: NDArray[np.bool_]


def detect(daily: pl.DataFrame, resources: pl.DataFrame, rule: Rule | None = None) -> pl.DataFrame:
    """Anomalous days of every series, columns as in the table `finops/cost_anomalies`.

    Args:
        daily: `daily_costs` of all days.
        resources: `resource_costs` of all days: names the culprits.
        rule: Thresholds.

    The last days of each provider are provisional, as exports fill up late: they are not judged low.
    """
    rule = rule or Rule()
    parts = [_of_provider(frame, rule) for frame in daily.partition_by("ProviderName")]
    flagged = pl.concat(parts) if parts else pl.DataFrame(schema=_SCHEMA)
    return _with_culprits(flagged, resources).sort("x_charge_date", "impact", descending=[False, True])


def unjudged(daily: pl.DataFrame, rule: Rule | None = None) -> int:
    """Number of series whose history is too short for any judgement: too few days with data since they began."""
    least = (rule or Rule()).least_history_days
    days = daily.select("ProviderName", "x_charge_date").unique()
    begun = daily.group_by(SERIES).agg(begin=pl.col("x_charge_date").min())
    since = begun.join(days, on="ProviderName", nulls_equal=True).filter(pl.col("x_charge_date") > pl.col("begin"))
    enough = since.group_by(SERIES).len().filter(pl.col("len") >= least)
    return len(begun) - len(enough)


def cost() -> pl.Expr:
    """EffectiveCost, or BilledCost where that is unknown."""
    return pl.coalesce("EffectiveCost", "BilledCost")


def judge(actual: _Matrix, first: NDArray[np.int64], month_before: NDArray[np.int64], rule: Rule) -> Judged:
    """Judge every day with the days before it.

    Args:
        actual: Cost per series and day; NaN on days for which the provider delivered nothing at all.
        first: Per series, the index of its first day with a row.
        month_before: Per day, the index of the same day of the month before; -1 if there is none.
        rule: Thresholds.
    """
    number, days = actual.shape
    history = np.where(np.arange(days) >= first[:, None], actual, np.nan)
    weeks_ago = np.full((_WEEKS, number, days), np.nan)
    for week in range(1, _WEEKS + 1):
        weeks_ago[week - 1, :, 7 * week :] = history[:, : max(days - 7 * week, 0)]
    expected = _median(weeks_ago.reshape(_WEEKS, -1).T).reshape(number, days)
    impact = actual - expected
    score = np.zeros((number, days))
    for t in range(7, days):
        noise = _MAD_SCALE * np.nan_to_num(_median(np.abs(impact[:, max(t - 7 * _WEEKS, 0) : t])))
        scale = np.maximum(noise, np.maximum(rule.share * np.abs(expected[:, t]), rule.floor) / rule.score)
        score[:, t] = np.nan_to_num(np.abs(impact[:, t]) / scale)
    anomalous = (score > rule.score) & (history_days(actual, first) >= rule.least_history_days)
    a_month_ago = np.where(month_before >= 0, history[:, month_before], np.nan)
    for before in (*weeks_ago, a_month_ago):
        anomalous &= ~_alike(actual, before, rule)
    return Judged(expected, score, anomalous)


def history_days(actual: _Matrix, first: NDArray[np.int64]) -> NDArray[np.int64]:
    """Days with data before each day, from the series' first day on; a day without any delivery is no history."""
    known = np.cumsum(~np.isnan(actual), axis=1) - ~np.isnan(actual)
    return np.asarray(known - known[np.arange(len(first)), first][:, None], dtype=np.int64)


def _alike(now: _Matrix, then: _Matrix, rule: Rule) -> NDArray[np.bool_]:
    """Whether both are known and differ by no more than the rule lets pass."""
    return np.nan_to_num(np.abs(now - then), nan=np.inf) <= np.nan_to_num(np.maximum(rule.share * np.abs(then), rule.floor))


def _median(values: _Matrix) -> _Matrix:
    """Row-wise median that leaves out NaN; NaN where a row has nothing else."""
    result = np.full(values.shape[0], np.nan)
    known = ~np.isnan(values).all(axis=1) if values.shape[1] else np.zeros(values.shape[0], dtype=bool)
    result[known] = np.nanmedian(values[known], axis=1)
    return result


def _of_provider(daily: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """Anomalous days of one provider's series.

    A day without a row cost nothing, up to the provider's last day; but if the provider has no row at all on a day, its costs are
    unknown, and nothing is judged by them.
    """
    amounts = daily.group_by("x_charge_date", *SERIES).agg(cost=cost().sum())
    keys = amounts.select(SERIES).unique().sort(SERIES, nulls_last=True).with_row_index("series")
    start: date = daily["x_charge_date"].min()  # type: ignore[assignment]
    end: date = daily["x_charge_date"].max()  # type: ignore[assignment]
    placed = amounts.join(keys, on=SERIES, nulls_equal=True).with_columns(day=(pl.col("x_charge_date") - start).dt.total_days())
    days = [start + timedelta(days=n) for n in range((end - start).days + 1)]
    actual = np.zeros((len(keys), len(days)))
    delivered = set(daily["x_charge_date"].to_list())
    actual[:, [n for n, day in enumerate(days) if day not in delivered]] = np.nan
    actual[placed["series"].to_numpy(), placed["day"].to_numpy()] = placed["cost"].cast(pl.Float64).to_numpy()
    first = placed.group_by("series").agg(pl.col("day").min()).sort("series")["day"].to_numpy()
    judged = judge(actual, first, _month_before(days), rule)
    lengths = history_days(actual, first)
    provisional = np.arange(len(days)) >= len(days) - rule.provisional_days
    row, column = np.nonzero(judged.anomalous & ~(provisional & (actual < judged.expected)))
    history = lengths[row, column]
    found = pl.DataFrame(
        {
            "series": row.astype(np.uint32),
            "x_charge_date": [days[c] for c in column],
            "expected": judged.expected[row, column].round(6),
            "score": judged.score[row, column],
            "history_days": history,
            "confidence": np.where(history < 28, "low", np.where(history < 56, "medium", "high")).tolist(),
        },
        schema_overrides={"x_charge_date": pl.Date, "confidence": pl.String},
    )
    joined = found.join(placed.select("series", "x_charge_date", "cost"), on=["series", "x_charge_date"], how="left").join(
        keys, on="series"
    )
    amounts_of = joined.with_columns(actual=pl.col("cost").fill_null(0).cast(_MONEY), expected=pl.col("expected").cast(_MONEY))
    impacts = amounts_of.with_columns(impact=pl.col("actual") - pl.col("expected"))
    direction = pl.when(pl.col("impact") > 0).then(pl.lit("up")).otherwise(pl.lit("down"))
    return impacts.with_columns(direction=direction).select(pl.col(n).cast(t) for n, t in _SCHEMA.items())


def _month_before(days: list[date]) -> NDArray[np.int64]:
    index = {day: n for n, day in enumerate(days)}
    found = []
    for day in days:
        last_of_month_before = day.replace(day=1) - timedelta(days=1)
        same = last_of_month_before.replace(day=min(day.day, last_of_month_before.day))
        found.append(index.get(same, -1))
    return np.array(found, dtype=np.int64)


def _with_culprits(flagged: pl.DataFrame, resources: pl.DataFrame) -> pl.DataFrame:
    """The three resources that moved most against the week before, in the direction of the anomaly."""
    amounts = resources.drop_nulls("ResourceId").group_by("x_charge_date", *SERIES, "ResourceId").agg(cost=cost().sum())
    keys = ["x_charge_date", *SERIES]
    days = flagged.select(*keys, "direction")
    week_before = days.with_columns(x_charge_date=pl.col("x_charge_date").dt.offset_by("-7d"))
    now = days.join(amounts, on=keys, nulls_equal=True)
    then = week_before.join(amounts, on=keys, nulls_equal=True).with_columns(
        x_charge_date=pl.col("x_charge_date").dt.offset_by("7d"), cost=-pl.col("cost")
    )
    moved = pl.concat([now, then]).group_by(*keys, "direction", "ResourceId").agg(pl.col("cost").sum())
    along = pl.when(pl.col("direction") == "up").then(pl.col("cost") > 0).otherwise(pl.col("cost") < 0)
    culprits = (
        moved.filter(along)
        .sort(pl.col("cost").cast(pl.Float64).abs(), pl.col("ResourceId"), descending=[True, False])
        .group_by(keys, maintain_order=True)
        .agg(resource_ids=pl.col("ResourceId").head(3))
    )
    joined = flagged.join(culprits, on=keys, how="left", nulls_equal=True)
    return joined.with_columns(pl.col("resource_ids").fill_null(pl.lit([], dtype=pl.List(pl.String))))
