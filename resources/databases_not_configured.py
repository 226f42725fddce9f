"""Autonomous Databases of a deployment that has none: every question is refused, and says what to set.

A listing that is refused is no empty fleet.
"""

from contextlib import AbstractContextManager
from typing import NoReturn

from pydantic import Field

from resources.alarm_states import AlarmStates
from resources.autonomous_databases import AutonomousDatabase
from resources.database_service import AutonomousDatabases
from resources.errors import BadInput
from resources.metric_history import DatabaseMetrics
from resources.sql_sessions import SqlSession, SqlSessions

_ADVICE = "What to set."


class NoAutonomousDatabases(AutonomousDatabases):
    """The service of a deployment that names no tenancy."""

    advice: str = Field(description=_ADVICE)

    def missing(self) -> str | None:
        """See AutonomousDatabases."""
        return self.advice

    def regions(self, *_: object, **__: object) -> NoReturn:
        """Refused, as is everything. Raises BadInput."""
        raise BadInput("Autonomous Databases cannot be asked: Oracle's cloud is not configured", self.advice)

    # methods, which pydantic takes for fields without a type
    compartments = databases = others = database = backups = work_request = work_requests = wallet = regions  # type: ignore[pydantic-field]
    create = update = start = stop = restart = delete = back_up = delete_backup = restore = regions  # type: ignore[pydantic-field]
    switch_over = fail_over = convert_standby = regions  # type: ignore[pydantic-field]


class NoSqlSessions(SqlSessions):
    """Sessions of a deployment that names no database user."""

    advice: str = Field(description=_ADVICE)

    def session(self, database: AutonomousDatabase, timeout_seconds: float) -> AbstractContextManager[SqlSession]:  # noqa: ARG002
        """Refused. Raises BadInput."""
        raise BadInput(f"{database.display_name} cannot be asked: no database user is named", self.advice)


class NoAlarmStates(AlarmStates):
    """Alarms of a deployment that names no tenancy."""

    advice: str = Field(description=_ADVICE)

    def states(self, *_: object, **__: object) -> NoReturn:
        """Refused. Raises BadInput."""
        raise BadInput("alarms cannot be asked: Oracle's cloud is not configured", self.advice)


class NoDatabaseMetrics(DatabaseMetrics):
    """Metrics of a deployment that names no tenancy."""

    advice: str = Field(description=_ADVICE)

    def read(self, *_: object, **__: object) -> NoReturn:
        """Refused. Raises BadInput."""
        raise BadInput("metrics of databases cannot be asked: Oracle's cloud is not configured", self.advice)
