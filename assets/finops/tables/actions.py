"""Tables of actions: what is proposed, who approved it, what became of it."""

import polars as pl

from assets.finops.tables.shared import SERIES_KEY
from resources.tables import MONEY, UTC, Column, Table

_ID = Column(
    "action_id",
    pl.String(),
    "Identity: the same for the same operation on the same resource from the same policy or kind of recommendation.",
    nullable=False,
)

ACTIONS = Table(
    name="finops/actions",
    description="One row per action that was ever proposed: what would be done (or was), and where it stands. Nothing is done "
    "that nobody approved. Savings are per 30 days, in the currency of the row.",
    columns=(
        _ID,
        Column("source", pl.String(), "What proposes it: `policy` or `recommendation`.", nullable=False),
        Column("source_name", pl.String(), "Name of the policy, or kind of the recommendation.", nullable=False),
        Column("source_id", pl.String(), "match_id or recommendation_id.", nullable=False),
        Column("system", pl.String(), "Cloud: `oci` or `aws`.", nullable=False),
        Column("resource_id", pl.String(), "What it is done to; of a budget, kind and name of its target.", nullable=False),
        *SERIES_KEY,
        Column(
            "operation",
            pl.String(),
            "`stop`, `schedule` (stop and start by a timetable), `resize`, `autoscale` (turn auto scaling on), `delete` (after a "
            "copy), `hold` (freeze a budget).",
            nullable=False,
        ),
        Column(
            "parameters",
            pl.String(),
            "How, as JSON: `size`, `amount`, `wait_days`, `least` and `most`, the timetable.",
            nullable=False,
        ),
        Column("status_seen", pl.String(), "Status of the resource when this was proposed.", nullable=False),
        Column("size_seen", pl.String(), "Its size then; empty if it has none.", nullable=False),
        Column("undo", pl.String(), "How it is taken back.", nullable=False),
        Column("savings_low", MONEY, "Low end of the expected saving; null if it cannot be known."),
        Column("savings_high", MONEY, "High end of the expected saving; null if it cannot be known."),
        Column("savings_unknown_because", pl.String(), "Why the saving cannot be known; null if it is."),
        Column("reason", pl.String(), "Why, in one line.", nullable=False),
        Column("evidence", pl.List(pl.String()), "The figures that it rests on.", nullable=False),
        Column(
            "fingerprint",
            pl.String(),
            "What an approval is for: it changes with the parameters and what was seen.",
            nullable=False,
        ),
        Column("proposed", pl.Boolean(), "Whether the last look found it.", nullable=False),
        Column(
            "state",
            pl.String(),
            "`proposed`, `approved`, `executing`, `executed`, `verified`, `rolling back`, `rolled back`, `failed`, `rejected` or "
            "`expired`.",
            nullable=False,
        ),
        Column("state_since", UTC, "Since when.", nullable=False),
        Column("state_by", pl.String(), "Who brought it there; `cloudops` if nobody did.", nullable=False),
        Column("note", pl.String(), "Why.", nullable=False),
        Column("approved_by", pl.String(), "Who approved it as it is now; null if nobody did."),
        Column("executed_at", UTC, "When it was executed; null if it was not."),
        Column(
            "effect",
            pl.String(),
            "In the bills: `not due`, `not enough days`, `realised`, `less than expected`, `not visible`, `reverse`; "
            "null before it was executed, and of a budget that is held.",
        ),
        Column("effect_reason", pl.String(), "The figures of that."),
        Column(
            "rollback_proposed",
            pl.Boolean(),
            "Whether it fell short: say `cloudops rollback ID` to take it back.",
            nullable=False,
        ),
    ),
)

ACTION_EVENTS = Table(
    name="finops/action_events",
    description="One row per step in the life of an action; rows are only added. The last one that was applied is its state.",
    columns=(
        Column("event_id", pl.String(), "Identity of the event.", nullable=False),
        _ID,
        Column("number", pl.Int64(), "Its place among the events of the action, from 0.", nullable=False),
        Column("at", UTC, "When it took effect.", nullable=False),
        Column("from_state", pl.String(), "State before; null at the first."),
        Column("to_state", pl.String(), "State after.", nullable=False),
        Column("by", pl.String(), "Who decided; `cloudops` if nobody did.", nullable=False),
        Column("note", pl.String(), "Why.", nullable=False),
        Column("applied", pl.Boolean(), "False of something that was said and could not be followed.", nullable=False),
        Column("decision_id", pl.String(), "What was said: a decision, or a row of `finops/approvals.csv`; null if nothing was."),
        Column("fingerprint", pl.String(), "What was proposed; null of other steps."),
    ),
)
