"""Actions from end to end, against both embedded clouds over HTTP: proposed, approved, done, cut off anywhere, taken back."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import dagster as dg
import polars as pl
import pytest

from assets.finops import tables
from assets.finops.action_book import APPROVALS_KEY, Clouds
from assets.finops.actions import actions
from assets.finops.logic.actions.plan import Protection
from assets.journal import Journal
from jobs.action_changes import Bounds, Opened, apply, planned
from jobs.actions import finops_actions, verify_effects
from jobs.budgets import finops_budgets
from jobs.decisions import DecisionConfig, decide
from resources.actions import ActionService, Resource
from resources.aws.actions import AwsActions
from resources.aws.budgets import AwsBudgets
from resources.aws.clients import AwsClients
from resources.budgets import AlertRule, Budget
from resources.budgets import NotConfigured as NoBudgets
from resources.clock import Clock
from resources.errors import BadInput, Unavailable
from resources.lake import Lake
from resources.object_store import LocalObjectStore
from resources.oci.actions import OciActions
from resources.oci.clients import OciClients
from sandbox.oci.services.database import DATABASES, add_database
from tests.aws_budgets import ACCOUNT, aws
from tests.resources.test_actions import KEYS, REGION, Hurrying
from tests.sandboxes import NOW, Sandbox, running

FRANKFURT = "eu-frankfurt-1"
LATER = NOW + timedelta(hours=1)
"""A Monday, 13:00 UTC."""


class Killed(BaseException):
    """The process ends."""


@dataclass
class World:
    """Both clouds, the lake with what policies match, and the job."""

    sandbox: Sandbox
    endpoint: str
    lake: Lake
    inputs: Path
    oracle: ActionService
    amazon: ActionService
    budgets: Any
    at: datetime = LATER
    matches: list[dict[str, Any]] = field(default_factory=list)

    @property
    def resources(self) -> dict[str, Any]:
        return {
            "lake": self.lake,
            "clock": Clock(fixed_at=self.at.isoformat()),
            "inputs_store": LocalObjectStore(root=str(self.inputs), read_only=True),
            "oci_actions": self.oracle,
            "aws_actions": self.amazon,
            "oci_budgets": NoBudgets(of_system="oci", advice="none"),
            "aws_budgets": self.budgets,
        }

    def match(self, resource_id: str, action: str, system: str = "AWS", **parameters: Any) -> None:
        """Let a policy match a resource from now on."""
        cost = Decimal("70")
        where = {"AWS": (ACCOUNT, "Amazon Elastic Compute Cloud", REGION, "USD"), "Oracle": ("dev", "DATABASE", FRANKFURT, "EUR")}
        account, service, region, currency = where[system]
        self.matches.append(
            {
                "match_id": f"m{len(self.matches)}", "policy": f"policy-{action}", "policy_file": "f", "mode": "propose",
                "ProviderName": system, "SubAccountId": account, "ServiceName": service, "RegionId": region,
                "BillingCurrency": currency, "ResourceId": resource_id, "cost_30d": cost, "state": "continuing",
                "actions": [{"action": "notify", "parameters": "{}"}, {"action": action, "parameters": json.dumps(parameters)}],
                "explanation": [], "dependants": [], "dependants_unknown": [], "matched_at": date(2026, 11, 14),
                "first_matched": date(2026, 11, 14),
            }
        )  # fmt: skip
        self.write_matches()

    def write_matches(self) -> None:
        rows = pl.DataFrame(self.matches, schema=tables.POLICY_MATCHES.schema)
        self.lake.replace(tables.POLICY_MATCHES, rows, where=None)

    def propose(self, **config: Any) -> dict[str, Any]:
        """Materialize the asset; its metadata."""
        result = dg.materialize(
            [actions], resources=self.resources, run_config={"ops": {"finops__actions": {"config": config}}}
        )  # fmt: skip
        assert result.success
        (event,) = result.get_asset_materialization_events()
        metadata = event.materialization.metadata
        return {name: value.value for name, value in metadata.items()}

    def say(self, verdict: str, action_id: str = "") -> None:
        which = action_id or self.ids()[0]
        config = DecisionConfig(subject="action", subject_id=which, verdict=verdict, by="ann", note="")
        decide(config, self.lake, self.at)

    def run(self, **config: Any) -> dg.ExecuteInProcessResult:
        self.at += timedelta(minutes=1)
        return finops_actions.execute_in_process(
            resources=self.resources, run_config={"ops": {"carry_out_actions": {"config": config}}}, raise_on_error=False
        )  # fmt: skip

    def apply(self, **config: Any) -> dict[str, Any]:
        """Metadata of a run that succeeded."""
        result = self.run(mode="apply", **config)
        assert result.success, result.failure_data_for_node("carry_out_actions")
        (output,) = [e for e in result.all_events if e.event_type == dg.DagsterEventType.STEP_OUTPUT]
        return {name: value.value for name, value in output.step_output_data.metadata.items()}

    def once(self) -> None:
        """What the job does, without its repeats."""
        self.at += timedelta(minutes=1)
        clouds = Clouds.of((self.oracle, self.amazon), (NoBudgets(of_system="oci", advice="none"), self.budgets))
        store = LocalObjectStore(root=str(self.inputs), read_only=True)
        opened = Opened.of(self.lake, store, Journal(self.lake, tables.JOURNAL, str(self.at), "ann"), clouds, lambda: self.at)
        apply(opened, planned(opened, Bounds(5, True, Protection())))
        verify_effects(opened, 17)

    def rows(self) -> list[dict[str, Any]]:
        return self.lake.scan(tables.ACTIONS).sort("action_id").collect().to_dicts()

    def ids(self) -> list[str]:
        return [row["action_id"] for row in self.rows()]

    def state(self) -> str:
        (row,) = self.rows()
        return str(row["state"])

    def path(self) -> list[str]:
        """The states that the one action went through."""
        events = self.lake.scan(tables.ACTION_EVENTS).sort("number").collect()
        return [e["to_state"] for e in events.to_dicts() if e["applied"]]

    def journal(self) -> list[tuple[str, str]]:
        rows = self.lake.scan(tables.JOURNAL).sort("at", maintain_order=True).collect()
        return [(r["operation"], r["outcome"]) for r in rows.to_dicts()]

    def database(self, name: str = "erp", **fields: Any) -> str:
        made = add_database(self.sandbox.cloud.store, FRANKFURT, self.sandbox.tenancy, name, computeCount=8.0, **fields)
        return str(made.body["id"])

    def versions(self, ocid: str) -> int:
        """How often it was made or changed."""
        return self.sandbox.cloud.store.find(DATABASES, ocid).version

    def machine(self) -> str:
        ec2 = boto3.client("ec2", endpoint_url=self.endpoint, **KEYS)
        made = ec2.run_instances(ImageId="ami-12c6146b", InstanceType="m5.xlarge", MinCount=1, MaxCount=1)
        return str(made["Instances"][0]["InstanceId"])

    def seen(self, resource_id: str) -> tuple[str, str]:
        service = self.oracle if resource_id.startswith("ocid1") else self.amazon
        now = service.look(Resource(service.system, resource_id, FRANKFURT if service is self.oracle else REGION))
        return now.status, now.size

    def bills(self, resource_id: str, change: date, before: str, after: str, until: date) -> None:
        """Let the bills show a cost per day before a day, and another from then on, with siblings that stay the same."""
        days = [change - timedelta(days=28) + timedelta(days=n) for n in range((until - change).days + 29)]
        rows = [
            {
                "x_charge_date": day, "ProviderName": "AWS", "SubAccountId": ACCOUNT,
                "ServiceName": "Amazon Elastic Compute Cloud", "RegionId": REGION, "BillingCurrency": "USD", "ResourceId": name,
                "x_lines": 1, "x_lines_without_cost": 0, "BilledCost": amount, "EffectiveCost": amount,
            }
            for day in days
            for name, amount in (
                (resource_id, Decimal(before if day < change else after)),
                *((f"sibling-{n}", Decimal(3 + n)) for n in range(3)),
            )
        ]  # fmt: skip
        self.lake.replace(tables.RESOURCE_COSTS, pl.DataFrame(rows, schema=tables.RESOURCE_COSTS.schema), where=None)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with aws() as served:
        yield served


@pytest.fixture
def world(tmp_path: Path, endpoint: str) -> Iterator[World]:
    from moto.budgets.models import budgets_backends

    budgets_backends.reset()
    with running(tmp_path / "cloud", Hurrying(stopped_at=NOW)) as sandbox:
        clients = OciClients(endpoint=sandbox.url, config_file=sandbox.config_file, max_attempts=1)
        amazon = AwsClients(
            endpoint_url=endpoint, region=REGION, access_key_id="test", secret_access_key="test", max_attempts=1
        )  # fmt: skip
        inputs = tmp_path / "inputs"
        (inputs / "finops").mkdir(parents=True)
        yield World(
            sandbox, endpoint, Lake(root=str(tmp_path / "lake")), inputs, OciActions(clients=clients, poll_seconds=0),
            AwsActions(clients=amazon, poll_seconds=0), AwsBudgets(clients=amazon),
        )  # fmt: skip


@pytest.fixture
def erp(world: World) -> str:
    """A database that is to be stopped."""
    ocid = world.database()
    world.match(ocid, "stop", "Oracle")
    world.propose()
    return ocid


def test_proposing_does_nothing_and_says_what_would_be_done_and_how_it_is_undone(world, erp):
    (row,) = world.rows()

    assert (row["operation"], row["resource_id"], row["state"], row["undo"]) == ("stop", erp, "proposed", "start")
    assert (row["savings_low"], row["savings_high"], row["status_seen"]) == (0, 70, "running")
    assert (world.versions(erp), world.journal()) == (1, [])


def test_nothing_happens_without_approval(world, erp):
    told = world.apply()

    assert (told["done"], world.state(), world.versions(erp), world.journal()) == (0, "proposed", 1, [])


def test_what_is_approved_is_only_planned_unless_the_job_is_told_to_apply(world, erp):
    world.say("approved")

    result = world.run()

    assert result.success
    assert (world.state(), world.versions(erp), world.journal()) == ("proposed", 1, [])


def test_what_is_approved_is_done_once_and_a_repeat_does_nothing(world, erp):
    world.say("approved")

    assert world.apply()["done"] == 1
    version = world.versions(erp)
    assert world.apply()["done"] == 0

    assert (world.seen(erp), world.versions(erp)) == (("stopped", "8"), version)
    assert world.path() == ["proposed", "approved", "executing", "executed"]
    assert sorted(world.journal()) == [("stop database", "begun"), ("stop database", "done")]
    (row,) = world.rows()
    assert (row["approved_by"], row["state"]) == ("ann", "executed")
    reasons = world.lake.scan(tables.JOURNAL).collect()["reason"]
    assert reasons[0] == "it was approved; approved by ann"


def test_what_was_rejected_is_not_done_and_not_proposed_again(world, erp):
    world.say("rejected")
    world.apply()
    world.propose()

    assert (world.state(), world.versions(erp)) == ("rejected", 1)
    with pytest.raises(BadInput, match="is rejected: approved cannot be said of it"):
        world.say("approved")


def approvals(world: World, text: str, at: datetime) -> None:
    file = world.inputs / APPROVALS_KEY
    file.write_text(f"action_id,verdict,by,note\n{text}")
    os.utime(file, (at.timestamp(), at.timestamp()))


def test_a_file_approves_as_a_command_does(world, erp):
    approvals(world, f"{world.ids()[0]},approved,bob,ticket 7\n", world.at)

    world.apply()

    (row,) = world.rows()
    assert (row["state"], row["approved_by"]) == ("executed", "bob")


def test_a_row_of_the_file_counts_once_and_never_for_what_is_proposed_later(world, erp):
    approvals(world, f"{world.ids()[0]},approved,bob,\n", world.at)
    world.propose()
    assert world.state() == "approved"
    world.matches.clear()
    world.write_matches()
    world.propose()
    assert world.state() == "expired"

    world.match(erp, "stop", "Oracle")
    world.at += timedelta(days=1)
    world.propose()
    approvals(world, f"{world.ids()[0]},approved,bob,\n", world.at)
    world.apply()

    assert (world.state(), world.versions(erp)) == ("proposed", 1)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{id},yes,bob,", "line 2: 'yes' is no verdict"),
        ("{id},approved,,", "nobody is named"),
        ("0000,approved,bob,", "no action '0000'"),
    ],
)
def test_a_file_that_makes_no_sense_stops_the_run_with_its_line(world, erp, row, said):
    approvals(world, row.format(id=world.ids()[0]) + "\n", world.at)

    result = world.run(mode="apply")

    assert not result.success
    assert said in str(result.failure_data_for_node("carry_out_actions"))
    assert world.versions(erp) == 1


def test_what_somebody_changed_since_it_was_proposed_is_left_alone_and_reported(world):
    ocid = world.database()
    world.match(ocid, "rightsize", "Oracle", target_utilisation=70)
    world.propose()
    world.say("approved")
    world.sandbox.cloud.store.find(DATABASES, ocid).change(computeCount=16.0)

    told = world.apply()

    assert list(told["left_alone"].values()) == ["it was running with size 8, and is running with size 16 now"]
    assert (world.state(), world.seen(ocid)) == ("expired", ("running", "16"))


def test_what_is_proposed_otherwise_needs_another_approval(world):
    ocid = world.database()
    world.match(ocid, "rightsize", "Oracle", target_utilisation=70)
    world.propose()
    world.say("approved")
    world.propose()
    assert world.state() == "approved"

    world.sandbox.cloud.store.find(DATABASES, ocid).change(computeCount=16.0)
    world.at += timedelta(minutes=1)
    world.propose()
    world.apply()

    assert (world.state(), world.seen(ocid)) == ("proposed", ("running", "16"))
    (row,) = world.rows()
    assert json.loads(row["parameters"])["size"] == "8"


def test_what_got_a_tag_that_protects_it_after_it_was_approved_is_left_alone(world, erp):
    world.say("approved")
    world.sandbox.cloud.store.find(DATABASES, erp).change(freeformTags={"CloudOps": "keep"})

    assert world.apply()["left_alone"] == {world.ids()[0]: "its tag CloudOps=keep protects it"}
    assert world.seen(erp)[0] == "running"


def test_what_is_protected_or_impossible_is_not_proposed_and_said_why(world):
    world.match(world.database("kept", freeformTags={"cloudops": "keep"}), "stop", "Oracle")
    world.match(world.database("listed"), "stop", "Oracle")
    world.match("ocid1.autonomousdatabase.oc1.eu-frankfurt-1.gone", "stop", "Oracle")
    world.match("acme-bucket", "stop")
    world.match(world.database("alone"), "tag", "Oracle", key="team", value="blue")

    told = world.propose(exclude=[json.loads(json.dumps(world.matches[1]["ResourceId"]))])

    assert world.rows() == []
    for reason in (
        "protects it",
        "it is excluded by",
        "of what may not be seen",
        "nothing can be done to such a thing",
        "for people",
    ):
        assert reason in told["not_proposed"]


def test_a_run_begins_no_more_actions_than_it_may(world):
    databases = [world.database(f"db{n}") for n in range(3)]
    for ocid in databases:
        world.match(ocid, "stop", "Oracle")
    world.propose()
    for action_id in world.ids():
        world.say("approved", action_id)

    assert world.apply(most_actions=2)["done"] == 2
    assert sorted(world.seen(ocid)[0] for ocid in databases) == ["running", "stopped", "stopped"]
    assert world.apply(most_actions=2)["done"] == 1


def test_owners_have_the_days_to_object_that_the_policy_gives_them(world):
    ocid = world.database()
    world.match(ocid, "stop", "Oracle", wait_days=7)
    world.propose()
    world.say("approved")
    world.apply()
    assert (world.state(), world.seen(ocid)[0]) == ("approved", "running")

    world.at += timedelta(days=7)
    world.apply()

    assert (world.state(), world.seen(ocid)[0]) == ("executed", "stopped")


def test_nothing_is_deleted_unless_the_config_allows_it_and_then_it_can_be_restored(world):
    ec2 = boto3.client("ec2", endpoint_url=world.endpoint, **KEYS)
    volume = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=16)["VolumeId"]
    world.match(volume, "delete_unattached", snapshot_first=True)
    world.propose()
    world.say("approved")

    world.apply()
    assert (world.state(), world.seen(volume)[0]) == ("approved", "unattached")

    world.apply(allow_delete=True)
    assert (world.state(), world.seen(volume)[0]) == ("executed", "absent")

    world.say("rollback")
    world.apply()
    world.apply()

    assert world.state() == "rolled back"
    restored = ec2.describe_volumes(Filters=[{"Name": "tag:cloudops-restored-from", "Values": [volume]}])["Volumes"]
    assert [one["Size"] for one in restored] == [16]


OFFICE = {"timezone": "Europe/Berlin", "days": ["monday", "tuesday"], "start": "08:00", "stop": "18:00"}


def test_a_schedule_stops_and_starts_at_its_hours_and_leaves_people_alone_in_between(world):
    ocid = world.database()
    world.match(ocid, "start_stop_schedule", "Oracle", **OFFICE)
    world.propose()
    world.say("approved")
    world.apply()
    assert (world.state(), world.seen(ocid)[0]) == ("executed", "running")

    world.at = datetime(2026, 11, 16, 17, 30, tzinfo=UTC)
    world.apply()
    assert world.seen(ocid)[0] == "stopped"

    service = world.oracle
    thing = Resource("oci", ocid, FRANKFURT)
    service.start(thing, service.look(thing))
    world.apply()
    assert world.seen(ocid)[0] == "running"

    world.at = datetime(2026, 11, 17, 8, tzinfo=UTC)
    world.apply()
    world.at = datetime(2026, 11, 17, 19, tzinfo=UTC)
    world.apply()
    assert (world.seen(ocid)[0], world.state()) == ("stopped", "executed")

    world.say("rollback")
    world.apply()
    world.apply()
    assert (world.seen(ocid)[0], world.state()) == ("running", "rolled back")


@pytest.fixture
def scaling(world: World) -> str:
    """A database that is to scale by its load, approved."""
    ocid = world.database()
    world.match(ocid, "autoscale", "Oracle", least=1, most=24, target_utilisation=70)
    world.propose()
    world.say("approved")
    return ocid


def scales(world: World, ocid: str) -> bool | None:
    return world.oracle.look(Resource("oci", ocid, FRANKFURT)).auto_scaling


def test_auto_scaling_is_turned_on_once_written_down_and_taken_back(world, scaling):
    assert (world.apply()["done"], world.apply()["done"]) == (1, 0)
    assert (world.state(), scales(world, scaling), world.versions(scaling)) == ("executed", True, 3)
    assert world.rows()[0]["undo"] == "autoscale-off"

    world.say("rollback")
    world.apply()
    world.apply()

    assert (world.state(), scales(world, scaling), world.versions(scaling)) == ("rolled back", False, 5)
    rows = world.lake.scan(tables.JOURNAL).filter(pl.col("outcome") == "done").sort("at").collect().to_dicts()
    told = [(r["operation"], *(json.loads(r[n])["auto_scaling"] for n in ("before", "after"))) for r in rows]
    assert told == [("autoscale database", False, True), ("autoscale-off database", True, False)]


def test_auto_scaling_that_somebody_turned_on_or_off_by_hand_is_not_done_again(world, scaling):
    database = world.sandbox.cloud.store.find(DATABASES, scaling)
    database.change(isAutoScalingEnabled=True)
    told = world.apply()
    assert list(told["left_alone"].values()) == ["somebody did it already: it is running with size 8 and auto scaling"]
    assert world.journal() == []

    database.change(isAutoScalingEnabled=False)
    world.at += timedelta(minutes=1)
    world.propose()
    world.say("approved")
    world.apply()
    database.change(isAutoScalingEnabled=False)
    version = world.versions(scaling)
    world.say("rollback")
    world.apply()

    assert (world.state(), world.versions(scaling)) == ("rolled back", version)
    assert ("autoscale-off database", "found done") in world.journal()


def test_auto_scaling_of_what_got_another_size_since_it_was_approved_is_left_alone(world, scaling):
    world.sandbox.cloud.store.find(DATABASES, scaling).change(computeCount=16.0)

    world.apply()

    assert (world.state(), scales(world, scaling)) == ("expired", False)


@pytest.mark.parametrize("after", range(3))
@pytest.mark.parametrize("kind", ["drop", "drop_after"])
@pytest.mark.parametrize("operation", ["get_autonomous_database", "update_autonomous_database", "get_work_request"])
def test_auto_scaling_that_is_cut_off_at_any_call_is_turned_on_once(world, scaling, operation, kind, after):
    world.sandbox.fault(kind, operation=operation, times=1, after=after)

    for _ in range(3):
        try:
            world.once()
        except Unavailable:
            continue

    world.sandbox.cloud.faults.asked.clear()
    assert (world.state(), scales(world, scaling), world.versions(scaling)) == ("executed", True, 3)


def test_auto_scaling_in_aws_is_not_proposed_and_said_why(world):
    world.match(world.machine(), "autoscale", least=1, most=24)

    told = world.propose()

    assert world.rows() == []
    assert "an EC2 instance has no auto scaling of its own" in told["not_proposed"]


def test_a_frozen_budget_stays_where_it_is_until_it_is_released(world):
    rules = (AlertRule("ACTUAL", Decimal(70), ("finops@example.com",)),)
    wanted = Budget("aws", "account", ACCOUNT, ACCOUNT, Decimal(100), "USD", rules)
    made = world.budgets.create(world.budgets.fitted(wanted))
    world.match("i-0123456789abcdef0", "freeze_budget")
    world.propose()
    world.say("approved")
    world.budgets.update(made, replace(made, amount=Decimal(150)))
    world.apply()
    (budget,) = world.budgets.managed()
    assert (world.state(), budget.amount) == ("executed", Decimal(100))

    def follow_forecast() -> Decimal:
        origin = world.at.date() - timedelta(days=1)
        quality = {
            "origin": origin, "level": "series", "ProviderName": "AWS", "SubAccountId": ACCOUNT, "BillingCurrency": "USD",
            "status": "ok", "recent_cost": Decimal(10), "sum_point": Decimal(1), "sum_upper_80": Decimal(500),
        }  # fmt: skip
        days = [{"origin": origin, "level": "series", "x_charge_date": origin + timedelta(days=n + 1)} for n in range(30)]
        world.lake.replace(tables.FORECAST_QUALITY, pl.DataFrame([quality], schema=tables.FORECAST_QUALITY.schema), where=None)
        world.lake.replace(tables.COST_FORECASTS, pl.DataFrame(days, schema=tables.COST_FORECASTS.schema), where=None)
        names = ("lake", "clock", "oci_budgets", "aws_budgets")
        config = {"mode": "apply", "recipients": ["finops@example.com"]}
        result = finops_budgets.execute_in_process(
            resources={name: world.resources[name] for name in names},
            run_config={"ops": {"reconcile_budgets": {"config": config}}},
        )  # fmt: skip
        assert result.success
        return world.budgets.managed()[0].amount

    assert follow_forecast() == Decimal(100)
    world.say("rollback")
    world.apply()
    assert world.state() == "rolled back"
    assert follow_forecast() > Decimal(100)


@pytest.mark.parametrize(
    ("after", "effect", "state"), [("1", "realised", "verified"), ("10", "not visible", "executed")], ids=["fell", "did not"]
)
def test_the_effect_is_looked_for_in_the_bills_and_what_has_none_is_proposed_to_be_taken_back(world, after, effect, state):
    machine = world.machine()
    world.match(machine, "stop")
    world.propose()
    world.say("approved")
    world.apply()
    done = world.at.date()
    assert world.rows()[0]["effect"] == "not due"

    world.at += timedelta(days=20)
    world.bills(machine, done, "10", after, world.at.date())
    world.apply()

    (row,) = world.rows()
    assert (row["effect"], row["state"], row["rollback_proposed"]) == (effect, state, effect != "realised")
    assert world.seen(machine)[0] == "stopped"

    world.say("rollback")
    world.apply()
    assert (world.state(), world.seen(machine)[0]) == ("rolled back", "running")


OCI_CALLS = ("get_autonomous_database", "stop_autonomous_database", "get_work_request")


@pytest.mark.parametrize("after", range(4))
@pytest.mark.parametrize("kind", ["drop", "drop_after"])
@pytest.mark.parametrize("operation", OCI_CALLS)
def test_a_run_that_is_cut_off_at_any_call_to_oracle_and_run_again_does_everything_once(world, erp, operation, kind, after):
    world.say("approved")
    world.sandbox.fault(kind, operation=operation, times=1, after=after)

    for _ in range(3):
        try:
            world.once()
        except Unavailable:
            continue

    world.sandbox.cloud.faults.asked.clear()
    assert (world.state(), world.seen(erp)[0]) == ("executed", "stopped")
    assert world.versions(erp) == 3  # made, stopping, stopped
    assert {"done", "found done"} & {outcome for _, outcome in world.journal()}


class Counting(AwsActions):
    """Ends the process before or after the n-th call of a run."""

    left: list[int]
    after: bool

    def _ask(self, service: str, operation: str, resource: Resource, **request: Any) -> Any:
        self.left[0] -= 1
        if self.left[0] == 0 and not self.after:
            raise Killed
        answer = super()._ask(service, operation, resource, **request)
        if self.left[0] == 0:
            raise Killed
        return answer


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_run_that_is_killed_at_any_call_to_aws_and_run_again_does_everything_once(world, after):
    sound = world.amazon
    assert isinstance(sound, AwsActions)
    killed = 0
    for call in range(1, 40):
        machine = world.machine()
        world.matches.clear()
        world.match(machine, "rightsize", target_utilisation=70)
        world.at += timedelta(minutes=1)
        world.propose()
        (action_id,) = (row["action_id"] for row in world.rows() if row["resource_id"] == machine)
        world.say("approved", action_id)

        world.amazon = Counting(clients=sound.clients, poll_seconds=0, left=[call], after=after)
        try:
            world.once()
        except Killed:
            killed += 1
            ended = False
        else:
            ended = True
        world.amazon = sound
        world.once()
        world.once()

        (row,) = (row for row in world.rows() if row["action_id"] == action_id)
        assert (row["state"], world.seen(machine)) == ("executed", ("running", "m5.large")), call
        if ended:
            break
    assert killed > 10


@pytest.mark.parametrize("write", range(1, 7))
def test_a_run_that_is_killed_at_any_write_to_the_lake_and_run_again_does_everything_once(world, erp, write, monkeypatch):
    world.say("approved")
    sound, left = Lake.replace, [write]

    def cut(self: Lake, *arguments: Any, **named: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            raise Killed
        return sound(self, *arguments, **named)

    monkeypatch.setattr(Lake, "replace", cut)
    with pytest.raises(Killed):
        world.once()
    monkeypatch.setattr(Lake, "replace", sound)
    world.once()
    world.once()

    assert (world.state(), world.versions(erp)) == ("executed", 3)
    assert world.path() == ["proposed", "approved", "executing", "executed"]
    rows = world.lake.scan(tables.JOURNAL).collect()
    ended = rows.filter(pl.col("outcome") != "begun")["change_id"].to_list()
    assert sorted(ended) == sorted(rows.filter(pl.col("outcome") == "begun")["change_id"].to_list())
