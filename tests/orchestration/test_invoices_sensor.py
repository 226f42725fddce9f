"""The sensor of invoices asks for one run per batch of new files, and says what to set where no place is named."""

import dagster as dg

from orchestration.schedules.invoices import invoices_refresh_schedule
from orchestration.sensors.invoices import invoices_arrivals
from resources.object_store import LocalObjectStore, NotConfigured


def tick(store, cursor=None):
    result = invoices_arrivals(dg.build_sensor_context(cursor=cursor, resources={"invoices_store": store}))
    assert isinstance(result, dg.SensorResult)
    return result


def keys(result):
    (request,) = result.run_requests or []
    return request.run_config["ops"]["invoices__source_invoices"]["config"]["object_keys"]


def test_new_files_are_one_run_and_are_not_asked_for_twice(tmp_path):
    store = LocalObjectStore(root=str(tmp_path))
    store.put("a.pdf", b"one")
    store.put("b/c.png", b"two")
    first = tick(store)
    again = tick(store, first.cursor)

    assert sorted(keys(first)) == ["a.pdf", "b/c.png"]
    assert not again.run_requests
    store.put("a.pdf", b"another")
    assert keys(tick(store, again.cursor)) == ["a.pdf"]


def test_without_a_place_of_invoices_it_says_what_to_set():
    nowhere = NotConfigured(advice="Set CLOUDOPS_INVOICES.")
    assert "CLOUDOPS_INVOICES" in str(tick(nowhere).skip_reason)
    asked = invoices_refresh_schedule(dg.build_schedule_context(resources={"invoices_store": nowhere}))
    assert isinstance(asked, dg.SkipReason)
