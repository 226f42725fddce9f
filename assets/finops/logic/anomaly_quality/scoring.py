"""Measures of a detector against labelled anomalies.

An alert is a series and a day that a detector flags; a label (event) has a first and a last day, a type, an amount of money and
the resources that caused it. Days are whole numbers counted from the first day of the data. Detection is judged walk-forward:
alerts in the first days of the data, where no detector has a history, do not count.

* An event is found in time by an alert of its series on one of its first eight days, or at any time before its end if it grows
  slowly (`GRADUAL`).
* Alerts of a series at most two days apart form an episode; the alert fourteen days after an episode's first begins the next, so
  that alerting for ever does not pay. An episode is true if its days overlap an event of the series, or the two days after it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

SCORED_FROM = 60
"""First day of the data on which alerts count."""
GRADUAL = ("ramp", "slow_leak")
"""Types that may be found at any time before they end."""
_WINDOW = 7
_GRACE = 2
_APART = 2
_EPISODE = 14
_DAYS_OF_MONTH = 365.25 / 12
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Span:
    """What was judged.

    Attributes:
        first_days: Per series the first day with a cost; series without any have `days`.
        days: Number of days of the data.
        scored_from: Alerts before this day do not count.
    """

    first_days: NDArray[np.int64]
    days: int
    scored_from: int = SCORED_FROM

    @property
    def series_months(self) -> float:
        """Scored days of all series, in months of 30.4 days."""
        live = self.days - np.maximum(self.first_days, self.scored_from)
        return float(np.maximum(live, 0).sum()) / _DAYS_OF_MONTH


@dataclass(frozen=True, slots=True)
class Score:
    """The measures. None where a measure has nothing to be taken from.

    Attributes:
        f1: Harmonic mean of `event_recall` and `episode_precision`.
        event_recall: Share of the events found in time.
        episode_precision: Share of the episodes that are true; 0 if there are no episodes.
        event_recall_7d: Share of the events found on one of their first eight days, whatever their type.
        recall_by_type: `event_recall` per type of event.
        median_days_to_detect: From the first day of an event to the first alert in time, over the events found.
        false_episodes_per_100_series_months: Over the scored days of the series, from their first cost on.
        culprit_share: Of the alerts inside an event or the two days after it, the share that names one of its resources.
        culprit_precision: Of the resources that such an alert names, the share that is right; mean over the alerts.
        impact_recall: `event_recall` weighted by the amount of money; adds currencies as if they were one.
        average_precision: Over episodes by falling score: sum of the gain in recall times the precision so far.
        events: Number of labels.
        detected: Number of events found in time.
        episodes: Number of episodes.
        true_episodes: Number of true ones.
        series_months: See `Span`.
    """

    f1: float
    event_recall: float | None
    episode_precision: float
    event_recall_7d: float | None
    recall_by_type: dict[str, float]
    median_days_to_detect: float | None
    false_episodes_per_100_series_months: float | None
    culprit_share: float | None
    culprit_precision: float | None
    impact_recall: float | None
    average_precision: float | None
    events: int
    detected: int
    episodes: int
    true_episodes: int
    series_months: float

    def rounded(self) -> dict[str, object]:
        """The measures by name, to four digits."""
        return {key: _rounded(value) for key, value in asdict(self).items()}


def score(labels: pl.DataFrame, alerts: pl.DataFrame, span: Span) -> Score:
    """All measures.

    Args:
        labels: `series`, `start` and `end` (last day), `type`, `impact` (money; the sign does not matter) and `resources` (list).
        alerts: `series`, `day`, `score` (higher is more certain) and `resources` (list, as in the labels).
        span: What was judged.

    Raises:
        ValueError: An alert is of a series outside the span, or its score is not a number.
    """
    counted = counting(alerts, span)
    events = judged_events(labels, counted)
    episodes = judged_episodes(labels, counted)
    named = judged_culprits(labels, counted)
    found = events["found"]
    n_true = int(episodes["true"].sum())
    recall = _mean(found)
    precision = n_true / len(episodes) if len(episodes) else 0.0
    months = span.series_months
    by_type = events.group_by("type").agg(pl.col("found").mean()).sort("type")
    money = float(events["impact"].abs().sum())
    return Score(
        f1=2 * recall * precision / (recall + precision) if recall and precision else 0.0,
        event_recall=recall,
        episode_precision=precision,
        event_recall_7d=_mean(events["found_7d"]),
        recall_by_type=dict(by_type.iter_rows()),
        median_days_to_detect=_middle(events["delay"]),
        false_episodes_per_100_series_months=100 * (len(episodes) - n_true) / months if months else None,
        culprit_share=_mean(named["right"] > 0),
        culprit_precision=_mean(named["right"] / named["named"].clip(lower_bound=1)),
        impact_recall=float(events.filter("found")["impact"].abs().sum()) / money if money else None,
        average_precision=average_precision(events, episodes, counted),
        events=len(events),
        detected=int(found.sum()),
        episodes=len(episodes),
        true_episodes=n_true,
        series_months=months,
    )


def counting(alerts: pl.DataFrame, span: Span) -> pl.DataFrame:
    """The alerts that count, by series and day, each with the number of its `episode`; of several for one day the most certain.

    Raises:
        ValueError: See `score`.
    """
    if not alerts["series"].is_between(0, len(span.first_days) - 1).all():
        raise ValueError("an alert is of a series that has no costs")
    if not alerts["score"].is_finite().fill_null(value=False).all():
        raise ValueError("an alert has no score, or one that is not a number")
    scored = alerts.filter(pl.col("day").is_between(span.scored_from, span.days - 1))
    once = scored.sort("series", "day", "score", maintain_order=True).unique(["series", "day"], keep="last", maintain_order=True)
    return once.with_columns(episode=pl.Series(_episodes(once["series"].to_numpy(), once["day"].to_numpy()), dtype=pl.Int64))


def judged_events(labels: pl.DataFrame, alerts: pl.DataFrame) -> pl.DataFrame:
    """The labels, each with its number as `event`, `due` (last day in time), `found`, `found_7d`, and `delay` in days (null).

    Args:
        labels: See `score`.
        alerts: Those that count; see `counting`.
    """
    soon = pl.min_horizontal("end", pl.col("start") + _WINDOW)
    events = labels.with_row_index("event").with_columns(
        due=pl.when(pl.col("type").is_in(GRADUAL)).then("end").otherwise(soon), due_7d=soon
    )
    hits = events.join(alerts.select("series", "day"), on="series").filter(pl.col("day") >= pl.col("start"))
    firsts = hits.group_by("event").agg(
        delay=(pl.col("day") - pl.col("start")).filter(pl.col("day") <= pl.col("due")).min(),
        found_7d=(pl.col("day") <= pl.col("due_7d")).any(),
    )
    joined = events.join(firsts, on="event", how="left", maintain_order="left")
    return joined.with_columns(pl.col("found_7d").fill_null(value=False), found=pl.col("delay").is_not_null()).drop("due_7d")


def judged_episodes(labels: pl.DataFrame, alerts: pl.DataFrame) -> pl.DataFrame:
    """The episodes of the alerts that count: `series`, `episode`, `first` and `last` day, highest `score`, and whether `true`."""
    episodes = alerts.group_by("series", "episode", maintain_order=True).agg(
        first=pl.col("day").min(), last=pl.col("day").max(), score=pl.col("score").max()
    )
    overlaps = episodes.join(labels.select("series", "start", "end"), on="series").filter(
        pl.col("first") <= pl.col("end") + _GRACE, pl.col("last") >= pl.col("start")
    )
    return episodes.with_columns(true=pl.col("episode").is_in(overlaps["episode"].unique().implode()))


def judged_culprits(labels: pl.DataFrame, alerts: pl.DataFrame) -> pl.DataFrame:
    """The alerts inside an event or the two days after it: `series`, `day`, number of resources `named`, of those `right`."""
    culprits = labels.select("series", "start", "end", culprit="resources").explode("culprit", empty_as_null=True)
    inside = alerts.join(culprits.drop_nulls("culprit"), on="series").filter(
        pl.col("day").is_between(pl.col("start"), pl.col("end") + _GRACE)
    )
    judged = inside.group_by("series", "day", maintain_order=True).agg(pl.col("resources").first(), pl.col("culprit").unique())
    named = pl.col("resources").list.drop_nulls().list.unique()
    return judged.select("series", "day", named=named.list.len(), right=named.list.set_intersection("culprit").list.len())


def average_precision(events: pl.DataFrame, episodes: pl.DataFrame, alerts: pl.DataFrame) -> float | None:
    """Sum over episodes, by falling score, of the gain in recall times the precision so far; equal scores enter together.

    Args:
        events: See `judged_events`.
        episodes: See `judged_episodes`.
        alerts: Those that count; see `counting`.

    Returns:
        None without events.
    """
    if events.is_empty():
        return None
    in_time = events.select("event", "series", "start", "due").join(alerts.select("series", "day", "episode"), on="series")
    hits = in_time.filter(pl.col("day").is_between("start", "due")).select("event", "episode").unique()
    gains = hits.join(episodes.select("episode", "score"), on="episode").group_by("event").agg(pl.col("score").max())
    levels = episodes.group_by("score").agg(pl.len(), pl.col("true").sum()).sort("score", descending=True)
    ranked = levels.join(gains.group_by("score").agg(gain=pl.len()), on="score", how="left", maintain_order="left")
    parts = ranked.select(pl.col("gain").fill_null(0) * pl.col("true").cum_sum() / pl.col("len").cum_sum())
    return float(parts.to_series().sum()) / len(events)


def _episodes(series: NDArray[np.int64], days: NDArray[np.int64]) -> list[int]:
    """Number of the episode of each alert; alerts are sorted by series and day."""
    numbers: list[int] = []
    begin, before = 0, None
    for here, day in zip(series.tolist(), days.tolist(), strict=True):
        goes_on = before is not None and here == before[0] and day - before[1] <= _APART and day - begin < _EPISODE
        if not goes_on:
            begin = day
        numbers.append((numbers[-1] if numbers else -1) + (not goes_on))
        before = (here, day)
    return numbers


def _mean(values: pl.Series) -> float | None:
    return float(values.cast(pl.Float64).to_numpy().mean()) if len(values) else None


def _middle(values: pl.Series) -> float | None:
    known = values.drop_nulls()
    return float(np.median(known.to_numpy())) if len(known) else None


def _rounded(value: object) -> object:
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    return round(value, _DIGITS) if isinstance(value, float) else value
