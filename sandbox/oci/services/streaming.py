"""Streaming: streams, and the messages that are put into their partitions. Reading is in `streaming_reading.py`.

The messages of a partition are a journal; what is older than the retention goes from its beginning.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from datetime import timedelta

from sandbox.oci import specification
from sandbox.oci.clock import text
from sandbox.oci.endpoints import own
from sandbox.oci.errors import OciError, conflict, invalid, not_found
from sandbox.oci.exchange import Answer, Asked, answers, etag_shown, page, shown
from sandbox.oci.services.identity import COMPARTMENTS, demand_compartment
from sandbox.oci.store import Body, Resource, Store

STREAMS = "streaming.streams"
CREATING, DELETING = 10, 10
"""Seconds in these states. Not sourced."""
RETENTION = (24, 168)
"""Hours, of which the first is usual. Source: SDK docstring of CreateStreamDetails.retention_in_hours."""
MOST_BYTES = 1024 * 1024
"""Of a request, keys and values decoded. Source: docs.oracle.com, "Limits on Streaming Resources"."""
MOST_KEY = 256
"""Bytes. Source: SDK docstring of PutMessagesDetailsEntry.key."""
MOST_LISTED, USUALLY_LISTED = 50, 10
"""Source: SDK docstring of list_streams."""


def pool(compartment: str, region: str) -> str:
    """The stream pool of a compartment, which streams are in that name none. That there is one for each is not sourced."""
    return f"ocid1.streampool.oc1.{region}.aaaaaaaa{hashlib.sha256(f'{compartment}/{region}'.encode()).hexdigest()[:40]}"


def active(asked: Asked) -> Resource:
    """The stream of the path, if it can be read and written. The status while it is being created is not sourced."""
    found = asked.store.find(STREAMS, asked.path["streamId"], asked.region)
    if found.body["lifecycleState"] in ("DELETING", "DELETED"):
        raise not_found()
    if found.body["lifecycleState"] != "ACTIVE":
        raise conflict(f"The stream is in state {found.body['lifecycleState']}.")
    return found


def partitions(stream: Resource) -> list[str]:
    """The partitions of a stream."""
    return [str(number) for number in range(stream.body["partitions"])]


def log(store: Store, stream: Resource, partition: str) -> list[Body]:
    """The messages of a partition within the retention: `offset`, `key`, `value`, `timestamp`.

    Source: docs.oracle.com, "Limits on Streaming Resources".
    """
    messages = store.journal(f"streaming.messages/{stream.body['id']}/{partition}")
    horizon = text(store.clock.now() - timedelta(hours=stream.body["retentionInHours"]))
    first = next((place for place, message in enumerate(messages) if message["timestamp"] >= horizon), len(messages))
    del messages[:first]
    return messages


def next_offset(stream: Resource, partition: str) -> int:
    """The offset that the next message of a partition gets."""
    return int(stream.hidden["next"].get(partition, 0))


def add_stream(
    store: Store,
    region: str,
    compartment: str,
    name: str,
    partitions: int = 1,
    hours: int = RETENTION[0],
    more: Body | None = None,
) -> Resource:
    """Let a stream exist that can be used; `more` are further fields, an `id` of its own among them."""
    made: Body = {
        "id": (more or {}).get("id") or store.new_ocid("stream", region),
        "name": name,
        "partitions": partitions,
        "retentionInHours": hours,
        "compartmentId": compartment,
        "streamPoolId": pool(compartment, region),
        "lifecycleState": "ACTIVE",
        "timeCreated": text(store.clock.now()),
        "freeformTags": {},
        "definedTags": {},
    }
    return store.add(STREAMS, {**made, **(more or {})}, region, next={})


@answers("streaming")
def create_stream(asked: Asked) -> Answer:
    """Begin to create a stream, in a compartment or a stream pool.

    Source: SDK docstring of create_stream: not both. That one must be given, and that there is a partition, is not sourced.
    """
    body = asked.body
    compartment = _compartment(asked, body.get("compartmentId"), body.get("streamPoolId"))
    hours = body.get("retentionInHours") or RETENTION[0]
    if not RETENTION[0] <= hours <= RETENTION[1]:
        raise invalid(f"retentionInHours must be between {RETENTION[0]} and {RETENTION[1]}")
    if body["partitions"] < 1:
        raise invalid("partitions must be 1 or more")
    more = {name: body.get(name) or {} for name in ("freeformTags", "definedTags")}
    found = add_stream(asked.store, asked.region, compartment, body["name"], body["partitions"], hours, more)
    found.body["lifecycleState"] = "CREATING"
    asked.store.later(CREATING, STREAMS, found.body["id"], lifecycleState="ACTIVE")
    return _shown(asked, found)


@answers("streaming")
def get_stream(asked: Asked) -> Answer:
    """One stream, with the endpoint of its messages; one that was deleted says so. Source: SDK docstring of delete_stream."""
    return _shown(asked, asked.store.find(STREAMS, asked.path["streamId"], asked.region))


@answers("streaming")
def list_streams(asked: Asked) -> Answer:
    """Streams of a compartment or a stream pool, the newest first. Source: SDK docstring of list_streams."""
    query = asked.query
    compartment = _compartment(asked, query.get("compartmentId"), query.get("streamPoolId"))
    if not 1 <= query.get("limit", USUALLY_LISTED) <= MOST_LISTED:
        raise invalid(f"limit must be between 1 and {MOST_LISTED}")
    rows = [
        r
        for r in asked.store.all(STREAMS, asked.region)
        if r.body["compartmentId"] == compartment
        and all(query.get(field) in (None, r.body[field]) for field in ("id", "name", "lifecycleState"))
    ]
    field = "name" if query.get("sortBy") == "NAME" else "timeCreated"
    usual = "ASC" if field == "name" else "DESC"
    rows.sort(key=lambda r: str(r.body[field]), reverse=query.get("sortOrder", usual) == "DESC")
    fields = specification.services()["streaming"].models["StreamSummary"]["fields"]
    summaries = [{name: value for name, value in _body(asked, r).items() if name in fields} for r in rows]
    return page(asked, summaries, USUALLY_LISTED)


@answers("streaming")
def delete_stream(asked: Asked) -> Answer:
    """Begin to delete a stream; its messages go at once.

    Source: SDK docstring of delete_stream. The status 202 is not sourced.
    """
    found = active(asked)
    found.demand_etag(asked.if_match)
    for partition in partitions(found):
        log(asked.store, found, partition).clear()
    found.change(lifecycleState="DELETING")
    asked.store.later(DELETING, STREAMS, found.body["id"], lifecycleState="DELETED")
    return Answer(status=202)


@answers("streaming")
def put_messages(asked: Asked) -> Answer:
    """Put messages into the partitions of their keys; what fails of them is told per message, in an answer of status 200.

    A message without a key gets one. Source: SDK docstring of put_messages; of the answer, that of PutMessagesResult. Which
    partition belongs to which key is not sourced, nor is that a request with a message that is no base64 fails as a whole.
    """
    stream = active(asked)
    given: list[Body] = asked.body["messages"]
    if not given:
        raise invalid("messages must not be empty")
    decoded = [(_decoded(one.get("key"), "key"), _decoded(one["value"], "value")) for one in given]
    if any(len(key) > MOST_KEY for key, _ in decoded):
        raise invalid(f"A key may have at most {MOST_KEY} bytes")
    if sum(len(key) + len(value) for key, value in decoded) > MOST_BYTES:
        raise invalid(f"A request may have at most {MOST_BYTES} bytes of keys and messages")
    now = text(asked.store.clock.now())
    entries = [
        _failed() if asked.partial and place % 2 == 0 else _put(asked.store, stream, one.get("key"), one["value"], now)
        for place, one in enumerate(given)
    ]
    return Answer({"failures": sum("error" in entry for entry in entries), "entries": entries})


def _put(store: Store, stream: Resource, key: str | None, value: str, now: str) -> Body:
    if not key:
        store.made += 1
        key = base64.b64encode(hashlib.sha256(f"{stream.body['id']}/{store.made}".encode()).digest()[:16]).decode()
    number = int.from_bytes(hashlib.md5(base64.b64decode(key), usedforsecurity=False).digest()[:8], "big")
    partition = str(number % stream.body["partitions"])
    messages, offset = log(store, stream, partition), next_offset(stream, partition)
    stream.hidden["next"][partition] = offset + 1
    # timestamps of a partition do not go back, so that a time is found where it would be expected
    moment = max(now, messages[-1]["timestamp"]) if messages else now
    messages.append({"offset": offset, "key": key, "value": value, "timestamp": moment})
    return {"partition": partition, "offset": offset, "timestamp": moment}


def _failed() -> Body:
    return {"error": "InternalServerError", "errorMessage": "A fault that was asked for."}


def _decoded(value: str | None, what: str) -> bytes:
    try:
        return base64.b64decode(value or "", validate=True)
    except binascii.Error:
        raise invalid(f"The {what} of a message must be base64") from None


def _compartment(asked: Asked, compartment: str | None, stream_pool: str | None) -> str:
    if (compartment is None) is (stream_pool is None):
        raise OciError(400, "InvalidParameter", "Either compartmentId or streamPoolId must be given")
    if compartment is not None:
        demand_compartment(asked, compartment)
        return compartment
    known = (asked.tenancy, *asked.store.table(COMPARTMENTS))
    for ocid in known:
        if pool(ocid, asked.region) == stream_pool:
            return ocid
    raise not_found()


def _body(asked: Asked, found: Resource) -> Body:
    return {**shown(asked, found.body, found.before), "messagesEndpoint": own(asked, "streaming")}


def _shown(asked: Asked, found: Resource) -> Answer:
    return Answer(_body(asked, found), headers={"etag": etag_shown(asked, found)})
