"""Reads what is known before a drill; what cannot be read is left out with the reason, and stops nothing else."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from assets.recovery.drilling import contents
from assets.recovery.drilling.drill import Drill, World
from assets.recovery.drilling.lag import lag_seconds
from assets.recovery.logic.drills.prechecks import Facts
from resources.alarm_states import AlarmState
from resources.autonomous_databases import AutonomousDatabase, WorkRequest
from resources.errors import CloudOpsError

_Read = TypeVar("_Read")


def facts(drill: Drill) -> Facts:
    """Everything that the prechecks of a drill ask for."""
    unread: dict[str, str] = {}

    def read(name: str, reading: Callable[[], _Read]) -> _Read | None:
        try:
            return reading()
        except CloudOpsError as error:
            unread[name] = str(error)
            return None

    world = drill.world
    database = read("database", lambda: drill.database(drill.place))
    remote = drill.order.way == "remote" and drill.order.standby_id is not None
    peer = read("peer", lambda: drill.database(drill.peer_place)) if remote else None
    sides = [one for one in (database, peer) if one is not None]
    whole = len(sides) == 1 + remote
    inside = read("session", lambda: _inside(drill, database)) if database is not None else None
    if inside is None:
        unread |= dict.fromkeys(("heartbeat_table", "tables", "clock"), unread.get("session", "the database could not be read"))
    alarms = read("alarms", lambda: _alarms(world, sides)) if whole else None
    return Facts(
        database=database,
        peer=peer,
        lag_seconds=read("lag", lambda: _lag(drill, database)),
        requests=read("requests", lambda: _requests(world, sides)) if whole else None,
        backups=read("backups", lambda: world.databases.backups(*drill.place)),
        alarms=None if alarms is None else sorted({f"{a.name} ({where})" for where, a in alarms if a.status == "FIRING"}),
        alarms_there=None if alarms is None else len(alarms),
        unread=unread,
        **(inside or {}),
    )


def _inside(drill: Drill, database: AutonomousDatabase) -> dict[str, Any]:
    with drill.world.sessions.session(database, drill.order.sql_timeout_seconds) as session:
        return {
            "heartbeat_table": contents.has_table(session),
            "tables": len(contents.tables(session)),
            "clock_ahead_seconds": (contents.time_there(session) - drill.now()).total_seconds(),
        }


def _lag(drill: Drill, database: AutonomousDatabase | None) -> float | None:
    return None if database is None else lag_seconds(drill.world, database, drill.order.way, drill.order.standby_id)


def _requests(world: World, sides: Sequence[AutonomousDatabase]) -> list[WorkRequest]:
    return [r for s in sides for r in world.databases.work_requests(s.region, s.compartment_id, s.id)]


def _alarms(world: World, sides: Sequence[AutonomousDatabase]) -> list[tuple[str, AlarmState]]:
    """Alarms in the compartments of both sides, by region."""
    places = sorted({(side.region, side.compartment_id) for side in sides})
    return [(place[0], alarm) for place in places for alarm in world.alarms.states(*place)]
