"""What is asked of a database in SQL, as data: a text with its purpose, columns, views and source; and how views are probed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_FIELDS = ("purpose", "columns", "views", "source")


@dataclass(frozen=True, slots=True)
class Query:
    """A query of the collector.

    Attributes:
        name: Of its file.
        purpose: What it is for.
        columns: What it answers, lower case.
        views: What it reads, lower case: each is probed before.
        source: Where its views and columns are documented.
        sql: The text, without a semicolon.
    """

    name: str
    purpose: str
    columns: tuple[str, ...]
    views: tuple[str, ...]
    source: str
    sql: str


def query(name: str, text: str) -> Query:
    """A query from the text of its file: comment lines `-- field: value` (continued by lines that are indented), then SQL.

    Raises:
        ValueError: A field is missing or unknown, or there is no SQL.
    """
    fields: dict[str, str] = {}
    lines = text.splitlines()
    sql = "\n".join(line for line in lines if not line.startswith("--")).strip()
    last = ""
    for line in (line.removeprefix("--") for line in lines if line.startswith("--")):
        field, colon, value = line.strip().partition(":")
        if line.startswith("   ") and last:
            fields[last] += f" {line.strip()}"
        elif colon and field in _FIELDS:
            fields[field], last = value.strip(), field
        else:
            raise ValueError(f"{name}: {line.strip()!r} is none of the fields {', '.join(_FIELDS)}")
    absent = [field for field in _FIELDS if not fields.get(field)]
    if absent or not sql:
        raise ValueError(f"{name}: has no {', '.join(absent) or 'SQL'}")
    columns, views = (tuple(part.strip() for part in fields[key].split(",")) for key in ("columns", "views"))
    return Query(name, fields["purpose"], columns, views, fields["source"], sql)


def views_of(queries: Mapping[str, Query]) -> list[str]:
    """The views that some queries read, each once."""
    return list(dict.fromkeys(view for one in queries.values() for view in one.views))


def probe(views: Iterable[str]) -> str:
    """A statement that answers no rows if all views may be read, and is refused if one may not."""
    return " UNION ALL ".join(f"SELECT 1 AS readable FROM {view} WHERE 1 = 0" for view in views)  # noqa: S608 - our own names
