"""How well anomalies are found in metrics without labels: they are judged as they are, and again with known anomalies in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.fleet.logic.anomalies.judgement import Judgement, judge
from assets.fleet.logic.anomaly_quality.events import episodes_of
from assets.fleet.logic.anomaly_quality.injection import KINDS, Floats, inject

MEASURED = "measured"
NOT_ENOUGH_HISTORY = "not enough history"
LEAST_EVENTS = 20
"""With fewer anomalies placed, nothing is said: the interval of a share would be wider than 40 points."""
EVENTS = {
    "series": pl.UInt32(),
    "kind": pl.String(),
    "first": pl.Datetime("us"),
    "last": pl.Datetime("us"),
    "noises": pl.Float64(),
    "found": pl.Boolean(),
    "points_to_detect": pl.Int64(),
}
Detector = Callable[[NDArray[np.datetime64], Floats], Judgement]
_AFTER = 3
"""Points after a known anomaly in which an alert is still its own."""


@dataclass(frozen=True, slots=True)
class Quality:
    """What was measured. It holds for anomalies of the kinds and sizes of `injection`, in metrics like these.

    Attributes:
        status: `MEASURED`, or `NOT_ENOUGH_HISTORY`: then no share below means anything.
        events: The known anomalies, columns of `EVENTS`; `points_to_detect` is null where it was not found.
        right: Episodes that the known anomalies caused, at them.
        wrong: Episodes that they caused elsewhere.
        own_episodes: Episodes in the metrics as they are. How many of them are true is unknown.
        own_points: Points that were judged there.
    """

    status: str
    events: pl.DataFrame
    right: int
    wrong: int
    own_episodes: int
    own_points: int

    @property
    def recall(self) -> float | None:
        """Known anomalies found, of all; None where too few were placed."""
        return int(self.events["found"].sum()) / len(self.events) if self.status == MEASURED else None

    @property
    def precision(self) -> float | None:
        """Right episodes, of those that the known anomalies caused; None where too few were placed."""
        caused = self.right + self.wrong
        return self.right / caused if self.status == MEASURED and caused else None

    @property
    def median_points_to_detect(self) -> float | None:
        """Over the anomalies found; 0 is their very first point. None if none was."""
        delays = self.events["points_to_detect"].drop_nulls().to_list()
        return float(median(delays)) if delays else None

    @property
    def own_per_1000_points(self) -> float | None:
        """Episodes in the metrics as they are, true or not."""
        return 1000 * self.own_episodes / self.own_points if self.own_points else None

    def by_kind(self) -> pl.DataFrame:
        """`kind`, `events`, `found`, `recall`, `low`, `high`, `median_points_to_detect`: what a picture shows."""
        counted = self.events.group_by("kind").agg(
            events=pl.len(), found=pl.col("found").sum(), median_points_to_detect=pl.col("points_to_detect").median()
        )
        share, number = pl.col("found") / pl.col("events"), pl.col("events")
        middle, reach = (share + _Z**2 / (2 * number)), _Z * (share * (1 - share) / number + _Z**2 / (4 * number**2)).sqrt()
        whole = 1 + _Z**2 / number
        bounds = {"low": ((middle - reach) / whole).clip(0, 1), "high": ((middle + reach) / whole).clip(0, 1)}
        columns = ("kind", "events", "found", "recall", "low", "high", "median_points_to_detect")
        return counted.with_columns(recall=share, **bounds).select(columns).sort("kind")


_Z = 1.96
"""Bounds hold 95 of 100 times (Wilson's score interval)."""


def measure(
    series: Sequence[tuple[NDArray[np.datetime64], Floats]], *, seed: int, rounds: int = 1, detector: Detector = judge
) -> Quality:
    """Measure a detector on metrics whose anomalies nobody knows.

    In each round every series gets one known anomaly, of the kinds in turn. Only alerts that are new with it are judged; where an
    anomaly would begin at a place that is flagged anyway, it is left out.

    Args:
        series: Times, ascending, and values, NaN where unknown, of each metric of each database.
        seed: Decides the places and sizes.
        rounds: How often.
        detector: What is measured.
    """
    rng = np.random.default_rng(seed)
    kinds = list(KINDS)
    events: list[dict[str, object]] = []
    right = wrong = own_episodes = own_points = 0
    for number, (times, values) in enumerate(series):
        own = detector(times, values)
        own_episodes += len(episodes_of(own.is_anomaly))
        own_points += int(own.is_judged.sum())
        for turn in range(rounds):
            made = inject(times, values, kinds[(number + turn) % len(kinds)], rng)
            if made is None or own.is_anomaly[made.first]:
                continue
            new = detector(times, made.values).is_anomaly & ~own.is_anomaly
            at = np.flatnonzero(new[made.first : made.last + 1])
            hits = [first <= made.last + _AFTER and last >= made.first for first, last in episodes_of(new)]
            right += sum(hits)
            wrong += len(hits) - sum(hits)
            events.append(
                {
                    "series": number,
                    "kind": made.kind,
                    "first": times[made.first].astype("datetime64[us]").item(),
                    "last": times[made.last].astype("datetime64[us]").item(),
                    "noises": made.noises,
                    "found": bool(len(at)),
                    "points_to_detect": int(at[0]) if len(at) else None,
                }
            )
    status = MEASURED if len(events) >= LEAST_EVENTS else NOT_ENOUGH_HISTORY
    return Quality(status, pl.DataFrame(events, schema=EVENTS), right, wrong, own_episodes, own_points)
