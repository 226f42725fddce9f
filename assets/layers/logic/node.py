"""Node packages: what a lock says of them, and what of their files running code reads."""

import json
import posixpath
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any

_MODULES = "node_modules/"
_FOLDERS = {
    "test": "tests", "tests": "tests", "__tests__": "tests", "docs": "documents", "doc": "documents", "example": "documents",
    "examples": "documents", ".github": "documents", ".vscode": "documents", "coverage": "tests",
}  # fmt: skip
"""Folders that go unless they are used, and why."""
_FILES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r".*\.(map|flow)"), "maps"),
    (re.compile(r".*\.(ts|tsx|mts|cts)"), "types"),
    (re.compile(r".*\.(test|spec)\.[cm]?js"), "tests"),
    (re.compile(r"(readme|changelog|changes|history|contributing|security|upgrading)(\.\w+)?", re.IGNORECASE), "documents"),
    (
        re.compile(r"\.(npmignore|gitignore|gitattributes|editorconfig|eslint.*|prettier.*|travis\.yml|nycrc|babelrc|jshintrc)"),
        "documents",
    ),
    (re.compile(r"(tsconfig.*\.json|jest\.config\..*|makefile|gruntfile\.js|gulpfile\.js)", re.IGNORECASE), "documents"),
)
_QUOTED = re.compile(r"""["'`]([\w@.][^"'`\s]{0,200})["'`]""")
_BESIDE = re.compile(r"""__dirname\s*,\s*["'`]([^"'`]+)["'`]""")
_READS_TYPES = re.compile(rb"""\.d\.ts["'`]""")


class BadPackage(ValueError):
    """`package.json` or its lock is not understood."""


@dataclass(frozen=True, slots=True)
class NodePackage:
    """A package as the lock has it.

    Attributes:
        name: With its scope.
        version: Of it.
        license: As it says.
        needs: Names of packages that it may load.
    """

    name: str
    version: str
    license: str
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stripped:
    """What is left: content by path, by name of the package; and bytes that went, by why."""

    files: dict[str, dict[str, bytes]]
    removed: Mapping[str, int]


def packages(lock: bytes) -> dict[str, NodePackage]:
    """Packages that are not for development alone, by the folder they are put into (`node_modules/a/node_modules/b`).

    Raises:
        BadPackage: It is no `package-lock.json` of npm 7 or later.
    """
    listed = _json(lock, "package-lock.json").get("packages")
    if not isinstance(listed, dict):
        raise BadPackage("package-lock.json is of npm 6 or older, which does not say where packages go")
    return {
        place: NodePackage(
            name=str(said.get("name") or place.rpartition(_MODULES)[2]),
            version=str(said.get("version", "")),
            license=_license(said.get("license")),
            needs=tuple(
                sorted({*said.get("dependencies", {}), *said.get("optionalDependencies", {}), *said.get("peerDependencies", {})})
            ),
        )
        for place, said in listed.items()
        if _MODULES in place and not said.get("dev") and not said.get("link")
    }


def direct_dependencies(package: bytes) -> tuple[str, ...]:
    """Names of what a package asks for to run.

    Raises:
        BadPackage: It is no `package.json`.
    """
    said = _json(package, "package.json")
    return tuple(sorted({*said.get("dependencies", {}), *said.get("optionalDependencies", {})}))


def left_out(locked: Mapping[str, NodePackage], asked: Iterable[str], patterns: Collection[str]) -> set[str]:
    """Folders of packages that go: those whose name fits a pattern (`@aws-sdk/*`), and those that only they need."""
    if not patterns:
        return set()

    def is_named(place: str) -> bool:
        return any(fnmatchcase(locked[place].name, pattern) for pattern in patterns)

    reached = set[str]()
    ahead = [f"{_MODULES}{name}" for name in asked]
    while ahead:
        place = ahead.pop()
        if place in locked and place not in reached and not is_named(place):
            reached.add(place)
            ahead.extend(_found(place, locked))
    return set(locked) - reached


def needs(locked: Mapping[str, NodePackage], name: str) -> set[str]:
    """Names of packages that those of a name need."""
    return {need for one in locked.values() if one.name == name for need in one.needs}


def stripped(files: Mapping[str, bytes]) -> Stripped:
    """What of installed packages is kept.

    Args:
        files: Content by path from `node_modules/` on.
    """
    candidates = {path: found for path in files if (found := _candidate(path)) is not None}
    readers = {_package(path) for path, body in files.items() if path.endswith("js") and _READS_TYPES.search(body)}
    candidates = {path: one for path, one in candidates.items() if one[1] != "types" or _package(path) not in readers}
    roots = {root for root, _ in candidates.values()}
    used = set[str]()
    ahead = [path for path in files if path not in candidates]
    while ahead:
        fresh = {root for path in ahead for root in _used(path, files[path], roots - used)}
        used |= fresh
        ahead = [path for path, (root, _) in candidates.items() if root in fresh]
    kept: dict[str, dict[str, bytes]] = {}
    removed = Counter[str]()
    for path in sorted(files):
        if path in candidates and candidates[path][0] not in used:
            removed[candidates[path][1]] += len(files[path])
        else:
            kept.setdefault(_package(path), {})[path] = files[path]
    return Stripped(kept, dict(sorted(removed.items())))


def package_folder(path: str) -> str:
    """Folder of the package that a file belongs to (`node_modules/a/node_modules/b`)."""
    before, _, inside = path.rpartition(_MODULES)
    parts = inside.split("/")
    return before + _MODULES + "/".join(parts[: 2 if parts[0].startswith("@") else 1])


def _found(place: str, locked: Mapping[str, NodePackage]) -> Iterator[str]:
    """Folders of what a package needs, looked for as Node does: in its own `node_modules`, then in those above."""
    for name in locked[place].needs:
        above = place
        while True:
            candidate = f"{above}/{_MODULES}{name}" if above else f"{_MODULES}{name}"
            if candidate in locked:
                yield candidate
            if candidate in locked or not above:
                break
            above = above.rpartition(f"/{_MODULES}")[0] if f"/{_MODULES}" in above else ""


def _candidate(path: str) -> tuple[str, str] | None:
    """Folder or file that goes or stays as one, and why it may go; None of what always stays."""
    package = package_folder(path)
    parts = path.removeprefix(f"{package}/").split("/")
    for n, part in enumerate(parts[:-1]):
        if part in _FOLDERS:
            return "/".join([package, *parts[: n + 1]]), _FOLDERS[part]
    return next(((path, why) for pattern, why in _FILES if pattern.fullmatch(parts[-1])), None)


def _used(path: str, body: bytes, roots: Collection[str]) -> Iterator[str]:
    """Candidates that a file names: by a path from itself, or by the name of a package and a path within it."""
    folder = posixpath.dirname(path)
    if path.endswith("/package.json"):
        named = {f"./{one}" for one in _loaded(body)}
    elif path.endswith(("js", ".node")):
        text = body.decode("utf-8", "replace")
        named = {*_QUOTED.findall(text), *(f"./{one}" for one in _BESIDE.findall(text))}
    else:
        return
    for name in named:
        if name.startswith("."):
            target = posixpath.normpath(posixpath.join(folder, name))
        elif "/" in name:
            target = f"{_MODULES}{name}"
        else:
            continue
        yield from (root for root in _prefixes(target) if root in roots)


def _loaded(manifest: bytes) -> Iterator[str]:
    """Paths that a package says are loaded: types are not."""
    try:
        said = _json(manifest, "package.json")
    except BadPackage:
        return
    ahead = [said.get(key) for key in ("main", "module", "browser", "bin", "exports", "imports")]
    while ahead:
        one = ahead.pop()
        if isinstance(one, str) and not one.endswith((".d.ts", ".d.mts", ".d.cts")):
            yield one
        elif isinstance(one, list):
            ahead.extend(one)
        elif isinstance(one, dict):
            ahead.extend(value for key, value in one.items() if key != "types")


def _prefixes(target: str) -> Sequence[str]:
    """The path, its folders, and what it may stand for without a suffix."""
    return [target, f"{target}.js", *(parent.as_posix() for parent in PurePosixPath(target).parents)]


def _package(path: str) -> str:
    return package_folder(path).rpartition(_MODULES)[2]


def _license(said: object) -> str:
    if isinstance(said, dict):
        return str(said.get("type", ""))
    return said if isinstance(said, str) else ""


def _json(body: bytes, name: str) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError as error:
        raise BadPackage(f"{name} is not JSON: {error}") from None
    if not isinstance(said, dict):
        raise BadPackage(f"{name} is no object")
    return said
