"""Oracle's data dictionary over that of SQLite, and the stored code that SQLite cannot hold."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.oracle_sql import dialect
from sandbox.oracle_sql.refusals import Refused

_SOURCE = "sys$source"
_CODE = re.compile(
    r"\s*(?P<verb>CREATE(?:\s+OR\s+REPLACE)?|DROP|ALTER)\s+(?:(?:NON)?EDITIONABLE\s+)?(?P<type>PROCEDURE|FUNCTION|PACKAGE\s+BODY|PACKAGE|"
    r"TRIGGER|TYPE\s+BODY|TYPE|SYNONYM)\s+(?P<name>[\w$#.]+|\x00\d+\x00)",
    re.IGNORECASE,
)
_SCHEMA = "ADMIN"
_OWNERS = ("user_", "all_", "dba_")
Found = tuple[Sequence[str], Sequence[Sequence[Any]]]


def tables(connection: sqlite3.Connection) -> list[str]:
    """Names of the tables of the schema as they were written."""
    rows = connection.execute(
        "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    )
    return [name for (name,) in rows if "$" not in name]


def keeps_source(connection: sqlite3.Connection, text: str, kept: Sequence[str], now: str) -> bool:
    """Keep, drop or compile stored code, if that is what a masked statement does; it is never run."""
    found = _CODE.match(text)
    if found is None:
        return False
    connection.execute(f'CREATE TABLE IF NOT EXISTS "{_SOURCE}" (name, type, text, created, PRIMARY KEY (name, type))')
    name = dialect.unmasked(found["name"], kept).split(".")[-1].strip('"').upper()
    key = (name, re.sub(r"\s+", " ", found["type"].upper()))
    there = connection.execute(f'SELECT 1 FROM "{_SOURCE}" WHERE name = ? AND type = ?', key).fetchone()  # noqa: S608 - a constant
    verb = found["verb"].upper()
    if not verb.startswith("CREATE"):
        if not there:
            raise Refused(4043, f"object {name} does not exist")
        if verb == "DROP":
            connection.execute(f'DELETE FROM "{_SOURCE}" WHERE name = ? AND type = ?', key)  # noqa: S608 - a constant
        return True
    if there and "REPLACE" not in verb:
        raise Refused(955, name)
    row = (*key, dialect.unmasked(text, kept), now)
    connection.execute(f'INSERT OR REPLACE INTO "{_SOURCE}" VALUES (?, ?, ?, ?)', row)  # noqa: S608 - a constant
    return True


def view(connection: sqlite3.Connection, name: str, sequences: Mapping[str, tuple[int, int]]) -> Found | None:
    """Columns and rows of a view of the data dictionary, in lower case; None if the sandbox has none of that name.

    `user_` views are of ADMIN, as are `all_` and `dba_` views, which have the owner before. Source of the columns: Oracle
    Database Reference.
    """
    if name == "dual":
        return ("dummy",), [("X",)]
    owner = next((o for o in _OWNERS if name.startswith(o)), None)
    if owner is None:
        return None
    making = {
        "tables": _tables, "tab_columns": _columns, "tab_cols": _columns, "constraints": _constraints,
        "cons_columns": _constraint_columns, "indexes": _indexes, "objects": _objects, "views": _views, "source": _source,
    }.get(name.removeprefix(owner))  # fmt: skip
    if name.removeprefix(owner) == "sequences":
        columns: Sequence[str] = ("sequence_name", "min_value", "max_value", "increment_by", "last_number")
        rows: Sequence[Sequence[Any]] = [
            (n.upper(), 1, 10**28 - 1, by, last + by) for n, (last, by) in sequences.items() if "$" not in n
        ]
    elif making is not None:
        columns, rows = making(connection)
    elif name == "user_users":
        return ("username", "user_id", "account_status"), [("ADMIN", 108, "OPEN")]
    else:
        return None
    if owner == "user_":
        return columns, rows
    called = "sequence_owner" if "sequence_name" in columns[:1] else "owner"
    return (called, *columns), [(_SCHEMA, *row) for row in rows]


def _tables(connection: sqlite3.Connection) -> Found:
    usual = {
        "tablespace_name": "DATA", "status": "VALID", "num_rows": None, "temporary": "N", "partitioned": "NO", "nested": "NO",
        "external": "NO", "dropped": "NO", "secondary": "N", "iot_type": None,
    }  # fmt: skip
    return ("table_name", *usual), [(t.upper(), *usual.values()) for t in tables(connection)]


def _columns(connection: sqlite3.Connection) -> Found:
    columns = (
        "table_name", "column_name", "data_type", "data_length", "data_precision", "data_scale", "nullable", "column_id",
        "data_default", "identity_column", "hidden_column", "virtual_column",
    )  # fmt: skip
    rows = []
    for table in tables(connection):
        for number, name, declared, strict, default, key in connection.execute(f'PRAGMA table_info("{table}")').fetchall():
            kind, first, second = _type(declared)
            identity = "YES" if key and declared.upper() == "INTEGER" else "NO"
            length = first if kind in ("VARCHAR2", "CHAR", "RAW", "NVARCHAR2") else 22
            sizes = (length or 4000, first if kind == "NUMBER" else None, second)
            nullable = "N" if strict or key else "Y"
            rows.append((table.upper(), name.upper(), kind, *sizes, nullable, number + 1, default, identity, "NO", "NO"))
    return columns, rows


def _type(declared: str) -> tuple[str, int | None, int | None]:
    found = re.fullmatch(r"([A-Z0-9 _]*?)\s*(?:\((\d+)(?:\s*,\s*(-?\d+))?\))?", declared.upper())
    if found is None:
        return declared.upper(), None, None
    kind = {"INTEGER": "NUMBER", "INT": "NUMBER", "VARCHAR": "VARCHAR2", "TEXT": "CLOB", "TIMESTAMP": "TIMESTAMP(6)"}.get(
        found[1], found[1]
    )
    return kind or "VARCHAR2", int(found[2]) if found[2] else None, int(found[3]) if found[3] else None


def _keys(connection: sqlite3.Connection) -> list[tuple[str, str, str, list[str], str | None]]:
    """Table, name, type, columns and the table referred to, of each constraint."""
    found: list[tuple[str, str, str, list[str], str | None]] = []
    for table in tables(connection):
        info = connection.execute(f'PRAGMA table_info("{table}")').fetchall()
        key = [row[1].upper() for row in sorted(info, key=lambda r: r[5]) if row[5]]
        if key:
            found.append((table.upper(), f"{table.upper()}_PK", "P", key, None))
        parents: dict[int, tuple[str, list[str]]] = {}
        for number, _, parent, column, *_ in connection.execute(f'PRAGMA foreign_key_list("{table}")').fetchall():
            parents.setdefault(number, (parent.upper(), []))[1].append(column.upper())
        found += [
            (table.upper(), f"{table.upper()}_FK{n + 1}", "R", columns, parent)
            for n, (parent, columns) in sorted(parents.items())
        ]
    return found


def _constraints(connection: sqlite3.Connection) -> Found:
    columns = ("constraint_name", "constraint_type", "table_name", "r_owner", "r_constraint_name", "status", "validated")
    return columns, [
        (n, kind, t, p and _SCHEMA, p and f"{p}_PK", "ENABLED", "VALIDATED") for t, n, kind, _, p in _keys(connection)
    ]


def _constraint_columns(connection: sqlite3.Connection) -> Found:
    columns = ("constraint_name", "table_name", "column_name", "position")
    return columns, [(n, t, c, place) for t, n, _, cs, _ in _keys(connection) for place, c in enumerate(cs, 1)]


def _indexes(connection: sqlite3.Connection) -> Found:
    rows = [
        (name.upper(), table.upper(), "UNIQUE" if unique else "NONUNIQUE", "VALID", "NORMAL")
        for table in tables(connection)
        for _, name, unique, *_ in connection.execute(f'PRAGMA index_list("{table}")').fetchall()
    ]
    return ("index_name", "table_name", "uniqueness", "status", "index_type"), rows


def _master(connection: sqlite3.Connection, kind: str) -> list[tuple[str, str]]:
    asked = "SELECT name, sql FROM main.sqlite_master WHERE type = ? AND name NOT LIKE 'sqlite_%' ORDER BY name"
    return [(name, sql) for name, sql in connection.execute(asked, (kind,)) if "$" not in name]


def _views(connection: sqlite3.Connection) -> Found:
    return ("view_name", "text"), [(name.upper(), sql) for name, sql in _master(connection, "view")]


def _stored(connection: sqlite3.Connection) -> list[tuple[str, str, str, str]]:
    there = connection.execute("SELECT 1 FROM main.sqlite_master WHERE name = ?", (_SOURCE,)).fetchone()
    return connection.execute(f'SELECT * FROM "{_SOURCE}"').fetchall() if there else []  # noqa: S608 - a constant


def _objects(connection: sqlite3.Connection) -> Found:
    rows: list[Sequence[Any]] = [
        (name.upper(), kind.upper(), "VALID", None, None)
        for kind in ("table", "view", "index")
        for name, _ in _master(connection, kind)
    ]
    rows += [(name, kind, "VALID", created, created) for name, kind, _, created in _stored(connection)]
    columns = ("object_name", "object_type", "status", "created", "last_ddl_time")
    return columns, rows


def _source(connection: sqlite3.Connection) -> Found:
    rows = [(n, k, line, said) for n, k, text, _ in _stored(connection) for line, said in enumerate(text.splitlines(), 1)]
    return ("name", "type", "line", "text"), rows
