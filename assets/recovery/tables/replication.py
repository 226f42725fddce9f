"""The table of how far standbys are behind."""

import polars as pl

from resources.tables import UTC, Column, Table

REPLICATION = Table(
    name="recovery/replication",
    description="How far a standby was behind at a moment: what would have been lost with its primary. Rows are only ever added.",
    columns=(
        Column("at", UTC, "When it was looked at.", nullable=False),
        Column("database_id", pl.String(), "OCID of the primary.", nullable=False),
        Column("database", pl.String(), "Its display name.", nullable=False),
        Column("region", pl.String(), "Its region.", nullable=False),
        Column("environment", pl.String(), "Its tag `environment`; null if it has none."),
        Column("kind", pl.String(), "`local` or `remote`.", nullable=False),
        Column("standby_id", pl.String(), "OCID of the standby; empty of a local one, which has none.", nullable=False),
        Column("standby_region", pl.String(), "Its region.", nullable=False),
        Column("recovery_type", pl.String(), "`ADG` or `BACKUP_BASED`; null if the service does not say."),
        Column("state", pl.String(), "Lifecycle state of the standby; null if it is unknown."),
        Column("lag_seconds", pl.Float64(), "How far it is behind, as the service says; null if it does not."),
        Column("heartbeat_seconds", pl.Float64(), "How far heartbeats show it to be behind; null where none can be read."),
        Column("rpo_seconds", pl.Float64(), "The larger of the two: the RPO now; null if neither is known."),
        Column("allowed_seconds", pl.Float64(), "How far it may be behind; null if nobody says."),
        Column("status", pl.String(), "`within`, `behind` or `unknown`.", nullable=False),
        Column("said", pl.String(), "In words.", nullable=False),
    ),
    indexed=("at",),
)
