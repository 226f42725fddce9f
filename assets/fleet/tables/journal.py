"""The table of what was done to databases of the fleet."""

from assets.journal import journal_table

JOURNAL = journal_table("fleet", "`provision`, `scale`, `stop`, `decommission`, `apply migration`", "OCID or name of a database")
