"""SQL over HTTPS: the REST-enabled SQL service of Oracle REST Data Services, which every Autonomous Database has.

Source of requests and answers: docs.oracle.com, "REST-Enabled SQL Service" (Oracle REST Data Services Developer's Guide).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

from resources.autonomous_databases import AutonomousDatabase
from resources.errors import Denied, Throttled, Unavailable
from resources.sql_sessions import LoginRefused, SqlSession, SqlSessions, StatementFailed, Value

if TYPE_CHECKING:  # it is slow to import, and loading the code location needs none of it
    from ssl import SSLContext

    import httpx

PAGE_ROWS = 10_000
"""Rows that one answer may have."""
_NO_ACCESS = (942, 1031)
_UNAUTHORIZED = (401, 403)
_NOT_FOUND, _TOO_MANY, _ERRORS = 404, 429, 400


class _Page(BaseModel):
    """Rows of a query, of which there may be more."""

    items: list[dict[str, Any]]
    has_more: bool = Field(default=False, alias="hasMore")


class _Item(BaseModel):
    """What became of a statement."""

    rows: _Page | None = Field(default=None, alias="resultSet")
    changed: int | None = Field(default=None, alias="result")
    error_code: int | None = Field(default=None, alias="errorCode")
    error_details: str | None = Field(default=None, alias="errorDetails")


class _Answer(BaseModel):
    """What is answered to a request."""

    items: list[_Item]


class RestSqlSessions(SqlSessions):
    """Sessions over HTTPS. Each statement is a request of its own, which the service ends by committing (not sourced).

    The user's schema must be enabled for REST.
    """

    user: str = Field(description="Database user, whose schema is REST-enabled under its own name in lower case.")
    password: str = Field(description="Their password.", repr=False)

    @contextmanager
    def session(self, database: AutonomousDatabase, timeout_seconds: float) -> Iterator[SqlSession]:
        """See SqlSessions; nothing is asked before the first statement."""
        if not database.ords_url:
            advice = "See in the console whether it runs, and whether its tools are enabled."
            raise Unavailable(f"{database.display_name} shows no address of Oracle REST Data Services", advice)
        import httpx

        address = f"{database.ords_url.rstrip('/')}/{self.user.lower()}/_/sql"
        # a proxy of the environment never sees the password
        with httpx.Client(auth=(self.user, self.password), timeout=timeout_seconds, trust_env=False, verify=_trusted()) as client:
            yield RestSqlSession(client, address, database.display_name)


class RestSqlSession(SqlSession):
    """Statements that are posted to one database."""

    def __init__(self, client: "httpx.Client", address: str, name: str) -> None:
        self._client, self._address, self._name = client, address, name

    def rows(self, sql: str, binds: Mapping[str, Value] | None = None) -> list[dict[str, Any]]:
        """See SqlSession. Pages after the first run the statement again, so that it should have an order."""
        found: list[dict[str, Any]] = []
        while True:
            page = self._posted(sql, binds, offset=len(found)).rows
            if page is None:
                return found
            found += page.items
            if not page.has_more or not page.items:
                return found

    def execute(self, sql: str, binds: Mapping[str, Value] | None = None) -> int:
        """See SqlSession."""
        return self._posted(sql, binds, offset=0).changed or 0

    def _posted(self, sql: str, binds: Mapping[str, Value] | None, offset: int) -> _Item:
        import httpx

        body = {
            "statementText": sql,
            "limit": PAGE_ROWS,
            "offset": offset,
            "binds": [_bind(n, v) for n, v in (binds or {}).items()],
        }
        try:
            answer = self._client.post(self._address, json=body)
        except httpx.HTTPError as error:
            advice = "See whether it runs and can be reached; a statement that takes longer needs a longer timeout."
            raise Unavailable(f"{self._name} does not answer ({type(error).__name__})", advice) from error
        self._demand(answer)
        try:
            (item,) = _Answer.model_validate_json(answer.content).items
        except ValueError:
            # not as cause: what was answered may be rows
            advice = "See whether its address is that of Oracle REST Data Services."
            raise Unavailable(f"{self._name} answers something else than results of SQL", advice) from None
        if item.error_code is not None:
            raise _failed(self._name, item.error_code, item.error_details or "no details")
        return item

    def _demand(self, answer: "httpx.Response") -> None:
        if answer.status_code in _UNAUTHORIZED:
            advice = "Check the user and password of database sessions, and that the user's schema is REST-enabled."
            raise LoginRefused(f"{self._name} does not let the database user in (HTTP {answer.status_code})", advice)
        if answer.status_code == _NOT_FOUND:
            # what a database that is stopped or changes its role may answer too
            advice = "See whether it is available, and whether the schema of the user is enabled for REST."
            raise Unavailable(f"{self._name} serves no SQL over REST at its address", advice)
        if answer.status_code == _TOO_MANY:
            raise Throttled(f"{self._name} is asked too often (HTTP 429)", "Repeat later, with fewer at a time.")
        if answer.status_code >= _ERRORS:
            said = f"{self._name} does not answer SQL (HTTP {answer.status_code})"
            raise Unavailable(said, "See in the console whether it is available, and in which role.")


@cache
def _trusted() -> "SSLContext":
    """Whom sessions trust, read once: certificates are far dearer to read than a session is to open."""
    import httpx

    return httpx.create_ssl_context(trust_env=False)


def _bind(name: str, value: Value) -> dict[str, Any]:
    kind = "NUMBER" if isinstance(value, int | float) else "VARCHAR"
    return {"name": name, "data_type": kind, "value": value}


def _failed(name: str, code: int, details: str) -> Denied | StatementFailed:
    said = f"{name}: {details.strip()}"
    if code in _NO_ACCESS:
        return Denied(said, "Grant the database user what the statement reads, or create it.")
    return StatementFailed(said, "Read what the database says about the statement.", code)
