"""Which standbys databases are to have, read from YAML, held against those that they have.

`recovery/standbys.yaml` in the inputs store; the first entry that matches a database counts, and what none matches is left alone:

    standbys:
      - match: {tags: {recovery-tier: gold}}
        local: true
        remote: [{region: us-ashburn-1, recovery_type: ADG}]
      - match: {environment: prod}
        remote: [{region: us-ashburn-1, recovery_type: BACKUP_BASED, replicate_backups: true}]
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import yaml

from assets.recovery.logic.backup_plan import is_named
from assets.recovery.logic.backup_policies import BadPolicies, Match, as_flag, as_list, as_mapping, as_match
from resources.autonomous_databases import GONE, RUNNING, AutonomousDatabase

KEY = "recovery/standbys.yaml"
"""Where people say so in the inputs store."""
RecoveryType = Literal["ADG", "BACKUP_BASED"]
ADD_LOCAL, ADD_REMOTE, DROP_LOCAL, DROP_REMOTE = (
    "add local standby", "add remote standby", "remove local standby", "remove remote standby",
)  # fmt: skip
OPERATIONS = (ADD_LOCAL, ADD_REMOTE, DROP_LOCAL, DROP_REMOTE)
"""Operations in the journal."""
CHANGE_REMOTE = "change remote standby"
"""Never done, only told: people decide whether a standby is converted, or made anew."""
_KEYS = {"iad": "us-ashburn-1", "phx": "us-phoenix-1"}
"""Regions that OCIDs name by their keys. Source: docs.oracle.com, "Regions and Availability Domains"."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A standby in another region; `replicate_backups` takes the last seven days' backups there too."""

    region: str
    recovery_type: RecoveryType = "ADG"
    replicate_backups: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """Standbys of the databases that match."""

    match: Match
    local: bool = False
    remote: tuple[Remote, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """Something to be done about a standby.

    Attributes:
        operation: One of `OPERATIONS`, or `CHANGE_REMOTE`.
        database: The primary.
        remote: The standby to be made in another region.
        standby_id: OCID of the one to be removed.
        region: Of the standby: where the service is asked.
        reason: Why.
        held: Why it is not done in this run; empty if it is.
    """

    operation: str
    database: AutonomousDatabase
    region: str
    reason: str
    remote: Remote | None = None
    standby_id: str | None = None
    held: str = ""

    def told(self) -> dict[str, str]:
        """For people."""
        kind = self.remote.recovery_type if self.remote else ""
        return {
            "database": self.database.display_name, "operation": self.operation, "region": self.region, "type": kind,
            "reason": self.reason, "held": self.held,
        }  # fmt: skip


def read_standbys(body: bytes | None) -> tuple[Wanted, ...]:
    """The file of standbys.

    Args:
        body: Its content; None if there is none.

    Raises:
        BadPolicies: It is not understood.
    """
    if body is None:
        return ()
    try:
        said = yaml.safe_load(body) or {}
    except yaml.YAMLError as error:
        raise BadPolicies(f"{KEY} is not YAML: {' '.join(str(error).split())}") from error
    listed = as_list(as_mapping(said, f"{KEY}: the file", {"standbys"}).get("standbys"), f"{KEY}: standbys")
    return tuple(_wanted(one, f"{KEY}: standbys[{n}]") for n, one in enumerate(listed))


def plan(fleet: Sequence[AutonomousDatabase], wanted: Sequence[Wanted], confirmed: Collection[str]) -> list[Step]:
    """What is to be done so that primaries have their standbys.

    Args:
        fleet: All databases of all regions that could be listed.
        wanted: What the file says.
        confirmed: Display names or OCIDs of databases whose surplus standbys may be removed.
    """
    names = [database.display_name for database in fleet]
    by_id = {database.id: database for database in fleet}
    steps: list[Step] = []
    for database in fleet:
        entry = next((one for one in wanted if one.match.fits(database)), None)
        if entry is None or database.role not in (None, "PRIMARY") or database.lifecycle_state in GONE:
            continue
        held = "" if is_named(confirmed, database, names) else "it would be protected less: confirm_remove allows it"
        steps += _local(database, entry, held)
        there = standbys_elsewhere(database, by_id)
        steps += [*_remote(database, entry, there, held), *_unlike(database, entry, there, by_id)]
    return steps


def standbys_elsewhere(
    database: AutonomousDatabase, by_id: Mapping[str, AutonomousDatabase]
) -> dict[str, tuple[str, str | None]]:
    """OCID of each standby in another region, with its region and recovery type (None if that is not told)."""
    found: dict[str, tuple[str, str | None]] = {}
    for standby in database.standbys:
        if standby.kind == "remote" and standby.id is not None:
            found[standby.id] = (standby.region or region_of(standby.id), standby.recovery_type)
    for peer in database.peer_ids:
        known = by_id.get(peer)
        if known is None or known.lifecycle_state not in GONE:
            found.setdefault(peer, (known.region if known else region_of(peer), None))
    return found


def region_of(ocid: str) -> str:
    """Region that an OCID names: `ocid1.type.realm.region.unique`. Source: docs.oracle.com, "Resource Identifiers"."""
    parts = ocid.split(".")
    return _KEYS.get(parts[3], parts[3]) if len(parts) > 4 else ""


def _local(database: AutonomousDatabase, entry: Wanted, held: str) -> list[Step]:
    there = any(standby.kind == "local" and standby.lifecycle_state not in GONE for standby in database.standbys)
    if entry.local and not there:
        reason = "a standby in its own region is wanted, and there is none"
        return [Step(ADD_LOCAL, database, database.region, reason, held=_not_now(database))]
    if there and not entry.local:
        reason = "a standby in its own region is there and not wanted"
        return [Step(DROP_LOCAL, database, database.region, reason, held=held or _not_now(database))]
    return []


def _remote(
    database: AutonomousDatabase, entry: Wanted, there: Mapping[str, tuple[str, str | None]], held: str
) -> list[Step]:  # fmt: skip
    steps = []
    regions = {region for region, _ in there.values()}
    for one in entry.remote:
        if one.region == database.region:
            continue  # after a switchover the primary is where its standby was: that is for people to see, not to undo
        if one.region not in regions:
            reason = f"a standby in {one.region} is wanted, and there is none"
            steps.append(Step(ADD_REMOTE, database, one.region, reason, one, held=_not_now(database)))
    wanted = {one.region for one in entry.remote}
    home_is_wanted = database.region in wanted
    for ocid, (region, _) in there.items():
        if region not in wanted and not home_is_wanted:
            reason = f"a standby in {region} is there and not wanted"
            steps.append(Step(DROP_REMOTE, database, region, reason, standby_id=ocid, held=held))
    return steps


def _unlike(
    database: AutonomousDatabase,
    entry: Wanted,
    there: Mapping[str, tuple[str, str | None]],
    by_id: Mapping[str, AutonomousDatabase],
) -> list[Step]:
    """Standbys that are where one is wanted and of another kind, as far as that is told."""
    steps = []
    for ocid, (region, kind) in there.items():
        for one in (one for one in entry.remote if one.region == region):
            copies = by_id[ocid].replicates_backups if ocid in by_id else None
            unlike = [f"it is {kind} instead of {one.recovery_type}"] if kind not in (None, one.recovery_type) else []
            if one.replicate_backups and copies is False:
                unlike.append("backups are not replicated to it")
            if unlike:
                held = "not changed here: convert it in the console, or let it be removed and made anew"
                steps.append(Step(CHANGE_REMOTE, database, region, "; ".join(unlike), one, ocid, held))
    return steps


def _not_now(database: AutonomousDatabase) -> str:
    """Why a standby cannot be made now. Source: SDK docstrings (Always Free, dedicated infrastructure, refreshable clones)."""
    if database.is_free_tier:
        return "an Always Free database can have none"
    if database.is_dedicated:
        return "on dedicated infrastructure its container database has standbys"
    if database.is_refreshable_clone:
        return "a refreshable clone can have none"
    if database.lifecycle_state not in RUNNING:
        return f"it is {database.lifecycle_state}: run again once it is available"
    return ""


def _wanted(said: object, where: str) -> Wanted:
    fields = as_mapping(said, where, {"match", "local", "remote"})
    remote = tuple(_one(one, f"{where}.remote[{n}]") for n, one in enumerate(as_list(fields.get("remote"), f"{where}.remote")))
    regions = [one.region for one in remote]
    if len(set(regions)) < len(regions):
        raise BadPolicies(f"{where}.remote names a region twice")
    return Wanted(as_match(fields.get("match"), f"{where}.match"), as_flag(fields.get("local"), f"{where}.local"), remote)


def _one(said: object, where: str) -> Remote:
    fields: Mapping[str, Any] = as_mapping(said, where, {"region", "recovery_type", "replicate_backups"})
    region, kind = fields.get("region"), fields.get("recovery_type", "ADG")
    if not isinstance(region, str) or not region:
        raise BadPolicies(f"{where} must name a region")
    if kind not in ("ADG", "BACKUP_BASED"):
        raise BadPolicies(f"{where}.recovery_type must be ADG or BACKUP_BASED, not {kind!r}")
    return Remote(region, kind, as_flag(fields.get("replicate_backups"), f"{where}.replicate_backups"))
