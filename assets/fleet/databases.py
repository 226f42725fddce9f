"""The asset of what databases there are, in every compartment of every region, and of how they changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product
from typing import Any

import dagster as dg
import polars as pl

from assets.catalogue import markdown_table, table_metadata
from assets.failures import errors_classified
from assets.fleet import tables
from assets.fleet.collecting import Collecting
from assets.fleet.collection import Deadline, Limits, collect
from assets.fleet.logic.inventory import NOT_SHOWN, TERMINATED, Look, followed, missing, unseen
from assets.progress import Progress, show
from resources.autonomous_databases import GONE, AutonomousDatabase, Compartment
from resources.clock import Clock
from resources.database_service import AutonomousDatabases
from resources.errors import NotFound
from resources.lake import Lake

_KEY = dg.AssetKey(["fleet", "databases"])
_CHECK = "every_place_was_listed"
_MONITORED = "Autonomous Database"
_OTHERS = "others"


@dataclass(frozen=True, slots=True)
class _Place:
    """A compartment in a region."""

    region: str
    compartment: Compartment

    @property
    def key(self) -> tuple[str, str]:
        return self.region, self.compartment.id


@dataclass(slots=True)
class _Listed:
    """What was found in the places.

    Attributes:
        databases: Those that were shown, of all places that could be listed.
        rows: Of `fleet/places`.
        failed: Places whose databases could not be listed, and why.
    """

    databases: list[AutonomousDatabase] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    failed: dict[tuple[str, str], str] = field(default_factory=dict)


@dg.asset(
    key=_KEY,
    group_name="fleet",
    owners=["team:dba"],
    kinds={"oracle", "deltalake"},
    metadata=table_metadata(tables.DATABASES),
    pool="fleet_collection",
    check_specs=[
        dg.AssetCheckSpec(
            _CHECK,
            asset=_KEY,
            description="Every compartment of every region could be listed, with all pages. What was known of one that could not "
            "is kept, and says since when it is unknown.",
        )
    ],
)
def databases(
    config: Collecting, lake: Lake, cloud_clock: Clock, autonomous_databases: AutonomousDatabases
) -> dg.MaterializeResult:
    """The Autonomous Databases of all compartments and regions, with the history of their shape, state and role.

    A place that cannot be listed is a failure with its name, and not an empty one; the others are stored all the same. A
    database that is no longer listed is asked for by name before it is taken to be gone.
    """
    now = cloud_clock.now()
    with errors_classified():
        compartments = autonomous_databases.compartments()
        places = [_Place(region, one) for region, one in product(autonomous_databases.regions(), compartments)]
    listed = _listed(autonomous_databases, places, config.limits, now, show)
    known = lake.scan(tables.DATABASES).collect()
    look = _look(autonomous_databases, listed, known, config.limits, now)
    rows = followed(known, look, {one.id: one.path for one in compartments})
    lake.replace(tables.PLACES, pl.DataFrame(listed.rows, schema=tables.PLACES.schema), where=None)
    lake.replace(tables.DATABASES, rows, where=None)
    return dg.MaterializeResult(metadata=_told(rows, listed, now), check_results=[_checked(listed)])


def _listed(service: AutonomousDatabases, places: Sequence[_Place], limits: Limits, now: datetime, progress: Progress) -> _Listed:
    """Look at every place, many at once; its databases and its others, of which one may fail without the other."""

    def look(task: tuple[_Place, str], deadline: Deadline) -> Sequence[AutonomousDatabase] | Mapping[str, int]:
        place, kind = task
        ask = service.databases if kind == _MONITORED else service.others
        return deadline.call(lambda: ask(*place.key))

    found = _Listed()
    tasks = list(product(places, (_MONITORED, _OTHERS)))
    for outcome in collect(tasks, look, limits, progress, "listing databases"):
        place, kind = outcome.item
        counts: Mapping[str, int | None]
        if isinstance(outcome.answer, Mapping):
            counts = outcome.answer
        elif outcome.answer is not None:
            found.databases.extend(outcome.answer)
            counts = {_MONITORED: len(outcome.answer)}
        else:
            counts = {kind: None}
            if kind == _MONITORED:
                found.failed[place.key] = str(outcome.reason)
        found.rows += [_row(place, kind, number, outcome.reason, now) for kind, number in counts.items()]
    return found


def _look(service: AutonomousDatabases, listed: _Listed, known: pl.DataFrame, limits: Limits, now: datetime) -> Look:
    """What is known now of every database that was ever known: those that are missing are asked for by name."""

    def ask(row: Mapping[str, Any], deadline: Deadline) -> AutonomousDatabase | None:
        try:
            return deadline.call(lambda: service.database(row["region"], row["database_id"]))
        except NotFound:
            return None

    shown = {one.id for one in listed.databases}
    found, gone = list(listed.databases), {}
    unknown = unseen(known, shown, listed.failed)
    for outcome in collect(missing(known, shown, listed.failed), ask, limits):
        database_id = outcome.item["database_id"]
        if outcome.reason is not None:
            unknown[database_id] = outcome.reason
        elif outcome.answer is None:
            gone[database_id] = NOT_SHOWN
        elif outcome.answer.lifecycle_state in GONE:
            gone[database_id] = TERMINATED
        else:
            found.append(outcome.answer)
    return Look(now, found, gone, unknown)


def _row(place: _Place, kind: str, number: int | None, reason: str | None, now: datetime) -> dict[str, Any]:
    return {
        "region": place.region,
        "compartment_id": place.compartment.id,
        "compartment": place.compartment.path,
        "kind": kind,
        "is_monitored": kind == _MONITORED,
        "is_listed": number is not None,
        "databases": number,
        "reason": reason,
        "looked_at": now,
    }


def _told(rows: pl.DataFrame, listed: _Listed, now: datetime) -> dict[str, Any]:
    current = rows.filter(pl.col("valid_to").is_null())
    changes = rows.filter((pl.col("valid_from") == now) | (pl.col("valid_to") == now))
    others = pl.DataFrame(listed.rows, schema=tables.PLACES.schema).filter(~pl.col("is_monitored"))
    return {
        "dagster/row_count": len(rows),
        "databases": len(current),
        "unknown": current["unknown_since"].is_not_null().sum(),
        "changed_or_gone": changes["ended_by"].is_not_null().sum(),
        "not_monitored": dg.MetadataValue.json(dict(others.group_by("kind").agg(pl.col("databases").sum()).iter_rows())),
        "states": markdown_table(current.group_by("region", "lifecycle_state", "role").len("databases").sort(pl.all())),
    }


def _checked(listed: _Listed) -> dg.AssetCheckResult:
    failed = pl.DataFrame(listed.rows, schema=tables.PLACES.schema).filter(~pl.col("is_listed"))
    return dg.AssetCheckResult(
        check_name=_CHECK,
        passed=failed.is_empty(),
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={
            "places": len({(row["region"], row["compartment_id"]) for row in listed.rows}),
            "not_listed": markdown_table(failed.select("region", "compartment", "kind", "reason"), limit=100),
        },
    )
