"""What measured use of every cloud promises, held against the embedded clouds over HTTP: one contract, two variants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.aws.cloudwatch import CloudWatch
from resources.errors import BadInput, Denied, NotFound, Unavailable
from resources.oci.clients import OciClients
from resources.oci.monitoring import LONGEST_WINDOW_DAYS, OciMonitoring, query, windows
from resources.utilisation import Measured, NotMeasured, Utilisation
from sandbox.oci.services import monitoring
from sandbox.oci.services.identity import add_compartment
from tests.aws_metrics import aws, clients, measure
from tests.sandboxes import running

TODAY = date(2026, 11, 16)
FIRST, LAST = TODAY - timedelta(days=10), TODAY - timedelta(days=1)
Values = dict[datetime, float]
KINDS = {"cpu": "CpuUtilization", "memory": "MemoryUtilization", "network": "NetworksBytesIn"}


@dataclass(frozen=True)
class World:
    """A cloud with metrics.

    Attributes:
        use: Ours.
        machine: A machine by its number, in a region.
        database: A database.
        others: Something of a kind without metrics.
        put: Lets a metric (`cpu`, `memory`, `network`) of a resource have values.
    """

    use: Utilisation
    machine: Callable[[int, str], Measured]
    database: Measured
    others: str
    put: Callable[[Measured, str, Values], None]
    broken: Callable[[], None]
    regions: tuple[str, str]


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), UTC)


@pytest.fixture
def oracle(tmp_path: Path) -> Iterator[World]:
    with running(tmp_path / "cloud") as sandbox:
        compartment = "ocid1.compartment.oc1..deep"
        add_compartment(sandbox.cloud.store, sandbox.tenancy, "deep", compartment)

        def put(resource: Measured, metric: str, values: Values) -> None:
            kind = "oci_computeagent" if ".instance." in resource.id else "oci_autonomous_database"
            points = [monitoring.Datapoint(moment, value) for moment, value in values.items()]
            where = (resource.region, compartment, kind, KINDS[metric], {"resourceId": resource.id, "other": "x"})
            monitoring.add_datapoints(sandbox.cloud.store, *where, points)

        waits = {"first_wait_seconds": 0.001, "longest_wait_seconds": 0.01}
        yield World(
            OciMonitoring(
                clients=OciClients(endpoint=sandbox.url, config_file=sandbox.config_file, **waits), resources_per_call=3
            ),
            lambda number, region: Measured(f"ocid1.instance.oc1.{region}.m{number:03}", region),
            Measured("ocid1.autonomousdatabase.oc1.eu-frankfurt-1.erp", "eu-frankfurt-1"),
            "ocid1.volume.oc1.eu-frankfurt-1.v",
            put,
            lambda: sandbox.fault("denied", service="monitoring"),
            ("eu-frankfurt-1", "us-ashburn-1"),
        )


@pytest.fixture
def amazon() -> Iterator[World]:
    names = {"cpu": "CPUUtilization", "memory": "mem_used_percent", "network": "NetworkIn"}
    with aws() as endpoint:

        def put(resource: Measured, metric: str, values: Values) -> None:
            machine = resource.id.startswith("i-")
            name, value = ("InstanceId", resource.id) if machine else ("DBClusterIdentifier", resource.id.rpartition(":")[2])
            namespace = "CWAgent" if metric == "memory" else "AWS/EC2" if machine else "AWS/RDS"
            data = [
                {
                    "MetricName": names[metric],
                    "Dimensions": [{"Name": name, "Value": value}],
                    "Timestamp": moment,
                    "Value": number,
                }
                for moment, number in values.items()
            ]
            measure(resource.region, namespace, data)

        yield World(
            CloudWatch(clients=clients(endpoint), queries_per_call=12),
            lambda number, region: Measured(f"i-0{number:08x}{sum(region.encode()):08x}", region, "111122223333"),
            Measured("arn:aws:rds:eu-central-1:111122223333:cluster:erp", "eu-central-1"),
            "arn:aws:s3:::bucket",
            put,
            lambda: None,
            ("eu-central-1", "us-east-1"),
        )


@pytest.fixture(params=["oracle", "amazon"])
def world(request: pytest.FixtureRequest) -> World:
    made: World = request.getfixturevalue(request.param)
    return made


def test_a_day_has_its_mean_percentile_maximum_and_number_of_datapoints(world: World):
    machine = world.machine(1, world.regions[0])
    world.put(machine, "cpu", {at(LAST, hour, 30): float(hour) for hour in range(24)})

    (day,) = world.use.daily([machine], "cpu", FIRST, LAST)

    assert (day.resource_id, day.day, day.datapoints) == (machine.id, LAST, 24)
    assert day.mean == pytest.approx(11.5)
    assert day.p95 == pytest.approx(22, abs=1)
    assert day.maximum == 23


def test_what_has_no_datapoints_has_no_row_and_none_is_zero(world: World):
    silent, idle = world.machine(1, world.regions[0]), world.machine(2, world.regions[0])
    world.put(idle, "cpu", {at(FIRST, 12): 0.0})

    found = list(world.use.daily([silent, idle], "cpu", FIRST, LAST))

    assert [(use.resource_id, use.day, use.mean) for use in found] == [(idle.id, FIRST, 0.0)]


def test_only_the_days_asked_for_are_told_to_the_last_minute_of_them(world: World):
    machine = world.machine(1, world.regions[0])
    before, after = FIRST - timedelta(days=1), LAST + timedelta(days=1)
    world.put(machine, "cpu", {at(before, 23, 59): 1.0, at(FIRST, 0, 1): 2.0, at(LAST, 23, 59): 3.0, at(after, 0, 1): 4.0})

    found = list(world.use.daily([machine], "cpu", FIRST, LAST))

    assert [(use.day, use.mean) for use in found] == [(FIRST, 2.0), (LAST, 3.0)]


def test_every_resource_is_told_whatever_a_call_may_ask_for_and_wherever_it_is(world: World):
    machines = [world.machine(number, region) for region in world.regions for number in range(4)]
    for number, machine in enumerate(machines):
        world.put(machine, "cpu", {at(LAST, 12): float(number), at(FIRST, 12): float(number)})

    found = list(world.use.daily([*machines, machines[0]], "cpu", FIRST, LAST))

    assert len(found) == 2 * len(machines)
    by_resource = {use.resource_id: use.mean for use in found}
    assert by_resource == {machine.id: float(number) for number, machine in enumerate(machines)}


def test_memory_and_network_are_metrics_of_their_own(world: World):
    machine = world.machine(1, world.regions[0])
    world.put(machine, "memory", {at(LAST, 12): 40.0})
    world.put(machine, "network", {at(LAST, 12): 1e6, at(LAST, 13): 3e6})

    (memory,) = world.use.daily([machine], "memory", FIRST, LAST)
    (network,) = world.use.daily([machine], "network", FIRST, LAST)

    assert memory.mean == 40
    assert (network.mean, network.datapoints) == (2e6, 2)
    assert list(world.use.daily([machine], "cpu", FIRST, LAST)) == []


def test_databases_have_their_cpu(world: World):
    world.put(world.database, "cpu", {at(LAST, 12): 70.0})

    (use,) = world.use.daily([world.database], "cpu", FIRST, LAST)

    assert (use.resource_id, use.mean) == (world.database.id, 70.0)
    assert world.use.source(world.database.id) in ("oci_autonomous_database", "AWS/RDS")
    assert list(world.use.daily([world.database], "memory", FIRST, LAST)) == []


def test_other_kinds_are_not_asked_for(world: World):
    assert world.use.source(world.others) is None
    assert world.use.source("") is None
    assert world.use.source("something: else") is None
    assert list(world.use.daily([Measured(world.others, world.regions[0])], "cpu", FIRST, LAST)) == []


def test_days_in_the_wrong_order_are_refused(world: World):
    with pytest.raises(BadInput, match="before the first"):
        list(world.use.daily([world.machine(1, world.regions[0])], "cpu", LAST, FIRST))


def test_a_missing_permission_names_the_statement(oracle: World):
    oracle.broken()

    with pytest.raises((Denied, NotFound), match="read metrics in"):
        list(oracle.use.daily([oracle.machine(1, "eu-frankfurt-1")], "cpu", FIRST, LAST))


def test_an_aws_that_is_not_there_is_unavailable():
    nowhere = CloudWatch(clients=clients("http://127.0.0.1:1"))

    with pytest.raises(Unavailable):
        list(nowhere.daily([Measured("i-0abc", "eu-central-1")], "cpu", FIRST, LAST))


def test_an_account_is_named_only_where_accounts_are_linked():
    machine = Measured("i-0abc", "eu-central-1", "111122223333")

    own, linked = (CloudWatch(clients=clients("http://127.0.0.1:1"), linked_accounts=is_so) for is_so in (False, True))

    assert "AccountId" not in own._query("mean_0", machine, "cpu", "Average")
    assert linked._query("mean_0", machine, "cpu", "Average")["AccountId"] == "111122223333"


@pytest.mark.parametrize(
    ("resource", "dimension"),
    [
        ("arn:aws:ec2:r:1:instance/i-0abc", {"Name": "InstanceId", "Value": "i-0abc"}),
        ("arn:aws:rds:r:1:db:orders", {"Name": "DBInstanceIdentifier", "Value": "orders"}),
        ("arn:aws-cn:rds:r:1:cluster:orders", {"Name": "DBClusterIdentifier", "Value": "orders"}),
    ],
)
def test_amazon_knows_resources_by_dimensions(resource, dimension):
    asked = CloudWatch(clients=clients("http://127.0.0.1:1"))._query("mean_0", Measured(resource, "r"), "cpu", "Average")

    assert asked["MetricStat"]["Metric"]["Dimensions"] == [dimension]


def test_a_query_names_its_resources_and_groups_by_them():
    assert query("CpuUtilization", "mean()", ["a", "b"]) == 'CpuUtilization[1d]{resourceId =~ "a|b"}.groupBy(resourceId).mean()'


@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.integers(1, 400))
def test_windows_hold_every_day_once_and_none_is_too_long(first, number):
    last = first + timedelta(days=number - 1)

    spans = list(windows(first, last))

    assert spans[0][0] == first
    assert spans[-1][1] == last
    assert all((end - begin).days < LONGEST_WINDOW_DAYS for begin, end in spans)
    assert all(begin == end + timedelta(days=1) for (_, end), (begin, _) in pairwise(spans))


def test_amazon_reads_every_page(amazon: World, monkeypatch: pytest.MonkeyPatch):
    from sandbox import aws_metrics

    machine = amazon.machine(1, "eu-central-1")
    days = [FIRST + timedelta(days=n) for n in range(10)]
    amazon.put(machine, "cpu", {at(day, 12): 5.0 for day in days})
    monkeypatch.setattr(aws_metrics, "MOST_VALUES", 7)

    assert [use.day for use in amazon.use.daily([machine], "cpu", FIRST, LAST)] == days


def test_a_metric_that_amazon_failed_to_read_is_no_metric_without_values(amazon: World, monkeypatch: pytest.MonkeyPatch):
    from moto.cloudwatch.responses import CloudWatchResponse
    from moto.core.responses import ActionResult

    failed = {"Id": "mean_0", "Label": "CPUUtilization", "Timestamps": [], "Values": [], "StatusCode": "InternalError"}
    monkeypatch.setattr(CloudWatchResponse, "get_metric_data", lambda _: ActionResult({"MetricDataResults": [failed]}))

    with pytest.raises(Unavailable, match="eu-central-1"):
        list(amazon.use.daily([amazon.machine(1, "eu-central-1")], "cpu", FIRST, LAST))


def test_a_cloud_that_is_not_asked_says_what_to_set():
    none: Any = NotMeasured(of_provider="AWS", advice="Set it.")

    assert none.missing() == "Set it."
    assert list(none.daily([Measured("i-0abc", "r")], "cpu", FIRST, LAST)) == []
