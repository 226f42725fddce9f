"""The tables of the fleet system. Put no logic here."""

from assets.fleet.tables.databases import DATABASES, PLACES
from assets.fleet.tables.journal import JOURNAL
from assets.fleet.tables.measurements import COUNTERS, MEASUREMENTS, METRIC_HISTORY, TOP_SQL, WAIT_EVENTS
from assets.fleet.tables.scaling import SCALING
from assets.fleet.tables.status import STATUS
from resources.tables import Table

__all__ = [
    "COUNTERS", "DATABASES", "JOURNAL", "MEASUREMENTS", "METRIC_HISTORY", "PLACES", "SCALING", "STATUS", "TABLES", "TOP_SQL",
    "WAIT_EVENTS",
]  # fmt: skip

TABLES: tuple[Table, ...] = (
    DATABASES, PLACES, MEASUREMENTS, METRIC_HISTORY, WAIT_EVENTS, TOP_SQL, COUNTERS, STATUS, JOURNAL, SCALING,
)  # fmt: skip
