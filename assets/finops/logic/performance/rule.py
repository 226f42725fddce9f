"""The thresholds by which measured use is judged, each with its reason."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PerformanceRule:
    """Thresholds; those of idleness, of half the size and of enough days are those of the efficiency of resources.

    Attributes:
        fewest_datapoints: Datapoints of CPU that a day needs to count: half of the hours, where they come hourly, and 12 minutes
            of a day where they come by the minute.
        aim: Peak use, in per cent, that a resource of the right size has: a fifth in reserve.
        worst: Points by which a peak above the aim lowers the score, so that 100 per cent gets half of it: work waits there.
        hot: 95th percentile, in per cent, of CPU or memory on half of the days or more, from which work waits.
    """

    fewest_datapoints: int = 12
    aim: float = 80.0
    worst: float = 40.0
    hot: float = 85.0
