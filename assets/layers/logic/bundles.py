"""Zips that functions take together: the parts of a layer that was split, or one zip alone. They are tested as one."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assets.layers.logic.products import BuiltLayer, Package

Identity = tuple[tuple[str, str], ...]
"""Layers and SHA-256 of their zips."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """All zips of one source for the same runtimes and architectures.

    Attributes:
        builds: By name of the layer.
        budgets: Verdict and reason of the budget of each.
        built_at: When the last one was built.
    """

    builds: tuple[BuiltLayer, ...]
    budgets: tuple[tuple[str, str], ...]
    built_at: datetime

    @property
    def specification(self) -> str:
        """Name in `layers/layers.yaml`."""
        return self.builds[0].specification

    @property
    def combinations(self) -> tuple[tuple[str, str], ...]:
        """Runtimes and architectures that it is for."""
        first = self.builds[0]
        return tuple((runtime, architecture) for runtime in first.runtimes for architecture in first.architectures)

    @property
    def imports(self) -> tuple[str, ...]:
        """Modules that have to load, of all its zips, each once."""
        return tuple(dict.fromkeys(name for build in self.builds for name in build.imports))

    @property
    def identity(self) -> Identity:
        """Its layers and their zips: two layers may have the same zip."""
        return tuple((build.layer, build.sha256) for build in self.builds)

    @property
    def shas(self) -> frozenset[str]:
        """SHA-256 of its zips."""
        return frozenset(build.sha256 for build in self.builds)

    @property
    def name(self) -> str:
        """For people: its layers."""
        return " + ".join(build.layer for build in self.builds)


def bundles(rows: Iterable[Mapping[str, Any]]) -> list[Bundle]:
    """All bundles among the rows of `layers/builds`, the newest first."""
    together: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        key = (row["specification"], row["source_sha256"], tuple(row["runtimes"]), tuple(row["architectures"]))
        together.setdefault(key, []).append(row)
    found = []
    for parts in together.values():
        parts.sort(key=lambda row: row["layer"])
        budgets = tuple((row["budget"], row["budget_reason"]) for row in parts)
        found.append(Bundle(tuple(map(built, parts)), budgets, max(row["built_at"] for row in parts)))
    return sorted(found, key=lambda one: (one.built_at, one.name), reverse=True)


def current(all_of_them: Sequence[Bundle], specifications: Collection[str]) -> list[Bundle]:
    """The newest of each specification that is in force, for each runtime and architecture; by name.

    Args:
        all_of_them: The newest first.
        specifications: Names of those in force.
    """
    seen: set[tuple[str, str, str]] = set()
    found = []
    for bundle in all_of_them:
        keys = {(bundle.specification, *combination) for combination in bundle.combinations}
        if bundle.specification in specifications and not keys <= seen:
            found.append(bundle)
            seen |= keys
    return sorted(found, key=lambda one: one.name)


def before(
    bundle: Bundle, all_of_them: Sequence[Bundle], published: Collection[str], combination: tuple[str, str]
) -> Bundle | None:
    """What a bundle is measured against: the newest one that was published, else the one that was built before it.

    Args:
        bundle: That which is tested.
        all_of_them: The newest first.
        published: SHA-256 of everything that was ever published.
        combination: Runtime and architecture.
    """
    others = [
        one
        for one in all_of_them
        if one.specification == bundle.specification and combination in one.combinations and one.shas != bundle.shas
    ]
    in_use = [one for one in others if one.shas <= set(published)]
    older = [one for one in others if one.built_at <= bundle.built_at]
    return next(iter([*in_use, *older]), None)


def built(row: Mapping[str, Any]) -> BuiltLayer:
    """A zip as its row of `layers/builds` has it."""
    packages = tuple(Package(**package) for package in json.loads(row["packages"]))
    return BuiltLayer(
        layer=row["layer"],
        specification=row["specification"],
        kind=row["kind"],
        runtimes=tuple(row["runtimes"]),
        architectures=tuple(row["architectures"]),
        sha256=row["sha256"],
        source_sha256=row["source_sha256"],
        key=row["key"],
        zip_bytes=row["zip_bytes"],
        unzipped_bytes=row["unzipped_bytes"],
        files=row["files"],
        packages=packages,
        imports=tuple(row["imports"]),
    )
