"""Clients of AWS services through dagster-aws: where to, with which credentials, timeouts and repeats, and what errors mean."""

from contextlib import AbstractContextManager
from functools import cache
from threading import RLock
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import Field, PrivateAttr

from resources.aws.errors import STALE_CREDENTIALS, THROTTLES, translated
from resources.errors import BadInput, CloudOpsError, Conflict, Denied, NotFound, Throttled, Unavailable

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

_DENIED = {"AccessDenied", "AccessDeniedException", "EC2AccessDeniedException", "KMSAccessDeniedException", "NotAuthorized",
           "OptInRequired"}  # fmt: skip
_THERE_ALREADY = {"DuplicateRecordException", "PreconditionFailedException", "ResourceInUseException", "ResourceLockedException"}
_USED_UP = {
    "CodeStorageExceededException", "CreationLimitExceededException", "ENILimitReachedException", "PolicyLengthExceededException",
    "ServiceQuotaExceededException", "SubnetIPAddressLimitReachedException",
}  # fmt: skip
_MALFORMED = {"InvalidRuntimeException", "InvalidSecurityGroupIDException", "InvalidSubnetIDException", "InvalidZipFileException"}
"""Codes that Lambda answers with status 502, although a repeat changes nothing."""
_MAKING = RLock()
"""Sessions of boto3 are not made by several threads at once."""


class AwsClients(dg.ConfigurableResource[Any]):
    """Clients of boto3 for each service, made when first asked for."""

    region: str | None = Field(default=None, description="Region; as in the AWS configuration if not given.")
    endpoint_url: str | None = Field(default=None, description="Address of an embedded cloud; AWS if not given.")
    profile: str | None = Field(default=None, description="Profile of the AWS configuration.")
    access_key_id: str | None = Field(default=None, repr=False, description="Access key; the usual AWS chain if not given.")
    secret_access_key: str | None = Field(default=None, repr=False, description="Secret of that key.")
    connect_timeout_seconds: float = Field(default=5, gt=0, description="How long to wait for a connection.")
    read_timeout_seconds: float = Field(default=60, gt=0, description="How long to wait for the next bytes.")
    max_attempts: int = Field(default=5, ge=1, description="Attempts of one call, the first included.")
    role: str = Field(default="", description="Name, with its path, of the role that is assumed in other accounts.")
    external_id: str = Field(default="", repr=False, description="External identifier that the role's trust policy may demand.")
    connections: int = Field(default=10, ge=1, description="Connections of a client that are kept: as many threads may use it.")
    _clients: dict[tuple[str, str, str, int, float], Any] = PrivateAttr(default_factory=dict)
    _sessions: dict[str, Any] = PrivateAttr(default_factory=dict)
    _roles: dict[str, Any] = PrivateAttr(default_factory=dict)
    _caller_found: dict[str, str] = PrivateAttr(default_factory=dict)

    def client(
        self, service: str, region: str = "", account: str = "", *, attempts: int = 0, read_timeout_seconds: float = 0
    ) -> Any:  # noqa: ANN401  # boto3 has no types of its own
        """The client of a service; the same one whenever the same is asked for, by whichever thread.

        Args:
            service: Which service.
            region: Where; the usual region if empty.
            account: Whose; another account than the caller's is entered by its role, whose credentials are renewed before they
                end. The caller's own if empty.
            attempts: Of one call; `max_attempts` if 0. Changes that must not be repeated blindly have 1.
            read_timeout_seconds: How long to wait for the next bytes; as usual if 0.

        Raises:
            Denied: There are no usable credentials.
            BadInput: No region is known, or no role for other accounts.
        """
        key = (service, region, account, attempts or self.max_attempts, read_timeout_seconds or self.read_timeout_seconds)
        if key not in self._clients:
            with _MAKING, self.errors(service, service):
                if key not in self._clients:
                    self._clients[key] = self._made(*key)
        return self._clients[key]

    def forget(self, account: str) -> None:
        """Make clients of another account anew, with new credentials of its role: the former ones are not accepted."""
        with _MAKING:
            self._roles.pop(account, None)
            self._sessions.clear()  # the caller's own credentials are read again, too
            for key in [key for key in self._clients if key[2] == account]:
                del self._clients[key]

    def _made(self, service: str, region: str, account: str, attempts: int, read_timeout_seconds: float) -> Any:  # noqa: ANN401
        from botocore.config import Config
        from dagster_aws.utils import construct_boto_client_retry_config

        config = Config(
            connect_timeout=self.connect_timeout_seconds,
            read_timeout=read_timeout_seconds,
            max_pool_connections=self.connections,
        )
        repeats = construct_boto_client_retry_config(attempts - 1)  # botocore's Config counts the repeats only
        return self._session(account).client(
            service, region_name=region or self.region, endpoint_url=self.endpoint_url, config=repeats.merge(config)
        )

    def _session(self, account: str) -> Any:  # noqa: ANN401
        """The one of an account, for all its clients: making it takes longer than making a client."""
        entered = "" if not account or account == self.account() else account
        if entered not in self._sessions:
            self._sessions[entered] = self._session_made(entered)
        return self._sessions[entered]

    def _session_made(self, entered: str) -> Any:  # noqa: ANN401
        import boto3
        import botocore.session

        of_botocore = botocore.session.get_session()
        of_botocore.register_component("data_loader", _service_models(of_botocore.get_config_variable("data_path")))
        if entered:
            of_botocore.register_component("credential_provider", self._of_role(entered))
            return boto3.Session(botocore_session=of_botocore, region_name=self.region, profile_name=self.profile)
        return boto3.Session(
            botocore_session=of_botocore,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
            region_name=self.region,
            profile_name=self.profile,
        )

    def _of_role(self, account: str) -> Any:  # noqa: ANN401
        """Provider of the credentials of the role in an account, the same for all its clients."""
        if account not in self._roles:
            from resources.aws.assumed_role import provider

            self._roles[account] = provider(self._session(""), self.role_arn(account), self.external_id, self._sts)
        return self._roles[account]

    def _sts(self, service: str, **credentials: Any) -> Any:  # noqa: ANN401
        """A client of STS with these credentials, for whoever assumes a role."""
        with _MAKING:
            return self._session("").client(service, endpoint_url=self.endpoint_url, **credentials)

    def role_arn(self, account: str) -> str:
        """ARN of the role that is assumed in an account.

        Raises:
            BadInput: None is named.
        """
        if not self.role:
            raise BadInput(f"account {account} cannot be entered: no role is named", "Name the role that is to be assumed there.")
        return f"arn:{self.partition()}:iam::{account}:role/{self.role}"

    def account(self) -> str:
        """Number of the caller's account."""
        return self._caller()["Account"]

    def partition(self) -> str:
        """Part of AWS in which the account is: `aws`, `aws-cn`, …; ARNs begin with it."""
        return self._caller()["Arn"].split(":")[1]

    def _caller(self) -> dict[str, str]:
        if not self._caller_found:
            sts = self.client("sts")
            with self.errors("sts:GetCallerIdentity", "the caller's account"):
                self._caller_found.update({name: str(said) for name, said in sts.get_caller_identity().items()})
        return self._caller_found

    def errors(self, action: str, about: str, account: str = "") -> AbstractContextManager[None]:
        """Translate errors of the SDK inside.

        Args:
            action: IAM permission that the call needs.
            about: What it is about, in words.
            account: Which is called, if it is entered by its role.
        """

        def answered(error: "ClientError") -> CloudOpsError:
            found = _answered(error, action, about)
            if account and error.operation_name == "AssumeRole" and isinstance(found, Denied):
                role = self.role_arn(account)
                return Denied(found.message, f"Allow sts:AssumeRole on {role}, and name the caller in that role's trust policy.")
            return found

        return translated(about, self.endpoint_url, answered)


@cache
def _service_models(folders: str | None) -> Any:  # noqa: ANN401
    """What botocore knows of services, read once per process: that of EC2 alone takes longer to read than many runs ask AWS."""
    from botocore.loaders import create_loader

    return create_loader(folders)


def _answered(error: "ClientError", action: str, about: str) -> CloudOpsError:
    answer = error.response.get("Error", {})
    code, status = str(answer.get("Code", "")), int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    said = f"{about}: {code or status}, {answer.get('Message', '')}".rstrip(", ")
    if code in STALE_CREDENTIALS:
        return Denied(said, "Renew the AWS credentials of this process, and check its clock.")
    if code in _DENIED or status == 403:
        return Denied(said, f"Allow {action}.")
    if code in THROTTLES or status == 429:
        return Throttled(said, "Wait and repeat with fewer calls at a time.")
    if code in _THERE_ALREADY or status == 409:
        return Conflict(said, "Look at what is there, and repeat.")
    if code in _USED_UP:
        return BadInput(said, "Ask AWS for a higher quota, or use less.")
    if "NotFound" in code or status == 404:
        return NotFound(said, "Check its name, the account and the region.")
    if ((status >= 500 and status != 501) or code == "InternalErrorException") and code not in _MALFORMED:
        return Unavailable(said, "Repeat later; if it lasts, look at the state of the service.")
    return BadInput(said, f"Correct the request; the reference of {action} explains the code.")
