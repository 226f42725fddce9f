"""What can be asked of AWS Lambda in all accounts and regions of a deployment: the interface; `resources.aws` has AWS's."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn

import dagster as dg
from pydantic import Field

from resources.errors import BadInput
from resources.lambda_layers import (
    Alias,
    Architecture,
    CodeStorage,
    Function,
    Grant,
    Invocation,
    LayerArn,
    LayerVersion,
    MetricQuery,
    Place,
)


class LambdaService(dg.ConfigurableResource[Any], ABC):
    """Functions and layers. Every method raises the errors of `resources.errors`; throttled calls are repeated within bounds.

    Lists read all pages or raise: a part is never taken for the whole.
    """

    def missing(self) -> str | None:
        """What must be set before the service can be asked; None if nothing is missing."""
        return None

    @abstractmethod
    def places(self) -> Sequence[Place]:
        """Accounts and regions that are looked at, the own account first."""

    @abstractmethod
    def functions(self, place: Place, *, all_versions: bool) -> Iterator[Function]:
        """All functions of a place, `$LATEST` alone or with every published version; without tags."""

    @abstractmethod
    def function(self, place: Place, name: str) -> Function:
        """One function as it is now, `$LATEST`."""

    @abstractmethod
    def tags(self, place: Place, function_arn: str) -> Mapping[str, str]:
        """Tags of a function."""

    @abstractmethod
    def aliases(self, place: Place, name: str) -> Sequence[Alias]:
        """All aliases of a function."""

    @abstractmethod
    def set_layers(self, place: Place, name: str, layers: Sequence[str], revision: str) -> Function:
        """Give a function these layers, in this order, and wait until it is ready.

        Raises:
            Conflict: It is no longer of that revision: somebody changed it.
        """

    @abstractmethod
    def layers(self, place: Place) -> Sequence[str]:
        """Names of all layers that a place owns."""

    @abstractmethod
    def layer_versions(self, place: Place, layer: str) -> Sequence[LayerVersion]:
        """All versions of a layer that are there, the newest first; without sizes."""

    @abstractmethod
    def layer_version(self, arn: LayerArn, account: str = "") -> LayerVersion:
        """A version with its size and hash, of whichever account owns it: as that account may read it, or as any may if empty."""

    @abstractmethod
    def download(self, arn: LayerArn) -> bytes:
        """The zip of a version."""

    @abstractmethod
    def publish(
        self, place: Place, layer: str, content: bytes, description: str, runtimes: Sequence[str],
        architectures: Sequence[Architecture], license_info: str = "",
    ) -> LayerVersion:  # fmt: skip
        """Publish a version. AWS knows no token for it: who repeats it looks first whether a version with that hash is there."""

    @abstractmethod
    def delete_version(self, arn: LayerArn) -> None:
        """Delete a version; functions that have it keep it, and can no longer be given it. One that is gone is no error."""

    @abstractmethod
    def grants(self, arn: LayerArn) -> tuple[Sequence[Grant], str | None]:
        """Who else may use a version, and the revision of that policy; none and None if nobody was ever granted it."""

    @abstractmethod
    def grant(self, arn: LayerArn, grant: Grant, revision: str | None) -> None:
        """Let somebody use it. Raises Conflict if the policy is no longer of that revision, or has that statement already."""

    @abstractmethod
    def revoke(self, arn: LayerArn, statement_id: str, revision: str | None) -> None:
        """Take a grant back; one that is not there is no error."""

    @abstractmethod
    def create_function(
        self, place: Place, name: str, code: bytes, handler: str, runtime: str, layers: Sequence[str], tags: Mapping[str, str],
        architecture: Architecture = "x86_64", memory_mb: int = 256, timeout_seconds: int = 30,
    ) -> Function:  # fmt: skip
        """Make a function for tests, and wait until it is ready; its role is that which the deployment names."""

    @abstractmethod
    def delete_function(self, place: Place, name: str) -> None:
        """Delete a function; one that is gone is no error."""

    @abstractmethod
    def invoke(self, place: Place, name: str, payload: str, *, with_log: bool = False) -> Invocation:
        """Call a function and wait for its answer."""

    @abstractmethod
    def code_storage(self, place: Place) -> CodeStorage:
        """What functions and layers of a place take, and its quota."""

    @abstractmethod
    def publish_version(self, place: Place, name: str, code_sha256: str, revision: str, description: str = "") -> Function:
        """Publish `$LATEST` as a version, and wait until it is ready; the latest version if nothing changed since.

        Raises:
            Conflict: `$LATEST` is no longer of that revision, or its code no longer has that hash.
        """

    @abstractmethod
    def set_alias(self, place: Place, name: str, alias: str, version: str, weights: Mapping[str, float], revision: str) -> Alias:
        """Let an alias point elsewhere. Raises Conflict if it is no longer of that revision."""

    @abstractmethod
    def metrics(
        self, place: Place, queries: Sequence[MetricQuery], start: datetime, end: datetime, period_seconds: int
    ) -> Sequence[Mapping[datetime, float]]:
        """Values of metrics by the beginning of their periods, in the order of the queries, asked in as few calls as allowed.

        Periods without values are not there: that is not zero.
        """


class NotConfigured(LambdaService):
    """The service of a deployment without AWS: everything is refused, and says what to set. A refused list is no empty one."""

    advice: str = Field(description="What to set.")

    def missing(self) -> str | None:
        """See LambdaService."""
        return self.advice

    def places(self, *_: object, **__: object) -> NoReturn:
        """Refused, as is everything. Raises BadInput."""
        raise BadInput("Lambda cannot be asked: AWS is not configured", self.advice)

    # methods, which pydantic takes for fields without a type
    functions = function = tags = aliases = set_layers = layers = layer_versions = layer_version = places  # type: ignore[pydantic-field]
    download = publish = delete_version = grants = grant = revoke = create_function = places  # type: ignore[pydantic-field]
    delete_function = invoke = code_storage = publish_version = set_alias = metrics = places  # type: ignore[pydantic-field]
