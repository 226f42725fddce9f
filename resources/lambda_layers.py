"""Lambda functions and layers: what is known of them. Types alone, without SDK and Dagster, so that pure logic may use them.

`resources.lambda_service` is what can be done with them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Architecture = Literal["x86_64", "arm64"]
MOST_LAYERS = 5
"""Layers of a function. Source: docs.aws.amazon.com, "Lambda quotas"; so are the other limits."""
MOST_UNZIPPED_BYTES = 262_144_000
"""A function and its layers, unzipped."""
MOST_DIRECT_ZIP_BYTES = 50 * 1024 * 1024
"""Of a zip that is sent in the request; a larger one goes through a bucket."""
CODE_STORAGE_BYTES = 75 * 1024**3
"""Of functions and layers of an account in a region, unless AWS raised it."""
_ARN = re.compile(r"arn:(?P<partition>[^:]+):lambda:(?P<region>[^:]+):(?P<account>\d{12}):layer:(?P<name>[^:]+):(?P<version>\d+)")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """An account and a region."""

    account: str
    region: str

    def __str__(self) -> str:
        return f"{self.account}/{self.region}"


@dataclass(frozen=True, slots=True, order=True)
class LayerArn:
    """A version of a layer by its parts.

    Attributes:
        partition: `aws`, `aws-cn`, `aws-us-gov`.
        region: Where it is.
        account: Who owns it.
        name: Of the layer.
        version: Number, from 1.
    """

    partition: str
    region: str
    account: str
    name: str
    version: int

    @classmethod
    def parsed(cls, text: str) -> "LayerArn":
        """The ARN of a layer version.

        Raises:
            ValueError: It is none.
        """
        match = _ARN.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not the ARN of a layer version (arn:aws:lambda:REGION:ACCOUNT:layer:NAME:VERSION)")
        return cls(match["partition"], match["region"], match["account"], match["name"], int(match["version"]))

    @property
    def layer(self) -> str:
        """ARN of the layer, without the version."""
        return f"arn:{self.partition}:lambda:{self.region}:{self.account}:layer:{self.name}"

    def __str__(self) -> str:
        return f"{self.layer}:{self.version}"


@dataclass(frozen=True, slots=True)
class LayerVersion:
    """A version of a layer.

    Attributes:
        arn: Which.
        description: Of its publisher.
        created: When it was published.
        runtimes: That it is said to be for; empty if nothing was said.
        architectures: That it is said to be for; empty if nothing was said.
        license: As its publisher says.
        zip_bytes: Size of the zip; None where it was not asked for (lists do not tell).
        sha256: Of the zip, base64, as AWS tells it; None where it was not asked for.
    """

    arn: LayerArn
    description: str
    created: datetime | None
    runtimes: tuple[str, ...] = ()
    architectures: tuple[str, ...] = ()
    license: str | None = None
    zip_bytes: int | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Function:
    """A function, or a published version of it.

    Attributes:
        place: Where.
        name: Of the function.
        version: `$LATEST` or a number.
        arn: Without a version.
        runtime: None of one that is an image.
        architectures: Of it.
        handler: None of one that is an image.
        memory_mb: Megabytes.
        timeout_seconds: Longest run.
        layers: ARNs of layer versions in their order; the last one overwrites.
        code_bytes: Size of its code.
        code_sha256: Of its code, base64, as AWS tells it: two versions with the same one run the same code.
        last_modified: When.
        revision: Changes with every change of the function: the guard against others' changes.
        is_ready: Whether the last update is over and the function is active.
        tags: Of the function; None where they were not asked for.
        settings_sha256: Of all that is configured but code and layers (environment, role, network, memory, …): two versions with
            the same one are configured alike. Empty if it is not known.
    """

    place: Place
    name: str
    version: str
    arn: str
    runtime: str | None
    architectures: tuple[str, ...]
    handler: str | None
    memory_mb: int
    timeout_seconds: int
    layers: tuple[str, ...]
    code_bytes: int
    code_sha256: str
    last_modified: datetime | None
    revision: str
    is_ready: bool = True
    tags: Mapping[str, str] | None = None
    settings_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Alias:
    """A name for a version of a function.

    Attributes:
        name: Of the alias.
        version: That it points to.
        weights: Further versions that get a share of the calls.
        revision: Changes with every change of the alias.
    """

    name: str
    version: str
    revision: str
    weights: Mapping[str, float] = field(default_factory=dict)

    @property
    def versions(self) -> frozenset[str]:
        """All that it may call."""
        return frozenset({self.version, *self.weights})


@dataclass(frozen=True, slots=True)
class Grant:
    """Who else may use a layer version.

    Attributes:
        statement_id: Name of the statement.
        principal: An account's number, or `*` (everybody, or everybody of the organisation).
        organization: Identifier `o-…` that `*` is bounded by; None without.
        action: `lambda:GetLayerVersion`.
    """

    statement_id: str
    principal: str
    organization: str | None = None
    action: str = "lambda:GetLayerVersion"


@dataclass(frozen=True, slots=True)
class Invocation:
    """What a call of a function answered.

    Attributes:
        payload: Its answer, as text.
        error: `Unhandled` or `Handled` if it failed; None if not.
        log: Last 4 KB of its log, if they were asked for.
        seconds: From request to answer.
    """

    payload: str
    error: str | None
    log: str
    seconds: float


@dataclass(frozen=True, slots=True)
class CodeStorage:
    """What functions and layers of an account in a region take, and may take.

    Attributes:
        used_bytes: Of all versions of both, as AWS counts them.
        limit_bytes: The account's quota.
    """

    used_bytes: int
    limit_bytes: int


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """Which metric of `AWS/Lambda` is asked for.

    Attributes:
        function: Name of the function.
        name: `Errors`, `Invocations`, `Throttles`, `Duration`.
        statistic: `Sum`, `Average`, `Maximum`, `p99`, …
        resource: `FUNCTION:VERSION` or `FUNCTION:ALIAS` if not all calls of the function are meant.
    """

    function: str
    name: str
    statistic: str
    resource: str | None = None
