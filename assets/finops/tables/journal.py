"""The table of what the FinOps system did to the world."""

from assets.journal import journal_table

JOURNAL = journal_table("finops", "`create budget`, `update budget`, `retire budget`", "of a budget, kind and name of its target")
