"""Notifications: topics, subscriptions, and what is published to whom."""

import json

import oci
import pytest

from sandbox.oci.faults import Fault
from sandbox.oci.services import ons
from tests.sandbox.oci.conftest import NOW, refused

MODELS = oci.ons.models


@pytest.fixture
def control(sandbox):
    return sandbox.client(oci.ons.NotificationControlPlaneClient, "ons")


@pytest.fixture
def data(sandbox):
    return sandbox.client(oci.ons.NotificationDataPlaneClient, "ons")


def topic(sandbox, control, name="alerts"):
    return control.create_topic(MODELS.CreateTopicDetails(name=name, compartment_id=sandbox.tenancy)).data


def subscription(sandbox, data, topic_id, protocol="EMAIL", endpoint="ops@example.com"):
    details = MODELS.CreateSubscriptionDetails(
        topic_id=topic_id, compartment_id=sandbox.tenancy, protocol=protocol, endpoint=endpoint
    )
    return data.create_subscription(details).data


def test_a_topic_is_active_at_once_and_names_the_endpoint_to_publish_to(sandbox, control):
    made = topic(sandbox, control)
    assert (made.lifecycle_state, made.time_created) == ("ACTIVE", NOW)
    found = control.get_topic(made.topic_id)
    assert (found.data.name, found.data.etag) == ("alerts", found.headers["etag"])
    there = oci.ons.NotificationDataPlaneClient(sandbox.config, service_endpoint=found.data.api_endpoint)
    assert there.publish_message(made.topic_id, MODELS.MessageDetails(body="here")).status == 202


def test_the_name_of_a_topic_is_unique_by_case(sandbox, control):
    topic(sandbox, control)
    assert refused(topic, sandbox, control) == (409, "NotAuthorizedOrResourceAlreadyExists")
    assert topic(sandbox, control, "Alerts").name == "Alerts"


def test_topics_are_listed_in_pages(sandbox, control):
    made = []
    for n in range(5):
        made.append(topic(sandbox, control, f"t{n}").topic_id)
        sandbox.advance(1)
    everything = oci.pagination.list_call_get_all_results(control.list_topics, sandbox.tenancy, limit=2).data
    assert [t.topic_id for t in everything] == made
    newest = control.list_topics(sandbox.tenancy, sort_by="TIMECREATED", sort_order="DESC", limit=1)
    assert ([t.name for t in newest.data], newest.has_next_page) == (["t4"], True)
    assert [t.name for t in control.list_topics(sandbox.tenancy, name="t3").data] == ["t3"]
    assert [t.name for t in control.list_topics(sandbox.tenancy, id=made[1]).data] == ["t1"]
    assert control.list_topics(sandbox.tenancy, lifecycle_state="DELETING").data == []
    assert refused(control.list_topics, "ocid1.compartment.oc1..x") == (404, "NotAuthorizedOrNotFound")


def test_a_topic_is_deleted_by_its_version_and_its_subscriptions_with_it(sandbox, control, data):
    made = topic(sandbox, control)
    subscribed = subscription(sandbox, data, made.topic_id)
    assert refused(control.delete_topic, made.topic_id, if_match="another") == (412, "NoEtagMatch")
    control.delete_topic(made.topic_id, if_match=made.etag)
    assert refused(control.get_topic, made.topic_id) == (404, "NotAuthorizedOrNotFound")
    assert refused(data.get_subscription, subscribed.id) == (404, "NotAuthorizedOrNotFound")
    assert refused(data.publish_message, made.topic_id, MODELS.MessageDetails(body="x")) == (404, "NotAuthorizedOrNotFound")


def test_a_topic_is_of_one_region(sandbox, control):
    made = topic(sandbox, control)
    elsewhere = sandbox.client(oci.ons.NotificationControlPlaneClient, "ons", "us-ashburn-1")
    assert refused(elsewhere.get_topic, made.topic_id) == (404, "NotAuthorizedOrNotFound")
    assert elsewhere.list_topics(sandbox.tenancy).data == []


def test_a_subscription_is_pending_until_it_is_confirmed(sandbox, control, data):
    made = subscription(sandbox, data, topic(sandbox, control).topic_id)
    assert made.lifecycle_state == "PENDING"
    ons.confirm(sandbox.cloud.store, made.id)
    assert data.get_subscription(made.id).data.lifecycle_state == "ACTIVE"


def test_a_stale_answer_shows_a_subscription_before_it_was_confirmed(sandbox, control, data):
    made = subscription(sandbox, data, topic(sandbox, control).topic_id)
    ons.confirm(sandbox.cloud.store, made.id)
    sandbox.cloud.faults.asked.append(Fault("stale", operation="get_subscription", times=1))
    assert [data.get_subscription(made.id).data.lifecycle_state for _ in range(2)] == ["PENDING", "ACTIVE"]
    sandbox.cloud.faults.asked.append(Fault("stale", operation="list_subscriptions", times=1))
    listed = [data.list_subscriptions(sandbox.tenancy).data[0] for _ in range(2)]
    assert [one.lifecycle_state for one in listed] == ["PENDING", "ACTIVE"]
    assert listed[0].etag != listed[1].etag


@pytest.mark.parametrize(
    ("protocol", "endpoint"),
    [
        ("PIGEON", "ops@example.com"),
        ("EMAIL", "ops"),
        ("CUSTOM_HTTPS", "ftp://example.com"),
        ("CUSTOM_HTTPS", "https://example.com/" + "x" * 512),
    ],
)
def test_an_endpoint_that_cannot_be_reached_is_refused(sandbox, control, data, protocol, endpoint):
    made = topic(sandbox, control)
    assert refused(subscription, sandbox, data, made.topic_id, protocol, endpoint) == (400, "InvalidParameter")


def test_a_subscription_to_what_is_not_there_is_not_found(sandbox, control, data):
    assert refused(subscription, sandbox, data, "ocid1.onstopic.oc1..x") == (404, "NotAuthorizedOrNotFound")
    made = topic(sandbox, control).topic_id
    assert refused(subscription, sandbox, data, made, "ORACLE_FUNCTIONS", "my-function") == (404, "NotAuthorizedOrNotFound")


def test_subscriptions_are_listed_in_pages_by_topic_and_deleted_by_version(sandbox, control, data):
    one, other = (topic(sandbox, control, name).topic_id for name in "ab")
    made = [subscription(sandbox, data, one, endpoint=f"{n}@example.com") for n in range(3)]
    subscription(sandbox, data, other)
    listed = oci.pagination.list_call_get_all_results(data.list_subscriptions, sandbox.tenancy, topic_id=one, limit=2).data
    assert [s.endpoint for s in listed] == ["0@example.com", "1@example.com", "2@example.com"]
    assert len(data.list_subscriptions(sandbox.tenancy).data) == 4
    assert refused(data.delete_subscription, made[0].id, if_match="another") == (412, "NoEtagMatch")
    data.delete_subscription(made[0].id, if_match=listed[0].etag)
    assert refused(data.get_subscription, made[0].id) == (404, "NotAuthorizedOrNotFound")
    assert refused(data.list_subscriptions, "ocid1.compartment.oc1..x") == (404, "NotAuthorizedOrNotFound")


def test_published_messages_are_kept_with_those_who_were_told(sandbox, control, data):
    made = topic(sandbox, control).topic_id
    pending, confirmed = (subscription(sandbox, data, made, endpoint=f"{name}@example.com").id for name in "ab")
    ons.confirm(sandbox.cloud.store, confirmed)
    sent = data.publish_message(made, MODELS.MessageDetails(title="Alarm", body="cpu is high"))
    again = data.publish_message(made, MODELS.MessageDetails(body="cpu is high"))
    assert (sent.status, sent.data.time_stamp) == (202, NOW)
    assert sent.data.message_id != again.data.message_id
    first, second = sandbox.cloud.store.journal(ons.MESSAGES)
    assert (first["topicId"], first["title"], first["body"], first["subscriptions"]) == (
        made,
        "Alarm",
        "cpu is high",
        [confirmed],
    )
    assert (first["messageId"], second["title"]) == (sent.data.message_id, None)
    assert pending not in second["subscriptions"]


def test_a_message_has_at_most_64_kilobytes(sandbox, control, data):
    made = topic(sandbox, control).topic_id
    assert data.publish_message(made, MODELS.MessageDetails(title="t", body="x" * (64 * 1024 - 1))).status == 202
    assert refused(data.publish_message, made, MODELS.MessageDetails(body="x" * (64 * 1024 + 1))) == (400, "InvalidParameter")
    assert refused(data.publish_message, made, MODELS.MessageDetails(body="ü" * (33 * 1024))) == (400, "InvalidParameter")
    assert len(sandbox.cloud.store.journal(ons.MESSAGES)) == 1


def test_a_message_of_type_json_has_a_default(sandbox, control, data):
    made = topic(sandbox, control).topic_id

    def publish(body):
        return data.publish_message(made, MODELS.MessageDetails(body=body), message_type="JSON")

    assert publish(json.dumps({"default": "Alarm breached"})).status == 202
    for wrong in ("plain", "[]", json.dumps({"Email": "x"})):
        assert refused(publish, wrong) == (400, "InvalidParameter")
