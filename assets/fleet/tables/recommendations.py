"""The table of what should be done about databases."""

import polars as pl

from resources.tables import MONEY, UTC, Column, Table

_EVIDENCE = pl.List(pl.Struct(dict.fromkeys(("source", "figure", "value"), pl.String())))
RECOMMENDATIONS = Table(
    name="fleet/recommendations",
    description="One row per recommendation that was ever made: what it says now, or said last, and where it stands.",
    columns=(
        Column("recommendation_id", pl.String(), "The same for the same finding about the same database.", nullable=False),
        Column("database_id", pl.String(), "OCID.", nullable=False),
        Column("display_name", pl.String(), "Of the database.", nullable=False),
        Column("category", pl.String(), "`capacity`, `right-sizing`, `auto-scaling`, `schedule`, `performance`, `locking`, "
               "`backup and recovery` or `cost`.", nullable=False),
        Column("kind", pl.String(), "The rule that found it.", nullable=False),
        Column("severity", pl.String(), "`critical`, `warning` or `info`.", nullable=False),
        Column("impact", pl.Float64(), "0 to 100: 100 · environment · (severity + urgency) / 2.", nullable=False),
        Column("effort", pl.String(), "`low`, `medium` or `high`.", nullable=False),
        Column("title", pl.String(), "One line.", nullable=False),
        Column("reason", pl.String(), "Why.", nullable=False),
        Column("calls", pl.List(pl.String()), "What does it: calls of the SDK or the CLI, or SQL.", nullable=False),
        Column("risk", pl.String(), "What may go wrong.", nullable=False),
        Column("evidence", _EVIDENCE, "Figures that it rests on, and the tables they are from.", nullable=False),
        Column("cost_30d", MONEY, "What the database cost in the last 30 days of the bills; null if not known."),
        Column("currency", pl.String(), "Of the costs."),
        Column("cost_effect_30d", MONEY, "What it changes in 30 days, at most; negative if it saves. Null if not known."),
        Column("cost_note", pl.String(), "What the effect is of, or why it is not known.", nullable=False),
        Column("state", pl.String(), "`new` in the run that found it first, `open` while it is found or cannot be judged, "
               "`resolved`.", nullable=False),
        Column("first_seen", UTC, "When it was found first.", nullable=False),
        Column("last_seen", UTC, "When it was found last.", nullable=False),
        Column("resolved_at", UTC, "When it was found no more."),
        Column("resolved_because", pl.String(), "Why."),
    ),
)  # fmt: skip
