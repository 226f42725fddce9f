"""The demo's fleet: what it has, what is planted in it, and that the truth says so."""

from __future__ import annotations

import csv
from datetime import date, datetime
from itertools import groupby

import numpy as np
import pytest

from assets.recovery.logic.drills.calendar import scheduled
from assets.recovery.logic.objectives import read_objectives
from sandbox.database_load import METRICS, measured
from sandbox.databases import DRILLS, OBJECTIVES, databases
from sandbox.oci.process import cloud
from sandbox.oci.services.database import DATABASES, contents
from sandbox.oci_estate import resources
from sandbox.usage import Window

WINDOW = Window(date(2026, 7, 4), date(2026, 10, 31))
FLEET = {one.name: one for one in databases(WINDOW)}
_DAY = 1440


def values(name, metric, begin, minutes):
    one = FLEET[name]
    assert one.load is not None
    allocated = float(one.fields.get("dataStorageSizeInGBs", 1024))
    return np.array(measured(metric, one.id, one.load, allocated, begin, begin + minutes - 1)[1])


def at(text):
    return int(datetime.fromisoformat(text).timestamp() // 60)


@pytest.fixture(scope="module")
def planted(scenario):
    with (scenario.folder / "truth/database_anomalies.csv").open() as file:
        return list(csv.DictReader(file))


def test_what_is_billed_is_in_the_fleet_under_its_id():
    billed = {one.id for one in resources() if one.kind == "autonomousdatabase" and one.season != "absent"}

    assert billed < {one.id for one in FLEET.values()}
    assert len({one.id for one in FLEET.values()}) == len(FLEET) == 14


def test_the_same_minute_has_the_same_value_whenever_it_is_asked():
    begin = at("2026-10-14T00:00:00Z")
    for metric in METRICS:
        whole = values("prod-pay-fra-1", metric, begin, 2 * _DAY)
        assert np.array_equal(values("prod-pay-fra-1", metric, begin + _DAY, _DAY), whole[len(whole) // 2 :])


def test_working_hours_are_busier_than_nights_and_weekends():
    monday, saturday = at("2026-10-12T00:00:00Z"), at("2026-10-10T00:00:00Z")
    at_work = values("prod-erp-fra-2", "CpuUtilization", monday + 10 * 60, 240).mean()

    assert values("prod-erp-fra-2", "CpuUtilization", monday + 60, 240).mean() < 0.7 * at_work
    assert values("prod-erp-fra-2", "CpuUtilization", saturday + 10 * 60, 240).mean() < 0.7 * at_work


def test_planted_anomalies_are_where_the_truth_says(planted):
    by_kind = {kind: list(rows) for kind, rows in groupby(planted, key=lambda row: row["kind"])}
    assert set(by_kind) == {"spike", "slowdown", "session leak", "missing", "joint", "storage ramp"}
    for row in planted:
        assert FLEET[row["database"]].id == row["resource_id"]
        name, begin, end = row["database"], at(row["start"]), at(row["end"])
        week = 7 * _DAY
        if row["kind"] in ("spike", "slowdown"):
            assert (
                values(name, "CpuUtilization", begin, end - begin).mean()
                > values(name, "CpuUtilization", begin - week, 60).mean() + 25
            )
        if row["kind"] == "missing":
            assert not values(name, "Sessions", begin, end - begin).size
            assert values(name, "CpuUtilization", begin, 60).size
        if row["kind"] == "session leak":
            assert values(name, "Sessions", end - 60, 60).mean() > 3 * values(name, "Sessions", begin - week, 3 * _DAY).max() / 2


def test_a_whole_region_slows_down_at_once(planted):
    rows = [row for row in planted if row["kind"] == "slowdown"]

    assert {row["region"] for row in rows} == {"us-ashburn-1"}
    assert len(rows) == 4
    assert len({(row["start"], row["end"]) for row in rows}) == 1


def test_a_joint_anomaly_is_in_no_metric_by_itself(planted):
    (row,) = [row for row in planted if row["kind"] == "joint"]
    name, begin, length, week = row["database"], at(row["start"]), at(row["end"]) - at(row["start"]), 7 * _DAY
    for metric in ("CpuUtilization", "ExecuteCount"):
        usual, now = values(name, metric, begin - week, week), values(name, metric, begin, length)
        assert usual.min() <= now.mean() <= usual.max()
    ratio = values(name, "CpuUtilization", begin, length) / values(name, "ExecuteCount", begin, length)
    before = values(name, "CpuUtilization", begin - week, week) / values(name, "ExecuteCount", begin - week, week)
    assert ratio.mean() < before.min()


def test_the_warehouse_fills_by_the_day_that_the_truth_names(planted):
    (row,) = [row for row in planted if row["kind"] == "storage ramp"]
    end = at(row["end"])

    assert values(row["database"], "StorageUtilization", end - 7 * _DAY, 60)[0] < 99
    assert values(row["database"], "StorageUtilization", end + _DAY, 60)[0] > 99


def test_every_tier_that_a_tag_names_is_in_the_file_of_objectives(scenario):
    known = read_objectives((scenario.folder / OBJECTIVES).read_bytes())

    assert {one.tags["recovery-tier"] for one in FLEET.values()} == set(known.tiers)


def test_the_schedule_of_drills_finds_databases_that_can_be_rehearsed_so(scenario):
    drills = scheduled((scenario.folder / DRILLS).read_bytes())

    assert {one["type"] for one in drills} == {"clone", "snapshot standby"}
    for drill in drills:
        database = FLEET[drill["database"]]
        assert drill.get("confirm") == (database.name if database.tags.get("protected") else None)
        assert drill["type"] == "clone" or database.standby_in


def test_the_demo_has_its_standbys_clones_and_backups(scenario, tmp_path):
    store = cloud(tmp_path, data=scenario.folder).store
    found = {r.body["displayName"]: r for r in store.all(DATABASES)}

    assert len(found) == len(FLEET) + 2
    assert found["prod-pay-fra-1_Remote"].region == "us-ashburn-1"
    assert contents.lag(store, FLEET["prod-pay-fra-1"].id + "#local") is not None
    assert found["prod-report-fra-1"].body["isRefreshableClone"]
    assert found["dev-test-iad-1"].body["lifecycleState"] == "STOPPED"
    assert contents.run(store, FLEET["prod-erp-fra-1"].id, "SELECT COUNT(*) FROM orders").rows == [(140,)]
