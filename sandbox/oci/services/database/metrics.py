"""Metrics of Autonomous Databases in Monitoring: made when they are asked for, of every database in the region.

A database measures from its creation on (one of a scenario: from the scenario's first day), while it runs and is no standby.
Source of the namespace and its dimensions: docs.oracle.com, "Available Metrics" of Autonomous Database Serverless.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial

from sandbox import database_load
from sandbox.database_load import METRICS, Load
from sandbox.oci.aggregation import Series
from sandbox.oci.clock import parsed
from sandbox.oci.services import work_requests
from sandbox.oci.services.database import contents
from sandbox.oci.services.database.lifecycle import DATABASES, RUNNING
from sandbox.oci.services.monitoring import Stream, streams_of
from sandbox.oci.store import Body, Resource, Store

NAMESPACE = "oci_autonomous_database"
_STANDBYS = ("STANDBY", "DISABLED_STANDBY", "BACKUP_COPY")
_MINUTE_MS = 60_000
PEER_LAG = "PeerLag"
"""Seconds by which a standby in another region is behind. Not sourced: remembered of the list of metrics, which has it for
Autonomous Data Guard alone."""
_LAG_MINUTES = 5
_NOT_MEASURED = ("TERMINATED", "PROVISIONING", "STANDBY")


@streams_of(NAMESPACE)
def streams(store: Store, region: str, name: str | None, compartments: Collection[str]) -> Iterator[Stream]:
    """Streams of all databases of some compartments in a region, or those of one metric."""
    for found in store.all(DATABASES, region):
        if found.body["compartmentId"] not in compartments:
            continue
        if found.body["lifecycleState"] in _NOT_MEASURED or found.body.get("role") in _STANDBYS or found.hidden.get("unmeasured"):
            continue
        if name in (None, PEER_LAG):
            yield from _peer_lags(store, found)
        for metric, (_, unit) in METRICS.items():
            if name in (None, metric):
                yield Stream(_body(found, metric), {"unit": unit, "displayName": metric}, _Made(store, found, metric).between)


def _peer_lags(store: Store, found: Resource) -> Iterator[Stream]:
    """How far the standby in another region is behind, as its primary measures it."""
    for peer in found.body["peerDbIds"] or ():
        yield Stream(_body(found, PEER_LAG), {"unit": "seconds", "displayName": PEER_LAG}, partial(_lag, store, found, str(peer)))


def _lag(store: Store, found: Resource, peer: str, begin: int, end: int) -> Series:
    """The lag of now, in the last minutes alone: what it was before is not kept."""
    behind = contents.lag(store, peer)
    last = min(end, _last(store, found)) // _MINUTE_MS
    first = max(-(-begin // _MINUTE_MS), last - _LAG_MINUTES)
    minutes = range(first, last + 1) if behind is not None else ()
    return Series([m * _MINUTE_MS for m in minutes], [behind or 0.0 for _ in minutes], [1 for _ in minutes])


class _Made:
    """The datapoints of a stream."""

    def __init__(self, store: Store, found: Resource, metric: str) -> None:
        self._store, self._found, self._metric = store, found, metric

    def between(self, begin: int, end: int) -> Series:
        """Datapoints from one moment to another, both included, in milliseconds since 1970."""
        body, key = self._found.body, str(self._found.body["id"])
        last = min(end, _last(self._store, self._found)) // _MINUTE_MS
        allocated = float(body["dataStorageSizeInGBs"])
        load = _load(self._found, allocated)
        minutes, values = database_load.measured(self._metric, key, load, allocated, -(-begin // _MINUTE_MS), last)
        return Series([minute * _MINUTE_MS for minute in minutes], values, [1] * len(minutes))


def _body(found: Resource, metric: str) -> Body:
    body = found.body
    dimensions = {
        "AutonomousDBType": body["dbWorkload"],
        "deploymentType": "Shared",
        "displayName": body["displayName"],
        "region": found.region,
        "resourceId": body["id"],
        "resourceName": body["displayName"],
    }
    return {
        "namespace": NAMESPACE,
        "resourceGroup": None,
        "compartmentId": body["compartmentId"],
        "name": metric,
        "dimensions": dimensions,
    }


def _load(found: Resource, allocated: float) -> Load:
    known = found.hidden.get("load")
    if known is not None:
        return database_load.load_of(known)
    since = int(parsed(found.body["timeCreated"]).timestamp() // 60)
    return database_load.usual_load(str(found.body["id"]), allocated, since)


def _last(store: Store, found: Resource) -> int:
    """Last moment with datapoints: now, when a fault began, or when the database stopped."""
    missing = contents.fault(store, str(found.body["id"]), "metrics")
    moments = [store.clock.now()]
    if missing is not None:
        moments.append(parsed(missing["since"]))
    if found.body["lifecycleState"] not in (*RUNNING, "BACKUP_IN_PROGRESS", "UPDATING"):
        moments += [parsed(when) for when in (_begun(store, str(found.body["id"])),) if when]
    return round(min(moments).timestamp() * 1000)


def _begun(store: Store, ocid: str) -> str | None:
    """When what last was done to a database began: it does not run since."""
    rows = [
        r.body for r in store.all(work_requests.WORK_REQUESTS) if any(one["identifier"] == ocid for one in r.body["resources"])
    ]
    return str(rows[-1]["timeAccepted"]) if rows else None
