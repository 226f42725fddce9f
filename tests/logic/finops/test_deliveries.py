"""Which deliveries are in force follows from what was delivered, never from the order in which it was found."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops.logic.deliveries import Delivery, Manifest, delivery_id, parse_manifest, scope_of, verdicts

START = datetime(2026, 2, 1, tzinfo=UTC)
CUR = "cur/report/20260101-20260201"
EXPORT = "exports/focus/data/BILLING_PERIOD=2026-01"


def delivery(key: str, at: int, content: str | None = None, rows: int = 1, etag: str = "e", *, whole: bool = True) -> Delivery:
    """A delivery written `at` minutes after the start; its content is its own unless named."""
    scope, version = scope_of(key, replaces_period=whole)
    return Delivery(
        key, etag, delivery_id(key, etag, "1"), START + timedelta(minutes=at), scope, version, content or f"{key}{etag}", rows
    )


def manifest(key: str, at: int, *files: str) -> Manifest:
    return Manifest(key, START + timedelta(minutes=at), files)


def states(deliveries: list[Delivery], manifests: tuple[Manifest, ...] = ()) -> dict[str, str]:
    found = verdicts(deliveries, manifests)
    return {d.key if d.etag == "e" else f"{d.key}@{d.etag}": found[d.delivery_id].state for d in deliveries}


KEYS = st.sampled_from(
    [
        *(f"{CUR}/{version}/part-{part}.csv.gz" for version in ("v1", "v2", "v3") for part in (1, 2)),
        *(f"{EXPORT}/{version}part-{part}.csv.gz" for version in ("", "run-1/", "run-2/") for part in (1, 2)),
        *("oci/a.csv", "oci/b.csv", "backup.zip!/oci/a.csv"),
    ]
)
DELIVERIES = st.lists(
    st.builds(
        delivery,
        KEYS,
        st.integers(0, 6),
        st.sampled_from([None, None, "same", "other"]),
        st.sampled_from([0, 1, 5]),
        st.sampled_from(["e", "f"]),
    ),
    max_size=9,
    unique_by=lambda d: d.delivery_id,
)
MANIFESTS = st.lists(
    st.builds(
        lambda at, key, files: manifest(key, at, *files),
        st.integers(0, 3),
        st.sampled_from("mn"),
        st.lists(KEYS, min_size=1, max_size=3),
    ),
    max_size=4,
)


@settings(deadline=None)
@given(DELIVERIES, MANIFESTS, st.randoms(use_true_random=False))
def test_any_order_gives_the_same_verdicts(deliveries, manifests, random):
    shuffled = random.sample(deliveries, len(deliveries))

    assert verdicts(deliveries, manifests) == verdicts(shuffled, random.sample(manifests, len(manifests)))


@settings(deadline=None)
@given(DELIVERIES, MANIFESTS)
def test_every_delivery_has_a_verdict_and_one_that_does_not_count_says_why(deliveries, manifests):
    found = verdicts(deliveries, manifests)

    assert set(found) == {d.delivery_id for d in deliveries}
    assert all(v.reason for v in found.values() if v.state != "in force")


@settings(deadline=None)
@given(DELIVERIES, MANIFESTS)
def test_of_one_scope_one_version_counts_and_of_one_content_one_copy(deliveries, manifests):
    found = verdicts(deliveries, manifests)
    counting = [d for d in deliveries if found[d.delivery_id].counts]

    versions = {(d.scope, d.version) for d in counting}
    assert len(versions) == len({scope for scope, _ in versions})
    assert len({d.key for d in counting}) == len(counting)
    for content in {d.content_id for d in counting if d.rows}:
        assert len({(d.scope, d.version) for d in counting if d.rows and d.content_id == content}) == 1


@settings(deadline=None)
@given(DELIVERIES)
def test_money_never_vanishes_every_content_that_no_period_or_rewrite_replaced_counts(deliveries):
    found = verdicts(deliveries, [])
    for scope in {d.scope for d in deliveries}:
        members = [d for d in deliveries if d.scope == scope]
        assert any(found[d.delivery_id].state in ("in force", "duplicate") for d in members)


def test_a_legacy_report_delivered_into_a_new_assembly_folder_replaces_the_old_one():
    old = [delivery(f"{CUR}/v1/part-{n}.csv.gz", 1) for n in (1, 2, 3)]
    new = [delivery(f"{CUR}/v2/part-1.csv.gz", 5)]
    other = [delivery("cur/report/20260201-20260301/v0/part-1.csv.gz", 1)]

    assert states(old + new + other) == {
        **{d.key: "superseded" for d in old},
        new[0].key: "in force",
        other[0].key: "in force",
    }


def test_a_data_export_delivered_into_a_new_execution_folder_replaces_the_old_one():
    old, new = delivery(f"{EXPORT}/2026-02-01T00:00:00Z-a/p.csv.gz", 1), delivery(f"{EXPORT}/2026-02-02T00:00:00Z-b/p.csv.gz", 2)

    assert states([new, old]) == {old.key: "superseded", new.key: "in force"}


def test_an_export_overwritten_in_place_with_fewer_parts_loses_those_that_the_manifest_no_longer_names():
    old = [delivery(f"{EXPORT}/part-{n}.csv.gz", 1, etag="old") for n in (1, 2, 3)]
    new = [delivery(f"{EXPORT}/part-{n}.csv.gz", 9) for n in (1, 2)]
    before = manifest("m", 1, *(d.key for d in old))
    after = manifest("m", 9, *(f"s3-prefix/{d.key}" for d in new))

    assert states(old, (before,)) == {f"{d.key}@old": "in force" for d in old}
    assert states(old + new, (before, after)) == {
        **{f"{d.key}@old": "superseded" for d in old},
        **{d.key: "in force" for d in new},
    }


def test_an_incomplete_newest_version_keeps_the_older_one_in_force():
    old, half = delivery(f"{CUR}/v1/part-1.csv.gz", 1), delivery(f"{CUR}/v2/part-1.csv.gz", 2)
    rest = delivery(f"{CUR}/v2/part-2.csv.gz", 3)
    named = manifest(f"{CUR}/v2/m.json", 2, half.key, rest.key)

    assert states([old, half], (named,)) == {old.key: "in force", half.key: "superseded"}
    assert "waits for" in (verdicts([old, half], [named])[half.delivery_id].reason or "")
    assert states([old, half, rest], (named,)) == {old.key: "superseded", half.key: "in force", rest.key: "in force"}


def test_an_incomplete_version_that_is_all_there_is_counts_with_a_warning():
    half = delivery(f"{CUR}/v2/part-1.csv.gz", 2)
    verdict = verdicts([half], [manifest("m", 2, half.key, f"{CUR}/v2/part-2.csv.gz")])[half.delivery_id]

    assert (verdict.state, verdict.counts) == ("incomplete", True)
    assert "part-2" in (verdict.reason or "")


def test_oci_reports_append_and_never_replace_each_other():
    reports = [delivery(f"reports/cost-csv/000{n}.csv.gz", n, whole=False) for n in range(5)]

    assert set(states(reports).values()) == {"in force"}


def test_a_report_within_an_export_folder_stands_for_itself_unless_the_format_replaces_periods():
    assert scope_of(f"{CUR}/v1/a.csv", replaces_period=False) == (f"{CUR}/v1/a.csv", "")
    assert scope_of(f"{CUR}/v1/a.csv", replaces_period=True) == (CUR, "v1")
    assert scope_of(f"{CUR}/a.csv", replaces_period=True) == (CUR, "")
    assert scope_of(f"x.zip!/{CUR}/v1/a.csv", replaces_period=True) == (f"x.zip!/{CUR}", "v1")


def test_the_same_content_under_another_name_counts_once_the_first_one():
    first, copy = delivery("oci/b.csv", 1, "same"), delivery("oci/a.csv.gz", 2, "same")

    assert states([copy, first]) == {first.key: "in force", copy.key: "duplicate"}


def test_files_without_rows_are_no_duplicates_of_each_other():
    assert set(states([delivery("oci/a.csv", 1, "same", 0), delivery("oci/b.csv", 2, "same", 0)]).values()) == {"in force"}


def test_equal_parts_of_one_delivery_both_count():
    assert set(states([delivery(f"{CUR}/v1/part-{n}.csv", 1, "same") for n in (1, 2)]).values()) == {"in force"}


def test_a_file_rewritten_under_its_name_replaces_what_it_was():
    old, new = delivery("oci/a.csv", 1, etag="old"), delivery("oci/a.csv", 2)

    assert states([new, old]) == {"oci/a.csv@old": "superseded", "oci/a.csv": "in force"}


@pytest.mark.parametrize(
    ("content", "files"),
    [
        ({"reportKeys": ["a/b.csv.gz"]}, ("a/b.csv.gz",)),
        ({"dataFiles": ["s3://bucket/a/b.parquet", "s3://bucket/c"]}, ("a/b.parquet", "c")),
        ({"blobs": [{"blobName": "a/b.csv"}, {"other": 1}, "x"]}, ("a/b.csv",)),
        ({"reportKeys": []}, None),
        ({"reportKeys": "a.csv"}, None),
        ({"reportKeys": 5}, None),
        ({"reportKeys": {"a": 1}}, None),
        ({"dataFiles": [1, None]}, None),
        ({"blobs": []}, None),
        ({}, None),
        (["reportKeys"], None),
        ("text", None),
    ],
)
def test_the_files_that_a_manifest_names_are_read_and_anything_else_is_no_manifest(content, files):
    assert parse_manifest(json.dumps(content)) == files


def test_a_byte_order_mark_or_hostile_json_does_no_harm():
    assert parse_manifest('\ufeff{"reportKeys": ["a"]}') == ("a",)
    assert parse_manifest("[" * 200_000) is None
    assert parse_manifest("{") is None
    assert parse_manifest('{"a":' * 200_000) is None


@settings(deadline=None)
@given(st.text(max_size=20), st.text(max_size=5), st.text(max_size=3))
def test_an_identity_is_hexadecimal_and_differs_by_key_content_and_reader(key, etag, reader):
    one = delivery_id(key, etag, reader)

    assert int(one, 16) >= 0
    assert len({one, delivery_id(key + "x", etag, reader), delivery_id(key, etag, reader + "x")}) == 3
