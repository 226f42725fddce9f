"""The tables of the recovery system. Put no logic here."""

from assets.recovery.tables.drills import DRILL_STEPS, DRILL_TABLES, DRILLS
from assets.recovery.tables.journal import JOURNAL
from resources.tables import Table

__all__ = ["DRILLS", "DRILL_STEPS", "DRILL_TABLES", "JOURNAL", "TABLES"]

TABLES: tuple[Table, ...] = (DRILLS, DRILL_STEPS, DRILL_TABLES, JOURNAL)
