"""A database that answers with prepared rows, and notes every statement with what it binds."""

import re
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from typing import Any

from oracledb import DatabaseError
from oracledb.errors import _Error
from pydantic import PrivateAttr

from resources.oracle_db.connections import OracleDatabase

Rows = list[tuple[Any, ...]]
_LITERAL = re.compile(r"'[^']*'")
_BIND = re.compile(r"(?<![\w:]):([A-Za-z_]\w*)")


def failure(text: str, code: int = 0) -> DatabaseError:
    """As python-oracledb raises it."""
    return DatabaseError(_Error(text, code=code))


class Session:
    """What a connection of python-oracledb is to us. A query that nothing was prepared for fails the test."""

    def __init__(self) -> None:
        self.said: list[tuple[str, Any]] = []
        self.sizes: list[dict[str, Any]] = []
        self.answers: list[tuple[re.Pattern[str], Any]] = []
        self.call_timeout = 0
        self.closed = 0
        self.lost: Exception | None = None

    def when(self, pattern: str, answer: "Rows | int | Exception | Callable[[dict[str, Any]], Rows]") -> "Session":
        """Answer statements that match: rows of a query, rows that were changed, or a failure. Later ones win."""
        self.answers.insert(0, (re.compile(pattern, re.DOTALL), answer))
        return self

    @contextmanager
    def cursor(self):
        yield Cursor(self)

    def commit(self) -> None:
        self.said.append(("COMMIT", None))

    def rollback(self) -> None:
        self.said.append(("ROLLBACK", None))
        if isinstance(self.lost, Exception):
            raise self.lost

    def close(self) -> None:
        self.closed += 1

    def statements(self, pattern: str = "") -> list[str]:
        return [sql for sql, _ in self.said if re.search(pattern, sql)]

    def binds_of(self, pattern: str) -> Any:
        [binds] = [binds for sql, binds in self.said if re.search(pattern, sql)]
        return binds


class Cursor:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._rows: Rows = []
        self.rowcount = 0

    def execute(self, sql: str, binds: dict[str, Any], *, fetch_lobs: bool = True) -> None:
        self._said(sql, [binds], binds)
        answer = self._answer(sql, binds)
        if sql.startswith("SELECT"):
            assert not fetch_lobs, "a LOB would be a round trip of its own"
            assert answer is not None, f"nothing was prepared for {sql}"
            self._rows = list(answer)
        else:
            self.rowcount = 1 if answer is None else answer

    def executemany(self, sql: str, binds: list[dict[str, Any]]) -> None:
        assert binds, "python-oracledb refuses an empty list"
        self._said(sql, binds, binds)
        answer = self._answer(sql, {})
        self.rowcount = len(binds) if answer is None else answer

    def setinputsizes(self, **sizes: Any) -> None:
        self._session.sizes.append(sizes)

    def fetchall(self) -> Rows:
        return self._rows

    def _said(self, sql: str, sets: Iterable[dict[str, Any]], binds: Any) -> None:
        named = set(_BIND.findall(_LITERAL.sub("", sql)))
        for one in sets:
            assert named == set(one), f"{sorted(named ^ set(one))} are not both bound and named in {sql}"
        self._session.said.append((sql, binds))

    def _answer(self, sql: str, binds: dict[str, Any]) -> Any:
        for pattern, answer in self._session.answers:
            if pattern.search(sql):
                if isinstance(answer, Exception):
                    raise answer
                return answer(binds) if callable(answer) else answer
        return None


class RecordingDatabase(OracleDatabase):
    """Every connection is the same session."""

    _session: Session = PrivateAttr(default_factory=Session)

    @property
    def session(self) -> Session:
        return self._session

    def _acquired(self) -> Session:
        return self._session
