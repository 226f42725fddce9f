"""Errors as OCI words them: a status, a code and a message in the body of the answer."""


class OciError(Exception):
    """An answer that is an error.

    Attributes:
        status: HTTP status.
        code: OCI's short name of it.
        message: What is wrong.
        headers: Further headers of the answer, such as `retry-after`.
    """

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers or {}


def not_found(what: str = "requested resource") -> OciError:
    """What OCI says of what is missing and of what the caller may not see alike, so that neither can be told from the other.

    Source: docs.oracle.com, "API Errors".
    """
    return OciError(404, "NotAuthorizedOrNotFound", f"Authorization failed or {what} not found.")


def invalid(message: str) -> OciError:
    """A parameter that cannot be used."""
    return OciError(400, "InvalidParameter", message)


def conflict(message: str, code: str = "IncorrectState") -> OciError:
    """The resource is in no state for this."""
    return OciError(409, code, message)


def stale_etag() -> OciError:
    """`if-match` names another version than there is."""
    return OciError(412, "NoEtagMatch", "The If-Match header does not match the current etag of the resource.")
