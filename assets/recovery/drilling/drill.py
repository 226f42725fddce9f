"""A drill under way: the world that it acts on, its evidence so far, and how a step ends."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeVar

from assets.journal import Journal
from assets.recovery.logic.drills.evidence import Evidence
from assets.recovery.logic.drills.order import Order
from assets.recovery.logic.drills.plans import SEEN, State, Step, plan
from assets.recovery.logic.objectives import shown
from resources.alarm_states import AlarmStates
from resources.autonomous_databases import AutonomousDatabase
from resources.clock import Clock
from resources.database_service import AutonomousDatabases
from resources.errors import TransientError
from resources.metric_history import DatabaseMetrics
from resources.sql_sessions import SqlSessions

_UNMEASURED_POLL_SECONDS = 15.0
_Found = TypeVar("_Found")


class StepFailed(Exception):
    """A step did not do what it had to.

    Attributes:
        note: Why, in words.
        data: What was measured until then.
        by_service: Whether the cloud said that it failed, or showed it; otherwise it could not be asked.
        state: How the step ends.
    """

    def __init__(
        self, note: str, *, by_service: bool = True, data: Mapping[str, Any] | None = None, state: State = "FAILED"
    ) -> None:
        self.note, self.by_service, self.data, self.state = note, by_service, dict(data or {}), state
        super().__init__(note)


@dataclass(frozen=True, slots=True)
class World:
    """What a drill acts on, and by which clock."""

    databases: AutonomousDatabases
    sessions: SqlSessions
    alarms: AlarmStates
    metrics: DatabaseMetrics
    clock: Clock
    journal: Journal


@dataclass(slots=True)
class Drill:
    """A drill under way.

    Attributes:
        drill_id: Its identity.
        run_id: Run of Dagster that does it now.
        world: What it acts on.
        order: What was asked.
        evidence: All pieces so far.
        keep: Called after each new piece: what it keeps is what is known after a crash.
    """

    drill_id: str
    run_id: str
    world: World
    order: Order
    evidence: Evidence
    keep: Callable[[Evidence], None]
    steps: tuple[Step, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.steps = plan(self.order.kind, self.order.way)

    def note(self, step: str, state: State, note: str, data: Mapping[str, Any] | None = None) -> None:
        """Add a piece of evidence, and keep it."""
        self.evidence = self.evidence.with_piece(self.now(), self.run_id, step, state, note, data)
        self.keep(self.evidence)

    def now(self) -> datetime:
        """The present."""
        return self.world.clock.now()

    def token(self, step: str) -> str:
        """Retry token of a step: the same for a repeat after a crash, another after the cloud said that it failed."""
        failed = sum(p.step == SEEN[step] and bool(p.data.get("by_service")) for p in self.evidence.pieces)
        return sha256(f"{self.drill_id}/{step}/{failed}".encode()).hexdigest()[:60]

    @property
    def place(self) -> tuple[str, str]:
        """Region and OCID of the database that the drill is about."""
        said = self.evidence.data("drill")["database"]
        return said["region"], said["id"]

    @property
    def peer_place(self) -> tuple[str, str]:
        """Region and OCID of its remote standby."""
        if self.order.standby_id is None or self.order.standby_region is None:
            raise StepFailed("it is not known which standby is meant", by_service=False)
        return self.order.standby_region, self.order.standby_id

    @property
    def target_place(self) -> tuple[str, str]:
        """Region and OCID of what the database comes back as."""
        if self.order.kind == "clone":
            return self.place[0], self.evidence.data("make_clone")["made_id"]
        return self.peer_place if self.order.way == "remote" else self.place

    def database(self, place: tuple[str, str]) -> AutonomousDatabase:
        """A database as it is now."""
        return self.world.databases.database(*place)

    def until(
        self,
        look: Callable[[], _Found | None],
        what: str,
        *,
        tolerates: tuple[type[Exception], ...] = (TransientError,),
        measured: bool = True,
    ) -> _Found:
        """Look again and again until something is found; errors that may pass are waited out.

        Args:
            look: Looks once.
            what: What is wrong if nothing is found.
            tolerates: Errors that may pass.
            measured: Whether the time counts, so that it is looked at often.

        Raises:
            StepFailed: It took too long; the last reason is told.
        """
        begun, last = self.now(), ""
        while True:
            try:
                if (found := look()) is not None:
                    return found
            except tolerates as error:
                last = f"; the last error: {error}"
            waited = (self.now() - begun).total_seconds()
            if waited >= self.order.longest:
                raise StepFailed(f"{what}: not within {shown(waited)}{last}", by_service=False, state="TIMED_OUT")
            self.world.clock.sleep(self.order.poll if measured else max(self.order.poll, _UNMEASURED_POLL_SECONDS))
