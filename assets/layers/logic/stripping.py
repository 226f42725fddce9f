"""What of Python distributions goes into a layer: everything that running code reads, and nothing else.

Tests, documents and the like go only if nothing that stays imports or names them: `numpy.testing` is imported by NumPy itself, it
imports one module of NumPy's tests, and boto3 has a package `docs` that it runs.
"""

import ast
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from assets.layers.logic.distributions import Distribution, entry_point_modules, module_name, reduced
from assets.layers.logic.elf import is_elf, without_symbols

_CACHES = (".pyc", ".pyo")
_FOLDERS = {"tests": "tests", "test": "tests", "docs": "documents", "doc": "documents", "examples": "documents"}
"""Folders that go unless they are used, and why."""
_SOURCES = frozenset({
    ".c", ".cc", ".cpp", ".cxx", ".cu", ".cuh", ".h", ".hh", ".hpp", ".hxx", ".pyx", ".pxd", ".pxi", ".f", ".f90", ".a", ".o",
    ".la", ".lib", ".cmake",
})  # fmt: skip
"""Of no use where there is no compiler, as in Lambda."""
_STUBS = frozenset({".pyi"})
_DOCUMENT = re.compile(r"(readme|changelog|changes|history|news|contributing|todo)(\.(md|rst|txt))?", re.IGNORECASE)
_SHARED_DOCUMENTS = ("share/man/", "share/doc/", "share/info/")
_MENTIONED = re.compile(
    r"""["'/ ]([\w.+-]+\.(?:SUFFIXES)|(?:README|CHANGELOG|CHANGES|HISTORY|NEWS)[\w.]*)["']""".replace(
        "SUFFIXES", "|".join(suffix[1:] for suffix in sorted(_SOURCES))
    ),
    re.IGNORECASE,
)
_READS_STUBS = re.compile(rb"""attach_stub|\.pyi["']""")
_TEST_MODULE = re.compile(r"conftest\.py|test_\w+\.py")
_NAMES = rb"\b(?:tests?|docs?|examples|conftest|test_\w+)\b"
_MAYBE_USES = re.compile(
    rb"^[ \t]*(?:from|import)\b[^\n(]*(?:\([^)]*)?" + _NAMES + rb"|[\"'](?=\w*\.)[\w.]*" + _NAMES + rb"[\w.]*[\"']", re.MULTILINE
)
"""Import statements and texts that could name what may go: most modules have none, and are not parsed."""
_FROM = re.compile(r"from\s+([.\w]+)\s+import\s+(\([^)]*\)|[^\n]*)")
_ALL = ".*"
"""Behind the name of a package: all that it has."""
_DOTTED = re.compile(r"\.*\w+(\.\w+)*")


@dataclass(frozen=True, slots=True)
class Stripped:
    """What is left of a distribution.

    Attributes:
        files: Content by path.
        removed: Bytes that went, by why (`tests`, `documents`, `caches`, `sources`, `stubs`, `metadata`, `scripts`, `symbols`).
    """

    files: Mapping[str, bytes]
    removed: Mapping[str, int]


def stripped(distributions: Sequence[Distribution], files: Mapping[str, bytes], python: str) -> dict[str, Stripped]:
    """What is kept of distributions that are used together, by name.

    Args:
        distributions: All of the folder: what one of them uses stays, whosever it is.
        files: Of the whole folder.
        python: `3.12`.
    """
    why, candidates = dict[str, str](), dict[str, _Candidate]()
    for one in distributions:
        why |= {path: reason for path in one.files if (reason := _never_needed(path, files[path], one))}
        candidates |= _candidates([path for path in one.files if path not in why], one)
    why |= {path: candidates[path].reason for path in _unused(candidates, files, distributions)}
    for one in distributions:
        why |= _unmentioned([path for path in one.files if path not in why], files)
    return {one.name: _left(one, files, why, python) for one in distributions}


def _left(distribution: Distribution, files: Mapping[str, bytes], why: Mapping[str, str], python: str) -> Stripped:
    kept, removed = reduced(distribution, files, python), Counter[str]()
    for path in distribution.files:
        if path.startswith(f"{distribution.dist_info}/"):
            removed["metadata"] += len(files[path]) - len(kept.get(path, b""))
        elif path in why:
            removed[why[path]] += len(files[path])
        else:
            kept[path] = without_symbols(files[path])
            removed["symbols"] += len(files[path]) - len(kept[path])
    return Stripped(dict(sorted(kept.items())), {reason: size for reason, size in sorted(removed.items()) if size})


def is_executable(body: bytes) -> bool:
    """Whether a file is to be executable: libraries, programs and scripts."""
    return is_elf(body) or body[:2] == b"#!"


def _never_needed(path: str, body: bytes, distribution: Distribution) -> str | None:
    if path.endswith(_CACHES):
        return "caches"
    if path.startswith(f"{distribution.dist_info}/"):
        return None
    if path.startswith("bin/") and body[:2] == b"#!":
        return "scripts"
    return "documents" if path.startswith(_SHARED_DOCUMENTS) else None


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Why a file may go, and below which folder (or file) everything may."""

    reason: str
    root: str


def _candidates(paths: Iterable[str], distribution: Distribution) -> dict[str, _Candidate]:
    """Files that go unless they are used."""
    paths = [path for path in paths if not path.startswith(f"{distribution.dist_info}/")]
    found = {}
    for path in paths:
        parts = PurePosixPath(path).parts
        at = next((n for n, part in enumerate(parts[:-1]) if part in _FOLDERS), None)
        if at is not None:
            found[path] = _Candidate(_FOLDERS[parts[at]], "/".join(parts[: at + 1]))
        elif _TEST_MODULE.fullmatch(parts[-1]):
            found[path] = _Candidate("tests", path)
    # a distribution that is nothing but `test` or `docs` was asked for by that name
    own = {one.root for one in found.values() if "/" not in one.root}
    if own and all(PurePosixPath(path).parts[0] in own for path in paths):
        return {path: one for path, one in found.items() if one.root not in own}
    return found


def _unused(candidates: Mapping[str, _Candidate], files: Mapping[str, bytes], distributions: Sequence[Distribution]) -> set[str]:
    """Candidates that nothing that stays uses. Of tests the modules that are used stay; of documents the whole folder."""
    by_module: dict[str, set[str]] = {}
    for path, one in candidates.items():
        if name := module_name(path):
            by_module.setdefault(name, set()).update(_with_packages(path, one.root, candidates))
        for folder in _folders(path, one.root):
            by_module.setdefault(f"{folder.replace('/', '.')}{_ALL}", set()).add(path)
        if one.reason == "documents":
            by_module.setdefault(one.root.replace("/", "."), set()).add(path)
            if name:
                by_module[name].update(other for other, its in candidates.items() if its.root == one.root)
    if not by_module:
        return set(candidates)
    texts = (files.get(f"{one.dist_info}/entry_points.txt", b"") for one in distributions)
    kept = {path for text in texts for name in entry_point_modules(text) for path in by_module.get(name, ())}
    ahead = {path for one in distributions for path in one.files if path not in candidates} | kept
    while ahead:
        named = {
            name
            for path in ahead
            if path.endswith(".py")
            for name in _named_modules(path, files[path], is_candidate=path in candidates)
        }
        ahead = {path for name in named for path in by_module.get(name, ())} - kept
        kept |= ahead
    return set(candidates) - kept


def _with_packages(path: str, root: str, candidates: Collection[str]) -> set[str]:
    """A module and the `__init__.py` of every package within the root that it is in."""
    return {path, *(f"{folder}/__init__.py" for folder in _folders(path, root) if f"{folder}/__init__.py" in candidates)}


def _folders(path: str, root: str) -> list[str]:
    return [folder.as_posix() for folder in PurePosixPath(path).parents if folder.as_posix().startswith(root)]


def _named_modules(path: str, body: bytes, *, is_candidate: bool) -> Iterator[str]:
    """Modules that a module imports, or names in a text: absolute names, also of those inside functions."""
    # modules among the tests import each other without naming them
    if not is_candidate and not _MAYBE_USES.search(body):
        return
    package = PurePosixPath(path).parts[:-1]
    try:
        tree = ast.parse(body)
    except (SyntaxError, ValueError):
        yield from _named_in_text(body.decode("utf-8", "replace"), package)
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute("." * node.level + (node.module or ""), package)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _DOTTED.fullmatch(node.value):
            name = _absolute(node.value, package)
            yield name
            # a text that names a package is for loading its plugins or reading its data: which, no import says
            if not is_candidate and "." in name:
                yield f"{name}{_ALL}"


def _named_in_text(text: str, package: Sequence[str]) -> Iterator[str]:
    """The same of a module for another version of Python than this: every word that looks like a module counts."""
    yield from (_absolute(match[0], package) for match in _DOTTED.finditer(text))
    for base, names in _FROM.findall(text):
        yield from (f"{_absolute(base, package)}.{name}" for name in re.findall(r"\w+", names))


def _absolute(name: str, package: Sequence[str]) -> str:
    bare = name.lstrip(".")
    level = len(name) - len(bare)
    if not level:
        return name
    return ".".join([*package[: len(package) - level + 1], *([bare] if bare else [])])


def _unmentioned(paths: Sequence[str], files: Mapping[str, bytes]) -> dict[str, str]:
    """Sources, stubs and documents that no module of the distribution names; and why they go."""
    optional = {path: reason for path in paths if (reason := _optional(path))}
    if not optional:
        return {}
    modules = [files[path] for path in paths if path.endswith(".py")]
    if any(_READS_STUBS.search(body) for body in modules):
        optional = {path: reason for path, reason in optional.items() if reason != "stubs"}
    if not any(reason != "stubs" for reason in optional.values()):
        return optional
    mentioned = {name for body in modules for name in _MENTIONED.findall(body.decode("utf-8", "replace"))}
    return {path: reason for path, reason in optional.items() if PurePosixPath(path).name not in mentioned}


def _optional(path: str) -> str | None:
    pure = PurePosixPath(path)
    if pure.parts[0].endswith(".dist-info"):
        return None
    if pure.suffix in _STUBS or pure.name == "py.typed":
        return "stubs"
    if pure.suffix in _SOURCES:
        return "sources"
    return "documents" if _DOCUMENT.fullmatch(pure.name) else None
