"""Changes the layers of one function, once, whatever is lost on the way, and leaves alone what others changed meanwhile.

What counts is the list of layers: a function whose list is as this roll-out knows it is changed with its present revision, also
if somebody changed its memory or its code since; one with any other list is left. The revision keeps others' changes out that
come between the look and the call.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from assets.journal import DONE, FOUND_DONE, FOUND_UNDONE, Begun, Change
from assets.layers.logic.rollout.plan import Move
from assets.layers.logic.rollout.record import Rollout
from assets.layers.logic.rollout.standing import Standing, Way, standing
from assets.layers.rolling_out.records import WELL
from assets.layers.rolling_out.world import SYSTEM, World
from resources.errors import Conflict, NotFound, PermanentError, TransientError
from resources.lambda_layers import Function

SET = "set layers"
DELETED = "it was deleted"
_TRIES = 3

Ended = Literal["made", "left", "refused", "not ready"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a change ended: `made`, or `left` because of others, `refused` by AWS, `not ready` for a change; and why."""

    ended: Ended
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Mover:
    """Moves functions of one roll-out.

    Attributes:
        world: What it works with.
        rollout: Which roll-out.
        standing: What was made so far; kept up to date.
    """

    world: World
    rollout: Rollout
    standing: Standing

    def forward(self, move: Move) -> Outcome:
        """Give a function its new layers."""
        if move.arn in self.standing.forward:
            return Outcome("made")
        return self._exchange(move, "forward", move.former, move.wanted)

    def back(self, move: Move) -> Outcome:
        """Give a function its former layers again, exactly; one that this roll-out did not move is left."""
        if move.arn in self.standing.back or move.arn not in self.standing.forward:
            return Outcome("made")
        return self._exchange(move, "back", move.wanted, move.former)

    def look(self, move: Move) -> Function | None:
        """A function as it is; None if it is gone."""
        try:
            return self.world.service.function(move.place, move.name)
        except NotFound:
            return None

    def _exchange(self, move: Move, way: Way, known: Sequence[str], wanted: Sequence[str]) -> Outcome:
        begun, lost = None, None
        for _ in range(_TRIES):
            seen = self.look(move)
            if seen is not None and begun is not None and seen.layers == tuple(wanted):
                self._end(begun, FOUND_DONE)
                return Outcome("made")
            if (early := _early(seen, way, known, wanted)) is not None:
                return early
            assert seen is not None  # noqa: S101 - `_early` answers for one that is gone
            begun = self._begin(self._change(move, way, known, wanted, seen.revision))
            try:
                self.world.service.set_layers(move.place, move.name, wanted, seen.revision)
            except (Conflict, NotFound, TransientError) as error:
                lost = error if isinstance(error, TransientError) else None
                if self._became(begun, move, wanted, error):
                    return Outcome("made")
            except PermanentError as error:
                self._end(begun, f"failed: {error}")
                return Outcome("refused", f"AWS refused: {error}")
            else:
                self._end(begun, DONE)
                return Outcome("made")
        if lost is not None:
            raise lost
        return Outcome("left", "others keep changing it")

    def _change(self, move: Move, way: Way, known: Sequence[str], wanted: Sequence[str], revision: str) -> Change:
        after = {"layers": list(wanted), "rollout": self.rollout.id, "way": way}
        reason = f"roll-out {self.rollout.id}, wave {move.wave}" + (": way back" if way == "back" else "")
        return Change(SYSTEM, SET, move.arn, {"layers": list(known), "revision": revision}, after, reason)

    def _became(self, begun: Begun, move: Move, wanted: Sequence[str], error: Exception) -> bool:
        """Whether a change was made of which AWS says that it was not, or says nothing."""
        seen = self.look(move)
        made = seen is not None and seen.layers == tuple(wanted)
        self._end(begun, FOUND_DONE if made else f"failed: {error}")
        return made

    def _begin(self, change: Change) -> Begun:
        (begun,) = self.world.journal.begin([change], self.world.clock.now())
        return begun

    def _end(self, begun: Begun, outcome: str) -> None:
        self.world.journal.end([(begun, outcome)], self.world.clock.now())
        if outcome in WELL and begun.change.after is not None:
            self.standing.of(begun.change.after["way"])[begun.change.subject] = dict(begun.change.after)


def mover(world: World, rollout: Rollout) -> Mover:
    """Who moves functions of a roll-out, after it was looked what became of changes that were cut off."""
    by_arn = {move.arn: move for move in rollout.plan.moves}
    found = Mover(world, rollout, Standing())
    ends = []
    for begun in world.journal.cut_off(SYSTEM, [SET]):
        after: dict[str, Any] = dict(begun.change.after or {})
        if after.get("rollout") == rollout.id:
            seen = found.look(by_arn[begun.change.subject])
            made = seen is not None and list(seen.layers) == after["layers"]
            ends.append((begun, FOUND_DONE if made else FOUND_UNDONE))
    world.journal.end(ends, world.clock.now())
    rows = world.journal.rows([SET]).sort("at", maintain_order=True).to_dicts()
    return Mover(world, rollout, standing(rows, rollout.id, WELL))


def _early(seen: Function | None, way: Way, known: Sequence[str], wanted: Sequence[str]) -> Outcome | None:
    """What is said of a function that is not changed; None of one that is."""
    if seen is None:
        return Outcome("left", DELETED)
    if seen.layers == tuple(wanted):
        who = "others gave it the new version" if way == "forward" else "others gave it its former layers"
        return Outcome("left", who)
    if seen.layers != tuple(known):
        return Outcome("left", f"others changed its layers, which are now {', '.join(seen.layers) or 'none'}")
    return None if seen.is_ready else Outcome("not ready", "an update of it is under way")
