"""Tables of recommendations: what is proposed, what became of it, what people decided, and what it saved."""

import polars as pl

from assets.finops.tables.shared import SERIES_KEY
from resources.tables import MONEY, UTC, Column, Table

_ID = Column(
    "recommendation_id",
    pl.String(),
    "Identity: the same for the same finding about the same subject, in every run.",
    nullable=False,
)
_DATAPOINTS = pl.List(pl.Struct(dict.fromkeys(("source", "rows", "figure", "value"), pl.String())))

RECOMMENDATIONS = Table(
    name="finops/recommendations",
    description="One row per recommendation that was ever made: what it says now (or said last), and where it stands. Savings "
    "are per 30 days, in the currency of the row.",
    columns=(
        _ID,
        Column(
            "category",
            pl.String(),
            "`immediate action`, `strategic initiative`, `budget adjustment` or `automation opportunity`.",
            nullable=False,
        ),
        Column("kind", pl.String(), "What is to be done, within the category.", nullable=False),
        *(
            Column(
                c.name,
                c.dtype,
                c.description if not c.nullable else f"{c.description[:-1]}; null if it is about all.",
                c.nullable,
            )
            for c in SERIES_KEY
        ),
        Column("ResourceId", pl.String(), "Resource that it is about; null if it is about the series."),
        Column("episode_id", pl.String(), "Anomaly that it is about; null if none."),
        Column("resource_ids", pl.List(pl.String()), "Resources that the finding names.", nullable=False),
        Column("began", pl.Date(), "First day of the situation; null if it has no known beginning."),
        Column("title", pl.String(), "The finding in one line.", nullable=False),
        Column("action", pl.String(), "What to do.", nullable=False),
        Column("savings_low", MONEY, "Low end of the saving; null if it cannot be known."),
        Column("savings_high", MONEY, "High end of the saving; null if it cannot be known."),
        Column("savings_unknown_because", pl.String(), "Why the saving cannot be known; null if it is."),
        Column("at_stake_per_day", MONEY, "What the situation costs per day, saved or not; null if it is not known."),
        Column(
            "subject_cost_30d",
            MONEY,
            "What its subject cost in the 30 days up to the newest day; null for budgets, and if its provider delivered no day "
            "of them.",
        ),
        Column("budget_expected", MONEY, "Expected cost of the month that a budget is for; null if there is none."),
        Column("budget_recommended", MONEY, "Recommended budget of that month: the sum of the upper 80 % bounds."),
        Column("effort", pl.String(), "`low`, `medium` or `high`.", nullable=False),
        Column("risk", pl.String(), "What may go wrong.", nullable=False),
        Column(
            "datapoints",
            _DATAPOINTS,
            "Every figure it rests on: the table (or setting) it is from, which rows, what it is, its value.",
            nullable=False,
        ),
        Column("rank", pl.Int64(), "Place in its currency by the low end of the saving, from 1; null if not found any more."),
        Column(
            "overlaps_with",
            pl.String(),
            "Recommendation that counts a saving on the same resource already: this one must not be added to it. What is "
            "dismissed or done comes last. Null if none.",
        ),
        Column("proposed", pl.Boolean(), "Whether the last run found it.", nullable=False),
        Column("state", pl.String(), "`open`, `accepted`, `done`, `realised`, `dismissed` or `expired`.", nullable=False),
        Column("state_since", UTC, "Since when.", nullable=False),
        Column("state_by", pl.String(), "Who brought it there; `cloudops` if nobody did.", nullable=False),
        Column("note", pl.String(), "Why.", nullable=False),
        Column("effective_day", pl.Date(), "Day on which it was done, or from which the decision holds; null without one."),
        Column("until", pl.Date(), "Last day on which the decision holds; null if it has no end."),
        Column("first_seen", UTC, "When it was first found.", nullable=False),
        Column("last_seen", UTC, "When it was last found.", nullable=False),
        Column("savings_low_first", MONEY, "Low end of the saving when it was first found."),
        Column("savings_high_first", MONEY, "High end of the saving when it was first found."),
    ),
)

RECOMMENDATION_EVENTS = Table(
    name="finops/recommendation_events",
    description="One row per step in the life of a recommendation, oldest first; never changed. The last one is its state.",
    columns=(
        _ID,
        Column("at", UTC, "When it took effect.", nullable=False),
        Column("from_state", pl.String(), "State before; null at the first."),
        Column("to_state", pl.String(), "State after.", nullable=False),
        Column("by", pl.String(), "Who decided; `cloudops` if nobody did.", nullable=False),
        Column("note", pl.String(), "Why.", nullable=False),
        Column("applied", pl.Boolean(), "False for a decision that was not possible in that state.", nullable=False),
        Column("effective_day", pl.Date(), "Day from which the decision holds; of `done`, the day on which it was done."),
        Column("until", pl.Date(), "Last day on which the decision holds; null if it has no end."),
        Column("decided_at", UTC, "When the decision was made; null for the product's own steps."),
        Column("savings_low", MONEY, "Low end of the saving that was proposed at the time; null if unknown."),
        Column("savings_high", MONEY, "High end of it."),
    ),
)

REALISED_SAVINGS = Table(
    name="finops/realised_savings",
    description="One row per recommendation that was accepted or done: whether the bills show a saving, against the 28 days "
    "before and a control. Days on which its sub-account was charged nothing at all, or a line without a known cost, are "
    "unknown. Amounts are EffectiveCost (BilledCost where that is unknown) per day, in the currency of the row.",
    columns=(
        _ID,
        Column("BillingCurrency", pl.String(), "Currency of the amounts.", nullable=False),
        Column("basis", pl.String(), "`done`, or `accepted` while nobody said that it was done.", nullable=False),
        Column("effective_day", pl.Date(), "Day on which it was done (accepted): it belongs to neither side.", nullable=False),
        Column("before_first", pl.Date(), "First known day before; null if there is none."),
        Column("before_last", pl.Date(), "Last known day before."),
        Column("after_first", pl.Date(), "First settled day after; null if there is none."),
        Column("after_last", pl.Date(), "Last settled day after; at most 90 days count."),
        Column("days_before", pl.Int64(), "Known days before.", nullable=False),
        Column("days_after", pl.Int64(), "Settled days after.", nullable=False),
        Column(
            "control",
            pl.String(),
            "What tells a general movement from the deed: `siblings` (at least two other resources of the service that were "
            "there throughout), `list price` (of the same use) or `none`.",
            nullable=False,
        ),
        Column("control_movement", pl.Float64(), "How the control moved, as a share; null without one."),
        Column("expected_per_day", MONEY, "What a day would have cost: same weekdays before × movement of the control."),
        Column(
            "actual_per_day", MONEY, "What a day did cost; if it is gone, with what came in its place (then `reason` says so)."
        ),
        Column("saving_per_day", MONEY, "expected − actual."),
        Column("saving_per_day_low", MONEY, "Lower bound of the saving, 95 %."),
        Column("saving_per_day_high", MONEY, "Upper bound of the saving, 95 %."),
        Column(
            "saving_to_date",
            MONEY,
            "Saving of all days after; null unless it is visible, and if another row about the same costs has it already (then "
            "`reason` names it): what is there may be added up. Below zero if `reverse`.",
        ),
        Column(
            "result",
            pl.String(),
            "`verified` (the interval is above zero), `not visible` (it holds zero), `reverse` (below) or `not enough days`.",
            nullable=False,
        ),
        Column("reason", pl.String(), "Why nothing is said, or what limits what is said; null if nothing does."),
    ),
)

DECISIONS = Table(
    name="finops/decisions",
    description="One row per decision of a person about a recommendation, an anomaly or an action; rows are only added.",
    columns=(
        Column("decision_id", pl.String(), "Identity of the decision.", nullable=False),
        Column("at", UTC, "When it was made.", nullable=False),
        Column("subject", pl.String(), "`recommendation`, `anomaly` or `action`.", nullable=False),
        Column("subject_id", pl.String(), "recommendation_id, episode_id of the anomaly, or action_id.", nullable=False),
        Column(
            "verdict",
            pl.String(),
            "Of a recommendation: `accepted`, `done`, `dismissed` or `open`. Of an anomaly: `true`, `false`, `expected` or "
            "`withdrawn`. Of an action: `approved`, `rejected`, `rollback` or `open`.",
            nullable=False,
        ),
        Column("by", pl.String(), "Who decided.", nullable=False),
        Column("note", pl.String(), "Why; empty if not said.", nullable=False),
        Column("valid_from", pl.Date(), "First day on which it holds; of `done`, the day on which it was done.", nullable=False),
        Column(
            "until",
            pl.Date(),
            "Last day on which it holds; null if it has no end. Without it, an `expected` is for the same place of each month.",
        ),
    ),
)
