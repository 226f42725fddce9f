"""Schema migrations of a database of the fleet: a job that prints what it would run, and runs it where it is told to."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

import dagster as dg
from pydantic import Field

from assets.failures import errors_classified
from assets.fleet import tables
from assets.fleet.logic.lifecycle.transitions import refusal
from assets.fleet.logic.migrations.files import Migration, migrations_of
from assets.fleet.logic.migrations.progress import Progress, Resume, Todo
from assets.fleet.logic.migrations.splitting import NotAMigration
from assets.journal import DONE, FOUND_DONE, Change, Journal
from jobs.fleet_lease import FAILED, KEY, LEFT_BY_A_MIGRATION, MIGRATE, REGION, ROOT, Lease
from jobs.fleet_lifecycle import over_in
from jobs.migration_changes import Migrator
from resources.autonomous_databases import AutonomousDatabase
from resources.clock import Clock
from resources.database_service import AutonomousDatabases
from resources.errors import BadInput, Conflict, PermanentError
from resources.lake import Lake
from resources.object_store import ObjectStore
from resources.sql_sessions import SqlSessions

PREFIX = "fleet/migrations/"


class MigrationsConfig(dg.Config):
    """Which migrations for which database, and whether to act."""

    mode: Literal["plan", "apply"] = Field(default="plan", description="`plan` only prints the statements.")
    region: str = Field(min_length=1, description="Region of the database, such as eu-frankfurt-1.")
    database: str = Field(min_length=1, description="OCID of the database.")
    migrations: str = Field(min_length=1, description="Set of migrations: a folder below fleet/migrations/ in the inputs store.")
    confirm: str = Field(default="", description="Display name of the database: needed if it is protected.")
    resume_at: str = Field(
        default="", description="Statement that is stuck, as the plan names it: version/number, such as 003/2."
    )
    resume: Literal["run again", "count as done"] = Field(default="run again", description="What becomes of that statement.")
    out_of_order: bool = Field(default=False, description="Run migrations that are older than what was applied.")
    steal_lock_from: str = Field(default="", description="Owner of an expired lock that is to be taken over.")
    statement_timeout_minutes: float = Field(default=30, gt=0, description="Longest time of a statement.")
    by: str = Field(default="cloudops", min_length=1, description="Who lets this happen, for the journal.")


@dg.op(
    description="Plans schema migrations of one database; with `mode: apply`, runs them under a lock, statement by statement.",
)
def migrate_schema(
    context: dg.OpExecutionContext,
    config: MigrationsConfig,
    lake: dg.ResourceParam[Lake],
    cloud_clock: dg.ResourceParam[Clock],
    inputs_store: dg.ResourceParam[ObjectStore],
    autonomous_databases: dg.ResourceParam[AutonomousDatabases],
    database_sessions: dg.ResourceParam[SqlSessions],
) -> None:
    """Plan, print the statements, and act only if told to. A repeat goes on where it is clear what was done."""
    with errors_classified():
        files = migrations_in(inputs_store, config.migrations)
        database = autonomous_databases.database(config.region, config.database)
        if why := refusal("migrate", database):
            raise Conflict(f"{database.display_name}: {why}", "Nothing was done.")
        run = context.run
        root = run.root_run_id or run.run_id
        longest = timedelta(minutes=config.statement_timeout_minutes)
        lease = Lease(Journal(lake, tables.JOURNAL, run.run_id, config.by), cloud_clock, root, over_in(context.instance))
        resume = Resume(config.resume_at, config.resume) if config.resume_at else None
        with database_sessions.session(database, longest.total_seconds()) as session:
            migrator = Migrator(session, cloud_clock, config.migrations, root, run.run_id, config.by, 2 * longest)
            told = migrator.planned(files, resume, out_of_order=config.out_of_order)
            context.log.info("plan\n%s", told.text())
            metadata: dict[str, Any] = {"mode": config.mode, "plan": dg.MetadataValue.md(f"```sql\n{told.text()}\n```")}
            metadata |= {"done_before": len(told.done), "refused": told.refused or "no"}
            if config.mode == "apply":
                demand_confirmed(database, told, config.confirm)
                metadata["applied"] = apply(migrator, lease, database, files, resume, config)
            context.add_output_metadata(metadata)


@dg.job(
    description="Brings the schema of one database up to date with a set of migrations; only prints the statements unless told "
    "to apply.",
    run_tags={"domain": "fleet"},
)
def fleet_migrate_schema() -> None:
    """Plan, or apply, schema migrations of one database."""
    migrate_schema()


def migrations_in(store: ObjectStore, name: str) -> list[Migration]:
    """A set of migrations, in its order.

    Raises:
        BadInput: There is none, or a file cannot be run.
    """
    prefix = f"{PREFIX}{name.strip('/')}/"
    files = {one.key.removeprefix(prefix): store.get(one.key) for one in store.list_objects(prefix)}
    try:
        found = migrations_of(files)
    except NotAMigration as error:
        raise BadInput(f"{prefix}{error}", "Correct the files; nothing was run.") from error
    if not found:
        raise BadInput(f"there is no migration in {prefix}", "Put files such as V001__name.sql there.")
    return found


def demand_confirmed(database: AutonomousDatabase, told: Progress, confirmed: str) -> None:
    """Raises Conflict unless the schema may be migrated."""
    if told.refused:
        raise Conflict(f"{database.display_name}: {told.refused}", "Nothing was run.")
    if told.todo and database.is_protected and confirmed != database.display_name:
        raise Conflict(f"{database.display_name} is protected", "Give its display name as `confirm`; nothing was run.")


def apply(
    migrator: Migrator,
    lease: Lease,
    database: AutonomousDatabase,
    files: list[Migration],
    resume: Resume | None,
    config: MigrationsConfig,
) -> int:
    """Run what is left under the lock; returns how many migrations were finished."""
    settle(migrator, lease, database.id)
    migrator.lock(config.steal_lock_from)
    try:
        # what was planned without the lock may have been run by whoever held it
        told = migrator.planned(files, resume, out_of_order=config.out_of_order)
        demand_confirmed(database, told, config.confirm)
        for todo in told.todo:
            change = _change(todo, migrator, lease, config.region, database.id)
            # others stay away for as long as all of its statements may take
            begun = replace(lease, lasts=max(lease.lasts, len(todo.numbers) * migrator.lasts)).begin(change)
            try:
                migrator.apply(todo)
            except PermanentError as error:
                lease.end(begun, f"{FAILED}{error}")
                raise
            lease.end(begun, DONE)
    except PermanentError:
        migrator.unlock()
        raise
    # a run that is cut off keeps the lock: whoever comes next sees that something is unclear
    migrator.unlock()
    return len(told.todo)


def settle(migrator: Migrator, lease: Lease, database_id: str) -> None:
    """Write down what became of migrations that were cut off; raises Conflict if another run is at work on the database."""
    done = {one.version for one in migrator.applied() if one.is_done}
    for entry in lease.entries(database_id):
        if entry.outcome is None:
            lease.demand_idle(entry)
            if entry.change.operation != MIGRATE:
                raise Conflict(
                    f"{database_id}: {entry.change.operation} was cut off",
                    "Run that job again first: it looks what became of it.",
                )
            is_done = entry.wanted.get("set") == migrator.set_name and entry.wanted.get("version") in done
            lease.end(entry.begun, FOUND_DONE if is_done else LEFT_BY_A_MIGRATION)


def _change(todo: Todo, migrator: Migrator, lease: Lease, region: str, database_id: str) -> Change:
    one = todo.migration
    after = {
        "set": migrator.set_name, "version": one.version, "checksum": one.checksum, "statements": len(todo.numbers),
        KEY: f"{lease.root}-{one.version}", ROOT: lease.root, REGION: region,
    }  # fmt: skip
    return Change("oci", MIGRATE, database_id, None, after, f"{one.file} of {migrator.set_name}")
