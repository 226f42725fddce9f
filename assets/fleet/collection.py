"""Asks many at once, each within its own time: whoever does not answer is unknown after it, and delays nobody.

Threads cannot be ended from outside. Work is therefore given a deadline, by which each of its calls has to bound its own wait;
and a worker that is still busy after it is left behind with what it is stuck in and another takes its place, so that no number of
things that hang can use up the workers. Time is the machine's here, whatever a cloud's clock says: that is what sockets wait by.
"""

import queue
import random
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from assets.progress import Progress, silent
from resources import patience
from resources.errors import CloudOpsError, Throttled

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.25, 4.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How many are asked at once, and how long each may take.

    Attributes:
        workers: At once.
        seconds: For one item, all its calls and repeats together.
        grace_seconds: How much later a worker may return before it is left behind.
    """

    workers: int = 32
    seconds: float = 30
    grace_seconds: float = 1


@dataclass(frozen=True, slots=True)
class Outcome(Generic[_Item, _Answer]):
    """What became of one item.

    Attributes:
        item: The item.
        answer: What the work returned; None if it failed.
        reason: Why it failed; None if it did not.
        hung: Whether it did not answer in time, not even that it is asked too often.
        began: Seconds after the collection's begin at which its turn came.
        seconds: How long it took.
    """

    item: _Item
    answer: _Answer | None
    reason: str | None
    hung: bool
    began: float
    seconds: float


class Deadline:
    """The time that an item has, from when its work begins.

    Attributes:
        seconds: All of it.
        slowed: What was last said when it was asked to slow down; None if it never was.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.slowed: str | None = None
        self._ends = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds that are left; none are left at 0."""
        return max(0.0, self._ends - time.monotonic())

    @property
    def missed(self) -> str:
        """What is said of whoever missed it."""
        return f"no answer within {self.seconds:g} s" + (f" ({self.slowed})" if self.slowed else "")

    def call(self, ask: Callable[[], _Answer]) -> _Answer:
        """Call, and again after a while when asked to slow down, as long as there is time. Raises what the last call raised.

        What repeats inside the call ends in time too, so that the last refusal is told and not that there was no answer.
        """
        bound = _FIRST_WAIT_SECONDS
        while True:
            try:
                with patience.within(self.left):
                    return ask()
            except Throttled as error:
                self.slowed = str(error)
                wait = random.uniform(bound / 2, bound)  # noqa: S311  # spreads repeats, keeps no secret
                if wait >= self.left:
                    raise
                time.sleep(wait)
                bound = min(2 * bound, _LONGEST_WAIT_SECONDS)


def collect(
    items: Sequence[_Item],
    work: Callable[[_Item, Deadline], _Answer],
    limits: Limits,
    progress: Progress = silent,
    what: str = "asking",
) -> list[Outcome[_Item, _Answer]]:
    """Do the work for every item, many at once.

    Args:
        items: Whom to ask.
        work: Asks one, within its deadline; what it raises of `CloudOpsError` is the reason why that one is unknown.
        limits: How many at once, and how long each.
        progress: Told after each.
        what: How that is called.

    Returns:
        An outcome per item, in their order; also of those that never ended.

    Raises:
        Exception: Whatever else the work raised: a fault of ours, not of those that are asked.
    """
    run = _Run(items, work, limits)
    return run.outcomes(progress, what)


@dataclass(slots=True)
class _Begun:
    """An item that a worker is at."""

    number: int
    deadline: Deadline
    started: float


class _Run(Generic[_Item, _Answer]):
    """One collection: a queue of items, workers that take from it, and what they brought."""

    def __init__(self, items: Sequence[_Item], work: Callable[[_Item, Deadline], _Answer], limits: Limits) -> None:
        self._items, self._work, self._limits = items, work, limits
        self._waiting = iter(range(len(items)))
        self._done: queue.SimpleQueue[tuple[int, Outcome[_Item, _Answer] | BaseException]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._begun: dict[int, _Begun] = {}
        self._started = time.monotonic()

    def outcomes(self, progress: Progress, what: str) -> list[Outcome[_Item, _Answer]]:
        found: dict[int, Outcome[_Item, _Answer]] = {}
        for _ in range(min(self._limits.workers, len(self._items))):
            self._start_worker()
        while len(found) < len(self._items):
            with suppress(queue.Empty):
                number, outcome = self._done.get(timeout=self._next_look())
                if isinstance(outcome, BaseException):
                    self._waiting = iter(())
                    raise outcome
                found.setdefault(number, outcome)
                progress(what, len(found) - 1, len(self._items))
            for number, outcome in self._left_behind():
                found[number] = outcome
                progress(what, len(found) - 1, len(self._items))
                self._start_worker()
        return [found[number] for number in range(len(self._items))]

    def _start_worker(self) -> None:
        # a daemon: what it may be stuck in must not keep the process from ending
        threading.Thread(target=self._serve, name="collection", daemon=True).start()

    def _serve(self) -> None:
        while (begun := self._take()) is not None:
            item = self._items[begun.number]
            outcome: Outcome[_Item, _Answer] | BaseException
            try:
                outcome = self._outcome(begun, self._work(item, begun.deadline), None)
            except CloudOpsError as error:
                late = begun.deadline.left == 0 and not isinstance(error, Throttled)
                reason = f"{begun.deadline.missed} ({error})" if late else str(error)
                outcome = self._outcome(begun, None, reason, hung=late)
            except BaseException as error:  # noqa: BLE001  # raised again by whoever waits for the outcomes
                outcome = error
            with self._lock:
                if self._begun.pop(begun.number, None) is None:
                    return  # it was given up, and another worker is here instead
            self._done.put((begun.number, outcome))

    def _take(self) -> _Begun | None:
        with self._lock:
            number = next(self._waiting, None)
            if number is None:
                return None
            begun = _Begun(number, Deadline(self._limits.seconds), time.monotonic())
            self._begun[number] = begun
            return begun

    def _next_look(self) -> float:
        """Seconds until somebody may have to be given up."""
        with self._lock:
            return min((b.deadline.left for b in self._begun.values()), default=0) + self._limits.grace_seconds

    def _left_behind(self) -> list[tuple[int, Outcome[_Item, _Answer]]]:
        """Items whose worker did not return in time, taken from it."""
        with self._lock:
            late = [b for b in self._begun.values() if _since(b) > b.deadline.seconds + self._limits.grace_seconds]
            for begun in late:
                del self._begun[begun.number]
        return [(b.number, self._outcome(b, None, b.deadline.missed, hung=b.deadline.slowed is None)) for b in late]

    def _outcome(
        self, begun: _Begun, answer: _Answer | None, reason: str | None, *, hung: bool = False
    ) -> Outcome[_Item, _Answer]:
        return Outcome(self._items[begun.number], answer, reason, hung, begun.started - self._started, _since(begun))


def _since(begun: _Begun) -> float:
    return time.monotonic() - begun.started
