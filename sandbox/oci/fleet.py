"""Lets the demo company's Autonomous Databases exist: with their standbys, clones, backups, tags, and what goes on in them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from sandbox.databases import Database, databases
from sandbox.oci.clock import text
from sandbox.oci.services import database
from sandbox.oci.services.database import contents
from sandbox.oci.store import Resource, Store
from sandbox.oci_estate import COMPARTMENTS
from sandbox.usage import Window

_CONTACT = "dba@acme.example"


def populate(store: Store, window: Window) -> None:
    """Let them exist since the scenario's first day."""
    since = datetime.combine(window.first, time(), UTC)
    made: dict[str, Resource] = {}
    for one in databases(window):
        made[one.name] = _added(store, one, since, made)
    for one in databases(window):
        for days in one.long_term:
            _kept(store, made[one.name], datetime.combine(window.last, time(1), UTC), days)


def _added(store: Store, one: Database, since: datetime, made: dict[str, Resource]) -> Resource:
    fields = {
        "id": one.id,
        "displayName": one.name,
        "timeCreated": text(since),
        "freeformTags": dict(one.tags),
        "customerContacts": [{"email": _CONTACT}],
        **one.fields,
    }
    source = made[one.clone_of] if one.clone_of else None
    if source is not None:
        fields |= {"isRefreshableClone": True, "refreshableMode": "MANUAL", "refreshableStatus": "NOT_REFRESHING"}
        fields |= {"openMode": "READ_ONLY", "sourceId": source.body["id"], "timeOfLastRefresh": text(since)}
    name = one.name.replace("-", "")
    found = database.add_database(store, one.region, COMPARTMENTS[one.compartment], name, **fields)
    found.hidden |= {"load": one.load.body} if one.load else {"unmeasured": True}
    if source is not None:
        contents.copy(store, str(source.body["id"]), one.id)
    if one.has_local_standby:
        database.add_local_standby(store, found)
    if one.standby_in:
        database.add_standby(store, found, one.standby_in, timeCreated=text(since))
    return found


def _kept(store: Store, found: Resource, at: datetime, days: int) -> None:
    """A long-term backup of the scenario's last day."""
    made = database.add_backup(
        store,
        found,
        f"{found.body['dbName']}-long-term-{days}",
        type="LONGTERM",
        isAutomatic=False,
        retentionPeriodInDays=days,
        timeStarted=text(at),
        timeEnded=text(at + timedelta(minutes=20)),
        timeAvailableTill=text(at + timedelta(days=days)),
    )
    contents.copy(store, str(found.body["id"]), str(made.body["id"]))
