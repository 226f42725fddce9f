"""Alarms of Monitoring: what they watch and whom they tell. The sandbox keeps them and does not let them fire."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from sandbox.oci import specification
from sandbox.oci.clock import parsed, text
from sandbox.oci.errors import invalid, not_found
from sandbox.oci.exchange import MOST_PER_PAGE, Answer, Asked, answers, etag_shown, page, shown
from sandbox.oci.services import ons, streaming
from sandbox.oci.services.identity import below, demand_compartment
from sandbox.oci.services.monitoring import read
from sandbox.oci.store import Body, Resource

ALARMS = "monitoring.alarms"
SEVERITIES = ("INFO", "WARNING", "ERROR", "CRITICAL")
"""From the least on. Source: SDK docstring of Alarm.severity; their order when sorted by is not sourced."""
DURATIONS = {
    "pendingDuration": (timedelta(minutes=1), timedelta(hours=1)),
    "repeatNotificationDuration": (timedelta(minutes=1), timedelta(days=30)),
    "evaluationSlackDuration": (timedelta(minutes=3), timedelta(hours=2)),
}
"""Shortest and longest. Source: SDK docstring of CreateAlarmDetails."""
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_DESTINATIONS = {"onstopic": ons.TOPICS, "stream": streaming.STREAMS}
_USUAL: Body = {
    "metricCompartmentIdInSubtree": False,
    "resolution": "1m",
    "pendingDuration": "PT1M",
    "evaluationSlackDuration": "PT3M",
    "messageFormat": "RAW",
    "ruleName": "BASE",
    "isNotificationsPerMetricDimensionEnabled": False,
    "freeformTags": {},
    "definedTags": {},
}
"""Source: SDK docstring of CreateAlarmDetails; of the last three not sourced."""


@answers("monitoring")
def create_alarm(asked: Asked) -> Answer:
    """An alarm; its query has a trigger rule. Source: SDK docstring of CreateAlarmDetails.query."""
    body = {**_USUAL, **_given(asked)}
    _demand(asked, body)
    now = text(asked.store.clock.now())
    made = {"id": asked.store.new_ocid("alarm", asked.region), **body}
    found = asked.store.add(ALARMS, {**made, "lifecycleState": "ACTIVE", "timeCreated": now, "timeUpdated": now}, asked.region)
    return Answer(found.body, headers={"etag": found.etag})


@answers("monitoring")
def get_alarm(asked: Asked) -> Answer:
    """One alarm; one that was deleted says so. That it is still shown then is not sourced."""
    found = asked.store.find(ALARMS, asked.path["alarmId"], asked.region)
    return Answer(shown(asked, found.body, found.before), headers={"etag": etag_shown(asked, found)})


@answers("monitoring")
def list_alarms(asked: Asked) -> Answer:
    """Alarms of a compartment: those that are active, unless another state is asked for. Source: SDK docstring of list_alarms."""
    query, compartment = asked.query, asked.query["compartmentId"]
    demand_compartment(asked, compartment)
    subtree = query.get("compartmentIdInSubtree", False)
    if subtree and compartment != asked.tenancy:
        raise invalid("compartmentIdInSubtree can be true for the tenancy alone")
    compartments = below(asked.store, compartment) if subtree else {compartment}
    rows = [
        body
        for body in (shown(asked, r.body, r.before) for r in asked.store.all(ALARMS, asked.region))
        if body["compartmentId"] in compartments
        and body["lifecycleState"] == query.get("lifecycleState", "ACTIVE")
        and query.get("displayName") in (None, body["displayName"])
    ]
    rows.sort(key=lambda row: _place(row, query.get("sortBy", "displayName")), reverse=query.get("sortOrder") == "DESC")
    fields = specification.services()["monitoring"].models["AlarmSummary"]["fields"]
    return page(asked, [{name: row.get(name) for name in fields} for row in rows], MOST_PER_PAGE)


@answers("monitoring")
def update_alarm(asked: Asked) -> Answer:
    """Change what is given of an alarm."""
    found = _alive(asked)
    found.demand_etag(asked.if_match)
    changes = _given(asked)
    _demand(asked, {**found.body, **changes})
    found.change(**changes, timeUpdated=text(asked.store.clock.now()))
    return Answer(found.body, headers={"etag": found.etag})


@answers("monitoring")
def remove_alarm_suppression(asked: Asked) -> Answer:
    """Take an alarm's suppression away: an update without one leaves it. Source: SDK docstring of remove_alarm_suppression."""
    found = _alive(asked)
    found.demand_etag(asked.if_match)
    found.change(suppression=None, timeUpdated=text(asked.store.clock.now()))
    return Answer(status=204)


@answers("monitoring")
def delete_alarm(asked: Asked) -> Answer:
    """Delete an alarm."""
    found = _alive(asked)
    found.demand_etag(asked.if_match)
    found.change(lifecycleState="DELETED", timeUpdated=text(asked.store.clock.now()))
    return Answer(status=204)


def _alive(asked: Asked) -> Resource:
    found = asked.store.find(ALARMS, asked.path["alarmId"], asked.region)
    if found.body["lifecycleState"] != "ACTIVE":
        raise not_found()
    return found


def _given(asked: Asked) -> Body:
    return {name: value for name, value in asked.body.items() if value is not None}


def _place(row: Body, field: str) -> tuple[Any, str]:
    return (SEVERITIES.index(row[field]) if field == "severity" else row[field], row["id"])


def _demand(asked: Asked, body: Body) -> None:
    for field in ("compartmentId", "metricCompartmentId"):
        demand_compartment(asked, body[field])
    if body["metricCompartmentIdInSubtree"] and body["metricCompartmentId"] != asked.tenancy:
        raise invalid("metricCompartmentIdInSubtree can be true for the tenancy alone")
    if body["resolution"] != "1m":
        raise invalid("resolution must be 1m")
    if not re.fullmatch(r"\d{1,4}\.X", body.get("notificationVersion") or "1.X"):
        raise invalid("notificationVersion must be 1.X")
    for rule in (body, *(body.get("overrides") or ())):
        _demand_rule(rule)
    names = [body["ruleName"], *(rule.get("ruleName") for rule in body.get("overrides") or ())]
    if len(set(names)) < len(names):
        raise invalid("ruleName must be unique within the alarm")
    _demand_destinations(asked, body["destinations"])
    _demand_suppression(body.get("suppression"))


def _demand_suppression(given: Body | None) -> None:
    """That it ends after it begins is not sourced."""
    if given is not None and parsed(given["timeSuppressFrom"]) >= parsed(given["timeSuppressUntil"]):
        raise invalid("timeSuppressUntil must be after timeSuppressFrom")


def _demand_rule(rule: Body) -> None:
    """Source: SDK docstrings of CreateAlarmDetails and AlarmOverride."""
    if rule.get("query") is not None and not read(rule["query"]).triggers:
        raise invalid("query must have a trigger rule: a threshold or absent()")
    if rule.get("severity") not in (None, *SEVERITIES):
        raise invalid(f"severity must be one of {', '.join(SEVERITIES)}")
    for field, (least, most) in DURATIONS.items():
        if rule.get(field) is not None and not least <= _duration(rule[field]) <= most:
            raise invalid(f"{field} must be an ISO 8601 duration from {least} to {most}")


def _duration(given: str) -> timedelta:
    """A duration; one that cannot be read is shorter than any."""
    found = _DURATION.fullmatch(given)
    if not found or not any(found.groups()):
        return timedelta(-1)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def _demand_destinations(asked: Asked, destinations: list[str]) -> None:
    """At most one topic and one stream. Source: SDK docstring of CreateAlarmDetails.destinations.

    That there must be one, and that it must exist, is not sourced.
    """
    kinds = [ocid.split(".")[1] if ocid.startswith("ocid1.") else "" for ocid in destinations]
    if not kinds or len(set(kinds)) < len(kinds) or not set(kinds) <= set(_DESTINATIONS):
        raise invalid("destinations must be one topic, one stream, or one of both")
    for kind, ocid in zip(kinds, destinations, strict=True):
        if asked.store.find(_DESTINATIONS[kind], ocid, asked.region).body["lifecycleState"] in ("DELETING", "DELETED"):
            raise not_found()
