"""Which variants manage Autonomous Databases in a deployment: the service, SQL in each, their metrics, and whose time it is."""

import dagster as dg

from orchestration.settings import Settings, unset
from resources.clock import Clock
from resources.database_service import AutonomousDatabases
from resources.databases_not_configured import NoAlarmStates, NoAutonomousDatabases, NoDatabaseMetrics, NoSqlSessions
from resources.embedded_clock import EmbeddedClock
from resources.metric_history import DatabaseMetrics
from resources.object_lifecycle import NotConfigured as NoBuckets
from resources.object_lifecycle import ObjectLifecycle
from resources.oci.alarm_states import OciAlarmStates
from resources.oci.autonomous_databases import OciAutonomousDatabases
from resources.oci.clients import OciClients
from resources.oci.database_metrics import OciDatabaseMetrics
from resources.oci.object_lifecycle import OciObjectLifecycle
from resources.rest_sql import RestSqlSessions
from resources.sql_sessions import SqlSessions

USER, PASSWORD = "CLOUDOPS_DATABASE_USER", "CLOUDOPS_DATABASE_PASSWORD"
EMBEDDED_USER, EMBEDDED_PASSWORD = "ADMIN", "Embedded-Sandbox-1"
"""Whom every database of the embedded Oracle cloud knows."""
_NO_USER = f"Set {USER} and {PASSWORD} to a user that all databases have."


def database_resources(settings: Settings, clients: OciClients, no_oci: str | None) -> dict[str, object]:
    """Resources of databases by the name that assets and jobs use.

    Args:
        settings: Of the deployment.
        clients: Of Oracle's cloud.
        no_oci: What to set before that can be asked; None if it can.
    """
    service: AutonomousDatabases = NoAutonomousDatabases(advice=no_oci) if no_oci else OciAutonomousDatabases(clients=clients)
    metrics: DatabaseMetrics = NoDatabaseMetrics(advice=no_oci) if no_oci else OciDatabaseMetrics(clients=clients)
    return {
        "autonomous_databases": service,
        "database_sessions": NoSqlSessions(advice=no_oci) if no_oci else _sessions(settings, service),
        "database_metrics": metrics,
        "alarm_states": NoAlarmStates(advice=no_oci) if no_oci else OciAlarmStates(clients=clients),
        "cloud_clock": _clock(settings),
        "object_lifecycle": _object_lifecycle(settings, clients, no_oci),
    }


def _sessions(settings: Settings, service: AutonomousDatabases) -> SqlSessions:
    """SQL in the databases; those of the embedded cloud speak REST alone."""
    if settings.is_local and settings.clouds.oci_endpoint:
        return RestSqlSessions(user=EMBEDDED_USER, password=EMBEDDED_PASSWORD)
    if unset((USER, PASSWORD)):
        return NoSqlSessions(advice=_NO_USER)
    if settings.database_sql == "rest":
        return RestSqlSessions(user=dg.EnvVar(USER), password=dg.EnvVar(PASSWORD))
    from resources.oracle_db.database_sessions import OracleSessions

    return OracleSessions(user=dg.EnvVar(USER), password=dg.EnvVar(PASSWORD), service=service)


def _object_lifecycle(settings: Settings, clients: OciClients, no_oci: str | None) -> ObjectLifecycle:
    """Rules of the buckets that exports are in."""
    return NoBuckets(advice=no_oci) if no_oci else OciObjectLifecycle(clients=clients, region=settings.clouds.oci_home_region)


def _clock(settings: Settings) -> Clock:
    """The time of the cloud: what takes the embedded one minutes is over at once."""
    endpoint = settings.clouds.oci_endpoint
    return EmbeddedClock(endpoint=endpoint) if settings.is_local and endpoint else Clock()
