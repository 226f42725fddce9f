"""The tables of the fleet system. Put no logic here."""

from assets.fleet.tables.journal import JOURNAL
from resources.tables import Table

__all__ = ["JOURNAL", "TABLES"]

TABLES: tuple[Table, ...] = (JOURNAL,)
