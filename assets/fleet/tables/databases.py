"""Tables of what there is: databases with their history, and the places that were looked at."""

import polars as pl

from resources.tables import UTC, Column, Table

DATABASES = Table(
    name="fleet/databases",
    description="Autonomous Databases as they were from `valid_from` to `valid_to`: a row ends, and another begins, when one of "
    "the columns up to `connections` changes; `valid_to` is null in the row that is true now. A database that is gone has no "
    "such row. Where a place could not be listed, what was known of it stays, and says since when it is unknown.",
    columns=(
        Column("database_id", pl.String(), "OCID.", nullable=False),
        Column("region", pl.String(), "Where it is.", nullable=False),
        Column("compartment_id", pl.String(), "OCID of its compartment.", nullable=False),
        Column("compartment", pl.String(), "Names of the compartments from the tenancy down, `acme/prod`."),
        Column("display_name", pl.String(), "For people.", nullable=False),
        Column("db_name", pl.String(), "Name inside the tenancy; of a standby, that of its primary.", nullable=False),
        Column("lifecycle_state", pl.String(), "`AVAILABLE`, `STOPPED`, `STANDBY`, …", nullable=False),
        Column("role", pl.String(), "`PRIMARY`, `STANDBY`, `SNAPSHOT_STANDBY`, …; null without Data Guard."),
        Column("workload", pl.String(), "`OLTP`, `DW`, `AJD`, `APEX`, `LH`."),
        Column("compute_model", pl.String(), "`ECPU` or `OCPU`."),
        Column("compute_count", pl.Float64(), "In units of the model."),
        Column("is_auto_scaling_enabled", pl.Boolean(), "Whether it may use up to three times its CPUs."),
        Column("data_storage_gb", pl.Float64(), "Storage that is allocated."),
        Column("is_storage_auto_scaling_enabled", pl.Boolean(), "Whether its storage may grow up to three times by itself."),
        Column("open_mode", pl.String(), "`READ_WRITE` or `READ_ONLY`."),
        Column("peer_ids", pl.List(pl.String()), "OCIDs of its other sides in other regions."),
        Column("backup_retention_days", pl.Int64(), "Of automatic backups."),
        Column("is_refreshable_clone", pl.Boolean(), "Whether it follows its source."),
        Column("source_id", pl.String(), "OCID of what it was cloned from."),
        Column("is_free_tier", pl.Boolean(), "Always Free."),
        Column("is_dedicated", pl.Boolean(), "On dedicated infrastructure."),
        Column("license_model", pl.String(), "`LICENSE_INCLUDED` or `BRING_YOUR_OWN_LICENSE`."),
        Column("db_version", pl.String(), "Such as `26ai`."),
        Column("is_mtls_required", pl.Boolean(), "Whether only mutual TLS connects."),
        Column("environment", pl.String(), "Its tag `environment`."),
        Column("is_protected", pl.Boolean(), "Whether a tag protects it from what destroys."),
        Column("time_created", UTC, "When it was made."),
        Column("tags", pl.String(), "Tags as JSON; defined ones as `namespace.key`."),
        Column("connections", pl.String(), "How it is reached, as JSON: connect descriptors, address of its data services."),
        Column("standbys", pl.String(), "Its standbys as it last told of them, as JSON."),
        Column("contacts", pl.List(pl.String()), "E-mail addresses of the customer's contacts."),
        Column("used_storage_gb", pl.Float64(), "Storage that is used, when it was last seen."),
        Column("lifecycle_details", pl.String(), "Why it is in its state, where the service says."),
        Column("seen_at", UTC, "When the service last showed it like this.", nullable=False),
        Column("unknown_since", UTC, "Since when it could not be looked at; null if the last look was good."),
        Column("unknown_reason", pl.String(), "Why it could not be looked at."),
        Column("valid_from", UTC, "When it was first seen like this.", nullable=False),
        Column("valid_to", UTC, "When it was first seen otherwise, or gone; null if it is so now."),
        Column("ended_by", pl.String(), "`changed: …` with the columns, or `terminated`, or `no longer shown`."),
    ),
)
PLACES = Table(
    name="fleet/places",
    description="What the last look at each compartment of each region found, by kind of database. Only Autonomous Databases are "
    "monitored; the others are counted. A null count is unknown, with the reason: the place could not be listed.",
    columns=(
        Column("region", pl.String(), "Where.", nullable=False),
        Column("compartment_id", pl.String(), "OCID of the compartment.", nullable=False),
        Column("compartment", pl.String(), "Its names from the tenancy down.", nullable=False),
        Column(
            "kind", pl.String(), "`Autonomous Database`, or a kind that is not monitored (`others`: unknown).", nullable=False
        ),
        Column("is_monitored", pl.Boolean(), "Whether databases of this kind are.", nullable=False),
        Column("is_listed", pl.Boolean(), "Whether the listing succeeded, with all its pages.", nullable=False),
        Column("databases", pl.Int64(), "How many there are; null if not listed."),
        Column("reason", pl.String(), "Why it could not be listed, and what to do."),
        Column("looked_at", UTC, "When.", nullable=False),
    ),
)
