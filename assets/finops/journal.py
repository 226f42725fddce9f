"""Writes down what is done to the world: before it is done, and how it ended."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from assets.finops import tables
from resources.lake import Lake

BEGUN, DONE, NOT_TRIED, FOUND_DONE, FOUND_UNDONE = "begun", "done", "not tried", "found done", "found undone"
_ROW = ("change_id", "at", "run_id", "by", "system", "operation", "subject", "before", "after", "reason", "outcome")


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
        run_id: The run.
        by: Who let it happen.
    """

    lake: Lake
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

    def rows(self, operations: Sequence[str]) -> pl.DataFrame:
        """Everything that is written of some operations."""
        return self.lake.scan(tables.JOURNAL).filter(pl.col("operation").is_in(list(operations))).collect()

    def _id(self, change: Change, number: int, now: datetime) -> str:
        said = (self.run_id, now.isoformat(), number, change.system, change.operation, change.subject)
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]

    def _add(self, outcomes: Sequence[tuple[Begun, str]], now: datetime) -> None:
        if not outcomes:
            return
        rows = [
            (b.change_id, now, self.run_id, self.by, b.change.system, b.change.operation, b.change.subject,
             _text(b.change.before), _text(b.change.after), b.change.reason, outcome)
            for b, outcome in outcomes
        ]  # fmt: skip
        frame = pl.DataFrame(rows, schema={name: tables.JOURNAL.schema[name] for name in _ROW}, orient="row")
        # its own rows as the predicate: an attempt that is repeated writes them once, and no other row is touched
        ids = ", ".join(f"'{b.change_id}'" for b, _ in outcomes)
        same = f"outcome = '{BEGUN}'" if outcomes[0][1] == BEGUN else f"outcome != '{BEGUN}'"
        self.lake.replace(tables.JOURNAL, frame, where=f"{same} AND change_id IN ({ids})")


def _begun(row: Mapping[str, Any]) -> Begun:
    before, after = (None if row[name] is None else json.loads(row[name]) for name in ("before", "after"))
    return Begun(row["change_id"], Change(row["system"], row["operation"], row["subject"], before, after, row["reason"]))


def _text(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)
