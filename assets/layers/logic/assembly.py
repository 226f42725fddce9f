"""From files that lie where they belong to zips with their bills of materials, within the limits of Lambda."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assets.layers.logic.products import BuiltLayer, LayerSpecification, Package
from assets.layers.logic.sbom import bill_of_materials
from assets.layers.logic.sources import Combination
from assets.layers.logic.splitting import TooLarge, largest, parts
from assets.layers.logic.zips import zipped
from resources.lambda_layers import MOST_UNZIPPED_BYTES


@dataclass(frozen=True, slots=True)
class Component:
    """A package at its place.

    Attributes:
        packages: It, or its versions where runtimes have different ones.
        files: Content by path within the zip.
        needs: Names of packages that it needs.
        imports: Modules that have to load.
    """

    packages: tuple[Package, ...]
    files: Mapping[str, bytes]
    needs: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """What a layer is to hold.

    Attributes:
        components: By name of the package.
        lock: Text that gives the same again.
        source_sha256: Identity of what it is made from.
        removed: Bytes that were stripped, by why.
        left_out: Packages that were left out.
    """

    components: Mapping[str, Component]
    lock: str
    source_sha256: str
    removed: Mapping[str, int]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Build:
    """A zip and what belongs to it.

    Attributes:
        layer: What is known of it.
        zip: Its bytes.
        sbom: Bill of materials, CycloneDX.
        lock: Text that gives the same again.
    """

    layer: BuiltLayer
    zip: bytes
    sbom: bytes
    lock: str


def assembled(specification: LayerSpecification, combination: Combination, content: Content) -> list[Build]:
    """The zip, or several where the specification splits.

    Raises:
        TooLarge: A function could not take it, or it cannot be split so.
    """
    components = content.components
    sizes = {name: sum(map(len, one.files.values())) for name, one in components.items()}
    total = sum(sizes.values())
    if not sizes:
        raise TooLarge("nothing is left of it: everything is left out")
    if total > MOST_UNZIPPED_BYTES:
        raise TooLarge(
            f"{total:,} bytes unzipped are more than the {MOST_UNZIPPED_BYTES:,} of a function and its layers: {largest(sizes)}"
        )
    groups = parts(sizes, specification.most_bytes)
    return [
        _build(specification, combination, content, group, f"{combination.layer}-{n}" if len(groups) > 1 else combination.layer)
        for n, group in enumerate(groups, 1)
    ]


def _build(
    specification: LayerSpecification, combination: Combination, content: Content, names: Sequence[str], layer: str
) -> Build:
    chosen = [content.components[name] for name in names]
    files = {path: body for one in chosen for path, body in one.files.items()}
    packages = tuple(package for one in chosen for package in one.packages)
    body = zipped(files)
    sha256 = hashlib.sha256(body).hexdigest()
    built = BuiltLayer(
        layer=layer,
        specification=specification.name,
        kind=specification.kind,
        runtimes=combination.runtimes,
        architectures=combination.architectures,
        sha256=sha256,
        source_sha256=content.source_sha256,
        key=f"layers/{layer}/{sha256}.zip",
        zip_bytes=len(body),
        unzipped_bytes=sum(map(len, files.values())),
        files=len(files),
        packages=packages,
        imports=specification.imports or tuple(module for one in chosen for module in one.imports),
    )
    needs = {name: content.components[name].needs for name in names}
    bill = bill_of_materials(layer, sha256, specification.kind, packages, needs)
    return Build(built, body, bill, content.lock)
