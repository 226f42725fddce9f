"""Pooled connections to an Oracle Database in python-oracledb's thin mode, and the few ways in which they are asked."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any

import dagster as dg
from pydantic import Field, PrivateAttr

from resources.oracle_db.errors import translated

_ROWS_A_TRIP = 1000
_PING_AFTER_SECONDS = 60
_SESSION_SECONDS = 3600
"""Age at which a session is replaced, so that those to an instance that was left behind come to an end."""


class OracleDatabase(dg.ConfigurableResource[Any]):
    """A database, its user, and the pool of sessions that this process has."""

    user: str = Field(description="User whose schema holds the tables.")
    password: str = Field(repr=False, description="Its password.")
    dsn: str = Field(description="Alias of tnsnames.ora, `host:port/service`, or a connect descriptor.")
    config_dir: str | None = Field(default=None, description="Folder of tnsnames.ora.")
    wallet_location: str | None = Field(default=None, description="Folder of ewallet.pem, where mutual TLS is required.")
    wallet_password: str | None = Field(default=None, repr=False, description="Password of that wallet; not of the user.")
    connect_timeout_seconds: float = Field(default=10, gt=0, description="How long to wait for a connection.")
    call_timeout_seconds: float = Field(default=30, gt=0, description="Longest round trip of a query or a write.")
    build_timeout_seconds: float = Field(default=4 * 3600, gt=0, description="Longest round trip of building an index.")
    pool_size: int = Field(default=8, ge=1, description="Most sessions of this process at a time.")
    pool_wait_seconds: float = Field(default=10, gt=0, description="How long to wait for a session that is free.")
    _pools: list[Any] = PrivateAttr(default_factory=list)
    _opening: Any = PrivateAttr(default_factory=Lock)

    @contextmanager
    def connection(self, about: str, *, building: bool = False) -> Iterator[Any]:
        """A session of the pool; what is not committed when it ends is rolled back.

        Args:
            about: What it is for, for messages.
            building: Whether calls may take as long as building an index.

        Raises:
            CloudOpsError: What the driver or the database raises inside, translated.
        """
        with translated(about):
            session = self._acquired()
            try:
                session.call_timeout = round(1000 * (self.build_timeout_seconds if building else self.call_timeout_seconds))
                yield session
            finally:
                session.close()

    def _acquired(self) -> Any:  # noqa: ANN401  # python-oracledb is imported lazily
        with self._opening:
            if not self._pools:
                self._pools.append(self._pool())
        return self._pools[0].acquire()

    def _pool(self) -> Any:  # noqa: ANN401
        import oracledb

        return oracledb.create_pool(
            user=self.user,
            password=self.password,
            dsn=self.dsn,
            config_dir=self.config_dir,
            wallet_location=self.wallet_location,
            wallet_password=self.wallet_password,
            min=0,
            max=self.pool_size,
            increment=1,
            getmode=oracledb.POOL_GETMODE_TIMEDWAIT,
            wait_timeout=round(1000 * self.pool_wait_seconds),
            tcp_connect_timeout=self.connect_timeout_seconds,
            ping_interval=_PING_AFTER_SECONDS,
            max_lifetime_session=_SESSION_SECONDS,
        )


def selected(connection: Any, sql: str, binds: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:  # noqa: ANN401
    """All rows of a query; CLOBs come as text."""
    with connection.cursor() as cursor:
        cursor.arraysize = _ROWS_A_TRIP
        cursor.prefetchrows = _ROWS_A_TRIP + 1
        cursor.execute(sql, dict(binds or {}), fetch_lobs=False)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def executed(connection: Any, sql: str, binds: Mapping[str, Any] | None = None) -> int:  # noqa: ANN401
    """Run a statement that answers no rows; how many rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(sql, dict(binds or {}))
        return int(cursor.rowcount)


def executed_for_all(
    connection: Any,  # noqa: ANN401
    sql: str,
    binds: Sequence[Mapping[str, Any]],
    batch: int,
    types: Mapping[str, Any] | None = None,
) -> int:
    """Run a statement once per set of binds, so many in a round trip; how many rows it changed.

    Args:
        connection: Session whose transaction it becomes part of.
        sql: Statement with named binds.
        binds: Values by name; all sets have the same names.
        batch: Sets in a round trip.
        types: Database types of binds that may be null or long, by name.
    """
    changed = 0
    with connection.cursor() as cursor:
        for start in range(0, len(binds), batch):
            if types:
                cursor.setinputsizes(**types)
            cursor.executemany(sql, [dict(one) for one in binds[start : start + batch]])
            changed += int(cursor.rowcount)
    return changed
