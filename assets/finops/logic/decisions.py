"""Decisions of people: what they may say about a recommendation, an anomaly or an action, and which of it is in force."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any

import polars as pl

RECOMMENDATION, ANOMALY, ACTION = "recommendation", "anomaly", "action"
VERDICTS: Mapping[str, tuple[str, ...]] = {
    RECOMMENDATION: ("accepted", "done", "dismissed", "open"),
    ANOMALY: ("true", "false", "expected", "withdrawn"),
    ACTION: ("approved", "rejected", "rollback", "open"),
}
"""What may be said: of a recommendation its next state (`open` reopens it); of an anomaly whether it was one (`true`), was none
(`false`) or was known to come (`expected`), and `withdrawn` takes back what was said before; of an action whether it may be done,
is to be taken back, or waits for approval again (`open`)."""
NEAR = 5
"""How many ids are named when one is not found."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided.

    Attributes:
        at: When, aware, in UTC.
        subject: `recommendation`, `anomaly` or `action`.
        subject_id: Its whole id.
        verdict: One of `VERDICTS[subject]`.
        by: Who.
        note: Why; empty if not said.
        valid_from: First day on which it holds; for `done`, the day on which it was done.
        until: Last day on which it holds; None if it has no end.
    """

    at: datetime
    subject: str
    subject_id: str
    verdict: str
    by: str
    note: str
    valid_from: date
    until: date | None = None

    def repeats(self, row: Mapping[str, Any] | None) -> bool:
        """Whether a stored decision says the same; when it was said does not matter."""
        said = ("subject", "subject_id", "verdict", "by", "note", "valid_from", "until")
        return row is not None and all(getattr(self, name) == row[name] for name in said)

    def identity(self, number: int) -> str:
        """Id of the decision, the `number`-th about its subject: the same for whoever says the same at that point."""
        said = (self.subject, self.subject_id, self.verdict, self.by, self.note, str(self.valid_from), str(self.until), number)
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def about(decisions: pl.DataFrame, subject: str, subject_id: str) -> list[dict[str, Any]]:
    """The decisions about one thing, oldest first."""
    mine = decisions.filter((pl.col("subject") == subject) & (pl.col("subject_id") == subject_id))
    return mine.sort("at", "decision_id").to_dicts()


def in_force(decisions: pl.DataFrame, subject: str, day: date) -> dict[str, str]:
    """The verdict that holds on the day, by id: the newest one whose days include it. What was withdrawn is left out."""
    holds = (pl.col("valid_from") <= day) & (pl.col("until").is_null() | (pl.col("until") >= day))
    newest = decisions.filter((pl.col("subject") == subject) & holds).sort("at", "decision_id")
    verdicts = dict(newest.select("subject_id", "verdict").iter_rows())
    return {subject_id: verdict for subject_id, verdict in verdicts.items() if verdict != "withdrawn"}


def find(wanted: str, known: Collection[str]) -> str | None:
    """The id that is meant: the one that is equal, or the only one that begins so. None if there is none, or several."""
    if wanted in known:
        return wanted
    begin = [i for i in known if wanted and i.startswith(wanted)]
    return begin[0] if len(begin) == 1 else None


def near(wanted: str, known: Collection[str]) -> list[str]:
    """Ids that might be meant: those that begin so, else those that look alike, else the first ones."""
    begin = sorted(i for i in known if wanted and i.startswith(wanted))
    return (begin or get_close_matches(wanted, known, NEAR, 0.5) or sorted(known))[:NEAR]
