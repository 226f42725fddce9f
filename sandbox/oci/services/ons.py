"""Notifications: topics, who subscribes to them, and messages. Messages are kept, not delivered."""

from __future__ import annotations

import json
import uuid

from sandbox.oci.clock import text
from sandbox.oci.endpoints import own
from sandbox.oci.errors import conflict, invalid, not_found
from sandbox.oci.exchange import Answer, Asked, answers, etag_shown, page, shown
from sandbox.oci.services.identity import demand_compartment
from sandbox.oci.store import Body, Resource, Store

TOPICS, SUBSCRIPTIONS = "ons.topics", "ons.subscriptions"
MESSAGES = "ons.messages"
"""Journal of what was published: the message, its topic, and the subscriptions that were active then."""
MOST_BYTES = 64 * 1024
"""Of a message. Source: SDK docstring of publish_message; that its title counts, and its size in UTF-8, is not sourced."""
PROTOCOLS = ("CUSTOM_HTTPS", "EMAIL", "HTTPS", "ORACLE_FUNCTIONS", "PAGERDUTY", "SLACK", "SMS")
"""Source: SDK docstring of CreateSubscriptionDetails.protocol."""
MOST_URL = 512
"""Characters. Source: SDK docstring of CreateSubscriptionDetails.endpoint."""
_OVER_HTTP = ("CUSTOM_HTTPS", "HTTPS", "PAGERDUTY", "SLACK")


def confirm(store: Store, subscription: str) -> None:
    """What the owner of an endpoint does: let a subscription be active."""
    store.find(SUBSCRIPTIONS, subscription).change(lifecycleState="ACTIVE")


@answers("ons")
def create_topic(asked: Asked) -> Answer:
    """A topic, active at once; its name is unique in the tenancy, by case.

    Source: docs.oracle.com, "Creating a Topic". The conflict's code is that of "API Errors" for what exists already.
    """
    body = asked.body
    demand_compartment(asked, body["compartmentId"])
    if any(r.body["name"] == body["name"] for r in asked.store.all(TOPICS, asked.region)):
        raise conflict(f"Topic '{body['name']}' already exists.", "NotAuthorizedOrResourceAlreadyExists")
    ocid = asked.store.new_ocid("onstopic", asked.region)
    made: Body = {
        "name": body["name"],
        "topicId": ocid,
        "shortTopicId": f"{asked.store.made:08}",
        "compartmentId": body["compartmentId"],
        "lifecycleState": "ACTIVE",
        "description": body.get("description"),
        "timeCreated": text(asked.store.clock.now()),
        "freeformTags": body.get("freeformTags") or {},
        "definedTags": body.get("definedTags") or {},
    }
    return _topic_shown(asked, asked.store.add(TOPICS, made, asked.region, key=ocid))


@answers("ons")
def get_topic(asked: Asked) -> Answer:
    """One topic, with the endpoint to publish to."""
    return _topic_shown(asked, asked.store.find(TOPICS, asked.path["topicId"], asked.region))


@answers("ons")
def list_topics(asked: Asked) -> Answer:
    """Topics of a compartment. Their order without `sortBy` is not sourced."""
    query = asked.query
    demand_compartment(asked, query["compartmentId"])
    rows = [
        r
        for r in asked.store.all(TOPICS, asked.region)
        if r.body["compartmentId"] == query["compartmentId"]
        and query.get("id") in (None, r.body["topicId"])
        and query.get("name") in (None, r.body["name"])
        and query.get("lifecycleState") in (None, r.body["lifecycleState"])
    ]
    field = "lifecycleState" if query.get("sortBy") == "LIFECYCLESTATE" else "timeCreated"
    rows.sort(key=lambda r: str(r.body[field]), reverse=query.get("sortOrder") == "DESC")
    return page(asked, [_topic(asked, r) for r in rows])


@answers("ons")
def delete_topic(asked: Asked) -> Answer:
    """Delete a topic. That its subscriptions go with it is not sourced."""
    found = asked.store.find(TOPICS, asked.path["topicId"], asked.region)
    found.demand_etag(asked.if_match)
    for ocid in [r.body["id"] for r in asked.store.all(SUBSCRIPTIONS) if r.body["topicId"] == found.body["topicId"]]:
        asked.store.remove(SUBSCRIPTIONS, ocid)
    asked.store.remove(TOPICS, found.body["topicId"])
    return Answer(status=204)


@answers("ons")
def create_subscription(asked: Asked) -> Answer:
    """A subscription, pending until it is confirmed. Source: SDK docstring of create_subscription."""
    body = asked.body
    demand_compartment(asked, body["compartmentId"])
    asked.store.find(TOPICS, body["topicId"], asked.region)
    _demand_endpoint(body["protocol"], body["endpoint"])
    made: Body = {
        "id": asked.store.new_ocid("onssubscription", asked.region),
        "topicId": body["topicId"],
        "protocol": body["protocol"],
        "endpoint": body["endpoint"],
        "lifecycleState": "PENDING",
        "compartmentId": body["compartmentId"],
        "createdTime": round(asked.store.clock.now().timestamp() * 1000),
        "freeformTags": body.get("freeformTags") or {},
        "definedTags": body.get("definedTags") or {},
    }
    return _subscription_shown(asked, asked.store.add(SUBSCRIPTIONS, made, asked.region))


@answers("ons")
def get_subscription(asked: Asked) -> Answer:
    """One subscription."""
    return _subscription_shown(asked, _subscription(asked))


@answers("ons")
def list_subscriptions(asked: Asked) -> Answer:
    """Subscriptions of a compartment, or of a topic in it."""
    demand_compartment(asked, asked.query["compartmentId"])
    rows = [
        _subscription_body(asked, r)
        for r in asked.store.all(SUBSCRIPTIONS, asked.region)
        if r.body["compartmentId"] == asked.query["compartmentId"] and asked.query.get("topicId") in (None, r.body["topicId"])
    ]
    return page(asked, rows)


@answers("ons")
def delete_subscription(asked: Asked) -> Answer:
    """Delete a subscription."""
    found = _subscription(asked)
    found.demand_etag(asked.if_match)
    asked.store.remove(SUBSCRIPTIONS, found.body["id"])
    return Answer(status=204)


@answers("ons")
def publish_message(asked: Asked) -> Answer:
    """Publish a message. With `messageType: JSON` the body is an object with a default.

    Source: SDK docstring of publish_message. The status 202 is not sourced.
    """
    topic = asked.store.find(TOPICS, asked.path["topicId"], asked.region).body
    title, body = asked.body.get("title"), asked.body["body"]
    if len(f"{title or ''}{body}".encode()) > MOST_BYTES:
        raise invalid(f"A message may have at most {MOST_BYTES} bytes")
    kind = asked.headers.get("messagetype", "RAW_TEXT")
    _demand_message(kind, body)
    asked.store.made += 1
    message = {"messageId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{topic['topicId']}/{asked.store.made}"))}
    message["timeStamp"] = text(asked.store.clock.now())
    told = [
        r.body["id"]
        for r in asked.store.all(SUBSCRIPTIONS, asked.region)
        if r.body["topicId"] == topic["topicId"] and r.body["lifecycleState"] == "ACTIVE"
    ]
    record = {**message, "topicId": topic["topicId"], "title": title, "body": body, "messageType": kind, "subscriptions": told}
    asked.store.journal(MESSAGES).append(record)
    return Answer(message, status=202)


def _topic(asked: Asked, found: Resource) -> Body:
    body = shown(asked, found.body, found.before)
    return {**body, "apiEndpoint": own(asked, "ons"), "etag": etag_shown(asked, found)}


def _topic_shown(asked: Asked, found: Resource) -> Answer:
    return Answer(_topic(asked, found), headers={"etag": etag_shown(asked, found)})


def _subscription(asked: Asked) -> Resource:
    return asked.store.find(SUBSCRIPTIONS, asked.path["subscriptionId"], asked.region)


def _subscription_shown(asked: Asked, found: Resource) -> Answer:
    body = _subscription_body(asked, found)
    return Answer(body, headers={"etag": body["etag"]})


def _subscription_body(asked: Asked, found: Resource) -> Body:
    return {**shown(asked, found.body, found.before), "etag": etag_shown(asked, found)}


def _demand_endpoint(protocol: str, endpoint: str) -> None:
    """Source: SDK docstring of CreateSubscriptionDetails.endpoint."""
    if protocol not in PROTOCOLS:
        raise invalid(f"protocol must be one of {', '.join(PROTOCOLS)}")
    if protocol in _OVER_HTTP and not (endpoint.startswith(("http:", "https:")) and len(endpoint) <= MOST_URL):
        raise invalid(f"endpoint must be a URL of at most {MOST_URL} characters")
    if protocol == "EMAIL" and "@" not in endpoint:
        raise invalid("endpoint must be an email address")
    if protocol == "ORACLE_FUNCTIONS" and not endpoint.startswith("ocid1."):
        raise not_found()


def _demand_message(kind: str, body: str) -> None:
    if kind not in ("JSON", "RAW_TEXT"):
        raise invalid("messageType must be one of JSON, RAW_TEXT")
    if kind == "RAW_TEXT":
        return
    try:
        given = json.loads(body)
    except ValueError:
        given = None
    if not isinstance(given, dict) or "default" not in given:
        raise invalid("A message of type JSON is an object with the key 'default'")
