"""Metrics of many databases in one question, of every interval that has values, within what an answer may hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from resources.database_metrics import BY_NAME, METRICS
from resources.errors import BadInput
from resources.oci.clients import OciClients
from resources.oci.database_metrics import MOST_VALUES, OciDatabaseMetrics, spans
from sandbox.database_load import METRICS as MEASURED
from sandbox.oci.services import database
from sandbox.oci.services.database import contents
from sandbox.oci_estate import COMPARTMENTS
from tests.sandboxes import NOW, Sandbox, running

HOME, PROD = "eu-frankfurt-1", COMPARTMENTS["prod"]
CPU, STORAGE = BY_NAME["cpu_utilization"], BY_NAME["storage_used_gb"]
HOUR = timedelta(hours=1)


class World:
    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.ids = [self.add(f"db{n}") for n in range(5)]
        self.metrics = OciDatabaseMetrics(
            clients=OciClients(config_file=sandbox.config_file, endpoint=sandbox.url), databases_per_call=2
        )

    def add(self, name: str, **fields: object) -> str:
        created = (NOW - timedelta(days=40)).isoformat()
        made = database.add_database(self.sandbox.cloud.store, HOME, PROD, name, timeCreated=created, **fields)
        return str(made.body["id"])

    def read(self, metric=CPU, back=3 * HOUR, interval=HOUR, ids=None, end=NOW):
        found = self.metrics.read(HOME, PROD, ids or self.ids, metric, end - back, end, interval)
        return {one.database_id: one for one in found}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("cloud")) as sandbox:
        yield World(sandbox)


def test_the_service_has_every_metric_by_its_name():
    assert {metric.oci_name for metric in METRICS} == set(MEASURED)
    assert all(metric.every >= timedelta(minutes=MEASURED[metric.oci_name][0]) for metric in METRICS)


def test_each_database_has_a_value_for_every_interval_by_its_start(world):
    found = world.read()

    assert set(found) == set(world.ids)
    for reading in found.values():
        assert reading.metric == CPU.name
        assert reading.times == tuple(NOW - n * HOUR for n in (3, 2, 1))
        assert all(0 < value <= 100 for value in reading.values)


def test_the_same_is_told_whenever_it_is_asked(world):
    assert world.read(back=6 * HOUR)[world.ids[0]].values[-3:] == world.read()[world.ids[0]].values


def test_what_is_measured_hourly_is_there_and_grows(world):
    values = world.read(STORAGE, back=timedelta(days=30), interval=timedelta(days=1))[world.ids[0]].values

    assert len(values) in (29, 30)
    assert values[-1] > values[0]


def test_a_database_whose_metrics_are_missing_has_no_reading_and_the_others_have_theirs(world):
    silent = world.add("silent")
    contents.disturb(world.sandbox.cloud.store, silent, metrics="missing")
    world.sandbox.advance(7200)

    assert set(world.read(ids=[silent, world.ids[0]], end=NOW + 2 * HOUR, back=HOUR)) == {world.ids[0]}


def test_standbys_and_unknown_databases_have_none(world):
    standby = world.add("standby", lifecycleState="STANDBY", role="STANDBY")

    assert world.read(ids=[standby, "ocid1.autonomousdatabase.oc1..none"]) == {}


@pytest.mark.parametrize(
    ("metric", "back", "interval"),
    [(STORAGE, 3 * HOUR, timedelta(minutes=5)), (CPU, timedelta(minutes=30), HOUR), (CPU, 9 * HOUR, timedelta(minutes=90))],
    ids=["shorter than it is measured", "no whole interval", "no interval of Monitoring"],
)
def test_questions_that_mean_nothing_are_refused(world, metric, back, interval):
    with pytest.raises(BadInput):
        world.read(metric, back, interval)


@pytest.mark.parametrize("databases", [1, 3, 100])
def test_spans_cover_every_interval_once_and_none_is_larger_than_an_answer(databases):
    start, minute = datetime(2026, 11, 1, 0, 0, 30, tzinfo=UTC), timedelta(minutes=1)
    end = start + timedelta(days=7)
    covered = []
    for first, until in spans(start, end, minute, databases):
        times = [first + n * minute for n in range(int((until - first) / minute) + 1)]
        assert len(times) * databases <= MOST_VALUES
        covered += times
    assert covered == [start.replace(second=0) + n * minute for n in range(2, 7 * 1440 + 1)]
