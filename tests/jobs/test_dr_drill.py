"""Drills against the embedded cloud: what they prove, what they leave, and how they go on after they were cut off."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import dagster as dg
import polars as pl
import pytest
from pydantic import PrivateAttr

from assets.recovery import tables
from assets.recovery.drill_results import drill_results
from assets.recovery.drilling import records, running
from assets.recovery.drilling.drill import World
from assets.recovery.logic.drills.evidence import read
from benchmarks.drill import Killed, Plan, one
from benchmarks.drill_faults import FAULTS, drilled
from benchmarks.drill_scene import Scene, SceneClock, scene
from jobs.drills import Rehearsal, Rehearsed, rehearse
from jobs.recovery import DrillConfig, dr_drill
from orchestration.schedules.drills import dr_drill_schedule
from resources.embedded_clock import EmbeddedClock
from resources.errors import Conflict
from resources.object_store import LocalObjectStore
from sandbox.oci.services.database import requests

FAST = {"heartbeat_seconds": 12.0, "poll_seconds": 30.0}


@dataclass
class Deployment:
    """An embedded cloud and what the job is given."""

    scene: Scene
    resources: dict[str, Any]

    def run(self, **config: Any) -> dg.ExecuteInProcessResult:
        run_config = {"ops": {"rehearse_recovery": {"config": {**FAST, **config}}}}
        return dr_drill.execute_in_process(run_config=run_config, resources=self.resources, raise_on_error=False)

    def rehearsed(self, run_id: str = "run 1", world: World | None = None, **config: Any) -> Rehearsed:
        """As the job does it, without Dagster."""
        inputs, made = self.resources["inputs_store"], self.scene
        rehearsal = Rehearsal(world or made.world, made.lake, inputs, made.store, run_id, run_id, lambda _: None)
        return rehearse(rehearsal, DrillConfig(mode="apply", **{**FAST, **config}).wanted())

    def drills(self, name: str) -> list[dict[str, Any]]:
        return records.drills(self.scene.lake).filter(pl.col("database_name") == name).to_dicts()


@pytest.fixture(scope="module")
def deployment(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drills")
    (folder / "inputs").mkdir()
    with scene(folder) as made:
        world = made.world
        yield Deployment(
            made,
            {
                "lake": made.lake,
                "cloud_clock": EmbeddedClock(endpoint=made.url),
                "inputs_store": LocalObjectStore(root=str(folder / "inputs")),
                "report_store": made.store,
                "autonomous_databases": world.databases,
                "database_sessions": world.sessions,
                "database_metrics": world.metrics,
                "alarm_states": world.alarms,
            },
        )


def why(result: dg.ExecuteInProcessResult) -> str:
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    return str(failure.step_failure_data.user_failure_data or failure.step_failure_data.error)


def test_a_switchover_goes_there_and_back_and_leaves_evidence_that_holds_together(deployment):
    database, peer = deployment.scene.database("orders", "remote")

    result = deployment.run(database="orders", type="switchover", mode="apply", confirm="orders", by="jane")

    assert result.success
    (drill,) = deployment.drills("orders")
    assert (drill["verdict"], drill["rto_seconds"], drill["rpo_seconds"], drill["next_step"]) == ("pass", 300, 0, "")
    assert (database.body["role"], peer.body["role"]) == ("PRIMARY", "STANDBY")
    stored = json.loads(deployment.scene.store.get(records.evidence_key(drill["drill_id"])))
    assert read(stored["pieces"]).seal == drill["seal"] == stored["seal"]
    page = deployment.scene.store.get(drill["report_key"]).decode()
    assert drill["seal"] in page
    assert "<script" not in page
    assert "Load: whether what came back bears" in page
    told = json.loads(deployment.scene.store.get(records.summary_key(drill["drill_id"])))
    assert (told["total"], told["by"], told["confirmed"], told["evidence_seal"]) == ("pass", "jane", "orders", drill["seal"])
    assert "never too short; too long by 30 s at most" in told["methods"][0]["error"]
    assert stored["pieces"][0]["data"]["by"] == "jane"
    compared = deployment.scene.lake.scan(tables.DRILL_TABLES).filter(pl.col("drill_id") == drill["drill_id"]).collect()
    assert set(compared["finding"]) == {"same"}
    assert set(compared["step"]) == {"integrity", "integrity_back"}
    steps = deployment.scene.lake.scan(tables.DRILL_STEPS).filter(pl.col("drill_id") == drill["drill_id"]).collect()
    assert set(steps["state"]) <= {"SUCCEEDED", "SUCCEEDED_WITH_WARNING"}
    journal = deployment.scene.lake.scan(tables.JOURNAL).filter(pl.col("reason").str.contains(drill["drill_id"])).collect()
    assert sorted(journal["outcome"]) == ["begun", "begun", "done", "done"]
    assert set(journal["by"]) == {"jane"}


def test_a_clone_is_dropped_and_what_it_cost_is_unknown_without_bills(deployment):
    database, _ = deployment.scene.database("hr", "copy")

    deployment.rehearsed(database=str(database.body["id"]))

    (drill,) = deployment.drills("hr")
    assert (drill["verdict"], drill["cost"]) == ("pass", None)
    left = [
        d.body for d in deployment.scene.cloud.store.all("database.autonomous_databases") if "hr-drill" in d.body["displayName"]
    ]
    assert [body["lifecycleState"] for body in left] == ["TERMINATED"]


def test_a_self_test_is_green_because_the_drill_failed(deployment):
    deployment.scene.database("spoilt", "copy")

    assert deployment.run(database="spoilt", mode="apply", self_test="checksum").success

    (drill,) = deployment.drills("spoilt")
    assert (drill["verdict"], drill["integrity"], drill["self_test"]) == ("fail", "fail", "checksum")


def test_a_plan_changes_nothing_and_nothing_is_taken_away_that_the_run_does_not_name(deployment):
    database, _ = deployment.scene.database("unnamed", "remote")
    before = len(requests.noted(deployment.scene.cloud.store))

    assert deployment.run(database="unnamed", type="failover").success
    assert deployment.drills("unnamed") == []
    assert "give confirm: unnamed" in why(deployment.run(database=database.body["id"], type="failover", mode="apply"))

    assert len(requests.noted(deployment.scene.cloud.store)) == before
    assert [d["state"] for d in deployment.drills("unnamed")] == ["ended"]


def test_a_plan_says_that_the_standby_is_missing(deployment):
    deployment.scene.database("alone", "copy")
    told = deployment.run(database="alone", type="failover")
    (said,) = (
        event.step_output_data.metadata["will_be_refused"].value
        for event in told.all_events
        if event.event_type_value == "STEP_OUTPUT"
    )
    assert "alone has no local standby" in said


def test_after_a_crash_no_other_drill_begins_until_it_was_resumed(deployment):
    case = drilled(deployment.scene, None, "switchover", "remote", "crashed")
    usual = case.drill.keep

    def keep(evidence):
        usual(evidence)
        if evidence.state("switch_over") == "SUCCEEDED":
            raise Killed

    case.drill.keep = keep
    cost = records.Cost(None, None, "")
    records.record(
        deployment.scene.lake, case.drill.drill_id, case.drill.evidence, "jane", environment=None, cost=cost, ended=False
    )
    with pytest.raises(Killed):
        running.run(case.drill)

    with pytest.raises(Conflict, match=f"resume: {case.drill.drill_id}"):
        deployment.rehearsed(database=case.key, type="switchover", confirm="crashed")
    deployment.rehearsed(resume=case.drill.drill_id)

    (drill,) = deployment.drills("crashed")
    assert (drill["verdict"], drill["state"]) == ("pass", "ended")


@pytest.mark.parametrize(("killed_at", "stores_last"), [((11,), True), ((12,), False), ((20,), False), ((21, 3), True)])
def test_a_clone_drill_that_is_killed_anywhere_leaves_one_clone_at_most_and_drops_it(deployment, killed_at, stores_last):
    name = f"killed{killed_at[0]}{len(killed_at)}{stores_last}"

    done = one(deployment.scene, Plan(name, "clone", "copy", killed_at=killed_at, stores_last=stores_last))

    assert done.right
    assert done.repeated == ()
    left = [
        d.body
        for d in deployment.scene.cloud.store.all("database.autonomous_databases")
        if f"{name}-drill" in d.body["displayName"]
    ]
    assert {body["lifecycleState"] for body in left} <= {"TERMINATED"}


@pytest.mark.parametrize(
    "name",
    [
        "wrong region: said to be done, and nothing changed",
        "row corrupted on the standby",
        "another database answers: the source of the copy",
        "clean-up fails: local roles stay exchanged",
    ],
)
def test_faults_end_in_fail_or_unknown_for_their_own_reason(deployment, name):
    place = next(n for n, fault in enumerate(FAULTS) if fault.name == name)

    done = one(deployment.scene, Plan(f"fault{place}", *FAULTS[place].drills[0], fault=place))

    assert done.total != "pass"
    assert done.right, done.reasons


def test_production_without_a_passed_drill_fails_the_check(deployment):
    deployment.scene.database("never", "copy")

    result = dg.materialize([drill_results], resources=deployment.resources)

    (check,) = result.get_asset_check_evaluations()
    assert not check.passed
    rows = deployment.scene.lake.scan(tables.DRILL_RESULTS).collect()
    states = dict(zip(rows["database_name"], rows["state"], strict=True))
    assert (states["never"], states["hr"], states["spoilt"]) == ("never", "proven", "never")


def test_the_schedule_asks_for_the_drills_that_a_file_lists(tmp_path):
    inputs = LocalObjectStore(root=str(tmp_path))
    moment = datetime.fromisoformat("2026-12-01T02:30:00+00:00")
    context = dg.build_schedule_context(scheduled_execution_time=moment, resources={"inputs_store": inputs})
    with context:
        (skipped,) = dr_drill_schedule(context)
        inputs.put("recovery/drills.yaml", b"drills: [{database: hr}, {database: orders, type: snapshot standby}]")
        asked = list(dr_drill_schedule(context))

    assert "lists no database" in skipped.skip_message
    assert [request.run_key for request in asked] == ["2026-12-01/hr/clone", "2026-12-01/orders/snapshot standby"]
    assert asked[0].run_config["ops"]["rehearse_recovery"]["config"] == {"database": "hr", "type": "clone", "mode": "apply"}


def test_a_run_that_is_cancelled_says_where_things_stand_and_its_retry_goes_on(deployment):
    database, _ = deployment.scene.database("cancelled", "copy")
    world = replace(deployment.scene.world, clock=CancelledClock().of(deployment.scene.cloud, waits=12))

    with pytest.raises(KeyboardInterrupt):
        deployment.rehearsed(world=world, database=database.body["id"])
    (cut,) = deployment.drills("cancelled")
    done = deployment.rehearsed(database=database.body["id"])

    assert (cut["state"], cut["verdict"]) == ("open", "unknown")
    assert "Run dr_drill with resume" in cut["next_step"]
    assert done.drill_id == cut["drill_id"]
    assert done.verdict.total == "pass"


class CancelledClock(SceneClock):
    """A clock whose waits end when somebody cancels the run."""

    _waits: int = PrivateAttr(default=0)

    def of(self, cloud: Any, ahead: float = 0.0, waits: int = 0) -> "CancelledClock":
        super().of(cloud, ahead)
        self._waits = waits
        return self

    def sleep(self, seconds: float) -> None:
        self._waits -= 1
        if self._waits < 0:
            raise KeyboardInterrupt
        super().sleep(seconds)
