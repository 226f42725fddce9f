"""Repeats beyond those of the SDK: after a throttled call, and of changes that may have arrived although nobody answered."""

import random
import time
from collections.abc import Callable, Iterator
from itertools import chain
from typing import TypeVar

from resources import patience
from resources.errors import Conflict, Throttled, Unavailable

_T = TypeVar("_T")
_FIRST, _LONGEST = 0.4, 20.0
"""Seconds of the first wait, and of the longest, which is that of botocore."""


def asked(call: Callable[[], _T], seconds: float) -> _T:
    """What a call answers; one that is throttled is repeated for that long, with growing waits that differ from caller to caller.

    Raises:
        Throttled: It still was.
    """
    for pause in _pauses(seconds):
        try:
            return call()
        except Throttled:
            time.sleep(pause)
    return call()


def changed(send: Callable[[], _T], done: Callable[[], _T | None], seconds: float) -> _T:
    """What a change answers that AWS would do twice if it were sent twice.

    A throttled one was not done and is repeated. Of one without an answer (a dropped connection, an error of the service) it is
    looked whether it was done: only if not, it is sent again.

    Args:
        send: Sends the change once, without repeats of the SDK.
        done: Looks: what `send` would have answered if it was done, None if it was not.
        seconds: For how long.

    Raises:
        Throttled: It still was.
        Unavailable: There was no answer again and again, and it was not done.
        Conflict: AWS's guard refuses it.
    """
    unanswered = False
    failed: Throttled | Unavailable
    for pause in chain(_pauses(seconds), (0.0,)):
        try:
            return send()
        except (Throttled, Unavailable) as error:
            failed, unanswered = error, unanswered or isinstance(error, Unavailable)
        except Conflict:
            # a call without an answer may arrive after it was looked for: its own guard then refuses the next one
            if unanswered and (found := done()) is not None:
                return found
            raise
        time.sleep(pause)
        if unanswered and (found := done()) is not None:
            return found
    raise failed


def _pauses(seconds: float) -> Iterator[float]:
    """Waits with jitter, each on average twice as long as the one before, until all of them would take too long."""
    end = time.monotonic() + min(seconds, patience.left())
    usual = _FIRST
    while time.monotonic() + usual < end:
        yield usual * random.uniform(0.5, 1.5)  # noqa: S311 - no secret: callers are only not to wake at the same moment
        usual = min(usual * 2, _LONGEST)
