"""Applies schema migrations to a database: under a lock, statement by statement, each written down before and after.

Oracle commits around every DDL statement: nothing can be rolled back. So what was done is written down in the database itself,
and where a statement failed, or was cut off, a person decides whether it runs again or counts as done.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from assets.fleet.logic.migrations import progress as states
from assets.fleet.logic.migrations import tracking
from assets.fleet.logic.migrations.files import Migration, checksum_of
from assets.fleet.logic.migrations.progress import Applied, Progress, Resume, Step, Todo, progress
from resources.clock import Clock
from resources.errors import Conflict, Denied, PermanentError
from resources.sql_sessions import SqlSession, StatementFailed, Value

_LOG = logging.getLogger(__name__)
_MOST_ERROR = 1900
"""Characters of an error that are kept; the column holds bytes."""


@dataclass(frozen=True, slots=True)
class Migrator:
    """A run that migrates one database.

    Attributes:
        session: With the database.
        clock: Tells the time.
        set_name: Which set of migrations.
        owner: Whose the lock is: the first of the runs that repeat each other.
        run_id: The run.
        by: Who let it happen.
        lasts: How long the lock is held without being renewed; longer than any statement takes.
    """

    session: SqlSession
    clock: Clock
    set_name: str
    owner: str
    run_id: str
    by: str
    lasts: timedelta = timedelta(hours=1)

    @property
    def holder(self) -> str:
        """Who holds the lock. Of runs that repeat each other, one at a time: the later takes it from the earlier."""
        return f"{self.owner}/{self.run_id}"

    def applied(self) -> list[Applied]:
        """What the database has had; nothing if it was never migrated."""
        if not self._is_there(tracking.MIGRATIONS) or not self._is_there(tracking.STEPS):
            return []
        name: Mapping[str, Value] = {"set_name": self.set_name}
        steps: dict[str, dict[int, Step]] = {}
        for row in self.session.rows(tracking.READ_STEPS, name):
            step = Step(row["checksum"], row["state"], row["error_text"])
            steps.setdefault(row["version"], {})[int(row["statement_no"])] = step
        return [
            Applied(
                row["version"], row["file_name"], row["checksum"], int(row["statements"]), row["state"] == states.DONE,
                steps.get(row["version"], {}),
            )
            for row in self.session.rows(tracking.READ_MIGRATIONS, name)
        ]  # fmt: skip

    def planned(self, migrations: Sequence[Migration], resume: Resume | None, *, out_of_order: bool) -> Progress:
        """What is to be run; changes nothing."""
        return progress(migrations, self.applied(), resume, out_of_order=out_of_order)

    def lock(self, steal_from: str = "") -> None:
        """Keep other migrators away from this database.

        Args:
            steal_from: Owner of a lock that may be taken over, once it has expired.

        Raises:
            Conflict: Somebody else holds it.
        """
        for table in tracking.CREATE:
            self._create(table)
        now = self.clock.now()
        mine: dict[str, Value] = {"owner_name": self.holder, "moment": _text(now), "expires_at": _text(now + self.lasts)}
        try:
            self.session.execute(tracking.TAKE_LOCK, mine)
        except StatementFailed:
            held = self.session.rows(tracking.READ_LOCK)
            if not held:
                raise
            self._take_over(held[0], mine, steal_from)

    def unlock(self) -> None:
        """Let others in."""
        self.session.execute(tracking.GIVE_LOCK_BACK, {"owner_name": self.holder})

    def apply(self, todo: Todo) -> None:
        """Run what is left of one migration.

        Raises:
            PermanentError: A statement failed; the database is where it says, and somebody has to decide.
            Conflict: The lock was lost.
        """
        one = todo.migration
        about: dict[str, Value] = {
            "set_name": self.set_name, "version": one.version, "file_name": one.file, "checksum": one.checksum,
            "statements": len(one.statements), "run_id": self.run_id, "run_by": self.by,
        }  # fmt: skip
        if todo.is_begun:
            self.session.execute(tracking.AGAIN_MIGRATION, about)
        else:
            self.session.execute(tracking.BEGIN_MIGRATION, {**about, "moment": _text(self.clock.now())})
        for number in sorted((*todo.numbers, *todo.marks)):
            self._renew()
            self._begin(todo, number, states.MARKED if number in todo.marks else states.BEGUN)
            if number not in todo.marks:
                self._run(todo, number)
        self.session.execute(tracking.END_MIGRATION, self._of(todo, {"moment": _text(self.clock.now()), "run_id": self.run_id}))

    def _run(self, todo: Todo, number: int) -> None:
        statement = todo.statement(number)
        _LOG.info("%s: statement %d of %d", todo.migration.file, number, len(todo.migration.statements))
        try:
            self.session.execute(statement.text)
        except PermanentError as error:
            said = error.message[:_MOST_ERROR]
            self._end(todo, number, states.FAILED, said)
            place = f"{todo.migration.version}/{number}"
            raise PermanentError(
                f"{todo.migration.file}: statement {number} of {len(todo.migration.statements)}, line {statement.line}, "
                f"failed with {said}",
                f"What was run before it stays. Correct the cause, and run with resume at {place}: run again, or count as done.",
            ) from error
        # anything else leaves it `begun`: nobody knows whether the database did it
        self._end(todo, number, states.DONE, None)

    def _begin(self, todo: Todo, number: int, state: str) -> None:
        checksum = checksum_of(todo.statement(number).text)
        more: dict[str, Value] = {
            "statement_no": number, "checksum": checksum, "state": state, "moment": _text(self.clock.now()),
            "run_id": self.run_id,
        }  # fmt: skip
        # what is known of a statement is never gone, not even between two calls
        if self.session.execute(tracking.AGAIN_STEP, self._of(todo, more)) == 0:
            self.session.execute(tracking.BEGIN_STEP, self._of(todo, more))

    def _end(self, todo: Todo, number: int, state: str, error: str | None) -> None:
        more: dict[str, Value] = {
            "statement_no": number, "state": state, "error_text": error, "moment": _text(self.clock.now()), "run_id": self.run_id,
        }  # fmt: skip
        self.session.execute(tracking.END_STEP, self._of(todo, more))

    def _of(self, todo: Todo, more: Mapping[str, Value]) -> dict[str, Value]:
        return {"set_name": self.set_name, "version": todo.migration.version, **more}

    def _renew(self) -> None:
        until = _text(self.clock.now() + self.lasts)
        if self.session.execute(tracking.RENEW_LOCK, {"owner_name": self.holder, "expires_at": until}) != 1:
            raise Conflict("the lock was taken by another migrator", "See who migrates this database; run again once they end.")

    def _take_over(self, held: Mapping[str, Any], mine: Mapping[str, Value], steal_from: str) -> None:
        owner = str(held["owner_name"])
        if owner == self.holder:
            self._renew()
            return
        has_expired = str(held["expires_at"]) <= str(mine["moment"])
        taken = 0
        if owner.rpartition("/")[0] == self.owner:
            # an earlier attempt that is not as dead as it seems loses the lock, and stops before its next statement
            taken = self.session.execute(tracking.INHERIT_LOCK, {**mine, "stolen_from": owner})
        elif has_expired and steal_from == owner:
            taken = self.session.execute(tracking.STEAL_LOCK, {**mine, "stolen_from": owner})
        if taken == 1:
            return
        since = f"{owner} migrates it since {held['taken_at']}"
        if has_expired:
            raise Conflict(
                f"{since}, and its lock expired at {held['expires_at']}",
                f"If you are sure that it has ended, run again with steal_lock_from: {owner}.",
            )
        raise Conflict(f"{since}, its lock lasts until {held['expires_at']}", "Wait until it has ended.")

    def _create(self, table: str) -> None:
        if self._is_there(table):
            return
        try:
            self.session.execute(tracking.CREATE[table])
        except StatementFailed:
            # another one may have made it meanwhile
            if not self._is_there(table):
                raise

    def _is_there(self, table: str) -> bool:
        try:
            self.session.rows(tracking.PROBE[table])
        except Denied:
            return False
        return True


def _text(moment: datetime) -> str:
    """A moment as text that ascends with time."""
    return moment.isoformat(timespec="microseconds")
