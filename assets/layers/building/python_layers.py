"""Layers of Python packages."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from assets.layers.logic.assembly import Component, Content
from assets.layers.logic.distributions import Distribution, distributions, importable, left_out, names_of, needed_names
from assets.layers.logic.layout import laid_out, same
from assets.layers.logic.products import LayerSpecification, Package
from assets.layers.logic.sources import (
    PROVIDED,
    BadLock,
    Combination,
    asked_sha256,
    check_lock,
    joined,
    locked_names,
    parted,
    source_sha256,
)
from assets.layers.logic.specifications import NO_INDEX
from assets.layers.logic.stripping import stripped
from resources.bytecode import compiled
from resources.errors import BadInput, NotFound, Unavailable
from resources.lambda_layers import Architecture
from resources.language_runtimes import interpreter
from resources.object_store import ObjectStore
from resources.package_index import PackageSource, Target, install, resolve

_ROOT = "/opt/"


@dataclass(frozen=True, slots=True)
class _Installed:
    distributions: Mapping[str, Distribution]
    files: Mapping[str, Mapping[str, bytes]]
    removed: Mapping[str, int]
    left_out: tuple[str, ...]


@contextmanager
def package_source(specification: LayerSpecification, inputs_store: ObjectStore, pip: PackageSource) -> Iterator[PackageSource]:
    """Where the packages of a specification come from, while it lasts.

    Args:
        specification: Its `index_url` takes the place of all indexes and wheels that pip knows; its `wheels` come beside them.
        inputs_store: Has the wheels.
        pip: What pip is configured with.
    """
    source = pip
    if specification.index_url == NO_INDEX:
        source = replace(pip, index_url="", extra_index_urls=(), find_links=(), no_index=True)
    elif specification.index_url:
        source = replace(pip, index_url=specification.index_url, extra_index_urls=(), find_links=(), no_index=False)
    if not specification.wheels:
        yield source
        return
    with TemporaryDirectory(prefix="layers-") as folder:
        for one in inputs_store.list_objects(f"{specification.wheels}/"):
            if one.key.endswith(".whl"):
                Path(folder, one.key.rsplit("/", 1)[1]).write_bytes(inputs_store.get(one.key))
        yield replace(source, find_links=(folder, *source.find_links))


def locked(
    specification: LayerSpecification, combination: Combination, inputs_store: ObjectStore, source: PackageSource, before: str,
    *, upgrade: bool,
) -> str:  # fmt: skip
    """The lock of a layer, of all its targets.

    Args:
        specification: Of the layer.
        combination: Which of its layers.
        inputs_store: Has the lock that people keep, if they do.
        source: Where packages come from.
        before: The lock of the build before; empty if there is none. If the same was asked for, it is the answer.
        upgrade: Whether newer versions are looked for.
    """
    asked = asked_sha256(specification, combination)
    if specification.lock:
        text = _kept_lock(specification, inputs_store)
        return joined(asked, {_named(*target): text for target in combination.targets})
    asked_before, locks = parted(before)
    if asked_before == asked and not upgrade:
        return before
    fresh = {}
    for runtime, architecture in combination.targets:
        former = "" if upgrade else locks.get(_named(runtime, architecture), "")
        fresh[_named(runtime, architecture)] = _resolved(specification, _target(runtime, architecture), source, former)
    return joined(asked, fresh)


def source_of(specification: LayerSpecification, combination: Combination, lock: str) -> str:
    """Identity of what a layer with that lock is made from."""
    return source_sha256(asked_sha256(specification, combination), parted(lock)[1])


def content(specification: LayerSpecification, combination: Combination, lock: str, source: PackageSource) -> Content:
    """What a layer holds: fetched, stripped, and laid out for all its runtimes.

    Raises:
        BadInput: A package is not there for a target, or no interpreter here can compile for a runtime.
        Differing: The layer is for two architectures, and its packages differ.
    """
    locks = parted(lock)[1]
    installed = {
        (runtime, architecture): _installed(
            specification, locks[_named(runtime, architecture)], _target(runtime, architecture), source
        )
        for runtime, architecture in combination.targets
    }
    by_architecture = {
        architecture: laid_out({_version(runtime): installed[runtime, architecture].files for runtime in combination.runtimes})
        for architecture in combination.architectures
    }
    placed = {name: dict(files) for name, files in same(by_architecture).items()}
    if specification.bytecode:
        for runtime in combination.runtimes:
            for name, files in placed.items():
                placed[name] = {**files, **_bytecode(files, runtime)}
    removed = Counter[str]()
    for one in installed.values():
        removed.update(one.removed)
    return Content(
        components={name: _component(name, files, list(installed.values())) for name, files in placed.items()},
        lock=lock,
        source_sha256=source_of(specification, combination, lock),
        removed=dict(sorted(removed.items())),
        left_out=tuple(sorted({name for one in installed.values() for name in one.left_out})),
    )


def _kept_lock(specification: LayerSpecification, inputs_store: ObjectStore) -> str:
    advice = f"Correct {specification.lock} in the inputs store, or remove `lock` from the layer."
    try:
        text = inputs_store.get(specification.lock).decode()
        check_lock(text, specification.requirements)
    except NotFound as error:
        raise BadInput(f"the lock {specification.lock} is not in the inputs store", advice) from error
    except (BadLock, UnicodeDecodeError) as error:
        raise BadInput(f"the lock {specification.lock} cannot be used: {error}", advice) from error
    return text


def _resolved(specification: LayerSpecification, target: Target, source: PackageSource, before: str) -> str:
    try:
        return resolve(specification.requirements, target, source, before=before)
    except Unavailable:
        if not specification.wheels:
            raise
        # away from the index, the wheels of the inputs may be all that is needed
        try:
            return resolve(specification.requirements, target, replace(source, no_index=True), before=before)
        except BadInput:
            pass
        raise


def _installed(specification: LayerSpecification, lock: str, target: Target, source: PackageSource) -> _Installed:
    with TemporaryDirectory(prefix="layers-") as folder:
        try:
            install(lock, target, source, Path(folder))
        except Unavailable:
            if not specification.wheels:
                raise
            install(lock, target, replace(source, no_index=True), Path(folder))
        files = _read(Path(folder))
    found = distributions(files)
    roots = names_of(specification.requirements) or locked_names(lock)
    provided = PROVIDED["python"] if specification.leave_out_provided else ()
    gone = left_out(found, [*specification.leave_out, *provided], roots)
    kept = [one for one in found if one.name not in gone]
    left = stripped(kept, files, target.python)
    removed = Counter[str]()
    for one in left.values():
        removed.update(one.removed)
    return _Installed(
        {one.name: one for one in kept}, {name: one.files for name, one in left.items()}, removed, tuple(sorted(gone))
    )


def _read(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _component(name: str, files: Mapping[str, bytes], installed: list[_Installed]) -> Component:
    versions = {one.distributions[name].version: one for one in installed if name in one.distributions}
    size = sum(map(len, files.values()))
    sizes = {version: sum(map(len, one.files[name].values())) for version, one in versions.items()}
    first = next(iter(versions))
    packages = tuple(
        Package(name, version, size if len(versions) == 1 else sizes[version], one.distributions[name].license)
        for version, one in versions.items()
    )
    needs = {need for one in versions.values() for need in needed_names(one.distributions[name].requires)}
    return Component(packages, files, tuple(sorted(needs)), importable(versions[first].files[name]))


def _bytecode(files: Mapping[str, bytes], runtime: str) -> dict[str, bytes]:
    found = interpreter(runtime)
    if found is None:
        raise BadInput(
            f"there is no interpreter of {runtime} on this machine, and only one can compile for it",
            f"Install Python {_version(runtime)}, or set `bytecode: false` for the layer.",
        )
    own = f"python/lib/{runtime}/"
    modules = {
        path: body
        for path, body in files.items()
        if path.endswith(".py") and (path.startswith(own) or not path.startswith("python/lib/python"))
    }
    return compiled(modules, found, _ROOT)


def _target(runtime: str, architecture: Architecture) -> Target:
    return Target(_version(runtime), architecture)


def _version(runtime: str) -> str:
    return runtime.removeprefix("python")


def _named(runtime: str, architecture: Architecture) -> str:
    return f"{runtime} {architecture}"
