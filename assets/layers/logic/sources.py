"""What a zip is made from: which combinations a specification asks for, their locks, and the identity of a source."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from assets.layers.logic.products import LayerSpecification
from assets.layers.logic.specifications import filled_in
from resources.lambda_layers import Architecture

BUILDER = 2
"""Raised whenever the same source would give another zip than before."""
_ASKED = "# asked: "
_SECTION = "# for: "
_PINNED = re.compile(r"^([A-Za-z0-9][\w.-]*)\s*==\s*([^\s;\\]+)", re.MULTILINE)
_MADE_OF = (
    "kind", "requirements", "lock", "package", "leave_out", "leave_out_provided", "bytecode", "most_bytes", "wheels", "index_url",
    "imports",
)  # fmt: skip
"""What of a specification decides on its zip."""
PROVIDED: Mapping[str, tuple[str, ...]] = {
    "python": ("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3"),
    "node": ("@aws-sdk/*", "@smithy/*"),
}
"""What runtimes have. Source: docs.aws.amazon.com, "Runtimes that include the SDK"; all of 3.9 to 3.14, and Node from 18 on."""


class BadLock(ValueError):
    """A lock does not fit what is asked for."""


@dataclass(frozen=True, slots=True)
class Combination:
    """A layer of a specification.

    Attributes:
        layer: Its name; with `-N` behind it where it is split.
        runtimes: That it is for.
        architectures: That it is for.
    """

    layer: str
    runtimes: tuple[str, ...]
    architectures: tuple[Architecture, ...]

    @property
    def targets(self) -> tuple[tuple[str, Architecture], ...]:
        """Runtime and architecture of each."""
        return tuple(product(self.runtimes, self.architectures))


def combinations(specification: LayerSpecification) -> list[Combination]:
    """Those that have a name of their own, in the order of the specification."""
    named: dict[str, list[tuple[str, Architecture]]] = {}
    for runtime, architecture in product(specification.runtimes, specification.architectures):
        named.setdefault(filled_in(specification.name, runtime, architecture), []).append((runtime, architecture))
    return [
        Combination(name, tuple(dict.fromkeys(r for r, _ in its)), tuple(dict.fromkeys(a for _, a in its)))
        for name, its in named.items()
    ]


def asked_sha256(specification: LayerSpecification, combination: Combination) -> str:
    """Identity of what is asked for, before anything is resolved."""
    asked = {name: getattr(specification, name) for name in _MADE_OF}
    return _sha256({**asked, "runtimes": combination.runtimes, "architectures": combination.architectures})


def source_sha256(asked: str, contents: Mapping[str, str]) -> str:
    """Identity of everything that a zip is made from.

    Args:
        asked: `asked_sha256`.
        contents: Locks, or files of a package, by name.
    """
    return _sha256({"builder": BUILDER, "asked": asked, "contents": dict(contents)})


def joined(asked: str, locks: Mapping[str, str]) -> str:
    """Locks of several targets as one text, with what was asked for."""
    return f"{_ASKED}{asked}\n" + "".join(f"{_SECTION}{target}\n{text}" for target, text in locks.items())


def parted(text: str) -> tuple[str, dict[str, str]]:
    """What was asked for, and the lock of each target, of a text that `joined` made; empty if it is none."""
    first, _, rest = text.partition("\n")
    if not first.startswith(_ASKED):
        return "", {}
    sections = rest.split(_SECTION)[1:]
    return first.removeprefix(_ASKED), {name: lock for name, _, lock in (one.partition("\n") for one in sections)}


def check_lock(lock: str, requirements: Iterable[str]) -> None:
    """Hold a lock that people keep against their requirements.

    Raises:
        BadLock: Something is not locked, or not to the version asked for, or without a hash.
    """
    pinned = {canonicalize_name(name): version for name, version in _PINNED.findall(lock)}
    if not pinned:
        raise BadLock("it locks nothing: every line has to be NAME==VERSION --hash=sha256:…")
    if lock.count("--hash=") < len(pinned):
        raise BadLock("it has versions without hashes: make it with `uv pip compile --generate-hashes`")
    for line in requirements:
        try:
            asked = Requirement(line)
        except InvalidRequirement:
            continue
        version = pinned.get(canonicalize_name(asked.name))
        if version is None and asked.marker is None:
            raise BadLock(f"it does not lock {asked.name}, which is required")
        if version is not None and not asked.specifier.contains(version, prereleases=True):
            raise BadLock(f"it locks {asked.name} to {version}, but {line} is required")


def locked_names(lock: str) -> list[str]:
    """Names that a lock has, in order."""
    return [canonicalize_name(name) for name, _ in _PINNED.findall(lock)]


def _sha256(said: object) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
