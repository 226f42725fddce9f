"""What a database says of itself in SQL, as measurements: by moment, and by interval from counters."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from assets.fleet.logic.counters import Growth, Row, Snapshot, cursor_growth, growth
from assets.fleet.logic.measured import SQL_METRICS, Measured, Missing, Outcome

Answer = Sequence[Row] | Missing
"""Rows of a query, or why there are none."""
COUNTED = ("statistics", "times", "waits", "cursors")
"""Queries that read counters: their answers are kept for the next collection."""
_MOST_EVENTS, _MOST_STATEMENTS = 10, 20
_MICROSECONDS = 1e6
_SLOW_ROWS_PER_SECOND = 100
_CURSOR_KEYS = ("inst_id", "sql_id", "plan_hash_value")
_CURSOR_COUNTERS = ("executions", "elapsed_time", "cpu_time", "buffer_gets", "disk_reads", "rows_processed")
_NOT_STRUCTURE = re.compile(
    r"""
    (?P<comment> /\*(?!\+).*?(?:\*/|\Z) | --(?!\+)[^\n]* )
    | (?P<kept> "[^"]*"? )
    | (?P<secret> \bidentified\s+by\s+(?:values\s+)? ) (?:"[^"]*"?|'(?:[^']|'')*'?|[^\s'"]+)
    | (?<![\w$#])n?q'(?:\[.*?(?:\]'|\Z)|\(.*?(?:\)'|\Z)|\{.*?(?:\}'|\Z)|<.*?(?:>'|\Z)|(?P<quote>\S).*?(?:(?P=quote)'|\Z))
    | '(?:[^']|'')*'?
    | (?<![\w$#:])(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d*)?[fd]?(?![\w$#])
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
"""Comments, passwords, and literals of text (also with a delimiter of its own, `q'[…]'`) and numbers, even if the text ends in
them. Source: Oracle AI Database SQL Language Reference, "Literals" and "Comments". Hints are structure."""


@dataclass(frozen=True, slots=True)
class SqlMeasures:
    """What one database told.

    Attributes:
        values: Every metric of `SQL_METRICS`.
        waits: Events that took most time, in order, with `waits`, `seconds` and `share`.
        statements: Those that took most time, in order.
        start: From when the counters were taken that waits and statements are of; None if there are none.
        snapshots: Counters as they stand, for the next collection, by query.
    """

    values: Mapping[str, Outcome]
    waits: Sequence[Row] = ()
    statements: Sequence[Row] = ()
    start: datetime | None = None
    snapshots: Mapping[str, Snapshot] = field(default_factory=dict)


def nothing(missing: Missing) -> SqlMeasures:
    """What is known of a database that could not be asked."""
    return SqlMeasures(dict.fromkeys(SQL_METRICS, missing))


def measures(answers: Mapping[str, Answer], before: Mapping[str, Snapshot], at: datetime) -> SqlMeasures:
    """Measurements from what a database answered.

    Args:
        answers: Of the queries by name.
        before: Counters as they stood at the collection before, by query.
        at: When the database was asked.
    """
    started = answers["instances"]
    instances = None if isinstance(started, Missing) else {str(r["inst_id"]): str(r["startup_time"]) for r in started}
    now = {name: Snapshot(at, instances, rows) for name in COUNTED if not isinstance(rows := answers[name], Missing)}
    work, times = (
        _grown(answers, now, before, name, lambda b, n: growth(b, n, ("inst_id", "name"), ("value",)))
        for name in ("statistics", "times")
    )
    waits = _grown(
        answers, now, before, "waits", lambda b, n: growth(b, n, ("inst_id", "event"), ("total_waits", "time_waited_micro"))
    )
    cursors = _grown(answers, now, before, "cursors", lambda b, n: cursor_growth(b, n, _CURSOR_KEYS, _CURSOR_COUNTERS))
    values = {
        "memory_utilization": _memory(answers["memory"], at),
        "active_sessions": _single(answers["sessions"], at, lambda row: row["active_sessions"]),
        "blocked_sessions": _single(answers["sessions"], at, lambda row: row["blocked_sessions"]),
        "awaited_locks": _single(answers["locks"], at, lambda row: row["awaited_locks"]),
        "lock_contention": _single(answers["locks"], at, lambda row: 100 * row["awaited_locks"] / max(row["locks"], 1)),
        "transactions_per_second": _of(work, lambda g: _named(g, ("user commits", "user rollbacks")) / g.seconds),
        "executions_per_second": _of(work, lambda g: _named(g, ("execute count",)) / g.seconds),
        "wait_seconds_per_second": _of(waits, lambda g: g.total("time_waited_micro") / _MICROSECONDS / g.seconds),
        "response_time_seconds": _response_time(times, work),
        "buffer_gets_per_row": _of(cursors, _gets_per_row),
        "slow_statements": _of(cursors, lambda g: float(sum(_is_slow(row) for row in g.rows))),
    }
    dated = [g.start for g in (waits, cursors) if isinstance(g, Growth)]
    kept = {name: _to_keep(snapshot) for name, snapshot in now.items()}
    return SqlMeasures(values, _top_waits(waits), _top_statements(cursors), min(dated, default=None), kept)


def without_literals(sql: str) -> str:
    """A statement without the values and comments in it, which may be somebody's personal data."""
    return " ".join(_NOT_STRUCTURE.sub(_left, sql).split())


def _left(found: re.Match[str]) -> str:
    """What is left of a part of a statement."""
    if found["comment"] is not None:
        return " "
    return found["kept"] or f"{found['secret'] or ''}?"


def _to_keep(snapshot: Snapshot) -> Snapshot:
    """Without the texts of statements, which no difference needs."""
    return replace(snapshot, rows=[{name: value for name, value in row.items() if name != "sql_text"} for row in snapshot.rows])


def _grown(
    answers: Mapping[str, Answer],
    now: Mapping[str, Snapshot],
    before: Mapping[str, Snapshot],
    name: str,
    compared: Callable[[Snapshot | None, Snapshot], Growth | Missing],
) -> Growth | Missing:
    answer = answers[name]
    return answer if isinstance(answer, Missing) else compared(before.get(name), now[name])


def _memory(answer: Answer, at: datetime) -> Outcome:
    if isinstance(answer, Missing):
        return answer
    limited = [row for row in answer if row["pga_limit_bytes"]]
    if not limited:
        return Missing("unavailable", "process memory has no limit here, so no share of it can be told")
    return Measured(max(100 * row["pga_allocated_bytes"] / row["pga_limit_bytes"] for row in limited), at, at)


def _single(answer: Answer, at: datetime, value: Callable[[Row], float]) -> Outcome:
    if isinstance(answer, Missing):
        return answer
    return Measured(float(value(answer[0])), at, at) if answer else Missing("unknown", "the database answered no row")


def _of(grown: Growth | Missing, value: Callable[[Growth], float | Missing]) -> Outcome:
    if isinstance(grown, Missing):
        return grown
    found = value(grown)
    return found if isinstance(found, Missing) else Measured(found, grown.start, grown.end)


def _response_time(times: Growth | Missing, work: Growth | Missing) -> Outcome:
    if isinstance(times, Missing):
        return times
    if isinstance(work, Missing):
        return work
    if times.start != work.start:
        return Missing("unknown", "time and executions were not read together the last time")
    executions = _named(work, ("execute count",))
    if not executions:
        return Missing("unknown", "no statement was executed")
    return Measured(times.total("value") / _MICROSECONDS / executions, work.start, work.end)


def _gets_per_row(grown: Growth) -> float | Missing:
    rows = grown.total("rows_processed")
    return grown.total("buffer_gets") / rows if rows else Missing("unknown", "no statement processed a row")


def _named(grown: Growth, names: Iterable[str]) -> float:
    return float(sum(row["value"] for row in grown.rows if row["name"] in names))


def _is_slow(row: Row) -> bool:
    seconds = row["elapsed_time"] / _MICROSECONDS
    return bool(row["executions"] > 0 and max(row["rows_processed"], 1) < _SLOW_ROWS_PER_SECOND * seconds)


def _top_waits(grown: Growth | Missing) -> list[Row]:
    if isinstance(grown, Missing):
        return []
    events: dict[str, dict[str, float | str]] = {}
    for row in grown.rows:
        one = events.setdefault(
            row["event"], {"event": row["event"], "wait_class": row["wait_class"], "waits": 0.0, "seconds": 0.0}
        )
        one["waits"] = float(one["waits"]) + row["total_waits"]
        one["seconds"] = float(one["seconds"]) + row["time_waited_micro"] / _MICROSECONDS
    total = grown.total("time_waited_micro") / _MICROSECONDS
    first = sorted((e for e in events.values() if e["seconds"]), key=lambda e: (-float(e["seconds"]), e["event"]))[:_MOST_EVENTS]
    return [{**event, "share": float(event["seconds"]) / total, "rank": n} for n, event in enumerate(first, 1)]


def _top_statements(grown: Growth | Missing) -> list[Row]:
    if isinstance(grown, Missing):
        return []
    total = grown.total("elapsed_time")
    first = sorted((r for r in grown.rows if r["elapsed_time"]), key=lambda r: (-r["elapsed_time"], r["sql_id"]))
    return [_statement(row, n, total) for n, row in enumerate(first[:_MOST_STATEMENTS], 1)]


def _statement(row: Row, rank: int, total: float) -> Row:
    seconds, executions = row["elapsed_time"] / _MICROSECONDS, row["executions"]
    return {
        "rank": rank,
        "sql_id": row["sql_id"],
        "plan_hash_value": None if row["plan_hash_value"] is None else str(row["plan_hash_value"]),
        "sql_text": None if row["sql_text"] is None else without_literals(row["sql_text"]),
        "executions": executions,
        "elapsed_seconds": seconds,
        "seconds_per_execution": seconds / executions if executions else None,
        "cpu_seconds": row["cpu_time"] / _MICROSECONDS,
        "buffer_gets": row["buffer_gets"],
        "disk_reads": row["disk_reads"],
        "rows_processed": row["rows_processed"],
        "share": row["elapsed_time"] / total,
    }
