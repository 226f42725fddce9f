"""Waits for what the database service does in the background."""

from datetime import timedelta

from resources.autonomous_databases import Begun
from resources.clock import Clock
from resources.database_service import AutonomousDatabases
from resources.errors import PermanentError, Unavailable

_SECONDS_BETWEEN_LOOKS = 15.0


def follow(service: AutonomousDatabases, clock: Clock, region: str, begun: Begun, longest_seconds: float) -> None:
    """Wait until a change is done.

    Args:
        service: The service.
        clock: Tells the time and waits.
        region: Where the change was asked for.
        begun: The change; without a work request there is nothing to wait for.
        longest_seconds: How long to wait at most.

    Raises:
        PermanentError: The service gave it up.
        Unavailable: It is not over in time.
    """
    if begun.work_request_id is None:
        return
    until = clock.now() + timedelta(seconds=longest_seconds)
    while not (request := service.work_request(region, begun.work_request_id)).is_over:
        if clock.now() >= until:
            raise Unavailable(
                f"{request.operation or 'a change'} of {begun.resource_id} was not done within {longest_seconds:g} s",
                "It goes on. Run this job again in a while: it looks what became of it.",
            )
        clock.sleep(request.retry_after_seconds or _SECONDS_BETWEEN_LOOKS)
    if request.status != "SUCCEEDED":
        why = "; ".join(request.errors) or "the service gives no reason"
        raise PermanentError(
            f"{request.operation} of {begun.resource_id} ended {request.status}: {why}", "See it in the console."
        )
