"""Views of the instance (`v$…`): what they show depends on the key of the database and on the time alone, so that counters grow.

Source of their columns, and of the names of statistics, events and areas: Oracle Database Reference; of each view, those columns
that monitoring reads. `gv$` views have the instance before. The numbers are made up.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.oracle_sql.functions import moment_text

_Rows = tuple[Sequence[str], Sequence[Sequence[Any]]]
_STARTED = datetime(2026, 1, 1, tzinfo=UTC)
_DAY = 86_400
_GIGABYTE = 1 << 30
_CONTAINER = 3
"""`con_id` of a pluggable database."""


@dataclass(frozen=True, slots=True)
class _Instance:
    key: str
    now: datetime

    def drawn(self, what: str) -> float:
        """A number from 0 to 1 that is the database's own."""
        return zlib.crc32(f"{self.key}/{what}".encode()) / 0xFFFFFFFF

    @property
    def size(self) -> float:
        """How much goes on, compared with another database."""
        return 0.5 + 2 * self.drawn("size")

    def load(self) -> float:
        """How much goes on now, compared with the mean: the most in the afternoon."""
        return 1 - 0.6 * math.cos(2 * math.pi * (self.now.timestamp() % _DAY) / _DAY)

    def counter(self, what: str, per_second: float) -> int:
        """A counter since the instance began: it grows by `load`."""
        elapsed = (self.now - _STARTED).total_seconds()
        swing = 0.6 * _DAY / (2 * math.pi) * math.sin(2 * math.pi * elapsed / _DAY)
        return int(per_second * self.size * (0.7 + 0.6 * self.drawn(what)) * (elapsed - swing))

    def gauge(self, what: str, usual: float) -> int:
        """Something that is more or less now."""
        return round(usual * self.size * (0.8 + 0.4 * self.drawn(f"{what}/{self.now:%j%H}")) * self.load())


def view(name: str, key: str, now: datetime) -> _Rows | None:
    """Columns and rows of a view, by its name in lower case; None if the sandbox has none of that name."""
    everywhere = name.startswith("gv$")
    made = _VIEWS.get(name[1:] if everywhere else name)
    if made is None:
        return None
    columns, rows = made(_Instance(key, now))
    if everywhere:
        return ("inst_id", *columns), [(1, *row) for row in rows]
    return columns, rows


_STATISTICS: Mapping[str, float] = {
    "execute count": 120, "parse count (total)": 60, "parse count (hard)": 0.4, "user commits": 12, "user rollbacks": 0.1,
    "user calls": 180, "session logical reads": 9_000, "physical reads": 140, "physical writes": 40, "redo size": 60_000,
    "CPU used by this session": 45, "DB time": 70, "logons cumulative": 0.05, "sorts (memory)": 25, "sorts (disk)": 0.001,
    "table scans (long tables)": 0.05, "enqueue deadlocks": 0.00001, "bytes sent via SQL*Net to client": 80_000,
    "bytes received via SQL*Net from client": 40_000,
}  # fmt: skip
_EVENTS: Sequence[tuple[str, str, float, float]] = (
    ("db file sequential read", "User I/O", 60, 480), ("db file scattered read", "User I/O", 6, 900),
    ("direct path read", "User I/O", 4, 700), ("log file sync", "Commit", 12, 900),
    ("log file parallel write", "System I/O", 14, 500),
    ("enq: TX - row lock contention", "Application", 0.02, 250_000), ("buffer busy waits", "Concurrency", 0.5, 300),
    ("library cache lock", "Concurrency", 0.05, 2_000), ("resmgr:cpu quantum", "Scheduler", 0.8, 9_000),
    ("SQL*Net more data to client", "Network", 9, 40), ("SQL*Net message from client", "Idle", 180, 5_000_000),
)  # fmt: skip
"""Event, class, waits per second, and microseconds of a wait."""
_CLASS_IDS = {
    "User I/O": 1740759767, "Commit": 3386400367, "System I/O": 4108307767, "Application": 4217450380, "Concurrency": 3875070507,
    "Scheduler": 2396326234, "Network": 2000153315, "Idle": 2723168908,
}  # fmt: skip
_SQL: Sequence[tuple[str, float, float]] = (
    ("SELECT id, status FROM orders WHERE customer_id = :1", 40, 900),
    ("INSERT INTO orders (id, customer_id, status, ordered_at) VALUES (:1, :2, :3, :4)", 6, 1_400),
    ("INSERT INTO order_items (order_id, line, sku, quantity, price) VALUES (:1, :2, :3, :4, :5)", 14, 700),
    ("UPDATE orders SET status = :1 WHERE id = :2", 9, 2_600),
    ("INSERT INTO payments (order_id, amount, paid_at, reference) VALUES (:1, :2, :3, :4)", 4, 1_100),
    ("SELECT sku, SUM(quantity) FROM order_items GROUP BY sku", 0.05, 1_900_000),
    ("SELECT c.country, SUM(p.amount) FROM payments p JOIN orders o ON o.id = p.order_id "
     "JOIN customers c ON c.id = o.customer_id GROUP BY c.country", 0.02, 6_500_000),
    ("SELECT title, price FROM products WHERE UPPER(title) LIKE :1", 1.2, 85_000),
)  # fmt: skip
"""Text, executions per second, and microseconds of one."""


def _sql(of: _Instance) -> _Rows:
    columns = (
        "sql_id", "child_number", "plan_hash_value", "sql_text", "sql_fulltext", "parsing_schema_name", "module", "executions",
        "elapsed_time", "cpu_time", "buffer_gets", "disk_reads", "rows_processed", "parse_calls", "sorts", "fetches", "loads",
        "invalidations", "user_io_wait_time", "concurrency_wait_time", "application_wait_time", "cluster_wait_time",
        "first_load_time", "last_active_time", "con_id",
    )  # fmt: skip
    rows = []
    for text, per_second, microseconds in _SQL:
        done = of.counter(text, per_second)
        spent = int(done * microseconds * (0.8 + 0.4 * of.drawn(f"{text}/slow")))
        rows.append(
            (
                _sql_id(text), 0, zlib.crc32(text.encode()), text, text, "ADMIN", "orders", done,
                spent, int(spent * 0.6), int(done * microseconds / 40), int(done * microseconds / 4_000), done * 2,
                done // 3, 0, done, 1, 0, int(spent * 0.25), int(spent * 0.02), int(spent * 0.01), 0,
                "2026-01-01/00:00:10", moment_text(of.now - timedelta(seconds=int(20 * of.drawn(text)))), _CONTAINER,
            )
        )  # fmt: skip
    return columns, rows


def _sql_id(text: str) -> str:
    """13 characters of Oracle's alphabet; not by its function."""
    value, said = int.from_bytes(zlib.crc32(text.encode()).to_bytes(4) * 2), ""
    for _ in range(13):
        value, place = divmod(value, 32)
        said += "0123456789abcdfghjkmnpqrstuvwxyz"[place]
    return said


def _sessions(of: _Instance) -> _Rows:
    columns = (
        "sid", "serial#", "username", "status", "type", "osuser", "machine", "program", "module", "action", "service_name",
        "sql_id", "prev_sql_id", "event", "wait_class", "state", "seconds_in_wait", "wait_time_micro", "last_call_et",
        "logon_time", "blocking_session", "blocking_session_status", "final_blocking_session", "paddr", "con_id",
    )  # fmt: skip
    rows = [_session(of, 1 + n, None, "BACKGROUND", "ACTIVE", "rdbms ipc message", "Idle", None, 0) for n in range(24)]
    users, waits = max(of.gauge("sessions", 14), 2), _blocked(of)
    for n in range(users):
        active = n < max(users // 4, 1)
        event, kind = ("db file sequential read", "User I/O") if active else ("SQL*Net message from client", "Idle")
        blocker, waited = (101, waits) if waits and n == 1 else (None, int(60 * of.drawn(f"wait/{n}")))
        if blocker:
            event, kind, active = "enq: TX - row lock contention", "Application", True
        rows.append(_session(of, 101 + n, "ADMIN", "USER", "ACTIVE" if active else "INACTIVE", event, kind, blocker, waited))
    return columns, rows


def _session(
    of: _Instance, sid: int, user: str | None, kind: str, status: str, event: str, wait: str, blocker: int | None, waited: int
) -> Sequence[Any]:
    sql = _sql_id(_SQL[sid % len(_SQL)][0]) if user and status == "ACTIVE" else None
    logon = moment_text(of.now - timedelta(hours=1 + sid % 30))
    return (
        sid, 1000 + sid, user, status, kind, "app" if user else "oracle", f"app-{sid % 4}" if user else "db",
        "orders" if user else "oracle (BG)", "orders" if user else None, None, "orders_low" if user else "SYS$BACKGROUND", sql,
        _sql_id(_SQL[0][0]), event, wait, "WAITING", waited, waited * 1_000_000, waited, logon, blocker,
        "VALID" if blocker else "NO HOLDER", blocker, f"{sid:016X}", _CONTAINER,
    )  # fmt: skip


def _blocked(of: _Instance) -> int:
    """Seconds that a session has been waiting for the lock of another; 0 if none does.

    One database in seven has that, in the afternoon.
    """
    if zlib.crc32(of.key.encode()) % 7 or not 13 <= of.now.hour < 15:
        return 0
    return int((of.now - of.now.replace(hour=13, minute=0, second=0, microsecond=0)).total_seconds()) % 1_200 + 1


def _locks(of: _Instance) -> _Rows:
    columns = ("addr", "sid", "type", "id1", "id2", "lmode", "request", "ctime", "block", "con_id")
    rows: list[Sequence[Any]] = [("0000000061A0", 4, "CF", 0, 0, 2, 0, of.counter("lock", 0) + 86_400, 0, _CONTAINER)]
    waits = _blocked(of)
    if waits:
        rows += [("0000000061B0", 101, "TX", 524_301, 8_812, 6, 0, waits + 30, 1, _CONTAINER)]
        rows += [("0000000061C0", 102, "TX", 524_301, 8_812, 0, 6, waits, 0, _CONTAINER)]
    return columns, rows


def _sysstat(of: _Instance) -> _Rows:
    rows = [
        (n, name, 1, of.counter(name, rate), zlib.crc32(name.encode()), _CONTAINER)
        for n, (name, rate) in enumerate(_STATISTICS.items())
    ]
    now = (900, "logons current", 1, max(of.gauge("sessions", 14), 2) + 24, zlib.crc32(b"logons current"), _CONTAINER)
    return ("statistic#", "name", "class", "value", "stat_id", "con_id"), [*rows, now]


def _events(of: _Instance) -> _Rows:
    columns = (
        "event", "total_waits", "total_timeouts", "time_waited", "average_wait", "time_waited_micro", "total_waits_fg",
        "time_waited_micro_fg", "event_id", "wait_class_id", "wait_class", "con_id",
    )  # fmt: skip
    rows = []
    for event, kind, rate, microseconds in _EVENTS:
        waits = of.counter(event, rate)
        spent = int(waits * microseconds)
        rows.append((event, waits, 0, spent // 10_000, microseconds / 10_000, spent, waits, spent, zlib.crc32(event.encode()),
                     _CLASS_IDS[kind], kind, _CONTAINER))  # fmt: skip
    return columns, rows


def _classes(of: _Instance) -> _Rows:
    found: dict[str, list[int]] = {}
    for event, kind, rate, microseconds in _EVENTS:
        waits = of.counter(event, rate)
        sums = found.setdefault(kind, [0, 0])
        sums[0] += waits
        sums[1] += int(waits * microseconds)
    columns = (
        "wait_class_id",
        "wait_class#",
        "wait_class",
        "total_waits",
        "time_waited",
        "total_waits_fg",
        "time_waited_fg",
        "con_id",
    )
    return columns, [
        (_CLASS_IDS[k], n, k, waits, spent // 10_000, waits, spent // 10_000, _CONTAINER)
        for n, (k, (waits, spent)) in enumerate(found.items())
    ]


def _sga(of: _Instance) -> Mapping[str, int]:
    total = round(4 * of.size) * _GIGABYTE + _GIGABYTE
    free = int(total * (0.02 + 0.2 * of.drawn(f"free/{of.now:%j%H}")))
    return {
        "Fixed SGA Size": 9_000_000, "Redo Buffers": 16 << 20, "Buffer Cache Size": int(total * 0.6),
        "Shared Pool Size": int(total * 0.25),
        "Large Pool Size": int(total * 0.02), "Java Pool Size": 0, "Streams Pool Size": 0, "Granule Size": 16 << 20,
        "Maximum SGA Size": total, "Startup overhead in Shared Pool": 300 << 20, "Free SGA Memory Available": free,
    }  # fmt: skip


def _sgainfo(of: _Instance) -> _Rows:
    return ("name", "bytes", "resizeable", "con_id"), [(name, size, "Yes", _CONTAINER) for name, size in _sga(of).items()]


def _sgastat(of: _Instance) -> _Rows:
    sga = _sga(of)
    free = int(sga["Shared Pool Size"] * (0.05 + 0.3 * of.drawn(f"shared/{of.now:%j%H}")))
    rows = [
        (None, "buffer_cache", sga["Buffer Cache Size"], _CONTAINER), (None, "fixed_sga", sga["Fixed SGA Size"], _CONTAINER),
        (None, "log_buffer", sga["Redo Buffers"], _CONTAINER), ("shared pool", "free memory", free, _CONTAINER),
        ("shared pool", "SQLA", (sga["Shared Pool Size"] - free) // 2, _CONTAINER),
        ("shared pool", "KGLH0", (sga["Shared Pool Size"] - free) // 2, _CONTAINER),
        ("large pool", "free memory", sga["Large Pool Size"], _CONTAINER),
    ]  # fmt: skip
    return ("pool", "name", "bytes", "con_id"), rows


def _pga(of: _Instance) -> _Rows:
    target = round(2 * of.size) * _GIGABYTE + _GIGABYTE
    used = min(int(target * (0.2 + 0.12 * of.load() + 0.2 * of.drawn(f"pga/{of.now:%j%H}"))), target)
    rows = [
        ("aggregate PGA target parameter", target, "bytes"), ("aggregate PGA auto target", int(target * 0.8), "bytes"),
        ("total PGA inuse", used, "bytes"), ("total PGA allocated", int(used * 1.25), "bytes"),
        ("maximum PGA allocated", int(target * 0.9), "bytes"), ("total freeable PGA memory", int(used * 0.1), "bytes"),
        ("over allocation count", 0, None), ("cache hit percentage", round(90 + 9 * of.drawn("pga hits"), 2), "percent"),
        ("process count", 24 + of.gauge("sessions", 14), None),
    ]  # fmt: skip
    return ("name", "value", "unit", "con_id"), [(*row, _CONTAINER) for row in rows]


def _processes(of: _Instance) -> _Rows:
    _, sessions = _sessions(of)
    rows = [(row[23], n, str(4000 + n), row[7], 2 << 20, 3 << 20, 4 << 20, _CONTAINER) for n, row in enumerate(sessions, 1)]
    return ("addr", "pid", "spid", "program", "pga_used_mem", "pga_alloc_mem", "pga_max_mem", "con_id"), rows


def _limits(of: _Instance) -> _Rows:
    _, sessions = _sessions(of)
    rows = [("processes", len(sessions), 300, "600", "600", _CONTAINER),
            ("sessions", len(sessions), 340, "928", "928", _CONTAINER),
            ("transactions", 4, 60, "1020", " UNLIMITED", _CONTAINER)]  # fmt: skip
    columns = ("resource_name", "current_utilization", "max_utilization", "initial_allocation", "limit_value", "con_id")
    return columns, rows


def _parameters(of: _Instance) -> _Rows:
    sga = _sga(of)["Maximum SGA Size"]
    rows = [("cpu_count", "2"), ("sga_max_size", str(sga)), ("sga_target", str(sga)), ("pga_aggregate_limit", str(6 * _GIGABYTE)),
            ("sessions", "928"), ("processes", "600"), ("optimizer_mode", "ALL_ROWS")]  # fmt: skip
    return ("num", "name", "type", "value", "display_value", "isdefault", "con_id"), [
        (n, name, 3, value, value, "TRUE", _CONTAINER) for n, (name, value) in enumerate(rows)
    ]


def _instance(_of: _Instance) -> _Rows:
    columns = (
        "instance_number",
        "instance_name",
        "host_name",
        "version",
        "startup_time",
        "status",
        "database_status",
        "instance_role",
    )
    return columns, [(1, "pod", "db", "23.0.0.0.0", moment_text(_STARTED), "OPEN", "ACTIVE", "PRIMARY_INSTANCE")]


def _database(of: _Instance) -> _Rows:
    columns = ("dbid", "name", "created", "log_mode", "open_mode", "database_role", "platform_name", "db_unique_name", "con_id")
    return columns, [
        (
            zlib.crc32(of.key.encode()),
            "POD",
            moment_text(_STARTED),
            "ARCHIVELOG",
            "READ WRITE",
            "PRIMARY",
            "Linux x86 64-bit",
            "pod",
            _CONTAINER,
        )
    ]


def _time_model(of: _Instance) -> _Rows:
    rates = {"DB time": 700_000, "DB CPU": 450_000, "sql execute elapsed time": 640_000, "parse time elapsed": 18_000}
    rows = [(zlib.crc32(name.encode()), name, of.counter(name, rate), _CONTAINER) for name, rate in rates.items()]
    return ("stat_id", "stat_name", "value", "con_id"), rows


def _metrics(of: _Instance) -> _Rows:
    end = of.now.replace(second=0, microsecond=0)
    rates = {
        "Host CPU Utilization (%)": ("% Busy/(Idle+Busy)", 18), "Executions Per Sec": ("Executes Per Second", 120),
        "User Transaction Per Sec": ("Transactions Per Second", 12), "SQL Service Response Time": ("CentiSeconds Per Call", 0.4),
        "Average Active Sessions": ("Active Sessions", 0.7), "Database Time Per Sec": ("CentiSeconds Per Second", 70),
        "Buffer Cache Hit Ratio": ("% (LogRead - PhyRead)/LogRead", 60), "Session Count": ("Sessions", 14),
        "Physical Reads Per Sec": ("Reads Per Second", 140), "Redo Generated Per Sec": ("Bytes Per Second", 60_000),
    }  # fmt: skip
    rows = [
        (moment_text(end - timedelta(minutes=1)), moment_text(end), 6000, 2, zlib.crc32(name.encode()) % 9000, name,
         round(usual * (0.8 + 0.4 * of.drawn(f"{name}/{end:%j%H%M}")) * of.load(), 3), unit, _CONTAINER)
        for name, (unit, usual) in rates.items()
    ]  # fmt: skip
    columns = ("begin_time", "end_time", "intsize_csec", "group_id", "metric_id", "metric_name", "value", "metric_unit", "con_id")
    return columns, rows


def _transactions(of: _Instance) -> _Rows:
    columns = ("addr", "xidusn", "xidslot", "xidsqn", "status", "start_time", "ses_addr", "used_ublk", "used_urec", "con_id")
    rows = (
        [("0000000061B0", 8, 13, 8812, "ACTIVE", f"{of.now:%m/%d/%y %H:%M:%S}", "0065", 1, 1, _CONTAINER)] if _blocked(of) else []
    )
    return columns, rows


def _locked(of: _Instance) -> _Rows:
    columns = (
        "xidusn",
        "xidslot",
        "xidsqn",
        "object_id",
        "session_id",
        "oracle_username",
        "os_user_name",
        "locked_mode",
        "con_id",
    )
    return columns, [(8, 13, 8812, 73_101, 101, "ADMIN", "app", 3, _CONTAINER)] if _blocked(of) else []


def _used(of: _Instance) -> int:
    """Blocks of 8 KiB in the tablespace of data."""
    return int((200_000 + 2_000_000 * of.drawn("used")) * (1 + (of.now - _STARTED).days / 2_000))


def _tablespaces(_of: _Instance) -> _Rows:
    columns = ("tablespace_name", "block_size", "contents", "status", "bigfile")
    return columns, [("DATA", 8192, "PERMANENT", "ONLINE", "YES"), ("SYSTEM", 8192, "PERMANENT", "ONLINE", "YES"),
                     ("TEMP", 8192, "TEMPORARY", "ONLINE", "YES")]  # fmt: skip


def _tablespace_use(of: _Instance) -> _Rows:
    most = 16 * _GIGABYTE * 8 // 8192
    rows = [
        (n, used, most, round(100 * used / most, 4)) for n, used in (("DATA", _used(of)), ("SYSTEM", 120_000), ("TEMP", 8_000))
    ]
    return ("tablespace_name", "used_space", "tablespace_size", "used_percent"), rows


def _temporary(_of: _Instance) -> _Rows:
    return ("tablespace_name", "tablespace_size", "allocated_space", "free_space"), [
        ("TEMP", 4 * _GIGABYTE, _GIGABYTE, 3 * _GIGABYTE)
    ]


def _users(of: _Instance) -> _Rows:
    last = moment_text(of.now - timedelta(minutes=int(240 * of.drawn("logon"))))
    rows = [("ADMIN", 108, "OPEN", last, moment_text(_STARTED), "N"), ("SYS", 0, "OPEN", None, moment_text(_STARTED), "Y")]
    return ("username", "user_id", "account_status", "last_login", "created", "oracle_maintained"), rows


_VIEWS: Mapping[str, Callable[[_Instance], _Rows]] = {
    "v$session": _sessions, "v$sql": _sql, "v$sqlarea": _sql, "v$sqlstats": _sql, "v$sysstat": _sysstat,
    "v$system_event": _events,
    "v$system_wait_class": _classes, "v$lock": _locks, "v$sgainfo": _sgainfo, "v$sgastat": _sgastat, "v$pgastat": _pga,
    "v$process": _processes, "v$resource_limit": _limits, "v$parameter": _parameters, "v$instance": _instance,
    "v$database": _database, "v$sys_time_model": _time_model, "v$sysmetric": _metrics, "v$con_sysmetric": _metrics,
    "v$transaction": _transactions, "v$locked_object": _locked, "dba_tablespaces": _tablespaces, "user_tablespaces": _tablespaces,
    "dba_tablespace_usage_metrics": _tablespace_use, "dba_temp_free_space": _temporary, "dba_users": _users, "all_users": _users,
}  # fmt: skip
