"""The exception tree: every failure that reaches an operator says whether a repeat helps and what to do.

    CloudOpsError
    ├── PermanentError      repeating it changes nothing: never retried
    │   ├── Denied          credentials or permissions are missing
    │   ├── NotFound        what was asked for is not there
    │   ├── BadInput        the request or the data is malformed
    │   └── Conflict        something else changed it first, or it is already there
    └── TransientError      repeating it later may help
        ├── Throttled       asked too often
        └── Unavailable     no answer, or the service failed

SDK errors are translated into these where they arise; only classes of this tree belong here.
"""
# the leaves name a state of the world and read well in `except NotFound`

from resources.redaction import redact


class CloudOpsError(Exception):
    """Something failed, and this is what to do about it.

    Attributes:
        message: What is wrong, without secrets.
        advice: What an operator should do, without secrets.
    """

    def __init__(self, message: str, advice: str) -> None:
        self.message = redact(message)
        self.advice = redact(advice)
        super().__init__(self.message, self.advice)

    def __str__(self) -> str:
        return f"{self.message} — {self.advice}"


class PermanentError(CloudOpsError):
    """Repeating the same call changes nothing."""


class Denied(PermanentError):
    """Credentials or permissions are missing."""


class NotFound(PermanentError):
    """What was asked for is not there."""


class BadInput(PermanentError):
    """The request or the data is malformed."""


class Conflict(PermanentError):
    """Something else changed it first, or it is already there."""


class TransientError(CloudOpsError):
    """Repeating the same call later may succeed."""


class Throttled(TransientError):
    """The service was asked too often."""


class Unavailable(TransientError):
    """There was no answer, or the service itself failed."""
