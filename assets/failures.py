"""Errors of `resources` as Dagster understands them: transient ones are tried again, permanent ones end the step at once."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from resources.errors import PermanentError, TransientError

_TRIES_AGAIN = 3
_SECONDS = 10


@contextmanager
def errors_classified() -> Iterator[None]:
    """Within it, a TransientError is tried again a few times; a PermanentError fails with its advice, and is not."""
    try:
        yield
    except TransientError as error:
        raise dg.RetryRequested(max_retries=_TRIES_AGAIN, seconds_to_wait=_SECONDS) from error
    except PermanentError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
