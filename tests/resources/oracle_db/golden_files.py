"""SQL that was reviewed against the manuals, since no database runs it here: each file is a script for SQL*Plus."""

from collections.abc import Sequence
from pathlib import Path

_FOLDER = Path(__file__).parent / "golden"


def golden(name: str) -> str:
    return (_FOLDER / f"{name}.sql").read_text()


def script(statements: Sequence[str]) -> str:
    return "".join(f"{statement}\n/\n" for statement in statements)
