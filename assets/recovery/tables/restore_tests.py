"""Tables of restore tests: every test, what sources were noted to hold, and what is proven of each database."""

import polars as pl

from resources.tables import MONEY, UTC, Column, Table

_WHICH = (
    Column("database_id", pl.String(), "OCID of the database.", nullable=False),
    Column("database", pl.String(), "Its display name.", nullable=False),
    Column("region", pl.String(), "Its region.", nullable=False),
    Column("environment", pl.String(), "Its tag `environment`; null if it has none."),
)
RESTORE_TESTS = Table(
    name="recovery/restore_tests",
    description="A test: a database was restored to a new one, looked at, and the new one deleted. Rows are only ever added.",
    columns=(
        Column("test_id", pl.String(), "Name of the new database, which no other test has.", nullable=False),
        Column("run_id", pl.String(), "Run of Dagster.", nullable=False),
        *_WHICH,
        Column("policy", pl.String(), "Policy that asked for it.", nullable=False),
        Column("point", pl.String(), "What was restored: `now`, `newest backup` or `earlier`.", nullable=False),
        Column("restored_to", UTC, "Moment that was restored; null if the service did not say of which it is."),
        Column("copy_id", pl.String(), "OCID of the new database; null if there never was one."),
        Column("started_at", UTC, "When the restore was asked for.", nullable=False),
        Column("restore_seconds", pl.Float64(), "From there to the first statement that it answered: measured RTO of a restore."),
        Column("size_gb", pl.Float64(), "Storage that the new database used; null if the service does not say."),
        Column("tables_same", pl.Int64(), "Tables with the rows and contents of the source.", nullable=False),
        Column("tables_different", pl.Int64(), "Tables that are missing, or differ.", nullable=False),
        Column("tables_unknown", pl.Int64(), "Tables of which that is unknown.", nullable=False),
        Column("rows", pl.Int64(), "Rows in all tables that could be read; null if none could."),
        Column("left_out", pl.Int64(), "Columns whose content is not part of the checksum."),
        Column("heartbeat_at", UTC, "Last heartbeat in it; null if there is none."),
        Column("verdict", pl.String(), "`pass`, `fail` or `unknown`.", nullable=False),
        Column("reasons", pl.String(), "Everything that kept it from a pass; empty of one.", nullable=False),
        Column("ended_at", UTC, "When all was done.", nullable=False),
        Column("removed", pl.Boolean(), "Whether the new database is gone.", nullable=False),
        Column("cost", MONEY, "Of the new database while it was there, at the price that bills show; null if none is known."),
        Column("currency", pl.String(), "Of the cost."),
    ),
)
CHECKPOINTS = Table(
    name="recovery/checkpoints",
    description="What a table of a source held around a moment, so that a restore to that moment can be judged later on. A table "
    "that was the same before and after it held just that at the moment.",
    columns=(
        Column("database_id", pl.String(), "OCID of the source.", nullable=False),
        Column("at", UTC, "The moment.", nullable=False),
        Column(
            "side",
            pl.String(),
            "`before` or `after` the moment; `then`, and seconds `earlier` or `later`, if its past was asked.",
            nullable=False,
        ),
        Column("table", pl.String(), "Owner and name of the table.", nullable=False),
        Column("rows", pl.Int64(), "Its rows; null if it could not be read."),
        Column("checksum", pl.String(), "Of their contents; null if it could not be read."),
        Column("left_out", pl.String(), "Columns whose content is not part of it, by comma.", nullable=False),
        Column("error", pl.String(), "Why it could not be read; else empty.", nullable=False),
        Column("run_id", pl.String(), "Run of Dagster that noted it.", nullable=False),
    ),
)
RESTORABILITY = Table(
    name="recovery/restorability",
    description="What is proven of each database: that it could be restored, when last, and how long that took.",
    columns=(
        *_WHICH,
        Column("policy", pl.String(), "Its policy; null if there is none."),
        Column("verdict", pl.String(), "`pass`, `fail`, or `unknown`: never tested, or proven too long ago.", nullable=False),
        Column("said", pl.String(), "Why.", nullable=False),
        Column("proven_at", UTC, "When a test last passed; null if none ever did."),
        Column("age_days", pl.Float64(), "How long ago that is, in days."),
        Column("tested_at", UTC, "When it was last tested, whatever came of it."),
        Column("restore_seconds", pl.Float64(), "How long the restore took that was proven last."),
        Column("every_days", pl.Int64(), "How often its policy asks for a proof; null if it does not."),
        Column("overdue", pl.Boolean(), "Whether its proof is older than that; null if no proof is asked for."),
        Column("newest_backup_at", UTC, "When its newest backup that can be restored was done; null if that is unknown."),
        Column("seen_at", UTC, "When this was worked out.", nullable=False),
    ),
)
