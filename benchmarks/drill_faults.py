"""What can go wrong in a drill: how it is brought about in the embedded cloud, and what the drill has to say of it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

from assets.recovery.drilling.drill import Drill
from assets.recovery.logic.drills.evidence import Evidence
from benchmarks.drill_scene import NOW, Scene, SceneClock
from resources.autonomous_databases import AutonomousDatabase
from resources.rest_sql import RestSqlSessions
from resources.sql_sessions import SqlSession, Value
from sandbox.oci.clock import text
from sandbox.oci.ords import PASSWORD, USER
from sandbox.oci.services import alarm_states
from sandbox.oci.services.database import contents as rows
from sandbox.oci.services.database.lifecycle import BACKUPS, DATABASES
from sandbox.oci.services.monitoring_alarms import ALARMS
from sandbox.oci.store import Resource

LOCAL, REMOTE, COPY = "local", "remote", "copy"
SWITCHOVERS = (("switchover", LOCAL), ("switchover", REMOTE))
FAILOVERS = (("failover", LOCAL), ("failover", REMOTE))
STANDBYS = (*SWITCHOVERS, *FAILOVERS)
ALL = (*STANDBYS, ("clone", COPY), ("snapshot standby", REMOTE))
REMOTES = (("switchover", REMOTE), ("failover", REMOTE))


@dataclass
class Case:
    """A drill to which something happens; `happened` says whether it did."""

    scene: Scene
    drill: Drill
    database: Resource
    peer: Resource | None
    happened: bool = False

    @property
    def key(self) -> str:
        """OCID of the database."""
        return str(self.database.body["id"])

    @property
    def target(self) -> str:
        """OCID of what it comes back as."""
        return self.drill.target_place[1]

    @property
    def standby(self) -> Resource:
        """What faults of the standby are asked for at: a local one has none of its own."""
        return self.peer or self.database


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong.

    Attributes:
        name: For people; faults of one kind begin alike, up to the colon.
        drills: Types and ways of drills to which it can happen.
        at: Step whose begin, or `step!` whose success, brings it about; empty: before the drill.
        happens: Lets it happen.
        said: What a reason for the verdict has to contain, as a regular expression.
        order: Changes of what is asked.
    """

    name: str
    drills: tuple[tuple[str, str], ...]
    at: str
    happens: Callable[[Case], None]
    said: str
    order: Mapping[str, Any] | None = None

    @property
    def kind(self) -> str:
        """What kind of fault it is."""
        return self.name.partition(":")[0]


class Nameless(RestSqlSessions):
    """Sessions with databases that leave open which one they are."""

    @contextmanager
    def session(self, database: AutonomousDatabase, timeout_seconds: float) -> Iterator[SqlSession]:
        """See SqlSessions."""
        with super().session(database, timeout_seconds) as session:
            yield NamelessSession(session)


@dataclass(frozen=True)
class NamelessSession(SqlSession):
    """A session of which only the name is missing."""

    usual: SqlSession

    def rows(self, sql: str, binds: Mapping[str, Value] | None = None) -> list[dict[str, Any]]:
        """See SqlSession."""
        found = self.usual.rows(sql, binds)
        return [row | {"unique_name": None} if "unique_name" in row else row for row in found]

    def execute(self, sql: str, binds: Mapping[str, Value] | None = None) -> int:
        """See SqlSession."""
        return self.usual.execute(sql, binds)


def armed(case: Case, fault: Fault) -> None:
    """Let a fault happen at its moment, once."""
    if not fault.at:
        fault.happens(case)
        case.happened = True
        return
    step, wanted = fault.at.rstrip("!"), "SUCCEEDED" if fault.at.endswith("!") else "IN_PROGRESS"
    usual = case.drill.keep

    def keep(evidence: Evidence) -> None:
        usual(evidence)
        last = evidence.pieces[-1]
        if not case.happened and (last.step, last.state) == (step, wanted):
            case.happened = True
            fault.happens(case)

    case.drill.keep = keep


def _spoil(kind: str, on: str = "standby", **fields: Any) -> Callable[[Case], None]:  # noqa: ANN401
    return lambda case: case.scene.spoil(getattr(case, on), kind, **fields)


def _run_at_target(sql: str) -> Callable[[Case], None]:
    def happens(case: Case) -> None:
        rows.run(case.scene.cloud.store, case.target, sql)

    return happens


def _backups(**fields: Any) -> Callable[[Case], None]:  # noqa: ANN401
    def happens(case: Case) -> None:
        for backup in case.scene.cloud.store.all(BACKUPS):
            if backup.body["autonomousDatabaseId"] == case.key:
                backup.change(**fields)

    return happens


def _service_fails(**fields: Any) -> Callable[[Case], None]:  # noqa: ANN401
    return lambda case: case.scene.fault(**fields)


def _read_only(case: Case) -> None:
    case.scene.cloud.store.table(DATABASES)[case.target].change(openMode="READ_ONLY")


def _clone_stays(case: Case) -> None:
    made = case.scene.cloud.store.table(DATABASES)[case.target]
    case.scene.spoil(made, "work_request_fails", action="delete")


def _never_reinstated(case: Case) -> None:
    case.scene.cloud.store.forget_changes(DATABASES, case.key)


def _answers_for_it(case: Case) -> None:
    """Let the address of what came back lead to the database that was there before."""
    found = case.scene.cloud.store.table(DATABASES)
    found[case.target].change(connectionUrls=found[case.key].body["connectionUrls"])


def _nameless(case: Case) -> None:
    """Let databases not say which one they are."""
    case.drill.world = replace(case.drill.world, sessions=Nameless(user=USER, password=PASSWORD))


def _clock(seconds: float) -> Callable[[Case], None]:
    def happens(case: Case) -> None:
        ahead = SceneClock().of(case.scene.cloud, seconds)
        case.drill.world = replace(case.drill.world, clock=ahead)

    return happens


def _alarm(case: Case) -> None:
    store = case.scene.cloud.store
    body = {
        "id": store.new_ocid("alarm", case.database.region),
        "displayName": f"{case.database.body['displayName']} is slow",
        "severity": "CRITICAL",
        "ruleName": "BASE",
        "compartmentId": case.database.body["compartmentId"],
        "lifecycleState": "ACTIVE",
        "isEnabled": True,
    }
    store.add(ALARMS, body, case.database.region)
    alarm_states.fire(store, str(body["id"]))


def _busy(case: Case) -> None:
    from sandbox.oci.services.database import lifecycle

    lifecycle.begin(case.scene.cloud.store, case.database, "back up")


def _wrong_role(case: Case) -> None:
    case.standby.change(**({"role": "SNAPSHOT_STANDBY"} if case.peer else {"localStandbyDb": {"lifecycleState": "UNAVAILABLE"}}))


_OLD = text(NOW - timedelta(days=9))
FAULTS: tuple[Fault, ...] = (
    Fault("standby lagging: before", REMOTES, "", _spoil("lagging", seconds=400), r"lag: the standby is .* behind"),
    Fault(
        "standby lagging: while the drill runs", (("failover", REMOTE),), "mark", _spoil("lagging", seconds=400),
        r"RPO: .* (are lost|may be lost)",
    ),
    Fault("replication stopped: while the drill runs", FAILOVERS, "mark", _spoil("replication_stopped"), r"RPO: .* lost"),
    Fault("replication stopped: at a switchover", SWITCHOVERS, "mark", _spoil("replication_stopped"), r"the cloud says FAILED"),
    Fault("role change stuck", STANDBYS, "mark", _spoil("failover_stuck"), r"RTO: no write succeeded within"),
    Fault("role change failed", STANDBYS, "mark", _spoil("failover_fails"), r"RTO: it did not come back.*FAILED"),
    Fault("wrong region: the standby is elsewhere", REMOTES, "", lambda _: None, r"region: the standby is in .*expected in",
          {"peer_region": "us-phoenix-1"}),
    Fault("wrong region: said to be done, and nothing changed", STANDBYS, "mark", _spoil("wrong_region"),
          r"(the cloud says that it succeeded, but|is the database that was there before)"),
    Fault("database hung: before", ALL, "", _spoil("hung", "database"), r"does not answer", {"hangs": True}),
    Fault("database hung: after it came back", REMOTES, "roles!", _spoil("hung"), r"RTO: no write succeeded", {"hangs": True}),
    Fault("row corrupted on the standby", STANDBYS, "", _spoil("row_corrupted"), r"integrity: .*PAYMENTS.*other contents"),
    Fault("rows lost", ALL, "canary", lambda case: _run_at_target(
        "DELETE FROM payments WHERE id = (SELECT MIN(id) FROM payments)")(case), r"integrity: .*PAYMENTS.* rows instead of"),
    Fault("heartbeats lost", ALL, "canary", lambda case: _run_at_target(
        "DELETE FROM cloudops_heartbeat WHERE sequence_number = 3")(case), r"integrity: heartbeats 3 are missing"),
    Fault("table lost", ALL, "canary", lambda case: _run_at_target("DROP TABLE payments")(case),
          r"integrity: .*PAYMENTS.*not there"),
    Fault("write refused", REMOTES, "roles!", _read_only, r"RTO: no write succeeded"),
    Fault("backups: stale", ALL, "", _backups(timeEnded=_OLD), r"backups: the newest backup .* old"),
    Fault("backups: not restorable", ALL, "", _backups(isRestorable=False), r"backups: no backup can be restored"),
    Fault("backups: failed", ALL, "", _backups(lifecycleState="FAILED"), r"backups: no backup can be restored"),
    Fault("precheck unreadable: throttled for ever", ALL, "",
          _service_fails(kind="status", status=429, operation="list_autonomous_database_backups"), r"backups: .*429"),
    Fault("precheck unreadable: denied", ALL, "", _service_fails(kind="denied", operation="list_work_requests"), r"idle: .*404"),
    Fault("precheck unreadable: alarms", ALL, "", _service_fails(kind="status", status=503, operation="list_alarms_status"),
          r"alarms: .*503"),
    Fault("work request fails: of the role change", REMOTES, "mark", _spoil("work_request_fails"), r"the cloud says FAILED"),
    Fault("work request fails: of the clone", (("clone", COPY),), "make_clone!", lambda case: case.scene.spoil(
        case.scene.cloud.store.table(DATABASES)[case.target], "work_request_fails"), r"RTO: it did not come back: the clone"),
    Fault("clean-up fails: the clone stays", (("clone", COPY),), "ready!", _clone_stays, r"way back: .*clone"),
    Fault("clean-up fails: no way back to the old roles", REMOTES, "integrity!",
          lambda case: case.scene.spoil(case.database, "failover_fails"), r"way back: "),
    Fault("clean-up fails: the snapshot stays", (("snapshot standby", REMOTE),), "integrity!",
          _spoil("work_request_fails", action="convert to standby"), r"way back: .*SNAPSHOT_STANDBY"),
    Fault("clean-up fails: local roles stay exchanged", (("switchover", LOCAL), ("failover", LOCAL)), "integrity!",
          _spoil("failover_fails", "database"), r"way back: roles: they changed"),
    Fault("another database answers: the source of the copy", (("clone", COPY), ("snapshot standby", REMOTE)), "ready!",
          _answers_for_it, r"RTO: no write succeeded within .* answers, which led before"),
    Fault("another database answers: it does not say which", ALL, "canary", _nameless,
          r"RTO: the database did not say which one"),
    Fault("never reinstated", (("failover", REMOTE),), "canary", _never_reinstated, r"way back: "),
    Fault("clock skew: before", ALL, "", _clock(90), r"clock: the database's clock differs"),
    Fault("clock skew: our clock jumps", ALL, "canary", _clock(-50), r"clocks disagree|went back"),
    Fault("alarm firing", ALL, "", _alarm, r"alarms: firing"),
    Fault("nobody to call", ALL, "", lambda case: case.database.change(customerContacts=None), r"contacts: neither"),
    Fault("operation running", ALL, "", _busy, r"idle: running"),
    Fault("standby not healthy", STANDBYS, "", _wrong_role, r"(role|peer): .*standby"),
    Fault("not named by the run", STANDBYS, "", lambda _: None, r"named: ", {"confirm": ""}),
)  # fmt: skip
"""Every one of them has to end in fail or unknown, for the reason that is given."""


def drilled(scene: Scene, fault: Fault | None, kind: str, way: str, name: str, **order_fields: Any) -> Case:  # noqa: ANN401
    """A drill to which a fault is about to happen."""
    database, peer = scene.database(name, way)
    order = scene.order(kind, way, peer, name, **dict(fault.order or {} if fault else {}), **order_fields)
    case = Case(scene, scene.drill(database, peer, order, sha256(name.encode()).hexdigest()[:16]), database, peer)
    if fault is not None:
        armed(case, fault)
    return case
