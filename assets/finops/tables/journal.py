"""The table of what the product did to the world."""

import polars as pl

from resources.tables import UTC, Column, Table

JOURNAL = Table(
    name="finops/journal",
    description="Two rows per change to a cloud, which are only ever added: `begun`, before it, and one that says how it "
    "ended. A change without the second was cut off; the next run looks what became of it, and adds it.",
    columns=(
        Column("change_id", pl.String(), "Identity of the change: the same in its rows.", nullable=False),
        Column("at", UTC, "When it was begun, or its end was written down.", nullable=False),
        Column("run_id", pl.String(), "Run of Dagster that wrote the row.", nullable=False),
        Column("by", pl.String(), "Who let it happen; `cloudops` if nobody is named.", nullable=False),
        Column("system", pl.String(), "Cloud: `oci` or `aws`.", nullable=False),
        Column("operation", pl.String(), "What is done: `create budget`, `update budget`, `retire budget`, …", nullable=False),
        Column("subject", pl.String(), "What it is done to: of a budget, kind and name of its target.", nullable=False),
        Column("before", pl.String(), "It as it was, as JSON; null if it was not there."),
        Column("after", pl.String(), "It as it was to be, as JSON; null if it was to go."),
        Column("reason", pl.String(), "Why.", nullable=False),
        Column(
            "outcome",
            pl.String(),
            "`begun`, `done`, `failed: …` (why and what to do), or `not tried` after a failure of another; `found done` or "
            "`found undone` of one that was cut off.",
            nullable=False,
        ),
    ),
)
