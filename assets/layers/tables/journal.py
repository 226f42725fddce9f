"""The table of what was done to layers and to the functions that use them."""

from assets.journal import journal_table

JOURNAL = journal_table(
    "layers", "`publish layer`, `set layers`, `delete layer version`, `grant`, `revoke`", "ARN of a layer version or function"
)
