"""How long whoever asks will wait: what repeats a call looks here before it waits for another attempt.

It holds for the thread that says so. A client is shared by many who ask, each of whom has a time of their own.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ENDS: ContextVar[float] = ContextVar("ends", default=float("inf"))


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let calls inside begin no attempt later than so many seconds from now, nor later than what holds outside."""
    token = _ENDS.set(min(_ENDS.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _ENDS.reset(token)


def left() -> float:
    """Seconds in which another attempt may still begin; infinite if nobody said."""
    return _ENDS.get() - time.monotonic()
