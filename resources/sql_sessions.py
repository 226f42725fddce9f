"""SQL in a database of the fleet: one interface and the error that a statement ends with; its variants are modules of their own.

Statements are Oracle SQL with named binds (`:name`). Those of the product itself keep to what any engine understands where they
can: `1 = 0` rather than `ROWNUM = 0`, `ROW_NUMBER()` rather than `FETCH FIRST`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import dagster as dg

from resources.autonomous_databases import AutonomousDatabase
from resources.errors import Denied, PermanentError

Value = str | int | float | None
"""What can be bound; times are bound as text and converted in the statement, or written as ISO 8601 text."""


class StatementFailed(PermanentError):
    """The database refused a statement.

    Attributes:
        code: Number that Oracle gives the error, such as 942; None if it gave none.
    """

    def __init__(self, message: str, advice: str, code: int | None) -> None:
        self.code = code
        super().__init__(message, advice)


class LoginRefused(Denied):
    """The user is not let in. To try again at once would only bring them nearer to being locked."""


class SqlSession(ABC):
    """A session with one database. A statement that does not answer in time ends it."""

    @abstractmethod
    def rows(self, sql: str, binds: Mapping[str, Value] | None = None) -> list[dict[str, Any]]:
        """All rows of a query, by lower-case column name: times as ISO 8601 text, RAW in hexadecimal digits.

        Raises:
            LoginRefused: The user is not let in; some variants know only when the first statement is sent.
            Denied: The user may not read that (ORA-01031), or it does not exist for them (ORA-00942).
            StatementFailed: The database refused it otherwise.
            Unavailable: No answer in time, or the connection is gone.
        """

    @abstractmethod
    def execute(self, sql: str, binds: Mapping[str, Value] | None = None) -> int:
        """Run a statement that answers no rows, and commit it; how many rows it changed. Raises as `rows`."""


class SqlSessions(dg.ConfigurableResource[Any], ABC):
    """Where sessions come from."""

    @abstractmethod
    def session(self, database: AutonomousDatabase, timeout_seconds: float) -> AbstractContextManager[SqlSession]:
        """A session with a database while the block runs; no call in it takes longer than the timeout.

        How a database is reached is taken from `database` each time: after a change of roles it is another host.

        Raises:
            LoginRefused: It cannot be logged in to.
            Denied: It may not be asked how to reach it.
            Unavailable: It is not running, or does not answer in time.
        """
