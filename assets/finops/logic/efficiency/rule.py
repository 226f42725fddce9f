"""The thresholds by which resources are judged, each with its reason."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Rule:
    """Thresholds.

    Attributes:
        provisional_days: Last days of each provider that are left out, as exports fill up late.
        window_days: Days that are looked at, up to the last settled one.
        period_days: Length of the two periods that are compared.
        history_days: Fewest days for a trend; a resource that began later is `new`.
        silent_days: Fewest days without a cost after which a resource may have ended.
        evidence_days: Fewest days behind a statement about use or price.
        material_percent: Least trend (per 30 days) and change of unit price that count.
        floor: Least cost of the last period, in the currency of the bill, for which a candidate is named.
        flat: Greatest relative difference between the days of a resource that costs the same every day.
        weekend_ratio: A weekend day at least so costly, relative to a working day, means that it runs all week.
        fewest_peers: Peers that must be there to compare with.
        idle_cpu: 95th percentile of CPU use, in percent, below which a machine does next to nothing.
        idle_memory: The same of memory, which a machine at rest still uses.
        half_size: 95th percentile, in percent, of CPU and memory below which half the size stays under 80 percent.
    """

    provisional_days: int = 2
    window_days: int = 91
    period_days: int = 30
    history_days: int = 28
    silent_days: int = 7
    evidence_days: int = 14
    material_percent: float = 5.0
    floor: Decimal = Decimal(1)
    flat: float = 1e-6
    weekend_ratio: float = 0.9
    fewest_peers: int = 3
    idle_cpu: float = 5.0
    idle_memory: float = 20.0
    half_size: float = 40.0
