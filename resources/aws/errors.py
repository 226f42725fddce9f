"""What failures of AWS's SDK mean: those that never reached a service, and the codes that all services share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from resources.errors import BadInput, CloudOpsError, Denied, Unavailable

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

STALE_CREDENTIALS = {
    "ExpiredToken", "ExpiredTokenException", "IncompleteSignature", "InvalidAccessKeyId", "InvalidClientTokenId",
    "InvalidSignatureException", "InvalidToken", "MissingAuthenticationToken", "RequestExpired", "RequestTimeTooSkewed",
    "SignatureDoesNotMatch", "UnrecognizedClientException",
}  # fmt: skip
"""Codes that mean the caller is not known, whatever it may do (AWS, "Common Errors"; S3 API reference, "List of error codes")."""
THROTTLES = {
    "EC2ThrottledException", "RequestLimitExceeded", "SlowDown", "Throttling", "ThrottlingException", "TooManyRequests",
    "TooManyRequestsException",
}  # fmt: skip
"""Codes that mean too many calls, whatever the status."""


@contextmanager
def translated(about: str, endpoint_url: str | None, answered: Callable[["ClientError"], CloudOpsError]) -> Iterator[None]:
    """Translate errors of the SDK inside.

    Args:
        about: What the call is about, in words.
        endpoint_url: Address that is asked; AWS's own if None.
        answered: What an error that the service itself answered means.
    """
    from botocore import exceptions as boto
    from botocore.parsers import ResponseParserError

    try:
        yield
    except boto.ClientError as error:
        raise answered(error) from error
    except (
        boto.NoCredentialsError,
        boto.PartialCredentialsError,
        boto.CredentialRetrievalError,
        boto.ProfileNotFound,
        boto.SSOError,
        boto.TokenRetrievalError,
    ) as error:
        raise Denied(
            f"{about}: no usable AWS credentials ({type(error).__name__})",
            "Give this process a role, profile or key; a session that ended begins anew with `aws sso login`.",
        ) from error
    except (boto.ParamValidationError, boto.NoRegionError, ValueError) as error:
        raise BadInput(f"{about}: {error}", "Correct the request, its names, the region or the endpoint.") from error
    except ResponseParserError as error:
        raise Unavailable(
            f"{about}: what answers is not AWS", f"Check the proxy and the endpoint {endpoint_url or 'of AWS'}."
        ) from error
    except boto.BotoCoreError as error:
        raise Unavailable(
            f"{about}: no answer ({type(error).__name__})", f"Check the network and {endpoint_url or 'the state of AWS'}."
        ) from error
