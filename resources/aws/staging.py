"""What AWS takes only from a bucket: put there, and removed as soon as it is no longer needed."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from resources.aws.lambda_calls import Calls
from resources.errors import CloudOpsError
from resources.lambda_layers import Place

_LOG = logging.getLogger(__name__)
_PREFIX = "cloudops-staging"


@contextmanager
def staged(calls: Calls, place: Place, bucket: str, content: bytes) -> Iterator[str]:
    """The key of an object with this content while the block runs.

    Args:
        calls: Calls of AWS.
        place: As whom and where the bucket is asked.
        bucket: Its name.
        content: Of the object.
    """
    key = f"{_PREFIX}/{uuid4().hex}.zip"
    about = f"s3://{bucket}/{key}"
    calls.read("s3:PutObject", place, about, Bucket=bucket, Key=key, Body=content)
    try:
        yield key
    finally:
        try:
            calls.read("s3:DeleteObject", place, about, Bucket=bucket, Key=key)
        except CloudOpsError as error:
            # what it was needed for is done, or failed for a reason of its own: that is what has to be told
            _LOG.warning("%s was left behind: %s", about, error)
