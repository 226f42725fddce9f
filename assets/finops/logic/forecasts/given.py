"""Small CSV files that people write by hand: every bad row is refused by file, line and what to do about it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date


class BadRow(ValueError):
    """A row of a file that a person gave cannot be used.

    Attributes:
        message: File, line, and what is wrong there.
        advice: What to write instead.
    """

    def __init__(self, file: str, line: int, problem: str, advice: str) -> None:
        self.message = f"{file}, line {line}: {problem}"
        self.advice = advice
        super().__init__(f"{self.message} — {advice}")


def records(
    body: bytes, file: str, columns: tuple[str, ...], required: tuple[str, ...]
) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Line number and cells of every record, without spaces around them; absent columns are empty cells, empty lines no records.

    Args:
        body: The file, CSV in UTF-8 with a header.
        file: Its name, for messages.
        columns: Columns it may have.
        required: Columns it must have.

    Raises:
        BadRow: The file is not UTF-8, its header is not of these columns, or a record has more cells than the header.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise BadRow(file, line, "the text is not UTF-8", "Save the file as CSV in UTF-8.") from error
    lines = csv.reader(io.StringIO(text, newline=""))
    header = [name.strip() for name in next(lines, [])]
    expected = f"Write a header with {', '.join(required)} and, as needed, {', '.join(c for c in columns if c not in required)}."
    if unknown := [name for name in header if name not in columns]:
        raise BadRow(file, 1, f"there is no column {unknown[0]!r}", expected)
    if missing := [name for name in required if name not in header]:
        raise BadRow(file, 1, f"the column {missing[0]!r} is missing", expected)
    if len(set(header)) < len(header):
        raise BadRow(file, 1, "a column is there twice", expected)
    for cells in lines:
        if len(cells) > len(header):
            raise BadRow(file, lines.line_num, "there are more cells than columns", "Put text with a comma between quotes.")
        record = dict.fromkeys(columns, "") | {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
        if any(record.values()):
            yield lines.line_num, record


def read_day(text: str, file: str, line: int) -> date:
    """The day that a cell names.

    Raises:
        BadRow: It is no day in ISO 8601.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadRow(file, line, f"{text!r} is not a day", "Write the day as YYYY-MM-DD, such as 2026-01-31.") from error
