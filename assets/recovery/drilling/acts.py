"""Steps that change something in the cloud, each at most once: what was cut off is looked up before it is asked for again."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from assets.journal import DONE, Begun, Change
from assets.recovery.drilling import contents
from assets.recovery.drilling.drill import Drill, StepFailed
from assets.recovery.logic.drills.verdict import ACTS
from resources.autonomous_databases import GONE, AutonomousDatabase, NewDatabase
from resources.autonomous_databases import Begun as Accepted
from resources.errors import BadInput, Conflict, NotFound, PermanentError, TransientError

SYSTEM = "oci"
_TAG = "cloudops-drill"
_ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True, slots=True)
class Act:
    """How a step acts.

    Attributes:
        operation: For the journal.
        subject: OCID of what it is done to.
        before: It as it is, for the journal.
        after: It as it is to be.
        ask: Asks the cloud for it; None if it is done already, or under way.
    """

    operation: str
    subject: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    ask: Callable[[], Accepted | None]


def act(drill: Drill, step: str) -> None:
    """Do a step that acts: journal, ask, and keep what follows from it.

    Raises:
        StepFailed: The cloud refuses it, or did not answer for too long.
    """
    what = _ACTS[step](drill)
    measured = _before_the_act(drill, step) if step in ACTS else {}
    begun = _begun(drill, step, what)
    if drill.order.way == "local" and "role_changed_at" not in drill.evidence.data(step):
        measured["role_changed_at"] = changed_at(drill)
    if "acted_at" not in drill.evidence.data(step):
        measured["acted_at"] = drill.now().isoformat()
    drill.note(step, "IN_PROGRESS", "is asked for", {**measured, "change_id": begun.change_id})
    # a first act that is refused ends the drill; a way back has to be found though something else is still under way
    tolerates = (TransientError,) if step in ACTS else (TransientError, Conflict)
    try:
        accepted = drill.until(lambda: _asked(what), f"{step} was not accepted", tolerates=tolerates)
    except PermanentError as error:
        end(drill, step, f"failed: {error}")
        raise StepFailed(str(error), by_service=False) from error
    found = accepted[0]
    data = (
        {}
        if found is None
        else {"work_request": found.work_request_id, **({"made_id": found.resource_id} if step == "make_clone" else {})}
    )
    drill.note(
        step, "SUCCEEDED", "accepted" if found else "found under way, or done", {**data, "accepted_at": drill.now().isoformat()}
    )


def changed_at(drill: Drill) -> str | None:
    """When the database and its local standby last changed roles: they share an OCID, so that nothing else tells."""
    at = drill.database(drill.place).time_role_changed
    return None if at is None else at.isoformat()


def end(drill: Drill, step: str, outcome: str = DONE) -> None:
    """Write into the journal how an act ended, if it is open there."""
    operation = _ACTS[step](drill).operation
    open_ = [
        b for b in drill.world.journal.cut_off(SYSTEM, [operation]) if b.change_id == drill.evidence.data(step).get("change_id")
    ]
    drill.world.journal.end([(b, outcome) for b in open_], drill.now())


def _begun(drill: Drill, step: str, what: Act) -> Begun:
    known = drill.evidence.data(step).get("change_id")
    open_ = [b for b in drill.world.journal.cut_off(SYSTEM, [what.operation]) if b.change_id == known]
    if open_:
        return open_[0]
    change = Change(SYSTEM, what.operation, what.subject, what.before, what.after, f"drill {drill.drill_id}")
    return drill.world.journal.begin([change], drill.now())[0]


def _asked(what: Act) -> tuple[Accepted | None]:
    return (what.ask(),)


def _before_the_act(drill: Drill, step: str) -> dict[str, Any]:
    """The last heartbeat and the time of the database, just before; of a repeat, those of the first attempt stay."""
    if "acted_at" in drill.evidence.data(step):
        return {}
    database = drill.database(drill.place)
    with drill.world.sessions.session(database, drill.order.sql_timeout_seconds) as session:
        there, ours = contents.time_there(session), drill.now()
        beat = contents.write(session, contents.last_number(session) + 1, drill.world.clock, drill.drill_id)
    return {
        "last_heartbeat": beat.number,
        "last_heartbeat_at": beat.written_at.isoformat(),
        "database_at": there.isoformat(),
        "clock_at": ours.isoformat(),
    }


def _switch_over(drill: Drill) -> Act:
    return _roles(drill, "switch_over", "switch over", drill.world.databases.switch_over)


def _fail_over(drill: Drill) -> Act:
    return _roles(drill, "fail_over", "fail over", drill.world.databases.fail_over)


def _roles(drill: Drill, step: str, operation: str, ask: Callable[[str, str, str | None, str], Accepted]) -> Act:
    region, own = drill.place
    if drill.order.way == "local":
        return Act(
            operation, own, {"primary": "database"}, {"primary": "local standby"},
            lambda: ask(region, own, None, drill.token(step)),
        )  # fmt: skip
    there, peer = drill.peer_place

    def asked() -> Accepted | None:
        if drill.database((there, peer)).role == "PRIMARY":
            return None
        return ask(there, peer, own, drill.token(step))

    return Act(operation, own, {"primary": own}, {"primary": peer}, asked)


def _switch_back(drill: Drill) -> Act:
    region, own = drill.place
    service = drill.world.databases
    if drill.order.way == "local":
        return Act(
            "switch over", own, {"primary": "local standby"}, {"primary": "database"},
            lambda: service.switch_over(region, own, None, drill.token("switch_back")),
        )  # fmt: skip
    _, peer = drill.peer_place

    def asked() -> Accepted | None:
        if drill.database((region, own)).role == "PRIMARY":
            return None
        return service.switch_over(region, own, peer, drill.token("switch_back"))

    return Act("switch over", own, {"primary": peer}, {"primary": own}, asked)


def clone_name(drill: Drill) -> str:
    """Display name of a drill's clone: by it a clone is found whose making was cut off."""
    return f"{drill.evidence.data('drill')['database']['name']}-drill-{drill.drill_id[:8]}"


def _make_clone(drill: Drill) -> Act:
    region, own = drill.place
    name = clone_name(drill)

    def asked() -> Accepted | None:
        source = drill.database(drill.place)
        made = made_clone(drill, source)
        if made is not None:
            return Accepted(made.id, None)
        details = NewDatabase(
            compartment_id=source.compartment_id,
            db_name=f"DR{drill.drill_id[:12]}",
            display_name=name,
            workload=source.workload or "OLTP",
            compute_count=drill.order.clone_compute_count,
            data_storage_gb=source.data_storage_gb,
            license_model=source.license_model,
            secret_id=drill.order.clone_secret_id,
            free_tags={_TAG: drill.drill_id},
            source="clone",
            source_id=own,
        )
        if details.secret_id is None:
            # nobody logs in with it: the users of the source are in the clone
            word = "".join(secrets.choice(_ALPHABET) for _ in range(20))
            details = replace(details, admin_password=f"Aa1{word}")
        return drill.world.databases.create(region, details, drill.token("make_clone"))

    return Act("make a clone for a drill", own, None, {"display_name": name, "source": own}, asked)


def made_clone(drill: Drill, source: AutonomousDatabase) -> AutonomousDatabase | None:
    """The clone of this drill, if there is one."""
    listed = drill.world.databases.databases(source.region, source.compartment_id)
    return next((d for d in listed if d.tags.get(_TAG) == drill.drill_id and d.lifecycle_state not in GONE), None)


def _drop_clone(drill: Drill) -> Act:
    region, made = drill.target_place

    def asked() -> Accepted | None:
        try:
            clone = drill.database((region, made))
        except NotFound:
            return None
        if clone.lifecycle_state in GONE:
            return None
        if clone.tags.get(_TAG) != drill.drill_id:
            # nothing is terminated that this drill did not make
            raise BadInput(
                f"{made} does not carry the tag of this drill", "Look at it, and terminate it by hand if it is the drill's."
            )
        return drill.world.databases.delete(region, made, clone.etag)

    return Act("terminate a drill's clone", made, {"display_name": clone_name(drill)}, None, asked)


def _convert(drill: Drill, *, to_snapshot: bool) -> Act:
    there, peer = drill.peer_place
    wanted, usual = ("SNAPSHOT_STANDBY", "STANDBY") if to_snapshot else ("STANDBY", "SNAPSHOT_STANDBY")

    def asked() -> Accepted | None:
        now = drill.database((there, peer))
        if now.role == wanted or now.lifecycle_state == "UPDATING":
            return None
        return drill.world.databases.convert_standby(there, peer, to_snapshot=to_snapshot, if_match=now.etag)

    operation = "convert to snapshot standby" if to_snapshot else "convert to standby"
    return Act(operation, peer, {"role": usual}, {"role": wanted}, asked)


_ACTS: Mapping[str, Callable[[Drill], Act]] = {
    "switch_over": _switch_over,
    "fail_over": _fail_over,
    "switch_back": _switch_back,
    "make_clone": _make_clone,
    "drop_clone": _drop_clone,
    "open_snapshot": lambda drill: _convert(drill, to_snapshot=True),
    "convert_back": lambda drill: _convert(drill, to_snapshot=False),
}
