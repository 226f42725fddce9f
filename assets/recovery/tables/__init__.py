"""The tables of the recovery system. Put no logic here."""

from assets.recovery.tables.journal import JOURNAL
from resources.tables import Table

__all__ = ["JOURNAL", "TABLES"]

TABLES: tuple[Table, ...] = (JOURNAL,)
