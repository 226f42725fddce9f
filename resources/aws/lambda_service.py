"""AWS Lambda in the caller's account and in those that it enters by a role.

What may be done twice is repeated by the SDK. Of what AWS would do twice, or would take for somebody else's change, it is looked
whether it was done before it is sent again:

| Change | AWS's guard | After a call without an answer |
|---|---|---|
| `set_layers` | revision | done if the function has these layers and another revision |
| `publish` | none | done if there is a newer version with that hash than before |
| `publish_version` | revision, hash | done if there is a newer version with that hash than before |
| `set_alias` | revision | done if the alias points there and has another revision |
| `create_function` | name | done if there is a function of that name with that code |
| `grant` | statement's name, revision | done if the policy has that statement |
| `revoke`, `delete_version`, `delete_function` | name | sent again: what is gone is no error |
| `invoke` | none | never sent again |
"""

import base64
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from pydantic import Field

from resources.aws import lambda_metrics
from resources.aws import lambda_translation as translation
from resources.aws.clients import AwsClients
from resources.aws.downloads import downloaded
from resources.aws.lambda_calls import Calls
from resources.aws.repeats import asked
from resources.aws.staging import staged
from resources.errors import BadInput, Conflict, Denied, NotFound, PermanentError, Unavailable
from resources.lambda_layers import (
    MOST_DIRECT_ZIP_BYTES,
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
from resources.lambda_service import LambdaService

_MOST_LISTED = 50
"""Functions, layers and versions of a page. Source: AWS Lambda API reference; so is the table above."""
_LONGEST_RUN = 900
"""Seconds that a function may take."""
_GET = "lambda:GetFunctionConfiguration"


class AwsLambda(LambdaService):
    """Functions and layers of accounts and regions."""

    clients: AwsClients = Field(description="Clients of AWS, which also know the role of other accounts.")
    accounts: list[str] = Field(default=[], description="Numbers of the accounts beside the caller's own.")
    regions: list[str] = Field(default=[], description="Regions that are looked at; the clients' own if empty.")
    test_role: str = Field(default="", description="Name, with its path, of the execution role of functions for tests.")
    layer_bucket: str = Field(
        default="", description="Bucket for zips of more than 50 MB; `{region}` and `{account}` are put in."
    )
    repeat_seconds: float = Field(default=120, ge=0, description="For how long a throttled call is repeated.")
    longest_wait_seconds: float = Field(default=300, ge=0, description="How long to wait until a function is ready.")
    poll_seconds: float = Field(default=1, ge=0, description="How long to wait between two looks.")

    def missing(self) -> str | None:
        """See LambdaService."""
        return (
            "Set CLOUDOPS_LAMBDA_ROLE to the role that is assumed in other accounts."
            if self.accounts and not self.clients.role
            else None
        )

    def places(self) -> Sequence[Place]:
        """See LambdaService."""
        own = self.clients.account()
        regions = self.regions or [self.clients.client("lambda").meta.region_name]
        return [Place(account, region) for account in dict.fromkeys((own, *self.accounts)) for region in dict.fromkeys(regions)]

    def functions(self, place: Place, *, all_versions: bool) -> Iterator[Function]:
        """See LambdaService."""
        versions = {"FunctionVersion": "ALL"} if all_versions else {}
        for found in self._calls.pages(
            "lambda:ListFunctions", place, "functions", "Functions", MaxItems=_MOST_LISTED, **versions
        ):
            yield translation.function(place, found)

    def function(self, place: Place, name: str) -> Function:
        """See LambdaService."""
        return translation.function(place, self._calls.read(_GET, place, name, FunctionName=name))

    def tags(self, place: Place, function_arn: str) -> Mapping[str, str]:
        """See LambdaService."""
        found: Mapping[str, str] = self._calls.read("lambda:ListTags", place, function_arn, Resource=function_arn).get("Tags", {})
        return found

    def aliases(self, place: Place, name: str) -> Sequence[Alias]:
        """See LambdaService."""
        pages = self._calls.pages(
            "lambda:ListAliases", place, f"aliases of {name}", "Aliases", FunctionName=name, MaxItems=10_000
        )
        return [translation.alias(found) for found in pages]

    def set_layers(self, place: Place, name: str, layers: Sequence[str], revision: str) -> Function:
        """See LambdaService."""
        changed = f"{name} in {place} was changed by somebody else meanwhile"

        def done() -> Function | None:
            now = self.function(place, name)
            if now.revision == revision:
                return None
            if now.layers == tuple(layers):
                return now
            raise Conflict(changed, "Look at its layers, and plan again.")

        self._calls.change(
            "lambda:UpdateFunctionConfiguration", place, name, done, lambda found: translation.function(place, found),
            FunctionName=name, Layers=list(layers), RevisionId=revision,
        )  # fmt: skip
        now = self._ready(place, name)
        if now.layers != tuple(layers):
            raise Conflict(changed, "Look at its layers, and plan again.")
        return now

    def layers(self, place: Place) -> Sequence[str]:
        """See LambdaService."""
        pages = self._calls.pages("lambda:ListLayers", place, "layers", "Layers", MaxItems=_MOST_LISTED)
        return [found["LayerName"] for found in pages]

    def layer_versions(self, place: Place, layer: str) -> Sequence[LayerVersion]:
        """See LambdaService."""
        pages = self._calls.pages(
            "lambda:ListLayerVersions", place, f"versions of {layer}", "LayerVersions", LayerName=layer, MaxItems=_MOST_LISTED
        )
        return sorted(map(translation.layer_version, pages), key=lambda version: version.arn.version, reverse=True)

    def layer_version(self, arn: LayerArn, account: str = "") -> LayerVersion:
        """See LambdaService."""
        return translation.layer_version(self._described(arn, account))

    def download(self, arn: LayerArn) -> bytes:
        """See LambdaService. The link that AWS gives is good for ten minutes."""
        content = self._described(arn)["Content"]
        return downloaded(
            content["Location"], int(content["CodeSize"]), content["CodeSha256"], str(arn), self.clients.endpoint_url
        )

    def publish(
        self, place: Place, layer: str, content: bytes, description: str, runtimes: Sequence[str],
        architectures: Sequence[Architecture], license_info: str = "",
    ) -> LayerVersion:  # fmt: skip
        """See LambdaService."""
        sha256 = _sha256(content)
        before = max((version.arn.version for version in self.layer_versions(place, layer)), default=0)
        request = {
            "LayerName": layer, "Description": description, "CompatibleRuntimes": list(runtimes),
            "CompatibleArchitectures": list(architectures), **({"LicenseInfo": license_info} if license_info else {}),
        }  # fmt: skip

        def done() -> LayerVersion | None:
            newer = [version.arn for version in self.layer_versions(place, layer) if version.arn.version > before]
            return next((found for arn in newer if (found := self.layer_version(arn)).sha256 == sha256), None)

        def sent(zipped: Mapping[str, Any]) -> LayerVersion:
            return self._calls.change(
                "lambda:PublishLayerVersion", place, layer, done, translation.layer_version, Content=zipped, **request
            )

        if len(content) <= MOST_DIRECT_ZIP_BYTES:
            return sent({"ZipFile": content})
        bucket = self._bucket(place, f"layer {layer}, of {len(content) >> 20} MB,")
        with staged(self._calls, place, bucket, content) as key:
            published = sent({"S3Bucket": bucket, "S3Key": key})
        if published.sha256 != sha256:
            self.delete_version(published.arn)
            raise Conflict(
                f"{published.arn} was not made of the zip that was staged in {bucket}, and is deleted again",
                "See who else may write to that bucket.",
            )
        return published

    def delete_version(self, arn: LayerArn) -> None:
        """See LambdaService."""
        self._remove(
            "lambda:DeleteLayerVersion", _place(arn), str(arn), lambda: None, LayerName=arn.name, VersionNumber=arn.version
        )

    def grants(self, arn: LayerArn) -> tuple[Sequence[Grant], str | None]:
        """See LambdaService."""
        try:
            found = self._calls.read(
                "lambda:GetLayerVersionPolicy", _place(arn), str(arn), LayerName=arn.name, VersionNumber=arn.version
            )
        except NotFound:
            return (), None
        return translation.grants(found["Policy"]), found.get("RevisionId")

    def grant(self, arn: LayerArn, grant: Grant, revision: str | None) -> None:
        """See LambdaService."""
        more = {
            **({"OrganizationId": grant.organization} if grant.organization else {}),
            **({"RevisionId": revision} if revision else {}),
        }
        self._calls.change(
            "lambda:AddLayerVersionPermission", _place(arn), str(arn), lambda: grant in self.grants(arn)[0] or None,
            lambda _: True, LayerName=arn.name, VersionNumber=arn.version, StatementId=grant.statement_id, Action=grant.action,
            Principal=grant.principal, **more,
        )  # fmt: skip

    def revoke(self, arn: LayerArn, statement_id: str, revision: str | None) -> None:
        """See LambdaService."""
        guard = {"RevisionId": revision} if revision else {}

        def done() -> bool | None:
            return all(grant.statement_id != statement_id for grant in self.grants(arn)[0]) or None

        self._remove(
            "lambda:RemoveLayerVersionPermission", _place(arn), str(arn), done,
            LayerName=arn.name, VersionNumber=arn.version, StatementId=statement_id, **guard,
        )  # fmt: skip

    def create_function(
        self, place: Place, name: str, code: bytes, handler: str, runtime: str, layers: Sequence[str], tags: Mapping[str, str],
        architecture: Architecture = "x86_64", memory_mb: int = 256, timeout_seconds: int = 30,
    ) -> Function:  # fmt: skip
        """See LambdaService. Raises BadInput if no role is named for it."""
        if not self.test_role:
            raise BadInput(
                f"function {name} cannot be made: it has no execution role",
                "Set CLOUDOPS_LAMBDA_TEST_ROLE to a role that each account has, with no more rights than to write logs.",
            )

        def done() -> Function | None:
            try:
                now = self.function(place, name)
            except NotFound:
                return None
            return now if now.code_sha256 == _sha256(code) else None

        self._calls.change(
            "lambda:CreateFunction", place, name, done, lambda found: translation.function(place, found),
            FunctionName=name, Code={"ZipFile": code}, Handler=handler, Runtime=runtime, Layers=list(layers), Tags=dict(tags),
            Role=f"arn:{self.clients.partition()}:iam::{place.account}:role/{self.test_role}", Architectures=[architecture],
            MemorySize=memory_mb, Timeout=timeout_seconds,
        )  # fmt: skip
        return self._ready(place, name)

    def delete_function(self, place: Place, name: str) -> None:
        """See LambdaService."""
        self._remove("lambda:DeleteFunction", place, name, lambda: None, FunctionName=name)

    def invoke(self, place: Place, name: str, payload: str, *, with_log: bool = False) -> Invocation:
        """See LambdaService. Only a throttled call is repeated: what has no answer may have run."""
        start = time.perf_counter()

        def call() -> Any:  # noqa: ANN401
            nonlocal start
            start = time.perf_counter()
            return self._calls.once(
                "lambda:InvokeFunction", place, name, method="invoke", attempts=1, read_timeout_seconds=_LONGEST_RUN + 30,
                FunctionName=name, Payload=payload.encode(), LogType="Tail" if with_log else "None",
            )  # fmt: skip

        answer = asked(call, self.repeat_seconds)
        with self.clients.errors("lambda:InvokeFunction", f"answer of {name} in {place}"):
            said = answer["Payload"].read().decode(errors="replace")
        log = base64.b64decode(answer.get("LogResult") or "").decode(errors="replace")
        return Invocation(said, answer.get("FunctionError") or None, log, time.perf_counter() - start)

    def code_storage(self, place: Place) -> CodeStorage:
        """See LambdaService."""
        found = self._calls.read("lambda:GetAccountSettings", place, "code storage")
        return CodeStorage(int(found["AccountUsage"]["TotalCodeSize"]), int(found["AccountLimit"]["TotalCodeSize"]))

    def publish_version(self, place: Place, name: str, code_sha256: str, revision: str, description: str = "") -> Function:
        """See LambdaService."""
        before = self._newest(place, name)
        try:
            published = self._calls.change(
                "lambda:PublishVersion", place, name, lambda: self._newer(place, name, before, code_sha256),
                lambda found: translation.function(place, found),
                FunctionName=name, CodeSha256=code_sha256, RevisionId=revision, Description=description,
            )  # fmt: skip
        except BadInput as error:
            if "CodeSHA256" in error.message:  # AWS has no code of its own for it
                raise Conflict(error.message, "Somebody changed its code: look at it, and plan again.") from error
            raise
        return self._ready(place, name, published.version)

    def set_alias(self, place: Place, name: str, alias: str, version: str, weights: Mapping[str, float], revision: str) -> Alias:
        """See LambdaService."""

        def done() -> Alias | None:
            now = translation.alias(self._calls.read("lambda:GetAlias", place, f"{name}:{alias}", FunctionName=name, Name=alias))
            there = (now.version, dict(now.weights)) == (version, dict(weights))
            return now if there and now.revision != revision else None

        return self._calls.change(
            "lambda:UpdateAlias", place, f"{name}:{alias}", done, translation.alias, FunctionName=name, Name=alias,
            FunctionVersion=version, RoutingConfig={"AdditionalVersionWeights": dict(weights)}, RevisionId=revision,
        )  # fmt: skip

    def metrics(
        self, place: Place, queries: Sequence[MetricQuery], start: datetime, end: datetime, period_seconds: int
    ) -> Sequence[Mapping[datetime, float]]:
        """See LambdaService."""
        return lambda_metrics.values(self._calls, place, queries, start, end, period_seconds)

    @property
    def _calls(self) -> Calls:
        return Calls(self.clients, self.repeat_seconds)

    def _described(self, arn: LayerArn, account: str = "") -> Any:  # noqa: ANN401
        """A version as AWS describes it: if nobody is named, asked as its owner if it can be entered, else as each of ours."""
        ours = [self.clients.account(), *self.accounts]
        asking = [account] if account else [arn.account] if arn.account in ours else ours
        refused: PermanentError | None = None
        for one in asking:
            try:
                return self._calls.read(
                    "lambda:GetLayerVersion",
                    Place(one, arn.region),
                    str(arn),
                    method="get_layer_version_by_arn",
                    Arn=str(arn),
                )
            except (Denied, NotFound) as error:
                refused = refused or error
        raise refused or NotFound(f"{arn} cannot be asked for", "Name an account.")

    def _remove(self, action: str, place: Place, about: str, done: Callable[[], bool | None], **request: Any) -> None:  # noqa: ANN401
        """Remove something; it is no error if it is gone."""
        with suppress(NotFound):
            self._calls.change(action, place, about, done, lambda _: True, **request)

    def _newest(self, place: Place, name: str) -> Function | None:
        """The newest published version of a function; None if there is none."""
        pages = self._calls.pages(
            "lambda:ListVersionsByFunction", place, f"versions of {name}", "Versions", FunctionName=name, MaxItems=10_000
        )
        published = [found for found in (translation.function(place, found) for found in pages) if found.version.isdecimal()]
        return max(published, key=lambda found: int(found.version), default=None)

    def _newer(self, place: Place, name: str, before: Function | None, code_sha256: str) -> Function | None:
        now = self._newest(place, name)
        if now is None or (before is not None and int(now.version) <= int(before.version)):
            return None
        return now if now.code_sha256 == code_sha256 else None

    def _ready(self, place: Place, name: str, version: str = "") -> Function:
        """A function, as soon as its last update is over and it can be called.

        Raises:
            BadInput: The update, or the function, failed.
            Unavailable: It took too long.
        """
        end = time.monotonic() + self.longest_wait_seconds
        qualifier = {"Qualifier": version} if version else {}
        while True:
            found = self._calls.read(_GET, place, name, FunctionName=name, **qualifier)
            if why := translation.failure(found):
                raise BadInput(f"the change of {name} in {place} failed: {why}", "Correct what it says, and repeat.")
            if (now := translation.function(place, found)).is_ready:
                return now
            if time.monotonic() >= end:
                raise Unavailable(
                    f"{name} in {place} was not ready within {self.longest_wait_seconds:g} s",
                    "It goes on. Run this job again in a while: it looks what became of it.",
                )
            time.sleep(self.poll_seconds)

    def _bucket(self, place: Place, about: str) -> str:
        if not self.layer_bucket:
            raise BadInput(
                f"{about} is too large to be sent directly",
                "Set CLOUDOPS_LAYER_BUCKET to a bucket in that region, in which zips of more than 50 MB are staged.",
            )
        return self.layer_bucket.replace("{region}", place.region).replace("{account}", place.account)


def _place(arn: LayerArn) -> Place:
    return Place(arn.account, arn.region)


def _sha256(content: bytes) -> str:
    """As AWS tells it."""
    return base64.b64encode(hashlib.sha256(content).digest()).decode()
