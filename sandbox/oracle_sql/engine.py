"""One database in memory: runs statements of Oracle's SQL on SQLite, and says what Oracle would say."""

from __future__ import annotations

import hashlib
import re
import sqlite3
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.oracle_sql import blocks, catalogue, dialect
from sandbox.oracle_sql.functions import FUNCTIONS, Joined, moment_text
from sandbox.oracle_sql.refusals import Refused, refused

Rows = tuple[Sequence[str], Sequence[Sequence[Any]]]
"""Names of columns, and rows."""
_QUERIES = ("SELECT", "WITH")
_CHANGES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE", "TRUNCATE")
_NOT_KEPT = re.compile(r"^(g?v\$|(user|all|dba)_|dual$)")


_SESSION = {"current_schema": "ADMIN", "session_user": "ADMIN", "sid": "1", "instance": "1"}


@dataclass(frozen=True, slots=True)
class Result:
    """What a statement answers.

    Attributes:
        kind: `query`, `dml`, `ddl` or `plsql`.
        columns: Names in capitals, of a query.
        rows: Of a query.
        changed: How many rows a change touched.
    """

    kind: str
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[Any]] = ()
    changed: int = 0


@dataclass(slots=True, weakref_slot=True)
class Database:
    """A database with ADMIN's schema alone.

    Attributes:
        connection: To SQLite, in memory.
        sequences: Last value and step by name; they are not rolled back with a transaction, as in Oracle.
        now: The time that statements see.
        failed: Why a function of the statement that runs refused, which SQLite does not tell.
        views: Contents of views of the instance (`v$session`), by name in lower case; None if there is no such view.
        names: Of what answers, as `SYS_CONTEXT('USERENV', …)` tells them, by parameter in lower case.
    """

    connection: sqlite3.Connection = field(default_factory=lambda: _connected())
    sequences: dict[str, tuple[int, int]] = field(default_factory=dict)
    now: str = ""
    failed: Refused | None = None
    views: Callable[[str], Rows | None] = lambda _: None
    names: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # SQLite's references to functions are not seen as a cycle: a database that they held would stay for ever
        me = weakref.proxy(self)
        for name, function in FUNCTIONS.items():
            self.connection.create_function(name, -1, function, deterministic=True)
        self.connection.create_function("now_", 0, lambda: me.now)
        self.connection.create_function("nextval_", 1, lambda name: me._next(name))
        self.connection.create_function("currval_", 1, lambda name: me._sequence(name)[0])
        self.connection.create_function("SYS_GUID", 0, lambda: me._guid())
        self.connection.create_function("SYS_CONTEXT", -1, lambda space, name, *_: me._context(space, name))
        # typeshed does not know that an aggregate may take any number of values
        self.connection.create_aggregate("listagg_", -1, Joined)  # type: ignore[arg-type]

    def run(self, sql: str, binds: Mapping[str, Any] | None = None, *, now: datetime, read_only: bool = False) -> Result:
        """Run one statement as a transaction of its own.

        Raises:
            Refused: It is not allowed or cannot be done; nothing is changed then.
        """
        self.now = moment_text(now)
        text, kept = dialect.masked(sql)
        first = dialect.kind(text)
        if not first:
            raise Refused(900)
        given = dict(binds or {})
        _demand_binds(text, given)
        if read_only and changes(sql):
            raise Refused(16000)
        self._look_up(text)
        before, self.failed = dict(self.sequences), None
        self.connection.execute("BEGIN")
        try:
            done = self._done(first, text, kept, given)
            self.connection.execute("COMMIT")
        except BaseException as error:
            self.sequences = before
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            if self.failed is not None:  # by a function of the statement
                raise self.failed from None
            if isinstance(error, sqlite3.Error):
                raise refused(error, deletes=first in ("DELETE", "TRUNCATE", "DROP")) from None
            raise
        return done

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a statement of SQLite's own."""
        return self.connection.execute(sql).fetchall()

    def clear(self) -> None:
        """Let all tables be empty."""
        self.connection.execute("PRAGMA foreign_keys = OFF")
        for name in catalogue.tables(self.connection):
            self.connection.execute(f'DELETE FROM "{name}"')  # noqa: S608 - a name of its own catalogue
        self.connection.execute("PRAGMA foreign_keys = ON")

    def _done(self, first: str, text: str, kept: Sequence[str], binds: Mapping[str, Any]) -> Result:
        if first in ("BEGIN", "DECLARE"):
            for part in blocks.statements(text, kept):
                inner, literals = dialect.masked(part)
                self._done(dialect.kind(inner), inner, literals, {n: v for n, v in binds.items() if n in dialect.binds(inner)})
            return Result("plsql")
        if catalogue.keeps_source(self.connection, text, kept, self.now) or self._makes_sequence(text):
            return Result("ddl")
        last: sqlite3.Cursor | None = None
        for statement in dialect.translated(text):
            last = self.connection.execute(dialect.unmasked(statement, kept), binds)
        if first in _QUERIES and last is not None:
            return Result("query", [d[0].upper() for d in last.description or ()], last.fetchall())
        if first in _CHANGES:
            return Result("dml", changed=max(last.rowcount if last else 0, 0))
        return Result("ddl")

    def _look_up(self, text: str) -> None:
        """Let the views that a statement names have their rows of now."""
        for name in dialect.names(text):
            if not _NOT_KEPT.match(name):
                continue
            found = catalogue.view(self.connection, name, self.sequences) or self.views(name)
            if found is None:
                continue
            columns, rows = found
            self.connection.execute(f'DROP TABLE IF EXISTS temp."{name}"')
            quoted = ", ".join(f'"{column}"' for column in columns)
            self.connection.execute(f'CREATE TEMP TABLE "{name}" ({quoted})')
            places = ", ".join("?" * len(columns))
            self.connection.executemany(f'INSERT INTO temp."{name}" VALUES ({places})', rows)  # noqa: S608 - names of views

    def _makes_sequence(self, text: str) -> bool:
        found = re.match(r"\s*(CREATE|DROP)\s+SEQUENCE\s+([\w$#]+)(.*)", text, re.IGNORECASE | re.DOTALL)
        if found is None:
            return False
        name = found[2].lower()
        if found[1].upper() == "DROP":
            self._sequence(name)
            del self.sequences[name]
            return True
        if name in self.sequences:
            raise Refused(955, name)
        step = re.search(r"INCREMENT\s+BY\s+(-?\d+)", found[3], re.IGNORECASE)
        start = re.search(r"START\s+WITH\s+(-?\d+)", found[3], re.IGNORECASE)
        by = int(step[1]) if step else 1
        self.sequences[name] = (int(start[1]) - by if start else 1 - by, by)
        return True

    def _sequence(self, name: str) -> tuple[int, int]:
        if name.lower() not in self.sequences:
            self.failed = Refused(2289, name)
            raise self.failed
        return self.sequences[name.lower()]

    def _next(self, name: str) -> int:
        last, step = self._sequence(name)
        self.sequences[name.lower()] = (last + step, step)
        return last + step

    def _context(self, space: str, name: str) -> str | None:
        return {**_SESSION, **self.names}.get(name.lower()) if space.upper() == "USERENV" else None

    def _guid(self) -> bytes:
        made, _ = self.sequences.get("sys$guid", (0, 1))
        self.sequences["sys$guid"] = (made + 1, 1)
        return hashlib.sha256(f"{self.now}/{made}".encode()).digest()[:16]


def changes(sql: str) -> bool:
    """Whether a statement changes the database, and must be kept: anything but a query; one that takes from a sequence does."""
    text, _ = dialect.masked(sql)
    return dialect.kind(text) not in _QUERIES or re.search(r"\.\s*NEXTVAL\b", text, re.IGNORECASE) is not None


def _demand_binds(text: str, given: Mapping[str, Any]) -> None:
    named = dialect.binds(text)
    if dialect.kind(text) in ("BEGIN", "DECLARE", "CREATE"):
        return
    if named - set(given):
        raise Refused(1008, ", ".join(sorted(named - set(given))))
    if set(given) - named:
        raise Refused(1036, ", ".join(sorted(set(given) - named)))


def _connected() -> sqlite3.Connection:
    made = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    made.execute("PRAGMA temp_store = MEMORY")
    made.execute("PRAGMA foreign_keys = ON")
    return made
