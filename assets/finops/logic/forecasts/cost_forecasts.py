"""Cost forecasts per series and in total that add up, from daily costs and from what is known in advance.

Series are forecast by themselves and brought into agreement with forecasts of the totals (`hierarchy`); a total is then the exact
sum of its series. Intervals stay those that the backtest of the series, or of the total, has measured: bounds of parts do not add
up, because parts do not err together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.finops.logic.forecasts import engine
from assets.finops.logic.forecasts.alone import NOT_ENOUGH, Alone, Forecaster, Span, forecast_alone
from assets.finops.logic.forecasts.hierarchy import Total, reconciled, totals_of
from assets.finops.logic.forecasts.history import History, first_costs, history
from assets.finops.logic.forecasts.planned import Effect, Step, effect, rebased, without_series
from assets.finops.logic.forecasts.published import FORECASTS, QUALITY, Issue, Standing, forecast_rows, quality_rows

MOST_LEFT_OUT = 0.1
"""A total is not told if a larger share of its recent money has no forecast."""
SUM_OF_PARTS = "sum of parts"

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class InAdvance:
    """What is known of the days to come.

    Attributes:
        countries: Codes of countries whose public holidays matter.
        named: The user's own days by name.
        steps: Planned steps in the order of their days.
    """

    countries: Sequence[str] = ()
    named: Mapping[str, frozenset[date]] = field(default_factory=dict)
    steps: Sequence[Step] = ()


@dataclass(frozen=True, slots=True)
class CostForecasts:
    """Rows of `finops/cost_forecasts` and `finops/forecast_quality`, and planned steps that concern no series."""

    forecasts: pl.DataFrame
    quality: pl.DataFrame
    idle_steps: tuple[Step, ...] = ()


def forecast_costs(
    daily: pl.DataFrame,
    today: date,
    in_advance: InAdvance | None = None,
    *,
    horizon: int = 30,
    workers: int = 1,
    forecaster: Forecaster = engine.forecast,
) -> CostForecasts:
    """Forecasts of all series and totals from the newest settled day on; no rows if there are no costs.

    Args:
        daily: `finops/daily_costs` of all days.
        today: Costs of days after it are left out.
        in_advance: Holidays, days and steps that are known.
        horizon: Number of days.
        workers: Processes.
        forecaster: Forecasts the rows of a matrix.

    Raises:
        UnknownCountry: There is no calendar of public holidays for one of the countries.
    """
    known = in_advance or InAdvance()
    past = history(daily, today)
    if past is None:
        return CostForecasts(pl.DataFrame(schema=FORECASTS), pl.DataFrame(schema=QUALITY), tuple(known.steps))
    span = Span(past.start, past.last, horizon, known.countries, known.named, workers, forecaster)
    values = _on_the_present_level(past, known.steps)
    series, totals = _of_series(past, values, span), totals_of(past.series)
    shares = [_share_without(total, series.has, past.recent) for total in totals]
    own = _of_totals(past, values, series, totals, shares, span)
    agreed = series.about(reconciled(series.point, series.variance, totals, own.point, own.variance))
    planned = _planned(past, agreed, known.steps, span)
    final = agreed.changed(planned.on)
    sums = _totalled(totals, own, agreed, final)
    issue = Issue(past.origin, tuple(span.days), past.series, totals)
    standing = _standing(past, series, totals, shares)
    rows = forecast_rows(issue, standing, final, sums)
    return CostForecasts(
        rows,
        quality_rows(issue, standing, series, own, rows),
        without_series(past.series, known.steps),
    )


def _on_the_present_level(past: History, steps: Sequence[Step]) -> Matrix:
    days = [past.day(n) for n in range(past.costs.shape[1])]
    return rebased(past.begun, past.series, days, steps, past.recent.cast(pl.Float64).to_numpy(), past.settled)


def _of_series(past: History, values: Matrix, span: Span) -> Alone:
    """Each series by itself: from its history, or what is certain without one."""
    endings = np.array([ending or "" for ending in past.endings()])
    ends = np.where(endings == "", past.settled, -1)
    told = forecast_alone(values, ends, span).with_nothing_to_come(endings == "ended")
    return replace(told, status=[ending or status for ending, status in zip(endings.tolist(), told.status, strict=True)])


def _share_without(total: Total, has: NDArray[np.bool_], recent: pl.Series) -> float | None:
    """Share of the recent money of a total whose series have no forecast; None if there was no money to tell by."""
    if has[total.members].all():
        return 0.0
    money = np.abs(recent.cast(pl.Float64).to_numpy()[total.members])
    return float(money[~has[total.members]].sum() / money.sum()) if money.any() else None


def _is_told(share: float | None) -> bool:
    return share is not None and share <= MOST_LEFT_OUT


def _of_totals(
    past: History, values: Matrix, series: Alone, totals: Sequence[Total], shares: Sequence[float | None], span: Span
) -> Alone:
    """Each total that can be told, by itself: the sum of its series that go on and have a forecast."""
    begins = first_costs(past.costs)[:, None]
    costs = np.where(np.arange(values.shape[1]) < begins, 0, values)
    alive = series.has & np.array([status != "ended" for status in series.status])
    parts = [tuple(t.members[alive[t.members]].tolist()) if _is_told(s) else () for t, s in zip(totals, shares, strict=True)]
    # a cloud alone in its currency is the same total twice: it is forecast once, and its errors are counted once
    distinct = list(dict.fromkeys(parts))
    sums, ends = np.full((len(distinct), values.shape[1]), np.nan), np.full(len(distinct), -1)
    for number, rows in enumerate(distinct):
        if rows:
            ends[number] = past.settled[list(rows)].min()
            sums[number, : ends[number] + 1] = costs[list(rows), : ends[number] + 1].sum(axis=0)
    sums = np.where(np.arange(values.shape[1]) < first_costs(sums)[:, None], np.nan, sums)
    told = forecast_alone(sums, ends, span).taken([distinct.index(rows) for rows in parts])
    over = [not rows and _is_told(share) for rows, share in zip(parts, shares, strict=True)]
    return told.with_nothing_to_come(np.array(over))


def _planned(past: History, agreed: Alone, steps: Sequence[Step], span: Span) -> Effect:
    recent = np.where(agreed.has, past.recent.cast(pl.Float64).to_numpy(), np.nan)
    return effect(past.series, span.days, steps, recent, [past.day(int(n)) for n in past.settled])


def _totalled(totals: Sequence[Total], own: Alone, agreed: Alone, final: Alone) -> Alone:
    """The totals as sums of their parts, with the intervals of their own forecasts.

    Planned steps change a total's bounds as they change the total: by the same factor.
    """
    before, after = (np.array([np.nansum(told.point[t.members], axis=0) for t in totals]) for told in (agreed, final))
    ratio = np.divide(after, before, out=np.ones_like(before), where=before > 0)
    return own.about(before).changed(lambda bound: bound * ratio + np.where(before > 0, 0, after - before))


def _standing(past: History, series: Alone, totals: Sequence[Total], shares: Sequence[float | None]) -> Standing:
    """What is to be said of each series and total beside its figures."""
    status, model = list(series.status), list(series.model)
    settled, history_days, recent = past.settled.tolist(), past.history_days.tolist(), past.recent.to_list()
    for total, share in zip(totals, shares, strict=True):
        status.append(_status([series.status[row] for row in total.members], is_told=_is_told(share)))
        model.append(SUM_OF_PARTS if _is_told(share) else None)
        settled.append(int(past.settled[total.members].max()))
        history_days.append(int(past.history_days[total.members].max()))
        recent.append(sum(past.recent.gather(total.members).to_list()))
    days = [past.day(column) if column >= 0 else None for column in settled]
    return Standing(status, model, days, history_days, recent, [None] * len(series.status) + list(shares))


def _status(of_parts: Sequence[str], *, is_told: bool) -> str:
    if is_told:
        return "ended" if set(of_parts) == {"ended"} else "ok"
    why_not = set(of_parts) & {NOT_ENOUGH, "no deliveries"}
    return why_not.pop() if len(why_not) == 1 else NOT_ENOUGH
