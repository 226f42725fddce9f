"""Which databases are rehearsed by themselves: `recovery/drills.yaml` of the inputs store.

drills:
  - {database: orders}
  - {database: hr, type: snapshot standby, accept_less_protection: true}
"""

from collections.abc import Mapping
from typing import Any

import yaml

from assets.recovery.logic.drills.plans import DISRUPTIVE

KEY = "recovery/drills.yaml"
_USUAL = "clone"
_ALLOWED = ("clone", "snapshot standby")
_FIELDS = {
    "database", "type", "peer_region", "contacts", "ignore_warnings", "moving_tables", "make_heartbeat_table",
    "accept_less_protection", "heartbeat_seconds", "clone_compute_count", "clone_secret_id", "confirm",
}  # fmt: skip
"""What the file may say of a drill: fields of the job's config."""


class BadCalendar(ValueError):
    """The file says something that is not understood; the text says what."""


def scheduled(body: bytes | None) -> list[Mapping[str, Any]]:
    """Config of each drill that a schedule asks for; none without a file.

    Raises:
        BadCalendar: It is not understood, or asks for a drill that takes a database away: that is for a person to begin.
    """
    try:
        said = yaml.safe_load(body or b"") or {}
    except yaml.YAMLError as error:
        raise BadCalendar(f"{KEY} is not YAML: {' '.join(str(error).split())}") from error
    listed = said.get("drills") if isinstance(said, dict) and set(said) <= {"drills"} else None
    if said and not isinstance(listed, list):
        raise BadCalendar(f"{KEY} must be a mapping with a list `drills`")
    return [_drill(one, number) for number, one in enumerate(listed or [])]


def _drill(one: Any, number: int) -> Mapping[str, Any]:  # noqa: ANN401  as YAML has it
    where = f"{KEY}: drills[{number}]"
    if not isinstance(one, dict) or not isinstance(one.get("database"), str):
        raise BadCalendar(f"{where} must name a database")
    unknown = sorted(map(str, set(one) - _FIELDS))
    if unknown:
        raise BadCalendar(f"{where} has {', '.join(unknown)}; it may have {', '.join(sorted(_FIELDS))}")
    kind = one.get("type", _USUAL)
    if kind in DISRUPTIVE:
        raise BadCalendar(f"{where}: a {kind} takes the database away, and is begun by a person")
    if kind not in _ALLOWED:
        raise BadCalendar(f"{where}: type must be {' or '.join(_ALLOWED)}, not {kind!r}")
    return {**one, "type": kind, "mode": "apply"}
