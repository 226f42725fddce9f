"""Lifecycle of databases of the fleet: a job that plans one operation on one database, and does it where it is told to."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Literal

import dagster as dg
import yaml
from pydantic import Field

from assets.failures import errors_classified
from assets.fleet import tables
from assets.fleet.logic.lifecycle import requests
from assets.fleet.logic.lifecycle.evidence import LAST_LOGIN, OPEN_SESSIONS, Evidence, followers
from assets.fleet.logic.lifecycle.templates import STANDARD, Template, templates_of
from assets.inventory import inventory
from assets.journal import Journal
from jobs.fleet_lease import Lease
from jobs.lifecycle_changes import Bounds, Lifecycle
from resources.autonomous_databases import RUNNING, AutonomousDatabase
from resources.clock import Clock
from resources.database_service import AutonomousDatabases
from resources.errors import BadInput, CloudOpsError, NotFound
from resources.lake import Lake
from resources.object_store import ObjectStore
from resources.sql_sessions import SqlSessions

TEMPLATES_KEY = "fleet/templates.yaml"
_SQL_SECONDS = 20.0
_LEASE_OF_WAITS = 3
"""A change keeps others away for so many times as long as it is waited for."""
_REGION = "Region, such as eu-frankfurt-1."
_DATABASE = "OCID of the database."


class New(dg.Config):
    """Who a new database is to be."""

    region: str = Field(min_length=1, description=_REGION)
    compartment_id: str = Field(min_length=1, description="OCID of its compartment.")
    db_name: str = Field(min_length=1, description="A letter, then letters and digits, 30 at most; unique in the tenancy.")
    display_name: str = Field(min_length=1, description="Name for people.")
    environment: str = Field(min_length=1, description="Whose template it follows: production, staging, development, …")
    tags: dict[str, str] = Field(default={}, description="Free-form tags beside those of the template.")
    secret_id: str = Field(default="", description="OCID of a vault secret with the password of ADMIN.")

    def named(self) -> requests.Named:
        """For the logic."""
        return requests.Named(
            self.region, self.compartment_id, self.db_name, self.display_name, self.environment, self.tags, self.secret_id
        )


class Existing(dg.Config):
    """Which database."""

    region: str = Field(min_length=1, description=_REGION)
    database: str = Field(min_length=1, description=_DATABASE)

    def target(self) -> requests.Target:
        """For the logic."""
        return requests.Target(self.region, self.database)


class Provision(New):
    """Make a new database, by the template of its environment."""

    operation: Literal["provision"] = "provision"
    ecpus: float | None = Field(default=None, description="Instead of the template's; never OCPUs.")
    storage_gb: float | None = Field(default=None, description="Instead of the template's.")

    def request(self) -> requests.Request:
        """For the logic."""
        return requests.Provision(self.named(), self.ecpus, self.storage_gb)


class CloneOf(New):
    """Make a database out of another."""

    operation: Literal["clone"] = "clone"
    source: str = Field(min_length=1, description="OCID of the database to clone.")
    kind: Literal["full", "metadata", "refreshable"] = Field(
        default="full", description="`refreshable` follows its source, read-only, and needs no secret."
    )
    ecpus: float | None = Field(default=None, description="Instead of the template's.")

    def request(self) -> requests.Request:
        """For the logic."""
        return requests.Clone(self.named(), self.source, self.kind, self.ecpus)


class Scale(Existing):
    """Bring a database to a size; what is left out stays."""

    operation: Literal["scale"] = "scale"
    ecpus: float | None = Field(default=None, description="Base number of ECPUs.")
    storage_gb: float | None = Field(default=None, description="Allocated storage, in gigabytes.")
    auto_scaling: bool | None = Field(default=None, description="Whether the service may use up to three times the ECPUs.")

    def request(self) -> requests.Request:
        """For the logic."""
        return requests.Scale(self.target(), self.ecpus, self.storage_gb, self.auto_scaling)


class Start(Existing):
    """Start a stopped database."""

    operation: Literal["start"] = "start"

    def request(self) -> requests.Request:
        """For the logic."""
        return requests.Start(self.target())


class Stop(Existing):
    """Stop a running database."""

    operation: Literal["stop"] = "stop"

    def request(self) -> requests.Request:
        """For the logic."""
        return requests.Stop(self.target())


class BackUp(Existing):
    """Back a database up."""

    operation: Literal["backup"] = "backup"
    long_term_days: int | None = Field(default=None, description="Keep it so many days, 90 to 3650; else as automatic ones.")

    def request(self) -> requests.Request:
        """For the logic."""
        return requests.BackUp(self.target(), self.long_term_days)


class Decommission(Existing):
    """Back a database up for long, see that the backup can be restored, and terminate the database."""

    operation: Literal["decommission"] = "decommission"
    keep_days: int = Field(default=365, description="How long the last backup is kept, 90 to 3650 days.")

    def request(self) -> requests.Request:
        """For the logic."""
        return requests.Decommission(self.target(), self.keep_days)


Operation = Annotated[
    Provision | CloneOf | Scale | Start | Stop | BackUp | Decommission, Field(discriminator="operation")
]  # fmt: skip


class LifecycleConfig(dg.Config):
    """One operation on one database, and whether to act."""

    mode: Literal["plan", "apply"] = Field(default="plan", description="`plan` only says what would be done.")
    what: Operation = Field(description="The operation: provision, scale, start, stop, backup, clone or decommission.")
    confirm: str = Field(default="", description="Display name of the database, to confirm what the plan wants confirmed.")
    reason: str = Field(default="asked for", min_length=1, description="Why, for the journal.")
    by: str = Field(default="cloudops", min_length=1, description="Who lets this happen, for the journal.")
    longest_wait_minutes: int = Field(default=120, ge=1, le=200, description="How long to wait for one change.")


@dg.op(
    description="Plans one operation on one Autonomous Database; with `mode: apply`, does it, verifies it, and journals it.",
)
def change_database(
    context: dg.OpExecutionContext,
    config: LifecycleConfig,
    lake: dg.ResourceParam[Lake],
    cloud_clock: dg.ResourceParam[Clock],
    inputs_store: dg.ResourceParam[ObjectStore],
    autonomous_databases: dg.ResourceParam[AutonomousDatabases],
    database_sessions: dg.ResourceParam[SqlSessions],
) -> None:
    """Plan, print the plan, and act only if told to. A repeat does what is left, and nothing twice."""
    with errors_classified():
        run = context.run
        journal = Journal(lake, tables.JOURNAL, run.run_id, config.by)
        longest = timedelta(minutes=config.longest_wait_minutes)
        root = run.root_run_id or run.run_id
        lifecycle = Lifecycle(
            autonomous_databases,
            Lease(journal, cloud_clock, root, over_in(context.instance), _LEASE_OF_WAITS * longest),
            cloud_clock,
            templates_in(inputs_store),
            lambda database: evidence_of(autonomous_databases, database_sessions, database, cloud_clock),
            Bounds(longest_wait=longest),
        )
        request = config.what.request()
        if config.mode == "plan":
            told = lifecycle.planned(request)
            why = told.demands(config.confirm)
            context.log.info("plan\n%s", told.text())
            context.add_output_metadata(
                {"mode": config.mode, "plan": dg.MetadataValue.md(f"```\n{told.text()}\n```"), "would_be_refused": why or "no"}
                | {"at_work": dg.MetadataValue.json(lifecycle.at_work(request))}
            )
            return
        outcome = lifecycle.apply(request, config.confirm, config.reason)
        context.log.info("applied\n%s", outcome.plan.text())
        context.add_output_metadata(
            {
                "mode": config.mode,
                "plan": dg.MetadataValue.md(f"```\n{outcome.plan.text()}\n```"),
                "done": dg.MetadataValue.json(outcome.done),
                "found_done": dg.MetadataValue.json(outcome.found_done),
            }
        )


EXAMPLE = {
    "ops": {
        "change_database": {
            "config": {
                "mode": "plan",
                "what": {"scale": {"region": "eu-frankfurt-1", "database": "ocid1.autonomousdatabase…", "ecpus": 4}},
            }
        }
    }
}
"""What the launchpad begins with: it would fill in parts of several operations otherwise, of which only one may be given."""


@dg.job(
    config=EXAMPLE,
    description="One operation on one database of the fleet: provision, scale, start, stop, backup, clone, decommission. Only "
    "plans unless told to apply.",
    run_tags={"domain": "fleet"},
)
def fleet_lifecycle() -> None:
    """Plan, or do, one operation on one database."""
    change_database()


def templates_in(store: ObjectStore) -> dict[str, Template]:
    """Templates by environment: the standard ones, and what `fleet/templates.yaml` says.

    Raises:
        BadInput: The file says what cannot be so.
    """
    try:
        return templates_of(yaml.safe_load(store.get(TEMPLATES_KEY)) or {})
    except NotFound:
        return dict(STANDARD)
    except (ValueError, yaml.YAMLError) as error:
        raise BadInput(f"{TEMPLATES_KEY}: {error}", "Correct the file; nothing was done.") from error


def over_in(instance: dg.DagsterInstance) -> Callable[[str], bool]:
    """Tells of a run of this deployment whether it has ended; of another's, that is not known."""

    def is_over(run_id: str) -> bool:
        run = instance.get_run_by_id(run_id)
        return run is not None and run.is_finished

    return is_over


def evidence_of(service: AutonomousDatabases, sessions: SqlSessions, database: AutonomousDatabase, clock: Clock) -> Evidence:
    """What is known of a database that is to go; what cannot be read is unknown, and why is said."""
    unknown = []
    clones: tuple[str, ...] | None = None
    try:
        clones = followers(database.id, inventory(service).whole)
    except CloudOpsError as error:
        unknown.append(f"refreshable clones: {error}")
    open_sessions, last_login, asked = None, None, False
    if database.lifecycle_state in RUNNING:
        try:
            with sessions.session(database, _SQL_SECONDS) as session:
                (row,) = session.rows(OPEN_SESSIONS)
                open_sessions = int(row["open_sessions"])
                (row,) = session.rows(LAST_LOGIN)
                last_login, asked = _instant(row["last_login"]), True
        except CloudOpsError as error:
            unknown.append(f"logins: {error}")
    else:
        unknown.append(f"logins: it is {database.lifecycle_state}, and answers no question")
    standbys = tuple(one.lifecycle_state or "unknown" for one in database.standbys if one.kind == "local")
    return Evidence(clones, standbys, open_sessions, last_login, asked, clock.now(), tuple(unknown))


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
