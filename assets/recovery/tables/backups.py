"""Tables of backups: all that there are, and what is missing of them."""

import polars as pl

from resources.tables import UTC, Column, Table

_WHICH = (
    Column("database_id", pl.String(), "OCID of the database.", nullable=False),
    Column("database", pl.String(), "Its display name.", nullable=False),
    Column("region", pl.String(), "Region of the database.", nullable=False),
    Column("environment", pl.String(), "Its tag `environment`; null if it has none."),
)
BACKUPS = Table(
    name="recovery/backups",
    description="A backup of an Autonomous Database as the service last showed it. Where a listing failed, the rows of the last "
    "one that did not are kept: `seen_at` says of when.",
    columns=(
        *_WHICH,
        Column("backup_id", pl.String(), "OCID of the backup.", nullable=False),
        Column("display_name", pl.String(), "Name of the backup.", nullable=False),
        Column("type", pl.String(), "`FULL`, `INCREMENTAL`, `LONGTERM`, …", nullable=False),
        Column("state", pl.String(), "`ACTIVE`, `CREATING`, `FAILED`, …", nullable=False),
        Column("is_automatic", pl.Boolean(), "Whether the service made it by itself; null if it does not say."),
        Column("is_restorable", pl.Boolean(), "Whether the service says that it can be restored; null if it does not say."),
        Column("started_at", UTC, "When it began."),
        Column("ended_at", UTC, "When it was done; null while it is not."),
        Column("available_until", UTC, "Until when it is kept; null if the service does not say."),
        Column("retention_days", pl.Int64(), "Days that a long-term backup is kept; null of others."),
        Column("size_tb", pl.Float64(), "Size in terabytes; null if the service does not say."),
        Column("seen_at", UTC, "When the service showed it so.", nullable=False),
    ),
)
BACKUP_GAPS = Table(
    name="recovery/backup_gaps",
    description="Something that the policy of a database asks of its backups and that is not so, or of which it is unknown. A "
    "database without a row has what its policy asks for; one that could not be listed at all stands under its region.",
    columns=(
        *_WHICH,
        Column("policy", pl.String(), "Policy that asks for it; null if there is none."),
        Column(
            "requirement",
            pl.String(),
            "`newest backup`, `retention`, `retention lock`, `long-term backup`, `cross-region copy`; `backups listed`, "
            "`databases listed` or `policy` where nothing is known.",
            nullable=False,
        ),
        Column("period", pl.String(), "Of a long-term backup: `2026-11`, `2026-Q4`, `2026`; else empty.", nullable=False),
        Column("status", pl.String(), "`missing` or `unknown`.", nullable=False),
        Column("said", pl.String(), "What is, and what should be.", nullable=False),
        Column("seen_at", UTC, "When this was found.", nullable=False),
    ),
)
