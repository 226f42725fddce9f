"""A record of every request to the Database service that would change something: what a caller's own journal is held against."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.oci.clock import text
from sandbox.oci.errors import OciError
from sandbox.oci.exchange import Answer, Asked
from sandbox.oci.services.database.lifecycle import DATABASES, is_dry
from sandbox.oci.specification import Operation
from sandbox.oci.store import Body, Store

_JOURNAL = "database.requests"
_LEGALITY = ("lifecycleState", "role", "isRefreshableClone", "isFreeTier", "peerDbIds")
_CHANGES_NOTHING = ("generate_autonomous_database_wallet",)


def as_it_is(asked: Asked, operation: Operation) -> Body | None:
    """What a request's database is before the request is looked at; None if it is about none that is there."""
    if operation.service != "database" or operation.method == "GET":
        return None
    found = asked.store.table(DATABASES).get(_database(asked) or "")
    return None if found is None else {name: found.body.get(name) for name in _LEGALITY}


def note(asked: Asked, operation: Operation, answer: Answer | OciError, was: Body | None) -> None:
    """Record a request that was answered, if it was one to change something.

    `was` is what the database was before it: whether it was legal. `fields` are those that the request gave. `accepted` says
    whether it was done, now or before; `repeated` that the answer is the one that its retry token got before, and that it was not
    done again. A dry run is not recorded.
    """
    if operation.service != "database" or operation.method == "GET" or operation.name in _CHANGES_NOTHING or is_dry(asked):
        return
    done = isinstance(answer, Answer)
    asked.store.journal(_JOURNAL).append(
        {
            "time": text(asked.store.clock.now()),
            "operation": operation.name,
            "region": asked.region,
            "was": was,
            "fields": sorted(asked.body) if isinstance(asked.body, Mapping) else [],
            "database": _database(asked),
            "resource": _resource(asked, answer),
            "token": asked.headers.get("opc-retry-token"),
            "accepted": done,
            "status": answer.status,
            "code": None if isinstance(answer, Answer) else answer.code,
            "repeated": isinstance(answer, Answer) and answer.repeated,
            "work_request": answer.headers.get("opc-work-request-id"),
        }
    )


def noted(store: Store) -> list[Body]:
    """All of them, in the order in which they were answered."""
    return store.journal(_JOURNAL)


def _resource(asked: Asked, answer: Answer | OciError) -> str | None:
    """What was made or changed: a database or a backup; None of what was not made."""
    if isinstance(answer, Answer) and isinstance(answer.body, Mapping):
        return str(answer.body["id"])
    named = asked.path.get("autonomousDatabaseId") or asked.path.get("autonomousDatabaseBackupId")
    return str(named) if named else None


def _database(asked: Asked) -> str | None:
    """Of which database: the one that the path or the body names; of a new one, what it is made out of."""
    body = asked.body if isinstance(asked.body, Mapping) else {}
    named = asked.path.get("autonomousDatabaseId") or body.get("autonomousDatabaseId") or body.get("sourceId")
    return str(named) if named else None
