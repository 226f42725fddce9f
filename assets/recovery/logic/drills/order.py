"""What a run asks of a drill: kept as its first piece of evidence, so that whoever goes on with it does the same."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from assets.recovery.logic.drills.plans import DrillType, Way

_LEAST_POLL, _MOST_POLL = 1.0, 15.0
_MOST_HEARTBEATS = 600
_LONGEST_SECONDS = 7200.0


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked.

    Attributes:
        kind: Type of the drill.
        way: What the database comes back from.
        confirm: Display name of the database, where that is needed.
        peer_region: Where its standby is expected; None if nobody says.
        contacts: Whom to call, beside the contacts of the database.
        ignore: Prechecks in spite of which the drill acts; it cannot pass then.
        moving: Tables that are written to all the time.
        make_table: Whether the table of heartbeats may be made.
        less_protection: Whether it is accepted that no standby protects the database meanwhile.
        self_test: What is spoilt on purpose; empty if nothing.
        rto_seconds: Objective of this drill; None if it is not known.
        rpo_seconds: The same of what may be lost.
        backup_age_seconds: How old the newest backup may be.
        objectives: Where the objectives come from.
        heartbeat_seconds: Between two heartbeats.
        poll_seconds: Between two looks at the cloud; 0 is a 60th of the RTO.
        longest_seconds: Of any wait; 0 is four times the RTO, and two hours at least.
        sql_timeout_seconds: Of a statement.
        clone_compute_count: ECPUs of a clone.
        clone_secret_id: Vault secret with the password of its ADMIN; one that nobody knows if None.
        standby_id: OCID of the remote standby; None if there is none.
        standby_region: Its region.
    """

    kind: DrillType
    way: Way
    confirm: str = ""
    peer_region: str | None = None
    contacts: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    moving: tuple[str, ...] = ()
    make_table: bool = False
    less_protection: bool = False
    self_test: str = ""
    rto_seconds: float | None = None
    rpo_seconds: float | None = None
    backup_age_seconds: float = 26 * 3600.0
    objectives: str = ""
    heartbeat_seconds: float = 1.0
    poll_seconds: float = 0.0
    longest_seconds: float = 0.0
    sql_timeout_seconds: float = 30.0
    clone_compute_count: float = 2.0
    clone_secret_id: str | None = None
    standby_id: str | None = None
    standby_region: str | None = None

    @property
    def poll(self) -> float:
        """Seconds between two looks: what is measured is so much too long at most."""
        return self.poll_seconds or min(max((self.rto_seconds or 0) / 60, _LEAST_POLL), _MOST_POLL)

    @property
    def longest(self) -> float:
        """Seconds after which a wait is given up."""
        return self.longest_seconds or max(4 * (self.rto_seconds or 0), _LONGEST_SECONDS)

    @property
    def heartbeats(self) -> int:
        """How many are written before the act: for longer than may be lost, so that a loss of that size can be seen."""
        return min(int(1.2 * (self.rpo_seconds or 0) / self.heartbeat_seconds) + 5, _MOST_HEARTBEATS)

    def as_json(self) -> dict[str, Any]:
        """For storage."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Order":
        """From evidence."""
        known = {field.name for field in fields(cls)}
        given: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in said.items() if n in known}
        return cls(**given)
