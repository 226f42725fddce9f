"""FinOps sensors: every new file is inspected, every day that changed is brought up to date, and nothing twice."""

from collections.abc import Iterator
from datetime import date, timedelta

import dagster as dg
import pytest

from assets.finops import tables
from assets.finops.partitions import range_tags
from orchestration.sensors.finops import billing_arrivals, billing_days
from resources.clock import Clock
from resources.errors import NotFound
from resources.object_store import LocalObjectStore
from tests.billing_files import deliver
from tests.small_bills import FIRST, NOW, SECOND, Deployment, deliver_two_days, deployed, focus_bill


def arrivals(store: LocalObjectStore, cursor: str | None = None) -> dg.SensorResult:
    return billing_arrivals(dg.build_sensor_context(cursor=cursor), billing_store=store)


def asked_keys(tick: dg.SensorResult) -> list[str]:
    """Object keys of the one run that a tick requests."""
    (request,) = tick.run_requests
    return request.run_config["ops"]["finops__billing_files"]["config"]["object_keys"]


def days(deployment: Deployment, cursor: str | None = None) -> dg.SensorResult:
    context = dg.build_sensor_context(instance=deployment.instance, cursor=cursor)
    return billing_days(context, clock=Clock(fixed_at=NOW))


def asked_days(tick: dg.SensorResult) -> list[tuple[str, str]]:
    return [tuple(request.tags[name] for name in range_tags(FIRST, FIRST)) for request in tick.run_requests or []]


@pytest.fixture
def deployment(tmp_path) -> Iterator[Deployment]:
    with deployed(tmp_path) as deployment:
        yield deployment


def test_many_new_files_are_one_run_and_the_next_tick_asks_for_nothing(tmp_path):
    store = LocalObjectStore(root=str(tmp_path))
    for number in range(40):
        deliver(tmp_path, f"2026/{number:02}.csv", b"bill")

    first = arrivals(store)
    second = arrivals(store, first.cursor)

    assert sorted(asked_keys(first)) == [f"2026/{number:02}.csv" for number in range(40)]
    assert not second.run_requests
    assert "no new" in str(second.skip_reason)
    assert second.cursor == first.cursor


def test_a_rewritten_file_is_requested_again_and_under_another_run_key(tmp_path):
    store = LocalObjectStore(root=str(tmp_path))
    deliver(tmp_path, "a.csv", b"first")
    deliver(tmp_path, "b.csv", b"other")
    first = arrivals(store)
    deliver(tmp_path, "a.csv", b"again")

    second = arrivals(store, first.cursor)

    assert asked_keys(second) == ["a.csv"]
    assert first.run_requests[0].run_key != second.run_requests[0].run_key


def test_a_store_that_cannot_be_listed_is_not_an_empty_one(tmp_path):
    with pytest.raises(NotFound):
        arrivals(LocalObjectStore(root=str(tmp_path / "missing")))


def test_the_requested_run_inspects_exactly_the_new_files(deployment):
    deliver_two_days(deployment.bills)
    first = arrivals(LocalObjectStore(root=str(deployment.bills)))
    deliver(deployment.bills, "later.csv", focus_bill((FIRST, "USD", "7")))

    result = deployment.run("finops_intake", config=first.run_requests[0].run_config)

    assert result.success
    assert {row["x_source_file"] for row in deployment.rows(tables.BILLING_FILES)} == {"aws.csv", "oci.csv"}


def test_days_are_requested_once(deployment):
    deliver_two_days(deployment.bills)
    deployment.intake()

    first = days(deployment)
    second = days(deployment, first.cursor)

    assert asked_days(first) == [(str(FIRST), str(SECOND))]
    assert not second.run_requests
    assert "no inspection" in str(second.skip_reason)


def test_without_any_inspection_there_is_nothing_to_do(deployment):
    assert not days(deployment).run_requests


def test_every_inspection_between_two_ticks_is_seen(deployment):
    far = FIRST - timedelta(days=60)
    deliver(deployment.bills, "new.csv", focus_bill((FIRST, "USD", "1")))
    deployment.intake()
    deliver(deployment.bills, "old.csv", focus_bill((far, "USD", "1")))
    deployment.intake()
    deployment.intake()

    assert asked_days(days(deployment)) == [(str(far), str(far)), (str(FIRST), str(FIRST))]


def test_an_inspection_that_was_killed_before_it_could_report_leaves_its_days_to_the_next(deployment):
    deliver_two_days(deployment.bills)
    with deployed(deployment.folder) as other:
        other.intake()  # its ledger is written, but the instance never heard of it

    deployment.intake()

    assert asked_days(days(deployment)) == [(str(FIRST), str(SECOND))]


def test_days_that_were_materialized_since_are_not_requested(deployment):
    deliver_two_days(deployment.bills)
    deployment.intake()
    deployment.days(FIRST, FIRST)

    assert asked_days(days(deployment)) == [(str(SECOND), str(SECOND))]
    deployment.days(SECOND, SECOND)
    assert "up to date" in str(days(deployment).skip_reason)


def test_days_in_the_future_have_no_partition_and_are_left_out(deployment):
    deliver(deployment.bills, "a.csv", focus_bill((date(2026, 1, 20), "USD", "1"), (date(2026, 1, 21), "USD", "1")))
    deployment.intake()

    assert asked_days(days(deployment)) == [("2026-01-20", "2026-01-20")]


def test_a_request_makes_one_run_over_its_whole_range(deployment):
    deliver_two_days(deployment.bills)
    deployment.intake()
    (request,) = days(deployment).run_requests

    result = deployment.run("finops_days", tags=request.tags)

    of_lines = [e for e in result.get_asset_materialization_events() if e.asset_key.path[-1] == "cost_and_usage"]
    assert result.success
    assert {e.partition for e in of_lines} == {str(FIRST), str(SECOND)}
    assert len(deployment.rows(tables.COST_AND_USAGE)) == 5
