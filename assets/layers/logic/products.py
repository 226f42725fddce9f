"""What is said of a layer (`LayerSpecification`) and what is known of one that was built: the types that all parts share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from resources.lambda_layers import Architecture

Kind = Literal["python", "node"]
Severity = Literal["high", "medium", "low"]
Verdict = Literal["passed", "failed", "unknown"]
"""Unknown is what could not be looked at; it never counts as passed."""
ScanKey = tuple[str, str, tuple[str, ...], tuple[str, ...]]
"""SHA-256 of a zip, layer, runtimes, architectures."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What a new build may cost beside the version before it; None is without bound.

    Attributes:
        unzipped_bytes: Most bytes, unzipped.
        growth: Most growth of unzipped bytes, as a share of the version before.
        import_growth: Most growth of import time, as a share of the version before.
    """

    unzipped_bytes: int | None = None
    growth: float | None = None
    import_growth: float | None = None


@dataclass(frozen=True, slots=True)
class Retention:
    """Which versions of a layer stay though nobody uses them.

    Attributes:
        newest: So many.
        days: All that are younger.
        pinned: Numbers of versions that always stay.
    """

    newest: int = 3
    days: int = 30
    pinned: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class LayerSpecification:
    """A layer as `layers/layers.yaml` of the inputs says it.

    Attributes:
        name: Of the layer. It may hold `{runtime}` and `{architecture}`: each combination is then a layer of its own. Without
            `{runtime}` one zip serves all runtimes, in a folder each where their contents differ; contents that differ by
            architecture need `{architecture}`.
        kind: `python` (`requirements`) or `node` (`package`, a folder with `package.json` and `package-lock.json`).
        requirements: Lines of a requirements file.
        lock: Requirements with exact versions and hashes, where they are kept in the inputs; empty if not.
        package: Folder of the inputs, of a Node layer.
        runtimes: `python3.12`, `nodejs22.x`, …
        architectures: That it is built for.
        leave_out: Packages that are left out, since the runtime or another layer has them.
        leave_out_provided: Whether those are left out that the runtime has (boto3 and what it needs).
        bytecode: Whether modules are compiled too (unchecked hashes).
        most_bytes: Largest unzipped size of one layer: what is more is split into several, `NAME-1`, `NAME-2`, …; None never
            splits.
        wheels: Folder of the inputs with wheels that are found beside the index; empty if none.
        index_url: Index of packages; the usual one if empty; `none` if the wheels alone count.
        imports: Modules (packages of Node) that have to load; those that the packages have if empty.
        smoke: Code (Python or JavaScript) that has to end without an error; empty if none.
        budget: Against the version before.
        accounts: Accounts that may use it, beside the owner's.
        organizations: Organisations (`o-…`) whose accounts may use it.
        places: `ACCOUNT/REGION` patterns (`*` for any) of places that are to have it; the product's own place if empty.
        retention: Which versions stay though nobody uses them.
        license: As is told to AWS.
        tags: Free, for reports and for choosing layers.
    """

    name: str
    kind: Kind
    runtimes: tuple[str, ...]
    architectures: tuple[Architecture, ...] = ("x86_64",)
    requirements: tuple[str, ...] = ()
    lock: str = ""
    package: str = ""
    leave_out: tuple[str, ...] = ()
    leave_out_provided: bool = False
    bytecode: bool = False
    most_bytes: int | None = None
    wheels: str = ""
    index_url: str = ""
    imports: tuple[str, ...] = ()
    smoke: str = ""
    budget: Budget = Budget()
    accounts: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    retention: Retention = Retention()
    license: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Package:
    """A package within a layer.

    Attributes:
        name: Normalised name.
        version: Of it.
        bytes: Unzipped, of what the layer has of it.
        license: SPDX expression or text of its metadata; empty if it says nothing.
    """

    name: str
    version: str
    bytes: int
    license: str = ""


@dataclass(frozen=True, slots=True)
class BuiltLayer:
    """A zip that was built; it lies in `layer_store` under `key`.

    Attributes:
        layer: Name of the layer that it is a version of, placeholders filled in.
        specification: Name in `layers/layers.yaml`.
        kind: Of the specification.
        runtimes: That it is for.
        architectures: That it is for.
        sha256: Of the zip, hexadecimal: its identity. (AWS tells the same in base64.)
        source_sha256: Of everything that it was made from (specification, lock, builder): the same source gives the same zip.
        key: In `layer_store`.
        zip_bytes: Size of the zip.
        unzipped_bytes: Of its files.
        files: How many.
        packages: What it holds, by name.
        imports: Modules that have to load.
    """

    layer: str
    specification: str
    kind: Kind
    runtimes: tuple[str, ...]
    architectures: tuple[Architecture, ...]
    sha256: str
    source_sha256: str
    key: str
    zip_bytes: int
    unzipped_bytes: int
    files: int
    packages: tuple[Package, ...]
    imports: tuple[str, ...]

    @property
    def scan_key(self) -> ScanKey:
        """Identity of the scan that counts for it: the same zip may be bad for another runtime, or allowed for another layer."""
        return self.sha256, self.layer, self.runtimes, self.architectures


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a layer that should not be there.

    Attributes:
        rule: Which rule found it: a short stable name (`path-traversal`, `dynamic-code`, …).
        severity: How bad.
        path: File within the zip.
        detail: What was found there, without a secret itself.
        line: Where; None if lines mean nothing there.
        allowed_until: Last day on which the allow-list lets it pass; None if it does not.
    """

    rule: str
    severity: Severity
    path: str
    detail: str
    line: int | None = None
    allowed_until: date | None = None
