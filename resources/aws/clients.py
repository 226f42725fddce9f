"""Clients of AWS services through dagster-aws: where to, with which credentials, timeouts and repeats, and what errors mean."""

from contextlib import AbstractContextManager
from functools import cache
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import Field, PrivateAttr

from resources.aws.errors import STALE_CREDENTIALS, THROTTLES, translated
from resources.errors import BadInput, CloudOpsError, Conflict, Denied, NotFound, Throttled, Unavailable

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

_DENIED = {"AccessDenied", "AccessDeniedException", "NotAuthorized", "OptInRequired"}
_THERE_ALREADY = {"DuplicateRecordException", "ResourceLockedException"}
_USED_UP = {"CreationLimitExceededException", "ServiceQuotaExceededException"}


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
    _clients: dict[tuple[str, str], Any] = PrivateAttr(default_factory=dict)
    _caller_found: dict[str, str] = PrivateAttr(default_factory=dict)

    def client(self, service: str, region: str = "") -> Any:  # noqa: ANN401  # boto3 has no types of its own
        """The client of a service; the same one whenever the same is asked for.

        Args:
            service: Which service.
            region: Where; the usual region if empty.

        Raises:
            Denied: There are no usable credentials.
            BadInput: No region is known.
        """
        if (service, region) not in self._clients:
            with self.errors(service, service):
                self._clients[service, region] = self._made(service, region)
        return self._clients[service, region]

    def _made(self, service: str, region: str) -> Any:  # noqa: ANN401
        import boto3
        import botocore.session
        from botocore.config import Config
        from dagster_aws.utils import construct_boto_client_retry_config

        of_botocore = botocore.session.get_session()
        of_botocore.register_component("data_loader", _service_models(of_botocore.get_config_variable("data_path")))
        session = boto3.Session(
            botocore_session=of_botocore,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
            region_name=region or self.region,
            profile_name=self.profile,
        )
        timeouts = Config(connect_timeout=self.connect_timeout_seconds, read_timeout=self.read_timeout_seconds)
        repeats = construct_boto_client_retry_config(self.max_attempts - 1)  # botocore's Config counts the repeats only
        return session.client(service, endpoint_url=self.endpoint_url, config=repeats.merge(timeouts))

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

    def errors(self, action: str, about: str) -> AbstractContextManager[None]:
        """Translate errors of the SDK inside.

        Args:
            action: IAM permission that the call needs.
            about: What it is about, in words.
        """
        return translated(about, self.endpoint_url, lambda error: _answered(error, action, about))


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
    if "NotFound" in code or status == 404:
        return NotFound(said, "Check its name, the account and the region.")
    if (status >= 500 and status != 501) or code == "InternalErrorException":
        return Unavailable(said, "Repeat later; if it lasts, look at the state of the service.")
    if code in _USED_UP:
        return BadInput(said, "Ask AWS for a higher quota, or use less.")
    return BadInput(said, f"Correct the request; the reference of {action} explains the code.")
