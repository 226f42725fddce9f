"""How a run rehearses: which database is meant, whether an earlier drill is to be gone on with, the drill itself, its report."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

import dagster as dg
import polars as pl

from assets.finops import tables as finops_tables
from assets.inventory import inventory
from assets.recovery.drilling import records, running
from assets.recovery.drilling.drill import Drill, World
from assets.recovery.drilling.records import Cost
from assets.recovery.logic.drills.advice import next_step
from assets.recovery.logic.drills.cost import NO_COPY, reckoned
from assets.recovery.logic.drills.evidence import Broken, Evidence
from assets.recovery.logic.drills.order import Order
from assets.recovery.logic.drills.plans import DrillType, Way
from assets.recovery.logic.drills.report.page import Shown, chart_png, render, summary
from assets.recovery.logic.drills.verdict import Verdict
from assets.recovery.policy_files import objectives_in_force
from resources.autonomous_databases import GONE, AutonomousDatabase, Standby
from resources.errors import BadInput, Conflict, NotFound
from resources.lake import Lake
from resources.object_store import ObjectStore

REGION_TAG = "recovery-region"
_BILLED_DAYS = 30
_OCID = "ocid1."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run is told.

    Attributes:
        database: Display name or OCID.
        kind: Type of the drill.
        standby: `local` or `remote`; empty: the one that it has.
        resume: Drill to go on with; empty for a new one.
        rto_seconds: Instead of the database's.
        rpo_seconds: Instead of the database's.
        peer_region: Where the standby is expected; empty: what the tag says.
        by: Who lets it happen.
        others: Fields of the order that are taken as they are.
    """

    database: str
    kind: DrillType
    standby: str
    resume: str
    rto_seconds: float | None
    rpo_seconds: float | None
    peer_region: str
    by: str
    others: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a run has to work with."""

    world: World
    lake: Lake
    inputs: ObjectStore
    reports: ObjectStore
    run_id: str
    root_run_id: str
    log: Callable[[str], None]

    def found(self, wanted: Wanted) -> tuple[AutonomousDatabase, Standby | None]:
        """The database that is meant, as its service shows it now, and its remote standby.

        Raises:
            NotFound: There is none of that name.
            BadInput: There are several.
        """
        if not wanted.database:
            raise BadInput("no database is named", "Give `database` in the run's config: its display name, or its OCID.")
        if wanted.database.startswith(_OCID):
            return self._by_id(wanted.database)
        listed = inventory(self.world.databases)
        named = [
            d
            for d in listed.databases
            if wanted.database == d.display_name and d.lifecycle_state not in GONE and d.role in (None, "PRIMARY")
        ]
        if len(named) != 1:
            where = f"; not listed: {'; '.join(listed.failures)}" if listed.failures else ""
            if named:
                raise BadInput(f"{len(named)} databases are named {wanted.database}", "Give the OCID of one.")
            raise NotFound(f"no primary database is named {wanted.database}{where}", "Give its display name, or its OCID.")
        return _with_standby(self.world.databases.database(named[0].region, named[0].id))

    def _by_id(self, ocid: str) -> tuple[AutonomousDatabase, Standby | None]:
        """The database of an OCID, whose region is looked for."""
        for region in self.world.databases.regions():
            try:
                return _with_standby(self.world.databases.database(region, ocid))
            except NotFound:
                continue
        raise NotFound(f"there is no database {ocid} in any region", "Give the OCID of an Autonomous Database.")


def _with_standby(database: AutonomousDatabase) -> tuple[AutonomousDatabase, Standby | None]:
    remote = [s for s in database.standbys if s.kind == "remote"]
    return database, remote[0] if len(remote) == 1 else None


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A drill that has ended."""

    drill_id: str
    verdict: Verdict
    next_step: str
    self_test: str
    report_key: str
    seal: str
    chart: bytes

    def metadata(self) -> dict[str, Any]:
        """For the run."""
        told = {f"{o.name.replace(' ', '_')}": o.judgement for o in self.verdict.outcomes}
        measured = {f"{o.name.lower()}_seconds": o.measured for o in self.verdict.outcomes if o.measured is not None}
        return {
            "drill_id": self.drill_id,
            "verdict": self.verdict.total,
            **told,
            **measured,
            "next_step": self.next_step or "nothing",
            "report": self.report_key,
            "seal": self.seal,
            "reasons": dg.MetadataValue.json(list(self.verdict.reasons)),
        }


def way_of(wanted: Wanted, database: AutonomousDatabase) -> Way:
    """What the database is to come back from.

    Raises:
        BadInput: It has both standbys, and the run names none.
    """
    if wanted.kind == "clone":
        return "copy"
    if wanted.kind == "snapshot standby" or wanted.standby == "remote":
        return "remote"
    if wanted.standby == "local":
        return "local"
    kinds = {standby.kind for standby in database.standbys}
    if len(kinds) > 1:
        raise BadInput(f"{database.display_name} has a local and a remote standby", "Give `standby` in the run's config.")
    return kinds.pop() if kinds else "local"


def order_for(
    rehearsal: Rehearsal, wanted: Wanted, database: AutonomousDatabase, remote: Standby | None, way: Way
) -> Order:  # fmt: skip
    """What is asked of the drill."""
    objectives = objectives_in_force(rehearsal.inputs).objectives(database, way)
    overridden = wanted.rto_seconds is not None or wanted.rpo_seconds is not None
    return Order(
        wanted.kind,
        way,
        rto_seconds=objectives.rto_seconds if wanted.rto_seconds is None else wanted.rto_seconds,
        rpo_seconds=objectives.rpo_seconds if wanted.rpo_seconds is None else wanted.rpo_seconds,
        objectives=f"the run's config; else {objectives.source}" if overridden else objectives.source,
        backup_age_seconds=objectives.backup_age_seconds,
        peer_region=wanted.peer_region or database.tag(REGION_TAG),
        standby_id=remote.id if remote is not None and way == "remote" else None,
        standby_region=remote.region if remote is not None and way == "remote" else None,
        **wanted.others,
    )


def rehearse(rehearsal: Rehearsal, wanted: Wanted) -> Rehearsed:
    """Do a drill, or go on with one, and report.

    Raises:
        Conflict: An earlier drill of the database left something to be done.
    """
    drill = _resumed(rehearsal, wanted) or _new(rehearsal, wanted)
    environment = _environment(rehearsal, drill)
    records.record(
        rehearsal.lake, drill.drill_id, drill.evidence, wanted.by, environment=environment, cost=_COST_LATER, ended=False
    )  # fmt: skip
    try:
        verdict = running.run(drill)
    except BaseException:
        # a run that is cancelled says where things stand; one that is killed cannot, and its drill stays `running`
        records.record(
            rehearsal.lake, drill.drill_id, drill.evidence, wanted.by, environment=environment, cost=_COST_LATER, ended=True
        )  # fmt: skip
        raise
    return _reported(rehearsal, drill, verdict, wanted.by, environment)


_COST_LATER = Cost(None, None, "the drill runs")


def _new(rehearsal: Rehearsal, wanted: Wanted) -> Drill:
    database, remote = rehearsal.found(wanted)
    way = way_of(wanted, database)
    order = order_for(rehearsal, wanted, database, remote, way)
    _demand_nothing_open(rehearsal, database)
    drill_id = _new_id(rehearsal, database.id)
    drill = Drill(drill_id, rehearsal.run_id, rehearsal.world, order, Evidence(), records.keeper(rehearsal.reports, drill_id))
    peer = None
    if order.standby_id is not None and order.standby_region is not None:
        try:
            peer = drill.database(drill.peer_place)
        except NotFound:
            peer = None  # the prechecks say so
    running.begin(drill, database, peer)
    return drill


def _resumed(rehearsal: Rehearsal, wanted: Wanted) -> Drill | None:
    """The drill that the run names, or that an earlier attempt of this run began; None if there is none."""
    drill_id = wanted.resume or _cut_off(rehearsal)
    if drill_id is None:
        return None
    try:
        evidence = records.kept(rehearsal.reports, drill_id)
    except Broken as error:
        raise Conflict(f"the evidence of drill {drill_id} is not as it was written: {error}", "Look who changed it.") from error
    if evidence is None:
        raise NotFound(f"there is no evidence of drill {drill_id}", "Give the identity of a drill of recovery/drills.")
    order = records.order_of(evidence)
    if wanted.resume:
        # faults of reaching things are corrected between runs; what the drill is about stays
        kept = ("poll_seconds", "longest_seconds", "sql_timeout_seconds")
        order = replace(order, **{name: wanted.others[name] for name in kept})
    rehearsal.log(f"going on with drill {drill_id}")
    drill = Drill(
        drill_id, rehearsal.run_id, rehearsal.world, order, evidence, records.keeper(rehearsal.reports, drill_id)
    )  # fmt: skip
    drill.note("drill", "IN_PROGRESS", "goes on after it was cut off", {"resumed": True, "resumed_by": wanted.by})
    return drill


def _cut_off(rehearsal: Rehearsal) -> str | None:
    rows = records.drills(rehearsal.lake).filter((pl.col("state") != records.ENDED) & (pl.col("run_id") == rehearsal.root_run_id))
    return rows["drill_id"][-1] if len(rows) else None


def _new_id(rehearsal: Rehearsal, database_id: str) -> str:
    number = len(records.drills(rehearsal.lake).filter(pl.col("database_id") == database_id))
    return sha256(f"{rehearsal.root_run_id}/{database_id}/{number}".encode()).hexdigest()[:16]


def _demand_nothing_open(rehearsal: Rehearsal, database: AutonomousDatabase) -> None:
    """Raises Conflict if an earlier drill of the database is not at its end; one that never acted is closed."""
    rows = records.drills(rehearsal.lake).filter(pl.col("database_id") == database.id)
    for row in rows.filter(pl.col("state") != records.ENDED).to_dicts():
        evidence = records.kept(rehearsal.reports, row["drill_id"]) or Evidence()
        steps = records.steps_of(evidence) if evidence.pieces else ()
        if records.has_acted(evidence, steps):
            advice = next_step(evidence, steps) or f"Run dr_drill with resume: {row['drill_id']}."
            raise Conflict(f"drill {row['drill_id']} of {database.display_name} is not at its end", advice)
        if evidence.pieces:
            cost = Cost(None, None, NO_COPY)
            records.record(
                rehearsal.lake, row["drill_id"], evidence, row["by"], environment=row["environment"], cost=cost, ended=True
            )  # fmt: skip


def _reported(rehearsal: Rehearsal, drill: Drill, verdict: Verdict, by: str, environment: str | None) -> Rehearsed:
    cost = _cost(rehearsal.lake, drill)
    records.record(rehearsal.lake, drill.drill_id, drill.evidence, by, environment=environment, cost=cost, ended=True)
    database = drill.place[1]
    past = records.drills(rehearsal.lake).filter(
        (pl.col("database_id") == database) & pl.col("self_test").is_null() & pl.col("ended_at").is_not_null()
    )
    key = records.report_key(drill.drill_id)
    shown = Shown(drill.drill_id, drill.evidence, drill.steps, drill.order, verdict, cost.amount, cost.currency, cost.note, by,
                  next_step(drill.evidence, drill.steps), past.to_dicts())  # fmt: skip
    chart = chart_png(shown)
    rehearsal.reports.put(key, render(shown, chart).encode())
    rehearsal.reports.put(records.summary_key(drill.drill_id), json.dumps(summary(shown), default=_plain, indent=1).encode())
    return Rehearsed(
        drill.drill_id, verdict, shown.next_step, drill.order.self_test, key, drill.evidence.seal, chart
    )  # fmt: skip


def _plain(value: datetime | Decimal) -> str:
    """A moment or an amount, as JSON has it: no digit of money is lost."""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _cost(lake: Lake, drill: Drill) -> Cost:
    """What the clone cost: its hours by what an ECPU-hour of the database costs in the bills."""
    made, gone = drill.evidence.data("make_clone"), drill.evidence.last("gone")
    if drill.order.kind != "clone" or not made.get("made_id"):
        return Cost(Decimal(0), None, NO_COPY) if drill.order.kind != "clone" else Cost(None, None, NO_COPY)
    until = gone.at if gone is not None else drill.now()
    hours = (until - datetime.fromisoformat(made["acted_at"])).total_seconds() / 3600
    rows = (
        lake.scan(finops_tables.RESOURCE_COSTS)
        .filter(pl.col("ResourceId") == drill.place[1])
        .filter(pl.col("x_charge_date") >= pl.col("x_charge_date").max() - pl.duration(days=_BILLED_DAYS))
        .collect()
    )
    return Cost(*reckoned(rows, hours, drill.order.clone_compute_count))


def _environment(rehearsal: Rehearsal, drill: Drill) -> str | None:
    return rehearsal.world.databases.database(*drill.place).environment
