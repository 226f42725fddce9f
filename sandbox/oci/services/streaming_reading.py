"""Streaming: cursors of single consumers and of consumer groups, and the messages that are read with them.

A cursor says what it stands for, so that the sandbox need not keep those that it gave away.
"""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.oci.clock import parsed, text
from sandbox.oci.consumer_groups import USUAL_TIMEOUT, Group
from sandbox.oci.errors import OciError, invalid, not_found
from sandbox.oci.exchange import Answer, Asked, answers
from sandbox.oci.services.streaming import active, log, next_offset, partitions
from sandbox.oci.store import Body, Resource

GROUPS = "streaming.groups"
EXPIRES = timedelta(minutes=5)
"""How long a cursor can be used. Source: SDK docstring of create_cursor; status and code of one that expired are not sourced."""
MOST_GROUPS = 50
"""Of a stream. Source: docs.oracle.com, "Limits on Streaming Resources"; the status and code are not sourced."""
MOST_READ = 10_000
"""Messages of an answer. Source: SDK docstring of get_messages; that it is the usual number as well is not sourced."""


@answers("streaming")
def create_cursor(asked: Asked) -> Answer:
    """A cursor of one partition.

    Source: docs.oracle.com, "Using Individual Consumers": offsets are those of messages that are there.
    """
    stream, body = active(asked), asked.body
    partition = body["partition"]
    if partition not in partitions(stream):
        raise invalid(f"The stream has no partition '{partition}'")
    since, offset = None, 0
    if body["type"] == "AT_TIME":
        since = _time(body)
    elif body["type"] == "LATEST":
        offset = next_offset(stream, partition)
    elif body["type"] != "TRIM_HORIZON":
        offset = _offset(asked, stream, partition) + (body["type"] == "AFTER_OFFSET")
    return _cursor(asked, partition=partition, offset=offset, since=since)


@answers("streaming")
def create_group_cursor(asked: Asked) -> Answer:
    """A cursor of an instance of a consumer group; the first one makes the group, and its type counts for that alone.

    Source: docs.oracle.com, "Using Consumer Groups".
    """
    stream, body = active(asked), asked.body
    since = _time(body) if body["type"] == "AT_TIME" else None
    timeout = body.get("timeoutInMs") or USUAL_TIMEOUT
    if timeout < 1:
        raise invalid("timeoutInMs must be greater than 0")
    name = body["groupName"]
    found = _group(asked, stream, name)
    if found is None:
        if sum(r.body["streamId"] == stream.body["id"] for r in asked.store.all(GROUPS, asked.region)) >= MOST_GROUPS:
            raise OciError(400, "LimitExceeded", f"A stream has at most {MOST_GROUPS} consumer groups.")
        latest = body["type"] == "LATEST"
        begin = {partition: next_offset(stream, partition) if latest else 0 for partition in partitions(stream)}
        resource = {"groupName": name, "streamId": stream.body["id"]}
        found = asked.store.add(GROUPS, resource, asked.region, _key(stream, name), **Group.new(begin, since).state)
    asked.store.made += 1
    instance = body.get("instanceName") or str(uuid.uuid5(uuid.NAMESPACE_URL, f"{_key(stream, name)}/{asked.store.made}"))
    Group(found.hidden).join(instance, timeout, _now(asked))
    commits = body.get("commitOnGet") is not False
    return _cursor(asked, group=name, instance=instance, timeout=timeout, commits=commits, positions={})


@answers("streaming")
def get_messages(asked: Asked) -> Answer:
    """Messages from a cursor on; `opc-next-cursor` leads on, also where there are none."""
    stream, cursor = active(asked), _read(asked)
    limit = asked.query.get("limit", MOST_READ)
    if not 1 <= limit <= MOST_READ:
        raise invalid(f"limit must be between 1 and {MOST_READ}")
    if "group" in cursor:
        return _group_messages(asked, stream, cursor, limit)
    messages = _from(asked, stream, cursor["partition"], cursor["offset"], cursor["since"])[:limit]
    if messages:
        cursor["offset"] = messages[-1]["offset"] + 1
    return Answer(messages, headers={"opc-next-cursor": _written(asked, cursor)})


@answers("streaming")
def consumer_commit(asked: Asked) -> Answer:
    """Commit what was read up to a group's cursor, and stay in the group. Source: SDK docstring of consumer_commit."""
    stream, cursor = active(asked), _read(asked)
    group = _joined(asked, stream, cursor)
    group.commit(cursor["instance"], cursor["positions"])
    return _cursor(asked, **cursor)


@answers("streaming")
def consumer_heartbeat(asked: Asked) -> Answer:
    """Stay in a group without reading. Source: SDK docstring of consumer_heartbeat."""
    stream, cursor = active(asked), _read(asked)
    _joined(asked, stream, cursor)
    return _cursor(asked, **cursor)


@answers("streaming")
def get_group(asked: Asked) -> Answer:
    """A group, with who reads which partition and how far it has come."""
    stream = active(asked)
    found = _group(asked, stream, asked.path["groupName"])
    if found is None:
        raise not_found()
    group = Group(found.hidden)
    group.expire(_now(asked))
    rows = group.reservations()
    for row in rows:
        until = row.pop("until")
        row["timeReservedUntil"] = None if until is None else text(datetime.fromtimestamp(until / 1000, tz=UTC))
    return Answer({**found.body, "reservations": rows})


def _group_messages(asked: Asked, stream: Resource, cursor: Body, limit: int) -> Answer:
    """Messages of the partitions that the instance has.

    What it read with the request before is committed first, unless it commits by itself. It goes on where it was, or, of a
    partition that it did not have before, where the group was. Source: docs.oracle.com, "Using Consumer Groups".
    """
    group, instance, positions = _joined(asked, stream, cursor), cursor["instance"], cursor["positions"]
    if cursor["commits"]:
        group.commit(instance, positions)
    messages: list[Body] = []
    reached = {}
    for partition in group.owned(instance):
        begin = max(group.begin(partition), positions.get(partition, 0))
        found = _from(asked, stream, partition, begin, group.state["since"])[: limit - len(messages)]
        messages += found
        if found or partition in positions:
            reached[partition] = found[-1]["offset"] + 1 if found else begin
    return Answer(messages, headers={"opc-next-cursor": _written(asked, {**cursor, "positions": reached})})


def _joined(asked: Asked, stream: Resource, cursor: Body) -> Group:
    if "group" not in cursor:
        raise invalid("The cursor is not one of a group")
    found = _group(asked, stream, cursor["group"])
    if found is None:
        raise not_found()
    group = Group(found.hidden)
    group.join(cursor["instance"], cursor["timeout"], _now(asked))
    return group


def _group(asked: Asked, stream: Resource, name: str) -> Resource | None:
    """A group; one that was not used for as long as the stream keeps messages is no more. Source: "Using Consumer Groups"."""
    found = asked.store.table(GROUPS).get(_key(stream, name))
    if found is None:
        return None
    unused = timedelta(milliseconds=_now(asked) - found.hidden["used"])
    if unused > timedelta(hours=stream.body["retentionInHours"]):
        asked.store.remove(GROUPS, _key(stream, name))
        return None
    return found


def _key(stream: Resource, name: str) -> str:
    return f"{stream.body['id']}/{name}"


def _from(asked: Asked, stream: Resource, partition: str, offset: int, since: int | None) -> list[Body]:
    messages: Iterable[Body] = log(asked.store, stream, partition)
    moment = "" if since is None else text(datetime.fromtimestamp(since / 1000, tz=UTC))
    labels = {"stream": stream.body["name"], "partition": partition}
    return [{**labels, **one} for one in messages if one["offset"] >= offset and one["timestamp"] >= moment]


def _offset(asked: Asked, stream: Resource, partition: str) -> int:
    offset = asked.body.get("offset")
    if offset is None:
        raise OciError(400, "MissingParameter", "offset is required with this type of cursor")
    messages = log(asked.store, stream, partition)
    if not messages or not messages[0]["offset"] <= offset <= messages[-1]["offset"]:
        raise invalid(f"There is no message at offset {offset} of partition '{partition}'")
    return int(offset)


def _time(body: Body) -> int:
    if body.get("time") is None:
        raise OciError(400, "MissingParameter", "time is required with the type AT_TIME")
    return round(parsed(body["time"]).timestamp() * 1000)


def _now(asked: Asked) -> int:
    return round(asked.store.clock.now().timestamp() * 1000)


def _cursor(asked: Asked, **what: Any) -> Answer:  # noqa: ANN401
    return Answer({"value": _written(asked, what)})


def _written(asked: Asked, what: Body) -> str:
    """A cursor: opaque text."""
    cursor = {**what, "stream": asked.path["streamId"], "issued": _now(asked)}
    return base64.urlsafe_b64encode(json.dumps(cursor).encode()).decode()


def _read(asked: Asked) -> Body:
    """What the cursor of a request stands for."""
    try:
        cursor: Body = json.loads(base64.urlsafe_b64decode(asked.query["cursor"]))
        stream, issued = cursor.pop("stream"), cursor.pop("issued")
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError):
        raise invalid("The cursor cannot be read") from None
    if stream != asked.path["streamId"]:
        raise invalid("The cursor is one of another stream")
    if _now(asked) - issued > EXPIRES.total_seconds() * 1000:
        raise invalid("The cursor has expired")
    return cursor
