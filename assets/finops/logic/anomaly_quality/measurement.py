"""How well a detector does on costs without labels: it is run on them as they are, and again with known anomalies in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
import polars as pl
from numpy.typing import NDArray

from assets.finops.logic.anomaly_quality.alerts import Detector
from assets.finops.logic.anomaly_quality.injection import DEFAULT, Placement, inject
from assets.finops.logic.anomaly_quality.scoring import (
    Span,
    counting,
    judged_culprits,
    judged_episodes,
    judged_events,
)
from assets.finops.logic.anomaly_quality.shares import Share
from assets.finops.logic.panel import Panel

MEASURED = "measured"
NOT_ENOUGH_HISTORY = "not enough history"
LEAST_EVENTS = 20
"""With fewer anomalies placed, nothing is said: the interval of a share would be wider than 40 points."""
_ENOUGH_EVENTS = 200
_SIZES: tuple[tuple[float, str], ...] = ((6.0, "4 to 6 noises"), (9.0, "6 to 9 noises"), (12.0, "9 to 12 noises"))
_LARGER = "more than 12 noises"
_NEW = "no history to have noise"
_MONEY: tuple[tuple[float, str], ...] = ((100.0, "below 100"), (1000.0, "100 to 1000"))
_MORE_MONEY = "1000 or more"


@dataclass(frozen=True, slots=True)
class Quality:
    """What was measured. The intervals take the anomalies as independent, though those in one series are not quite.

    Attributes:
        status: `MEASURED`, or `NOT_ENOUGH_HISTORY`: then too few anomalies found room, and no share below means anything.
        rounds: How often anomalies were put in.
        events: The known anomalies: `round`, `currency`, the columns of `LABELS`, `found`, and `delay` in days (null).
        episodes: The episodes that the anomalies caused: `round`, `series`, `first`, `last`, `score`, `true`.
        culprits: The alerts inside anomalies: `round`, `series`, `day`, `named`, `right`.
        series_months: Months of series that were judged, in all rounds.
        own_episodes: Episodes in the costs as they are. How many of them are true is unknown.
        own_series_months: Months of series there.
    """

    status: str
    rounds: int
    events: pl.DataFrame
    episodes: pl.DataFrame
    culprits: pl.DataFrame
    series_months: float
    own_episodes: int
    own_series_months: float

    @property
    def recall(self) -> Share:
        """Known anomalies found in time, of all."""
        return Share(int(self.events["found"].sum()), len(self.events))

    @property
    def precision(self) -> Share:
        """True episodes, of those that are not there without the known anomalies. More anomalies would make it higher."""
        return Share(int(self.episodes["true"].sum()), len(self.episodes))

    @property
    def culprit_share(self) -> Share:
        """Alerts inside a known anomaly that name one of its resources, of all such alerts."""
        return Share(int((self.culprits["right"] > 0).sum()), len(self.culprits))

    @property
    def median_days_to_detect(self) -> float | None:
        """Over the anomalies found; None if none was."""
        return median(self.delays) if self.delays else None

    @property
    def delays(self) -> list[int]:
        """Days from the start of each anomaly found to its first alert, ascending."""
        return self.events["delay"].drop_nulls().sort().to_list()

    @property
    def false_per_100_series_months(self) -> float | None:
        """Episodes that the known anomalies caused where there are none: before, long after, or in another series."""
        return _per_100(len(self.episodes) - self.precision.hits, self.series_months)

    @property
    def own_per_100_series_months(self) -> float | None:
        """Episodes in the costs as they are, true or not."""
        return _per_100(self.own_episodes, self.own_series_months)

    def recall_by(self, *columns: str) -> pl.DataFrame:
        """`events`, `detected`, `recall`, `low`, `high` per value of the columns: `type`, `size`, or `currency` with `money`."""
        grouped = self.events.group_by(*columns).agg(events=pl.len(), detected=pl.col("found").sum()).sort(columns)
        shares = [Share(hits, of) for hits, of in grouped.select("detected", "events").iter_rows()]
        return grouped.with_columns(
            recall=pl.Series([share.value for share in shares], dtype=pl.Float64),
            low=pl.Series([share.interval[0] for share in shares], dtype=pl.Float64),
            high=pl.Series([share.interval[1] for share in shares], dtype=pl.Float64),
        )


def measure(
    panel: Panel,
    detector: Detector,
    *,
    seeds: Sequence[int],
    avoid: NDArray[np.bool_] | None = None,
    placement: Placement = DEFAULT,
) -> Quality:
    """Measure a detector on costs whose anomalies nobody knows.

    Known anomalies stand clear of everything that the detector flags in the costs as they are, and only alerts that are new with
    them are judged. So nothing is said about places that are flagged already: where costs are wild, recall is that of the rest.

    Args:
        panel: The costs.
        detector: From costs to alerts.
        seeds: One round each, until 200 anomalies were placed.
        avoid: Series × days that known anomalies keep clear of as well.
        placement: How many, where, and how large.

    Raises:
        ValueError: There is no seed.
    """
    if not seeds:
        raise ValueError("no seeds: nothing can be measured without a round")
    own = detector(panel)
    flagged = np.zeros((len(panel.series), panel.days), dtype=bool)
    flagged[own["series"].to_numpy(), own["day"].to_numpy()] = True
    clear = flagged if avoid is None else flagged | avoid
    span = _span(panel)
    rounds: list[_Round] = []
    for number, seed in enumerate(seeds):
        rounds.append(_round(panel, detector, own, number, inject(panel, seed=seed, placement=placement, avoid=clear)))
        if sum(len(done.events) for done in rounds) >= _ENOUGH_EVENTS:
            break
    events = pl.concat([done.events for done in rounds])
    return Quality(
        status=MEASURED if len(events) >= LEAST_EVENTS else NOT_ENOUGH_HISTORY,
        rounds=len(rounds),
        events=events,
        episodes=pl.concat([done.episodes for done in rounds]),
        culprits=pl.concat([done.culprits for done in rounds]),
        series_months=sum(done.series_months for done in rounds),
        own_episodes=counting(own, span)["episode"].n_unique(),
        own_series_months=span.series_months,
    )


@dataclass(frozen=True, slots=True)
class _Round:
    events: pl.DataFrame
    episodes: pl.DataFrame
    culprits: pl.DataFrame
    series_months: float


def _round(panel: Panel, detector: Detector, own: pl.DataFrame, number: int, injected: tuple[Panel, pl.DataFrame]) -> _Round:
    changed, labels = injected
    span = _span(changed)
    new = detector(changed).join(own, on=["series", "day"], how="anti")
    counted = counting(new, span)
    currency = panel.series["BillingCurrency"]
    events = judged_events(labels, counted).with_columns(currency=currency.gather(labels["series"]), size=_size(), money=_money())
    here = pl.lit(number, dtype=pl.Int64).alias("round")
    return _Round(
        events.select(here, "currency", *labels.columns, "size", "money", "found", "delay"),
        judged_episodes(labels, counted).select(here, "series", "first", "last", "score", "true"),
        judged_culprits(labels, counted).select(here, pl.all()),
        span.series_months,
    )


def _span(panel: Panel) -> Span:
    return Span(panel.first_days(), panel.days)


def _size() -> pl.Expr:
    return pl.when(pl.col("noises").is_null()).then(pl.lit(_NEW)).otherwise(_band(pl.col("noises"), _SIZES, _LARGER))


def _money() -> pl.Expr:
    return _band(pl.col("impact").abs(), _MONEY, _MORE_MONEY)


def _band(value: pl.Expr, bounds: Sequence[tuple[float, str]], above: str) -> pl.Expr:
    """Name of the first bound that the value is below."""
    named = pl.lit(above)
    for below, name in reversed(bounds):
        named = pl.when(value < below).then(pl.lit(name)).otherwise(named)
    return named


def _per_100(number: int, months: float) -> float | None:
    return 100 * number / months if months else None
