"""Tables of what policies match."""

import polars as pl

from assets.finops.tables.shared import SERIES_KEY
from resources.tables import MONEY, Column, Table

_TEXTS = ("clause", "result", "value", "threshold")
_REASON = pl.Struct({**dict.fromkeys(_TEXTS, pl.String()), "window_days": pl.Int64(), "rows": pl.Int64(), "source": pl.String()})

POLICY_MATCHES = Table(
    name="finops/policy_matches",
    description="One row per policy and resource that it matches or ever matched: since when, why, what it would do, and what "
    "that would touch.",
    columns=(
        Column("match_id", pl.String(), "Identity: the same for the same policy and resource, in every run.", nullable=False),
        Column("policy", pl.String(), "Name of the policy.", nullable=False),
        Column("policy_file", pl.String(), "File that it is from; `shipped/…` came with the product.", nullable=False),
        Column("mode", pl.String(), "`advisory` (tells people) or `propose` (its actions wait for approval).", nullable=False),
        *SERIES_KEY,
        Column("ResourceId", pl.String(), "Resource.", nullable=False),
        Column("ResourceName", pl.String(), "Its latest name; null if none was given."),
        Column("ResourceType", pl.String(), "Its kind."),
        Column("SubAccountName", pl.String(), "Latest name of the sub-account."),
        Column("cost_30d", MONEY, "Known cost of the 30 days up to `matched_at`: what is at stake; null if unknown."),
        Column(
            "actions",
            pl.List(pl.Struct({"action": pl.String(), "parameters": pl.String()})),
            "What the policy would do, each with its parameters as a JSON object. Nothing is done by the match itself.",
            nullable=False,
        ),
        Column(
            "explanation",
            pl.List(_REASON),
            "The filters that make it a match: place in the policy, result (`holds`, or `unknown, which counts as a match`), "
            "value, what it was held against, days that it covers, rows behind it (null if not known) and the table it is from.",
            nullable=False,
        ),
        Column(
            "dependants",
            pl.List(pl.Struct({"relation": pl.String(), "id": pl.String()})),
            "What is known to depend on the resource or to be counted with it: `attached to`, `member of`, `charged to budget`.",
            nullable=False,
        ),
        Column(
            "dependants_unknown",
            pl.List(pl.String()),
            "The kinds of relation of which nothing is known for the resource.",
            nullable=False,
        ),
        Column("matched_at", pl.Date(), "Settled day of the bills on which it was last found to match.", nullable=False),
        Column(
            "first_matched",
            pl.Date(),
            "Settled day of the bills on which it was first found, since it last ended.",
            nullable=False,
        ),
        Column(
            "state",
            pl.String(),
            "`new` (first found on `matched_at`), `continuing`, `ended`, or `unknown` while a filter that decides cannot be "
            "known or the policy cannot be read.",
            nullable=False,
        ),
        Column("ended_at", pl.Date(), "Settled day on which it did not match any more; null if it has not ended."),
    ),
)
