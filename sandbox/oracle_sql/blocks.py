"""Anonymous blocks of PL/SQL: what is in them is run one after the other; blocks that branch or loop are refused."""

import re
from collections.abc import Sequence

from sandbox.oracle_sql import dialect
from sandbox.oracle_sql.refusals import Refused

_BRANCHES = re.compile(r"\b(IF|LOOP|WHILE|EXCEPTION|DECLARE|RAISE|CASE)\b|:=", re.IGNORECASE)
_HARMLESS = re.compile(r"\s*(NULL|COMMIT|DBMS_\w+\.\w+.*|SYS\.DBMS_\w+\.\w+.*)\s*", re.IGNORECASE | re.DOTALL)


def statements(text: str, kept: Sequence[str]) -> list[str]:
    """Statements of a masked block.

    Raises:
        Refused: It does more than run statements.
    """
    found = re.fullmatch(r"\s*BEGIN\b(.*)\bEND\s*\w*\s*;?\s*/?\s*", text, re.IGNORECASE | re.DOTALL)
    if found is None or _BRANCHES.search(found[1]):
        raise Refused(6550, "the sandbox runs blocks of plain statements alone")
    made = []
    for part in dialect.parts(found[1], ";"):
        run = re.fullmatch(r"EXECUTE\s+IMMEDIATE\s+\x00(\d+)\x00", part, re.IGNORECASE)
        if run:
            made.append(kept[int(run[1])][1:-1].replace("''", "'"))
        elif not _HARMLESS.fullmatch(part):
            made.append(dialect.unmasked(part, kept))
    return made
