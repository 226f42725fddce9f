"""How alarms are: quiet, or firing where a test says so. The sandbox evaluates no alarm by itself."""

from __future__ import annotations

from sandbox.oci.clock import text
from sandbox.oci.errors import invalid
from sandbox.oci.exchange import MOST_PER_PAGE, Answer, Asked, answers, page
from sandbox.oci.services.identity import below, demand_compartment
from sandbox.oci.services.monitoring_alarms import ALARMS
from sandbox.oci.store import Store

_FIRING = "firing_since"


@answers("monitoring")
def list_alarms_status(asked: Asked) -> Answer:
    """How the enabled alarms of a compartment are. Source: SDK docstrings of list_alarms_status and AlarmStatusSummary."""
    query, compartment = asked.query, asked.query["compartmentId"]
    demand_compartment(asked, compartment)
    subtree = query.get("compartmentIdInSubtree", False)
    if subtree and compartment != asked.tenancy:
        raise invalid("compartmentIdInSubtree can be true for the tenancy alone")
    compartments = below(asked.store, compartment) if subtree else {compartment}
    now = text(asked.store.clock.now())
    rows = [
        {
            "id": one.body["id"],
            "displayName": one.body["displayName"],
            "severity": one.body["severity"],
            "timestampTriggered": one.hidden.get(_FIRING, now),
            "status": "FIRING" if _FIRING in one.hidden else "OK",
            "ruleName": one.body["ruleName"],
        }
        for one in asked.store.all(ALARMS, asked.region)
        if one.body["compartmentId"] in compartments and one.body["lifecycleState"] == "ACTIVE" and one.body["isEnabled"]
    ]
    wanted = [row for row in rows if query.get("displayName") in (None, row["displayName"])]
    return page(asked, sorted(wanted, key=lambda row: (row["displayName"], row["id"])), MOST_PER_PAGE)


def fire(store: Store, ocid: str, *, firing: bool = True) -> None:
    """Let an alarm fire, or be quiet again."""
    hidden = store.find(ALARMS, ocid).hidden
    hidden.pop(_FIRING, None)
    if firing:
        hidden[_FIRING] = text(store.clock.now())
