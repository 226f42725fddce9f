"""Layers of Node packages, by npm and its lock file."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from assets.layers.logic.assembly import Component, Content
from assets.layers.logic.layout import same
from assets.layers.logic.node import (
    BadPackage,
    NodePackage,
    direct_dependencies,
    left_out,
    needs,
    package_folder,
    packages,
    stripped,
)
from assets.layers.logic.products import LayerSpecification, Package
from assets.layers.logic.sources import PROVIDED, Combination, asked_sha256, source_sha256
from resources.errors import BadInput
from resources.lambda_layers import Architecture
from resources.node_packages import install
from resources.object_store import ObjectStore

_PACKAGE, _LOCK = "package.json", "package-lock.json"
_FOLDER = "nodejs/"


def package_files(specification: LayerSpecification, inputs_store: ObjectStore) -> dict[str, bytes]:
    """Files of the folder that the specification names, by path within it.

    Raises:
        BadInput: There is no `package.json`, or no `package-lock.json`.
    """
    start = f"{specification.package}/"
    files = {
        one.key.removeprefix(start): inputs_store.get(one.key)
        for one in inputs_store.list_objects(start)
        if "node_modules/" not in one.key
    }
    missing = [name for name in (_PACKAGE, _LOCK) if name not in files]
    if missing:
        raise BadInput(
            f"{start}{missing[0]} is not in the inputs store",
            "Put package.json and the package-lock.json that `npm install` made of it there.",
        )
    return files


def lock_of(files: Mapping[str, bytes]) -> str:
    """The lock of the package."""
    return files[_LOCK].decode("utf-8", "replace")


def source_of(specification: LayerSpecification, combination: Combination, files: Mapping[str, bytes]) -> str:
    """Identity of what a layer of those files is made from."""
    contents = {path: body.decode("utf-8", "backslashreplace") for path, body in files.items()}
    return source_sha256(asked_sha256(specification, combination), contents)


def content(
    specification: LayerSpecification, combination: Combination, files: Mapping[str, bytes], cache: Path | None
) -> Content:
    """What a layer holds: installed without scripts and without what is only for development, and stripped.

    Raises:
        BadInput: The lock does not fit the package, or is none.
        Differing: The layer is for two architectures, and its packages differ.
    """
    try:
        of_lock = packages(files[_LOCK])
        asked = direct_dependencies(files[_PACKAGE])
    except BadPackage as error:
        raise BadInput(f"{specification.package}: {error}", "Make the lock again with `npm install`.") from error
    provided = PROVIDED["node"] if specification.leave_out_provided else ()
    gone = left_out(of_lock, asked, [*specification.leave_out, *provided])
    removed = Counter[str]()
    by_architecture: dict[Architecture, dict[str, dict[str, bytes]]] = {}
    for architecture in combination.architectures:
        installed = install(files, architecture, cache)
        left = stripped({path: body for path, body in installed.items() if package_folder(path) not in gone})
        removed.update(left.removed)
        by_architecture[architecture] = left.files
    components = {
        name: Component(
            packages=_versions(name, its, of_lock),
            files={f"{_FOLDER}{path}": body for path, body in its.items()},
            needs=tuple(sorted(needs(of_lock, name))),
            imports=(name,) if name in asked else (),
        )
        for name, its in same(by_architecture).items()
    }
    without = tuple(sorted({of_lock[place].name for place in gone} - set(components)))
    return Content(components, lock_of(files), source_of(specification, combination, files), dict(removed), without)


def _versions(name: str, files: Mapping[str, bytes], locked: Mapping[str, NodePackage]) -> tuple[Package, ...]:
    """A package, or its versions where several lie in different folders."""
    sizes, licences = Counter[str](), dict[str, str]()
    for path, body in files.items():
        one = locked.get(package_folder(path))
        version = one.version if one else ""
        sizes[version] += len(body)
        licences[version] = one.license if one else ""
    return tuple(Package(name, version, size, licences[version]) for version, size in sorted(sizes.items()))
