"""Python distributions as they lie in a folder: whose files are whose, what they need, and their metadata reduced.

`importlib.metadata` reads METADATA (`version`, `requires`), `entry_points.txt` and `top_level.txt` (`packages_distributions`); of
the rest of a `dist-info` only the texts of licences are kept, since the licences ask for it.
"""

import csv
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import PurePosixPath

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

_LICENCES = re.compile(r"(licen[cs]es?|copying|copyright|notice|authors)\b", re.IGNORECASE)
_LONGEST_LICENCE = 120
"""Of a `License` field that is a name; a longer one is the text of the licence itself."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """An installed distribution.

    Attributes:
        name: Normalised.
        version: Of it.
        license: SPDX expression or name; empty if it says nothing.
        requires: Requirements as its metadata says them.
        dist_info: Its folder of metadata.
        files: Paths of its files, with those of the metadata, in order.
    """

    name: str
    version: str
    license: str
    requires: tuple[str, ...]
    dist_info: str
    files: tuple[str, ...]


def distributions(files: Mapping[str, bytes]) -> list[Distribution]:
    """Those in a folder, by name. A file that several claim counts as the first one's.

    Args:
        files: Content by path below the folder.
    """
    found, owned = [], set[str]()
    folders = sorted({PurePosixPath(path).parts[0] for path in files if ".dist-info/" in path})
    for folder in folders:
        if not folder.endswith(".dist-info") or f"{folder}/METADATA" not in files:
            continue
        said = HeaderParser().parsestr(files[f"{folder}/METADATA"].decode("utf-8", "replace"))
        record = files.get(f"{folder}/RECORD", b"").decode("utf-8", "replace").splitlines()
        listed = {row[0].removeprefix("../../").removeprefix("../") for row in csv.reader(record) if row}
        own = {path for path in files if path in listed or path.startswith(f"{folder}/")} - owned
        owned |= own
        found.append(
            Distribution(
                name=canonicalize_name(str(said["Name"] or folder.split("-")[0])),
                version=str(said["Version"]),
                license=_license({name: [str(one) for one in said.get_all(name, [])] for name in _LICENCE_FIELDS}),
                requires=tuple(str(one) for one in said.get_all("Requires-Dist", [])),
                dist_info=folder,
                files=tuple(sorted(own)),
            )
        )
    return sorted(found, key=lambda one: one.name)


def reduced(distribution: Distribution, files: Mapping[str, bytes], python: str) -> dict[str, bytes]:
    """What its folder of metadata keeps.

    `RECORD` is not kept; the names that `packages_distributions` reads from it are written into `top_level.txt` if there is none.

    Args:
        distribution: Whose.
        files: Of the whole folder, before anything was taken away.
        python: `3.12`, whose rule says what a top-level name is.
    """
    kept = {}
    for path in distribution.files:
        if not path.startswith(f"{distribution.dist_info}/"):
            continue
        name = path.removeprefix(f"{distribution.dist_info}/")
        if name == "METADATA":
            kept[path] = _headers(files[path])
        elif name in ("entry_points.txt", "top_level.txt") or name.startswith("licenses/") or _LICENCES.match(name):
            kept[path] = files[path]
    declared = f"{distribution.dist_info}/top_level.txt"
    if not files.get(declared, b"").strip():
        names = top_level_names(distribution, python)
        kept.pop(declared, None)
        if names:
            kept[declared] = "".join(f"{name}\n" for name in names).encode()
    return kept


def top_level_names(distribution: Distribution, python: str) -> list[str]:
    """Names that `importlib.metadata` infers from files (`_top_level_inferred`): up to Python 3.11 from `.py` files alone."""
    found = set()
    for path in distribution.files:
        parts = PurePosixPath(path).parts
        name = parts[0] if len(parts) > 1 else parts[0].split(".")[0]
        counts = path.endswith(".py") or _minor(python) >= 12
        if counts and "." not in name and name not in ("__pycache__", "bin"):
            found.add(name)
    return sorted(found)


def left_out(found: Collection[Distribution], names: Collection[str], roots: Collection[str]) -> set[str]:
    """Names of distributions that go: those named, and those that only they need.

    Args:
        found: All.
        names: Named to be left out.
        roots: That were asked for, and stay with what they need unless they are named.
    """
    gone: set[str] = {canonicalize_name(name) for name in names}
    needs: dict[str, set[str]] = {one.name: needed_names(one.requires, extras=True) for one in found}
    reached, ahead = set[str](), [str(canonicalize_name(name)) for name in roots]
    while ahead:
        name = ahead.pop()
        if name in gone or name in reached or name not in needs:
            continue
        reached.add(name)
        ahead.extend(needs[name])
    behind, ahead = set[str](), [name for name in gone if name in needs]
    while ahead:
        name = ahead.pop()
        if name in behind or name not in needs:
            continue
        behind.add(name)
        ahead.extend(needs[name])
    return behind - reached


def entry_point_modules(text: bytes) -> set[str]:
    """Modules that `entry_points.txt` names."""
    return {line.split("=", 1)[1].split(":")[0].strip() for line in text.decode("utf-8", "replace").splitlines() if "=" in line}


def names_of(requirements: Iterable[str]) -> list[str]:
    """Normalised names of requirements."""
    return [canonicalize_name(Requirement(line).name) for line in requirements]


def needed_names(requires: Iterable[str], *, extras: bool = False) -> set[str]:
    """Names of requirements.

    Args:
        requires: Of a distribution; other conditions than extras are not looked at: what is not installed does no harm.
        extras: Whether those count that only an extra needs.
    """
    found = set()
    for line in requires:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        if extras or requirement.marker is None or "extra" not in str(requirement.marker):
            found.add(str(canonicalize_name(requirement.name)))
    return found


def importable(files: Iterable[str]) -> tuple[str, ...]:
    """Modules that a distribution offers: the topmost ones that are no namespace, without those that begin with `_`."""
    packages, modules = set(), set()
    for path in files:
        parts = PurePosixPath(path).parts
        name = module_name(path)
        if name is None or any(part.startswith("_") for part in name.split(".")):
            continue
        if parts[-1] == "__init__.py":
            packages.add(name)
        elif len(parts) == 1:
            modules.add(name)
    return tuple(sorted({*modules, *(one for one in packages if not any(one.startswith(f"{other}.") for other in packages))}))


def module_name(path: str) -> str | None:
    """`a.b` of `a/b.py`, `a/b/__init__.py` or `a/b.cpython-312-x86_64-linux-gnu.so`; None of what is no module."""
    pure = PurePosixPath(path)
    if pure.suffix not in (".py", ".so"):
        return None
    parts = [*pure.parts[:-1], pure.name.split(".")[0]]
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts) if parts and all(part.isidentifier() for part in parts) else None


_LICENCE_FIELDS = ("License-Expression", "License", "Classifier")


def _license(said: Mapping[str, list[str]]) -> str:
    for field in _LICENCE_FIELDS[:2]:
        for text in said[field]:
            if text.strip() and "\n" not in text.strip() and len(text) <= _LONGEST_LICENCE and text.upper() != "UNKNOWN":
                return text.strip()
    named = [one.rsplit("::", 1)[1].strip() for one in said["Classifier"] if one.startswith("License ::") and one.count("::") > 1]
    return " or ".join(named)


def _headers(metadata: bytes) -> bytes:
    """The fields without the description, whether it is the body or a field."""
    head = re.split(rb"\r?\n\r?\n", metadata, maxsplit=1)[0]
    kept, skipping = [], False
    for line in head.splitlines():
        if not line.startswith((b" ", b"\t")):
            skipping = line.lower().startswith(b"description:")
        if not skipping:
            kept.append(line)
    return b"\n".join(kept) + b"\n"


def _minor(python: str) -> int:
    return int(python.split(".")[1])
