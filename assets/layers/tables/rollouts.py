"""Tables of roll-outs of layer versions."""

import polars as pl

from resources.tables import UTC, Column, Table

_ID = Column("rollout_id", pl.String(), "Identity of the roll-out.", nullable=False)

ROLLOUTS = Table(
    name="layers/rollouts",
    description="Roll-outs of layer versions: a row each. With the journal it is all that is needed to go on after a crash.",
    columns=(
        _ID,
        Column("layer", pl.String(), "Name of the layer.", nullable=False),
        Column("target_sha256", pl.String(), "Hash of the new version's zip, base64 as AWS tells it.", nullable=False),
        Column(
            "state",
            pl.String(),
            "`moving`, `watching`, `rolling back`, `held` (waits for a person), `rolled out`, `rolled back`.",
            nullable=False,
        ),
        Column("wave", pl.Int64(), "Wave that is moved or watched, from 1.", nullable=False),
        Column("waves", pl.Int64(), "How many there are.", nullable=False),
        Column("functions", pl.Int64(), "How many functions move.", nullable=False),
        Column("left", pl.Int64(), "How many functions of the plan were left since it was made.", nullable=False),
        Column("reason", pl.String(), "Why it is in this state; empty if it goes as planned.", nullable=False),
        Column("reported", pl.Boolean(), "Whether its report tells of this state.", nullable=False),
        Column("by", pl.String(), "Who let it happen.", nullable=False),
        Column("begun_at", UTC, "When it was planned; windows of comparison end here.", nullable=False),
        Column("since", UTC, "When the state began.", nullable=False),
        Column("record", pl.String(), "All of it, as JSON: settings, plan with the former layers of every function, looks.",
               nullable=False),
    ),
)  # fmt: skip
ROLLOUT_FUNCTIONS = Table(
    name="layers/rollout_functions",
    description="Functions of roll-outs as they were after the last run: a row per roll-out and user of the old version.",
    columns=(
        _ID,
        Column("account", pl.String(), "Of the function.", nullable=False),
        Column("region", pl.String(), "Of the function.", nullable=False),
        Column("function", pl.String(), "Name.", nullable=False),
        Column("version", pl.String(), "`$LATEST`, or the number of a published version.", nullable=False),
        Column("wave", pl.Int64(), "In which it moves; null if it does not."),
        Column("state", pl.String(), "`waits`, `moved`, `moved back`, `left`.", nullable=False),
        Column("reason", pl.String(), "Why it was left; empty if not.", nullable=False),
        Column("former", pl.List(pl.String()), "Its layers before.", nullable=False),
        Column("wanted", pl.List(pl.String()), "Its layers afterwards; as before if it does not move.", nullable=False),
    ),
)
