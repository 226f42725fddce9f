"""Does the steps of a plan one after another: each is written down before it is done, and afterwards how it ended."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from assets.journal import DONE, NOT_TRIED, Begun, Change, Journal
from resources.errors import CloudOpsError, TransientError

_Step = TypeVar("_Step")


def carry_out(
    steps: Sequence[_Step],
    change_of: Callable[[_Step], Change],
    do: Callable[[_Step], None],
    journal: Journal,
    clock: Callable[[], datetime],
) -> tuple[list[_Step], list[tuple[_Step, CloudOpsError]]]:
    """Do steps; those that were done, and those that the cloud refused, with the error.

    A step that is refused does not stop the others; a cloud that does not answer does. What is cut off by anything else stays
    begun in the journal: what became of it is for the next run to see.

    Args:
        steps: In their order.
        change_of: A step as the journal has it.
        do: Does one.
        journal: Where they are written down.
        clock: Tells the time.

    Raises:
        TransientError: The cloud did not answer: run again.
    """
    waiting = journal.begin([change_of(step) for step in steps], clock())
    outcomes: list[tuple[Begun, str]] = []
    done: list[_Step] = []
    failed: list[tuple[_Step, CloudOpsError]] = []
    try:
        for step in steps:
            entry = waiting.pop(0)
            try:
                do(step)
            except CloudOpsError as error:
                outcomes.append((entry, f"failed: {error}"))
                if isinstance(error, TransientError):
                    raise
                failed.append((step, error))
            else:
                outcomes.append((entry, DONE))
                done.append(step)
    finally:
        journal.end([*outcomes, *((entry, NOT_TRIED) for entry in waiting)], clock())
    return done, failed
