"""Tables of how databases do: what was measured, its history, what they wait for and which statements cost most."""

import polars as pl

from resources.tables import UTC, Column, Table

_DATABASE = Column("database_id", pl.String(), "OCID.", nullable=False)
_AT = Column("collected_at", UTC, "When the collection began; the same for all databases of one.", nullable=False)
_DAY = Column("day", pl.Date(), "Its day.", nullable=False)
_FROM = Column("interval_start", UTC, "The collection before, from which counters were taken as they stood.", nullable=False)
MEASUREMENTS = Table(
    name="fleet/measurements",
    description="One row per database, metric and collection, whatever came of it: `measured` with a value; `unknown` if it "
    "could have been measured and was not; `unavailable` if it cannot be had as things are (no access to a view, not running). "
    "Kept for 400 days.",
    columns=(
        _DATABASE,
        Column("metric", pl.String(), "Which: `cpu_utilization`, `response_time_seconds`, …", nullable=False),
        _AT,
        _DAY,
        Column("value", pl.Float64(), "In the unit; null unless measured."),
        Column("unit", pl.String(), "Of the value.", nullable=False),
        Column("status", pl.String(), "`measured`, `unknown` or `unavailable`.", nullable=False),
        Column("reason", pl.String(), "Why there is no value; null if there is."),
        Column("source", pl.String(), "`monitoring`, or `sql` with the database itself.", nullable=False),
        Column("value_from", UTC, "Start of the time that the value is of."),
        Column("value_to", UTC, "End of it; the same as the start of what was true at one moment."),
    ),
    partition_by=("day",),
)
METRIC_HISTORY = Table(
    name="fleet/metric_history",
    description="Metrics of OCI Monitoring over time, one value per database, metric and interval (an hour unless the job is "
    "told otherwise); the first collection reads up to 30 days back. An interval without a row was not measured. Kept for 400 "
    "days.",
    columns=(
        _DATABASE,
        Column("metric", pl.String(), "Name of the metric.", nullable=False),
        Column("time", UTC, "Start of the interval.", nullable=False),
        Column("minutes", pl.Float64(), "Its length.", nullable=False),
        Column("day", pl.Date(), "Its day.", nullable=False),
        Column("value", pl.Float64(), "In the metric's unit.", nullable=False),
    ),
    partition_by=("day",),
)
WAIT_EVENTS = Table(
    name="fleet/wait_events",
    description="What sessions of a database waited for between two collections: the events that took most time. Kept for 90 "
    "days.",
    columns=(
        _DATABASE,
        _AT,
        _DAY,
        _FROM,
        Column("rank", pl.Int64(), "1 is the event that took most time.", nullable=False),
        Column("event", pl.String(), "Name of the wait event.", nullable=False),
        Column("wait_class", pl.String(), "Its class; `Idle` is left out."),
        Column("waits", pl.Float64(), "How often, in the interval.", nullable=False),
        Column("seconds", pl.Float64(), "Time waited in the interval, summed over sessions.", nullable=False),
        Column("share", pl.Float64(), "Of all time waited in it, 0 to 1.", nullable=False),
    ),
    partition_by=("day",),
)
TOP_SQL = Table(
    name="fleet/top_sql",
    description="The statements that took most time in a database between two collections. Kept for 90 days.",
    columns=(
        _DATABASE,
        _AT,
        _DAY,
        _FROM,
        Column("rank", pl.Int64(), "1 is the statement that took most time.", nullable=False),
        Column("sql_id", pl.String(), "Identity of the statement.", nullable=False),
        Column("plan_hash_value", pl.String(), "Identity of its plan."),
        Column("sql_text", pl.String(), "Its first characters, without literals and comments."),
        Column("executions", pl.Float64(), "In the interval.", nullable=False),
        Column("elapsed_seconds", pl.Float64(), "In the interval.", nullable=False),
        Column("seconds_per_execution", pl.Float64(), "Null without executions."),
        Column("cpu_seconds", pl.Float64(), "In the interval.", nullable=False),
        Column("buffer_gets", pl.Float64(), "Blocks read from memory, in the interval.", nullable=False),
        Column("disk_reads", pl.Float64(), "Blocks read from storage, in the interval.", nullable=False),
        Column("rows_processed", pl.Float64(), "In the interval.", nullable=False),
        Column("share", pl.Float64(), "Of the time of all statements seen, 0 to 1.", nullable=False),
    ),
    partition_by=("day",),
)
COUNTERS = Table(
    name="fleet/counters",
    description="Where the counters of each database stood when they were last read: the next collection takes its differences "
    "from there.",
    columns=(
        _DATABASE,
        Column("query", pl.String(), "Which query read them.", nullable=False),
        Column("read_at", UTC, "When.", nullable=False),
        Column("instances", pl.String(), "Start of each instance, as JSON: a restart sets counters back."),
        Column("rows", pl.String(), "What the query answered, as JSON; of statements without their texts.", nullable=False),
    ),
)
