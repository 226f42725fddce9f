"""What the engine refuses, under the numbers that Oracle gives such errors. Source of numbers: Oracle Database Error Messages."""

import re
import sqlite3

_TEXTS = {
    1: "unique constraint violated",
    900: "invalid SQL statement",
    904: "invalid identifier",
    942: "table or view does not exist",
    947: "not enough values",
    955: "name is already used by an existing object",
    1008: "not all variables bound",
    1036: "unrecognized bind variable passed to the database call",
    1400: "cannot insert NULL",
    1555: "snapshot too old",
    8186: "invalid timestamp specified",
    1430: "column being added already exists in table",
    2289: "sequence does not exist",
    2290: "check constraint violated",
    2291: "integrity constraint violated - parent key not found",
    2292: "integrity constraint violated - child record found",
    6550: "PL/SQL: compilation error",
    16000: "database or pluggable database open for read-only access",
}
_BY_SAYING = (
    (r"no such table", 942), (r"no such view", 942), (r"no such index", 1418), (r"no such (column|function)", 904),
    (r"has no column named", 904), (r"duplicate column name", 1430), (r"already (exists|another table)", 955),
    (r"UNIQUE constraint|PRIMARY KEY constraint", 1), (r"NOT NULL constraint", 1400), (r"CHECK constraint", 2290),
    (r"readonly database", 16000), (r"supply a value for binding", 1008), (r"columns but \d+ values", 947),
    (r"foreign key mismatch", 2270),
)  # fmt: skip


class Refused(Exception):
    """A statement that the database refuses.

    Attributes:
        code: Number of the error.
        text: What is said of it, with `ORA-` and the number before it.
    """

    def __init__(self, code: int, more: str = "") -> None:
        self.code = code
        said = _TEXTS.get(code, "statement refused")
        self.text = f"ORA-{code:05d}: {said}" + (f" ({more})" if more else "")
        super().__init__(self.text)


def refused(error: sqlite3.Error, *, deletes: bool) -> Refused:
    """What Oracle says where SQLite says so."""
    said = str(error)
    if "FOREIGN KEY constraint" in said:
        return Refused(2292 if deletes else 2291, said)
    return Refused(next((code for pattern, code in _BY_SAYING if re.search(pattern, said)), 900), said)
