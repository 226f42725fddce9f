"""What is kept of restore tests: the tests, what sources were noted to hold, and what is proven of each database."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from assets.recovery import tables
from assets.recovery.backup_state import Looked
from assets.recovery.logic.backup_gaps import newest
from assets.recovery.logic.fingerprints import Fingerprint
from assets.recovery.logic.restore_tests import PASS, Noted, PastTest, conclusive, restorability
from assets.recovery.restoring.reading import Source
from resources.lake import Lake

_SIDES = tuple(field.name for field in fields(Noted))


def past_tests(lake: Lake) -> dict[str, list[PastTest]]:
    """All tests by OCID of the database."""
    found: dict[str, list[PastTest]] = {}
    for row in lake.scan(tables.RESTORE_TESTS).collect().iter_rows(named=True):
        reasons = (row["reasons"],) if row["reasons"] else ()
        test = PastTest(row["ended_at"], row["verdict"], row["restore_seconds"], reasons)
        found.setdefault(row["database_id"], []).append(test)
    return found


def proofs(tests: Mapping[str, Sequence[PastTest]]) -> dict[str, datetime]:
    """When each database was proven last, where that still stands: no test of it failed since."""
    last = {ocid: conclusive(of) for ocid, of in tests.items()}
    return {ocid: one.at for ocid, one in last.items() if one is not None and one.verdict == PASS}


def tried(tests: Mapping[str, Sequence[PastTest]]) -> dict[str, datetime]:
    """When each database was tested last, whatever came of it."""
    return {ocid: max(one.at for one in of) for ocid, of in tests.items() if of}


def keep_test(lake: Lake, row: Mapping[str, Any]) -> None:
    """Write a test down; a repeat writes the same row."""
    frame = pl.DataFrame([row], schema=tables.RESTORE_TESTS.schema)
    lake.replace(tables.RESTORE_TESTS, frame, where=f"test_id = '{row['test_id']}'")


def keep_checkpoint(lake: Lake, database_id: str, source: Source, run_id: str) -> None:
    """Write down what a source was noted to hold around a moment."""
    sides = [(side, getattr(source.noted, side)) for side in _SIDES]
    rows = [
        {"database_id": database_id, "at": source.at, "side": side, "table": one.name, "rows": one.rows,
         "checksum": one.checksum, "left_out": ",".join(one.left_out), "error": one.error, "run_id": run_id}
        for side, prints in sides
        for one in prints
    ]  # fmt: skip
    frame = pl.DataFrame(rows, schema=tables.CHECKPOINTS.schema)
    lake.replace(tables.CHECKPOINTS, frame, where=f"database_id = '{database_id}' AND run_id = '{run_id}'")


def checkpoints(lake: Lake, database_id: str, since: datetime) -> list[tuple[datetime, Noted]]:
    """What was noted of a source since a moment, oldest first."""
    chosen = (pl.col("database_id") == database_id) & (pl.col("at") >= since)
    rows = lake.scan(tables.CHECKPOINTS).filter(chosen).collect().sort("at", "table")
    found = []
    for (at,), part in rows.group_by("at", maintain_order=True):
        sides: dict[str, list[Fingerprint]] = {side: [] for side in _SIDES}
        for row in part.iter_rows(named=True):
            left_out = tuple(filter(None, row["left_out"].split(",")))
            sides[row["side"]].append(Fingerprint(row["table"], row["rows"], row["checksum"], left_out, row["error"]))
        found.append((at, Noted(*(tuple(sides[side]) for side in _SIDES))))
    return found


def restorability_rows(looked: Looked, tests: Mapping[str, Sequence[PastTest]], now: datetime) -> pl.DataFrame:
    """What is proven of each database that has backups of its own."""
    rows = []
    for database in looked.subject:
        policy, backups = looked.policies[database.id], looked.held[database.id].backups
        known = restorability(policy, tests.get(database.id, ()), now)
        last = None if backups is None else newest(backups)
        age = None if known.proven_at is None else (now - known.proven_at) / timedelta(days=1)
        rows.append(
            {
                "database_id": database.id, "database": database.display_name, "region": database.region,
                "environment": database.environment, "policy": policy and policy.name, "verdict": known.verdict,
                "said": known.said, "proven_at": known.proven_at, "age_days": age, "tested_at": known.tested_at,
                "restore_seconds": known.restore_seconds, "every_days": policy and policy.restore_test_days,
                "overdue": known.overdue, "newest_backup_at": last and last.time_ended, "seen_at": now,
            }
        )  # fmt: skip
    return pl.DataFrame(rows, schema=tables.RESTORABILITY.schema)
