"""What every cloud's actions promise, held against the embedded clouds over HTTP: one contract, and what is peculiar to each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from resources.actions import ABSENT, ActionService, NotConfigured, Resource, Seen
from resources.aws.actions import RESIZING_TAG, RESTORED_TAG, AwsActions
from resources.aws.clients import AwsClients
from resources.errors import BadInput, Conflict, Denied, NotFound, Unavailable
from resources.oci.actions import OciActions
from resources.oci.clients import OciClients
from sandbox.oci.clock import Clock
from sandbox.oci.services.database import DATABASES, add_database
from tests.aws_budgets import ACCOUNT, aws
from tests.sandboxes import NOW, Sandbox, running

REGION = "us-east-1"
KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": REGION}


@dataclass(slots=True)
class Hurrying(Clock):
    """A clock of which every look takes ten seconds, so that what goes on is over soon."""

    def now(self):
        self.ahead += timedelta(seconds=10)
        return super(Hurrying, self).now() + self.ahead


@dataclass(frozen=True)
class World:
    """A cloud with a machine that runs, and with a person in its console.

    Attributes:
        service: Ours.
        machine: The machine.
        smaller: A size that it can have.
        stop_by_hand: Stops the machine as a person would.
        rename_by_hand: Changes what is of no weight.
    """

    service: ActionService
    machine: Resource
    smaller: str
    stop_by_hand: Callable[[], object]


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running(tmp_path / "cloud", Hurrying(stopped_at=NOW)) as served:
        yield served


@pytest.fixture
def oracle(sandbox: Sandbox) -> World:
    import oci

    clients = OciClients(endpoint=sandbox.url, config_file=sandbox.config_file, first_wait_seconds=0.01, max_attempts=2)
    tags = {"freeformTags": {"team": "blue"}, "definedTags": {"acme": {"environment": "dev"}}}
    made = add_database(sandbox.cloud.store, "eu-frankfurt-1", sandbox.tenancy, "erp", computeCount=8.0, **tags)
    machine = Resource("oci", str(made.body["id"]), "eu-frankfurt-1")
    client = sandbox.client(oci.database.DatabaseClient, "database")
    service = OciActions(clients=clients, poll_seconds=0)
    return World(service, machine, "4", lambda: client.stop_autonomous_database(machine.id))


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with aws() as served:
        yield served


@pytest.fixture
def amazon(endpoint: str) -> World:
    ec2 = boto3.client("ec2", endpoint_url=endpoint, **KEYS)
    clients = AwsClients(endpoint_url=endpoint, region=REGION, access_key_id="test", secret_access_key="test")
    service = AwsActions(clients=clients, poll_seconds=0)
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "blue"}]}]
    made = ec2.run_instances(ImageId="ami-12c6146b", InstanceType="m5.xlarge", MinCount=1, MaxCount=1, TagSpecifications=tags)
    machine = Resource("aws", made["Instances"][0]["InstanceId"], REGION, ACCOUNT)
    return World(service, machine, "m5.large", lambda: ec2.stop_instances(InstanceIds=[machine.id]))


@pytest.fixture(params=["oracle", "amazon"])
def world(request: pytest.FixtureRequest) -> World:
    found: World = request.getfixturevalue(request.param)
    return found


def test_a_look_tells_status_size_version_and_tags(world):
    seen = world.service.look(world.machine)

    assert (seen.status, bool(seen.size), bool(seen.version)) == ("running", True, True)
    assert ("team", "blue") in seen.tags


def test_what_is_gone_is_absent(oracle, amazon, sandbox):
    sandbox.cloud.store.find(DATABASES, oracle.machine.id).change(lifecycleState="TERMINATED")

    assert oracle.service.look(oracle.machine) == ABSENT
    assert amazon.service.look(replace(amazon.machine, id="i-00000000")) == ABSENT


def test_what_oracle_does_not_show_is_not_taken_for_gone(oracle):
    with pytest.raises(NotFound, match="of what may not be seen"):
        oracle.service.look(replace(oracle.machine, id="ocid1.autonomousdatabase.oc1..gone"))


def test_what_was_stopped_is_stopped_and_starts_again(world):
    seen = world.service.look(world.machine)

    stopped = world.service.stop(world.machine, seen)
    started = world.service.start(world.machine, stopped)

    assert (stopped.status, started) == ("stopped", seen)


def test_stopping_twice_is_stopping_once(world):
    seen = world.service.look(world.machine)
    stopped = world.service.stop(world.machine, seen)

    assert world.service.stop(world.machine, seen).version == stopped.version


def test_a_resize_changes_the_size_and_the_machine_runs_on(world):
    seen = world.service.look(world.machine)

    resized = world.service.resize(world.machine, seen, world.smaller)

    assert (resized.status, resized.size, resized.under_way) == ("running", world.smaller, "")
    assert world.service.resize(world.machine, seen, world.smaller).version == resized.version


def test_a_resize_is_undone_by_a_resize(world):
    seen = world.service.look(world.machine)
    resized = world.service.resize(world.machine, seen, world.smaller)

    assert world.service.resize(world.machine, resized, seen.size) == seen


def test_auto_scaling_is_turned_on_once_and_off_again(oracle, sandbox):
    seen = oracle.service.look(oracle.machine)

    scaling = oracle.service.autoscale(oracle.machine, seen)
    repeated = oracle.service.autoscale(oracle.machine, seen)

    assert (seen.auto_scaling, scaling.auto_scaling, scaling.status, scaling.size) == (False, True, "running", "8")
    assert repeated.version == scaling.version
    assert oracle.service.autoscale_off(oracle.machine, scaling).auto_scaling is False
    assert oracle.service.autoscale_off(oracle.machine, scaling).auto_scaling is False
    assert sandbox.cloud.store.find(DATABASES, oracle.machine.id).version == 5  # made, and twice updating and available


def test_auto_scaling_that_somebody_turned_on_meanwhile_is_told_and_nothing_else_is_done(oracle, sandbox):
    seen = oracle.service.look(oracle.machine)
    sandbox.cloud.store.find(DATABASES, oracle.machine.id).change(isAutoScalingEnabled=True)

    with pytest.raises(Conflict, match="was running with size 8, and is running with size 8 and auto scaling"):
        oracle.service.resize(oracle.machine, seen, "4")


@pytest.mark.parametrize("operation", ["autoscale", "autoscale-off"])
def test_auto_scaling_of_what_somebody_changed_since_it_was_seen_is_left_alone(oracle, sandbox, operation):
    database = sandbox.cloud.store.find(DATABASES, oracle.machine.id)
    database.change(isAutoScalingEnabled=operation != "autoscale")
    seen = oracle.service.look(oracle.machine)
    oracle.stop_by_hand()

    with pytest.raises(Conflict, match="and is stopped"):
        oracle.service.perform(operation, oracle.machine, seen)

    assert oracle.service.look(oracle.machine).auto_scaling is seen.auto_scaling


def test_auto_scaling_is_guarded_by_the_version_that_was_seen(oracle, sandbox):
    sandbox.cloud.store.find(DATABASES, oracle.machine.id).change(displayName="another")
    seen = replace(oracle.service.look(oracle.machine), version="of-yesterday")

    with pytest.raises(Conflict, match="changed meanwhile"):
        oracle.service.autoscale(oracle.machine, seen)

    assert oracle.service.look(oracle.machine).auto_scaling is False


@pytest.mark.parametrize("shape", ["isFreeTier", "isDevTier"])
def test_a_database_of_a_fixed_shape_has_no_auto_scaling(oracle, sandbox, shape):
    sandbox.cloud.store.find(DATABASES, oracle.machine.id).change(**{shape: True})
    seen = oracle.service.look(oracle.machine)

    assert seen.auto_scaling is None
    with pytest.raises(BadInput, match="its shape is fixed"):
        oracle.service.autoscale(oracle.machine, seen)


@pytest.mark.parametrize("kind", ["drop", "drop_after"])
@pytest.mark.parametrize("operation", ["update_autonomous_database", "get_autonomous_database", "get_work_request"])
def test_auto_scaling_that_is_cut_off_anywhere_and_repeated_is_turned_on_once(oracle, sandbox, operation, kind):
    seen = oracle.service.look(oracle.machine)
    sandbox.fault(kind, operation=operation, times=2)

    for _ in range(3):
        try:
            oracle.service.autoscale(oracle.machine, seen)
        except Unavailable:
            continue

    assert oracle.service.look(oracle.machine).auto_scaling is True
    assert sandbox.cloud.store.find(DATABASES, oracle.machine.id).version == 3  # made, updating, available


def test_an_instance_of_amazon_has_no_auto_scaling_of_its_own(amazon):
    seen = amazon.service.look(amazon.machine)

    assert seen.auto_scaling is None
    with pytest.raises(BadInput, match="autoscale cannot be done to it"):
        amazon.service.autoscale(amazon.machine, seen)


def test_what_somebody_changed_since_it_was_seen_is_left_alone(world):
    seen = world.service.look(world.machine)
    world.stop_by_hand()

    with pytest.raises(Conflict, match=r"changed meanwhile: it was running .* and is stopped"):
        world.service.resize(world.machine, seen, world.smaller)

    assert world.service.look(world.machine).size == seen.size


def test_a_size_that_there_is_not_is_refused_before_anything_is_done(world):
    seen = world.service.look(world.machine)

    with pytest.raises(BadInput):
        world.service.resize(world.machine, seen, "m5.none")

    assert (world.service.look(world.machine), world.service.look(world.machine).under_way) == (seen, "")


def test_what_cannot_be_done_to_a_thing_is_refused_with_what_can(world):
    with pytest.raises(BadInput, match=r"What can be done to it: .*resize, start, stop"):
        world.service.delete(world.machine, world.service.look(world.machine))
    with pytest.raises(BadInput):
        world.service.look(Resource(world.machine.system, "acme-bucket"))


@pytest.mark.parametrize("kind", ["drop", "drop_after"])
@pytest.mark.parametrize("operation", ["stop_autonomous_database", "get_autonomous_database", "get_work_request"])
def test_a_stop_that_is_cut_off_anywhere_and_repeated_stops_once(oracle, sandbox, operation, kind):
    seen = oracle.service.look(oracle.machine)
    sandbox.fault(kind, operation=operation, times=2)

    for _ in range(3):
        now = oracle.service.look(oracle.machine) if not sandbox.cloud.faults.asked[-1].times else seen
        try:
            oracle.service.stop(oracle.machine, now if now.status == "stopped" else seen)
        except Unavailable:
            continue

    assert oracle.service.look(oracle.machine).status == "stopped"
    found = sandbox.cloud.store.find(DATABASES, oracle.machine.id)
    assert found.version == 3  # made, stopping, stopped


def test_what_takes_too_long_goes_on_and_is_found_later(tmp_path):
    with running(tmp_path / "slow") as sandbox:
        clients = OciClients(endpoint=sandbox.url, config_file=sandbox.config_file)
        made = add_database(sandbox.cloud.store, "eu-frankfurt-1", sandbox.tenancy, "erp", computeCount=8.0)
        service = OciActions(clients=clients, poll_seconds=0, longest_wait_seconds=0.05)
        machine = Resource("oci", str(made.body["id"]), "eu-frankfurt-1")
        seen = service.look(machine)

        with pytest.raises(Unavailable, match="It goes on"):
            service.stop(machine, seen)
        sandbox.advance(3600)

        assert service.stop(machine, seen).status == "stopped"


def test_oracles_tags_of_a_namespace_are_told_with_it(oracle):
    assert ("acme.environment", "dev") in oracle.service.look(oracle.machine).tags


def test_what_another_account_pays_for_is_not_taken_for_gone(amazon):
    with pytest.raises(Denied, match="in account 111122223333"):
        amazon.service.look(replace(amazon.machine, account="111122223333"))


CALLS = (
    "describe_instance_types", "create_tags", "stop_instances", "modify_instance_attribute", "start_instances", "delete_tags",
)  # fmt: skip


class Cut(BaseException):
    """The process ends."""


class Cutting(AwsActions):
    """Ends before or after the first call of an operation."""

    at: str
    after: bool

    def _ask(self, service: str, operation: str, resource: Resource, **request: Any) -> Any:
        if operation == self.at and not self.after:
            raise Cut
        answer = super()._ask(service, operation, resource, **request)
        if operation == self.at:
            raise Cut
        return answer


def cutting(service: ActionService, at: str, *, after: bool) -> Cutting:
    assert isinstance(service, AwsActions)
    return Cutting(clients=service.clients, poll_seconds=0, at=at, after=after)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("call", CALLS)
def test_a_resize_that_is_cut_off_at_any_call_is_finished_by_a_repeat(amazon, call, after):
    with pytest.raises(Cut):
        cutting(amazon.service, call, after=after).resize(
            amazon.machine, amazon.service.look(amazon.machine), amazon.smaller
        )  # fmt: skip

    seen = amazon.service.look(amazon.machine)
    done = amazon.service.resize(amazon.machine, seen, amazon.smaller)

    assert (done.status, done.size, done.under_way) == ("running", "m5.large", "")


def test_what_is_resized_while_it_is_stopped_stays_stopped(amazon):
    stopped = amazon.service.stop(amazon.machine, amazon.service.look(amazon.machine))

    assert amazon.service.resize(amazon.machine, stopped, "m5.large") == Seen("stopped", "m5.large")


def test_another_resize_that_is_under_way_is_left_alone(amazon, endpoint):
    ec2 = boto3.client("ec2", endpoint_url=endpoint, **KEYS)
    ec2.create_tags(Resources=[amazon.machine.id], Tags=[{"Key": RESIZING_TAG, "Value": "m5.xlarge>m5.2xlarge:running"}])

    with pytest.raises(BadInput, match=r"a change to m5\.2xlarge is under way"):
        amazon.service.resize(amazon.machine, amazon.service.look(amazon.machine), "m5.large")


@pytest.fixture
def volume(endpoint: str) -> Resource:
    ec2 = boto3.client("ec2", endpoint_url=endpoint, **KEYS)
    made = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=16, VolumeType="gp3")
    return Resource("aws", f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/{made['VolumeId']}", REGION)


def snapshots(endpoint: str, volume: Resource) -> list[dict[str, Any]]:
    ec2 = boto3.client("ec2", endpoint_url=endpoint, **KEYS)
    name = volume.id.rpartition("/")[2]
    found: list[dict[str, Any]] = ec2.describe_snapshots(Filters=[{"Name": "volume-id", "Values": [name]}])["Snapshots"]
    return found


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("call", ["create_snapshot", "describe_snapshots", "delete_volume"])
def test_a_deletion_that_is_cut_off_anywhere_copies_once_and_deletes(amazon, endpoint, volume, call, after):
    seen = amazon.service.look(volume)
    assert seen.status == "unattached"
    with pytest.raises(Cut):
        cutting(amazon.service, call, after=after).delete(volume, seen)

    assert amazon.service.delete(volume, seen) == ABSENT
    assert len(snapshots(endpoint, volume)) == 1


def test_what_was_deleted_is_restored_once_from_its_copy(amazon, endpoint, volume):
    amazon.service.delete(volume, amazon.service.look(volume))

    for _ in range(2):
        amazon.service.restore(volume, ABSENT)

    ec2 = boto3.client("ec2", endpoint_url=endpoint, **KEYS)
    name = volume.id.rpartition("/")[2]
    (found,) = ec2.describe_volumes(Filters=[{"Name": f"tag:{RESTORED_TAG}", "Values": [name]}])["Volumes"]
    assert (found["Size"], found["VolumeType"], found["AvailabilityZone"]) == (16, "gp3", f"{REGION}a")


def test_a_volume_that_is_attached_is_never_deleted(amazon, endpoint, volume):
    ec2 = boto3.client("ec2", endpoint_url=endpoint, **KEYS)
    name = volume.id.rpartition("/")[2]
    seen = amazon.service.look(volume)
    ec2.attach_volume(Device="/dev/sdh", InstanceId=amazon.machine.id, VolumeId=name)

    with pytest.raises(Conflict, match="is attached"):
        amazon.service.delete(volume, seen)
    with pytest.raises(BadInput, match="attached to nothing"):
        amazon.service.delete(volume, amazon.service.look(volume))
    assert snapshots(endpoint, volume) == []


def test_a_volume_without_a_copy_cannot_be_restored(amazon, volume):
    with pytest.raises(NotFound, match="no copy"):
        amazon.service.restore(replace(volume, id="vol-00000000"), ABSENT)


def test_a_database_stops_and_starts(amazon, endpoint):
    rds = boto3.client("rds", endpoint_url=endpoint, **KEYS)
    rds.create_db_instance(
        DBInstanceIdentifier="shop", DBInstanceClass="db.m5.large", Engine="postgres", AllocatedStorage=20, MasterUsername="root",
        MasterUserPassword="made-up-for-a-test",
    )  # fmt: skip
    database = Resource("aws", f"arn:aws:rds:{REGION}:{ACCOUNT}:db:shop", REGION)

    stopped = amazon.service.stop(database, amazon.service.look(database))

    assert stopped.status == "stopped"
    assert amazon.service.start(database, stopped).status == "running"
    assert amazon.service.operations(database) == {"stop", "start"}


def test_a_cloud_that_is_not_configured_says_what_to_set():
    service = NotConfigured(of_system="oci", advice="Set CLOUDOPS_OCI_TENANCY.")
    thing = Resource("oci", "ocid1.autonomousdatabase.oc1..a")

    assert service.missing() == "Set CLOUDOPS_OCI_TENANCY."
    with pytest.raises(BadInput, match="CLOUDOPS_OCI_TENANCY"):
        service.look(thing)
    with pytest.raises(BadInput):
        service.stop(thing, Seen("running"))
