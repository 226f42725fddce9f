"""Credentials of a role in another account: taken when first needed, and renewed before they end."""

import logging
from collections.abc import Callable
from typing import Any

_SESSION_NAME = "cloudops"
"""As which the other account sees the caller in its trail."""


def provider(session: Any, role: str, external_id: str, create_client: Callable[..., Any]) -> Any:  # noqa: ANN401
    """What gives a session of botocore the credentials of a role.

    Args:
        session: Of the caller, whose credentials take the role.
        role: ARN of the role.
        external_id: That the role's trust policy demands; none if empty.
        create_client: Makes the client of STS, as botocore's `create_client` does.

    Raises:
        NoCredentialsError: The caller has none.
    """
    # it writes the trace of each refusal, which is raised and told anyway
    logging.getLogger("botocore.credentials").setLevel(logging.ERROR)
    from botocore.credentials import (
        AssumeRoleCredentialFetcher,
        CredentialProvider,
        CredentialResolver,
        DeferredRefreshableCredentials,
    )
    from botocore.exceptions import NoCredentialsError

    own = session.get_credentials()
    if own is None:
        raise NoCredentialsError
    asked = {"RoleSessionName": _SESSION_NAME, **({"ExternalId": external_id} if external_id else {})}
    fetcher = AssumeRoleCredentialFetcher(create_client, own, role, extra_args=asked)
    found = DeferredRefreshableCredentials(fetcher.fetch_credentials, CredentialProvider.METHOD)

    class OfRole(CredentialProvider):  # type: ignore[misc]  # botocore has no types
        METHOD = "assume-role"

        def load(self) -> Any:  # noqa: ANN401
            return found

    return CredentialResolver([OfRole()])
