"""What backups have to be like: policies by environment, tag or name, read from YAML.

Policies come from `recovery/backup_policies.yaml` of the inputs store and then from those that the product ships; the first that
matches a database counts. The same file says which buckets of exports age:

    policies:
      - name: ledger
        match: {database: "ledger*", tags: {compliance: sox}}
        retention_days: 60                        # automatic backups, 1 to 60
        lock_retention: true                      # irreversible: done only where a run confirms it by name
        long_term:                                # 90 to 3650 days
          - {every: month, keep_days: 400}
          - {every: year, keep_days: 3650}
        cross_region_copy: true
        newest_backup_hours: 26
        restore_test_days: 30
    exports:
      - {bucket: acme-exports, prefix: expdp/, infrequent_after_days: 31, archive_after_days: 90, delete_after_days: 400}
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from typing import Any, Literal, get_args

import yaml

from resources.autonomous_databases import AutonomousDatabase

KEY = "recovery/backup_policies.yaml"
"""Where people put policies into the inputs store."""
Every = Literal["month", "quarter", "year"]
_EVERY: Mapping[str, Every] = {every: every for every in get_args(Every)}
RETENTION_DAYS = (1, 60)
"""Of automatic backups. Source: docs.oracle.com, "Edit Automatic Backup Retention Period on Autonomous Database"."""
LONG_TERM_DAYS = (90, 3650)
"""Source: docs.oracle.com, "Backup and Restore Autonomous AI Database Instances" (three months to ten years)."""
INFREQUENT_DAYS, ARCHIVE_DAYS = 31, 90
"""How long an object stays in a tier at least, or is paid for. Source: docs.oracle.com, "Understanding Storage Tiers"."""
_OF_POLICY = {
    "name", "match", "retention_days", "lock_retention", "long_term", "cross_region_copy", "newest_backup_hours",
    "restore_test_days",
}  # fmt: skip
_OF_EXPORT = {"bucket", "region", "prefix", "infrequent_after_days", "archive_after_days", "delete_after_days"}


class BadPolicies(ValueError):
    """The file says something that is not understood; the text says what and where."""


@dataclass(frozen=True, slots=True)
class LongTerm:
    """A backup to be made in every calendar month, quarter or year, and kept so long."""

    every: Every
    keep_days: int

    def period(self, day: date) -> str:
        """The period that a day lies in: `2026-11`, `2026-Q4`, `2026`."""
        if self.every == "month":
            return f"{day:%Y-%m}"
        return f"{day.year}-Q{(day.month + 2) // 3}" if self.every == "quarter" else str(day.year)


@dataclass(frozen=True, slots=True)
class Match:
    """Which databases a policy is for: all that fit in every respect that is named.

    Attributes:
        environments: Any of these.
        databases: Any of these patterns of display names or OCIDs.
        tags: All of these, by key in any namespace.
    """

    environments: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    def fits(self, database: AutonomousDatabase) -> bool:
        """Whether a database is meant."""
        names = (database.display_name.lower(), database.id.lower())
        return (
            (not self.environments or (database.environment or "").lower() in self.environments)
            and (not self.databases or any(fnmatchcase(name, pattern) for name in names for pattern in self.databases))
            and all((database.tag(key) or "").lower() == value.lower() for key, value in self.tags.items())
        )


@dataclass(frozen=True, slots=True)
class BackupPolicy:
    """What backups of a database have to be like; None asks for nothing.

    Attributes:
        name: For people.
        match: Which databases.
        retention_days: Of automatic backups.
        lock_retention: Whether the retention is to be locked for good.
        long_term: Backups that outlive it.
        cross_region_copy: Whether backups have to lie in another region too.
        newest_backup_hours: How old the newest one may be.
        restore_test_days: How old the last restore that was proven may be.
    """

    name: str
    match: Match
    retention_days: int | None = None
    lock_retention: bool = False
    long_term: tuple[LongTerm, ...] = ()
    cross_region_copy: bool = False
    newest_backup_hours: float | None = None
    restore_test_days: int | None = None


@dataclass(frozen=True, slots=True)
class Exports:
    """Exports in a bucket of the team's own, and when they move to cheaper storage or go; None leaves that out."""

    bucket: str
    prefix: str
    region: str = ""
    infrequent_after_days: int | None = None
    archive_after_days: int | None = None
    delete_after_days: int | None = None


@dataclass(frozen=True, slots=True)
class BackupPolicies:
    """All policies in the order in which they count, and the buckets of exports."""

    policies: tuple[BackupPolicy, ...] = ()
    exports: tuple[Exports, ...] = ()

    def of(self, database: AutonomousDatabase) -> BackupPolicy | None:
        """The policy for a database; None if none matches."""
        return next((policy for policy in self.policies if policy.match.fits(database)), None)


def read_policies(body: bytes, key: str = KEY) -> BackupPolicies:
    """A file of policies.

    Raises:
        BadPolicies: It is not understood. Nothing of it counts then: half of a file is not what somebody meant.
    """
    try:
        said = yaml.safe_load(body) or {}
    except yaml.YAMLError as error:
        raise BadPolicies(f"{key} is not YAML: {' '.join(str(error).split())}") from error
    said = as_mapping(said, f"{key}: the file", {"policies", "exports"})
    policies = [_policy(one, f"{key}: policies[{n}]") for n, one in enumerate(as_list(said.get("policies"), f"{key}: policies"))]
    exports = [_exports(one, f"{key}: exports[{n}]") for n, one in enumerate(as_list(said.get("exports"), f"{key}: exports"))]
    names = [policy.name for policy in policies]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadPolicies(f"{key}: there are two policies named {', '.join(twice)}")
    places = [(e.region, e.bucket, e.prefix) for e in exports]
    if len(set(places)) < len(places):
        raise BadPolicies(f"{key}: exports names a bucket and prefix twice")
    return BackupPolicies(tuple(policies), tuple(exports))


def joined(own: BackupPolicies, shipped: BackupPolicies) -> BackupPolicies:
    """People's own policies first, then the shipped ones."""
    return BackupPolicies((*own.policies, *shipped.policies), (*own.exports, *shipped.exports))


def _policy(said: object, where: str) -> BackupPolicy:
    fields = as_mapping(said, where, _OF_POLICY)
    name = fields.get("name")
    if not isinstance(name, str) or not name:
        raise BadPolicies(f"{where} must have a name")
    return BackupPolicy(
        name,
        as_match(fields.get("match"), f"{where}.match"),
        _whole(fields.get("retention_days"), f"{where}.retention_days", *RETENTION_DAYS),
        as_flag(fields.get("lock_retention"), f"{where}.lock_retention"),
        tuple(_long_term(one, f"{where}.long_term[{n}]") for n, one in enumerate(as_list(fields.get("long_term"), where))),
        as_flag(fields.get("cross_region_copy"), f"{where}.cross_region_copy"),
        _hours(fields.get("newest_backup_hours"), f"{where}.newest_backup_hours"),
        _whole(fields.get("restore_test_days"), f"{where}.restore_test_days", 1, 3650),
    )


def as_match(said: object, where: str) -> Match:
    """Which databases are meant. Raises BadPolicies."""
    if said is None:
        raise BadPolicies(f"{where} is missing; {{}} matches every database")
    fields = as_mapping(said, where, {"environment", "database", "tags"})
    tags = as_mapping(fields.get("tags") or {}, f"{where}.tags", None)
    environments, databases = (_words(fields.get(name), f"{where}.{name}") for name in ("environment", "database"))
    return Match(environments, databases, {str(key): str(value) for key, value in tags.items()})


def _words(said: object, where: str) -> tuple[str, ...]:
    """One word or several, in lower case."""
    listed = said if isinstance(said, list) else [] if said is None else [said]
    if not all(isinstance(one, str) and one for one in listed):
        raise BadPolicies(f"{where} must be a text, or a list of texts")
    return tuple(str(one).lower() for one in listed)


def _long_term(said: object, where: str) -> LongTerm:
    fields = as_mapping(said, where, {"every", "keep_days"})
    said_every = fields.get("every")
    every = _EVERY.get(said_every) if isinstance(said_every, str) else None
    if every is None:
        raise BadPolicies(f"{where}.every must be {', '.join(_EVERY)}, not {said_every!r}")
    days = _whole(fields.get("keep_days"), f"{where}.keep_days", *LONG_TERM_DAYS)
    if days is None:
        raise BadPolicies(f"{where}.keep_days is missing")
    return LongTerm(every, days)


def _exports(said: object, where: str) -> Exports:
    fields = as_mapping(said, where, _OF_EXPORT)
    bucket, prefix, region = (fields.get(name) for name in ("bucket", "prefix", "region"))
    if not (isinstance(bucket, str) and bucket and isinstance(prefix, str) and prefix):
        # without a prefix a rule would age whatever else lies in the bucket
        raise BadPolicies(f"{where} must name a bucket and a prefix")
    moves = [_whole(fields.get(f"{name}_after_days"), f"{where}.{name}_after_days", 1, 36500) for name in _MOVES]
    if not any(moves):
        raise BadPolicies(f"{where} says neither {', nor '.join(f'{name}_after_days' for name in _MOVES)}")
    made = Exports(bucket, prefix, str(region or ""), *moves)
    _demand_stays(made, where)
    return made


_MOVES = ("infrequent", "archive", "delete")


def _demand_stays(exports: Exports, where: str) -> None:
    """Raises BadPolicies if an object would leave a tier before its shortest stay is over: that is paid for all the same."""
    infrequent, archive, delete = exports.infrequent_after_days, exports.archive_after_days, exports.delete_after_days
    if infrequent is not None:
        for name, later in (("archive", archive), ("delete", delete)):
            if later is not None and later < infrequent + INFREQUENT_DAYS:
                raise BadPolicies(
                    f"{where}.{name}_after_days must be {infrequent + INFREQUENT_DAYS} or more: "
                    f"infrequent access is paid for {INFREQUENT_DAYS} days at least"
                )
    if archive is not None and delete is not None and delete < archive + ARCHIVE_DAYS:
        least = archive + ARCHIVE_DAYS
        raise BadPolicies(f"{where}.delete_after_days must be {least} or more: archive is paid for {ARCHIVE_DAYS} days at least")


def as_mapping(said: object, where: str, allowed: set[str] | None) -> Mapping[str, Any]:
    """A mapping with no other names than those allowed; any if None. Raises BadPolicies."""
    if not isinstance(said, dict):
        raise BadPolicies(f"{where} must be a mapping")
    unknown = sorted(map(str, set(said) - allowed)) if allowed is not None else []
    if unknown:
        raise BadPolicies(f"{where} has {', '.join(unknown)}; it may have {', '.join(sorted(allowed or ()))}")
    return said


def as_list(said: object, where: str) -> Sequence[object]:
    """A list; empty if nothing is said. Raises BadPolicies."""
    if said is None:
        return []
    if not isinstance(said, list):
        raise BadPolicies(f"{where} must be a list")
    return said


def as_flag(said: object, where: str) -> bool:
    """True or false; false if nothing is said. Raises BadPolicies."""
    if said is None:
        return False
    if not isinstance(said, bool):
        raise BadPolicies(f"{where} must be true or false, not {said!r}")
    return said


def _whole(said: object, where: str, least: int, most: int) -> int | None:
    if said is None:
        return None
    if isinstance(said, bool) or not isinstance(said, int) or not least <= said <= most:
        raise BadPolicies(f"{where} must be a whole number from {least} to {most}, not {said!r}")
    return said


def _hours(said: object, where: str) -> float | None:
    if said is None:
        return None
    if isinstance(said, bool) or not isinstance(said, int | float) or not said > 0:
        raise BadPolicies(f"{where} must be a number above 0, not {said!r}")
    return float(said)
