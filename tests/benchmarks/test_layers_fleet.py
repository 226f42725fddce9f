"""The benchmark of a fleet's layers: what it reckons that nothing keeps."""

from datetime import UTC, datetime, timedelta

from benchmarks.layers_fleet import to_be_deleted

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def layer(name, number, days):
    created = (NOW - timedelta(days=days)).isoformat()
    return {"arn": f"{name}:{number}", "account": "1", "layer": name, "number": number, "created": created}


def test_what_is_used_newest_young_or_pinned_is_not_to_be_deleted():
    pinned = [layer("layer-000", n, 500) for n in (1, 2, 3, 4)]  # keeps the newest, and the second whatever becomes of it
    young = [layer("layer-001", n, days) for n, days in ((1, 46), (2, 44), (3, 43), (4, 1))]  # keeps two, and 45 days
    truth = {"layers": [*pinned, *young], "uses": {"layer-000:3": ["1:f:$LATEST"], "layer-001:1": []}}
    assert to_be_deleted(truth, NOW) == {"layer-000:1", "layer-001:1"}
