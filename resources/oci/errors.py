"""Turns what the SDK raises into the exceptions of `resources.errors`, with what an operator should do."""

import configparser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resources.errors import (
    BadInput,
    CloudOpsError,
    Conflict,
    Denied,
    NotFound,
    PermanentError,
    Throttled,
    Unavailable,
)

if TYPE_CHECKING:
    from oci.exceptions import ServiceError

_SURPLUS = {"LimitExceeded", "QuotaExceeded"}
"""Codes of a 400 that ask for a higher limit, not for another request (docs.oracle.com, "API Errors")."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call as its errors tell of it.

    Attributes:
        service: Name of the service, as in `resources.oci.clients`.
        operation: Name of the SDK's method.
        about: What it is about, such as an object's address; the operation if empty.
        allowed_by: Statements of a policy that allow it.
        surely_there: Whether what it is about is known to exist, so that `not found` means `not allowed`.
    """

    service: str
    operation: str
    about: str = ""
    allowed_by: tuple[str, ...] = ()
    surely_there: bool = False

    @property
    def policy(self) -> str:
        """The statements as advice ends with them."""
        if not self.allowed_by:
            return f"a policy that allows {self.service}.{self.operation}."
        return "this policy: " + "; ".join(self.allowed_by)


@contextmanager
def translated(call: Call) -> Iterator[None]:
    """Raise what the SDK raises inside as a CloudOpsError."""
    from circuitbreaker import CircuitBreakerError
    from oci import exceptions as sdk
    from oci._vendor.requests.exceptions import RequestException
    from urllib3.exceptions import HTTPError

    about = call.about or f"{call.service}.{call.operation}"
    try:
        yield
    except sdk.ServiceError as error:
        raise of_service(error, call) from error
    except CircuitBreakerError as error:
        raise Unavailable(
            f"{about}: not asked, since the {call.service} service failed again and again",
            "Repeat later; if it lasts, look at the state of the service.",
        ) from error
    except sdk.MaximumWaitTimeExceeded as error:
        raise Unavailable(f"{about}: not done in time", "See whether it goes on, and wait longer.") from error
    except sdk.ClientError as error:
        raise Denied(
            f"{about}: no usable OCI credentials ({type(error).__name__}: {error})",
            "Correct the configuration file, its profile and its key, or the principal.",
        ) from error
    except configparser.Error as error:
        # its text, and so its cause, quotes lines of the file
        raise Denied(
            f"{about}: the OCI configuration file is none ({type(error).__name__})",
            "Write it anew with `oci setup config`, or name another file or principal.",
        ) from None
    except (RequestException, HTTPError) as error:
        raise Unavailable(
            f"{about}: no answer ({_kind(error)})",
            f"Check the network, its proxy and DNS, and the state of the {call.service} service.",
        ) from error
    except ValueError as error:
        raise BadInput(f"{about}: {error}", "Correct the request, the region or the endpoint.") from error


def of_service(error: "ServiceError", call: Call) -> CloudOpsError:
    """What an answer that is an error means."""
    status, code = int(error.status), str(error.code or "")
    about = call.about or f"{call.service}.{call.operation}"
    parts = (f"{about}: {status} {code}".rstrip(), error.message, f"opc-request-id {error.request_id}")
    said = ", ".join(str(part) for part in parts if part)
    if status == 401:
        return Denied(
            said, "Check user, key and fingerprint of the OCI credentials, whether they expired, and this machine's clock."
        )
    if status == 403:
        return Denied(said, f"It needs {call.policy}")
    if status == 404:
        return _of_missing(code, said, call)
    if status in (409, 412):
        return Conflict(said, _of_conflict(code))
    if status == 429:
        return Throttled(said, "Wait and repeat with fewer calls at a time.")
    if status >= 500 and status != 501:
        return Unavailable(said, "Repeat later; if it lasts, look at the state of the service.")
    if code in _SURPLUS:
        return PermanentError(said, "Ask for a higher service limit or compartment quota, or use less.")
    return BadInput(said, f"Correct the request; Oracle's reference of {call.service} says what {call.operation} takes.")


def _of_missing(code: str, said: str, call: Call) -> CloudOpsError:
    if code == "ObjectNotFound":
        return NotFound(said, "List the store to see what there is.")
    if call.surely_there and code:
        return Denied(said, f"It is there, but may not be seen. It needs {call.policy}")
    return NotFound(
        said,
        "OCI says the same of what is missing and of what may not be seen. Check the name or OCID, compartment and region; "
        f"if they are right, it needs {call.policy}",
    )


def _of_conflict(code: str) -> str:
    if code == "IncorrectState":
        return "It is in a state that does not allow this: look at its state, and wait for another before repeating."
    if "Exist" in code:
        return "It is there already: use that one, or another name."
    return "Something else changed it meanwhile: look again and repeat."


def _kind(error: BaseException) -> str:
    """Name of the innermost reason: the SDK wraps the exceptions of the libraries below it."""
    inner = next((part for part in (getattr(error, "reason", None), *error.args) if isinstance(part, BaseException)), None)
    return type(error).__name__ if inner is None else _kind(inner)
