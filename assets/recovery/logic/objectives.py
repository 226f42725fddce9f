"""What a database has to meet in a disaster: how long it may be away, how much it may lose, and how often that is proven.

Objectives come, in this order, from `recovery/objectives.yaml` of the inputs store, from the tag `recovery-tier`, and from
defaults:

    tiers:
      gold: {local: {rto_seconds: 120, rpo_seconds: 10}, remote: {rto_seconds: 900, rpo_seconds: 60}}
      bronze: {copy: {rto_seconds: 28800}, drill_every_days: 180}
    databases:
      - {database: orders, tier: gold}
      - {database: "hr-*", tier: bronze, backup_age_hours: 50}
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal, get_args

import yaml

from resources.autonomous_databases import AutonomousDatabase

KEY = "recovery/objectives.yaml"
"""Where people put objectives into the inputs store."""
TIER_TAG = "recovery-tier"
"""Tag of a database that names its tier."""
Scope = Literal["local", "remote", "copy"]
"""What a database comes back from: a standby in its region, one in another region, or a copy (a clone, or a backup)."""
SERVICE_LEVELS: Mapping[Scope, tuple[float, float]] = {"local": (120, 10), "remote": (900, 60), "copy": (3600, 60)}
"""RTO and RPO in seconds by default. Standbys: the levels that Oracle states for Autonomous Data Guard on Serverless
(docs.oracle.com, "Autonomous Data Guard Recovery Time and Recovery Point Objectives"). Of copies there are none: ours."""
_DRILL_EVERY_DAYS = 35
_BACKUP_AGE_HOURS = 26.0
_LIMITS = {"rto_seconds", "rpo_seconds"}
_UNITS = (("d", 86400), ("h", 3600), ("min", 60))
_OF_TIER = {*get_args(Scope), "drill_every_days", "backup_age_hours"}


class BadObjectives(ValueError):
    """The file of objectives says something that is not understood; the text says what and where."""


@dataclass(frozen=True, slots=True)
class Objectives:
    """What holds for one database and one way to come back.

    Attributes:
        rto_seconds: From the failure to the first write that succeeds, at most; None if it is not known.
        rpo_seconds: Writes that were confirmed before the failure and are gone, at most; None if it is not known.
        drill_every_days: A passed drill may be that old.
        backup_age_seconds: The newest backup that can be restored may be that old.
        source: Where they come from, in words.
    """

    rto_seconds: float | None
    rpo_seconds: float | None
    drill_every_days: int
    backup_age_seconds: float
    source: str


@dataclass(frozen=True, slots=True)
class Tier:
    """Objectives under one name; None, or a missing scope, leaves the default."""

    limits: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    drill_every_days: int | None = None
    backup_age_hours: float | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What the file says of databases whose display name or OCID matches a pattern; `own` counts for more than the tier."""

    database: str
    tier: str | None
    own: Tier


@dataclass(frozen=True, slots=True)
class ObjectivesFile:
    """The file of objectives, read. An empty one leaves every default."""

    tiers: Mapping[str, Tier] = field(default_factory=dict)
    entries: Sequence[Entry] = ()

    def objectives(self, database: AutonomousDatabase, scope: Scope) -> Objectives:
        """What a database has to meet; the first entry that matches it counts."""
        entry = next((e for e in self.entries if _matches(e.database, database)), None)
        tag = database.tag(TIER_TAG)
        name = entry.tier if entry and entry.tier else tag
        if name is not None and name.lower() not in self.tiers:
            # a misspelt tier must not look like one that asks for less
            where = "the file" if entry and entry.tier else f"the tag {TIER_TAG}"
            return Objectives(
                None, None, _DRILL_EVERY_DAYS, _BACKUP_AGE_HOURS * 3600, f"{where} names tier {name!r}, which {KEY} does not have"
            )
        layers = [entry.own] if entry else []
        layers += [self.tiers[name.lower()]] if name is not None else []
        limits = [layer.limits.get(scope, {}) for layer in layers]
        default = dict(zip(("rto_seconds", "rpo_seconds"), SERVICE_LEVELS[scope], strict=True))
        rto, rpo = (next((of[key] for of in limits if key in of), default[key]) for key in ("rto_seconds", "rpo_seconds"))
        days = next((x.drill_every_days for x in layers if x.drill_every_days is not None), _DRILL_EVERY_DAYS)
        hours = next((x.backup_age_hours for x in layers if x.backup_age_hours is not None), _BACKUP_AGE_HOURS)
        return Objectives(rto, rpo, days, hours * 3600, _source(entry, name))


def read_objectives(body: bytes | None) -> ObjectivesFile:
    """The file of objectives.

    Args:
        body: Its content; None if there is none.

    Raises:
        BadObjectives: It is not understood. Nothing of it counts then: half of a file is not what somebody meant.
    """
    if body is None:
        return ObjectivesFile()
    try:
        said = yaml.safe_load(body) or {}
    except yaml.YAMLError as error:
        raise BadObjectives(f"{KEY} is not YAML: {' '.join(str(error).split())}") from error
    said = _mapping(said, "the file", {"tiers", "databases"})
    tiers = {str(n).lower(): _tier(t, f"tier {n}") for n, t in _mapping(said.get("tiers") or {}, "tiers", None).items()}
    listed = said.get("databases") or []
    if not isinstance(listed, list):
        raise BadObjectives(f"{KEY}: databases must be a list")
    entries = [_entry(one, f"databases[{number}]", tiers) for number, one in enumerate(listed)]
    return ObjectivesFile(tiers, entries)


def _entry(said: Any, where: str, tiers: Mapping[str, Tier]) -> Entry:  # noqa: ANN401  as YAML has it
    fields = dict(_mapping(said, where, {"database", "tier", *_OF_TIER}))
    name, tier = fields.pop("database", None), fields.pop("tier", None)
    if not isinstance(name, str) or not name:
        raise BadObjectives(f"{KEY}: {where} must name a database: its display name, its OCID, or a pattern with *")
    if tier is not None and str(tier).lower() not in tiers:
        raise BadObjectives(f"{KEY}: {where} names tier {tier!r}; there are {', '.join(tiers) or 'none'}")
    return Entry(name, None if tier is None else str(tier), _tier(fields, where))


def _tier(said: Any, where: str) -> Tier:  # noqa: ANN401
    fields = _mapping(said, where, _OF_TIER)
    limits = {
        scope: {key: _positive(value, f"{where}.{scope}.{key}", zero=key == "rpo_seconds") for key, value in of.items()}
        for scope in get_args(Scope)
        if (of := _mapping(fields.get(scope) or {}, f"{where}.{scope}", _LIMITS))
    }
    days, hours = fields.get("drill_every_days"), fields.get("backup_age_hours")
    return Tier(
        limits,
        None if days is None else int(_positive(days, f"{where}.drill_every_days")),
        None if hours is None else _positive(hours, f"{where}.backup_age_hours"),
    )


def _mapping(said: Any, where: str, allowed: set[str] | None) -> Mapping[str, Any]:  # noqa: ANN401
    if not isinstance(said, dict):
        raise BadObjectives(f"{KEY}: {where} must be a mapping")
    unknown = sorted(map(str, set(said) - allowed)) if allowed is not None else []
    if unknown:
        raise BadObjectives(f"{KEY}: {where} has {', '.join(unknown)}; it may have {', '.join(sorted(allowed or ()))}")
    return said


def _positive(value: Any, where: str, *, zero: bool = False) -> float:  # noqa: ANN401
    if isinstance(value, bool) or not isinstance(value, int | float) or not (value > 0 or (zero and value == 0)):
        raise BadObjectives(f"{KEY}: {where} must be a number {'of 0 or more' if zero else 'above 0'}, not {value!r}")
    return float(value)


def _matches(pattern: str, database: AutonomousDatabase) -> bool:
    return any(fnmatchcase(name.lower(), pattern.lower()) for name in (database.display_name, database.id))


def _source(entry: Entry | None, tier: str | None) -> str:
    parts = [f"{KEY}, {entry.database}"] if entry else []
    parts += [f"tier {tier}"] if tier else []
    return "; ".join([*parts, "defaults for what these leave open"]) if parts else "defaults: the service's levels"


def shown(seconds: float | None) -> str:
    """A time for people: `45 s`, `2 min`, `1.5 h`; `unknown` if there is none."""
    if seconds is None:
        return "unknown"
    unit, size = next(((name, size) for name, size in _UNITS if seconds >= 2 * size), ("s", 1))
    return f"{seconds / size:.1f}".removesuffix(".0") + f" {unit}"
