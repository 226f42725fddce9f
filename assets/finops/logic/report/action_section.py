"""The section on actions: what is proposed and waits for approval, what became of it, and what was changed in the clouds."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from assets.finops.logic.report import content, wording
from assets.finops.logic.report.content import Block, Card, Cell, Section, Table, Tone
from assets.finops.logic.report.sources import Rows, Source

LISTED = 60
CHANGES = 100
WAITING = ("proposed",)
OVER = ("rejected", "expired", "rolled back")
_TONES: Mapping[str, Tone] = {"failed": "bad", "executing": "warn", "rolling back": "warn", "verified": "good"}
_COLUMNS = ("Id", "Operation", "Resource", "Where", "Currency", "State", "Saving per 30 days", "Effect in the bills", "Why")


def section(actions: pl.DataFrame, journal: pl.DataFrame) -> Section:
    """The whole section."""
    return Section(
        anchor="actions",
        heading="Actions",
        remarks=("Nothing is done that nobody approved: cloudops actions lists them, cloudops approve ID lets one happen.",),
        blocks=(_actions(actions), _changes(journal)),
    )


def _actions(actions: pl.DataFrame) -> Block:
    if actions.is_empty():
        return Block("Proposed and approved", ("No policy or recommendation proposes an action.",))
    live = actions.filter(~pl.col("state").is_in(OVER)).sort(
        "savings_low", "action_id", descending=[True, False], nulls_last=True
    )
    rows = [_row(row) for row in live.head(LISTED).iter_rows(named=True)]
    more = f"The first {LISTED} of {wording.count(live.height)}." if live.height > LISTED else ""
    source = Rows(Source.ACTIONS, f"state not in {OVER}")
    table = Table("Actions", _COLUMNS, rows, source, empty="Every action was rejected, or is over.", note=more, scroll=True)
    return Block("Proposed and approved", tables=(table,), cards=_cards(actions))


def _cards(actions: pl.DataFrame) -> list[Card]:
    def number(*states: str) -> int:
        return actions.filter(pl.col("state").is_in(states)).height

    def rows(*states: str) -> Rows:
        return Rows(Source.ACTIONS, f"state in ({', '.join(repr(state) for state in states)})")

    waiting, failed = number(*WAITING), number("failed")
    return [
        Card("Wait for approval", wording.count(waiting), rows(*WAITING)),
        Card("Approved or under way", wording.count(number("approved", "executing")), rows("approved", "executing")),
        Card("Done", wording.count(number("executed", "verified")), rows("executed", "verified")),
        Card("Failed", wording.count(failed), rows("failed"), "", "bad" if failed else ""),
    ]


def _row(row: Mapping[str, Any]) -> list[Cell]:
    since = f"since {wording.day(row['state_since'])}, by {row['state_by']}: {row['note']}"
    back = "; taking it back is proposed" if row["rollback_proposed"] else ""
    return [
        content.code(row["action_id"]),
        Cell(row["operation"], title=row["parameters"]),
        content.text(row["resource_id"]),
        content.text(wording.place(row)),
        Cell(row["BillingCurrency"]),
        Cell(row["state"], _TONES.get(row["state"], ""), since),
        _saving(row),
        Cell((row["effect"] or "not executed") + back, "" if row["effect"] else "muted", row["effect_reason"] or ""),
        Cell(row["reason"], title="\n".join(row["evidence"])),
    ]


def _saving(row: Mapping[str, Any]) -> Cell:
    if row["savings_low"] is None:
        return Cell(f"{wording.UNKNOWN}: {row['savings_unknown_because'] or 'no reason given'}", "warn")
    return Cell(wording.interval(row["savings_low"], row["savings_high"]))


def _changes(journal: pl.DataFrame) -> Block:
    ended = journal.filter(pl.col("outcome") != "begun").sort("at", "change_id", descending=[True, False])
    rows = [
        [
            Cell(wording.day(row["at"])),
            Cell(row["system"]),
            Cell(row["operation"]),
            content.text(row["subject"]),
            Cell(row["outcome"], "good" if row["outcome"] == "done" else "warn"),
            Cell(row["by"]),
            Cell(row["reason"]),
        ]
        for row in ended.head(CHANGES).iter_rows(named=True)
    ]
    more = f"The newest {CHANGES} of {wording.count(ended.height)}." if ended.height > CHANGES else ""
    columns = ("Day", "Cloud", "What", "To what", "Outcome", "By", "Why")
    table = Table(
        "Changes to the clouds", columns, rows, Rows(Source.JOURNAL, "outcome <> 'begun'"),
        empty="Nothing was changed in any cloud.", note=more, scroll=True,
    )  # fmt: skip
    return Block("Changed in the clouds", tables=(table,))
