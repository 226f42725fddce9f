"""One command at a time per embedded deployment, and what a killed one left behind in its Dagster instance."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from resources.errors import Conflict

COMMAND_TAG = {"cloudops/by": "command line"}
"""Marks runs that live and die with the process of a command."""
_UNFINISHED = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Within it, no other command works on the deployment in `home`; the lock goes with the process, however that ends.

    Raises:
        Conflict: Another command does.
    """
    with (home / "command.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(f"another command is working in {home}", "wait until it has ended, then try again") from None
        yield


def close_abandoned_runs(instance: dg.DagsterInstance) -> int:
    """End the runs of commands that were killed, and free the pools they hold; returns how many.

    The next run would wait for those pools for ever. To be called only within `alone`: all of these runs are dead then.
    """
    abandoned = instance.get_runs(dg.RunsFilter(tags=COMMAND_TAG, statuses=_UNFINISHED))
    for run in abandoned:
        instance.report_run_failed(run, "The process of this run was killed; a later command goes on where it was.")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    return len(abandoned)
