"""Reads the tables of a source around the moment that is restored, and whatever a restored database shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from assets.recovery.drilling import contents
from assets.recovery.logic.drills.integrity import gaps
from assets.recovery.logic.fingerprints import (
    FOREIGN_KEYS,
    Fingerprint,
    Relation,
    differences,
    fingerprint,
    foreign_keys,
    moment,
    one_row,
    orphans,
    statement,
    unread,
)
from assets.recovery.logic.restore_tests import Found, Noted
from resources.clock import Clock
from resources.errors import CloudOpsError, PermanentError, TransientError
from resources.sql_sessions import SqlSession

_APART_SECONDS = 5.0
"""Between a note and the moment that is restored: the service knows moments to some seconds."""
_UNSURE = timedelta(seconds=4)
"""How well a moment is known. Source: docs.oracle.com, "Flashback Query": a time is that of a change within 3 seconds."""
_ANSWERS = "SELECT 1 AS answer FROM dual"
_HEARTBEATS = 1000


@dataclass(frozen=True, slots=True)
class Source:
    """What was noted of a source: its tables around a moment, and numbers of its heartbeats."""

    at: datetime
    noted: Noted
    heartbeats: tuple[int, ...]


def note_now(session: SqlSession, clock: Clock) -> Source:
    """Tables of a source around now.

    Raises:
        CloudOpsError: The source cannot be read.
    """
    relations = contents.tables(session)
    before = _prints(session, relations)
    clock.sleep(_APART_SECONDS)
    now = clock.now()
    at = now.replace(microsecond=now.microsecond // 1000 * 1000)  # the service takes milliseconds
    clock.sleep(_APART_SECONDS)
    after = _prints(session, relations)
    return Source(at, _noted(session, relations, before, after, at), _numbers(session))


def note_past(session: SqlSession, at: datetime) -> Source:
    """Tables of a source at a moment of the past, as far as it can be asked, and now."""
    relations = contents.tables(session)
    past = _prints(session, relations, at)
    return Source(at, _noted(session, relations, past, _prints(session, relations), at), _numbers(session))


def look_into(session: SqlSession, source: Sequence[int]) -> Found:
    """Whatever a restored database shows; what cannot be read is None, with the reason.

    Args:
        session: With it.
        source: Numbers of its source's heartbeats.
    """
    errors: list[str] = []
    try:
        relations = contents.tables(session)
        prints = _prints(session, relations)
    except CloudOpsError as error:
        return Found(None, errors=(str(error),))
    beats: list[contents.Heartbeat] = []
    try:
        beats = _beats(session)
    except CloudOpsError as error:
        errors.append(f"heartbeats: {error}")
    last = max(beats, key=lambda one: one.number, default=None)
    return Found(
        prints,
        _orphans(session, errors),
        _canary(session, relations, prints),
        None if last is None else last.written_at,
        tuple(gaps(source, [one.number for one in beats])),
        tuple(errors),
    )


def _prints(session: SqlSession, relations: Sequence[Relation], at: datetime | None = None) -> tuple[Fingerprint, ...]:
    """Rows and checksum of each table. One that the database refuses to read, or that takes too long, is unknown.

    Raises:
        TransientError: The database does not answer at all.
    """
    found = []
    for relation in relations:
        try:
            binds = {} if at is None else {"at": moment(at)}
            found.append(fingerprint(relation, session.rows(statement(relation, as_of=at is not None), binds)[0]))
        except PermanentError as error:
            found.append(unread(relation, error.message))
        except TransientError as error:
            session.rows(_ANSWERS)  # a table may be too large for the time that a statement has; the others are not
            found.append(unread(relation, error.message))
        except ValueError as error:
            found.append(unread(relation, str(error)))
    return tuple(found)


def _noted(
    session: SqlSession,
    relations: Sequence[Relation],
    before: tuple[Fingerprint, ...],
    after: tuple[Fingerprint, ...],
    at: datetime,
) -> Noted:
    """What was noted, with the past of those tables that were written to meanwhile and could be read."""
    dark = {one.name for one in (*before, *after) if one.rows is None}
    names = {one.name for one in differences(before, after)} - dark
    written = [relation for relation in relations if relation.name in names]
    then, earlier, later = (_prints(session, written, moment) for moment in (at, at - _UNSURE, at + _UNSURE))
    return Noted(before, after, then, earlier, later)


def _numbers(session: SqlSession) -> tuple[int, ...]:
    return tuple(beat.number for beat in _beats(session))


def _beats(session: SqlSession) -> list[contents.Heartbeat]:
    """The last heartbeats of a database; none if it has no table of them."""
    if not contents.has_table(session):
        return []
    return contents.heartbeats(session, contents.last_number(session) - _HEARTBEATS)


def _orphans(session: SqlSession, errors: list[str]) -> dict[str, int | None] | None:
    try:
        keys = foreign_keys(session.rows(FOREIGN_KEYS))
    except CloudOpsError as error:
        errors.append(f"foreign keys: {error}")
        return None
    found: dict[str, int | None] = {}
    for key in keys:
        try:
            found[key.name] = int(session.rows(orphans(key))[0]["orphans"])
        except (CloudOpsError, ValueError) as error:
            found[key.name] = None
            errors.append(f"{key.name}: {error}")
    return found


def _canary(session: SqlSession, relations: Sequence[Relation], prints: Sequence[Fingerprint]) -> bool | None:
    """Whether a row of a table that has some can be read; None if none has, or it cannot be tried."""
    filled = {one.name for one in prints if one.rows}
    relation = next((one for one in relations if one.name in filled), None)
    if relation is None:
        return None
    try:
        return bool(session.rows(one_row(relation)))
    except (CloudOpsError, ValueError):
        return None
