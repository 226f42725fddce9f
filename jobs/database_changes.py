"""What jobs that change backups and standbys of databases have in common: what they work with, and what became of a plan."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from assets.journal import Journal
from resources.clock import Clock
from resources.database_service import AutonomousDatabases

_Step = TypeVar("_Step")


@dataclass(frozen=True, slots=True)
class DatabaseWorld:
    """What a run works with."""

    service: AutonomousDatabases
    clock: Clock
    journal: Journal
    longest_wait_seconds: float


@dataclass(slots=True)
class Applied(Generic[_Step]):
    """What became of a plan: steps that were done, those held, and why others failed."""

    done: list[_Step] = field(default_factory=list)
    held: list[_Step] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
