"""Waits until something that the service of Autonomous Databases does in the background is over."""

from datetime import timedelta

from resources.autonomous_databases import WorkRequest
from resources.clock import Clock
from resources.database_service import AutonomousDatabases
from resources.errors import PermanentError, TransientError, Unavailable

_USUAL_SECONDS = 10.0
"""Between two looks, where the service does not say when to look again."""
_MOST_FAILED_LOOKS = 5
"""Looks in a row that may fail: what is waited for goes on meanwhile."""
FAILED = "FAILED"
_GOES_ON = "It goes on in the background: look at the work request, and at the state of the database, before anything else."


class NotSucceeded(PermanentError):
    """What was begun is over and did not succeed.

    Attributes:
        status: `FAILED`, or `CANCELED` by somebody.
    """

    def __init__(self, message: str, advice: str, status: str) -> None:
        self.status = status
        super().__init__(message, advice)


def follow(
    databases: AutonomousDatabases, region: str, work_request_id: str, clock: Clock, timeout_seconds: float
) -> WorkRequest:
    """Wait until a work request succeeded; returns it.

    Args:
        databases: The service.
        region: Where it was begun.
        work_request_id: OCID.
        clock: By which is waited.
        timeout_seconds: How long to wait at most, by that clock.

    Raises:
        NotSucceeded: It failed or was cancelled; the message has the service's reasons.
        PermanentError: It may not be looked at; it goes on.
        Unavailable: It is not over in time, or the service does not answer; it goes on.
    """
    end = clock.now() + timedelta(seconds=timeout_seconds)
    failed = 0
    while True:
        try:
            found = databases.work_request(region, work_request_id)
        except TransientError as error:
            failed += 1
            if failed >= _MOST_FAILED_LOOKS or clock.now() >= end:
                raise Unavailable(f"what was begun cannot be followed: {error.message}", _GOES_ON) from error
            clock.sleep(_USUAL_SECONDS)
            continue
        failed = 0
        if found.is_over:
            return _succeeded(found)
        left = (end - clock.now()).total_seconds()
        if left <= 0:
            raise Unavailable(
                f"{found.operation} is {found.status} with {found.percent:.0f} % done after {timeout_seconds:g} s "
                f"(work request {work_request_id})",
                _GOES_ON,
            )
        clock.sleep(min(found.retry_after_seconds or _USUAL_SECONDS, left))


def _succeeded(found: WorkRequest) -> WorkRequest:
    if found.status == "SUCCEEDED":
        return found
    reasons = "; ".join(found.errors) or "the service gives no reason"
    raise NotSucceeded(
        f"{found.operation} ended {found.status}: {reasons} (work request {found.id})",
        "Look at the state of the database: it may have changed in part. Repeat once the reason is gone.",
        found.status,
    )
