"""Where files lie in a layer, so that one zip can serve several runtimes.

Lambda puts `/opt/python/lib/pythonX.Y/site-packages` and `/opt/python` on the path of a Python runtime. What is the same for all
runtimes goes into `python/`; what differs, into the folder of each. Source: docs.aws.amazon.com, "Packaging your layer content".
"""

from collections.abc import Mapping
from pathlib import PurePosixPath

from resources.lambda_layers import Architecture

Files = Mapping[str, bytes]


class Differing(ValueError):
    """What was built for two architectures cannot be one zip."""


def laid_out(built: Mapping[str, Mapping[str, Files]]) -> dict[str, dict[str, bytes]]:
    """Files of every distribution by their place in the zip.

    Args:
        built: Files by distribution, by Python version (`3.12`).
    """
    versions = list(built)
    apart = _differing(built)
    placed: dict[str, dict[str, bytes]] = {}
    for version in versions:
        for name, files in built[version].items():
            folder = f"python/lib/python{version}/site-packages" if name in apart else "python"
            placed.setdefault(name, {}).update({f"{folder}/{path}": body for path, body in files.items()})
    return dict(sorted(placed.items()))


def same(of_architectures: Mapping[Architecture, Mapping[str, Files]]) -> Mapping[str, Files]:
    """What was built, which has to be the same for all architectures.

    Raises:
        Differing: It is not.
    """
    (first, found), *others = of_architectures.items()
    for architecture, other in others:
        different = sorted(name for name in {*found, *other} if found.get(name) != other.get(name))
        if different:
            names = ", ".join(different[:5])
            raise Differing(f"{names} differ between {first} and {architecture}: put {{architecture}} into the name of the layer")
    return found


def _differing(built: Mapping[str, Mapping[str, Files]]) -> set[str]:
    """Distributions that are not the same everywhere, and those that share a package with one of them."""
    names = {name for of_version in built.values() for name in of_version}
    first = next(iter(built.values()))
    apart = {name for name in names if any(other.get(name) != first.get(name) for other in built.values())}
    tops = {name: _tops([of[name] for of in built.values() if name in of]) for name in names}
    while True:
        shared = {top for name in apart for top in tops[name]}
        more = {name for name in names - apart if tops[name] & shared}
        if not more:
            return apart
        apart |= more


def _tops(files: list[Files]) -> set[str]:
    return {PurePosixPath(path).parts[0] for one in files for path in one}
