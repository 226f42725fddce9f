"""Asks one database in SQL what the collector wants to know; what may not be read is unavailable, what has no answer unknown."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from assets.fleet.collection import Deadline
from assets.fleet.logic.measured import Missing
from assets.fleet.logic.queries import Query, probe, query, views_of
from assets.fleet.logic.sql_measures import Answer
from resources.errors import Denied, TransientError, Unavailable
from resources.sql_sessions import LoginRefused, SqlSession, StatementFailed

_FOLDER = Path(__file__).parent / "queries"


@cache
def queries() -> Mapping[str, Query]:
    """The collector's queries by name."""
    return {path.stem: query(path.stem, path.read_text(encoding="utf-8")) for path in sorted(_FOLDER.glob("*.sql"))}


def ask(session: SqlSession, wanted: Mapping[str, Query], deadline: Deadline) -> dict[str, Answer]:
    """Answers of a database to some queries, of each its rows or why there are none.

    Raises:
        TransientError: It did not answer at all.
        LoginRefused: It does not let the user in, which is tried once: a user who tries often is locked.
    """
    hidden = refused(session, wanted, deadline)
    answers: dict[str, Answer] = {}
    silent: Missing | None = None
    for name, one in wanted.items():
        try:
            answers[name] = silent or _answer(session, one, hidden, deadline)
        except TransientError as error:
            silent = answers[name] = Missing("unknown", str(error))
    return answers


def refused(session: SqlSession, wanted: Mapping[str, Query], deadline: Deadline) -> dict[str, str]:
    """Views that may not be read, and why. All are probed at once; only if that is refused, one by one. Raises as `ask`."""
    views = views_of(wanted)
    try:
        deadline.call(lambda: session.rows(probe(views)))
    except LoginRefused:
        raise
    except (Denied, StatementFailed):
        return {view: reason for view in views if (reason := _why_not(session, view, deadline))}
    return {}


def _why_not(session: SqlSession, view: str, deadline: Deadline) -> str | None:
    try:
        deadline.call(lambda: session.rows(probe([view])))
    except (Denied, StatementFailed) as error:
        return str(error)
    return None


def _answer(session: SqlSession, one: Query, hidden: Mapping[str, str], deadline: Deadline) -> Answer:
    if lacking := [view for view in one.views if view in hidden]:
        return Missing("unavailable", f"no access to {', '.join(lacking)}: {hidden[lacking[0]]}")
    if not deadline.left:
        raise Unavailable(deadline.missed, "See what keeps it busy.")
    try:
        rows = [_plain(row) for row in deadline.call(lambda: session.rows(one.sql))]
    except Denied as error:
        return Missing("unavailable", str(error))
    except StatementFailed as error:
        return Missing("unknown", str(error))
    strange = next((sorted(row) for row in rows if not set(one.columns) <= row.keys()), None)
    return rows if strange is None else Missing("unknown", f"{one.name}: answered {', '.join(strange)} instead of what was asked")


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with values that JSON knows."""
    return {name: _value(value) for name, value in row.items()}


def _value(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value
