"""The job that keeps alarms, against the embedded Oracle cloud over HTTP: planned, applied, cut off anywhere, run again."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import oci
import pytest

from assets.fleet import tables
from assets.fleet.logic import alarms as logic
from assets.inventory import inventory
from assets.journal import Journal
from jobs.alarm_changes import apply, planned, settle
from jobs.fleet_alarms import RULES_KEY, fleet_alarms
from resources.alarms import Alarm, NotConfigured
from resources.clock import Clock
from resources.errors import Conflict, Unavailable
from resources.lake import Lake
from resources.object_store import LocalObjectStore
from resources.oci.alarms import OciAlarms
from resources.oci.autonomous_databases import OciAutonomousDatabases
from resources.oci.clients import OciClients
from sandbox.oci.services import database
from sandbox.oci_estate import COMPARTMENTS
from tests.sandboxes import NOW, Sandbox, running

FRANKFURT, ASHBURN = "eu-frankfurt-1", "us-ashburn-1"
REGIONS = (FRANKFURT, ASHBURN)


@dataclass
class World:
    """A cloud with two databases and a topic in each region, and the job."""

    sandbox: Sandbox
    folder: Path
    topics: dict[str, str]
    databases: dict[str, str]

    @property
    def clients(self) -> OciClients:
        return OciClients(endpoint=self.sandbox.url, config_file=self.sandbox.config_file, max_attempts=1)

    @property
    def alarms(self) -> OciAlarms:
        return OciAlarms(clients=self.clients, page_size=2)

    @property
    def service(self) -> OciAutonomousDatabases:
        return OciAutonomousDatabases(clients=self.clients)

    @property
    def lake(self) -> Lake:
        return Lake(root=str(self.folder / "lake"))

    def run(self, mode: str = "apply", service: Any = None, **config: Any) -> dg.ExecuteInProcessResult:
        return fleet_alarms.execute_in_process(
            resources={
                "lake": self.lake,
                "cloud_clock": Clock(fixed_at=self.sandbox.cloud.store.clock.now().isoformat()),
                "inputs_store": LocalObjectStore(root=str(self.folder / "inputs")),
                "autonomous_databases": self.service,
                "alarm_service": service or self.alarms,
            },
            run_config={"ops": {"reconcile_alarms": {"config": {"mode": mode, "topics": self.topics, **config}}}},
            raise_on_error=False,
        )

    def told(self, **config: Any) -> dict[str, Any]:
        result = self.run(**config)
        assert result.success
        (output,) = [e for e in result.all_events if e.event_type == dg.DagsterEventType.STEP_OUTPUT]
        return {name: value.value for name, value in output.step_output_data.metadata.items()}

    def why_failed(self, **config: Any) -> str:
        result = self.run(**config)
        assert not result.success
        return str(result.failure_data_for_node("reconcile_alarms"))

    def once(self) -> None:
        """What the job does, without its repeats."""
        journal = Journal(self.lake, tables.JOURNAL, "run", "ann")
        wanted, notes = logic.desired(logic.Rules(self.topics, logic.USUAL), inventory(self.service).whole, NOW)
        actual = self.alarms.managed(REGIONS)
        settle(journal, actual, NOW)
        apply(self.alarms, planned(wanted, actual, notes), journal, lambda: NOW, REGIONS)

    def managed(self) -> list[Alarm]:
        return self.alarms.managed(REGIONS)

    def rules(self, text: str) -> None:
        file = self.folder / "inputs" / RULES_KEY
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def client(self, region: str = FRANKFURT) -> Any:
        return self.sandbox.client(oci.monitoring.MonitoringClient, "monitoring", region)

    def journal(self) -> list[tuple[str, str]]:
        rows = self.lake.scan(tables.JOURNAL).sort("at", maintain_order=True).collect()
        return [(row["operation"], row["outcome"]) for row in rows.to_dicts()]

    def by_hand(self, **fields: Any) -> str:
        """An alarm of a person; returns its OCID."""
        details = oci.monitoring.models.CreateAlarmDetails(
            display_name="mine", compartment_id=COMPARTMENTS["prod"], metric_compartment_id=COMPARTMENTS["prod"],
            namespace="oci_autonomous_database", query="CpuUtilization[1m].mean() > 1", severity="INFO",
            destinations=[self.topics[FRANKFURT]], is_enabled=True, **fields,
        )  # fmt: skip
        return str(self.client().create_alarm(details).data.id)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    (tmp_path / "cloud").mkdir()
    with running(tmp_path / "cloud") as sandbox:
        topics, databases = {}, {}
        for region, name in ((FRANKFURT, "ORDERS"), (ASHBURN, "CRM")):
            client = sandbox.client(oci.ons.NotificationControlPlaneClient, "ons", region)
            details = oci.ons.models.CreateTopicDetails(name=f"alerts-{name}", compartment_id=COMPARTMENTS["prod"])
            topics[region] = client.create_topic(details).data.topic_id
            made = database.add_database(sandbox.cloud.store, region, COMPARTMENTS["prod"], name, computeCount=4.0)
            databases[name] = str(made.body["id"])
        yield World(sandbox, tmp_path, topics, databases)


def test_a_plan_says_what_would_be_done_and_does_nothing(world):
    told = world.told(mode="plan")
    assert (told["create"], told["retire"]) == (6, 0)
    assert world.databases["ORDERS"] in told["plan"]
    assert world.managed() == []
    assert world.journal() == []


def test_applied_alarms_watch_each_database_and_a_second_run_changes_nothing(world):
    assert world.told()["done"] == 6
    first = [(alarm, alarm.reference) for alarm in world.managed()]
    queries = {alarm.key: alarm.query for alarm, _ in first}
    orders = world.databases["ORDERS"]
    assert queries[f"cpu:{orders}"] == f'CpuUtilization[5m]{{resourceId = "{orders}"}}.mean() > 80'
    assert queries[f"storage:{orders}"] == f'StorageUtilization[2h]{{resourceId = "{orders}"}}.max() > 85'
    assert queries[f"waits:{orders}"].endswith("> 4")
    assert {alarm.destinations for alarm, _ in first} == {(topic,) for topic in world.topics.values()}
    world.sandbox.count_requests("create_alarm")
    world.sandbox.count_requests("update_alarm")
    told = world.told()
    assert (told["create"], told["update"], told["leave"], told["done"]) == (0, 0, 6, 0)
    assert [(alarm, alarm.reference) for alarm in world.managed()] == first
    assert (world.sandbox.requests("create_alarm"), world.sandbox.requests("update_alarm")) == (0, 0)


def test_what_people_made_is_not_touched_though_it_watches_the_same(world):
    mine = world.by_hand()
    copied = world.by_hand(freeform_tags={"managed-by": "somebody else", "cloudops-alarm": f"cpu:{world.databases['ORDERS']}"})
    world.once()
    world.rules("alarms: []")
    world.told(confirm_retire=["all"])
    assert world.managed() == []
    for ocid in (mine, copied):
        assert world.client().get_alarm(ocid).data.lifecycle_state == "ACTIVE"


def test_rules_that_change_change_the_alarms_and_tags_of_others_stay(world):
    world.once()
    seen = next(alarm for alarm in world.managed() if alarm.key.startswith("cpu") and alarm.region == FRANKFURT)
    tags = world.client().get_alarm(seen.reference).data.freeform_tags
    change = oci.monitoring.models.UpdateAlarmDetails(freeform_tags={**tags, "cost-centre": "7"})
    world.client().update_alarm(seen.reference, change)
    world.rules(
        "alarms: [{name: cpu, metric: CpuUtilization, above: 90, severity: CRITICAL}]\n"
        "suppressions: [{from: 2026-12-24T22:00:00Z, until: 2026-12-25T02:00:00Z, reason: patches}]"
    )
    told = world.told()
    assert (told["update"], told["held"], told["done"]) == (2, 4, 2)
    now = next(alarm for alarm in world.managed() if alarm.key == seen.key)
    assert now.query.endswith("> 90")
    assert now.suppression is not None
    assert now.suppression.start == datetime(2026, 12, 24, 22, tzinfo=UTC)
    assert world.client().get_alarm(seen.reference).data.freeform_tags["cost-centre"] == "7"
    world.rules("alarms: [{name: cpu, metric: CpuUtilization, above: 90, severity: CRITICAL}]")
    world.told()
    assert all(alarm.suppression is None for alarm in world.managed() if alarm.key.startswith("cpu"))


def test_deletions_wait_for_a_confirmation_by_key(world):
    world.once()
    world.rules("alarms: []")
    assert world.told()["held"] == 6
    key = f"cpu:{world.databases['CRM']}"
    told = world.told(confirm_retire=[key, "cpu:nobody"])
    assert (told["done"], told["held"], told["confirmed_and_not_there"]) == (1, 5, ["cpu:nobody"])
    assert key not in {alarm.key for alarm in world.managed()}


@pytest.mark.parametrize("after", [0, 4])
def test_a_run_that_is_cut_off_anywhere_is_made_up_for_and_nothing_is_made_twice(world, after):
    world.sandbox.fault("drop_after", operation="create_alarm", times=1, after=after)
    with suppress(Unavailable):
        world.once()
    world.once()
    world.once()
    keys = [alarm.key for alarm in world.managed()]
    assert len(keys) == len(set(keys)) == 6
    begun = [outcome for _, outcome in world.journal() if outcome == "begun"]
    assert len(world.journal()) == 2 * len(begun)


def test_one_refused_alarm_stops_no_other_and_the_run_fails_with_its_name(world):
    world.topics[ASHBURN] = world.topics[FRANKFURT].replace(FRANKFURT, ASHBURN)[:-3] + "abc"
    said = world.why_failed()
    assert "cpu:" in said
    assert {alarm.region for alarm in world.managed()} == {FRANKFURT}


def test_a_listing_that_fails_retires_no_alarm(world):
    world.once()
    world.sandbox.fault("denied", operation="list_autonomous_databases", times=50)
    assert "list_autonomous_databases" in world.why_failed(confirm_retire=["all"])
    assert len(world.managed()) == 6


def test_a_database_that_is_gone_takes_its_alarms_along_once_confirmed(world):
    world.once()
    world.service.delete(ASHBURN, world.databases["CRM"], "*")
    world.sandbox.advance(3600)
    told = world.told(confirm_retire=["all"])
    assert told["done"] == 3
    assert {alarm.region for alarm in world.managed()} == {FRANKFURT}


def test_an_alarm_that_somebody_changed_meanwhile_is_left_alone(world):
    world.once()
    seen = world.managed()[0]
    client = world.client(seen.region)
    client.update_alarm(seen.reference, oci.monitoring.models.UpdateAlarmDetails(severity="INFO"))
    with pytest.raises(Conflict, match="somebody changed"):
        world.alarms.update(seen, replace(seen, query=seen.query.replace("80", "81")))
    with pytest.raises(Conflict, match="somebody changed"):
        world.alarms.retire(seen)


def test_a_database_without_a_topic_in_its_region_is_told(world):
    del world.topics[ASHBURN]
    told = world.told(mode="plan")
    assert (told["create"], told["none"]) == (3, 3)
    assert "no topic is named for us-ashburn-1" in told["plan"]


def test_rules_that_cannot_be_used_fail_before_anything_is_done(world):
    world.rules("alarms: [{name: io, metric: IoWait, above: 5}]")
    said = world.why_failed()
    assert "no metric 'IoWait'; the nearest there is is WaitTime" in said
    assert world.managed() == []


def test_without_a_tenancy_nothing_is_planned(world):
    told = world.told(service=NotConfigured(advice="Set CLOUDOPS_OCI_TENANCY."))
    assert told["plan"] == "not configured: Set CLOUDOPS_OCI_TENANCY."


def test_an_alarm_made_and_deleted_by_hand_is_made_again(world):
    world.once()
    seen = world.managed()[0]
    world.client(seen.region).delete_alarm(seen.reference)
    world.sandbox.advance(timedelta(minutes=10).total_seconds())
    assert world.told()["done"] == 1
    assert len(world.managed()) == 6
