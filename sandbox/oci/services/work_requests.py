"""Work requests: how far what services do in the background has come. Services begin one with `start`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta

from sandbox.oci.clock import parsed, text
from sandbox.oci.exchange import Answer, Asked, answers, etag_shown, page, shown
from sandbox.oci.services.identity import demand_compartment
from sandbox.oci.store import Body, Change, Resource, Store, effect

WORK_REQUESTS = "work_requests.work_requests"
WAITING = 0.1
"""Share of the time in which a work request is accepted and not yet in progress. Not sourced."""
MOST_RETRY_AFTER = 30
"""Seconds that `retry-after` says at most. Not sourced."""
_SUMMARY = ("id", "operationType", "status", "compartmentId", "percentComplete", "timeAccepted", "timeStarted", "timeFinished")


def affected(entity_type: str, action: str, identifier: str, uri: str | None = None) -> Body:
    """A resource that an operation works on: `action` is what will have been done, such as CREATED."""
    return {"entityType": entity_type, "actionType": action, "identifier": identifier, "entityUri": uri}


def start(
    store: Store,
    region: str,
    compartment: str,
    operation: str,
    resources: Sequence[Body],
    seconds: float,
    *,
    error: tuple[str, str] | None = None,
) -> str:
    """Begin a work request that ends after so many seconds of the sandbox's time; returns its OCID, for `opc-work-request-id`.

    It is ACCEPTED, then IN_PROGRESS, then SUCCEEDED, or FAILED with the code and the message of an error. Until then its
    resources are IN_PROGRESS. Source: SDK docstrings of WorkRequest and WorkRequestResource.
    """
    made = _begun(store, region, compartment, operation, resources, seconds)
    store.afterwards(seconds, Change("", WORK_REQUESTS, str(made.body["id"]), {}, "work_requests.end", {"error": error}))
    return str(made.body["id"])


def start_open(store: Store, region: str, compartment: str, operation: str, resources: Sequence[Body], seconds: float) -> str:
    """As `start`, but it ends when `end` says so; it is expected to take so many seconds."""
    return str(_begun(store, region, compartment, operation, resources, seconds).body["id"])


def end(store: Store, ocid: str, error: tuple[str, str] | None = None, status: str = "") -> None:
    """Let a work request end now: SUCCEEDED, FAILED if there is an error, or as `status` says."""
    found = store.table(WORK_REQUESTS)[ocid]
    store.forget_changes(WORK_REQUESTS, ocid)
    now = text(store.clock.now())
    status = status or ("FAILED" if error else "SUCCEEDED")
    percent = 100.0 if status == "SUCCEEDED" else _percent(found, now)
    found.hidden["error"] = error
    started = found.body["timeStarted"] or now
    resources = [dict(one) for one in found.hidden["resources"]]
    found.change(status=status, percentComplete=percent, timeStarted=started, timeFinished=now, resources=resources)


@effect("work_requests.end")
def _end(store: Store, change: Change) -> None:
    end(store, change.key, change.details["error"])


def _begun(store: Store, region: str, compartment: str, operation: str, resources: Sequence[Body], seconds: float) -> Resource:
    now = store.clock.now()
    begin, ends = (text(now + timedelta(seconds=after)) for after in (seconds * WAITING, seconds))
    body: Body = {
        "id": store.new_ocid("coreservicesworkrequest", region),
        "operationType": operation,
        "status": "ACCEPTED",
        "compartmentId": compartment,
        "resources": [{**one, "actionType": "IN_PROGRESS"} for one in resources],
        "percentComplete": 0.0,
        "timeAccepted": text(now),
        "timeStarted": None,
        "timeFinished": None,
    }
    hidden: Body = {"begin": begin, "end": ends, "error": None, "resources": [dict(one) for one in resources]}
    made = store.add(WORK_REQUESTS, body, region)
    made.hidden |= hidden
    store.later(seconds * WAITING, WORK_REQUESTS, str(body["id"]), status="IN_PROGRESS", timeStarted=begin)
    return made


@answers("work_requests")
def get_work_request(asked: Asked) -> Answer:
    """One work request; until it is finished, with when to ask again."""
    found = _found(asked)
    body = _at_present(asked, found)
    if body["timeFinished"] is not None:
        return Answer(body, headers={"etag": etag_shown(asked, found)})
    left = (parsed(found.hidden["end"]) - asked.store.clock.now()).total_seconds()
    # what takes longer than expected is asked for again no sooner than anything else
    after = min(max(math.ceil(left), 1), MOST_RETRY_AFTER) if left > 0 else MOST_RETRY_AFTER
    return Answer(body, headers={"etag": etag_shown(asked, found), "retry-after": str(after)})


@answers("work_requests")
def list_work_requests(asked: Asked) -> Answer:
    """Work requests of a compartment, or of a resource, the newest first; the order is not sourced."""
    compartment, resource = asked.query["compartmentId"], asked.query.get("resourceId")
    demand_compartment(asked, compartment)
    rows = [
        {name: value for name, value in _at_present(asked, r).items() if name in _SUMMARY}
        for r in asked.store.all(WORK_REQUESTS, asked.region)
        if r.body["compartmentId"] == compartment
        and (resource is None or any(one["identifier"] == resource for one in r.body["resources"]))
    ]
    return page(asked, rows[::-1])


@answers("work_requests")
def list_work_request_errors(asked: Asked) -> Answer:
    """Why a work request failed."""
    found = _found(asked)
    rows: list[Body] = []
    if found.body["status"] == "FAILED":
        code, message = found.hidden["error"]
        rows.append({"code": code, "message": message, "timestamp": found.body["timeFinished"]})
    return page(asked, rows)


@answers("work_requests")
def list_work_request_logs(asked: Asked) -> Answer:
    """What happened to a work request, the earliest first; the order and the words are not sourced."""
    body = _found(asked).body
    said = (
        ("timeAccepted", "accepted"),
        ("timeStarted", "in progress"),
        ("timeFinished", str(body["status"]).lower()),
    )
    rows = [{"message": f"{body['operationType']}: {what}", "timestamp": body[when]} for when, what in said if body[when]]
    return page(asked, rows[::-1] if asked.query.get("sortOrder") == "DESC" else rows)


def _found(asked: Asked) -> Resource:
    return asked.store.find(WORK_REQUESTS, asked.path["workRequestId"], asked.region)


def _at_present(asked: Asked, found: Resource) -> Body:
    """A work request with how far it has come by the clock."""
    body = shown(asked, found.body, found.before)
    if body["status"] != "IN_PROGRESS":
        return body
    return {**body, "percentComplete": _percent(found, text(asked.store.clock.now()))}


def _percent(found: Resource, now: str) -> float:
    """Share of its time that has passed; what is not finished has at most 99 per cent behind it."""
    begin, end = parsed(found.body["timeAccepted"]), parsed(found.hidden["end"])
    return float(min(math.floor((parsed(now) - begin) / max(end - begin, timedelta(milliseconds=1)) * 100), 99))
