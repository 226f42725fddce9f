"""Scheduled scaling: a job that brings databases to what their timetables want, and never below what they needed."""

import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal

import dagster as dg
import polars as pl
import yaml
from pydantic import Field

from assets.catalogue import markdown_table
from assets.failures import errors_classified
from assets.fleet import tables
from assets.fleet.logic.lifecycle.requests import Request, Scale, Start, Stop, Target
from assets.fleet.logic.scaling.decision import Decision, decide, turn_of
from assets.fleet.logic.scaling.demand import WEEKS, Need, Used, Was, needed
from assets.fleet.logic.scaling.rules import Rules, rules_of
from assets.fleet.logic.scaling.schedule import NotASchedule, Schedule
from assets.inventory import inventory
from assets.journal import DONE, FOUND_DONE, Journal
from jobs.fleet_lease import Lease
from jobs.fleet_lifecycle import over_in, templates_in
from jobs.lifecycle_changes import Bounds, Lifecycle
from resources.autonomous_databases import AutonomousDatabase
from resources.clock import Clock
from resources.database_service import AutonomousDatabases
from resources.errors import BadInput, CloudOpsError, Conflict, NotFound, PermanentError, TransientError
from resources.lake import Lake
from resources.object_store import ObjectStore

SCHEDULES_KEY = "fleet/schedules.yaml"
_OVER = ("done", "as wanted")
_TOLD = ("database", "wanted", "verdict", "does", "reason")
_LONGEST = timedelta(minutes=30)
_LEASE = timedelta(hours=2)
_AT_ONCE = 16
"""Databases that are changed at the same time. Our choice."""


class ScalingConfig(dg.Config):
    """Whether to act, and on what."""

    mode: Literal["plan", "apply"] = Field(default="plan", description="`plan` only says what would be done.")
    confirm: list[str] = Field(
        default=[], description="Display names of protected databases that their timetables may stop and scale down."
    )
    by: str = Field(default="cloudops", min_length=1, description="Who lets this happen, for the journal.")


@dataclass(frozen=True, slots=True)
class Turn:
    """A database with its timetable, and what is done about it."""

    database: AutonomousDatabase
    wanted: str
    decision: Decision

    def told(self) -> dict[str, str]:
        """For people."""
        size = f" {self.decision.ecpus:g}" if self.decision.ecpus else ""
        return {
            "database": self.database.display_name,
            "wanted": self.wanted,
            "verdict": self.decision.verdict,
            "does": f"{self.decision.operation}{size}" if self.decision.operation else "",
            "reason": self.decision.reason,
        }


@dg.op(
    description="Decides for every database with a timetable whether it is started, stopped or scaled now; with `mode: apply`, "
    "does it.",
    pool="fleet_scaling",
)
def turn_timetables(
    context: dg.OpExecutionContext,
    config: ScalingConfig,
    lake: dg.ResourceParam[Lake],
    cloud_clock: dg.ResourceParam[Clock],
    inputs_store: dg.ResourceParam[ObjectStore],
    autonomous_databases: dg.ResourceParam[AutonomousDatabases],
) -> None:
    """Plan, print the plan, and act only if told to. A repeat does what is left, and nothing twice."""
    with errors_classified():
        scaler = Scaler(lake, cloud_clock, autonomous_databases, rules_in(inputs_store), config.confirm, context.run_id)
        turns, problems = scaler.planned()
        told = pl.DataFrame([turn.told() for turn in turns], schema=dict.fromkeys(_TOLD, pl.String))
        context.log.info("plan\n%s", told)
        metadata: dict[str, Any] = {"mode": config.mode, "plan": markdown_table(told, limit=100), "timetables": len(turns)}
        if config.mode == "apply":
            journal = Journal(lake, tables.JOURNAL, context.run_id, config.by)
            templates, writing = templates_in(inputs_store), threading.RLock()

            def lifecycle(root: str) -> Lifecycle:
                lease = Lease(journal, cloud_clock, root, over_in(context.instance), _LEASE, writing)
                return Lifecycle(autonomous_databases, lease, cloud_clock, templates, bounds=Bounds(longest_wait=_LONGEST))

            failed = scaler.apply(turns, lifecycle)
            metadata["failed"] = dg.MetadataValue.json(failed)
            problems = {**problems, **failed}
        context.add_output_metadata(metadata)
        if problems:
            said = "; ".join(f"{name}: {why}" for name, why in sorted(problems.items()))
            raise PermanentError(said, "Correct what is named; every other database was looked after.")


@dg.job(
    description="Starts, stops and scales databases as their timetables want (tag scale-schedule, or fleet/schedules.yaml), "
    "never below what the last weeks needed; only plans unless told to apply.",
    run_tags={"domain": "fleet"},
)
def fleet_scaling() -> None:
    """Plan, or do, what timetables want now."""
    turn_timetables()


@dataclass(frozen=True, slots=True)
class Scaler:
    """What a run works with."""

    lake: Lake
    clock: Clock
    service: AutonomousDatabases
    rules: Rules
    confirmed: Sequence[str]
    run_id: str

    def planned(self) -> tuple[list[Turn], dict[str, str]]:
        """What is to be done about every database with a timetable; what is wrong with others, and with places not listed."""
        found, turns, over = inventory(self.service), [], self._over()
        problems = {place: f"it could not be listed: {why}" for place, why in found.failures.items()}
        for database in found.databases:
            try:
                schedule = self.rules.of(database)
            except NotASchedule as error:
                problems[database.display_name] = f"its tag scale-schedule: {error}"
                continue
            if schedule is not None:
                turns.append(self._decided(database, schedule, over.get(database.id, set())))
        return turns, problems

    def apply(self, turns: Sequence[Turn], lifecycle: Callable[[str], Lifecycle]) -> dict[str, str]:
        """Do it; returns what failed, by display name.

        Args:
            turns: What is to be done.
            lifecycle: Makes what does it, for the root of a turn: a turn is done once, whichever run does it.

        Raises:
            TransientError: The service does not answer.
        """
        failed: dict[str, str] = {}
        silent: list[TransientError] = []
        acting = [turn for turn in turns if turn.decision.verdict == "act"]
        self._store([self._row(t, t.decision.verdict, t.decision.reason) for t in turns if t.decision.verdict != "act"])
        # a change takes minutes, and at the full hour many databases turn
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for turn, ended in zip(acting, pool.map(partial(self._acted, lifecycle), acting), strict=True):
                if isinstance(ended, TransientError):
                    silent.append(ended)
                elif isinstance(ended, CloudOpsError):
                    failed[turn.database.display_name] = str(ended)
                else:
                    self._store([ended])
        if silent:
            raise silent[0]
        return failed

    def _acted(self, lifecycle: Callable[[str], Lifecycle], turn: Turn) -> dict[str, Any] | CloudOpsError:
        """How a turn stands after it was acted on, or what it failed with."""
        decision, database = turn.decision, turn.database
        root = f"timetable {database.id} {decision.turn.isoformat()}"
        try:
            # one that became protected meanwhile is left alone
            confirmed = database.display_name if database.display_name in self.confirmed else ""
            lifecycle(root).apply(_request(database, decision), confirmed, decision.reason)
        except Conflict as error:
            return self._row(turn, "wait", str(error))
        except CloudOpsError as error:
            return error
        # a database that was started may still have to be scaled, at the next look
        state = "wait" if decision.operation == "start" else "done"
        return self._row(turn, state, decision.reason, turn.told()["does"])

    def _decided(self, database: AutonomousDatabase, schedule: Schedule, over: Collection[datetime]) -> Turn:
        now = self.clock.now()
        want = schedule.wanted(now)
        need = Need(None, "what was needed was not looked at")
        if _needs_history(database, want) and turn_of(schedule, now) not in over:
            need = needed(self._used(database.id, now), self._was(database.id), schedule, want, now)
        decision = decide(database, schedule, now, over, need, self.confirmed)
        return Turn(database, want if isinstance(want, str) else f"{want:g}", decision)

    def _used(self, database_id: str, now: datetime) -> list[Used]:
        begin = now - timedelta(weeks=WEEKS, days=1)
        rows = (
            self.lake.scan(tables.METRIC_HISTORY)
            .filter(pl.col("day") >= begin.date(), pl.col("database_id") == database_id, pl.col("metric") == "cpu_utilization")
            .select("time", "value")
            .collect()
        )
        most: dict[datetime, float] = {}
        for at, value in rows.iter_rows():
            hour = at.replace(minute=0, second=0, microsecond=0)
            most[hour] = max(value, most.get(hour, value))
        return [Used(hour, value) for hour, value in most.items()]

    def _was(self, database_id: str) -> list[Was]:
        """Sizes and states over time: as collections saw them, and as we changed them in between."""
        seen = (
            self.lake.scan(tables.DATABASES)
            .filter(pl.col("database_id") == database_id)
            .select("valid_from", "compute_count", "compute_model", "is_auto_scaling_enabled", "lifecycle_state")
            .collect()
        )
        was = [
            Was(at, count if model == "ECPU" else None, auto, state == "STOPPED")
            for at, count, model, auto, state in seen.iter_rows()
        ]
        for at, changed in self._changed(database_id):
            before = max((one for one in was if one.since <= at), key=lambda one: one.since, default=Was(at, None, None, False))
            after = replace(before, since=at)
            if "compute_count" in changed:
                after = replace(after, ecpus=changed["compute_count"])
            if "is_auto_scaling_enabled" in changed:
                after = replace(after, auto_scaling=changed["is_auto_scaling_enabled"])
            if "lifecycle_state" in changed:
                after = replace(after, stopped=changed["lifecycle_state"] == "STOPPED")
            was.append(after)
        return was

    def _changed(self, database_id: str) -> list[tuple[datetime, dict[str, Any]]]:
        lease = Lease(Journal(self.lake, tables.JOURNAL, self.run_id, ""), self.clock, "")
        entries = lease.entries(database_id)
        return [(e.at, e.wanted) for e in entries if e.outcome in (DONE, FOUND_DONE) and e.change.operation != "back up"]

    def _over(self) -> dict[str, set[datetime]]:
        """Turns that are over, by database."""
        found: dict[str, set[datetime]] = {}
        rows = self.lake.scan(tables.SCALING).filter(pl.col("state").is_in(_OVER)).select("database_id", "turn").collect()
        for database_id, turn in rows.iter_rows():
            found.setdefault(database_id, set()).add(turn)
        return found

    def _row(self, turn: Turn, state: str, reason: str, does: str | None = None) -> dict[str, Any]:
        return {
            "database_id": turn.database.id, "turn": turn.decision.turn, "display_name": turn.database.display_name,
            "wanted": turn.wanted, "state": state, "does": does, "reason": reason, "decided_at": self.clock.now(),
            "run_id": self.run_id,
        }  # fmt: skip

    def _store(self, rows: Sequence[dict[str, Any]]) -> None:
        """Write down how turns stand, in one commit: those that are over stay, and what was said before is not said again."""
        stored = self.lake.scan(tables.SCALING).select("database_id", "turn", "state", "reason").collect()
        known = {(database_id, turn): (state, reason) for database_id, turn, state, reason in stored.iter_rows()}
        changed = []
        for row in rows:
            before = known.get((row["database_id"], row["turn"]), ("", ""))
            if before[0] not in _OVER and before != (row["state"], row["reason"]):
                changed.append(row)
        if changed:
            same = " OR ".join(f"(database_id = '{r['database_id']}' AND turn = '{r['turn'].isoformat()}')" for r in changed)
            self.lake.replace(tables.SCALING, pl.DataFrame(changed, schema=tables.SCALING.schema), where=same)


def rules_in(store: ObjectStore) -> Rules:
    """The team's timetables; none if there is no file.

    Raises:
        BadInput: The file says what cannot be so.
    """
    try:
        return rules_of(yaml.safe_load(store.get(SCHEDULES_KEY)) or {})
    except NotFound:
        return Rules()
    except (NotASchedule, yaml.YAMLError) as error:
        raise BadInput(f"{SCHEDULES_KEY}: {error}", "Correct the file; nothing was done.") from error


def _needs_history(database: AutonomousDatabase, want: float | str) -> bool:
    return isinstance(want, str) or (database.compute_count is not None and want < database.compute_count)


def _request(database: AutonomousDatabase, decision: Decision) -> Request:
    target = Target(database.region, database.id)
    if decision.operation == "start":
        return Start(target)
    return Stop(target) if decision.operation == "stop" else Scale(target, ecpus=decision.ecpus)
