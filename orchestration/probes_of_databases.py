"""What `cloudops doctor` asks of the fleet: one database that runs stands for all of them."""

from datetime import timedelta
from functools import cached_property
from itertools import product
from threading import Lock

from assets.fleet.asking import queries, refused
from assets.fleet.collection import Deadline
from orchestration.doctor import Answer, Probe
from orchestration.probes_of_oci import IN_SHORT
from resources.autonomous_databases import RUNNING, AutonomousDatabase
from resources.clock import Clock
from resources.database_metrics import BY_NAME
from resources.database_service import AutonomousDatabases
from resources.databases_not_configured import NoSqlSessions
from resources.errors import CloudOpsError
from resources.metric_history import DatabaseMetrics
from resources.oci.autonomous_databases import OciAutonomousDatabases
from resources.oci.database_metrics import OciDatabaseMetrics
from resources.sql_sessions import SqlSessions

_METRICS, _SQL = "databases: metrics", "databases: SQL"
_SECONDS = 15.0
_HOUR = timedelta(hours=1)
_BACK = 3 * _HOUR
_METRIC = BY_NAME["cpu_utilization"]


def of_databases(service: AutonomousDatabases, metrics: DatabaseMetrics, sessions: SqlSessions, clock: Clock) -> list[Probe]:
    """Probes of what is asked of databases; if no cloud or no database user is set, they say so."""
    if absent := service.missing():
        nothing = Answer("no tenancy is set", "not configured", absent)
        return [Probe(name, "oci", purpose, lambda: nothing) for name, purpose in _PURPOSES.items()]
    if isinstance(service, OciAutonomousDatabases):
        service = service.model_copy(update={"clients": service.clients.model_copy(update=IN_SHORT)})
    if isinstance(metrics, OciDatabaseMetrics):
        metrics = metrics.model_copy(update={"clients": metrics.clients.model_copy(update=IN_SHORT)})
    example = _Example(service)
    return [
        Probe(_METRICS, "oci", _PURPOSES[_METRICS], lambda: _values(example, metrics, clock)),
        Probe(_SQL, "oci", _PURPOSES[_SQL], lambda: _views(example, sessions)),
    ]


_PURPOSES = {_METRICS: "load and storage are watched by them", _SQL: "memory, waits, locks and statements are read in it"}


class _Example:
    """The first database that runs, looked for once."""

    def __init__(self, service: AutonomousDatabases) -> None:
        self._service, self._looking = service, Lock()

    def found(self) -> AutonomousDatabase | Answer:
        """It, or why there is none."""
        with self._looking:
            return self._found

    @cached_property
    def _found(self) -> AutonomousDatabase | Answer:
        try:
            for region, place in product(self._service.regions(), self._service.compartments()):
                for one in self._service.databases(region, place.id):
                    if one.lifecycle_state in RUNNING:
                        return one
        except CloudOpsError as error:
            return Answer(f"databases cannot be listed: {error.message}", "not checked", error.advice)
        return Answer("no database runs", "not checked", "Ask again when one does.")


def _values(example: _Example, metrics: DatabaseMetrics, clock: Clock) -> Answer:
    one = example.found()
    if isinstance(one, Answer):
        return one
    now = clock.now()
    read = metrics.read(one.region, one.compartment_id, [one.id], _METRIC, now - _BACK, now, _HOUR)
    if not read:
        return Answer(f"{_METRIC.oci_name} of {one.display_name} has no value in {_BACK}", "not checked", "Ask again in an hour.")
    return Answer(f"{_METRIC.oci_name} of {one.display_name} is {read[0].values[-1]:.0f} {_METRIC.unit}")


def _views(example: _Example, sessions: SqlSessions) -> Answer:
    if isinstance(sessions, NoSqlSessions):
        return Answer("no database user is named", "not configured", sessions.advice)
    one = example.found()
    if isinstance(one, Answer):
        return one
    with sessions.session(one, _SECONDS) as session:
        hidden = refused(session, queries(), Deadline(_SECONDS))
    if hidden:
        grants = ", ".join(view.upper().replace("V$", "V_$") for view in hidden)
        return Answer(
            f"{one.display_name} lets the user in, who may not read {', '.join(hidden)}",
            "missing",
            f"Grant them SELECT on {grants}.",
        )
    return Answer(f"{one.display_name} lets the user in, who may read all that is asked")
