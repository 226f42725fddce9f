"""The table of turns of timetables: what each wanted of a database, and what came of it."""

import polars as pl

from resources.tables import UTC, Column, Table

SCALING = Table(
    name="fleet/scaling",
    description="One row per database and turn of its timetable: how it stood when it was last looked at. A turn that is `done` "
    "or `as wanted` is over: what is changed by hand afterwards stays until the next.",
    columns=(
        Column("database_id", pl.String(), "OCID.", nullable=False),
        Column("turn", UTC, "When its timetable began to want this; 1970 if it never wants anything else.", nullable=False),
        Column("display_name", pl.String(), "For people.", nullable=False),
        Column("wanted", pl.String(), "Number of ECPUs, or `stop`.", nullable=False),
        Column("state", pl.String(), "`done`, `as wanted`, `wait` (later, maybe) or `leave`.", nullable=False),
        Column("does", pl.String(), "What was done, `scale 2`; null if nothing."),
        Column("reason", pl.String(), "Why.", nullable=False),
        Column("decided_at", UTC, "When.", nullable=False),
        Column("run_id", pl.String(), "Run that wrote the row.", nullable=False),
    ),
)
