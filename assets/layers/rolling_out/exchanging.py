"""Exchanges one thing in the cloud for another, once, whatever is lost on the way; what others changed meanwhile is left.

What counts is the thing itself (the list of layers, the version of an alias): where it is as this roll-out knows it, it is
exchanged with the present revision, also if somebody changed the memory or the code of the function since; where it is anything
else it is left. The revision keeps others' changes out that come between the look and the call.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from assets.journal import DONE, FOUND_DONE, FOUND_UNDONE, Begun, Change
from assets.layers.logic.rollout.record import Rollout
from assets.layers.logic.rollout.standing import Standing, Way
from assets.layers.rolling_out.records import WELL
from assets.layers.rolling_out.world import SYSTEM, World
from resources.errors import CloudOpsError, Conflict, NotFound, PermanentError, TransientError

DELETED = "it was deleted"
REFUSED = "AWS refused: "
DOUBTFUL = "failed: a run was cut off there, and others changed it since"
"""Outcome of a step forward that may have been made, and then taken back by others: it is not made again."""
_TRIES = 3

Ended = Literal["made", "left", "refused", "not ready"]
Value = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a change ended: `made`, or `left` because of others, `refused` by AWS, `not ready` for a change; and why."""

    ended: Ended
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A thing as it is.

    Attributes:
        value: What is exchanged.
        revision: Guard against others' changes.
        is_ready: Whether it can be changed now.
    """

    value: Value
    revision: str
    is_ready: bool = True


@dataclass(frozen=True, slots=True)
class Exchange:
    """What is to be exchanged.

    Attributes:
        operation: Name in the journal.
        subject: Name of the thing in the journal.
        known: Its value as it has to be before.
        wanted: Its value afterwards.
        look: Tells how it is; None if it is gone.
        change: Changes it if it is still of a revision.
        about: Why, for the journal.
    """

    operation: str
    subject: str
    known: Value
    wanted: Value
    look: Callable[[], Seen | None]
    change: Callable[[str], object]
    about: str


@dataclass(frozen=True, slots=True)
class Exchanger:
    """Exchanges what belongs to one roll-out.

    Attributes:
        world: What it works with.
        rollout: Which roll-out.
        standing: What was made so far; kept up to date.
    """

    world: World
    rollout: Rollout
    standing: Standing = field(default_factory=Standing)

    def exchange(self, one: Exchange, way: Way) -> Outcome:
        """Do it, unless it is done.

        Raises:
            TransientError: The cloud does not answer: run again.
        """
        try:
            return self._exchanged(one, way)
        except PermanentError as error:
            return Outcome("refused", f"{REFUSED}{error}")

    def _exchanged(self, one: Exchange, way: Way) -> Outcome:
        if one.subject in self.standing.of(way):
            return Outcome("made")
        if way == "forward" and one.subject in self.standing.doubtful:
            return Outcome("left", "a run was cut off when it came to it, and others changed it before the next")
        tried: Tried | None = None
        for _ in range(_TRIES):
            seen = one.look()
            if tried is not None and seen is not None and seen.value == one.wanted:
                self.end(tried.begun, FOUND_DONE)
                return Outcome("made")
            if seen is None:
                return Outcome("left", DELETED)
            if (early := _early(seen, one)) is not None:
                return early
            tried = self._tried(one, seen, way)
            if tried.outcome is not None:
                return tried.outcome
        if tried is not None and isinstance(tried.error, TransientError):
            raise tried.error
        return Outcome("left", "others keep changing it")

    def _tried(self, one: Exchange, seen: Seen, way: Way) -> "Tried":
        """One attempt: written down, made, and looked at if AWS says that it was not made, or says nothing."""
        begun = self.begin(one.operation, one.subject, {**one.known, "revision": seen.revision}, one.wanted, way, one.about)
        try:
            one.change(seen.revision)
        except (Conflict, NotFound, TransientError) as error:
            now = one.look()
            made = now is not None and now.value == one.wanted
            self.end(begun, FOUND_DONE if made else f"failed: {error}")
            return Tried(begun, Outcome("made") if made else None, error)
        except PermanentError as error:
            # an update may fail after it was taken: then it is there, and has a way back
            now = one.look()
            self.end(begun, FOUND_DONE if now is not None and now.value == one.wanted else f"failed: {error}")
            return Tried(begun, Outcome("refused", f"{REFUSED}{error}"))
        self.end(begun, DONE)
        return Tried(begun, Outcome("made"))

    def begin(self, operation: str, subject: str, before: Value | None, wanted: Value, way: Way, about: str) -> Begun:
        """Write a change down before it is made."""
        after = {**wanted, "rollout": self.rollout.id, "way": way}
        (begun,) = self.world.journal.begin([Change(SYSTEM, operation, subject, before, after, about)], self.world.clock.now())
        return begun

    def end(self, begun: Begun, outcome: str) -> None:
        """Write down how a change ended."""
        self.world.journal.end([(begun, outcome)], self.world.clock.now())
        if outcome in WELL and begun.change.after is not None:
            self.standing.of(begun.change.after["way"])[begun.change.subject] = dict(begun.change.after)

    def settle(self, begun: Begun, seen: Seen | None) -> None:
        """Write down what became of a change that was cut off, by what there is now.

        If it is not made and the revision is not that of then, it may have been made, and taken back by others. The way back is
        made all the same; a step forward is not.
        """
        before, after = begun.change.before or {}, begun.change.after or {}
        wanted = {name: after[name] for name in after if name not in ("rollout", "way")}
        if seen is not None and seen.value == wanted:
            self.end(begun, FOUND_DONE)
        elif seen is None or after["way"] == "back" or seen.revision == before.get("revision", seen.revision):
            self.end(begun, FOUND_UNDONE)
        else:
            self.end(begun, DOUBTFUL)


@dataclass(frozen=True, slots=True)
class Tried:
    """An attempt: its entry in the journal, how it ended (None if another may succeed), and what AWS said."""

    begun: Begun
    outcome: Outcome | None
    error: CloudOpsError | None = None


def _early(seen: Seen, one: Exchange) -> Outcome | None:
    """What is said of a thing that is not changed; None of one that is."""
    if seen.value == one.wanted:
        return Outcome("left", "others made it so before this roll-out came to it")
    if seen.value != one.known:
        return Outcome("left", f"others changed it: it has now {_told(seen.value)}")
    return None if seen.is_ready else Outcome("not ready", "an update of it is under way, or has failed")


def _told(value: Value) -> str:
    return "; ".join(
        f"{name} {', '.join(map(str, part)) or 'none' if isinstance(part, list) else part}" for name, part in value.items()
    )
