"""Filters as conditions of SQL: all values are bound, one bind each, and none is ever part of the text."""

from collections.abc import Iterable
from typing import Any

from resources.knowledge_base.interface import Filter

Binds = dict[str, Any]


def conditions(where: Filter, tags_table: str) -> tuple[list[str], Binds]:
    """Conditions that all have to hold, on the table with the alias `d`, and what they bind.

    Args:
        where: The filter.
        tags_table: Table that has a row per passage and tag.
    """
    texts: list[str] = []
    binds: Binds = {}
    for name, column, wanted in (
        ("department", "dept", where.departments),
        ("language", "language", where.languages),
    ):
        if wanted is not None:
            names, values = bound(name, sorted(wanted))
            texts.append(f"d.{column} IN ({names})" if wanted else "1 = 0")
            binds |= values
    if where.created_from is not None:
        texts.append("d.created_date >= :created_from")
        binds["created_from"] = where.created_from
    if where.created_to is not None:
        texts.append("d.created_date <= :created_to")
        binds["created_to"] = where.created_to
    for number, tag in enumerate(sorted(where.tags)):
        texts.append(f"EXISTS (SELECT 1 FROM {tags_table} t WHERE t.doc_id = d.doc_id AND t.tag = :tag{number})")
        binds[f"tag{number}"] = tag
    return texts, binds


def bound(name: str, values: Iterable[Any]) -> tuple[str, Binds]:
    """A list of binds `:name0, :name1, …` and their values."""
    binds = {f"{name}{number}": value for number, value in enumerate(values)}
    return ", ".join(f":{each}" for each in binds), binds


def all_of(texts: Iterable[str]) -> str:
    """A WHERE clause, or nothing if there are no conditions."""
    joined = "\n  AND ".join(texts)
    return f"WHERE {joined}\n" if joined else ""
