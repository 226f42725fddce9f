"""The asset of how databases stand against thresholds."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl

from assets.catalogue import markdown_table, table_metadata
from assets.failures import errors_classified
from assets.fleet import tables
from assets.fleet.logic.inventory import databases_of
from assets.fleet.logic.levels import Level
from assets.fleet.logic.measured import Measured, Missing, Outcome
from assets.fleet.logic.status import OVERALL, Key, Known
from assets.fleet.logic.status import status as judged
from assets.fleet.logic.thresholds import Thresholds, thresholds
from resources.clock import Clock
from resources.errors import BadInput, NotFound
from resources.lake import Lake
from resources.object_store import ObjectStore

THRESHOLDS_FILE = "fleet/thresholds.yaml"
"""Where a deployment's own thresholds lie in the inputs store."""
_SHIPPED = Path(__file__).parent / "thresholds.yaml"
_KEY = dg.AssetKey(["fleet", "status"])
_CHECK = "every_database_is_known"
_DAYS = 7
_FIRST_DAY = timedelta(days=1)
_STALE = timedelta(hours=26)
"""How old a collection may be and still say how databases stand: one that is made nightly may be late."""


@dg.asset(
    key=_KEY,
    group_name="fleet",
    owners=["team:dba"],
    kinds={"yaml", "polars", "deltalake"},
    metadata=table_metadata(tables.STATUS),
    deps=[dg.AssetKey(["fleet", "measurements"])],
    check_specs=[
        dg.AssetCheckSpec(
            _CHECK,
            asset=_KEY,
            description="Of every database that runs, all important metrics are known. One of which they are not is called "
            "unknown, never well.",
        )
    ],
)
def status(lake: Lake, cloud_clock: Clock, inputs_store: ObjectStore) -> dg.MaterializeResult:
    """Databases against the thresholds of CPU, memory, storage and response time: well, warning, critical or unknown, since when.

    Thresholds come with the product; `fleet/thresholds.yaml` in the inputs store changes them for all, for an environment or
    for a database.
    """
    with errors_classified():
        wanted = thresholds_in_force(inputs_store)
    fleet = databases_of(lake.scan(tables.DATABASES).collect())
    now = cloud_clock.now()
    rows = pl.DataFrame(judged(fleet, wanted, _known(lake, now), now), schema=tables.STATUS.schema)
    lake.replace(tables.STATUS, rows, where=None)
    whole = rows.filter(pl.col("metric") == OVERALL)
    names = pl.DataFrame([(one.id, one.display_name, one.lifecycle_state) for one in fleet], schema=_NAMES, orient="row")
    shown = whole.join(names, on="database_id", how="left").select("display_name", "lifecycle_state", "level", "since", "reason")
    wrong = shown.filter(pl.col("level") != "ok").sort("level", "display_name")
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(rows),
            "databases": dg.MetadataValue.json(dict(sorted(whole["level"].value_counts().iter_rows()))),
            "not_well": markdown_table(wrong, limit=100),
            "how_to_change_thresholds": f"Put a file at {THRESHOLDS_FILE} in the inputs store.",
        },
        check_results=[_checked(shown)],
    )


_NAMES = {"database_id": pl.String, "display_name": pl.String, "lifecycle_state": pl.String}


def thresholds_in_force(inputs_store: ObjectStore) -> Thresholds:
    """The product's thresholds, changed by the deployment's own.

    Raises:
        BadInput: Its file cannot be taken.
        CloudOpsError: The store cannot be read, which is not the same as a store without such a file.
    """
    try:
        own = inputs_store.get(THRESHOLDS_FILE).decode("utf-8", "replace")
    except NotFound:
        own = None
    try:
        return thresholds(_SHIPPED.read_text(encoding="utf-8"), own)
    except ValueError as error:
        raise BadInput(str(error), f"Correct {THRESHOLDS_FILE} in the inputs store.") from None


def _known(lake: Lake, now: datetime) -> Known:
    first = (now - timedelta(days=_DAYS)).date()
    measured = lake.scan(tables.MEASUREMENTS).filter(pl.col("day") >= first).collect()
    collections = measured["collected_at"].unique().sort().to_list()
    last = measured.filter((pl.col("collected_at") == pl.col("collected_at").max()) & (pl.col("collected_at") >= now - _STALE))
    return Known(
        now={(row["database_id"], row["metric"]): _outcome(row) for row in last.to_dicts()},
        points=_points(lake, measured, first),
        before=_before(lake),
        news_from=collections[-2] if len(collections) > 1 else now - _FIRST_DAY,
    )


def _points(lake: Lake, measured: pl.DataFrame, first: date) -> dict[Key, list[Measured]]:
    """Values of the last days: the history of Monitoring, and what databases said themselves at each collection."""
    points: dict[Key, list[Measured]] = defaultdict(list)
    own = measured.filter((pl.col("source") == "sql") & (pl.col("status") == "measured")).sort("value_to")
    for row in own.to_dicts():
        points[row["database_id"], row["metric"]].append(Measured(row["value"], row["value_from"], row["value_to"]))
    history = lake.scan(tables.METRIC_HISTORY).filter(pl.col("day") >= first).sort("time").collect()
    for (database_id, metric), rows in history.group_by("database_id", "metric", maintain_order=True):
        points[database_id, metric] += [
            Measured(value, start, start + timedelta(minutes=minutes))
            for start, minutes, value in rows.select("time", "minutes", "value").iter_rows()
        ]
    return points


def _before(lake: Lake) -> dict[Key, tuple[Level, datetime]]:
    found = lake.scan(tables.STATUS).select("database_id", "metric", "level", "since").collect()
    return {(database_id, metric): (level, since) for database_id, metric, level, since in found.iter_rows()}


def _outcome(row: Mapping[str, object]) -> Outcome:
    if row["status"] == "measured":
        return Measured(row["value"], row["value_from"], row["value_to"])  # type: ignore[arg-type]
    return Missing(row["status"], str(row["reason"]))  # type: ignore[arg-type]


def _checked(shown: pl.DataFrame) -> dg.AssetCheckResult:
    unknown = shown.filter((pl.col("level") == "unknown") & (pl.col("lifecycle_state") != "STOPPED"))
    return dg.AssetCheckResult(
        check_name=_CHECK,
        passed=unknown.is_empty(),
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "databases": len(shown),
            "unknown": len(unknown),
            "which": markdown_table(unknown.select("display_name", "lifecycle_state", "reason"), limit=100),
        },
    )
