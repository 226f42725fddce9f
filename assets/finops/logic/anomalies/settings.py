"""Thresholds of the detector, each with what it means. They were chosen on generated costs, never on a user's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


def _by_days(**values: float) -> Mapping[int, float]:
    return {int(name[1:]): value for name, value in values.items()}


@dataclass(frozen=True, slots=True)
class Settings:
    """How much is too much.

    "Noises" are multiples of the series' own relative noise (see `noise`), "share" is relative to the expected cost of the
    series. Money was chosen for currencies like USD and EUR; `rates` scale it for others, no amount is converted. Maps are keyed
    by the length of the window in days.

    Attributes:
        concentrated: Noises by which the resources that left their own noise must move the series.
        total: Noises by which a series as a whole must move.
        falls: Times the noises that a fall needs of what a rise needs.
        own: Own noises that a resource must leave to be counted as one that moved.
        share: Least share of the expected cost.
        money: Least money that a change is worth so far.
        tail: Times the one-day jump that one day in 200 of the same service has: heavy tails need more to be conspicuous.
        tail_of_window: The part of that which a mean over more days needs.
        tail_concentrated: The part of that which a change of single resources needs: noise hits all those of a series at once.
        drift: Noises by which the last week must lie above the level of so many days before.
        drift_share: The same as a share of the expected cost.
        new_series_cost: Daily cost from which a service that was not used before is an anomaly in its first days.
        sparse_jump: Times the highest cost so far that a series without a regular level must reach.
        least_history: Days before anything is judged.
        settled: Days from which on slow changes are judged; before that, a young series is being taken into use.
        quiet_days: Days after an alarm for which the series gives no second one.
        known_days: Days for which the level before a change is remembered, so that going back to it is no anomaly.
        rates: Worth of one unit of a currency in the one that `money` and `new_series_cost` are in; 1 for those not named.
        provisional_days: Last days of a provider, on which costs are still coming in: they are not judged low.
    """

    concentrated: Mapping[int, float] = field(default_factory=lambda: _by_days(d1=3.0, d2=2.4, d3=2.1, d5=1.9, d7=1.8))
    total: Mapping[int, float] = field(default_factory=lambda: _by_days(d1=4.4, d2=3.3, d3=2.8, d5=2.4, d7=2.2))
    falls: float = 1.2
    own: float = 4.5
    share: float = 0.06
    money: float = 6.0
    tail: float = 2.3
    tail_of_window: Mapping[int, float] = field(default_factory=lambda: _by_days(d1=1.0, d2=0.75, d3=0.6, d5=0.5, d7=0.45))
    tail_concentrated: float = 0.45
    drift: Mapping[int, float] = field(default_factory=lambda: _by_days(d14=2.75, d28=3.0, d42=3.4))
    drift_share: Mapping[int, float] = field(default_factory=lambda: _by_days(d14=0.09, d28=0.11, d42=0.13))
    new_series_cost: float = 20.0
    sparse_jump: float = 1.3
    least_history: int = 14
    settled: int = 60
    quiet_days: int = 18
    known_days: int = 130
    provisional_days: int = 2
    rates: Mapping[str, float] = field(default_factory=dict)
