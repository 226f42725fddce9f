"""What is in a database, small enough to compare: rows and checksum per table, foreign keys without a parent.

The same statements run on both sides of a comparison, so that a difference is one of the data. They are Oracle SQL. The hash of
a row is made of the hashes of its columns, under the same seed (docs.oracle.com, SQL Language Reference, `ORA_HASH`: 32 bits,
any type but LONG and LOB), and rows are added up under two seeds, so that their order does not matter. Of LOBs, which cannot be
hashed, the length counts; other columns are named as left out.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

OWN_PREFIX = "CLOUDOPS_"
"""Tables of the product itself, such as the one with heartbeats, are no data of the customer's and are not compared."""
COLUMNS = (
    "SELECT c.owner, c.table_name, c.column_name, c.data_type FROM all_tab_columns c "
    "JOIN all_tables t ON t.owner = c.owner AND t.table_name = c.table_name "
    "JOIN all_users u ON u.username = c.owner "
    "WHERE u.oracle_maintained = 'N' AND t.temporary = 'N' AND t.nested = 'NO' AND t.external = 'NO' AND t.dropped = 'NO' "
    "AND t.secondary = 'N' AND (t.iot_type IS NULL OR t.iot_type = 'IOT') "
    "ORDER BY c.owner, c.table_name, c.column_id"
)
"""Columns of all tables that are not Oracle's own, as far as the user may see them: `relations` takes the rows.

Left out is what is in no segment of its own or cannot be asked (docs.oracle.com, Database Reference, `ALL_TABLES`): temporary,
nested and external tables, those of the recycle bin and of domain indexes, and overflow segments.
"""
FOREIGN_KEYS = (
    "SELECT k.owner, k.constraint_name, k.table_name, c.column_name, c.position, "
    "p.owner AS parent_owner, p.table_name AS parent_table, q.column_name AS parent_column "
    "FROM all_constraints k "
    "JOIN all_cons_columns c ON c.owner = k.owner AND c.constraint_name = k.constraint_name "
    "JOIN all_constraints p ON p.owner = k.r_owner AND p.constraint_name = k.r_constraint_name "
    "JOIN all_cons_columns q ON q.owner = p.owner AND q.constraint_name = p.constraint_name AND q.position = c.position "
    "JOIN all_users u ON u.username = k.owner "
    "WHERE k.constraint_type = 'R' AND u.oracle_maintained = 'N' ORDER BY k.owner, k.constraint_name, c.position"
)
"""Foreign keys of those tables, a row per column: `foreign_keys` takes the rows."""
_SEEDS = (0, 1)
_MOST = 4294967295
_LOBS = frozenset({"CLOB", "NCLOB", "BLOB"})
_HASHED = re.compile(
    r"N?VARCHAR2|N?CHAR|NUMBER|FLOAT|BINARY_FLOAT|BINARY_DOUBLE|DATE|TIMESTAMP\b.*|INTERVAL\b.*|RAW|U?ROWID|BOOLEAN",
    re.IGNORECASE,
)
"""Built-in types with one value; all others, such as JSON, vectors and types of users, are left out."""
_NAME = re.compile(r'[^"\x00]{1,128}')
_RECYCLED = "BIN$"
"""Tables that were dropped and not purged have names that begin so."""
_TIMESTAMP = "TO_TIMESTAMP(:at, 'YYYY-MM-DD\"T\"HH24:MI:SS.FF')"


@dataclass(frozen=True, slots=True)
class Relation:
    """A table with the names and types of its columns."""

    owner: str
    table: str
    columns: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """As people write it."""
        return f"{self.owner}.{self.table}"

    @property
    def left_out(self) -> tuple[str, ...]:
        """Columns whose content does not count, in whole or beyond its length."""
        return tuple(name for name, kind in self.columns if not _is_hashed(kind))


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns of a child that name a row of a parent."""

    name: str
    owner: str
    table: str
    columns: tuple[str, ...]
    parent_owner: str
    parent_table: str
    parent_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Rows and checksum of a table; both None, with the reason, if it could not be read."""

    name: str
    rows: int | None
    checksum: str | None
    left_out: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """A table that is not the same on both sides, or of which that is unknown.

    Attributes:
        name: The table.
        kind: `missing`, `surplus`, `rows`, `checksum` or `unknown`.
        said: In words.
    """

    name: str
    kind: str
    said: str


def relations(rows: Iterable[Mapping[str, Any]]) -> list[Relation]:
    """Tables out of the rows of `COLUMNS`, without those of the product itself and those that were dropped."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for row in rows:
        if not str(row["table_name"]).upper().startswith((OWN_PREFIX, _RECYCLED)):
            found.setdefault((row["owner"], row["table_name"]), []).append((row["column_name"], row["data_type"]))
    return [Relation(owner, table, tuple(columns)) for (owner, table), columns in sorted(found.items())]


def foreign_keys(rows: Iterable[Mapping[str, Any]]) -> list[ForeignKey]:
    """Foreign keys out of the rows of `FOREIGN_KEYS`."""
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault((row["owner"], row["constraint_name"]), []).append(row)
    return [
        ForeignKey(
            name, owner, parts[0]["table_name"], tuple(p["column_name"] for p in parts),
            parts[0]["parent_owner"], parts[0]["parent_table"], tuple(p["parent_column"] for p in parts),
        )
        for (owner, name), parts in sorted(found.items())
    ]  # fmt: skip


def statement(relation: Relation, *, as_of: bool = False) -> str:
    """The query whose one row `fingerprint` takes.

    Args:
        relation: The table.
        as_of: Of the table as it was at the bind `at` (see `moment`), by flashback query, which fails once the undo is gone.

    Raises:
        ValueError: A name is none that can be quoted.
    """
    sums = ", ".join(f"SUM(ORA_HASH({_row(relation, seed)}, {_MOST}, {seed})) AS checksum_{seed}" for seed in _SEEDS)
    past = f" AS OF TIMESTAMP {_TIMESTAMP}" if as_of else ""
    return f"SELECT COUNT(*) AS row_count, {sums} FROM {_quoted(relation.owner)}.{_quoted(relation.table)}{past}"  # noqa: S608  names are checked


def one_row(relation: Relation) -> str:
    """The query of any one row. Raises ValueError as `statement`."""
    table = f"{_quoted(relation.owner)}.{_quoted(relation.table)}"
    return f"SELECT * FROM (SELECT t.*, ROW_NUMBER() OVER (ORDER BY NULL) AS place_ FROM {table} t) WHERE place_ = 1"  # noqa: S608


def moment(at: datetime) -> str:
    """A moment as the bind `at` takes it."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def fingerprint(relation: Relation, row: Mapping[str, Any]) -> Fingerprint:
    """What the one row of `statement` says; names and types of all columns count, those that are left out too."""
    shape = hashlib.sha256(repr(relation.columns).encode()).hexdigest()[:8]
    sums = [int(row[f"checksum_{seed}"] or 0) for seed in _SEEDS]
    return Fingerprint(relation.name, int(row["row_count"]), "-".join([shape, *(f"{s:x}" for s in sums)]), relation.left_out)


def unread(relation: Relation, why: str) -> Fingerprint:
    """A table that could not be read."""
    return Fingerprint(relation.name, None, None, relation.left_out, why)


def orphans(key: ForeignKey) -> str:
    """The query that counts, as `orphans`, rows of a child whose parent is not there. Raises ValueError as `statement`."""
    pairs = list(zip(key.columns, key.parent_columns, strict=True))
    given = " AND ".join(f"c.{_quoted(own)} IS NOT NULL" for own in key.columns)
    same = " AND ".join(f"p.{_quoted(theirs)} = c.{_quoted(own)}" for own, theirs in pairs)
    child, parent = f"{_quoted(key.owner)}.{_quoted(key.table)}", f"{_quoted(key.parent_owner)}.{_quoted(key.parent_table)}"
    return f"SELECT COUNT(*) AS orphans FROM {child} c WHERE {given} AND NOT EXISTS (SELECT 1 FROM {parent} p WHERE {same})"  # noqa: S608


def differences(expected: Sequence[Fingerprint], found: Sequence[Fingerprint]) -> list[Difference]:
    """Where two sides differ; what could not be read on one of them is unknown, not equal."""
    left, right = ({one.name: one for one in side} for side in (expected, found))
    told = [_difference(name, left.get(name), right.get(name)) for name in sorted({*left, *right})]
    return [one for one in told if one is not None]


def _difference(name: str, expected: Fingerprint | None, found: Fingerprint | None) -> Difference | None:
    if found is None:
        return Difference(name, "missing", "the table is not there")
    if expected is None:
        return Difference(name, "surplus", "the table was not there before")
    for side in (expected, found):
        if side.rows is None:
            return Difference(name, "unknown", f"it could not be read: {side.error}")
    if expected.rows != found.rows:
        return Difference(name, "rows", f"{found.rows} rows instead of {expected.rows}")
    if expected.checksum != found.checksum:
        return Difference(name, "checksum", f"{found.rows} rows, with other contents")
    return None


def _row(relation: Relation, seed: int) -> str:
    """A row as text. Its columns are hashed under the same seed: else a pair of values with one hash would go unseen twice."""
    hashes = [part for name, kind in relation.columns if (part := _hashed(name, kind, seed))]
    return " || '/' || ".join(hashes) if hashes else "'-'"


def _is_hashed(kind: str) -> bool:
    return _HASHED.fullmatch(kind) is not None


def _hashed(name: str, kind: str, seed: int) -> str:
    if kind.upper() in _LOBS:
        return f"COALESCE(DBMS_LOB.GETLENGTH({_quoted(name)}), -1)"
    return f"COALESCE(ORA_HASH({_quoted(name)}, {_MOST}, {seed}), -1)" if _is_hashed(kind) else ""


def _quoted(name: str) -> str:
    """A name as the dictionary has it, in quotes, which it cannot end."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name that a statement may hold")
    return f'"{name}"'
