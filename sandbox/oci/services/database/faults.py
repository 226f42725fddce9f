"""Faults of single databases on demand, asked for at `/sandbox/databases/{ocid}/faults`.

A fault is kept in the `hidden` of the database that it is asked for; those of what it holds are carried out by `contents`. One of
replication that is asked for at a primary meets all its standbys: a local one has no address of its own. One of a role change may
be asked for at either side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.oci.services.database import contents
from sandbox.oci.store import Body, Store

LOCAL = "#local"
"""Ends the key of a local standby's contents, which begins with the OCID of its primary."""
_TABLE = "database.autonomous_databases"
_HIDDEN = "faults"
KINDS: Mapping[str, Mapping[str, type | tuple[type, ...]]] = {
    "failover_stuck": {},
    "failover_fails": {},
    "lagging": {"seconds": (int, float)},
    "replication_stopped": {},
    "wrong_region": {"region": str},
    "metrics_missing": {},
    "hung": {},
    "views_denied": {"views": str},
    "row_corrupted": {},
    "backup_corrupt": {"loses": str},
    "work_request_fails": {"action": str, "times": int},
}
"""Kinds and the fields that each may have.

`failover_stuck` and `failover_fails`: of a switchover too. `lagging`: a standby stays so many seconds behind. `wrong_region`: a
role change is said to have succeeded and changed nothing, and peers are listed in another region. `backup_corrupt`: restoring
fails, or with `loses` = `rows` loses rows. `views_denied`: views (`v$session, v$lock`) that may not be read.
`work_request_fails`: any action (`lifecycle.ACTIONS`), or the one named, so many times or always; of the making of a clone or
standby, where it is asked for at the source.
"""
_OF_CONTENTS = {
    "lagging": "lag",
    "replication_stopped": "stopped",
    "row_corrupted": "corrupt",
    "hung": "hung",
    "metrics_missing": "metrics",
    "views_denied": "denied",
    "backup_corrupt": "backup",
}
_OF_REPLICATION = ("lagging", "replication_stopped", "row_corrupted")
_ROLE_CHANGES = ("switch over", "fail over", "switch over locally", "fail over locally")
_RESTORING = ("restore", "create")


def ask(store: Store, ocid: str, fault: Body) -> None:
    """Let something go wrong with a database from now on; the same kind that was asked for before is replaced.

    Raises:
        ValueError: There is no such fault.
        OciError: There is no such database.
    """
    kind = fault.get("kind", "")
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {kind!r}")
    given = {name: value for name, value in fault.items() if name != "kind"}
    for name, value in given.items():
        if name not in KINDS[kind] or not isinstance(value, KINDS[kind][name]) or isinstance(value, bool):
            raise ValueError(f"{name} = {value!r} is no field of {kind}")
    if kind == "lagging" and "seconds" not in given:
        raise KeyError("seconds")
    _faults(store, ocid)[kind] = given
    _disturb(store, ocid, kind, next(iter(given.values()), True))


def clear(store: Store, ocid: str, kind: str = "") -> None:
    """Take a fault back, or all of a database; what was stuck goes on within half a minute."""
    found = _faults(store, ocid)
    for name in [kind] if kind else list(found):
        if found.pop(name, None) is not None:
            _disturb(store, ocid, name, None)


def asked_for(store: Store, ocid: str) -> list[Body]:
    """Faults of a database."""
    return [{"kind": kind, **fields} for kind, fields in _faults(store, ocid).items()]


def of(store: Store, ocid: str, kind: str) -> Body | None:
    """A fault of a database, or of a local standby by the key of its contents; None if it has none."""
    resource = store.table(_TABLE).get(ocid.removesuffix(LOCAL))
    faults: Body = resource.hidden.get(_HIDDEN, {}) if resource is not None else {}
    found: Body | None = faults.get(kind)
    return found


def end_of(store: Store, ocid: str, details: Mapping[str, Any]) -> str | tuple[str, str] | None:
    """How an action ends: `stuck`, `in vain`, with the code and message of an error, or well (None)."""
    action, sides = details["action"], list(details["before"])
    if action in _ROLE_CHANGES:
        if _any(store, sides, "failover_stuck"):
            return "stuck"
        if _any(store, sides, "failover_fails"):
            return "InternalServerError", "The role change failed; the roles are what they were."
        if _any(store, sides, "wrong_region"):
            return "in vain"
        if action.startswith("switch") and _any(store, sides, "replication_stopped"):
            return (
                "IncorrectState",
                "The standby receives nothing, so that the roles cannot be exchanged.",
            )
    source = details.get("restored_from")
    broken = of(store, source, "backup_corrupt") if source and action in _RESTORING else None
    if broken is not None and broken.get("loses") != "rows":
        return "InternalServerError", "The backup cannot be restored: it is corrupt."
    return failure(store, (ocid, details.get("source"), details.get("primary")), action)


def failure(store: Store, ocids: Iterable[str | None], action: str) -> tuple[str, str] | None:
    """Code and message of the error with which an action ends if a fault of one of these databases says so."""
    for ocid in ocids:
        failing = of(store, ocid, "work_request_fails") if ocid else None
        if failing is not None and failing.get("action", action) == action and _is_left(failing):
            return "InternalServerError", "The work request failed, as was asked for."
    return None


def _disturb(store: Store, ocid: str, kind: str, value: Any) -> None:  # noqa: ANN401
    """Tell contents of a fault that they carry out. One of replication meets the standbys of a primary."""
    name = _OF_CONTENTS.get(kind)
    if name is None:
        return
    body = store.find(_TABLE, ocid).body
    keys = [ocid]
    if kind in _OF_REPLICATION and body["role"] == "PRIMARY":
        keys = [*([ocid + LOCAL] if body["isLocalDataGuardEnabled"] else []), *body["peerDbIds"]]
    for key in keys:
        contents.disturb(store, key, **{name: value})


def _is_left(fault: Body) -> bool:
    """Whether a fault with a number of times happens once more; counts it."""
    if "times" not in fault:
        return True
    fault["times"] -= 1
    return bool(fault["times"] >= 0)


def _any(store: Store, ocids: list[str], kind: str) -> bool:
    return any(of(store, ocid, kind) is not None for ocid in ocids)


def _faults(store: Store, ocid: str) -> Body:
    faults: Body = store.find(_TABLE, ocid).hidden.setdefault(_HIDDEN, {})
    return faults
