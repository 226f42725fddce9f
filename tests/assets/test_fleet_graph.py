"""The fleet's assets on a served cloud: what there is, how it does, how it stands, and that nothing unknown looks well."""

from collections.abc import Iterator
from datetime import timedelta

import polars as pl
import pytest

from assets.fleet import tables
from assets.fleet.databases import databases
from assets.fleet.detection_quality import detection_quality
from assets.fleet.measurements import measurements
from assets.fleet.metric_anomalies import metric_anomalies
from assets.fleet.status import THRESHOLDS_FILE, status
from sandbox.oci.clock import text
from sandbox.oci.services.database import contents, faults, lifecycle
from sandbox.oci.services.database.others import add_db_system
from sandbox.oci_estate import COMPARTMENTS
from tests.fleets import ASHBURN, FRANKFURT, Fleet, checks, fleet
from tests.sandboxes import NOW

SOON = {"workers": 8, "seconds": 0.6}
OLD = {"timeCreated": text(NOW - timedelta(days=40))}


@pytest.fixture
def acme(tmp_path) -> Iterator[Fleet]:
    with fleet(tmp_path) as made:
        yield made


def current(acme: Fleet) -> dict[str, dict]:
    rows = acme.rows(tables.DATABASES).filter(pl.col("valid_to").is_null()).to_dicts()
    return {row["display_name"]: row for row in rows}


def measured(acme: Fleet, database_id: str) -> dict[str, dict]:
    rows = acme.rows(tables.MEASUREMENTS).filter(pl.col("database_id") == database_id)
    last = rows.filter(pl.col("collected_at") == rows["collected_at"].max())
    return {row["metric"]: row for row in last.to_dicts()}


def levels(acme: Fleet, database_id: str) -> dict[str, str]:
    rows = acme.rows(tables.STATUS).filter(pl.col("database_id") == database_id)
    return dict(rows.select("metric", "level").iter_rows())


def test_all_pages_of_all_places_are_listed_and_other_kinds_are_counted(acme):
    for name in ("A1", "A2", "A3"):
        acme.add(name)
    acme.add("B1", compartment="dev")
    acme.add("C1", region=ASHBURN)
    add_db_system(acme.sandbox.cloud.store, FRANKFURT, COMPARTMENTS["prod"], "legacy")
    result = acme.materialize(databases)
    assert set(current(acme)) == {"A1", "A2", "A3", "B1", "C1"}
    assert current(acme)["C1"]["region"] == ASHBURN
    assert current(acme)["B1"]["compartment"] == "acme/dev"
    assert checks(result) == {"every_place_was_listed": True}
    counted = acme.rows(tables.PLACES).group_by("kind").agg(pl.col("databases").sum(), pl.col("is_monitored").any())
    assert dict(counted.select("kind", "databases").iter_rows()) == {
        "Autonomous Database": 5, "base database": 1, "Exadata cloud": 0,
    }  # fmt: skip


def test_a_place_that_cannot_be_listed_is_named_and_its_databases_stay_and_are_unknown_since_then(acme):
    acme.add("A1")
    acme.add("B1", compartment="dev")
    acme.materialize(databases)
    acme.add("C1", region=ASHBURN)
    acme.sandbox.advance(60)
    order = [(region, one.id) for region in acme.service.regions() for one in acme.service.compartments()]
    before = order.index((FRANKFURT, COMPARTMENTS["dev"]))
    acme.sandbox.fault("denied", operation="list_autonomous_databases", times=1, after=before)
    result = acme.materialize(databases, databases={"workers": 1})
    assert checks(result) == {"every_place_was_listed": False}
    assert result.success
    assert set(current(acme)) == {"A1", "B1", "C1"}
    unknown = {name: row for name, row in current(acme).items() if row["unknown_since"]}
    failed = acme.rows(tables.PLACES).filter(~pl.col("is_listed")).to_dicts()
    assert len(failed) == 1
    assert (failed[0]["databases"], failed[0]["kind"]) == (None, "Autonomous Database")
    assert "404" in failed[0]["reason"]
    assert (failed[0]["region"], failed[0]["compartment"]) == (FRANKFURT, "acme/dev")
    assert set(unknown) == {"B1"}
    assert unknown["B1"]["unknown_since"] == NOW + timedelta(seconds=60)


def test_a_list_whose_second_page_fails_is_a_failure_and_not_the_first_page(acme):
    for name in ("A1", "A2", "A3"):
        acme.add(name)
    acme.materialize(databases)
    listed = len(acme.service.regions()) * len(acme.service.compartments())
    order = [(region, one.id) for region in acme.service.regions() for one in acme.service.compartments()]
    second = order.index((FRANKFURT, COMPARTMENTS["prod"])) + 1
    acme.sandbox.fault("status", operation="list_autonomous_databases", status=503, times=3, after=second)
    result = acme.materialize(databases, databases={"workers": 1})
    assert checks(result) == {"every_place_was_listed": False}
    places = acme.rows(tables.PLACES).filter(pl.col("kind") == "Autonomous Database")
    assert (len(places), places["databases"].null_count(), places["databases"].sum()) == (listed, 1, 0)
    assert {name for name, row in current(acme).items() if row["unknown_since"]} == {"A1", "A2", "A3"}


def test_compartments_that_cannot_be_listed_are_no_empty_fleet(acme):
    acme.add("A1")
    acme.materialize(databases)
    acme.sandbox.fault("denied", operation="list_compartments")
    assert not acme.materialize(databases).success
    assert set(current(acme)) == {"A1"}


def test_a_terminated_database_ends_and_a_resized_one_goes_on_with_its_history(acme):
    gone, kept = acme.add("GONE"), acme.add("KEPT")
    acme.materialize(databases)
    acme.sandbox.advance(3600)
    store = acme.sandbox.cloud.store
    store.find(lifecycle.DATABASES, gone).body["lifecycleState"] = "TERMINATED"
    store.find(lifecycle.DATABASES, kept).body["computeCount"] = 8.0
    acme.materialize(databases)
    assert set(current(acme)) == {"KEPT"}
    ended = acme.rows(tables.DATABASES).filter(pl.col("valid_to").is_not_null()).sort("display_name").to_dicts()
    assert [(row["display_name"], row["ended_by"]) for row in ended] == [
        ("GONE", "terminated"),
        ("KEPT", "changed: compute_count"),
    ]
    assert all(row["valid_to"] == NOW + timedelta(hours=1) for row in ended)


def test_everything_is_measured_and_intervals_from_the_second_collection_on(acme):
    one = acme.add("ONE", **OLD)
    acme.materialize(databases, measurements)
    first = measured(acme, one)
    assert len(first) == 19
    assert first["cpu_utilization"]["status"] == "measured"
    assert first["storage_utilization"]["value"] > 0
    assert first["memory_utilization"]["status"] == "measured"
    assert first["response_time_seconds"]["status"] == "unknown"
    assert "takes two collections" in first["response_time_seconds"]["reason"]
    history = acme.rows(tables.METRIC_HISTORY)
    assert len(history.filter(pl.col("metric") == "cpu_utilization")) == 48
    acme.sandbox.advance(7200)
    result = acme.materialize(databases, measurements)
    second = measured(acme, one)
    assert {row["status"] for row in second.values()} == {"measured"}
    assert second["response_time_seconds"]["value_from"] < second["response_time_seconds"]["value_to"]
    assert second["executions_per_second"]["value"] > 0
    assert checks(result)["most_is_known"]
    assert len(acme.rows(tables.METRIC_HISTORY).filter(pl.col("metric") == "cpu_utilization")) == 48 + 2
    waits, statements = acme.rows(tables.WAIT_EVENTS), acme.rows(tables.TOP_SQL)
    assert waits["share"].sum() == pytest.approx(1)
    assert statements.filter(pl.col("rank") == 1)["elapsed_seconds"].item() == statements["elapsed_seconds"].max()


def test_a_collection_that_is_repeated_stores_the_same_once(acme):
    acme.add("ONE", **OLD)
    for _ in range(2):
        acme.materialize(databases, measurements, metric_anomalies)
    assert not acme.rows(tables.MEASUREMENTS).select("database_id", "metric", "collected_at").is_duplicated().any()
    assert not acme.rows(tables.METRIC_HISTORY).select("database_id", "metric", "time").is_duplicated().any()


def test_what_hangs_is_unknown_with_the_reason_and_delays_and_hides_nobody(acme):
    well, hung, stopped = acme.add("WELL", **OLD), acme.add("HUNG", **OLD), acme.add("STOPPED", **OLD)
    store = acme.sandbox.cloud.store
    store.find(lifecycle.DATABASES, stopped).body["lifecycleState"] = "STOPPED"
    faults.ask(store, hung, {"kind": "hung"})
    result = acme.materialize(databases, measurements, status, measurements=SOON)
    of_hung = measured(acme, hung)
    assert of_hung["cpu_utilization"]["status"] == "measured"
    assert {of_hung[m]["status"] for m in ("memory_utilization", "blocked_sessions", "response_time_seconds")} == {"unknown"}
    assert of_hung["memory_utilization"]["reason"].startswith("no answer within 0.6 s")
    assert measured(acme, stopped)["memory_utilization"]["status"] == "unavailable"
    assert "STOPPED" in measured(acme, stopped)["memory_utilization"]["reason"]
    assert levels(acme, well)["overall"] in ("ok", "warning", "critical")
    assert levels(acme, hung)["memory_utilization"] == "unknown"
    assert levels(acme, hung)["overall"] != "ok"
    assert levels(acme, stopped)["overall"] == "unknown"
    assert not checks(result)["every_database_is_known"]
    assert not checks(result)["most_is_known"]


def test_a_view_without_access_makes_its_metrics_unavailable_and_no_others(acme):
    one = acme.add("ONE", **OLD)
    contents.disturb(acme.sandbox.cloud.store, one, denied="gv$lock, gv$pgastat")
    result = acme.materialize(databases, measurements, status)
    found = measured(acme, one)
    hidden = {"awaited_locks", "lock_contention", "memory_utilization"}
    assert {metric for metric, row in found.items() if row["status"] == "unavailable"} == hidden
    assert levels(acme, one)["memory_utilization"] == levels(acme, one)["overall"] == "unknown"
    assert not checks(result)["every_database_is_known"]
    assert "no access to gv$lock" in found["awaited_locks"]["reason"]
    assert "ORA-00942" in found["awaited_locks"]["reason"]
    assert found["awaited_locks"]["value"] is None
    assert found["blocked_sessions"]["status"] == "measured"


def test_metrics_that_are_missing_are_unknown_and_never_zero(acme):
    one = acme.add("ONE", **OLD)
    faults.ask(acme.sandbox.cloud.store, one, {"kind": "metrics_missing"})
    acme.sandbox.advance(8 * 3600)
    result = acme.materialize(databases, measurements, status)
    cpu = measured(acme, one)["cpu_utilization"]
    assert (cpu["status"], cpu["value"]) == ("unknown", None)
    assert checks(result) == {"every_place_was_listed": True, "most_is_known": False, "every_database_is_known": False}
    assert cpu["reason"] == "CpuUtilization has had no value since 2026-11-16 11:00 UTC"
    assert levels(acme, one)["cpu_utilization"] == "unknown"


def test_monitoring_that_refuses_is_unknown_and_databases_are_asked_all_the_same(acme):
    one = acme.add("ONE", **OLD)
    acme.sandbox.fault("denied", operation="summarize_metrics_data")
    acme.materialize(databases, measurements)
    assert measured(acme, one)["cpu_utilization"]["status"] == "unknown"
    assert "404" in measured(acme, one)["cpu_utilization"]["reason"]
    assert measured(acme, one)["memory_utilization"]["status"] == "measured"


def test_a_collection_that_is_days_old_does_not_say_how_databases_stand(acme):
    one = acme.add("ONE", **OLD)
    acme.materialize(databases, measurements, status)
    assert levels(acme, one)["overall"] != "unknown"
    acme.sandbox.advance(3 * 24 * 3600)
    assert not checks(acme.materialize(status))["every_database_is_known"]
    assert set(levels(acme, one).values()) == {"unknown"}


def test_a_deployments_thresholds_count_and_a_wrong_file_fails_with_the_place(acme):
    one = acme.add("ONE", **OLD)
    (acme.folder / "inputs").mkdir()
    acme.inputs.put(THRESHOLDS_FILE, b"databases: {ONE: {metrics: {storage_utilization: {warning: 0, critical: 0.001}}}}")
    acme.materialize(databases, measurements, status)
    assert levels(acme, one)["storage_utilization"] == levels(acme, one)["overall"] == "critical"
    acme.inputs.put(THRESHOLDS_FILE, b"metrics: {cpu_utilization: {warning: high}}")
    result = acme.materialize(status)
    assert not result.success
    told = result.failure_data_for_node("fleet__status").error.message
    assert "metrics.cpu_utilization.warning" in told
    assert THRESHOLDS_FILE in told


def test_anomalies_and_how_well_they_are_found_are_there_from_the_first_day(acme):
    ids = {acme.add(f"D{n}", **OLD) for n in range(4)}
    result = acme.materialize(databases, measurements, metric_anomalies, detection_quality, measurements={"days_back": 30})
    assert result.success
    judged = acme.rows(tables.METRIC_JUDGEMENTS)
    assert set(judged["database_id"]) == ids
    cpu = judged.filter((pl.col("metric") == "cpu_utilization") & (pl.col("verdict") != "unknown"))
    assert len(cpu) > 4 * 24 * 20
    assert cpu["expected"].null_count() == 0
    anomalies, incidents = acme.rows(tables.METRIC_ANOMALIES), acme.rows(tables.INCIDENTS)
    assert set(anomalies["incident_id"]) == set(incidents["incident_id"])
    assert incidents["anomalies"].sum() == len(anomalies)
    quality = acme.rows(tables.DETECTION_QUALITY).filter(pl.col("kind") == "all").to_dicts()
    assert quality[0]["events"] > 0
