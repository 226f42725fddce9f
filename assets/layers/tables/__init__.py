"""The tables of the layers system. Put no logic here."""

from assets.layers.tables.journal import JOURNAL
from resources.tables import Table

__all__ = ["JOURNAL", "TABLES"]

TABLES: tuple[Table, ...] = (JOURNAL,)
