"""Restore tests: which databases are due, what a restored one is held against, and what is proven by it.

Tables of the source are noted twice, before and after the moment that is restored. One that was the same both times has to be
exactly that in the restored database. One that was written to meanwhile is asked for as it was at the moment, by flashback query;
where that does not reach, it can only be known to lie between the two notes. Databases know moments to some seconds: a restore
and a flashback query may take the same one for two. What was written to within these seconds is as it was just before, at or just
after the moment, or it is unknown, but never wrong.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

from assets.recovery.logic.backup_policies import BackupPolicy
from assets.recovery.logic.fingerprints import Difference, Fingerprint, differences
from resources.autonomous_databases import GONE, AutonomousDatabase

RUN_TAG, SOURCE_TAG, NAME_PREFIX = "cloudops-restore-test", "cloudops-restored-from", "cloudops-restore-test-"
"""Free-form tags of a restored database (run and OCID of the source), and how its display name begins."""
_TERABYTE = 1024.0
"""In gigabytes."""
_MOST_ATTEMPTS = 20
"""Of a run at one source: more is no run of ours."""
PASS: Final = "pass"  # noqa: S105
FAIL: Final = "fail"
UNKNOWN: Final = "unknown"
Verdict = Literal["pass", "fail", "unknown"]
Point = Literal["now", "newest backup", "earlier"]
"""What is restored: the moment at which the source was noted, its newest backup, or the moment of an earlier test's note."""


@dataclass(frozen=True, slots=True)
class Due:
    """A database that is to be tested, and why."""

    database: AutonomousDatabase
    policy: BackupPolicy
    why: str


@dataclass(frozen=True, slots=True)
class Noted:
    """Tables of a source around the moment that is restored.

    Attributes:
        before: As they were before it.
        after: As they were after it.
        then: As they were at it, for tables whose past could be asked.
        earlier: The same, some seconds before it.
        later: The same, some seconds after it.
    """

    before: tuple[Fingerprint, ...]
    after: tuple[Fingerprint, ...]
    then: tuple[Fingerprint, ...] = ()
    earlier: tuple[Fingerprint, ...] = ()
    later: tuple[Fingerprint, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in a restored database; None where it could not be read.

    Attributes:
        tables: Its tables.
        orphans: Rows without a parent, by foreign key; None of one that could not be counted.
        canary: Whether a row of a table could be read; None if there is none, or none could be tried.
        restorable_to: Time of its last heartbeat: up to there it surely is restored.
        heartbeat_gaps: Ids of heartbeats that are missing below the last.
        errors: What could not be read, in words.
    """

    tables: tuple[Fingerprint, ...] | None
    orphans: Mapping[str, int | None] | None = None
    canary: bool | None = None
    restorable_to: datetime | None = None
    heartbeat_gaps: tuple[int, ...] = ()
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """What a test proves, and why.

    Attributes:
        verdict: `pass`, `fail` or `unknown`.
        reasons: Everything that speaks against a pass.
        same: Tables that are as they were.
        different: Tables that are not.
        unknown: Tables of which that is unknown.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    same: int = 0
    different: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Restorability:
    """What is known of one database: `never` until it was tested; `overdue` if its last pass is older than its policy allows."""

    verdict: Verdict
    said: str
    overdue: bool | None
    tested_at: datetime | None = None
    proven_at: datetime | None = None
    restore_seconds: float | None = None


def due(
    fleet: Sequence[tuple[AutonomousDatabase, BackupPolicy]],
    passed: Mapping[str, datetime],
    tried: Mapping[str, datetime],
    now: datetime,
) -> list[Due]:
    """Databases whose last proof is older than their policy allows, those that were tried longest ago first.

    Args:
        fleet: Databases that have backups of their own.
        passed: When each was proven last, where that still stands.
        tried: When each was tested last, whatever came of it.
        now: The present.
    """
    found = []
    for database, policy in fleet:
        last = passed.get(database.id)
        if policy.restore_test_days is None or (last is not None and now - last < timedelta(days=policy.restore_test_days)):
            continue
        why = "no test proves it" if last is None else f"its last proof is of {last:%Y-%m-%d}"
        found.append(Due(database, policy, f"{why}; policy {policy.name} asks for one every {policy.restore_test_days} days"))
    oldest = datetime.min.replace(tzinfo=now.tzinfo)
    return sorted(found, key=lambda one: (tried.get(one.database.id, oldest), one.database.id))


def copy_name(run_id: str, source_id: str, attempt: int) -> str:
    """Name of the database that a run restores a source to; no other run, and no other attempt of it, has the same."""
    return "RT" + hashlib.sha256(f"{run_id}/{source_id}/{attempt}".encode()).hexdigest()[:20].upper()


def storage_of(database: AutonomousDatabase) -> float | None:
    """Gigabytes that a database restored from another needs: what that has grown to, in whole terabytes, or what it was given.

    Source: SDK docstring of `is_auto_scaling_for_storage_enabled`: storage may grow to three times what was given.
    """
    given, used = database.data_storage_gb, database.used_storage_gb
    if given is None or used is None or used <= given:
        return given
    return math.ceil(used / _TERABYTE) * _TERABYTE


def tags(run_id: str, source_id: str) -> dict[str, str]:
    """Free-form tags by which a restored database is known again."""
    return {RUN_TAG: run_id, SOURCE_TAG: source_id, "managed-by": "cloudops"}


def is_copy(database: AutonomousDatabase) -> bool:
    """Whether a database bears the name that its tags lead to, as what a restore test makes does.

    A clone of it may have its tags, and has another name: that is somebody's own database.
    """
    run_id, source_id = (database.tags.get(name, "") for name in (RUN_TAG, SOURCE_TAG))
    return database.db_name.upper() in {copy_name(run_id, source_id, attempt) for attempt in range(_MOST_ATTEMPTS)}


def is_leftover(database: AutonomousDatabase, begun: Mapping[str, tuple[str, str, str]]) -> bool:
    """Whether a database is one that a restore test made, and may be removed: every mark of it has to agree with the journal.

    Args:
        database: What was found.
        begun: Run, OCID of the source and region by name of the restored database, of all restores that the journal knows.
    """
    marks = (database.tags.get(RUN_TAG), database.tags.get(SOURCE_TAG), database.region)
    return (
        begun.get(database.db_name.upper()) == marks
        and database.id != database.tags.get(SOURCE_TAG)
        and database.display_name.startswith(NAME_PREFIX)
        and database.role in (None, "PRIMARY")
        and not database.standbys
        and not database.is_protected
        and database.lifecycle_state not in GONE
    )


def compared(noted: Noted, found: Sequence[Fingerprint]) -> list[Difference]:
    """Tables of a restored database that are not as the source was, or of which that cannot be told."""
    written = {d.name for d in differences(noted.before, noted.after)}
    then, there = ({one.name: one for one in side} for side in (noted.then, found))
    before, after = ({one.name: one for one in side} for side in (noted.before, noted.after))
    still = [one for one in noted.after if one.name not in written]
    told = differences(still, [one for one in found if one.name not in written])
    for name in sorted(written):
        if name in then and then[name].rows is not None:
            told += _at_it(noted, then[name], there.get(name))
        elif (said := _between(before.get(name), after.get(name), there.get(name))) is not None:
            told.append(said)
    return told


def judged(noted: Noted, found: Found, restore_seconds: float | None, rto_seconds: float | None) -> Judged:
    """What a restored database proves. Whatever is not known keeps it from a pass.

    Args:
        noted: The source.
        found: The restored database.
        restore_seconds: From the request to the first statement that it answered.
        rto_seconds: How long that may take; None if nobody says.
    """
    unlike = [] if found.tables is None else compared(noted, found.tables)
    failed, unknown = _tables(noted, found, unlike)
    for told, count, said in _counts(found):
        (unknown if count is None else failed).append(f"{told}: {said}")
    if found.canary is None:
        unknown.append("no row could be read as a canary")
    elif not found.canary:
        failed.append("a table with rows gave none")
    if found.heartbeat_gaps:
        failed.append(f"heartbeats {', '.join(map(str, found.heartbeat_gaps[:5]))} are missing")
    if restore_seconds is not None and rto_seconds is not None and restore_seconds > rto_seconds:
        failed.append(f"it took {restore_seconds:.0f} s, {rto_seconds:.0f} s are allowed")
    names = {one.name for one in (*noted.after, *(found.tables or ()))}
    dark = len(names) if found.tables is None else sum(one.kind == "unknown" for one in unlike)
    different = len(unlike) - dark if found.tables is not None else 0
    verdict: Verdict = FAIL if failed else UNKNOWN if unknown else PASS
    return Judged(verdict, (*failed, *unknown), len(names) - different - dark, different, dark)


def _tables(noted: Noted, found: Found, unlike: Sequence[Difference]) -> tuple[list[str], list[str]]:
    """What speaks against a pass for certain, and what is not known, of the tables."""
    failed = [f"{one.name}: {one.said}" for one in unlike if one.kind != "unknown"]
    unknown = [*found.errors, *(f"{one.name}: {one.said}" for one in unlike if one.kind == "unknown")]
    if found.tables is None:
        unknown.append("its tables could not be read")
    elif not found.tables and not noted.after:
        unknown.append("there are no tables, so that nothing is proven of the data")
    return failed, unknown


def _counts(found: Found) -> list[tuple[str, int | None, str]]:
    """Foreign keys that are broken, or of which that is unknown: name, rows and words."""
    if found.orphans is None:
        return [("foreign keys", None, "they could not be looked at")]
    broken = [(key, count, f"{count} rows without a parent") for key, count in found.orphans.items() if count]
    return [*broken, *((k, None, "rows without a parent could not be counted") for k, n in found.orphans.items() if n is None)]


@dataclass(frozen=True, slots=True)
class PastTest:
    """A test of the past, as restorability needs it."""

    at: datetime
    verdict: Verdict
    restore_seconds: float | None
    reasons: tuple[str, ...] = field(default=())


def conclusive(tests: Sequence[PastTest]) -> PastTest | None:
    """The last test that says something: one that could not tell takes nothing from what was proven before it."""
    return max((one for one in tests if one.verdict != UNKNOWN), key=lambda one: one.at, default=None)


def restorability(policy: BackupPolicy | None, tests: Sequence[PastTest], now: datetime) -> Restorability:
    """What the tests of a database say of it now. Never tested is unknown, and so is a proof that has grown too old."""
    last = conclusive(tests) or max(tests, key=lambda one: one.at, default=None)
    good = max((one for one in tests if one.verdict == PASS), key=lambda one: one.at, default=None)
    days = None if policy is None else policy.restore_test_days
    overdue = None if days is None else good is None or now - good.at > timedelta(days=days)
    verdict: Verdict = UNKNOWN if last is None or (last.verdict == PASS and overdue) else last.verdict
    if last is None:
        said = "it was never restored"
    elif last.verdict != PASS:
        said = "; ".join(last.reasons) or f"the last test ended {last.verdict}"
    else:
        said = f"proven on {last.at:%Y-%m-%d}" + (f"; policy asks for it every {days} days" if overdue else "")
    return Restorability(
        verdict,
        said,
        overdue,
        max((one.at for one in tests), default=None),
        None if good is None else good.at,
        None if good is None else good.restore_seconds,
    )


def _at_it(noted: Noted, then: Fingerprint, found: Fingerprint | None) -> list[Difference]:
    """Of a table whose past is known: wrong only if it was not written to within the seconds to which the moment is known."""
    there = [] if found is None else [found]
    told = differences([then], there)
    sides = [one for side in (noted.earlier, noted.later) for one in side if one.name == then.name and one.rows is not None]
    if not told or found is None or (len(sides) > 1 and not any(differences([then], [side]) for side in sides)):
        return told
    if any(not differences([side], there) for side in sides):
        return []
    return [Difference(then.name, "unknown", "it was written to within seconds of the moment, and is as at none that is known")]


def _between(before: Fingerprint | None, after: Fingerprint | None, found: Fingerprint | None) -> Difference | None:
    """Of a table that was written to while it was noted: as at one of the two notes, or it cannot be told."""
    name = next(one.name for one in (before, after, found) if one is not None)
    if found is None and before is not None and after is not None:
        return Difference(name, "missing", "the table is not there")
    sides = [one for one in (before, after) if one is not None]
    if found is not None and any(not differences([side], [found]) for side in sides):
        return None
    return Difference(name, "unknown", "it was written to while it was noted, and its past could not be asked")
