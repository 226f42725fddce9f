"""The table of what was done to backups and standbys, and in drills."""

from assets.journal import journal_table

JOURNAL = journal_table(
    "recovery", "`set backup retention`, `restore to a new database`, `switch over`, `fail over`", "OCID of a database or backup"
)
