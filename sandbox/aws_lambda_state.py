"""What the embedded AWS Lambda knows: accounts and regions with their layers, functions, versions and aliases.

Functions hold the layer versions themselves, so that a deleted one goes on working for them. Everything that counts (numbers of
versions, revisions) follows from the requests alone: whoever repeats them gets the same ones.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import random
import threading
import uuid
import zipfile
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from sandbox.aws_lambda_errors import denied, invalid
from sandbox.aws_lambda_faults import Faults

MOST_UNZIPPED, MOST_ZIPPED, MOST_STORED = 262_144_000, 52_428_800, 80_530_636_800
"""Bytes of a function with its layers, of a zip in a request, of all code in a region. Source: "Lambda quotas"."""
LATEST = "$LATEST"
_REVISIONS = uuid.UUID("5cf0a5e5-3a6a-4a86-9c0b-6a7e1d0f9d0e")


@dataclass(frozen=True, slots=True, eq=False)
class Package:
    """A zip with what is told of it; two are the same if their hash is."""

    content: bytes
    sha256: str
    unzipped: int

    @classmethod
    def of(cls, content: bytes) -> Package:
        """A zip's package.

        Raises:
            LambdaError: It is no zip, empty, or too large.
        """
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                sizes = [entry.file_size for entry in archive.infolist()]
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
            raise invalid("Could not unzip uploaded file. Please check your file, then try to upload again.") from error
        if not sizes:
            raise invalid("Uploaded file must be a non-empty zip")
        if sum(sizes) > MOST_UNZIPPED:
            raise invalid(f"Unzipped size must be smaller than {MOST_UNZIPPED} bytes")
        return cls(content, base64.b64encode(hashlib.sha256(content).digest()).decode(), sum(sizes))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Package) and self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)


@dataclass(slots=True)
class Policy:
    """Statements by their id, in the order in which they were added."""

    revision: str
    statements: dict[str, dict[str, Any]] = field(default_factory=dict)

    def document(self) -> str:
        """The policy as IAM writes it."""
        return json.dumps({"Version": "2012-10-17", "Id": "default", "Statement": list(self.statements.values())})


@dataclass(slots=True, eq=False)
class LayerVersion:
    """A version of a layer; `policy` is None where nobody else may use it."""

    arn: str
    account: str
    number: int
    package: Package
    description: str
    created: datetime
    runtimes: tuple[str, ...] = ()
    architectures: tuple[str, ...] = ()
    license: str = ""
    policy: Policy | None = None

    def serves(self, runtime: str | None, architecture: str | None) -> bool:
        """Whether it is said to be compatible with what is asked for."""
        return (not runtime or runtime in self.runtimes) and (not architecture or architecture in self.architectures)


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a version of a function runs: equal ones are the same version to AWS."""

    package: Package
    runtime: str | None
    handler: str | None
    role: str
    description: str = ""
    timeout: int = 3
    memory: int = 128
    layers: tuple[LayerVersion, ...] = ()
    architectures: tuple[str, ...] = ("x86_64",)
    environment: tuple[tuple[str, str], ...] = ()
    more: str = "{}"
    """Further settings that are kept and told, as JSON."""


@dataclass(slots=True, eq=False)
class Version:
    """`$LATEST` or a published version; `ready` is when its making or last change is over.

    `before` is what runs meanwhile: None of one that is being made. A change gives two revisions: one while it goes on, and
    another when it is over. Source: LocalStack's tests of revisions, which it holds against AWS.
    """

    number: str
    configuration: Configuration
    modified: datetime
    first_revision: str
    ready: datetime
    before: Configuration | None = None
    last_revision: str | None = None

    @property
    def revision(self) -> str:
        """The present one."""
        return self.last_revision if self.last_revision and self.is_ready else self.first_revision

    @property
    def is_ready(self) -> bool:
        """Whether nothing is in progress."""
        return datetime.now(UTC) >= self.ready


@dataclass(slots=True, eq=False)
class Alias:
    """A name for a version, with the shares of others."""

    name: str
    version: str
    description: str
    revision: str
    weights: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Function:
    """A function; `versions` holds the published ones in the order of their numbers."""

    name: str
    arn: str
    latest: Version
    tags: dict[str, str] = field(default_factory=dict)
    versions: dict[str, Version] = field(default_factory=dict)
    aliases: dict[str, Alias] = field(default_factory=dict)
    reserved: int | None = None
    published_from: Configuration | None = None

    def all_versions(self) -> Iterator[Version]:
        """`$LATEST` first."""
        yield self.latest
        yield from self.versions.values()


@dataclass(eq=False)
class Space:
    """An account in a region."""

    account: str
    region: str
    layers: dict[str, dict[int, LayerVersion]] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    counters: Counter[str] = field(default_factory=Counter)

    @property
    def prefix(self) -> str:
        """What ARNs begin with."""
        return f"arn:{partition(self.region)}:lambda:{self.region}:{self.account}"

    def next(self, what: str) -> int:
        """The next number of something, never one that was given before, also after deletion."""
        self.counters[what] += 1
        return self.counters[what]

    def revision(self, of: str) -> str:
        """A new revision."""
        return str(uuid.uuid5(_REVISIONS, f"{self.prefix}/{of}/{self.next(f'revision {of}')}"))

    def changed(self) -> None:
        """Functions or versions came or went: orders are reckoned anew."""
        self.__dict__.pop("by_name", None)
        self.__dict__.pop("by_version", None)

    @cached_property
    def by_name(self) -> tuple[list[Any], list[tuple[Function, Version]]]:
        """Keys and `$LATEST` of all functions in the order of their names."""
        names = sorted(self.functions)
        return [[name] for name in names], [(self.functions[name], self.functions[name].latest) for name in names]

    @cached_property
    def by_version(self) -> tuple[list[Any], list[tuple[Function, Version]]]:
        """Keys and versions of all functions."""
        rows = [
            (self.functions[name], version) for name in sorted(self.functions) for version in self.functions[name].all_versions()
        ]
        return [[function.name, number_of(version.number)] for function, version in rows], rows

    def stored_bytes(self) -> int:
        """Code of functions, their versions, and layers that are there."""
        functions = sum(len(v.configuration.package.content) for f in self.functions.values() for v in f.all_versions())
        return functions + sum(len(v.package.content) for versions in self.layers.values() for v in versions.values())


@dataclass(eq=False)
class Cloud:
    """The whole of it.

    Attributes:
        faults: That were asked for.
        organizations: Identifier `o-…` of the organisation that an account belongs to.
        update_seconds: How long the making and changing of functions takes.
        most_stored: Bytes of code that a region of an account may hold.
        drawn: Decides which version an alias leads to.
    """

    spaces: dict[tuple[str, str], Space] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    organizations: dict[str, str] = field(default_factory=dict)
    update_seconds: float = 0.0
    most_stored: int = MOST_STORED
    drawn: random.Random = field(default_factory=lambda: random.Random(0))
    lock: threading.RLock = field(default_factory=threading.RLock)

    def space(self, account: str, region: str) -> Space:
        """An account in a region, made when first asked for."""
        key = account, region
        if key not in self.spaces:
            with self.lock:
                self.spaces.setdefault(key, Space(account, region))
        return self.spaces[key]

    def reset(self) -> None:
        """As if it were new."""
        with self.lock:
            self.spaces.clear()
            self.organizations.clear()
            self.faults.take_back()
            self.update_seconds, self.most_stored, self.drawn = 0.0, MOST_STORED, random.Random(0)

    def finish_updates(self) -> None:
        """Let everything that is in progress be over."""
        with self.lock:
            for space in self.spaces.values():
                for function in space.functions.values():
                    for version in function.all_versions():
                        version.ready = min(version.ready, datetime.now(UTC))

    def ready_from(self, moment: datetime) -> datetime:
        """When a change that begins then is over."""
        return moment + timedelta(seconds=self.update_seconds)

    def allows(self, version: LayerVersion, account: str) -> bool:
        """Whether an account may use a layer version."""
        if account == version.account:
            return True
        found = version.policy.statements.values() if version.policy else ()
        return any(self._names(statement, account) for statement in found)

    def _names(self, statement: Mapping[str, Any], account: str) -> bool:
        if statement["Principal"] == "*":
            wanted = statement.get("Condition", {}).get("StringEquals", {}).get("aws:PrincipalOrgID")
            return wanted is None or self.organizations.get(account) == wanted
        return f":{account}:" in f"{statement['Principal']['AWS']}:"

    def layer_version(self, account: str, caller: str, arn: str, region: str, name: str, number: int) -> LayerVersion | None:
        """A version for a caller; None if it is his own and not there.

        Raises:
            LambdaError: It is another's, and not there or not granted: AWS does not tell which.
        """
        owner = self.spaces.get((account, region))
        found = owner.layers.get(name, {}).get(number) if owner else None
        mine = caller.split(":")[4]
        if account != mine and (found is None or not self.allows(found, mine)):
            raise denied(caller, "lambda:GetLayerVersion", arn)
        return found


def number_of(version: str) -> int:
    """Order of versions: `$LATEST` first."""
    return 0 if version == LATEST else int(version)


def partition(region: str) -> str:
    """Part of AWS that a region is in."""
    return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(region.split("-")[0] if region.startswith("cn") else region[:6], "aws")


def page(keys: Sequence[Any], rows: Sequence[Any], marker: str | None, most: int) -> tuple[Sequence[Any], dict[str, str]]:
    """Rows after a marker, and the marker of the next page: it says behind which key, so that nothing is skipped or repeated.

    Args:
        keys: Of the rows, ascending; anything that JSON can tell.
        rows: All of them.
        marker: Of the page before; the first page without.
        most: Of a page.

    Raises:
        LambdaError: The marker is none.
    """
    try:
        begin = bisect_right(keys, json.loads(base64.b64decode(marker, validate=True))) if marker else 0
    except (ValueError, TypeError) as error:
        raise invalid("The marker is not valid.") from error
    end = begin + most
    more = {"NextMarker": base64.b64encode(json.dumps(keys[end - 1]).encode()).decode()} if end < len(rows) else {}
    return rows[begin:end], more
