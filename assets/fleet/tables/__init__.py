"""The tables of the fleet system. Put no logic here."""

from assets.fleet.tables.anomalies import DETECTION_QUALITY, INCIDENTS, METRIC_ANOMALIES, METRIC_JUDGEMENTS
from assets.fleet.tables.capacity import CAPACITY, CAPACITY_QUALITY
from assets.fleet.tables.databases import DATABASES, PLACES
from assets.fleet.tables.journal import JOURNAL
from assets.fleet.tables.measurements import COUNTERS, MEASUREMENTS, METRIC_HISTORY, TOP_SQL, WAIT_EVENTS
from assets.fleet.tables.recommendations import RECOMMENDATIONS
from assets.fleet.tables.scaling import SCALING
from assets.fleet.tables.status import STATUS
from resources.tables import Table

__all__ = [
    "CAPACITY", "CAPACITY_QUALITY", "COUNTERS", "DATABASES", "DETECTION_QUALITY", "INCIDENTS", "JOURNAL", "MEASUREMENTS",
    "METRIC_ANOMALIES", "METRIC_HISTORY", "METRIC_JUDGEMENTS", "PLACES", "RECOMMENDATIONS", "SCALING", "STATUS", "TABLES",
    "TOP_SQL", "WAIT_EVENTS",
]  # fmt: skip

TABLES: tuple[Table, ...] = (
    DATABASES, PLACES, MEASUREMENTS, METRIC_HISTORY, WAIT_EVENTS, TOP_SQL, COUNTERS, STATUS, METRIC_ANOMALIES, INCIDENTS,
    METRIC_JUDGEMENTS, DETECTION_QUALITY, CAPACITY, CAPACITY_QUALITY, RECOMMENDATIONS, JOURNAL, SCALING,
)  # fmt: skip
