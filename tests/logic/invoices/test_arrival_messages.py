"""Messages of arrivals: what they may look like, and that nothing that they hold breaks the reading of them."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.invoices.logic.arrival_messages import MOST_BYTES, Arrival, Rejected, parse

EVENT = {
    "cloudEventsVersion": "0.1",
    "contentType": "application/json",
    "source": "ObjectStorage",
    "eventID": "dead-beef",
    "eventType": "com.oraclecloud.objectstorage.createobject",
    "eventTypeVersion": "2.0",
    "eventTime": "2026-11-16T12:00:00Z",
    "data": {
        "compartmentId": "ocid1.compartment.oc1..x",
        "resourceName": "2026/Rechnung Nr. 7.pdf",
        "resourceId": "/n/acme/b/invoices/o/2026/Rechnung Nr. 7.pdf",
        "additionalDetails": {"eTag": "f8f2", "namespace": "acme", "bucketName": "invoices", "archivalState": "Available"},
    },
}
NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)


def encoded(**fields):
    return json.dumps(fields).encode()


def test_an_event_of_object_storage_tells_of_an_arrival():
    assert parse(json.dumps(EVENT).encode()) == Arrival("2026/Rechnung Nr. 7.pdf", "invoices", "f8f2", NOON, "acme")
    updated = {**EVENT, "eventType": "com.oraclecloud.objectstorage.updateobject"}
    assert isinstance(parse(json.dumps(updated).encode()), Arrival)


def test_a_plain_message_needs_the_object_s_name_alone():
    assert parse(encoded(object_key="a.pdf")) == Arrival("a.pdf")
    full = encoded(object_key="a.pdf", bucket="b", etag="e", received_at="2026-11-16T13:00:00+01:00", more=[1])
    assert parse(full) == Arrival("a.pdf", "b", "e", NOON)


def test_names_with_spaces_of_any_width_are_names():
    name = "Screenshot 2026-03-02 at 9.41\u202fAM\u00a0(2).png"
    assert parse(encoded(object_key=name)) == Arrival(name)


@given(
    st.builds(
        Arrival,
        st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1, max_size=40).filter(lambda k: k[-1] != "/"),
        st.none() | st.just("invoices"),
        st.none() | st.just("e1"),
        st.none() | st.datetimes(timezones=st.just(UTC), min_value=datetime(1990, 1, 1)),
        st.none() | st.just("acme"),
    )
)
def test_a_message_that_was_made_is_read_again(arrival):
    assert parse(arrival.message()) == arrival


def test_versions_of_an_object_are_told_apart_and_repeated_messages_are_not():
    one, again = (parse(json.dumps({**EVENT, "eventID": n}).encode()) for n in ("1", "2"))
    assert one.identity == again.identity
    assert one.identity != parse(encoded(object_key="2026/Rechnung Nr. 7.pdf", bucket="invoices", etag="other")).identity


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[1]", "no JSON object"),
        (b"{}", "object_key is missing"),
        (encoded(object_key=7), "object_key is no text"),
        (encoded(object_key=""), "object_key is no text, or empty"),
        (encoded(object_key="folder/"), "folder"),
        (encoded(object_key="a\x00b"), "cannot be printed"),
        (encoded(object_key="a" * 1025), "1024 bytes"),
        (encoded(object_key="a", etag=1), "etag"),
        (encoded(object_key="a", received_at="yesterday"), "no time"),
        (encoded(object_key="a", received_at="2026-11-16T12:00:00"), "no offset"),
        (encoded(object_key="a", more="x" * MOST_BYTES), "more than"),
        (json.dumps({**EVENT, "eventType": "com.oraclecloud.objectstorage.deleteobject"}).encode(), "deleteobject"),
        (json.dumps({**EVENT, "eventType": 5}).encode(), "eventType is no text"),
        (json.dumps({**EVENT, "data": None}).encode(), "data is no JSON object"),
        (json.dumps({**EVENT, "data": {"resourceName": "a", "additionalDetails": {}}}).encode(), "bucketName is missing"),
    ],
)
def test_a_message_that_is_none_says_why(value, reason):
    found = parse(value)
    assert isinstance(found, Rejected)
    assert reason in found.reason
    assert found.excerpt.isprintable()
    assert len(found.excerpt) <= 200


@given(
    st.binary(max_size=60)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["eventType", "data", "object_key", "etag"]), inner)
        ),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode())
)
def test_whatever_a_message_holds_it_is_an_arrival_or_rejected(value):
    assert isinstance(parse(value), Arrival | Rejected)
