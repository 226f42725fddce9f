"""A stream through the product's client: groups that commit, positions that are kept elsewhere, and what goes wrong."""

import oci
import pytest

from resources.errors import BadInput, Conflict, NotFound
from resources.message_stream import Outgoing
from resources.oci.streaming import MOST_BYTES, OciStream


@pytest.fixture
def made(sandbox):
    """Makes an active stream of so many partitions."""

    def stream(partitions=1):
        admin = sandbox.client(oci.streaming.StreamAdminClient, "streaming")
        details = oci.streaming.models.CreateStreamDetails(name="arrivals", partitions=partitions, compartment_id=sandbox.tenancy)
        found = admin.create_stream(details).data
        sandbox.advance(10)
        return found.id

    return stream


@pytest.fixture
def stream(clients, made):
    return OciStream(clients=clients, stream_id=made())


@pytest.fixture
def wide(clients, made):
    return OciStream(clients=clients, stream_id=made(4))


def put(stream, *values, key="k"):
    assert stream.put([Outgoing(value.encode(), key) for value in values]) == ()


def said(batch):
    return [message.value.decode() for message in batch.messages]


def test_a_group_is_given_messages_until_it_commits_them(stream):
    put(stream, "a", "b")
    first = stream.claim("g")
    assert said(first) == said(stream.claim("g")) == ["a", "b"]
    assert [(m.partition, m.offset, m.key) for m in first.messages] == [("0", 0, b"k"), ("0", 1, b"k")]
    stream.commit(stream.claim("g"))
    assert said(stream.claim("g")) == []
    put(stream, "c")
    assert said(stream.claim("g")) == ["c"]
    assert said(stream.claim("another")) == ["a", "b", "c"]


def test_a_claim_has_no_more_messages_than_asked_for_and_the_next_has_the_rest(wide):
    for n in range(20):
        put(wide, f"m{n}", key=f"k{n}")
    seen = []
    while (batch := wide.claim("g", limit=6)).messages:
        assert len(batch.messages) <= 6
        seen += said(batch)
        wide.commit(batch)
    assert sorted(seen) == sorted(f"m{n}" for n in range(20))
    assert len(seen) == 20


def test_a_claim_that_ran_out_commits_nothing_and_says_that_it_is_given_again(sandbox, stream):
    put(stream, "a")
    batch = stream.claim("g")
    sandbox.advance(301)
    with pytest.raises(Conflict, match=r"run out.*given again"):
        stream.commit(batch)
    assert said(stream.claim("g")) == ["a"]


def test_a_claim_that_is_held_lasts_longer(sandbox, stream):
    put(stream, "a")
    batch = stream.claim("g")
    for _ in range(3):
        sandbox.advance(200)
        batch = stream.hold(batch)
    stream.commit(batch)
    assert said(stream.claim("g")) == []


def test_a_position_is_kept_by_the_caller(wide):
    for n in range(8):
        put(wide, f"m{n}", key=f"k{n}")
    first = wide.read({}, limit=1000)
    assert sorted(said(first)) == sorted(f"m{n}" for n in range(8))
    assert said(wide.read(first.position)) == []
    assert wide.read(first.position).position == first.position
    put(wide, "new")
    assert said(wide.read(first.position)) == ["new"]
    with pytest.raises(BadInput, match="not claimed"):
        wide.commit(first)


def test_reading_in_small_parts_comes_to_the_same(wide):
    for n in range(14):
        put(wide, f"m{n}", key=f"k{n}")
    position, seen = {}, []
    while (batch := wide.read(position, limit=4)).messages:
        assert len(batch.messages) <= 4
        seen += said(batch)
        position = batch.position
    assert sorted(seen) == sorted(f"m{n}" for n in range(14))


def test_fewer_messages_than_partitions_may_be_asked_for(wide):
    for n in range(12):
        put(wide, f"m{n}", key=f"k{n}")
    position, seen = {}, []
    while (batch := wide.read(position, limit=1)).messages:
        assert len(batch.messages) == 1
        seen += said(batch)
        position = batch.position
    assert sorted(seen) == sorted(f"m{n}" for n in range(12))


def test_messages_that_were_too_old_before_they_were_read_are_told_as_lost(sandbox, stream):
    put(stream, "a", "b", "c")
    position = {"0": 0}
    sandbox.advance(25 * 3600)
    assert stream.read(position).messages == ()
    put(stream, "d")
    batch = stream.read(position)
    assert said(batch) == ["d"]
    assert batch.notes == ("partition 0: 2 messages after offset 0 were no longer kept when they should be read",)
    assert stream.read(batch.position).notes == ()


def test_nothing_is_lost_if_only_what_was_read_is_gone(sandbox, stream):
    put(stream, "a")
    position = stream.read({}).position
    sandbox.advance(25 * 3600)
    put(stream, "b")
    batch = stream.read(position)
    assert (said(batch), batch.notes) == (["b"], ())


def test_a_stream_that_begins_anew_says_so(stream):
    put(stream, "a")
    batch = stream.read({"0": 99})
    assert said(batch) == ["a"]
    assert "begins anew" in batch.notes[0]


def test_a_cursor_that_runs_out_while_reading_is_replaced(sandbox, stream, monkeypatch):
    put(stream, *(f"m{n}" for n in range(5)))
    got = OciStream._got

    def slow(self, cursor, limit):
        found = got(self, cursor, min(limit, 2))
        sandbox.advance(301)
        return found

    monkeypatch.setattr(OciStream, "_got", slow)
    assert said(stream.read({})) == [f"m{n}" for n in range(5)]


def test_messages_that_the_stream_did_not_take_are_put_again(sandbox, stream):
    sandbox.fault("partial", operation="put_messages", times=1)
    put(stream, "a", "b", "c", "d")
    assert sorted(said(stream.read({}))) == ["a", "b", "c", "d"]


def test_messages_that_the_stream_never_takes_are_told(sandbox, stream):
    sandbox.fault("partial", operation="put_messages")
    left = stream.put([Outgoing(b"a"), Outgoing(b"b")])
    assert [one.message.value for one in left] == [b"a"]
    assert "InternalServerError" in left[0].reason
    assert said(stream.read({})) == ["b"]


def test_what_is_put_is_split_into_requests_that_the_stream_takes(sandbox, stream):
    sandbox.count_requests("put_messages")
    put(stream, *("x" * 400_000 for _ in range(5)))
    assert sandbox.requests("put_messages") == 3
    assert len(stream.read({}).messages) == 5


def test_what_is_too_large_is_refused_before_anything_is_put(stream):
    with pytest.raises(BadInput, match="too large"):
        stream.put([Outgoing(b"a"), Outgoing(b"x" * (MOST_BYTES + 1))])
    with pytest.raises(BadInput, match="too large"):
        stream.put([Outgoing(b"a"), Outgoing(b"x", "k" * 257)])
    assert said(stream.read({})) == []


def test_any_bytes_come_back_as_they_are(stream):
    put_values = [bytes(range(256)), b"", "ü€".encode()]
    assert stream.put([Outgoing(value) for value in put_values]) == ()
    assert sorted(m.value for m in stream.read({}).messages) == sorted(put_values)


def test_a_stream_that_is_not_there_is_not_found(clients):
    with pytest.raises(NotFound):
        OciStream(clients=clients, stream_id="ocid1.stream.oc1.eu-frankfurt-1.none").claim("g")
