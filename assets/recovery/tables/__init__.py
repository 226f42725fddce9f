"""The tables of the recovery system. Put no logic here."""

from assets.recovery.tables.backups import BACKUP_GAPS, BACKUPS
from assets.recovery.tables.drills import DRILL_RESULTS, DRILL_STEPS, DRILL_TABLES, DRILLS
from assets.recovery.tables.journal import JOURNAL
from assets.recovery.tables.replication import REPLICATION
from assets.recovery.tables.restore_tests import CHECKPOINTS, RESTORABILITY, RESTORE_TESTS
from resources.tables import Table

__all__ = [
    "BACKUPS", "BACKUP_GAPS", "CHECKPOINTS", "DRILLS", "DRILL_RESULTS", "DRILL_STEPS", "DRILL_TABLES", "JOURNAL", "REPLICATION",
    "RESTORABILITY", "RESTORE_TESTS", "TABLES",
]  # fmt: skip

TABLES: tuple[Table, ...] = (
    BACKUPS, BACKUP_GAPS, RESTORE_TESTS, CHECKPOINTS, RESTORABILITY, REPLICATION,
    DRILLS, DRILL_STEPS, DRILL_TABLES, DRILL_RESULTS, JOURNAL,
)  # fmt: skip
