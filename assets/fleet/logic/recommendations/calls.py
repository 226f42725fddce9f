"""The calls that do what is proposed, as they can be pasted: of the SDK, of the CLI, and SQL that Autonomous Database takes.

Sources: oci-python-sdk (`UpdateAutonomousDatabaseDetails`, `ScheduledOperationDetails`), oci-cli (`oci db autonomous-database`),
and Oracle AI Database's SQL Language and PL/SQL Packages references. A size is changed by the service, never by SQL.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_SQL_ID = re.compile(r"[0-9a-z]{13}")
BLOCKED = (
    "SELECT s.inst_id, s.sid, s.serial#, s.username, s.event, s.seconds_in_wait, s.blocking_instance, s.blocking_session,\n"
    "       b.serial# AS blocking_serial#, b.username AS blocking_user, b.sql_id AS blocking_sql_id\n"
    "FROM gv$session s\n"
    "JOIN gv$session b ON b.inst_id = s.blocking_instance AND b.sid = s.blocking_session\n"
    "WHERE s.blocking_session IS NOT NULL"
)
MEMORY = (
    "SELECT inst_id, sid, program, pga_alloc_mem\n"
    "FROM (SELECT s.inst_id, s.sid, s.program, p.pga_alloc_mem\n"
    "      FROM gv$session s JOIN gv$process p ON p.inst_id = s.inst_id AND p.addr = s.paddr\n"
    "      ORDER BY p.pga_alloc_mem DESC)\n"
    "WHERE ROWNUM <= 10"
)
KILL = "ALTER SYSTEM KILL SESSION 'sid,serial#,@inst_id' IMMEDIATE"
"""With the numbers that `BLOCKED` answers."""


def update(database_id: str, region: str, **changes: object) -> tuple[str, ...]:
    """A change of a database: the call of the SDK, and the same by the CLI."""
    arguments = ", ".join(f"{name}={value!r}" for name, value in changes.items())
    flags = " ".join(f"--{name.replace('_', '-')} {_flag(value)}" for name, value in changes.items())
    return (
        f'DatabaseClient.update_autonomous_database("{database_id}", UpdateAutonomousDatabaseDetails({arguments}))',
        f"oci db autonomous-database update --region {region} --autonomous-database-id {database_id} {flags}",
    )


def schedule(database_id: str, region: str, operations: Sequence[tuple[int, int | None, int | None]]) -> tuple[str, ...]:
    """Let the service start and stop a database by itself; times are UTC.

    Args:
        database_id: OCID.
        region: Where.
        operations: Day of the week (0 is Monday), hour of its start and of its stop; None for none on that day.
    """
    given = [
        {"dayOfWeek": {"name": DAYS[day]}}
        | ({} if start is None else {"scheduledStartTime": f"{start:02}:00"})
        | ({} if stop is None else {"scheduledStopTime": f"{stop:02}:00"})
        for day, start, stop in operations
    ]
    text = json.dumps(given, separators=(",", ":"))
    return (
        f"oci db autonomous-database update --region {region} --autonomous-database-id {database_id} "
        f"--scheduled-operations '{text}'",
    )


def stop(database_id: str, region: str) -> str:
    """Stop a database."""
    return f"oci db autonomous-database stop --region {region} --autonomous-database-id {database_id}"


def tune(sql_id: str) -> tuple[str, ...]:
    """Look at the plan of a statement, and let the SQL Tuning Advisor look for a better one, indexes and statistics included.

    Raises:
        ValueError: It is no identity of a statement, and must not come into SQL.
    """
    if not _SQL_ID.fullmatch(sql_id):
        raise ValueError(f"{sql_id!r} is no sql_id")
    return (
        f"SELECT * FROM TABLE(DBMS_XPLAN.DISPLAY_CURSOR('{sql_id}', NULL, 'TYPICAL'))",  # noqa: S608 - letters and digits
        "DECLARE\n  task VARCHAR2(128);\nBEGIN\n"
        f"  task := DBMS_SQLTUNE.CREATE_TUNING_TASK(sql_id => '{sql_id}', time_limit => 300);\n"
        "  DBMS_SQLTUNE.EXECUTE_TUNING_TASK(task_name => task);\n"
        "  DBMS_OUTPUT.PUT_LINE(DBMS_SQLTUNE.REPORT_TUNING_TASK(task));\nEND;",
    )


def _flag(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
