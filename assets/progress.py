"""Progress of long work, as log records that a command line shows as a bar."""

import logging
from collections.abc import Callable

PROGRESS_LOGGER = "cloudops.progress"
_LOG = logging.getLogger(PROGRESS_LOGGER)

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, and of how many."""


def silent(_what: str, _done: int, _total: int) -> None:
    """No progress shown."""


def show(what: str, done: int, total: int) -> None:
    """Say what is being done; `done` and `total` ride along as attributes of the record."""
    _LOG.info("%s (%s of %s)", what, done + 1, total, extra={"what": what, "done": done, "total": total})
