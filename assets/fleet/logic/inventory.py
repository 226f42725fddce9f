"""The fleet over time: what was listed, held against what was known. Nothing is forgotten, and no failure looks like absence."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from resources.autonomous_databases import AutonomousDatabase, Standby

WATCHED = (
    "region", "compartment_id", "compartment", "display_name", "db_name", "lifecycle_state", "role", "workload", "compute_model",
    "compute_count", "is_auto_scaling_enabled", "data_storage_gb", "is_storage_auto_scaling_enabled", "open_mode", "peer_ids",
    "backup_retention_days", "is_refreshable_clone", "source_id", "is_free_tier", "is_dedicated", "license_model", "db_version",
    "is_mtls_required", "environment", "is_protected", "time_created", "tags", "connections",
)  # fmt: skip
"""Columns whose change begins a new row of a database."""
_LAST = ("standbys", "contacts", "used_storage_gb", "lifecycle_details")
"""Columns that are kept as they were last seen."""
TERMINATED, NOT_SHOWN = "terminated", "no longer shown"


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at the fleet found.

    Attributes:
        at: When.
        found: Databases that were shown.
        gone: Of databases that were known: how they ended.
        unseen: Of databases that were known: why nobody knows how they are.
    """

    at: datetime
    found: Sequence[AutonomousDatabase]
    gone: Mapping[str, str] = field(default_factory=dict)
    unseen: Mapping[str, str] = field(default_factory=dict)


def missing(known: pl.DataFrame, found: Collection[str], failed: Collection[tuple[str, str]]) -> list[dict[str, Any]]:
    """Databases that were there, were not shown, and whose place (region, compartment) was listed: to be asked for by name."""
    current = known.filter(pl.col("valid_to").is_null() & ~pl.col("database_id").is_in(list(found)))
    return [row for row in current.to_dicts() if (row["region"], row["compartment_id"]) not in failed]


def unseen(known: pl.DataFrame, found: Collection[str], failed: Mapping[tuple[str, str], str]) -> dict[str, str]:
    """Databases that were there, and whose place could not be listed: why."""
    current = known.filter(pl.col("valid_to").is_null() & ~pl.col("database_id").is_in(list(found)))
    places = ((row["database_id"], (row["region"], row["compartment_id"])) for row in current.to_dicts())
    return {database_id: failed[place] for database_id, place in places if place in failed}


def followed(known: pl.DataFrame, look: Look, compartments: Mapping[str, str]) -> pl.DataFrame:
    """The table of databases after a look at them.

    Args:
        known: The table as it was.
        look: What was found.
        compartments: Path of each compartment by its OCID.

    Returns:
        The rows of the table, ended ones first; what the look says nothing of stays as it is.
    """
    current = {row["database_id"]: row for row in known.filter(pl.col("valid_to").is_null()).to_dicts()}
    rows = known.filter(pl.col("valid_to").is_not_null()).to_dicts()
    now = {one.id: _row(one, compartments.get(one.compartment_id), look.at) for one in look.found}
    for database_id, before in current.items():
        row = now.get(database_id)
        if database_id in look.gone:
            rows.append({**before, "valid_to": look.at, "ended_by": look.gone[database_id]})
        elif row is None:
            reason = look.unseen.get(database_id)
            since = before["unknown_since"] or look.at if reason else before["unknown_since"]
            rows.append({**before, "unknown_since": since, "unknown_reason": reason or before["unknown_reason"]})
        elif changed := [name for name in WATCHED if row[name] != before[name]]:
            rows.append({**before, "valid_to": look.at, "ended_by": f"changed: {', '.join(changed)}"})
        else:
            row["valid_from"] = before["valid_from"]
    return pl.DataFrame([*rows, *now.values()], schema=known.schema, orient="row").sort("database_id", "valid_from")


def databases_of(table: pl.DataFrame) -> list[AutonomousDatabase]:
    """The databases of the table's current rows, as the service showed them last (without etags)."""
    return [_database(row) for row in table.filter(pl.col("valid_to").is_null()).to_dicts()]


def _row(one: AutonomousDatabase, compartment: str | None, at: datetime) -> dict[str, Any]:
    profiles = [[group, way, text] for (group, way), text in sorted(one.profiles.items())]
    standbys = [
        {"kind": s.kind, "lifecycle_state": s.lifecycle_state, "lag_seconds": s.lag_seconds, "id": s.id, "region": s.region,
         "recovery_type": s.recovery_type}
        for s in one.standbys
    ]  # fmt: skip
    same = {name: getattr(one, name) for name in (*WATCHED, *_LAST) if name not in _OWN}
    return {
        **same,
        "database_id": one.id,
        "compartment": compartment,
        "peer_ids": sorted(one.peer_ids),
        "contacts": sorted(one.contacts),
        "tags": json.dumps(dict(one.tags), ensure_ascii=False, sort_keys=True),
        "connections": json.dumps({"profiles": profiles, "ords_url": one.ords_url}, sort_keys=True),
        "standbys": json.dumps(standbys),
        "seen_at": at,
        "unknown_since": None,
        "unknown_reason": None,
        "valid_from": at,
        "valid_to": None,
        "ended_by": None,
    }


_OWN = ("compartment", "peer_ids", "contacts", "tags", "connections", "standbys")
"""Columns that are not an attribute of a database as it is."""


def _database(row: Mapping[str, Any]) -> AutonomousDatabase:
    derived = (*_OWN, "environment", "is_protected")
    connections = json.loads(row["connections"])
    return AutonomousDatabase(
        id=row["database_id"],
        **{name: row[name] for name in (*WATCHED, *_LAST) if name not in derived},
        peer_ids=tuple(row["peer_ids"]),
        contacts=tuple(row["contacts"]),
        tags=json.loads(row["tags"]),
        profiles={(group, way): text for group, way, text in connections["profiles"]},
        ords_url=connections["ords_url"],
        standbys=tuple(Standby(**one) for one in json.loads(row["standbys"])),
    )
