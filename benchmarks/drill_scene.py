"""A database with standbys in the embedded cloud, as drills need it: heartbeats, backups, contacts, an alarm that is quiet."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import PrivateAttr

from assets.journal import Journal
from assets.recovery.drilling import contents, records, running
from assets.recovery.drilling.drill import Drill, World
from assets.recovery.logic.drills.evidence import Evidence
from assets.recovery.logic.drills.order import Order
from assets.recovery.logic.drills.verdict import Verdict
from assets.recovery.tables import JOURNAL
from resources.clock import Clock
from resources.lake import Lake
from resources.object_store import LocalObjectStore
from resources.oci.alarm_states import OciAlarmStates
from resources.oci.autonomous_databases import OciAutonomousDatabases
from resources.oci.clients import OciClients
from resources.oci.database_metrics import OciDatabaseMetrics
from resources.rest_sql import RestSqlSessions
from sandbox.oci.clock import Clock as CloudClock
from sandbox.oci.credentials import CONFIG
from sandbox.oci.faults import Fault
from sandbox.oci.ords import PASSWORD, USER
from sandbox.oci.process import cloud, served
from sandbox.oci.server import Cloud
from sandbox.oci.services import database as service
from sandbox.oci.services.database import contents as rows
from sandbox.oci.services.database import faults
from sandbox.oci.store import Resource
from sandbox.oci_estate import TENANCY

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)
REGION, OTHER_REGION = "eu-frankfurt-1", "uk-london-1"
_CONTACTS = [{"email": "dba@example.com"}]
_HUNG_SECONDS = 0.15
_REINSTATED_SECONDS = 700.0
"""After a failover, the embedded cloud's standbys are there again within that."""


class SceneClock(Clock):
    """The cloud's own time without a request for it: waiting lets it pass."""

    _cloud: Any = PrivateAttr(default=None)
    _ahead: float = PrivateAttr(default=0.0)

    def of(self, cloud: Cloud, ahead: float = 0.0) -> "SceneClock":
        """Of a cloud, or so many seconds ahead of it."""
        self._cloud, self._ahead = cloud, ahead
        return self

    def now(self) -> datetime:
        """See Clock."""
        found: datetime = self._cloud.store.clock.now()
        return found + timedelta(seconds=self._ahead)

    def sleep(self, seconds: float) -> None:
        """See Clock."""
        self._cloud.store.clock.advance(seconds)


@dataclass(frozen=True)
class Scene:
    """An embedded cloud while it is served, and the product's own clients of it.

    Attributes:
        url: Its address.
        cloud: The cloud itself.
        world: What drills act on.
        store: Where they keep their evidence.
        lake: Where they keep their tables.
    """

    url: str
    cloud: Cloud
    world: World
    store: LocalObjectStore
    lake: Lake

    def database(self, name: str, way: str) -> tuple[Resource, Resource | None]:
        """A new database with what a drill looks for, and with the standby that the way needs."""
        store = self.cloud.store
        made = service.add_database(store, REGION, TENANCY, name, customerContacts=_CONTACTS)
        now = NOW.isoformat().replace("+00:00", "Z")
        service.add_backup(store, made, "nightly", timeEnded=now, timeStarted=now, isRestorable=True)
        rows.run(store, str(made.body["id"]), contents.MAKE)
        peer = service.add_standby(store, made, OTHER_REGION) if way == "remote" else None
        if way == "local":
            service.add_local_standby(store, made)
        return made, peer

    def order(self, kind: Any, way: Any, peer: Resource | None, name: str, **more: Any) -> Order:  # noqa: ANN401
        """What is asked of a drill, usually."""
        limits = {"local": (120.0, 10.0), "remote": (900.0, 60.0), "copy": (3600.0, 60.0)}[way]
        usual: dict[str, Any] = {
            "confirm": name,
            "rto_seconds": limits[0],
            "rpo_seconds": limits[1],
            "objectives": "levels of the service",
            "heartbeat_seconds": limits[1] / 2.5,
            "poll_seconds": 60.0 if way != "local" else 12.0,
            "sql_timeout_seconds": _HUNG_SECONDS if more.pop("hangs", False) else 10.0,
            "less_protection": True,
            "standby_id": None if peer is None else str(peer.body["id"]),
            "standby_region": None if peer is None else OTHER_REGION,
            "peer_region": None if peer is None else OTHER_REGION,
            "longest_seconds": max(1.25 * limits[0], _REINSTATED_SECONDS),
        }
        return Order(kind, way, **{**usual, **more})

    def drill(self, database: Resource, peer: Resource | None, order: Order, drill_id: str, world: World | None = None) -> Drill:
        """A drill that has not begun."""
        drill = Drill(drill_id, "run", world or self.world, order, Evidence(), records.keeper(self.store, drill_id))
        place = (REGION, str(database.body["id"]))
        running.begin(drill, drill.database(place), drill.database(drill.peer_place) if peer is not None else None)
        return drill

    def resumed(self, drill: Drill, run_id: str = "next run") -> Drill:
        """A drill as another run finds it: from what was kept alone."""
        evidence = records.kept(self.store, drill.drill_id)
        if evidence is None:
            raise RuntimeError("nothing was kept")
        world = replace(drill.world, journal=replace(self.world.journal, run_id=run_id))
        order = records.order_of(evidence)
        return Drill(drill.drill_id, run_id, world, order, evidence, records.keeper(self.store, drill.drill_id))

    def spoil(self, database: Resource, kind: str, **fields: Any) -> None:  # noqa: ANN401
        """Let something go wrong with a database from now on."""
        faults.ask(self.cloud.store, str(database.body["id"]), {"kind": kind, **fields})

    def fault(self, kind: str, **fields: Any) -> None:  # noqa: ANN401
        """Let something go wrong with the service from now on."""
        self.cloud.faults.asked.append(Fault(kind, **fields))

    def heal(self) -> None:
        """Take back the faults of the service."""
        self.cloud.faults.asked.clear()


def run(drill: Drill) -> Verdict:
    """Do a drill."""
    return running.run(drill)


@contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    """An embedded cloud whose clock stands still until somebody waits."""
    (folder / "reports").mkdir()
    made = cloud(folder / "cloud", CloudClock(stopped_at=NOW))
    with served(made) as url:
        clients = OciClients(config_file=str(folder / "cloud" / CONFIG), endpoint=url, max_attempts=1, breaker_failures=0)
        lake = Lake(root=str(folder / "lake"))
        world = World(
            OciAutonomousDatabases(clients=clients),
            RestSqlSessions(user=USER, password=PASSWORD),
            OciAlarmStates(clients=clients),
            OciDatabaseMetrics(clients=clients),
            SceneClock().of(made),
            Journal(lake, JOURNAL, "run", "benchmark"),
        )
        yield Scene(url, made, world, LocalObjectStore(root=str(folder / "reports")), lake)
