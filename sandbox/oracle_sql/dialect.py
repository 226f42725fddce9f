"""Turns a statement of Oracle's SQL into statements of SQLite; pure text, by what the engine must understand and no more."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

_LITERAL = re.compile(
    r"""--[^\n]*|/\*.*?\*/|[nN]?[qQ]'(?:\[(?P<a>.*?)\]|\((?P<b>.*?)\)|\{(?P<c>.*?)\}|<(?P<d>.*?)>|(?P<q>[^\s\[({<])(?P<e>.*?)(?P=q))'"""
    r"""|[nN]?'(?:[^']|'')*'|"[^"]*\"""",
    re.DOTALL,
)
_OWNED = re.compile(r"\x00(\d+)\x00\s*\.\s*")
_MASK = re.compile(r"\x00(\d+)\x00")
_NAME = r"(?:[\w$#]+|\x00\d+\x00)(?:\s*\.\s*(?:[\w$#]+|\x00\d+\x00))?"
_FLAGS = re.IGNORECASE | re.DOTALL


def masked(sql: str) -> tuple[str, list[str]]:
    """A statement whose literals and quoted names are numbered places, without comments; and those literals."""
    kept: list[str] = []

    def mask(found: re.Match[str]) -> str:
        text = found.group()
        if text.startswith(("--", "/*")):
            return " "
        inside = next((found[group] for group in "abcde" if found[group] is not None), None)
        if inside is not None:
            text = "'" + inside.replace("'", "''") + "'"
        kept.append(text.lstrip("nN") if text[0] in "nN" else text)
        return f"\x00{len(kept) - 1}\x00"

    text = _LITERAL.sub(mask, sql).strip()
    # every table is of ADMIN's schema, which has no name in SQLite
    text = re.sub(r"\bADMIN\s*\.\s*", "", text, flags=re.IGNORECASE)
    return _OWNED.sub(lambda found: "" if kept[int(found[1])] == '"ADMIN"' else found[0], text), kept


def unmasked(text: str, kept: Sequence[str]) -> str:
    """The statement with its literals again."""
    return _MASK.sub(lambda found: kept[int(found[1])], text)


def kind(text: str) -> str:
    """First word of a masked statement, in capitals."""
    found = re.match(r"\s*\(*\s*(\w+)", text)
    return found[1].upper() if found else ""


def names(text: str) -> set[str]:
    """Words of a masked statement, in lower case; `v_$session` is another name of `v$session`."""
    return {word.lower().replace("v_$", "v$") for word in re.findall(r"[A-Za-z_][\w$#]*", text)}


def binds(text: str) -> set[str]:
    """Names of the bind variables of a masked statement."""
    return set(re.findall(r"(?<![\w:]):(\w+)", text))


_REWRITTEN: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"\bsys\s*\.\s*(?=g?v_?\$|dba_|user_|all_)", ""),
    (r"\badmin\s*\.\s*(?=[a-z])", ""),
    (r"\b(g?v)_\$", r"\1$"),
    (r"\b(SYSTIMESTAMP|CURRENT_TIMESTAMP|LOCALTIMESTAMP|SYSDATE|CURRENT_DATE)\b(?:\s*\(\s*\d*\s*\))?", "now_()"),
    (r"\bAT\s+TIME\s+ZONE\s+\x00\d+\x00|\bAT\s+LOCAL\b", ""),
    (r"\b(?:DATE|TIMESTAMP)\s+(\x00\d+\x00)", r"TO_TIMESTAMP(\1)"),
    (r"(now_\(\)|:\w+|[\w.$]+)\s*([+-])\s*INTERVAL\s+(\x00\d+\x00)\s+(DAY|HOUR|MINUTE|SECOND)\b", r"moved_(\1, '\2', \3, '\4')"),
    (r"(now_\(\))\s*([+-])\s*NUMTODSINTERVAL\s*\(\s*([^,()]+),\s*(\x00\d+\x00)\s*\)", r"moved_(\1, '\2', \3, \4)"),
    (r"now_\(\)\s*([+-])\s*(:\w+|\d+(?:\.\d+)?)(\s*/\s*(?:\d+|:\w+))?", r"moved_(now_(), '\1', (\2 * 1.0 \3), 'DAY')"),
    (r"\b([\w$#]+)\s*\.\s*NEXTVAL\b", r"nextval_('\1')"),
    (r"\b([\w$#]+)\s*\.\s*CURRVAL\b", r"currval_('\1')"),
    (r"\bUSER\b(?!\s*[.(])", "user_()"),
    (r"\bLISTAGG\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)\s*WITHIN\s+GROUP\s*\(\s*(ORDER\s+BY[^()]*)\)", r"listagg_(\1)"),
    (r"(?<![\w$\x00])(\w+#\w*)", r'"\1"'),
    (r"\bMINUS\b", "EXCEPT"),
    (r"\bAS\s+(?:TIMESTAMP(?:\s*\(\d\))?(?:\s+WITH\s+(?:LOCAL\s+)?TIME\s+ZONE)?|DATE)\s*\)", "AS TEXT)"),
    (r"\bFOR\s+UPDATE(?:\s+OF\s+[\w.,\s]+?)?(?:\s+(?:NOWAIT|SKIP\s+LOCKED|WAIT\s+\d+))?\s*$", ""),
    (r"\bOFFSET\s+(\S+)\s+ROWS?\s+FETCH\s+(?:FIRST|NEXT)\s+(\S+)\s+ROWS?\s+ONLY", r"LIMIT \2 OFFSET \1"),
    (r"\bFETCH\s+(?:FIRST|NEXT)\s+(\S+)\s+ROWS?\s+ONLY", r"LIMIT \1"),
    (r"\bFETCH\s+(?:FIRST|NEXT)\s+ROWS?\s+ONLY", "LIMIT 1"),
    (r"\b(?:WHERE|(AND))\s+ROWNUM\s*(<=|<|=)\s*(\S+)\s*$", lambda m: f"LIMIT {m[3]}" + (" - 1" if m[2] == "<" else "")),
)  # fmt: skip
_TYPES: tuple[tuple[str, str], ...] = (
    (r"\(\s*(\d+)\s+(?:CHAR|BYTE)\s*\)", r"(\1)"),
    (r"\bTIMESTAMP(?:\s*\(\d\))?(?:\s+WITH\s+(?:LOCAL\s+)?TIME\s+ZONE)?\b", "TIMESTAMP"),
    (r"\bINTERVAL\s+DAY(?:\s*\(\d\))?\s+TO\s+SECOND(?:\s*\(\d\))?", "INTERVAL"),
    (r"\b(?:NUMBER|INTEGER|INT)(?:\s*\([\d\s,*-]+\))?\s+GENERATED\s+(?:ALWAYS|BY\s+DEFAULT(?:\s+ON\s+NULL)?)\s+AS\s+IDENTITY"
     r"(?:\s*\([^)]*\))?", "INTEGER"),
    (r"\bNUMBER\s*\(\s*\*\s*(?:,[^)]*)?\)", "NUMBER"),
    (r"\bDEFAULT\s+ON\s+NULL\b", "DEFAULT"),
    (r"\bDEFAULT\s+((?:now_|nextval_|user_|SYS_GUID)\(.*?\))", r"DEFAULT (\1)"),
    (r"\b(?:ENABLE|DISABLE|NOVALIDATE|VALIDATE|USING\s+INDEX)\b(?!\s*\w+\s+(?:NUMBER|VARCHAR))", ""),
    (r"\)\s*(?:TABLESPACE\s+\w+|SEGMENT\s+CREATION\s+\w+|NOLOGGING|LOGGING|COMPRESS\b[^)]*|ORGANIZATION\s+\w+|PCTFREE\s+\d+)\s*$",
     ")"),
)  # fmt: skip


def translated(text: str) -> list[str]:
    """The statements of SQLite that do what one masked statement asks; none where there is nothing to do."""
    text = re.sub(r"[;/\s]+$", "", text)
    for pattern, by in _REWRITTEN:
        text = re.sub(pattern, by, text, flags=_FLAGS)
    if kind(text) in ("CREATE", "ALTER"):
        for pattern, typed in _TYPES:
            text = re.sub(pattern, typed, text, flags=_FLAGS)
    for pattern, making in _STATEMENTS:
        found = re.fullmatch(pattern, text, _FLAGS)
        if found:
            return making(found)
    return [text]


def parts(inside: str, separator: str = ",") -> list[str]:
    """What stands between separators that are in no brackets."""
    found, depth, begin = [], 0, 0
    for place, sign in enumerate(inside):
        depth += (sign == "(") - (sign == ")")
        if sign == separator and depth == 0:
            found.append(inside[begin:place].strip())
            begin = place + 1
    return [part for part in (*found, inside[begin:].strip()) if part]


def _added(found: re.Match[str]) -> list[str]:
    columns = parts(found[2].strip()[1:-1]) if found[2].strip().startswith("(") else [found[2]]
    return [f"ALTER TABLE {found[1]} ADD COLUMN {column}" for column in columns]


def _dropped(found: re.Match[str]) -> list[str]:
    columns = parts(found[2].strip()[1:-1]) if found[2].strip().startswith("(") else [re.sub(r"(?i)^COLUMN\s+", "", found[2])]
    return [f"ALTER TABLE {found[1]} DROP COLUMN {column}" for column in columns]


def _nothing(_found: re.Match[str]) -> list[str]:
    return []


_STATEMENTS: tuple[tuple[str, Callable[[re.Match[str]], list[str]]], ...] = (
    (r"\s*(?:COMMENT\s+ON|GRANT|REVOKE|COMMIT|ROLLBACK|ALTER\s+SESSION|ANALYZE|PURGE|SET\s+TRANSACTION)\b.*", _nothing),
    (rf"\s*TRUNCATE\s+TABLE\s+({_NAME}).*", lambda m: ["DELETE FROM " + m[1]]),  # noqa: S608 - it is what is asked for
    (rf"\s*DROP\s+TABLE\s+((?:IF\s+EXISTS\s+)?{_NAME})(?:\s+CASCADE\s+CONSTRAINTS)?(?:\s+PURGE)?\s*",
     lambda m: [f"DROP TABLE {m[1]}"]),
    (rf"\s*ALTER\s+TABLE\s+({_NAME})\s+ADD\s+(?!CONSTRAINT\b|COLUMN\b)(.*)", _added),
    (rf"\s*ALTER\s+TABLE\s+({_NAME})\s+ADD\s+CONSTRAINT\s+({_NAME})\s+UNIQUE\s*(\(.*\)).*",
     lambda m: [f"CREATE UNIQUE INDEX {m[2]} ON {m[1]} {m[3]}"]),
    (rf"\s*ALTER\s+TABLE\s+({_NAME})\s+DROP\s+(?!CONSTRAINT\b)(.*)", _dropped),
    (rf"\s*ALTER\s+TABLE\s+({_NAME})\s+(?:SHRINK|MOVE|ENABLE|DISABLE)\b.*", _nothing),
    (rf"\s*CREATE\s+OR\s+REPLACE\s+(?:FORCE\s+)?(?:EDITIONABLE\s+)?VIEW\s+({_NAME})\s+(.*)",
     lambda m: [f"DROP VIEW IF EXISTS {m[1]}", f"CREATE VIEW {m[1]} {m[2]}"]),
    (rf"\s*CREATE\s+(UNIQUE\s+)?INDEX\s+({_NAME})\s+ON\s+({_NAME})\s*(\(.*\)).*",
     lambda m: [f"CREATE {m[1] or ''} INDEX {m[2]} ON {m[3]} {m[4]}"]),
)  # fmt: skip
