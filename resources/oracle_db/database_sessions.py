"""SQL over Oracle's own protocol: pools of python-oracledb's thin mode, one for each database of a fleet.

One-way TLS where the database allows it; otherwise mutual TLS with its wallet, which lies in a private folder of this process
while the pool is there. Source of thin mode with a wallet: python-oracledb's documentation, "Connecting to Oracle Cloud
Autonomous Databases".
"""

import atexit
import io
import re
import secrets
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

import dagster as dg
from pydantic import Field, PrivateAttr

from resources.autonomous_databases import AutonomousDatabase
from resources.database_service import AutonomousDatabases
from resources.errors import CloudOpsError, Denied, NotFound, TransientError, Unavailable
from resources.oracle_db.errors import of_database
from resources.sql_sessions import LoginRefused, SqlSession, SqlSessions, StatementFailed, Value

GROUP = "LOW"
"""Consumer group of all sessions: what watches a database should not take from those who use it."""
_ROWS_A_TRIP = 1000
_PING_AFTER_SECONDS = 60
_IDLE_SECONDS = 120
_RETRIES = re.compile(r"\((?:retry_count|retry_delay|connect_timeout|transport_connect_timeout)\s*=[^()]*\)", re.IGNORECASE)
_NO_ACCESS = "Grant the database user what the statement reads, or create it."


@dataclass(slots=True)
class _Pool:
    """A pool that is opened when first used, and the folder of its wallet."""

    opening: Lock = field(default_factory=Lock)
    opened: Any = None
    wallet: Path | None = None

    def close(self) -> None:
        """End its sessions and remove its wallet; does nothing the second time."""
        opened, self.opened = self.opened, None
        if opened is not None:
            opened.close(force=True)
        if self.wallet is not None:
            shutil.rmtree(self.wallet, ignore_errors=True)
            self.wallet = None


class OracleSessions(SqlSessions):
    """Pooled sessions with every database of a fleet; a change of roles makes a new pool."""

    user: str = Field(description="Database user, the same in all databases.")
    password: str = Field(repr=False, description="Their password.")
    service: dg.ResourceDependency[AutonomousDatabases] = Field(description="Where wallets come from.")
    connect_timeout_seconds: float = Field(default=10, gt=0, description="How long to wait for a connection, at most.")
    pool_size: int = Field(default=4, ge=1, description="Most sessions with one database at a time.")
    _pools: dict[tuple[str, str], _Pool] = PrivateAttr(default_factory=dict)
    _naming: Any = PrivateAttr(default_factory=Lock)

    @contextmanager
    def session(self, database: AutonomousDatabase, timeout_seconds: float) -> Iterator[SqlSession]:
        """See SqlSessions."""
        descriptor, mutual = reached(database)
        pool = self._pool(database.id, descriptor)
        with _translated(database.display_name):
            opened = self._opened(pool, database, descriptor, timeout_seconds, mutual=mutual)
        try:
            with _translated(database.display_name):
                connection = opened.acquire()
        except Denied as error:
            raise LoginRefused(error.message, error.advice) from None
        try:
            connection.call_timeout = round(1000 * timeout_seconds)
            yield OracleSession(connection, database.display_name)
        finally:
            with _translated(database.display_name):
                connection.close()

    def close(self) -> None:
        """End all sessions, and remove all wallets."""
        with self._naming:
            pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            pool.close()

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:  # noqa: ARG002
        """Nothing of a run is left behind."""
        self.close()

    def _pool(self, ocid: str, descriptor: str) -> _Pool:
        with self._naming:
            if not self._pools:
                atexit.register(self.close)
            return self._pools.setdefault((ocid, descriptor), _Pool())

    def _opened(  # the driver has no types that could be imported lazily
        self, pool: _Pool, database: AutonomousDatabase, descriptor: str, seconds: float, *, mutual: bool
    ) -> Any:  # noqa: ANN401
        with pool.opening:  # of this database alone: a slow one delays no other
            if pool.opened is None:
                password = secrets.token_urlsafe(24)
                if mutual:
                    pool.wallet = unpacked(self.service.wallet(database.region, database.id, password))
                pool.opened = self._made(descriptor, min(seconds, self.connect_timeout_seconds), pool.wallet, password)
            return pool.opened

    def _made(self, descriptor: str, seconds: float, wallet: Path | None, password: str) -> Any:  # noqa: ANN401
        import oracledb

        return oracledb.create_pool(
            user=self.user,
            password=self.password,
            dsn=descriptor,
            wallet_location=str(wallet) if wallet else None,
            wallet_password=password if wallet else None,
            min=0,
            max=self.pool_size,
            increment=1,
            getmode=oracledb.POOL_GETMODE_TIMEDWAIT,
            wait_timeout=round(1000 * seconds),
            tcp_connect_timeout=seconds,
            ping_interval=_PING_AFTER_SECONDS,
            timeout=_IDLE_SECONDS,
        )


class OracleSession(SqlSession):
    """A connection of a pool."""

    def __init__(self, connection: Any, name: str) -> None:  # noqa: ANN401  # python-oracledb is imported lazily
        self._connection, self._name = connection, name

    def rows(self, sql: str, binds: Mapping[str, Value] | None = None) -> list[dict[str, Any]]:
        """See SqlSession."""
        with _translated(self._name), self._connection.cursor() as cursor:
            cursor.arraysize = _ROWS_A_TRIP
            cursor.prefetchrows = _ROWS_A_TRIP + 1
            cursor.execute(sql, dict(binds or {}), fetch_lobs=False)
            names = [column[0].lower() for column in cursor.description or ()]
            return [dict(zip(names, map(_plain, row), strict=True)) for row in cursor.fetchall()] if names else []

    def execute(self, sql: str, binds: Mapping[str, Value] | None = None) -> int:
        """See SqlSession."""
        with _translated(self._name), self._connection.cursor() as cursor:
            cursor.execute(sql, dict(binds or {}))
            changed = int(cursor.rowcount)
            self._connection.commit()
            return changed


def reached(database: AutonomousDatabase) -> tuple[str, bool]:
    """Connect descriptor of a database, and whether it demands mutual TLS.

    What it says of repeats is left out: that a database is not there is to be known within the timeout, not after 20 attempts.

    Raises:
        Unavailable: It shows none.
    """
    one_way, mutual = (database.profiles.get((GROUP, way)) for way in ("SERVER", "MUTUAL"))
    if one_way and not database.is_mtls_required:
        return _RETRIES.sub("", one_way), False
    if mutual:
        return _RETRIES.sub("", mutual), True
    advice = "See in the console whether it is available; databases that are being made have no address yet."
    raise Unavailable(f"{database.display_name} shows no way to connect with the consumer group {GROUP}", advice)


def unpacked(wallet: bytes) -> Path:
    """A private folder with the files of a wallet; whoever asks for it removes it. Raises Unavailable if it is no wallet."""
    try:
        with zipfile.ZipFile(io.BytesIO(wallet)) as archive:
            files = {Path(entry.filename).name: archive.read(entry) for entry in archive.infolist() if not entry.is_dir()}
    except zipfile.BadZipFile as error:
        raise Unavailable(f"a wallet that was sent cannot be unpacked ({error})", "Repeat later.") from error
    folder = Path(tempfile.mkdtemp(prefix="cloudops-wallet-"))  # 0700
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


@contextmanager
def _translated(about: str) -> Iterator[None]:
    """Raise what python-oracledb and the network raise as errors of SqlSession."""
    import oracledb

    try:
        yield
    except oracledb.Error as error:
        # neither as cause: a database quotes rows and values in its messages
        raise _meant(error.args[0] if error.args else None, about) from None
    except OSError as error:
        advice = "See whether it runs, and whether its address can be reached from here."
        raise Unavailable(f"{about} does not answer ({type(error).__name__})", advice) from None


def _meant(error: Any, about: str) -> CloudOpsError:  # noqa: ANN401  # the driver's error has no public type
    meant, code = of_database(error, about), int(getattr(error, "code", 0) or 0)
    if isinstance(meant, TransientError | Denied):
        return meant
    if isinstance(meant, NotFound) and code == 942:
        return Denied(meant.message, _NO_ACCESS)
    return StatementFailed(meant.message, meant.advice, code or None)


def _plain(value: Any) -> Any:  # noqa: ANN401
    """A value as SQL over REST has it: times as ISO 8601 text, in UTC if the column knows no zone; RAW in hexadecimal digits."""
    if isinstance(value, datetime):
        return (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)).isoformat().replace("+00:00", "Z")
    return value.hex().upper() if isinstance(value, bytes) else value
