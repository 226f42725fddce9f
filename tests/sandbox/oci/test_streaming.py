"""Streaming: the life of streams, what may be put into them, cursors, and consumer groups."""

import base64
from datetime import timedelta

import oci
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.oci.consumer_groups import Group
from sandbox.oci.faults import Fault
from sandbox.oci.services.streaming import add_stream
from tests.sandbox.oci.conftest import NOW, refused
from tests.sandboxes import HOME_REGION

MODELS = oci.streaming.models


@pytest.fixture
def admin(sandbox):
    return sandbox.client(oci.streaming.StreamAdminClient, "streaming")


@pytest.fixture
def client(sandbox):
    return sandbox.client(oci.streaming.StreamClient, "streaming")


def created(sandbox, admin, name="events", partitions=1, **more):
    where = {"compartment_id": sandbox.tenancy} if "stream_pool_id" not in more else {}
    return admin.create_stream(MODELS.CreateStreamDetails(name=name, partitions=partitions, **{**where, **more})).data


@pytest.fixture
def stream(sandbox, admin):
    """An active stream of one partition."""
    made = created(sandbox, admin)
    sandbox.advance(10)
    return made.id


@pytest.fixture
def wide(sandbox, admin):
    """An active stream of four partitions."""
    made = created(sandbox, admin, "wide", 4)
    sandbox.advance(10)
    return made.id


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def put(client, stream, *values, key="k"):
    entries = [MODELS.PutMessagesDetailsEntry(key=key and encoded(key), value=encoded(value)) for value in values]
    return client.put_messages(stream, MODELS.PutMessagesDetails(messages=entries)).data


def cursor(client, stream, kind, partition="0", **more):
    return client.create_cursor(stream, MODELS.CreateCursorDetails(partition=partition, type=kind, **more)).data.value


def group_cursor(client, stream, name="g", instance=None, kind="TRIM_HORIZON", **more):
    details = MODELS.CreateGroupCursorDetails(group_name=name, instance_name=instance, type=kind, **more)
    return client.create_group_cursor(stream, details).data.value


def read(client, stream, at, **more):
    """Values of the messages at a cursor, and the cursor that follows."""
    answer = client.get_messages(stream, at, **more)
    return [base64.b64decode(m.value).decode() for m in answer.data], answer.headers["opc-next-cursor"]


def test_a_stream_is_created_and_deleted_in_its_time(sandbox, admin, client):
    made = created(sandbox, admin, retention_in_hours=48)
    assert (made.lifecycle_state, made.retention_in_hours) == ("CREATING", 48)
    assert refused(put, client, made.id, "x") == (409, "IncorrectState")
    assert refused(admin.delete_stream, made.id) == (409, "IncorrectState")
    sandbox.advance(10)
    active = admin.get_stream(made.id)
    assert active.data.lifecycle_state == "ACTIVE"
    put(client, made.id, "x")
    assert refused(admin.delete_stream, made.id, if_match="another") == (412, "NoEtagMatch")
    admin.delete_stream(made.id, if_match=active.headers["etag"])
    assert admin.get_stream(made.id).data.lifecycle_state == "DELETING"
    assert refused(put, client, made.id, "x") == (404, "NotAuthorizedOrNotFound")
    sandbox.advance(10)
    assert admin.get_stream(made.id).data.lifecycle_state == "DELETED"
    assert refused(admin.delete_stream, made.id) == (404, "NotAuthorizedOrNotFound")


def test_a_stream_of_the_scenario_can_be_used_at_once(sandbox, admin, client):
    known = {"id": "ocid1.stream.oc1.eu-frankfurt-1.arrivals"}
    add_stream(sandbox.cloud.store, HOME_REGION, sandbox.tenancy, "arrivals", 2, more=known)
    found = admin.get_stream(known["id"]).data
    assert (found.name, found.partitions, found.lifecycle_state) == ("arrivals", 2, "ACTIVE")
    assert put(client, known["id"], "x").failures == 0


def test_messages_are_put_where_the_stream_says(sandbox, admin, stream):
    endpoint = admin.get_stream(stream).data.messages_endpoint
    assert endpoint.startswith(sandbox.url)
    there = oci.streaming.StreamClient(sandbox.config, service_endpoint=endpoint)
    assert put(there, stream, "x").failures == 0


def test_streams_are_listed_in_pages_of_at_most_50_the_newest_first(sandbox, admin):
    for n in range(12):
        created(sandbox, admin, f"s{n:02}")
        sandbox.advance(1)
    first = admin.list_streams(compartment_id=sandbox.tenancy)
    assert ([s.name for s in first.data][:2], len(first.data)) == (["s11", "s10"], 10)
    everything = oci.pagination.list_call_get_all_results(
        admin.list_streams, compartment_id=sandbox.tenancy, sort_by="NAME", limit=5
    )
    assert [s.name for s in everything.data] == [f"s{n:02}" for n in range(12)]
    assert {s.lifecycle_state for s in admin.list_streams(compartment_id=sandbox.tenancy, lifecycle_state="ACTIVE").data} == {
        "ACTIVE"
    }
    assert [s.name for s in admin.list_streams(compartment_id=sandbox.tenancy, name="s03").data] == ["s03"]
    assert refused(admin.list_streams, compartment_id=sandbox.tenancy, limit=51) == (400, "InvalidParameter")


def test_a_stream_is_of_a_compartment_or_a_pool_not_of_both(sandbox, admin):
    made = created(sandbox, admin)
    pooled = created(sandbox, admin, "pooled", stream_pool_id=made.stream_pool_id)
    assert (pooled.compartment_id, pooled.stream_pool_id) == (sandbox.tenancy, made.stream_pool_id)
    assert len(admin.list_streams(stream_pool_id=made.stream_pool_id).data) == 2
    both = {"stream_pool_id": made.stream_pool_id, "compartment_id": sandbox.tenancy}
    assert refused(created, sandbox, admin, **both) == (400, "InvalidParameter")
    assert refused(admin.list_streams) == (400, "InvalidParameter")
    assert refused(created, sandbox, admin, stream_pool_id="ocid1.streampool.x") == (404, "NotAuthorizedOrNotFound")
    assert refused(created, sandbox, admin, compartment_id="ocid1.compartment.x") == (404, "NotAuthorizedOrNotFound")


@pytest.mark.parametrize("wrong", [{"partitions": 0}, {"retention_in_hours": 23}, {"retention_in_hours": 169}])
def test_a_stream_that_cannot_be_is_refused(sandbox, admin, wrong):
    assert refused(created, sandbox, admin, **wrong) == (400, "InvalidParameter")


def test_a_stream_of_another_region_is_not_found(sandbox, stream):
    elsewhere = sandbox.client(oci.streaming.StreamAdminClient, "streaming", "us-ashburn-1")
    assert refused(elsewhere.get_stream, stream) == (404, "NotAuthorizedOrNotFound")


def test_messages_of_a_key_are_in_one_partition_in_their_order(client, wide):
    found = [put(client, wide, f"{key}{n}", key=key).entries[0] for n in range(3) for key in "abcdefgh"]
    by_key = {key: [(e.partition, e.offset) for e in found[place::8]] for place, key in enumerate("abcdefgh")}
    for entries in by_key.values():
        assert len({partition for partition, _ in entries}) == 1
        assert [offset for _, offset in entries] == sorted({offset for _, offset in entries})
    assert len({entries[0][0] for entries in by_key.values()}) > 1


def test_a_message_without_a_key_gets_one(client, wide):
    entries = put(client, wide, *[str(n) for n in range(40)], key=None).entries
    assert len({e.partition for e in entries}) == 4
    (message, *_) = client.get_messages(wide, cursor(client, wide, "TRIM_HORIZON", entries[0].partition)).data
    assert len(base64.b64decode(message.key)) == 16


def test_what_is_put_must_be_base64_and_of_some_size(client, stream):
    def raw(key, value):
        entry = MODELS.PutMessagesDetailsEntry(key=key, value=value)
        return client.put_messages(stream, MODELS.PutMessagesDetails(messages=[entry]))

    assert refused(raw, encoded("k"), "not base64!") == (400, "InvalidParameter")
    assert refused(raw, "*", encoded("v")) == (400, "InvalidParameter")
    assert refused(raw, encoded("k" * 257), encoded("v")) == (400, "InvalidParameter")
    assert refused(put, client, stream) == (400, "InvalidParameter")
    assert raw(encoded("k" * 256), encoded("v")).data.failures == 0


def test_a_request_has_at_most_1_mebibyte_of_keys_and_messages_once_decoded(client, stream):
    most = 1024 * 1024 - len("kk")
    assert put(client, stream, "x" * (most // 2), "x" * (most // 2)).failures == 0
    assert refused(put, client, stream, "x" * (most // 2), "x" * (most // 2 + 1)) == (400, "InvalidParameter")


def test_a_partial_fault_fails_some_messages_of_an_answer_that_succeeds(sandbox, client, stream):
    sandbox.cloud.faults.asked.append(Fault("partial", operation="put_messages", times=1))
    answer = put(client, stream, "a", "b", "c")
    assert (answer.failures, [e.error is None for e in answer.entries]) == (2, [False, True, False])
    assert all((e.error_message is None) is (e.offset is not None) for e in answer.entries)
    assert read(client, stream, cursor(client, stream, "TRIM_HORIZON"))[0] == ["b"]


def test_the_next_cursor_leads_through_the_partition_and_waits_at_its_end(client, stream):
    put(client, stream, *"abcde")
    at, seen = cursor(client, stream, "TRIM_HORIZON"), []
    for _ in range(3):
        values, at = read(client, stream, at, limit=2)
        seen.append(values)
    assert seen == [["a", "b"], ["c", "d"], ["e"]]
    values, at = read(client, stream, at)
    assert values == []
    put(client, stream, "f")
    assert read(client, stream, at)[0] == ["f"]


def test_each_type_of_cursor_begins_where_it_says(sandbox, client, stream):
    begin = NOW + timedelta(seconds=10)
    for value in "abcd":
        put(client, stream, value)
        sandbox.advance(60)
    latest = cursor(client, stream, "LATEST")
    ahead = cursor(client, stream, "AT_TIME", time=begin + timedelta(seconds=300))
    starts = {
        "TRIM_HORIZON": {},
        "AT_OFFSET": {"offset": 1},
        "AFTER_OFFSET": {"offset": 1},
        "AT_TIME": {"time": begin + timedelta(seconds=120)},
    }
    found = {kind: "".join(read(client, stream, cursor(client, stream, kind, **more))[0]) for kind, more in starts.items()}
    assert found == {"TRIM_HORIZON": "abcd", "AT_OFFSET": "bcd", "AFTER_OFFSET": "cd", "AT_TIME": "cd"}
    assert read(client, stream, latest)[0] == []
    put(client, stream, "e")
    assert read(client, stream, latest)[0] == ["e"]
    sandbox.advance(60)
    put(client, stream, "f")
    assert read(client, stream, ahead)[0] == ["f"]


def test_a_message_says_where_it_is(client, stream):
    put(client, stream, "a", key="key")
    (message,) = client.get_messages(stream, cursor(client, stream, "TRIM_HORIZON")).data
    assert (message.stream, message.partition, message.offset) == ("events", "0", 0)
    assert (base64.b64decode(message.key), message.timestamp) == (b"key", NOW + timedelta(seconds=10))


def test_a_cursor_that_begins_nowhere_is_refused(client, stream):
    put(client, stream, "a")
    for wrong in (
        {"partition": "1"},
        {"partition": "x"},
        {"kind": "AT_OFFSET", "offset": 1},
        {"kind": "AFTER_OFFSET", "offset": -1},
    ):
        assert refused(cursor, client, stream, **{"kind": "TRIM_HORIZON", **wrong}) == (400, "InvalidParameter")
    for kind in ("AT_OFFSET", "AT_TIME"):
        assert refused(cursor, client, stream, kind) == (400, "MissingParameter")


def test_a_cursor_expires_after_five_minutes_and_is_of_one_stream(sandbox, admin, client, stream):
    at = cursor(client, stream, "TRIM_HORIZON")
    sandbox.advance(300)
    _, at = read(client, stream, at)
    sandbox.advance(301)
    assert refused(client.get_messages, stream, at) == (400, "InvalidParameter")
    other = created(sandbox, admin, "other").id
    sandbox.advance(10)
    fresh = cursor(client, stream, "TRIM_HORIZON")
    for wrong in ("", "no cursor", base64.urlsafe_b64encode(b"[]").decode()):
        assert refused(client.get_messages, stream, wrong)[0] == 400
    assert refused(client.get_messages, other, fresh) == (400, "InvalidParameter")
    for limit in (0, 10001):
        assert refused(client.get_messages, stream, fresh, limit=limit) == (400, "InvalidParameter")


def test_messages_go_when_their_retention_is_over(sandbox, client, stream):
    put(client, stream, "old")
    sandbox.advance(3600)
    put(client, stream, "new")
    sandbox.advance(24 * 3600 - 3600 + 1)
    assert read(client, stream, cursor(client, stream, "TRIM_HORIZON"))[0] == ["new"]
    assert refused(cursor, client, stream, "AT_OFFSET", offset=0) == (400, "InvalidParameter")
    sandbox.advance(24 * 3600)
    assert read(client, stream, cursor(client, stream, "TRIM_HORIZON"))[0] == []
    assert put(client, stream, "newest").entries[0].offset == 2


def test_messages_outlive_the_process(sandbox, client, stream):
    put(client, stream, "a")
    at = group_cursor(client, stream, instance="i")
    _, at = read(client, stream, at)
    store = sandbox.cloud.store
    store.save()
    store.tables.clear()
    store.journals.clear()
    store.restore()
    assert put(client, stream, "b").entries[0].offset == 1
    assert read(client, stream, at)[0] == ["b"]


def committed(client, stream, name="g"):
    return {r.partition: r.committed_offset for r in client.get_group(stream, name).data.reservations}


def owners(client, stream, name="g"):
    return {r.partition: r.reserved_instance for r in client.get_group(stream, name).data.reservations}


def test_a_request_commits_what_the_one_before_it_read(client, stream):
    put(client, stream, *"abcd")
    at = group_cursor(client, stream, instance="i")
    values, at = read(client, stream, at, limit=2)
    assert (values, committed(client, stream)) == (["a", "b"], {"0": None})
    values, at = read(client, stream, at, limit=1)
    assert (values, committed(client, stream)) == (["c"], {"0": 1})


def test_who_comes_after_one_that_was_lost_reads_from_the_last_commit(sandbox, client, stream):
    put(client, stream, *"abcd")
    at = group_cursor(client, stream, instance="first")
    _, at = read(client, stream, at, limit=1)
    assert read(client, stream, at, limit=2)[0] == ["b", "c"]
    later = group_cursor(client, stream, instance="second")
    assert read(client, stream, later)[0] == [], "the partition is still another's"
    sandbox.advance(30)
    assert read(client, stream, later)[0] == ["b", "c", "d"]


def test_a_request_that_is_repeated_reads_the_same_again(client, stream):
    put(client, stream, *"abc")
    at = group_cursor(client, stream, instance="i")
    _, at = read(client, stream, at, limit=1)
    assert read(client, stream, at, limit=1)[0] == read(client, stream, at, limit=1)[0] == ["b"]


def test_a_group_that_exists_ignores_the_type_of_further_cursors(client, stream):
    put(client, stream, *"ab")
    at = group_cursor(client, stream, instance="i")
    _, at = read(client, stream, at)
    read(client, stream, at)
    put(client, stream, "c")
    assert read(client, stream, group_cursor(client, stream, instance="i", kind="LATEST"))[0] == ["c"]
    assert read(client, stream, group_cursor(client, stream, "late", "i", "LATEST"))[0] == []


def test_a_group_may_begin_at_a_time(sandbox, client, stream):
    put(client, stream, "a")
    sandbox.advance(60)
    put(client, stream, "b")
    at = group_cursor(client, stream, kind="AT_TIME", time=NOW + timedelta(seconds=30))
    assert read(client, stream, at)[0] == ["b"]
    assert refused(group_cursor, client, stream, "x", kind="AT_TIME") == (400, "MissingParameter")


def test_a_consumer_that_commits_by_itself_goes_on_without_and_is_committed_when_it_says(client, stream):
    put(client, stream, *"abcd")
    at = group_cursor(client, stream, instance="i", commit_on_get=False)
    _, at = read(client, stream, at, limit=1)
    values, at = read(client, stream, at, limit=1)
    assert (values, committed(client, stream)) == (["b"], {"0": None})
    at = client.consumer_commit(stream, at).data.value
    assert committed(client, stream) == {"0": 1}
    assert read(client, stream, at)[0] == ["c", "d"]
    single = cursor(client, stream, "TRIM_HORIZON")
    assert refused(client.consumer_commit, stream, single) == (400, "InvalidParameter")
    assert refused(client.consumer_heartbeat, stream, single) == (400, "InvalidParameter")


def test_a_heartbeat_keeps_the_partitions(sandbox, client, stream):
    at = group_cursor(client, stream, instance="i")
    for _ in range(3):
        sandbox.advance(20)
        at = client.consumer_heartbeat(stream, at).data.value
    assert owners(client, stream) == {"0": "i"}
    sandbox.advance(30)
    assert owners(client, stream) == {"0": None}


def test_an_instance_that_was_out_gets_its_partitions_back_when_it_reads(sandbox, client, stream):
    at = group_cursor(client, stream, instance="i")
    put(client, stream, "a")
    sandbox.advance(31)
    assert read(client, stream, at)[0] == ["a"]
    assert owners(client, stream) == {"0": "i"}


def test_a_group_says_until_when_partitions_are_reserved(sandbox, client, stream):
    group_cursor(client, stream, instance="i", timeout_in_ms=60_000)
    (one,) = client.get_group(stream, "g").data.reservations
    assert one.time_reserved_until == NOW + timedelta(seconds=10 + 60)
    assert refused(group_cursor, client, stream, timeout_in_ms=-1) == (400, "InvalidParameter")


def test_instances_share_the_partitions_and_each_message_goes_to_one_of_them(client, wide):
    everything = sorted(str(n) for n in range(40))
    put(client, wide, *everything, key=None)
    first, second = (group_cursor(client, wide, instance=name) for name in ("first", "second"))
    assert sorted(owners(client, wide).values()) == ["first", "first", "second", "second"]
    seen = read(client, wide, first)[0] + read(client, wide, second)[0]
    assert sorted(seen) == everything


def test_an_instance_without_a_name_gets_one(client, wide):
    for _ in range(2):
        group_cursor(client, wide)
    assert len(set(owners(client, wide).values())) == 2


def test_a_stream_has_at_most_50_groups_and_forgets_those_that_are_not_used(sandbox, client, stream):
    for n in range(50):
        group_cursor(client, stream, f"g{n}")
    assert refused(group_cursor, client, stream, "one more") == (400, "LimitExceeded")
    assert group_cursor(client, stream, "g7")
    sandbox.advance(24 * 3600 + 1)
    assert refused(client.get_group, stream, "g7") == (404, "NotAuthorizedOrNotFound")
    assert group_cursor(client, stream, "one more")


def test_an_unknown_group_is_not_found(client, stream):
    assert refused(client.get_group, stream, "g") == (404, "NotAuthorizedOrNotFound")


STEPS = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 20_000)), min_size=1, max_size=30)


@settings(deadline=None)
@given(st.integers(1, 9), STEPS)
def test_whoever_comes_and_goes_each_partition_has_one_owner_and_shares_are_even(partitions, steps):
    group, now = Group.new({str(n): 0 for n in range(partitions)}, None), 0
    for name, passed in steps:
        now += passed
        group.join(name, 30_000, now)
        present = group.state["instances"]
        shares = [len(group.owned(one)) for one in present]
        assert sum(shares) == partitions
        assert max(shares) - min(shares) <= 1
        assert all(one["until"] > now for one in present.values())
