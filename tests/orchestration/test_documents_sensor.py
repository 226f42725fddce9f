"""The sensor of documents asks for one run per batch of new files, and says what to set where no place is named."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from orchestration.sensors.documents import documents_arrivals
from resources.errors import NotFound
from resources.object_store import LocalObjectStore, NotConfigured, ObjectStore


def tick(store: ObjectStore, cursor: str | None = None) -> dg.SensorResult:
    context = dg.build_sensor_context(cursor=cursor, resources={"documents_store": store})
    result = documents_arrivals(context)
    assert isinstance(result, dg.SensorResult)
    return result


def keys(result: dg.SensorResult) -> list[str]:
    (request,) = result.run_requests or []
    return request.run_config["ops"]["documents__source_documents"]["config"]["object_keys"]


def test_new_documents_are_one_run_and_are_not_asked_for_twice(tmp_path: Path):
    store = LocalObjectStore(root=str(tmp_path))
    store.put("a.md", b"one")
    store.put("b/c.pdf", b"two")

    first = tick(store)
    again = tick(store, first.cursor)

    assert sorted(keys(first)) == ["a.md", "b/c.pdf"]
    assert not again.run_requests
    assert "no new" in str(again.skip_reason)


def test_a_rewritten_document_is_asked_for_again(tmp_path: Path):
    store = LocalObjectStore(root=str(tmp_path))
    store.put("a.md", b"one")
    cursor = tick(store).cursor
    store.put("a.md", b"two")

    assert keys(tick(store, cursor)) == ["a.md"]


def test_without_a_place_of_documents_it_says_what_to_set():
    result = tick(NotConfigured(advice="Set CLOUDOPS_DOCUMENTS."))

    assert not result.run_requests
    assert "CLOUDOPS_DOCUMENTS" in str(result.skip_reason)


def test_a_place_that_cannot_be_listed_is_not_an_empty_one(tmp_path: Path):
    with pytest.raises(NotFound):
        tick(LocalObjectStore(root=str(tmp_path / "nowhere")))
