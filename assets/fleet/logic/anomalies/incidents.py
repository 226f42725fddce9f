"""The same anomaly in many databases at once is one incident, with the scope that explains it.

Anomalies of a metric in the same direction that begin together are looked at as a whole: is there a set of attributes, such as a
region or a region with an environment, whose databases have it and the others have not? What no scope explains stays with its
database, where anomalies of several metrics that overlap are one incident.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import combinations

import polars as pl

from assets.fleet.logic.anomalies.together import JOINT

TOGETHER = timedelta(hours=1)
LEAST_DATABASES = 3
"""Fewer are no scope."""
LEAST_SHARE = 0.5
"""Part of a scope's databases that must have the anomaly."""
_MOST_ATTRIBUTES = 3

Scope = tuple[tuple[str, str], ...]
"""Attributes and their values that the databases share, by name of the attribute; empty is the whole fleet."""


@dataclass(frozen=True, slots=True)
class Incident:
    """What happened at once.

    Attributes:
        incident_id: The same for the same anomalies.
        start: Of the first anomaly.
        end: Of the last.
        metrics: With the most databases first. The scope, and who is spared, is that of those that are anomalous in it; others
            joined as they are anomalous in one of its databases at the time.
        scope: What the databases have in common; None if it is one database alone.
        databases: Those that have it, by id.
        not_affected: Those of the scope that have not, by id.
        apart: Those of the scope with an anomaly of these metrics at the time that is another incident, by id.
        unknown: Those of the scope of which nothing is known for one of the metrics at that time, and that are not affected.
        elsewhere: Databases outside of the scope that are known and have none of it.
        anomalies: Rows of the anomalies, ascending.
        said: One sentence.
    """

    incident_id: str
    start: datetime
    end: datetime
    metrics: tuple[str, ...]
    scope: Scope | None
    databases: tuple[str, ...]
    not_affected: tuple[str, ...]
    apart: tuple[str, ...]
    unknown: tuple[str, ...]
    elsewhere: int
    anomalies: tuple[int, ...]
    said: str


@dataclass(frozen=True, slots=True)
class _Anomaly:
    row: int
    database: str
    metric: str
    direction: str
    start: datetime
    end: datetime


@dataclass(slots=True)
class _Group:
    scope: Scope | None
    anomalies: list[_Anomaly] = field(default_factory=list)
    joined: list[_Anomaly] = field(default_factory=list)

    @property
    def start(self) -> datetime:
        return min(one.start for one in self.all)

    @property
    def end(self) -> datetime:
        return max(one.end for one in self.all)

    @property
    def databases(self) -> set[str]:
        return {one.database for one in self.anomalies}

    @property
    def all(self) -> list[_Anomaly]:
        return self.anomalies + self.joined

    @property
    def metrics(self) -> tuple[str, ...]:
        """Those of the scope, with the most databases first, then those that joined."""
        reach = Counter(metric for _, metric in {(one.database, one.metric) for one in self.anomalies})
        own = sorted(reach, key=lambda metric: (-reach[metric], metric))
        return (*own, *sorted({one.metric for one in self.joined} - set(own)))


def incidents(
    anomalies: pl.DataFrame,
    databases: pl.DataFrame,
    *,
    attributes: Sequence[str],
    known: pl.DataFrame | None = None,
    together: timedelta = TOGETHER,
) -> list[Incident]:
    """Every anomaly in exactly one incident, by start; the order of the rows does not matter.

    Args:
        anomalies: `database_id`, `metric`, `direction`, `start`, `end`, as `episodes` answers.
        databases: `database_id` and the attributes: all that are watched, those without an anomaly too. A null attribute is
            nothing in common.
        attributes: Columns of `databases` that a scope may be made of, e.g. region, compartment, environment, workload.
        known: `database_id`, `metric`: what was measured at the time; others are unknown, and not free of it. All, if None.
        together: Anomalies that begin within so much time begin at once.

    Raises:
        ValueError: An anomaly is of a database that is not among `databases`.
    """
    rows = _rows(anomalies)
    fleet = _Fleet.of(databases, attributes, known)
    strangers = sorted({one.database for one in rows} - set(fleet.attributes))
    if strangers:
        raise ValueError(f"anomalies of databases that are not among those watched: {', '.join(strangers)}")
    shared, alone = [], []
    kinds = sorted({(one.metric, one.direction) for one in rows})
    for metric, direction in kinds:
        groups, rest = _shared([one for one in rows if (one.metric, one.direction) == (metric, direction)], fleet, together)
        shared += groups
        alone += rest
    merged = _merged(shared, together)
    groups = [*merged, *_alone(_not_in(merged, alone), together)]
    return [_incident(group, fleet, _troubled(group, rows)) for group in sorted(groups, key=_order)]


@dataclass(frozen=True, slots=True)
class _Fleet:
    attributes: Mapping[str, Scope]
    names: tuple[str, ...]
    known: frozenset[tuple[str, str]] | None

    @classmethod
    def of(cls, databases: pl.DataFrame, attributes: Sequence[str], known: pl.DataFrame | None) -> _Fleet:
        names = tuple(sorted(attributes))
        shared = {
            str(row["database_id"]): tuple((name, str(row[name])) for name in names if row[name] is not None)
            for row in databases.select("database_id", *names).iter_rows(named=True)
        }
        pairs = None if known is None else frozenset(known.select("database_id", "metric").iter_rows())
        return cls(shared, names, pairs)

    def is_known(self, database: str, metric: str) -> bool:
        return self.known is None or (database, metric) in self.known

    def inside(self, scope: Scope) -> list[str]:
        """Databases with all of these attributes, by id."""
        wanted = set(scope)
        return sorted(database for database, own in self.attributes.items() if wanted <= set(own))

    def scope(self, affected: set[str], metric: str) -> Scope | None:
        """The attributes whose databases are most nearly those affected (Dice); of equals, the fewest; None if there are none."""
        hit: Counter[Scope] = Counter()
        watched: Counter[Scope] = Counter()
        for database in sorted(affected):
            hit.update(self._scopes(database))
        for database in self.attributes:
            if database in affected or self.is_known(database, metric):
                watched.update(scope for scope in self._scopes(database) if scope in hit)
        candidates = [
            scope for scope, number in hit.items() if number >= LEAST_DATABASES and number >= LEAST_SHARE * watched[scope]
        ]
        if not candidates:
            return None
        return min(candidates, key=lambda one: (-2 * hit[one] / (watched[one] + len(affected)), len(one), one))

    def _scopes(self, database: str) -> list[Scope]:
        own = self.attributes[database]
        return [scope for size in range(min(len(own), _MOST_ATTRIBUTES) + 1) for scope in combinations(own, size)]


def _rows(anomalies: pl.DataFrame) -> list[_Anomaly]:
    columns = anomalies.select("database_id", "metric", "direction", "start", "end").iter_rows()
    rows = [_Anomaly(number, *values) for number, values in enumerate(columns)]
    return sorted(rows, key=lambda one: (one.start, one.database, one.metric, one.direction, one.end))


def _shared(rows: list[_Anomaly], fleet: _Fleet, together: timedelta) -> tuple[list[_Group], list[_Anomaly]]:
    """Anomalies of one kind, by start: those that a scope explains, the largest number at once first; and the others."""
    groups: list[_Group] = []
    alone: list[_Anomaly] = []
    left = rows
    while left:
        at_once = _most_at_once(left, together)
        affected = {one.database for one in at_once}
        if len(affected) < LEAST_DATABASES:
            return groups, alone + left
        scope = fleet.scope(affected, left[0].metric)
        inside = affected if scope is None else affected & set(fleet.inside(scope))
        taken = [one for one in at_once if one.database in inside]
        if scope is None:
            alone += taken
        else:
            groups.append(_Group(scope, taken))
        rows_taken = {one.row for one in taken}
        left = [one for one in left if one.row not in rows_taken]
    return groups, alone


def _most_at_once(rows: list[_Anomaly], together: timedelta) -> list[_Anomaly]:
    """The stretch of that length in which anomalies begin in the most databases; of equals, the first."""
    best: tuple[int, int, int] = (0, 0, 0)
    inside: Counter[str] = Counter()
    first = 0
    for last, one in enumerate(rows):
        inside[one.database] += 1
        while rows[first].start < one.start - together:
            inside[rows[first].database] -= 1
            inside += Counter()
            first += 1
        if len(inside) > best[0]:
            best = (len(inside), first, last + 1)
    return rows[best[1] : best[2]]


def _merged(groups: list[_Group], together: timedelta) -> list[_Group]:
    """Groups of several metrics with the same scope that begin at once are one."""
    merged: list[_Group] = []
    for group in sorted(groups, key=_order):
        same = [one for one in merged if one.scope == group.scope and group.start - one.start <= together]
        if same:
            same[-1].anomalies += group.anomalies
        else:
            merged.append(_Group(group.scope, list(group.anomalies)))
    return merged


def _not_in(groups: list[_Group], alone: list[_Anomaly]) -> list[_Anomaly]:
    """Anomalies of further metrics join what their database is part of at the time; the others are answered."""
    spans = [(group.start, group.end, group.databases, group) for group in groups]
    rest = []
    for one in sorted(alone, key=lambda one: (one.start, one.database, one.metric, one.row)):
        part_of = [
            group for start, end, databases, group in spans if one.database in databases and one.start <= end and one.end >= start
        ]
        if part_of:
            part_of[0].joined.append(one)
        else:
            rest.append(one)
    return rest


def _alone(rows: list[_Anomaly], together: timedelta) -> list[_Group]:
    """Per database: anomalies that overlap, or nearly do, are one."""
    open_groups: dict[str, _Group] = {}
    groups = []
    for one in sorted(rows, key=lambda one: (one.start, one.database, one.metric, one.row)):
        group = open_groups.get(one.database)
        if group is None or one.start > group.end + together:
            group = open_groups[one.database] = _Group(None)
            groups.append(group)
        group.anomalies.append(one)
    return groups


def _order(group: _Group) -> tuple[datetime, tuple[str, ...], tuple[str, ...], str]:
    return group.start, tuple(sorted(group.databases)), group.metrics, str(group.scope)


def _troubled(group: _Group, rows: list[_Anomaly]) -> set[str]:
    """Databases with an anomaly of the same metrics at that time, in whatever incident."""
    metrics, start, end = {one.metric for one in group.anomalies}, group.start, group.end
    return {one.database for one in rows if one.metric in metrics and one.start <= end and one.end >= start}


def _incident(group: _Group, fleet: _Fleet, troubled: set[str]) -> Incident:
    affected = group.databases
    metrics = group.metrics
    own = {one.metric for one in group.anomalies}
    inside = sorted(affected) if group.scope is None else fleet.inside(group.scope)
    apart = tuple(one for one in inside if one not in affected and one in troubled)
    quiet = [one for one in inside if one not in affected and one not in troubled]
    unknown = tuple(one for one in quiet if not all(fleet.is_known(one, metric) for metric in own))
    free = tuple(one for one in quiet if one not in unknown)
    outside = set(fleet.attributes) - set(inside) - troubled
    elsewhere = sum(all(fleet.is_known(one, metric) for metric in own) for one in outside)
    names = [f"{one.database}|{one.metric}|{one.direction}|{one.start.isoformat()}" for one in group.all]
    return Incident(
        incident_id=blake2b("\n".join(sorted(names)).encode(), digest_size=8).hexdigest(),
        start=group.start,
        end=group.end,
        metrics=metrics,
        scope=group.scope,
        databases=tuple(sorted(affected)),
        not_affected=free,
        apart=apart,
        unknown=unknown,
        elsewhere=elsewhere,
        anomalies=tuple(sorted(one.row for one in group.all)),
        said=_said(group.scope, metrics, sorted(affected), inside, free, unknown, elsewhere),
    )


def _said(
    scope: Scope | None,
    metrics: Sequence[str],
    affected: Sequence[str],
    inside: Sequence[str],
    free: Sequence[str],
    unknown: Sequence[str],
    elsewhere: int,
) -> str:
    what = ", ".join("metrics that do not fit each other" if metric == JOINT else metric for metric in metrics)
    if scope is None:
        return f"{what}: {affected[0]} alone"
    where = " and ".join(f"{name} {value}" for name, value in scope) or "the fleet"
    every = f"all {len(inside)}" if len(affected) == len(inside) else f"{len(affected)} of {len(inside)}"
    parts = [f"{what}: {every} databases in {where}"]
    if free:
        parts.append(f"not in {', '.join(free)}")
    if unknown:
        parts.append(f"unknown in {', '.join(unknown)}")
    if scope:
        parts.append(f"{elsewhere} elsewhere without it")
    return "; ".join(parts)
