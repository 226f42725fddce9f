"""Which alarms there are to be: from rules that people write and the databases there are, and what differs from those there are.

The logic knows alarms by their fields alone; `resources.alarms.Alarm` has them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, Literal, Protocol, TypeVar

from resources.autonomous_databases import GONE, AutonomousDatabase

ALL = "all"
"""Confirms whatever a plan would delete."""
NAMESPACE = "oci_autonomous_database"
Severity = Literal["CRITICAL", "ERROR", "WARNING", "INFO"]
SEVERITIES: tuple[Severity, ...] = ("CRITICAL", "ERROR", "WARNING", "INFO")
MEASURED_EVERY: Mapping[str, timedelta] = {
    **dict.fromkeys(
        ("CpuUtilization", "CPUTime", "DBTime", "WaitTime", "Sessions", "BlockingSessions", "FailedLogons", "FailedConnections",
         "ExecuteCount", "TransactionCount", "PhysicalReads", "PhysicalReadTotalBytes", "PhysicalWrites", "RedoGenerated",
         "QueuedStatements", "RunningStatements", "PeerLag", "DatabaseAvailability"),
        timedelta(minutes=1),
    ),
    **dict.fromkeys(("QueryLatency", "ConnectionLatency"), timedelta(minutes=5)),
    **dict.fromkeys(("StorageUtilization", "StorageUsed", "StorageAllocated", "StorageMax"), timedelta(hours=1)),
}  # fmt: skip
"""Metrics that an alarm may be about, and how often they are measured. Source: docs.oracle.com, "Available Metrics:
oci_autonomous_database", with its statistics and intervals."""
NO_SUCH: Mapping[str, str] = {
    "IOWait": "WaitTime",
    "IoWait": "WaitTime",
    "IOWaitTime": "WaitTime",
    "MemoryUtilization": "CpuUtilization",
}
"""Metrics that people expect and that Serverless does not have, with the nearest that it has: waits are measured as one, I/O
among them (average active sessions that wait, none of them idle)."""
STATISTICS = ("mean", "max", "min", "sum", "count", "rate")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_MOST = {"m": 60, "h": 24, "d": 1}
_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,29}")
_LEAST_POINTS = 2


class WrongRules(ValueError):
    """The rules cannot be used; says which and what to write instead."""


class AlarmLike(Protocol):
    """An alarm: `key` is its identity, `reference` the cloud's own name of it, which is no part of what it is."""

    @property
    def key(self) -> str: ...  # noqa: D102 - as in resources.alarms
    @property
    def region(self) -> str: ...  # noqa: D102
    @property
    def reference(self) -> str: ...  # noqa: D102


A = TypeVar("A", bound=AlarmLike)
T = TypeVar("T", bound=str)


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of alarm, for every database that it is about.

    Attributes:
        name: Of the rule: a part of the alarms' identity.
        metric: The service's name of a metric.
        interval: Of the values that are compared, as MQL has it.
        statistic: How the values of an interval become one.
        above: Threshold; None if it is per ECPU.
        above_per_ecpu: Threshold for each ECPU that is allocated.
        pending: How long it must hold.
        repeat: How often it is told again.
        severity: How bad it is.
        environments: Only databases of these; all if empty.
    """

    name: str
    metric: str
    interval: str
    statistic: str
    above: float | None
    above_per_ecpu: float | None
    pending: str
    repeat: str
    severity: Severity
    environments: tuple[str, ...] = ()

    def threshold(self, database: AutonomousDatabase) -> float | None:
        """Of a database; None if its size is not known."""
        if self.above_per_ecpu is None:
            return self.above
        if database.compute_count is None or database.compute_model != "ECPU":
            return None
        return self.above_per_ecpu * database.compute_count


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which alarms of some databases tell nobody; of all if no database is named."""

    start: datetime
    end: datetime
    reason: str
    databases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """What people want: topics by region, rules, pauses."""

    topics: Mapping[str, str]
    rules: tuple[Rule, ...]
    pauses: tuple[Pause, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """An alarm that is wanted, in plain values; `pause` is None for none."""

    key: str
    region: str
    compartment_id: str
    name: str
    namespace: str
    query: str
    severity: Severity
    pending: str
    destinations: tuple[str, ...]
    body: str
    repeat: str
    pause: Pause | None


@dataclass(frozen=True, slots=True)
class Note:
    """A database that gets no alarm of a rule, and why."""

    key: str
    reason: str


USUAL = (
    Rule("cpu", "CpuUtilization", "5m", "mean", 80, None, "PT15M", "PT2H", "WARNING"),
    Rule("storage", "StorageUtilization", "2h", "max", 85, None, "PT5M", "PT12H", "CRITICAL"),
    Rule("waits", "WaitTime", "5m", "mean", None, 1, "PT15M", "PT2H", "WARNING"),
)
"""Rules if the file names none. CPU and storage are usual thresholds of fleets; storage is measured hourly, so that a window of
two hours always has a value; waits of more than one session per ECPU mean that more sessions wait than could ever run."""


def parsed(document: object) -> Rules:
    """The rules of a file, as YAML gives it.

    Raises:
        WrongRules: They cannot be used.
    """
    whole = _mapping(document, "the file", ("topics", "alarms", "suppressions"))
    topics = _mapping(whole.get("topics") or {}, "topics", None)
    for region, topic in topics.items():
        if not str(topic).startswith("ocid1.onstopic."):
            raise WrongRules(f"topics.{region} is {topic!r}: write the OCID of a topic of OCI Notifications")
    given = whole.get("alarms")
    rules = USUAL if given is None else tuple(_rule(one) for one in _sequence(given, "alarms"))
    twice = sorted({r.name for r in rules if [other.name for other in rules].count(r.name) > 1})
    if twice:
        raise WrongRules(f"two alarms are called {', '.join(twice)}: their names must differ")
    pauses = tuple(_pause(one) for one in _sequence(whole.get("suppressions") or [], "suppressions"))
    return Rules({str(r): str(t) for r, t in topics.items()}, rules, pauses)


def query(rule: Rule, database_id: str, threshold: float) -> str:
    """MQL of an alarm."""
    return f'{rule.metric}[{rule.interval}]{{resourceId = "{database_id}"}}.{rule.statistic}() > {threshold:g}'


def desired(rules: Rules, databases: Iterable[AutonomousDatabase], now: datetime) -> tuple[list[Wanted], list[Note]]:
    """Alarms that are wanted, one per rule and database, and why some are not.

    A stopped database keeps its alarms: it may be started at any time, and measures nothing until then. A suppression that has
    ended is left out.
    """
    wanted: list[Wanted] = []
    notes: list[Note] = []
    for database in sorted(databases, key=lambda one: one.id):
        for rule in rules.rules:
            key = f"{rule.name}:{database.id}"
            reason = _why_not(rules, rule, database)
            if reason:
                notes.append(Note(key, reason))
            elif not rule.environments or database.environment in rule.environments:
                wanted.append(_wanted(rules, rule, database, key, now))
    return wanted, notes


def _why_not(rules: Rules, rule: Rule, database: AutonomousDatabase) -> str | None:
    if database.lifecycle_state in GONE:
        return "the database is gone"
    if database.region not in rules.topics:
        return f"no topic is named for {database.region}: an alarm tells topics of its own region only"
    if rule.threshold(database) is None:
        return "its number of ECPUs is not known, and the threshold is per ECPU"
    return None


def _wanted(rules: Rules, rule: Rule, database: AutonomousDatabase, key: str, now: datetime) -> Wanted:
    threshold = rule.threshold(database) or 0.0
    pauses = (
        p for p in rules.pauses if p.end > now and (not p.databases or {database.id, database.display_name} & set(p.databases))
    )
    return Wanted(
        key=key,
        region=database.region,
        compartment_id=database.compartment_id,
        name=f"{database.display_name} - {rule.name}",
        namespace=NAMESPACE,
        query=query(rule, database.id, threshold),
        severity=rule.severity,
        pending=rule.pending,
        destinations=(rules.topics[database.region],),
        body=f"{database.display_name} ({database.environment or 'environment unknown'}, {database.region}): {rule.metric} "
        f"({rule.statistic} of {rule.interval}) is above {threshold:g}. What to do is in fleet/report.html.",
        repeat=rule.repeat,
        pause=min(pauses, key=lambda pause: (pause.start, pause.end), default=None),
    )


@dataclass(frozen=True, slots=True)
class Step(Generic[A]):
    """One alarm and what has to be done to it; `before` is None if it is not there, `after` if it is to go."""

    operation: Literal["create", "update", "leave", "retire"]
    before: A | None
    after: A | None
    reason: str

    @property
    def alarm(self) -> A:
        """As it is to be, or as it is if it is to go."""
        found = self.after if self.after is not None else self.before
        if found is None:
            raise ValueError("a step is about an alarm")
        return found

    @property
    def fields(self) -> tuple[str, ...]:
        """What changes in an update."""
        before, after = as_json(self.before), as_json(self.after)
        if before is None or after is None:
            return ()
        return tuple(name for name in after if after[name] != before[name])


@dataclass(frozen=True, slots=True)
class Plan(Generic[A]):
    """Steps in the order in which they are done, and what gets no alarm."""

    steps: tuple[Step[A], ...]
    notes: tuple[Note, ...] = ()

    @property
    def changes(self) -> tuple[Step[A], ...]:
        """What is to be done at all."""
        return tuple(step for step in self.steps if step.operation != "leave")

    def guarded(self, confirmed: Collection[str]) -> tuple[Plan[A], tuple[Step[A], ...]]:
        """The plan without deletions that nobody confirmed by key or by `ALL`, and these."""
        held = tuple(s for s in self.steps if s.operation == "retire" and not {s.alarm.key, ALL} & set(confirmed))
        return replace(self, steps=tuple(s for s in self.steps if s not in held)), held

    def counts(self) -> dict[str, int]:
        """How many steps there are of each operation, and notes."""
        said = [step.operation for step in self.steps]
        return {name: said.count(name) for name in ("create", "update", "leave", "retire")} | {"none": len(self.notes)}

    def rows(self) -> list[dict[str, str]]:
        """For a table that people read; what is left as it is is counted, not listed."""
        steps = [
            {"what": s.operation, "alarm": s.alarm.key, "changes": ", ".join(s.fields), "reason": s.reason} for s in self.changes
        ]
        return [*steps, *({"what": "none", "alarm": n.key, "changes": "", "reason": n.reason} for n in self.notes)]


def plan(wanted: Iterable[A], actual: Iterable[A], notes: Sequence[Note] = ()) -> Plan[A]:
    """Compare what is wanted with what there is of ours.

    A second alarm of ours for the same is surplus: the one with the least reference counts.

    Args:
        wanted: One alarm per key.
        actual: Alarms of ours, as they are.
        notes: What gets none.
    """
    goal = {alarm.key: alarm for alarm in sorted(wanted, key=lambda a: a.key)}
    there: dict[str, A] = {}
    retired: list[Step[A]] = []
    why = {note.key: note.reason for note in notes}
    for alarm in sorted(actual, key=lambda a: (a.key, a.reference)):
        if alarm.key in there:
            retired.append(Step("retire", alarm, None, f"a second alarm beside {there[alarm.key].reference}"))
        else:
            there[alarm.key] = alarm
    steps = [_step(there.get(key), alarm) for key, alarm in goal.items()]
    for key, alarm in there.items():
        if key not in goal:
            retired.append(Step("retire", alarm, None, why.get(key, "no rule or no database wants it any more")))
    return Plan((*steps, *retired), tuple(notes))


def as_json(alarm: AlarmLike | None) -> dict[str, Any] | None:
    """An alarm for the journal and for machines: what is wanted of it, not what the cloud calls it."""
    if alarm is None:
        return None
    if not is_dataclass(alarm) or isinstance(alarm, type):
        raise TypeError("alarms are data classes")
    return {f.name: _plain(getattr(alarm, f.name)) for f in fields(alarm) if f.name != "reference"}


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a field holds
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, tuple):
        return list(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(part) for name, part in asdict(value).items()}
    return value


def _step(before: A | None, after: A) -> Step[A]:
    if before is None:
        return Step("create", None, after, "wanted by a rule")
    return Step("leave" if before == after else "update", before, after, "" if before == after else "not as the rule has it")


def _rule(given: object) -> Rule:
    names = (
        "name",
        "metric",
        "interval",
        "statistic",
        "above",
        "above_per_ecpu",
        "pending",
        "repeat",
        "severity",
        "environments",
    )
    one = _mapping(given, "an alarm", names)
    name, metric = str(one.get("name", "")), str(one.get("metric", ""))
    if not _NAME.fullmatch(name):
        raise WrongRules(f"{name!r} is no name of an alarm: small letters, digits and dashes, 30 at most")
    every = MEASURED_EVERY.get(metric)
    if every is None:
        near = f"; the nearest there is is {NO_SUCH[metric]}" if metric in NO_SUCH else ""
        raise WrongRules(f"{name}: {NAMESPACE} has no metric {metric!r}{near}. There are: {', '.join(sorted(MEASURED_EVERY))}")
    interval = str(one.get("interval", "5m"))
    if _interval(name, interval) < every * (_LEAST_POINTS if every >= timedelta(hours=1) else 1):
        raise WrongRules(
            f"{name}: {metric} is measured every {every}: a window of {interval} may hold no value; use a longer one"
        )
    statistic = _one_of(name, "statistic", str(one.get("statistic", "mean")), STATISTICS)
    severity = _one_of(name, "severity", str(one.get("severity", "WARNING")), SEVERITIES)
    above, per_ecpu = _number(name, "above", one.get("above")), _number(name, "above_per_ecpu", one.get("above_per_ecpu"))
    if (above is None) == (per_ecpu is None):
        raise WrongRules(f"{name}: give either above or above_per_ecpu")
    pending, repeat = str(one.get("pending", "PT5M")), str(one.get("repeat", "PT2H"))
    _duration(name, "pending", pending, timedelta(minutes=1), timedelta(hours=1))
    _duration(name, "repeat", repeat, timedelta(minutes=1), timedelta(days=30))
    environments = tuple(str(e) for e in _sequence(one.get("environments") or [], f"{name}.environments"))
    return Rule(name, metric, interval, statistic, above, per_ecpu, pending, repeat, severity, environments)


def _pause(given: object) -> Pause:
    one = _mapping(given, "a suppression", ("from", "until", "reason", "databases"))
    start, end = (_moment(name, one.get(name)) for name in ("from", "until"))
    if start >= end:
        raise WrongRules(f"a suppression from {start.isoformat()} ends before it begins")
    databases = tuple(str(d) for d in _sequence(one.get("databases") or [], "suppressions.databases"))
    return Pause(start, end, str(one.get("reason", "")), databases)


def _moment(name: str, given: object) -> datetime:
    """RFC 3339; YAML may have read it already."""
    try:
        moment = given if isinstance(given, datetime) else datetime.fromisoformat(str(given))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise WrongRules(f"suppressions.{name} is {given!r}: write a moment with its offset, such as 2026-12-24T22:00:00Z")
    return moment.astimezone(UTC)


def _interval(name: str, given: str) -> timedelta:
    found = re.fullmatch(r"([1-9]\d*)([mhd])", given)
    if not found or int(found[1]) > _MOST[found[2]]:
        raise WrongRules(f"{name}: {given!r} is no interval: 1m to 60m, 1h to 24h, or 1d")
    return int(found[1]) * _UNITS[found[2]]


def _duration(name: str, field: str, given: str, least: timedelta, most: timedelta) -> None:
    found = _DURATION.fullmatch(given)
    length = timedelta(hours=int(found[1] or 0), minutes=int(found[2] or 0)) if found else timedelta()
    if not least <= length <= most:
        raise WrongRules(f"{name}: {field} is {given!r}: write an ISO 8601 duration in hours and minutes from {least} to {most}")


def _number(name: str, field: str, given: object) -> float | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise WrongRules(f"{name}: {field} is {given!r}: write a number")
    return float(given)


def _one_of(name: str, field: str, given: str, known: Sequence[T]) -> T:
    for one in known:
        if one == given:
            return one
    raise WrongRules(f"{name}: {field} is {given!r}: use one of {', '.join(known)}")


def _mapping(given: object, what: str, known: Sequence[str] | None) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise WrongRules(f"{what} must be a mapping of names to values")
    unknown = sorted(str(name) for name in given if known is not None and name not in known)
    if unknown:
        raise WrongRules(f"{what} has {', '.join(unknown)}, which is not known. Known: {', '.join(known or ())}")
    return given


def _sequence(given: object, what: str) -> list[Any]:
    if not isinstance(given, list):
        raise WrongRules(f"{what} must be a list")
    return given
