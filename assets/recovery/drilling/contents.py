"""What a drill reads from databases and writes into them: heartbeats, tables by rows and checksum, and the database's time.

The table of heartbeats belongs to the user of the sessions:

    CREATE TABLE cloudops_heartbeat (
        sequence_number NUMBER NOT NULL PRIMARY KEY, written_at VARCHAR2(40) NOT NULL, run_id VARCHAR2(64) NOT NULL)

Times in it are ours, as ISO 8601 text: what was lost is the difference of two of them, whatever the databases' clocks say.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from assets.recovery.logic.fingerprints import COLUMNS, Fingerprint, Relation, fingerprint, relations, statement, unread
from resources.clock import Clock
from resources.errors import CloudOpsError, Denied
from resources.sql_sessions import SqlSession, Value

TABLE = "CLOUDOPS_HEARTBEAT"
MAKE = (
    "CREATE TABLE cloudops_heartbeat (sequence_number NUMBER NOT NULL PRIMARY KEY, written_at VARCHAR2(40) NOT NULL, "
    "run_id VARCHAR2(64) NOT NULL)"
)
_THERE = "SELECT table_name FROM user_tables WHERE table_name = 'CLOUDOPS_HEARTBEAT'"
_LAST = "SELECT MAX(sequence_number) AS last_number FROM cloudops_heartbeat"
_WRITE = "INSERT INTO cloudops_heartbeat (sequence_number, written_at, run_id) VALUES (:sequence_number, :written_at, :run_id)"
_FROM = (
    "SELECT sequence_number, written_at, run_id FROM cloudops_heartbeat WHERE sequence_number >= :first_number "
    "ORDER BY sequence_number"
)
_NOW = "SELECT TO_CHAR(SYS_EXTRACT_UTC(SYSTIMESTAMP), 'YYYY-MM-DD\"T\"HH24:MI:SS.FF3') AS now_there FROM dual"
_WHO = "SELECT SYS_CONTEXT('USERENV', 'DB_UNIQUE_NAME') AS unique_name, SYS_CONTEXT('USERENV', 'CON_NAME') AS container FROM dual"


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A row that says that its database took a write."""

    number: int
    written_at: datetime
    run_id: str


def has_table(session: SqlSession) -> bool:
    """Whether the table of heartbeats is there."""
    return bool(session.rows(_THERE))


def make_table(session: SqlSession) -> None:
    """Make the table of heartbeats."""
    session.execute(MAKE)


def last_number(session: SqlSession) -> int:
    """Number of the last heartbeat; 0 if there is none."""
    return int(session.rows(_LAST)[0]["last_number"] or 0)


def write(session: SqlSession, number: int, clock: Clock, run_id: str) -> Heartbeat:
    """Write a heartbeat; its time is that of just before."""
    beat = Heartbeat(number, clock.now(), run_id)
    binds: dict[str, Value] = {"sequence_number": number, "written_at": beat.written_at.isoformat(), "run_id": run_id}
    session.execute(_WRITE, binds)
    return beat


def heartbeats(session: SqlSession, first: int) -> list[Heartbeat]:
    """Heartbeats from a number on."""
    rows = session.rows(_FROM, {"first_number": first})
    return [
        Heartbeat(int(r["sequence_number"]), datetime.fromisoformat(r["written_at"]).astimezone(UTC), r["run_id"]) for r in rows
    ]


def time_there(session: SqlSession) -> datetime:
    """The database's own time."""
    return datetime.fromisoformat(str(session.rows(_NOW)[0]["now_there"])).replace(tzinfo=UTC)


def who(session: SqlSession) -> str | None:
    """Which database answers; None if it does not say.

    The unique name differs between all databases of a Data Guard configuration (Oracle Data Guard Concepts and Administration),
    those of a region that share an OCID too; a clone in the same container database has another name of its own.
    """
    said = session.rows(_WHO)[0]
    return f"{said['unique_name']}/{said['container']}" if said["unique_name"] and said["container"] else None


def tables(session: SqlSession) -> list[Relation]:
    """Tables that can be compared."""
    return relations(session.rows(COLUMNS))


def fingerprints(session: SqlSession, of: Sequence[Relation]) -> list[Fingerprint]:
    """Rows and checksum of each table. One that may not be read is unknown; a database that does not answer raises."""
    found = []
    for relation in of:
        try:
            found.append(fingerprint(relation, session.rows(statement(relation))[0]))
        except (Denied, ValueError) as error:
            found.append(unread(relation, error.message if isinstance(error, CloudOpsError) else str(error)))
    return found


def told(prints: Sequence[Fingerprint]) -> list[dict[str, Any]]:
    """Fingerprints for the evidence."""
    return [{**asdict(one), "left_out": list(one.left_out)} for one in prints]
