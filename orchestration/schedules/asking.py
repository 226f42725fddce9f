"""What schedules of jobs that ask a service of a cloud have in common."""

from typing import Protocol

import dagster as dg


class Askable(Protocol):
    """A service that knows whether it can be asked."""

    def missing(self) -> str | None:
        """What must be set before it can be asked; None if nothing is missing."""


def run_if_configured(service: Askable) -> dg.RunRequest | dg.SkipReason:
    """A run, or what to set before there is a cloud to ask."""
    missing = service.missing()
    return dg.SkipReason(missing) if missing else dg.RunRequest()
