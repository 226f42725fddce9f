"""A set of migrations: its files by version, each with a checksum and its statements."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from assets.fleet.logic.migrations.splitting import NotAMigration, Statement, normalised, split

_NAME = re.compile(r"V(\d{1,9}(?:\.\d{1,9})*)__([A-Za-z0-9_-]+)\.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    """One file.

    Attributes:
        version: As it is written in its name, such as `001`.
        file: Its name.
        checksum: Of its text with line ends of Unix, SHA-256.
        statements: In their order.
    """

    version: str
    file: str
    checksum: str
    statements: tuple[Statement, ...]

    @property
    def order(self) -> tuple[int, ...]:
        """By which versions ascend: 2 comes before 10."""
        return order_of(self.version)


def order_of(version: str) -> tuple[int, ...]:
    """By which versions ascend; zeros at the end of one mean nothing."""
    numbers = [int(part) for part in version.split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def checksum_of(text: str) -> str:
    """SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def migrations_of(files: Mapping[str, bytes]) -> list[Migration]:
    """Migrations in their order.

    Args:
        files: Content by name; names that do not end with `.sql` are left out.

    Raises:
        NotAMigration: A file cannot be run, or two have the same version; names every one that is wrong.
    """
    made: dict[tuple[int, ...], Migration] = {}
    problems: list[str] = []
    for name, content in sorted(files.items()):
        if not name.lower().endswith(".sql"):
            continue
        try:
            one = _migration(name, content)
        except NotAMigration as error:
            problems.append(f"{name}: {error}")
            continue
        if other := made.get(one.order):
            problems.append(f"{name}: {other.file} has the same version")
        made[one.order] = one
    if problems:
        raise NotAMigration("; ".join(problems))
    return [made[order] for order in sorted(made)]


def _migration(name: str, content: bytes) -> Migration:
    matched = _NAME.fullmatch(name)
    if matched is None:
        raise NotAMigration("its name is not like V001__what_it_does.sql")
    text = normalised(content)
    statements, _ = split(text)
    if not statements:
        raise NotAMigration("it holds no statement")
    return Migration(matched.group(1), name, checksum_of(text), tuple(statements))
