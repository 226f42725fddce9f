"""Writes down what is done to the world: before it is done, and how it ended. Every system has a journal of its own."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from resources.lake import Lake
from resources.tables import UTC, Column, Table

BEGUN, DONE, NOT_TRIED, FOUND_DONE, FOUND_UNDONE = "begun", "done", "not tried", "found done", "found undone"
_ROW = ("change_id", "at", "run_id", "by", "system", "operation", "subject", "before", "after", "reason", "outcome")


def journal_table(system: str, what: str, subject: str) -> Table:
    """The journal of a system.

    Args:
        system: Which: the table is `system/journal`.
        what: Examples of operations, for the data dictionary.
        subject: What a subject is, for the data dictionary.
    """
    return Table(
        name=f"{system}/journal",
        description="Two rows per change to a cloud, which are only ever added: `begun`, before it, and one that says how it "
        "ended. A change without the second was cut off; the next run looks what became of it, and adds it.",
        columns=(
            Column("change_id", pl.String(), "Identity of the change: the same in its rows.", nullable=False),
            Column("at", UTC, "When it was begun, or its end was written down.", nullable=False),
            Column("run_id", pl.String(), "Run of Dagster that wrote the row.", nullable=False),
            Column("by", pl.String(), "Who let it happen; `cloudops` if nobody is named.", nullable=False),
            Column("system", pl.String(), "Cloud: `oci` or `aws`.", nullable=False),
            Column("operation", pl.String(), f"What is done: {what}, …", nullable=False),
            Column("subject", pl.String(), f"What it is done to: {subject}.", nullable=False),
            Column("before", pl.String(), "It as it was, as JSON; null if it was not there."),
            Column("after", pl.String(), "It as it was to be, as JSON; null if it was to go."),
            Column("reason", pl.String(), "Why.", nullable=False),
            Column(
                "outcome",
                pl.String(),
                "`begun`, `done`, `failed: …` (why and what to do), or `not tried` after a failure of another; `found done` or "
                "`found undone` of one that was cut off.",
                nullable=False,
            ),
        ),
    )


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is to be done; what it is done to, as it is and as it is to be, in JSON."""

    system: str
    operation: str
    subject: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    reason: str


@dataclass(frozen=True, slots=True)
class Begun:
    """A change that is in the journal."""

    change_id: str
    change: Change


@dataclass(frozen=True, slots=True)
class Journal:
    """The journal as one run writes it.

    Attributes:
        lake: Where it is.
        table: Which of them.
        run_id: The run.
        by: Who let it happen.
    """

    lake: Lake
    table: Table
    run_id: str
    by: str

    def begin(self, changes: Sequence[Change], now: datetime) -> list[Begun]:
        """Write changes down before they are made, in one commit; returns them with their ids."""
        begun = [Begun(self._id(change, number, now), change) for number, change in enumerate(changes)]
        self._add([(b, BEGUN) for b in begun], now)
        return begun

    def end(self, outcomes: Sequence[tuple[Begun, str]], now: datetime) -> None:
        """Write down how changes ended, in one commit."""
        self._add(outcomes, now)

    def cut_off(self, system: str, operations: Sequence[str]) -> list[Begun]:
        """Changes that were begun and of which no row says how they ended, oldest first."""
        rows = self.rows(operations).filter(pl.col("system") == system)
        ended = rows.filter(pl.col("outcome") != BEGUN)["change_id"].unique().implode()
        lost = rows.filter((pl.col("outcome") == BEGUN) & ~pl.col("change_id").is_in(ended)).sort("at", maintain_order=True)
        return [_begun(row) for row in lost.to_dicts()]

    def rows(self, operations: Sequence[str], subject: str | None = None) -> pl.DataFrame:
        """Everything that is written of some operations, on one subject if it is given: files of others are not even read."""
        found = self.lake.scan(self.table).filter(pl.col("operation").is_in(list(operations)))
        return (found if subject is None else found.filter(pl.col("subject") == subject)).collect()

    def _id(self, change: Change, number: int, now: datetime) -> str:
        said = (self.run_id, now.isoformat(), number, change.system, change.operation, change.subject, _text(change.after))
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]

    def _add(self, outcomes: Sequence[tuple[Begun, str]], now: datetime) -> None:
        if not outcomes:
            return
        rows = [
            (b.change_id, now, self.run_id, self.by, b.change.system, b.change.operation, b.change.subject,
             _text(b.change.before), _text(b.change.after), b.change.reason, outcome)
            for b, outcome in outcomes
        ]  # fmt: skip
        frame = pl.DataFrame(rows, schema={name: self.table.schema[name] for name in _ROW}, orient="row")
        # its own rows as the predicate: an attempt that is repeated writes them once, and no other row is touched
        ids = ", ".join(f"'{b.change_id}'" for b, _ in outcomes)
        same = f"outcome = '{BEGUN}'" if outcomes[0][1] == BEGUN else f"outcome != '{BEGUN}'"
        self.lake.replace(self.table, frame, where=f"{same} AND change_id IN ({ids})")


def _begun(row: Mapping[str, Any]) -> Begun:
    before, after = (None if row[name] is None else json.loads(row[name]) for name in ("before", "after"))
    return Begun(row["change_id"], Change(row["system"], row["operation"], row["subject"], before, after, row["reason"]))


def _text(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)
