"""One operation per database at a time: a change that is begun in the journal, and not ended, keeps others away.

Next to the service's own states and etags, this holds across runs and deployments that share the lake. Of two that begin at once,
the one whose row comes later sees the other's, and stands back.
"""

import json
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from assets.journal import BEGUN, NOT_TRIED, Begun, Change, Journal
from resources.clock import Clock
from resources.errors import Conflict

MIGRATE = "apply migration"
OPERATIONS = (
    "provision", "clone", "clone refreshable", "scale", "configure", "start", "stop", "back up", "decommission", MIGRATE,
)  # fmt: skip
"""Operations in the journal."""
KEY, ROOT, REGION, COMPARTMENT, UNTIL = "key", "root", "region", "compartment_id", "until"
_OURS = (KEY, ROOT, REGION, COMPARTMENT, UNTIL)
"""What the journal's `after` says of the change itself, beside what the database is to be."""
FAILED = "failed: "
LEFT_BY_A_MIGRATION = "found cut off: cloudops_migrations in the database says how far it came"


@dataclass(frozen=True, slots=True)
class Entry:
    """A change in the journal, with how it ended; `outcome` is None of one that was not ended."""

    begun: Begun
    run_id: str
    at: datetime
    outcome: str | None

    @property
    def change(self) -> Change:
        """What was to be done."""
        return self.begun.change

    def says(self, name: str) -> str:
        """What it says of itself: its key, its root, its region."""
        return str((self.change.after or {}).get(name, ""))

    @property
    def until(self) -> datetime | None:
        """Until when it keeps others away; None if it does not say."""
        said = self.says(UNTIL)
        return datetime.fromisoformat(said) if said else None

    @property
    def wanted(self) -> dict[str, Any]:
        """What the database was to be."""
        return {name: value for name, value in (self.change.after or {}).items() if name not in _OURS}


@dataclass(frozen=True, slots=True)
class Lease:
    """The journal as one run uses it to keep others away.

    Attributes:
        journal: Of the fleet.
        clock: Tells the time.
        root: The first of the runs that repeat each other, or whatever else must not do a thing twice.
        is_over: Whether a run that wrote to the journal is known to have ended.
        lasts: So long after its begin a change of this run is taken over by others. Must be longer than any wait.
        lock: Held while the journal is written, by threads of one run: commits to the lake that overlap would be refused.
    """

    journal: Journal
    clock: Clock
    root: str
    is_over: Callable[[str], bool] = lambda _: False
    lasts: timedelta = timedelta(hours=6)
    lock: AbstractContextManager[Any] = field(default_factory=threading.RLock)

    def entries(self, subject: str) -> list[Entry]:
        """Everything that the journal knows of a database, oldest first."""
        rows = self.journal.rows(OPERATIONS, subject).sort("at", maintain_order=True).to_dicts()
        ended = {row["change_id"]: row["outcome"] for row in rows if row["outcome"] != BEGUN}
        return [_entry(row, ended.get(row["change_id"])) for row in rows if row["outcome"] == BEGUN]

    def demand_idle(self, entry: Entry) -> None:
        """Raises Conflict unless nobody is at work on a change any more, as far as can be known."""
        idle = entry.says(ROOT) == self.root or self.is_over(entry.run_id)
        until = entry.until or entry.at + self.lasts
        if not idle and self.clock.now() < until:
            raise Conflict(
                f"{entry.change.subject}: run {entry.run_id} is at work on it ({entry.change.operation})",
                f"Wait until it has ended. If it was killed, run it again, or this one after {until:%Y-%m-%d %H:%M} UTC.",
            )

    def begin(self, change: Change) -> Begun:
        """Write a change down; raises Conflict, and lets it be, if another is begun on the same database. Both of two may be.

        It says itself until when it keeps others away: they may have to wait for less.
        """
        with self.lock:
            now = self.clock.now()
            (begun,) = self.journal.begin([replace(change, after={**(change.after or {}), UNTIL: _text(now + self.lasts)})], now)
        others = [e for e in self.entries(change.subject) if e.outcome is None and e.begun.change_id != begun.change_id]
        if others:
            self.end(begun, NOT_TRIED)
            raise Conflict(f"{change.subject}: run {others[0].run_id} is at work on it", "Run this job again later.")
        return begun

    def end(self, begun: Begun, outcome: str) -> None:
        """Write down how a change ended."""
        with self.lock:
            self.journal.end([(begun, outcome)], self.clock.now())


def _text(moment: datetime) -> str:
    return moment.isoformat()


def _entry(row: Mapping[str, Any], outcome: str | None) -> Entry:
    before, after = (None if row[name] is None else json.loads(row[name]) for name in ("before", "after"))
    change = Change(row["system"], row["operation"], row["subject"], before, after, row["reason"])
    return Entry(Begun(row["change_id"], change), row["run_id"], row["at"], outcome)
