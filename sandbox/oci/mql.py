"""The Monitoring Query Language: text to query and back. What a query means for datapoints is in `aggregation.py`.

Answered is `metric[interval]{dimensions}.grouping.statistic predicate`. Nested, joined and calculating queries, which OCI knows
as well, are told apart from malformed ones by `Unanswered`.

Source of the grammar, intervals, statistics and operators: docs.oracle.com, "Monitoring Query Language (MQL) Reference"; of
dimensions: "Selecting Dimensions for a Query".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MINUTE = 60_000
HOUR, DAY = 60 * MINUTE, 24 * 60 * MINUTE
STATISTICS = ("absent", "avg", "count", "first", "increment", "last", "max", "mean", "min", "percentile", "rate", "sum")
"""`avg` is identical to `mean`. Source: the same reference."""
ABSENCE = 2 * HOUR
"""How long an absence is told if the query does not say. Source: the same reference."""
_LONGEST_ABSENCE = 3 * DAY
_UNITS = {"m": MINUTE, "h": HOUR, "d": DAY}
_MOST = {"m": 60, "h": 24, "d": 1}
_COMPARISONS = (">=", "<=", "==", "!=", ">", "<")
_METRIC = re.compile(r"\s*([A-Za-z][A-Za-z0-9._$-]*)\s*\[\s*([^\]]*?)\s*\]\s*")
_CONDITION = re.compile(r'\s*([^\s=!~{},"]+)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"\'{},=~]+))\s*')
_CALL = re.compile(r"\s*\.\s*([A-Za-z]+)\s*\(([^()]*)\)\s*")
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_THRESHOLD = re.compile(rf"\s*(>=|<=|==|!=|>|<)\s*({_NUMBER})\s*")
_BETWEEN = re.compile(rf"\s*(not\s+in|in)\s*\(\s*({_NUMBER})\s*,\s*({_NUMBER})\s*\)\s*")
_BEYOND = re.compile(r"\s*(&&|\|\||[-+*/%]|\.)")
_DIMENSION = re.compile(r'[^\s=!~{}(),"]+')


class Malformed(ValueError):
    """The text is no query; says why."""


class Unanswered(ValueError):
    """The text is a query of a form that the sandbox does not answer; says which."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What a dimension has to be: `=`, `!=`, or with wildcards `=~`, `!~`."""

    dimension: str
    operator: str
    value: str

    def holds(self, given: str | None) -> bool:
        """Whether a value of the dimension is one that is asked for."""
        if "~" not in self.operator:
            return (given == self.value) is (self.operator == "=")
        found = given is not None and any(_fits(choice.split("*"), given) for choice in self.value.split("|"))
        return found is (self.operator == "=~")

    def __str__(self) -> str:
        value = self.value.replace("\\", "\\\\").replace('"', '\\"')
        return f'{self.dimension} {self.operator} "{value}"'


def _fits(parts: list[str], given: str) -> bool:
    """Whether a text consists of parts with anything between them; in time that does not grow with the number of ways to fit."""
    first, last = parts[0], parts[-1]
    if len(parts) == 1:
        return given == first
    if not given.startswith(first) or not given.endswith(last) or len(given) < len(first) + len(last):
        return False
    place, end = len(first), len(given) - len(last)
    for part in parts[1:-1]:
        found = given.find(part, place, end)
        if found < 0:
            return False
        place = found + len(part)
    return True


@dataclass(frozen=True, slots=True)
class Predicate:
    """What a value has to be: a comparison with the first bound, or `in` and `not in` the two, both inclusive."""

    operator: str
    bounds: tuple[float, ...]

    def holds(self, value: float) -> bool:
        """Whether a value is kept."""
        low, high = self.bounds[0], self.bounds[-1]
        outcomes = {
            ">": value > low,
            ">=": value >= low,
            "<": value < low,
            "<=": value <= low,
            "==": value == low,
            "!=": value != low,
            "in": low <= value <= high,
            "not in": value <= low or value >= high,
        }
        return outcomes[self.operator]

    def __str__(self) -> str:
        if len(self.bounds) == 1:
            return f"{self.operator} {self.bounds[0]!r}"
        return f"{self.operator} ({self.bounds[0]!r}, {self.bounds[1]!r})"


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for.

    Attributes:
        metric: Name of the metric.
        interval: Length of the windows, in milliseconds.
        conditions: All of them hold.
        group_by: Dimensions of one result each; empty for one result of all streams; None for a result of each stream.
        statistic: One of `STATISTICS`.
        argument: Of `percentile`, the share; of `absent`, how long an absence is told, in milliseconds.
        predicate: What a value has to be to be kept.
    """

    metric: str
    interval: int
    conditions: tuple[Condition, ...] = ()
    group_by: tuple[str, ...] | None = None
    statistic: str = "mean"
    argument: float | None = None
    predicate: Predicate | None = None

    @property
    def triggers(self) -> bool:
        """Whether it says when an alarm fires."""
        return self.predicate is not None or self.statistic == "absent"

    def __str__(self) -> str:
        conditions = "{" + ", ".join(map(str, self.conditions)) + "}" if self.conditions else ""
        groups = "" if self.group_by is None else f".groupBy({', '.join(self.group_by)})" if self.group_by else ".grouping()"
        argument = ""
        if self.argument is not None:
            argument = duration(int(self.argument)) if self.statistic == "absent" else repr(self.argument)
        predicate = f" {self.predicate}" if self.predicate else ""
        return f"{self.metric}[{duration(self.interval)}]{conditions}{groups}.{self.statistic}({argument}){predicate}"


def interval(text: str) -> int:
    """Milliseconds of `1m` to `60m`, `1h` to `24h`, or `1d`; the values of resolutions are the same.

    Raises:
        Malformed: It is none of them.
    """
    found = re.fullmatch(r"(\d{1,2})([mhd])", text)
    if not found or not 1 <= int(found[1]) <= _MOST[found[2]]:
        raise Malformed(f"'{text}' is no interval: 1m to 60m, 1h to 24h, or 1d")
    return int(found[1]) * _UNITS[found[2]]


def duration(milliseconds: int) -> str:
    """As text, in the largest unit that divides it and counts no further than intervals may."""
    for unit in ("d", "h"):
        count, rest = divmod(milliseconds, _UNITS[unit])
        if not rest and 1 <= count <= 72:
            return f"{count}{unit}"
    return f"{milliseconds // MINUTE}m"


def parse(text: str) -> Query:
    """The query that a text is.

    Raises:
        Malformed: It is none.
        Unanswered: It is one of a form that the sandbox does not answer.
    """
    if re.match(r"\s*[(\d]", text):
        raise Unanswered("nested and calculating queries")
    head = _METRIC.match(text)
    if not head:
        raise Malformed("a query begins with metric[interval], such as CpuUtilization[1m]")
    conditions, place = _conditions(text, head.end())
    calls, place = _calls(text, place)
    group_by, statistic, argument = _steps(calls)
    predicate, place = _predicate(text, place)
    if text[place:].strip():
        _explain(text, place)
    if predicate and statistic == "absent":
        raise Malformed("absent() is a predicate itself")
    return Query(head[1], interval(head[2]), conditions, group_by, statistic, argument, predicate)


def _explain(text: str, place: int) -> None:
    if _BEYOND.match(text, place):
        raise Unanswered("joined, calculating and further aggregating queries")
    raise Malformed(f"nothing is known of '{text[place:].strip()}'")


def _conditions(text: str, place: int) -> tuple[tuple[Condition, ...], int]:
    if text[place : place + 1] != "{":
        return (), place
    found: list[Condition] = []
    while text[place : place + 1] != "}":
        match = _CONDITION.match(text, place + 1)
        if not match or text[match.end() : match.end() + 1] not in (",", "}"):
            raise Malformed('dimensions are given as {name = "value", …}')
        name, operator, quoted, bare = match.groups()
        if quoted is None and "~" in operator:
            raise Malformed("the values of =~ and !~ are quoted")
        found.append(Condition(name, operator, bare if quoted is None else re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)))
        place = match.end()
    return tuple(found), place + 1


def _calls(text: str, place: int) -> tuple[list[tuple[str, str]], int]:
    found = []
    while match := _CALL.match(text, place):
        found.append((match[1], match[2].strip()))
        place = match.end()
    return found, place


def _steps(calls: list[tuple[str, str]]) -> tuple[tuple[str, ...] | None, str, float | None]:
    if not calls:
        raise Malformed("a query names a statistic, such as .mean()")
    group_by = _groups(*calls[0])
    rest = calls if group_by is None else calls[1:]
    if not rest or rest[0][0] not in STATISTICS:
        raise Malformed(f"a statistic is one of {', '.join(STATISTICS)}")
    if len(rest) > 1:
        raise Unanswered("aggregates of aggregates")
    return group_by, rest[0][0], _argument(*rest[0])


def _groups(name: str, argument: str) -> tuple[str, ...] | None:
    if name == "grouping":
        if argument:
            raise Malformed("grouping() has no argument")
        return ()
    if name != "groupBy":
        return None
    dimensions = tuple(part.strip() for part in argument.split(","))
    if not all(_DIMENSION.fullmatch(dimension) for dimension in dimensions):
        raise Malformed("groupBy(dimension, …) names dimensions")
    return dimensions


def _argument(statistic: str, text: str) -> float | None:
    if statistic == "percentile":
        if not re.fullmatch(_NUMBER, text) or not 0 < float(text) < 1:
            raise Malformed("percentile(p) has p between 0.0 and 1.0")
        return float(text)
    if statistic == "absent" and text:
        found = re.fullmatch(r"(\d+)([mhd])", text)
        period = int(found[1]) * _UNITS[found[2]] if found else 0
        if not MINUTE <= period <= _LONGEST_ABSENCE:
            raise Malformed("absent(period) has a period of 1m to 3d")
        return period
    if text:
        raise Malformed(f"{statistic}() has no argument")
    return None


def _predicate(text: str, place: int) -> tuple[Predicate | None, int]:
    if match := _THRESHOLD.match(text, place):
        return Predicate(match[1], (float(match[2]),)), match.end()
    if match := _BETWEEN.match(text, place):
        low, high = float(match[2]), float(match[3])
        if low > high:
            raise Malformed("the first of the two values is the lower one")
        return Predicate(" ".join(match[1].split()), (low, high)), match.end()
    return None, place
