"""A layer of either kind, from its specification to its zips."""

from dataclasses import dataclass
from pathlib import Path

from assets.layers.building import node_layers, python_layers
from assets.layers.logic.assembly import Build, Content, assembled
from assets.layers.logic.layout import Differing
from assets.layers.logic.products import LayerSpecification
from assets.layers.logic.sources import Combination
from assets.layers.logic.splitting import TooLarge
from resources.errors import BadInput
from resources.object_store import ObjectStore
from resources.package_index import PackageSource


@dataclass(frozen=True, slots=True)
class Made:
    """Zips of one layer, or its parts.

    Attributes:
        builds: Each; empty if the source is the one that was built before.
        content: What they hold; None if nothing was built.
    """

    builds: tuple[Build, ...]
    content: Content | None


def made(
    specification: LayerSpecification, combination: Combination, inputs_store: ObjectStore, pip: PackageSource,
    *, lock: str = "", known_source: str = "", upgrade: bool = False, npm_cache: Path | None = None,
) -> Made:  # fmt: skip
    """Build a layer, unless it would be made from what is known.

    Args:
        specification: Of the layer.
        combination: Which of its layers.
        inputs_store: Has locks, wheels and packages of Node.
        pip: Where packages of Python come from, if the specification does not say otherwise.
        lock: Of the build before; empty if there is none.
        known_source: `source_sha256` of a build that is there.
        upgrade: Whether newer versions of Python packages are looked for. Those of Node are what their lock says.
        npm_cache: Folder of what npm downloaded; its own if None.

    Raises:
        CloudOpsError: A package cannot be had, or the layer cannot be built so: as it says.
    """
    try:
        if specification.kind == "node":
            files = node_layers.package_files(specification, inputs_store)
            if node_layers.source_of(specification, combination, files) == known_source:
                return Made((), None)
            content = node_layers.content(specification, combination, files, npm_cache)
        else:
            with python_layers.package_source(specification, inputs_store, pip) as source:
                fresh = python_layers.locked(specification, combination, inputs_store, source, lock, upgrade=upgrade)
                if python_layers.source_of(specification, combination, fresh) == known_source:
                    return Made((), None)
                content = python_layers.content(specification, combination, fresh, source)
        return Made(tuple(assembled(specification, combination, content)), content)
    except (Differing, TooLarge) as error:
        advice = "Split it with `most_bytes`, leave packages out, or make several layers of it."
        raise BadInput(
            f"{combination.layer}: {error}", "Correct the layer." if isinstance(error, Differing) else advice
        ) from error
