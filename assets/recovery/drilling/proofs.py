"""Steps that prove something: heartbeats and tables before the act, the first write after it, and whether all is as it was."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from assets.recovery.drilling import contents
from assets.recovery.drilling.contents import Heartbeat
from assets.recovery.drilling.drill import Drill, StepFailed
from assets.recovery.logic.drills.integrity import Note, compared, gaps
from assets.recovery.logic.drills.plans import GOOD
from assets.recovery.logic.fingerprints import Fingerprint
from resources.autonomous_databases import AutonomousDatabase
from resources.errors import CloudOpsError, Denied, NotFound, TransientError, Unavailable
from resources.sql_sessions import SqlSession, StatementFailed

_NOT_YET = (TransientError, StatementFailed, Denied, NotFound)
"""How a database refuses that is on its way back."""


def state_of(database: AutonomousDatabase, peer: AutonomousDatabase | None) -> dict[str, Any]:
    """What a drill has to leave as it was."""
    return {"database": _state(database), "standby": None if peer is None else _state(peer)}


def _state(one: AutonomousDatabase) -> dict[str, Any]:
    return {
        "role": one.role,
        "lifecycle_state": one.lifecycle_state,
        "open_mode": one.open_mode,
        "compute_count": one.compute_count,
        "standbys": sorted(
            f"{s.kind} {s.region or ''} {s.lifecycle_state} {s.recovery_type or ''}".strip() for s in one.standbys
        ),
        "peers": sorted(one.peer_ids),
    }


def mark(drill: Drill) -> dict[str, Any]:
    """Heartbeats for longer than may be lost, and all tables noted near their first and last."""
    with drill.world.sessions.session(drill.database(drill.place), drill.order.sql_timeout_seconds) as session:
        if not contents.has_table(session):
            contents.make_table(session)
        answered = contents.who(session)
        relations = contents.tables(session)
        first = contents.last_number(session) + 1
        beats = [_beat(drill, session, first)]
        notes = [(first, contents.fingerprints(session, relations))]
        while len(beats) < drill.order.heartbeats:
            drill.world.clock.sleep(drill.order.heartbeat_seconds)
            beats.append(_beat(drill, session, first + len(beats)))
        notes.append((beats[-1].number, contents.fingerprints(session, relations)))
        drill.world.clock.sleep(drill.order.heartbeat_seconds)
        beats.append(_beat(drill, session, first + len(beats)))
    return {
        "answered_by": answered,
        "first_heartbeat": first,
        "first_heartbeat_at": beats[0].written_at.isoformat(),
        "last_heartbeat": beats[-1].number,
        "notes": [{"first": n, "last": n + 1, "tables": contents.told(prints)} for n, prints in notes],
        "left_out": sorted(f"{r.name}.{column}" for r in relations for column in r.left_out),
    }


def _beat(drill: Drill, session: SqlSession, number: int) -> Heartbeat:
    return contents.write(session, number, drill.world.clock, drill.drill_id)


def canary(drill: Drill, step: str) -> dict[str, Any]:
    """The first write that succeeds and is read back, in what the database came back as.

    Raises:
        StepFailed: None succeeded for too long.
    """
    first = drill.evidence.data("mark")["first_heartbeat"]
    place = drill.target_place if step == "canary" else drill.place
    former = drill.evidence.data("mark" if step == "canary" else "canary").get("answered_by")
    seen: dict[str, Any] = {}

    def tried() -> dict[str, Any]:
        with drill.world.sessions.session(drill.database(place), drill.order.sql_timeout_seconds) as session:
            answered = _another(session, former)
            if "found" not in seen:
                seen.update({"answered_by": answered, **_found(drill, session, first)})
            beat = contents.write(session, contents.last_number(session) + 1, drill.world.clock, drill.drill_id)
            read = contents.heartbeats(session, beat.number)
            written_at = drill.now()
            if [one.number for one in read] != [beat.number]:
                raise StepFailed("the row that was written could not be read back", data=seen)
            there, ours = contents.time_there(session), drill.now()
        times = {"written_at": written_at, "database_at": there, "clock_at": ours}
        return {"number": beat.number, **{name: at.isoformat() for name, at in times.items()}}

    try:
        return {**drill.until(tried, "no write succeeded", tolerates=_NOT_YET), **seen}
    except StepFailed as failed:
        failed.data.update(seen)
        raise


def _another(session: SqlSession, former: str | None) -> str | None:
    """Which database answers; None if it, or the one that led before, does not say.

    Raises:
        Unavailable: The one that led before answers still, under the address of the one that is to lead now.
    """
    answered = contents.who(session)
    if answered is not None and answered == former:
        advice = "See what its address leads to; what the database that led before takes proves nothing."
        raise Unavailable(f"{answered} answers, which led before the roles changed, or of which the copy was made", advice)
    return answered if former is not None else None


def _found(drill: Drill, session: SqlSession, first: int) -> dict[str, Any]:
    """Heartbeats of this drill that came through; beside them, when the last of anybody else was written."""
    newest = contents.last_number(session)
    beats = contents.heartbeats(session, min(first, newest)) if newest else []
    own = [] if drill.order.self_test == "heartbeat" else [b for b in beats if b.number >= first and b.run_id == drill.drill_id]
    return {
        "found": [beat.number for beat in own],
        "last_found": own[-1].number if own else None,
        "last_found_at": own[-1].written_at.isoformat() if own else None,
        "newest_of_others": max((beat.number for beat in beats if beat not in own), default=None),
    }


def integrity(drill: Drill, step: str) -> dict[str, Any]:
    """Each table against what was noted of it, and heartbeats without gaps."""
    back = step == "integrity_back"
    place = drill.place if back else drill.target_place
    marked, came = drill.evidence.data("mark"), drill.evidence.data("canary")
    with drill.world.sessions.session(drill.database(place), drill.order.sql_timeout_seconds) as session:
        _another(session, came.get("answered_by") if back else marked.get("answered_by"))
        prints = contents.fingerprints(session, contents.tables(session))
        found = [beat.number for beat in contents.heartbeats(session, marked["first_heartbeat"])]
    if drill.order.self_test == "checksum" and not back:
        prints = _spoilt(prints)
    through = came.get("last_found")
    written = range(marked["first_heartbeat"], (through or 0) + 1)
    tables = compared([Note.of(one) for one in marked["notes"]], prints, through, moving=drill.order.moving)
    return {
        "tables": [
            {"name": t.name, "finding": t.finding, "said": t.said, "before": _told(t.before), "after": _told(t.after)}
            for t in tables
        ],
        "gaps": gaps(written, found),
    }


def _told(one: Fingerprint | None) -> dict[str, Any] | None:
    return None if one is None else {**asdict(one), "left_out": list(one.left_out)}


def _spoilt(prints: Sequence[Fingerprint]) -> list[Fingerprint]:
    """As if one value of the first table that was read were another."""
    place = next((n for n, one in enumerate(prints) if one.checksum is not None), None)
    return [replace(one, checksum=f"{one.checksum}-spoilt") if n == place else one for n, one in enumerate(prints)]


def after(drill: Drill) -> dict[str, Any]:
    """Whether everything is as it was before.

    Raises:
        StepFailed: Something is not.
    """
    peer = drill.database(drill.peer_place) if drill.order.way == "remote" else None
    database = drill.database(drill.place)
    now, before = state_of(database, peer), drill.evidence.data("drill")["state"]
    differs = [
        f"{side}: {name} is {now[side][name]}, and was {before[side][name]}"
        for side in ("database", "standby")
        if before[side] is not None
        for name in before[side]
        if now[side] is not None and now[side][name] != before[side][name]
    ]
    differs += [left for left in (_left_behind(drill), _exchanged(drill, database)) if left]
    if differs:
        raise StepFailed("; ".join(differs), data={"differs": differs, "state": now})
    return {"state": now}


def _exchanged(drill: Drill, database: AutonomousDatabase) -> str | None:
    """Whether a database and its local standby, which share an OCID, have changed places for good: only the moments tell."""
    begun = drill.evidence.data("switch_over") | drill.evidence.data("fail_over")
    if drill.order.way != "local" or "acted_at" not in begun or drill.evidence.state("roles_back") in GOOD:
        return None
    at = None if database.time_role_changed is None else database.time_role_changed.isoformat()
    return None if at == begun["role_changed_at"] else f"roles: they changed at {at}, and were not seen to change back"


def _left_behind(drill: Drill) -> str | None:
    """What the drill made and is still there."""
    made = drill.evidence.data("make_clone").get("made_id")
    if made is None:
        return None
    try:
        state = drill.database((drill.place[0], made)).lifecycle_state
    except NotFound:
        return None
    except CloudOpsError as error:
        raise StepFailed(f"it is not known whether the clone {made} is gone: {error}", by_service=False) from error
    return None if state == "TERMINATED" else f"the clone {made} is {state}"


PROOFS: Mapping[str, Callable[[Drill], dict[str, Any]]] = {
    "mark": mark,
    "canary": lambda drill: canary(drill, "canary"),
    "canary_back": lambda drill: canary(drill, "canary_back"),
    "integrity": lambda drill: integrity(drill, "integrity"),
    "integrity_back": lambda drill: integrity(drill, "integrity_back"),
    "after": after,
}
