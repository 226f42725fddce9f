"""Tables of cost anomalies."""

import polars as pl

from assets.finops.tables.shared import DAY, SERIES_KEY
from resources.tables import MONEY, Column, Table

_ID = Column("episode_id", pl.String(), "Identity of the episode: the same in every run.", nullable=False)
_KIND = Column(
    "kind",
    pl.String(),
    "`spike`, `rise`, `drop-out`, `fall`, `drift`, `shift between resources`, `new series`, `unusual cost` or `price step`.",
    nullable=False,
)
_DIRECTION = Column("direction", pl.String(), "`up`, `down`, or `mixed` if cost moved between resources.", nullable=False)
_JUDGEMENT = (
    Column("score", pl.Float64(), "Times the threshold of the test that it passed.", nullable=False),
    Column("history_days", pl.Int64(), "Days of history behind the judgement.", nullable=False),
    Column(
        "confidence",
        pl.String(),
        "`low` below 28 days of history or if little stands out of much noise, `high` if it is clear and 56 days are behind it, "
        "else `medium`.",
        nullable=False,
    ),
    Column("resource_ids", pl.List(pl.String()), "Resources that moved, by money.", nullable=False),
)

ANOMALY_EPISODES = Table(
    name="finops/anomaly_episodes",
    description="One row per anomaly of a series (sub-account × service × region × currency): when, what is at stake, who is "
    "behind it, what people said about it and whether it was worth an alert. Price steps are listed, but are no anomalies.",
    columns=(
        _ID,
        *SERIES_KEY,
        _KIND,
        _DIRECTION,
        Column("first_day", pl.Date(), "First day of what was noticed.", nullable=False),
        Column("alarm_day", pl.Date(), "Day that made it noticed: it was judged with the days up to this one.", nullable=False),
        Column("last_day", pl.Date(), "Last anomalous day so far.", nullable=False),
        Column("days", pl.Int64(), "Days from the first to the last.", nullable=False),
        Column(
            "state",
            pl.String(),
            "`open`, `over`, `new level` if it still lasted 30 days after the alarm, or `withdrawn` if people were told of it "
            "and corrected bills show none: its amounts are 0.",
            nullable=False,
        ),
        Column("expected", MONEY, "What these days were expected to cost.", nullable=False),
        Column("actual", MONEY, "What they did cost.", nullable=False),
        Column("impact", MONEY, "actual − expected.", nullable=False),
        Column("impact_per_day", MONEY, "The same per day with data.", nullable=False),
        Column(
            "at_stake_per_day",
            MONEY,
            "Size of the impact per day; of cost that moved between resources, the amount moved.",
            nullable=False,
        ),
        *_JUDGEMENT,
        Column(
            "culprits",
            pl.List(pl.Struct({"ResourceId": pl.String(), "expected": MONEY, "actual": MONEY})),
            "The same resources with what they were expected to cost in these days, and did.",
            nullable=False,
        ),
        Column("verdict", pl.String(), "`true`, `false` or `expected`, given by people or following from what they said before."),
        Column("verdict_reason", pl.String(), "Who said so and why, or which earlier episode it is like."),
        Column("alerted_on", pl.Date(), "Day of the alert within the weekly budget; null if it was not worth one."),
    ),
)

COST_ANOMALIES = Table(
    name="finops/cost_anomalies",
    description="One row per day of each anomaly.",
    columns=(
        DAY,
        *SERIES_KEY,
        _ID,
        _KIND,
        _DIRECTION,
        Column("actual", MONEY, "EffectiveCost of the day (BilledCost where that is unknown), exact.", nullable=False),
        Column("expected", MONEY, "What the series' own past let expect, without the anomaly.", nullable=False),
        Column("impact", MONEY, "actual − expected.", nullable=False),
        *_JUDGEMENT,
    ),
)
