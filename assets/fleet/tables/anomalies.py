"""Tables of what is unusual in the metrics of databases, what of it belongs together, and how well it is found."""

import polars as pl

from resources.tables import UTC, Column, Table

_CAUSE = pl.Struct(
    {
        "metric": pl.String(),
        "share": pl.Float64(),
        "value": pl.Float64(),
        "expected": pl.Float64(),
        "expected_with_the_others": pl.Float64(),
    }
)
_DATABASE = Column("database_id", pl.String(), "OCID.", nullable=False)
METRIC_JUDGEMENTS = Table(
    name="fleet/metric_judgements",
    description="Every interval of every metric of the last 30 days, with what the intervals before it alone let expect.",
    columns=(
        _DATABASE,
        Column("metric", pl.String(), "Name of the metric.", nullable=False),
        Column("time", UTC, "Start of the interval.", nullable=False),
        Column("value", pl.Float64(), "Null if it was not measured."),
        Column("expected", pl.Float64(), "What was expected; null where unknown."),
        Column("low", pl.Float64(), "Below this it is an anomaly by itself."),
        Column("high", pl.Float64(), "Above this likewise."),
        Column("surprise", pl.Float64(), "Distance from what was expected, in noises; negative below it."),
        Column("verdict", pl.String(), "`usual`, `anomaly` or `unknown`.", nullable=False),
        Column("unknown_because", pl.String(), "`not measured` or `too little history`."),
    ),
)
METRIC_ANOMALIES = Table(
    name="fleet/metric_anomalies",
    description="Anomalies of the last 30 days: stretches in which a metric was not as its past let expect, and (`metric` is "
    "`joint`) in which the metrics of a database did not fit each other.",
    columns=(
        Column("incident_id", pl.String(), "What it is part of, in `fleet/incidents`.", nullable=False),
        _DATABASE,
        Column("metric", pl.String(), "Name of the metric, or `joint`.", nullable=False),
        Column("start", UTC, "Start of its first interval.", nullable=False),
        Column("end", UTC, "Start of its last interval.", nullable=False),
        Column("points", pl.Int64(), "Intervals that are part of it.", nullable=False),
        Column("direction", pl.String(), "`up`, `down`, `flat` (stuck), or `joint`.", nullable=False),
        Column("peak", UTC, "Interval that is farthest out.", nullable=False),
        Column("value", pl.Float64(), "Its value; null if joint."),
        Column("expected", pl.Float64(), "What was expected of it."),
        Column("low", pl.Float64(), "Bound of what would have been usual."),
        Column("high", pl.Float64(), "Bound of it."),
        Column("surprise", pl.Float64(), "Distance from what was expected, in noises."),
        Column("is_alarm", pl.Boolean(), "Whether anything like it was not seen in the last weeks.", nullable=False),
        Column("is_open", pl.Boolean(), "Whether it may still go on.", nullable=False),
        Column("causes", pl.List(_CAUSE), "If joint: metrics that do not fit, with what the others let expect of them."),
    ),
)
INCIDENTS = Table(
    name="fleet/incidents",
    description="Anomalies that belong together: those of one database at a time, or the same in many databases at once with "
    "what these have in common.",
    columns=(
        Column("incident_id", pl.String(), "The same for the same anomalies.", nullable=False),
        Column("start", UTC, "Of its first anomaly.", nullable=False),
        Column("end", UTC, "Of its last.", nullable=False),
        Column("is_open", pl.Boolean(), "Whether it may still go on.", nullable=False),
        Column("is_alarm", pl.Boolean(), "Whether something of it is new.", nullable=False),
        Column("metrics", pl.List(pl.String()), "Those of its anomalies, with the most databases first.", nullable=False),
        Column("scope", pl.String(), "What its databases share, `region=eu-zurich-1`; empty: the fleet; null: one database."),
        Column("databases", pl.List(pl.String()), "OCIDs of those that have it.", nullable=False),
        Column("not_affected", pl.List(pl.String()), "OCIDs of those of the scope that have not.", nullable=False),
        Column("apart", pl.List(pl.String()), "OCIDs of those of the scope that are in trouble by themselves.", nullable=False),
        Column("unknown", pl.List(pl.String()), "OCIDs of those of the scope of which it is not known.", nullable=False),
        Column("elsewhere", pl.Int64(), "Databases outside of the scope that are free of it.", nullable=False),
        Column("anomalies", pl.Int64(), "How many anomalies it is made of.", nullable=False),
        Column("said", pl.String(), "It in a sentence.", nullable=False),
    ),
)
DETECTION_QUALITY = Table(
    name="fleet/detection_quality",
    description="How many known anomalies, put into the fleet's own metrics, were found: a row per kind, and `all` for all.",
    columns=(
        Column("measured_at", UTC, "When.", nullable=False),
        Column("kind", pl.String(), "Kind of the known anomalies, or `all`.", nullable=False),
        Column("status", pl.String(), "`measured`, or `not enough history`.", nullable=False),
        Column("events", pl.Int64(), "Known anomalies.", nullable=False),
        Column("found", pl.Int64(), "Of these found in time.", nullable=False),
        Column("recall", pl.Float64(), "found / events; null if too few found room."),
        Column("low", pl.Float64(), "Lower end of its interval at 95 % (Wilson); null for `all`."),
        Column("high", pl.Float64(), "Upper end of it."),
        Column("precision", pl.Float64(), "Right episodes, of those that they caused; null for single kinds."),
        Column("median_intervals_to_detect", pl.Float64(), "From the start to the first flag, over those found."),
        Column("own_per_1000_points", pl.Float64(), "Episodes in the metrics as they are, true or not; null for single kinds."),
    ),
)
