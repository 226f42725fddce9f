"""Pieces of evidence, each of which seals all before it: what was changed, left out or added afterwards is found.

A drill is what its pieces say and nothing else: states of its steps, measurements and verdict follow from them, now and whenever
somebody checks. Pieces are only ever added.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from assets.recovery.logic.drills.plans import OVER, State

FIRST = "0" * 64
"""What the first piece seals."""


class Broken(ValueError):
    """Evidence that does not hold together; the text says where."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Something that a drill did or found.

    Attributes:
        number: From 0.
        at: When it was written down, by the clock of the drill.
        run_id: Run of Dagster that wrote it.
        step: Step that it belongs to; `drill` of what belongs to none.
        state: Of the step from now on.
        note: In words.
        data: What was measured or read; JSON.
        previous: Seal of the piece before.
        seal: SHA-256 of all of this.
    """

    number: int
    at: datetime
    run_id: str
    step: str
    state: State
    note: str
    data: Mapping[str, Any]
    previous: str
    seal: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All pieces of a drill so far, in order."""

    pieces: tuple[Piece, ...] = ()

    @property
    def seal(self) -> str:
        """Seal of the last piece: stands for the whole."""
        return self.pieces[-1].seal if self.pieces else FIRST

    def with_piece(
        self, at: datetime, run_id: str, step: str, state: State, note: str, data: Mapping[str, Any] | None = None
    ) -> "Evidence":
        """With one piece more."""
        piece = Piece(len(self.pieces), at, run_id, step, state, note, data or {}, self.seal)
        return Evidence((*self.pieces, _sealed(piece)))

    def state(self, step: str) -> State:
        """State of a step."""
        last = self.last(step)
        return "QUEUED" if last is None else last.state

    def last(self, step: str) -> Piece | None:
        """The newest piece of a step; None if it was not begun."""
        return next((piece for piece in reversed(self.pieces) if piece.step == step), None)

    def first(self, step: str) -> Piece | None:
        """The oldest piece of a step."""
        return next((piece for piece in self.pieces if piece.step == step), None)

    def data(self, step: str) -> dict[str, Any]:
        """Everything that a step measured or read, later values before earlier ones."""
        found: dict[str, Any] = {}
        for piece in self.pieces:
            if piece.step == step:
                found |= piece.data
        return found

    def unfinished(self, steps: Sequence[str]) -> str | None:
        """First of some steps that is not over; None if all are."""
        return next((step for step in steps if self.state(step) not in OVER), None)

    def as_json(self) -> list[dict[str, Any]]:
        """For storage."""
        return [{**asdict(piece), "at": piece.at.isoformat()} for piece in self.pieces]


def read(said: Sequence[Mapping[str, Any]]) -> Evidence:
    """Evidence as it was stored.

    Raises:
        Broken: It is not as it was written.
    """
    previous = FIRST
    pieces = []
    for number, one in enumerate(said):
        try:
            piece = Piece(**{**one, "at": datetime.fromisoformat(one["at"])})
        except (TypeError, KeyError, ValueError) as error:
            raise Broken(f"piece {number} is none: {error}") from error
        if piece.number != number or piece.previous != previous:
            raise Broken(f"piece {number} does not follow the one before it: something was added, left out or moved")
        if _sealed(piece).seal != piece.seal:
            raise Broken(f"piece {number} ({piece.step}) was changed after it was sealed")
        pieces.append(piece)
        previous = piece.seal
    return Evidence(tuple(pieces))


def canonical(value: Any) -> bytes:  # noqa: ANN401  any JSON
    """JSON in the one form that is hashed: keys sorted, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _sealed(piece: Piece) -> Piece:
    said = {**asdict(piece), "at": piece.at.isoformat()}
    del said["seal"]
    seal = hashlib.sha256(canonical(said)).hexdigest()
    return Piece(**{**asdict(piece), "seal": seal})
