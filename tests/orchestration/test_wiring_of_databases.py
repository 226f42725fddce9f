"""Which variants manage Autonomous Databases in a deployment."""

import pytest

from orchestration.settings import current_settings
from orchestration.wiring import resources_for
from orchestration.wiring_of_databases import EMBEDDED_PASSWORD, EMBEDDED_USER
from resources.clock import Clock
from resources.databases_not_configured import NoAutonomousDatabases, NoDatabaseMetrics, NoSqlSessions
from resources.embedded_clock import EmbeddedClock
from resources.errors import BadInput
from resources.oci.autonomous_databases import OciAutonomousDatabases
from resources.oci.database_metrics import OciDatabaseMetrics
from resources.oracle_db.database_sessions import OracleSessions
from resources.rest_sql import RestSqlSessions
from sandbox.oci.ords import PASSWORD, USER
from tests.resources.oracle_db.test_database_sessions import database

NAMES = ("autonomous_databases", "database_sessions", "database_metrics", "cloud_clock")
REAL = {"DEPLOYMENT": "production", "OCI_TENANCY": "ocid1.tenancy.oc1..a"}
NAMED = {"DATABASE_USER": "WATCHER", "DATABASE_PASSWORD": "Never-Shown-1"}


def kinds(monkeypatch, **variables):
    for name, value in variables.items():
        monkeypatch.setenv(f"CLOUDOPS_{name}", value)
    wiring = resources_for(current_settings())
    return tuple(type(wiring[name]) for name in NAMES), wiring


def test_without_a_tenancy_everything_is_refused_and_says_what_to_set(monkeypatch):
    found, wiring = kinds(monkeypatch)

    assert found == (NoAutonomousDatabases, NoSqlSessions, NoDatabaseMetrics, Clock)
    service = wiring["autonomous_databases"]
    assert "CLOUDOPS_OCI_TENANCY" in service.missing()
    for ask in (
        service.regions,
        lambda: service.start("r", "d", if_match="*"),
        lambda: wiring["database_sessions"].session(database(), 5),
    ):
        with pytest.raises(BadInput, match="CLOUDOPS_OCI_TENANCY"):
            ask()


def test_the_embedded_cloud_is_asked_over_rest_by_its_own_time(monkeypatch):
    found, wiring = kinds(monkeypatch, OCI_TENANCY="ocid1.tenancy.oc1..a", OCI_ENDPOINT="http://127.0.0.1:1")

    assert found == (OciAutonomousDatabases, RestSqlSessions, OciDatabaseMetrics, EmbeddedClock)
    assert (EMBEDDED_USER, EMBEDDED_PASSWORD) == (USER, PASSWORD)
    assert wiring["autonomous_databases"].missing() is None


def test_real_databases_are_asked_as_the_user_that_is_named_and_not_without_one(monkeypatch):
    found, wiring = kinds(monkeypatch, **REAL)
    assert found == (OciAutonomousDatabases, NoSqlSessions, OciDatabaseMetrics, Clock)
    assert "CLOUDOPS_DATABASE_USER" in wiring["database_sessions"].advice

    assert kinds(monkeypatch, **REAL, **NAMED)[0][1] is RestSqlSessions
    assert kinds(monkeypatch, **REAL, **NAMED, DATABASE_SQL="thin")[0][1] is OracleSessions


def test_there_are_two_ways_to_ask(monkeypatch):
    with pytest.raises(ValueError, match="expected one of rest, thin"):
        kinds(monkeypatch, DATABASE_SQL="jdbc")
