"""Tables of drills: what each proved, step by step and table by table. All of it follows from the sealed evidence."""

import polars as pl

from resources.tables import MONEY, UTC, Column, Table

_DRILL = Column("drill_id", pl.String(), "Identity of the drill.", nullable=False)
DRILLS = Table(
    name="recovery/drills",
    description="One row per drill, from its begin on. A drill that was refused by its prechecks is one, too.",
    columns=(
        _DRILL,
        Column("database_id", pl.String(), "OCID of the database.", nullable=False),
        Column("database_name", pl.String(), "Its display name.", nullable=False),
        Column("region", pl.String(), "Its region.", nullable=False),
        Column("environment", pl.String(), "Its tag `environment`; null if it has none."),
        Column("kind", pl.String(), "`switchover`, `failover`, `clone` or `snapshot standby`.", nullable=False),
        Column("way", pl.String(), "What it came back from: a `local` or `remote` standby, or a `copy`.", nullable=False),
        Column(
            "self_test",
            pl.String(),
            "What was spoilt on purpose (`objective`, `checksum`, `heartbeat`); null of a real drill. Self-tests have to fail.",
        ),
        Column("begun_at", UTC, "When it began.", nullable=False),
        Column("ended_at", UTC, "When it ended; null while it runs."),
        Column(
            "state",
            pl.String(),
            "`running`; `ended`; or `open`: it ended and left something to be done, which `next_step` says. One that was killed "
            "stays `running` until it is resumed.",
            nullable=False,
        ),
        Column("verdict", pl.String(), "`pass`, `fail` or `unknown`; null while it runs. Unknown never passes."),
        Column("rto_seconds", pl.Float64(), "From the act to the first write that was read back; null if not measured."),
        Column("rto_objective_seconds", pl.Float64(), "What was allowed; null if not known."),
        Column("rto", pl.String(), "Judgement on it."),
        Column("rpo_seconds", pl.Float64(), "Between the last heartbeat written and the last found; null if not measured."),
        Column("rpo_objective_seconds", pl.Float64(), "What was allowed; null if not known."),
        Column("rpo", pl.String(), "Judgement on it."),
        Column("integrity", pl.String(), "Judgement on rows and checksums of tables."),
        Column("way_back", pl.String(), "Judgement on whether everything is as it was before."),
        Column("prechecks", pl.String(), "Judgement on what was looked at before."),
        Column("reasons", pl.List(pl.String()), "Why it is no pass, in words.", nullable=False),
        Column("next_step", pl.String(), "What a person does next; empty if nothing.", nullable=False),
        Column("cost", MONEY, "What the copy that it made cost, by what the database costs; null if that is not known."),
        Column("currency", pl.String(), "Of the cost."),
        Column("cost_note", pl.String(), "How the cost was reckoned, or why it is not known."),
        Column(
            "seal", pl.String(), "SHA-256 that seals all evidence; of the file `evidence.json` beside the report.", nullable=False
        ),
        Column("report_key", pl.String(), "Where the report is in the report store.", nullable=False),
        Column("by", pl.String(), "Who let it happen.", nullable=False),
        Column("run_id", pl.String(), "Run of Dagster that did it last.", nullable=False),
    ),
)
DRILL_STEPS = Table(
    name="recovery/drill_steps",
    description="One row per step of a drill that has ended.",
    columns=(
        _DRILL,
        Column("number", pl.Int64(), "Place in the plan.", nullable=False),
        Column("group", pl.String(), "Group of steps.", nullable=False),
        Column("step", pl.String(), "Step.", nullable=False),
        Column("acts", pl.Boolean(), "Whether it changes something in the cloud.", nullable=False),
        Column("state", pl.String(), "As OCI Full Stack Disaster Recovery names states of steps.", nullable=False),
        Column("begun_at", UTC, "When it began; null if it did not."),
        Column("ended_at", UTC, "When it ended; null if it did not."),
        Column("note", pl.String(), "What it found, in words."),
    ),
)
DRILL_TABLES = Table(
    name="recovery/drill_tables",
    description="One row per table of the database that a drill compared.",
    columns=(
        _DRILL,
        Column("step", pl.String(), "`integrity`, or `integrity_back` after the way back.", nullable=False),
        Column("table", pl.String(), "Table, `OWNER.NAME`.", nullable=False),
        Column("finding", pl.String(), "`same`, `expected loss`, `different` or `unknown`.", nullable=False),
        Column("said", pl.String(), "Why, in words.", nullable=False),
        Column("rows_before", pl.Int64(), "Rows noted before; null if it could not be read or was not there."),
        Column("rows_after", pl.Int64(), "Rows found."),
        Column("checksum_before", pl.String(), "Checksum noted before, which does not depend on the order of rows."),
        Column("checksum_after", pl.String(), "Checksum found."),
        Column(
            "left_out", pl.List(pl.String()), "Columns whose content does not count: large objects and the like.", nullable=False
        ),
    ),
)
DRILL_RESULTS = Table(
    name="recovery/drill_results",
    description="One row per database that can be a primary: whether it was rehearsed lately, by the drill that counts.",
    columns=(
        Column("database_id", pl.String(), "OCID.", nullable=False),
        Column("database_name", pl.String(), "Display name.", nullable=False),
        Column("region", pl.String(), "Region.", nullable=False),
        Column("environment", pl.String(), "Its tag `environment`; null if it has none."),
        Column("is_due", pl.Boolean(), "Whether it has to be rehearsed: production, or no environment.", nullable=False),
        Column(
            "state",
            pl.String(),
            "`proven`, `overdue` (the last passed drill is too old), `failed` (the last drill did not pass) or `never`.",
            nullable=False,
        ),
        Column("every_days", pl.Int64(), "A passed drill may be that old.", nullable=False),
        Column("passed_at", UTC, "When its last passed drill ended; null if none passed."),
        Column("due_at", UTC, "Until when it is proven."),
        Column("last_drill_id", pl.String(), "Its last drill; self-tests do not count."),
        Column("last_verdict", pl.String(), "Verdict of it."),
        Column("rto_seconds", pl.Float64(), "RTO that it measured."),
        Column("rpo_seconds", pl.Float64(), "RPO that it measured."),
        Column("seen_at", UTC, "When this was looked at.", nullable=False),
    ),
)
