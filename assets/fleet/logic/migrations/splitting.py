"""Cuts a migration into statements as SQL*Plus would: `;` ends SQL, a line with `/` alone ends PL/SQL.

Only what the database itself understands may be in a file: commands of SQL*Plus and its variables are refused, with their line.
Sources: SQL*Plus User's Guide and Reference, "Running SQL Statements", "Running PL/SQL Blocks", "SQL*Plus Command Reference".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
      (?P<comment> --[^\n]* | /\*.*?\*/ )
    | (?P<quoted>  [nN]?[qQ]'(?: \[.*?\]' | \{.*?\}' | \(.*?\)' | <.*?>' | (?P<mark>[^\s\[\]{}()<>]).*?(?P=mark)' ) )
    | (?P<literal> [nN]?'(?:[^']|'')*' )
    | (?P<name>    "[^"]*" )
    | (?P<slash>   ^[ \t]*/[ \t]*$ )
    | (?P<open>    /\* | ' | " | [nN]?[qQ]'(?=\S) )
    | (?P<label>   << )
    | (?P<word>    [^\W\d][\w$\#]* )
    | (?P<end>     ; )
    | (?P<variable> &&?[^\W\d]\w* )
    | (?P<space>   \n | [^\S\n]+ )
    | (?P<other>   . )
    """,
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)
_LINE = re.compile(r"(?P<slash>^[ \t]*/[ \t]*$)|(?P<space>\n)|(?P<other>[^\n]+)", re.MULTILINE)
"""Tokens of what is written in another language: its quotes and comments are its own."""
_BLOCKS = frozenset({"DECLARE", "BEGIN"})
_STORED = frozenset({"FUNCTION", "PROCEDURE", "PACKAGE", "TRIGGER", "TYPE", "LIBRARY", "JAVA", "MLE"})
_FOREIGN = frozenset({"JAVA", "MLE"})
_BETWEEN = frozenset({"OR", "REPLACE", "EDITIONABLE", "NONEDITIONABLE", "AND", "RESOLVE", "COMPILE", "NOFORCE"})
"""Words between CREATE and what is created, which say nothing about its kind."""
_COMMANDS = frozenset({
    "ACCEPT", "APPEND", "ARCHIVE", "ATTRIBUTE", "BREAK", "BTITLE", "CHANGE", "CLEAR", "COLUMN", "COL", "COMPUTE", "CONN",
    "CONNECT", "COPY", "DEFINE", "DEF", "DEL", "DESC", "DESCRIBE", "DISC", "DISCONNECT", "EDIT", "EXEC", "EXECUTE", "EXIT",
    "GET", "HELP", "HISTORY", "HOST", "INPUT", "LIST", "PASSWORD", "PAUSE", "PRINT", "PROMPT", "QUIT", "RECOVER", "REM",
    "REMARK", "REPFOOTER", "REPHEADER", "RUN", "SAVE", "SHOW", "SHUTDOWN", "SPOOL", "START", "STARTUP", "STORE", "TIMING",
    "TTITLE", "UNDEF", "UNDEFINE", "VAR", "VARIABLE", "WHENEVER", "XQUERY",
})  # fmt: skip
_SET_OF_SQL = frozenset({"ROLE", "CONSTRAINT", "CONSTRAINTS", "TRANSACTION"})
"""What may follow a SET that the database understands."""
_TRANSACTIONS = frozenset({"ROLLBACK", "SAVEPOINT"})


class NotAMigration(ValueError):
    """A file that cannot be run; the message names the line."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement.

    Attributes:
        text: What is sent to the database: without `;` after SQL, with the one that ends PL/SQL, without comments around it.
        source: All of the file that belongs to it, with what ends it, spaces and comments.
        line: At which it begins, from 1.
        is_plsql: Whether it is PL/SQL.
    """

    text: str
    source: str
    line: int
    is_plsql: bool


@dataclass(slots=True)
class _Reading:
    """A statement while it is read: where its source and its text begin, and its first words."""

    begin: int
    text_begin: int | None = None
    text_end: int = 0
    words: tuple[str, ...] = ()
    is_plsql: bool = False
    is_foreign: bool = False
    only_words: bool = True


_KIND_WORDS = 8
"""So many words decide what a statement is: CREATE OR REPLACE AND RESOLVE NONEDITIONABLE PACKAGE BODY is the longest."""


def normalised(content: bytes) -> str:
    """A file's text with the line ends of Unix and without a byte order mark.

    Raises:
        NotAMigration: It is not UTF-8.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotAMigration(f"it is not UTF-8 from byte {error.start} on") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def split(text: str) -> tuple[list[Statement], str]:
    """Statements in their order, and what follows the last one: spaces and comments. Sources and rest are the text again.

    Raises:
        NotAMigration: Something in it is no statement of the database, or does not end.
    """
    found: list[Statement] = []
    reading = _Reading(0)
    position = 0
    while token := (_LINE if reading.is_foreign else _TOKEN).match(text, position):
        position, kind = token.end(), token.lastgroup
        _demand_complete(kind, token, text)
        ends = kind == "slash" or (kind == "end" and not reading.is_plsql)
        if not ends:
            _take(reading, kind or "other", token, text)
            continue
        if reading.text_begin is None:
            if kind == "slash":
                raise NotAMigration(f"line {_line(text, token.start())}: / would run the statement before it again")
            raise NotAMigration(f"line {_line(text, token.start())}: ; ends nothing")
        found.append(_statement(reading, text, token.end()))
        reading = _Reading(token.end())
    if reading.text_begin is None:
        return found, text[reading.begin :]
    if reading.is_plsql:
        begun = _line(text, reading.text_begin)
        raise NotAMigration(f"line {begun}: PL/SQL that begins here has to end with a line that holds / alone")
    found.append(_statement(reading, text, reading.text_end))
    return found, text[reading.text_end :]


def _take(reading: _Reading, kind: str, token: re.Match[str], text: str) -> None:
    """Read on: spaces and comments belong to a statement only if something of it follows."""
    if kind in ("space", "comment"):
        return
    if reading.text_begin is None:
        reading.text_begin = token.start()
        _demand_statement(token, kind, text)
        reading.is_plsql = kind == "label"
    reading.text_end = token.end()
    if kind == "word" and reading.only_words and len(reading.words) < _KIND_WORDS:
        reading.words += (token.group().upper(),)
        reading.is_plsql = reading.is_plsql or _is_plsql(reading.words)
        reading.is_foreign = reading.is_plsql and reading.words[-1] in _FOREIGN
    elif kind != "word":
        reading.only_words = False


def _is_plsql(words: tuple[str, ...]) -> bool:
    first, rest = words[0], [word for word in words[1:] if word not in _BETWEEN]
    if first in _BLOCKS:
        return len(words) == 1
    if first == "CREATE":
        return bool(rest) and rest[0] in _STORED
    return first == "WITH" and bool(rest) and rest[0] in ("FUNCTION", "PROCEDURE")


def _demand_complete(kind: str | None, token: re.Match[str], text: str) -> None:
    line = _line(text, token.start()) if kind in ("open", "variable") else 0
    if kind == "open":
        raise NotAMigration(f"line {line}: what begins with {token.group()} does not end")
    if kind == "variable":
        raise NotAMigration(f"line {line}: {token.group()} is a variable of SQL*Plus: nothing would replace it")


def _demand_statement(token: re.Match[str], kind: str, text: str) -> None:
    """Raises NotAMigration if a statement begins like a command of SQL*Plus, or controls transactions."""
    line, word = _line(text, token.start()), token.group().upper()
    if token.group() in ("@", "!", "?") or (kind == "word" and word in _COMMANDS):
        raise NotAMigration(f"line {line}: {token.group()} is a command of SQL*Plus, not of the database")
    if word == "SET":
        following = re.match(r"\s+(\w+)", text[token.end() :])
        if following is None or following.group(1).upper() not in _SET_OF_SQL:
            raise NotAMigration(f"line {line}: SET is a command of SQL*Plus, not of the database")
        if following.group(1).upper() == "TRANSACTION":
            word = "ROLLBACK"
    if kind == "word" and word in _TRANSACTIONS:
        raise NotAMigration(f"line {line}: every statement is committed by itself: nothing can be rolled back")


def _statement(reading: _Reading, text: str, end: int) -> Statement:
    assert reading.text_begin is not None  # noqa: S101 - the callers saw to it
    body = text[reading.text_begin : reading.text_end]
    return Statement(body, text[reading.begin : end], _line(text, reading.text_begin), reading.is_plsql)


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def joined(statements: Sequence[Statement], rest: str) -> str:
    """The text that was split."""
    return "".join(statement.source for statement in statements) + rest
