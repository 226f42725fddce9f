"""Whether a database that came back holds what it should: tables against what was noted of them, heartbeats without a gap.

Tables are noted twice before the act, each time between two heartbeats. A table that is the same both times was not written to;
once the heartbeat after the first note came through, it has to be exactly that: any difference is damage. A table that was
written to meanwhile may end where replication did, at the first note or at the second. Anything else can be loss as well as
damage, and is unknown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from assets.recovery.logic.fingerprints import Difference, Fingerprint, differences

Finding = Literal["same", "expected loss", "different", "unknown"]


@dataclass(frozen=True, slots=True)
class Note:
    """Tables as they were between two heartbeats of the database."""

    first: int
    last: int
    tables: tuple[Fingerprint, ...]

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Note":
        """From evidence."""
        return cls(said["first"], said["last"], tuple(fingerprint(one) for one in said["tables"]))


@dataclass(frozen=True, slots=True)
class Compared:
    """What became of a table.

    Attributes:
        name: The table.
        finding: `same`, `expected loss` (as it was when replication stopped), `different`, or `unknown`.
        said: Why, in words; empty if it is the same.
        before: Last noted of it; None if it was not there.
        after: Found of it; None if it is not there.
    """

    name: str
    finding: Finding
    said: str
    before: Fingerprint | None
    after: Fingerprint | None


def fingerprint(said: Mapping[str, Any]) -> Fingerprint:
    """From evidence."""
    return Fingerprint(said["name"], said["rows"], said["checksum"], tuple(said.get("left_out", ())), said.get("error", ""))


def compared(
    notes: Sequence[Note], found: Sequence[Fingerprint], came_through: int | None, *, moving: Sequence[str] = ()
) -> list[Compared]:
    """Each table of both sides.

    Args:
        notes: Tables before the act, oldest first.
        found: Tables of the database that came back.
        came_through: Sequence of the last heartbeat there; None if it is not known.
        moving: Tables that are known to be written to all the time; they only have to be there, with as many rows as at the first
            note or more.
    """
    first, last = notes[0], notes[-1]
    by_name = [{one.name: one for one in side} for side in (first.tables, last.tables, found)]
    written = {d.name for d in differences(first.tables, last.tables)}
    whole = came_through is not None and came_through >= last.last
    usual = {d.name: d for d in differences(last.tables, found)}
    earlier = {d.name: d for d in differences(first.tables, found)}
    told = []
    for name in sorted({n for side in by_name for n in side}):
        before, after = by_name[1].get(name), by_name[2].get(name)
        if name in moving:
            finding, said = _moving(by_name[0].get(name), after)
        elif name not in written:
            finding, said = _still(usual.get(name), arrived=came_through is not None and came_through >= first.last)
        else:
            finding, said = _written(usual.get(name), earlier.get(name), last_counts=whole, known=came_through is not None)
        told.append(Compared(name, finding, said, before, after))
    return told


def _still(difference: Difference | None, *, arrived: bool) -> tuple[Finding, str]:
    """Of a table that nobody wrote to between the notes."""
    if difference is None:
        return "same", ""
    if difference.kind == "unknown":
        return "unknown", difference.said
    if not arrived:
        return (
            "unknown",
            f"replication had not come as far as the first note, so that this may be loss or damage: {difference.said}",
        )
    return "different", difference.said


def _written(last: Difference | None, first: Difference | None, *, last_counts: bool, known: bool) -> tuple[Finding, str]:
    """Of a table that was written to between the notes."""
    if last is None:
        return "same", ""
    if "unknown" in (last.kind, first.kind if first else ""):
        return "unknown", last.said
    if first is None and last_counts:
        return "different", f"rows are lost although a later heartbeat came through: {last.said}"
    if first is None and known:
        return "expected loss", "it is as it was noted first: what was written later had not come through"
    return "unknown", f"it was written to while the drill ran, so that loss and damage cannot be told apart: {last.said}"


def _moving(first: Fingerprint | None, after: Fingerprint | None) -> tuple[Finding, str]:
    """Of a table that is written to all the time."""
    if after is None or first is None:
        return "different", "the table is not there" if after is None else "the table was not there before"
    if after.rows is None or first.rows is None:
        return "unknown", f"it could not be read: {after.error or first.error}"
    if after.rows < first.rows:
        return "different", f"{after.rows} rows, fewer than the {first.rows} before"
    return "same", "written to all the time: only its rows were counted"


def gaps(written: Sequence[int], found: Sequence[int]) -> list[int]:
    """Heartbeats that are missing although a later one came through: no lag explains that."""
    there = set(found)
    last = max(found, default=None)
    return [] if last is None else [number for number in written if number < last and number not in there]
