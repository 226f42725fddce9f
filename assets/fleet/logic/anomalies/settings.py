"""Thresholds and spans of the detector, each with what it means."""

from __future__ import annotations

from dataclasses import dataclass

HISTORY = 4000
"""Points, beside the weeks of `Settings`, that a verdict may depend on at most: with so many and three weeks more before
the first new point, judging the end of a series says the same as judging all of it. With fewer, it says nearly the same."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How much is too much. Spans are in points, whatever the time between them: they say how many samples a statistic needs.

    Attributes:
        surprise: Noises outside of what was expected at which an anomaly begins.
        together: The same for what remains of a surprise with the other metrics given: the largest of several needs more.
        goes_on: The part of that at which it still goes on: a stay outside is one anomaly and not as many as its noise has peaks.
        novelty: Novelty from which on an anomaly is an alarm, as part of the range of the last weeks.
        least_history: Known points before anything is judged.
        least_days: Days before anything is judged. For as many again, nobody knows whether days repeat: then a value is expected
            that is near the level or what it was a day ago, whichever is nearer.
        stuck: Points of the same value after which a metric that used to move is stuck.
        level: Points whose median is the level of a metric.
        days: Days whose values at the same time of day give what is usual then.
        weeks: Weeks whose values at the same time give what is usual at that time of the week.
        contest: Points over which level, day and week are compared; the one that erred least is what is expected.
        week_better: Part of the error of the others that the week must err less than, as it is made of fewer values.
        noise: Points that the noise is measured on.
        tails: Part of the errors' standard deviation in the noise, so that heavy tails count and do not spoil it.
        least_share: Part of the level below which nothing is noise; what is smaller is no change.
        memory: Points that something must not have been seen in, to be new.
        smooth: Points of the means that novelty looks at beside the values: of the level, and of the errors.
        rough: Points of the mean of the steps between values, which is what changes where only the variation does.
        smooth_weight: Worth of novelty in one of these means. Less than that of a value, as means move in a smaller range.
        quiet: Points after an alarm in which only something newer still is another.
    """

    surprise: float = 7.0
    together: float = 8.0
    goes_on: float = 0.25
    novelty: float = 0.05
    least_history: int = 24
    least_days: int = 1
    stuck: int = 24
    level: int = 1000
    days: int = 7
    weeks: int = 3
    contest: int = 500
    week_better: float = 0.8
    noise: int = 2000
    tails: float = 0.15
    least_share: float = 0.01
    memory: int = 2000
    smooth: int = 24
    rough: int = 48
    smooth_weight: float = 0.1
    quiet: int = 100


DEFAULT = Settings()
