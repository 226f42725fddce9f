"""Rules on the zip itself: where its entries would land, what kind they are, and whether they are what they are said to be."""

import posixpath
import re
import stat
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from assets.layers.logic.products import Finding
from assets.layers.logic.scan.directory import (
    DEFLATED,
    MOST_ENTRIES,
    STORED,
    Buffer,
    Corrupt,
    Directory,
    Entry,
    TooLarge,
    content_of,
    extra_fields,
)
from resources.lambda_layers import MOST_UNZIPPED_BYTES

_MOST_RATIO = 200
_LARGE = 10 * 1024 * 1024
_UNICODE_PATH = 0x7075
_MOST_LINK = 4096
_ROOTS = frozenset({"python", "nodejs", "lib", "bin", "extensions", "java", "ruby"})
_CODE = re.compile(r"\.(py|pyc|js|mjs|cjs|so(\.\d+)*)$")
_HIDDEN = re.compile("[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_SLASHES = str.maketrans(dict.fromkeys("\u2044\u2215\u29f8\uff0f\u2216\uff3c\\", "/"))


def archive_findings(directory: Directory, buffer: Buffer) -> Iterator[Finding]:
    """Everything that is wrong with a zip before its contents are looked at."""
    for path, what in directory.faults:
        yield Finding("zip-structure", "high", path, what)
    if len(directory.entries) >= MOST_ENTRIES:
        yield Finding("too-large", "high", "", f"it has {MOST_ENTRIES} entries or more, of which no more were looked at")
    for entry in directory.entries:
        yield from _name_findings(entry)
        yield from _kind_findings(entry)
        yield from _size_findings(entry)
    yield from _total_findings(directory.entries)
    yield from _collisions(directory.entries)
    yield from _links(directory, buffer)
    yield from _permissions(directory.entries)
    yield from _layout(directory.entries)


def _name_findings(entry: Entry) -> Iterator[Finding]:
    name = entry.name
    plain = unicodedata.normalize("NFKC", name.translate(_SLASHES)).translate(_SLASHES)
    shown = printable(name)
    if _is_outside(name):
        yield Finding("path-traversal", "high", shown, "it would be written outside of the layer's folder")
    elif _is_outside(plain):
        yield Finding(
            "path-traversal", "high", shown, "after backslashes or look-alike characters are replaced, it leads outside"
        )
    elif "\\" in name:
        yield Finding("path-traversal", "medium", shown, "it has a backslash, which some programs take for a folder's separator")
    if _HIDDEN.search(name):
        yield Finding("hidden-characters", "high", shown, "its name has characters that are not seen")
    for kind, body in extra_fields(entry.extra):
        if kind == _UNICODE_PATH and body[5:] != entry.raw_name:
            yield Finding("zip-structure", "high", shown, "an extra field gives it another name")


def _is_outside(name: str) -> bool:
    return name.startswith("/") or bool(re.match(r"[A-Za-z]:", name)) or ".." in name.split("/")


def printable(name: str) -> str:
    """A name without characters that are not seen or move others."""
    return _HIDDEN.sub(lambda match: f"\\u{ord(match[0]):04x}", name)


def _kind_findings(entry: Entry) -> Iterator[Finding]:
    kind = stat.S_IFMT(entry.mode)
    if kind in (stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK):
        yield Finding("special-file", "high", printable(entry.name), "it is a device, pipe or socket")
    if entry.is_encrypted:
        yield Finding("encrypted", "high", printable(entry.name), "it is encrypted, so nobody can look into it")
    if entry.method not in (STORED, DEFLATED):
        yield Finding(
            "unsupported-method", "high", printable(entry.name), f"it is packed by method {entry.method}; Lambda takes 0, 8"
        )


def _size_findings(entry: Entry) -> Iterator[Finding]:
    if entry.size > _LARGE and entry.size > _MOST_RATIO * max(entry.packed, 1):
        yield Finding("bomb", "high", printable(entry.name), f"{entry.packed} bytes become {entry.size}")


def _total_findings(entries: list[Entry]) -> Iterator[Finding]:
    total, packed = sum(entry.size for entry in entries), sum(entry.packed for entry in entries)
    if total > MOST_UNZIPPED_BYTES:
        yield Finding("too-large", "high", "", f"it unpacks to {total} bytes; Lambda allows {MOST_UNZIPPED_BYTES}")
    if total > _LARGE and total > _MOST_RATIO * max(packed, 1):
        yield Finding("bomb", "high", "", f"{packed} bytes become {total}")


def _collisions(entries: list[Entry]) -> Iterator[Finding]:
    for name, count in Counter(entry.name for entry in entries).items():
        if count > 1:
            yield Finding("duplicate-name", "high", printable(name), f"{count} entries have this name; which one counts depends")
    alike: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        alike[unicodedata.normalize("NFKC", entry.name).casefold().rstrip("/")].add(entry.name.rstrip("/"))
    for names in alike.values():
        if len(names) > 1:
            first, *rest = sorted(names)
            yield Finding(
                "similar-name", "high", printable(first), f"differs only in case or form from {', '.join(map(printable, rest))}"
            )
    files = {entry.name for entry in entries if not entry.is_folder}
    for name in sorted({parent for entry in entries for parent in _parents(entry.name)} & files):
        yield Finding("duplicate-name", "high", printable(name), "it is a file or link, and the folder of other entries")


def _parents(name: str) -> Iterator[str]:
    parts = name.rstrip("/").split("/")
    for length in range(1, len(parts)):
        yield "/".join(parts[:length])


def _links(directory: Directory, buffer: Buffer) -> Iterator[Finding]:
    names = {entry.name.rstrip("/") for entry in directory.entries}
    names |= {parent for name in list(names) for parent in _parents(name)}
    for entry in directory.entries:
        if not stat.S_ISLNK(entry.mode):
            continue
        try:
            target = content_of(buffer, directory, entry, _MOST_LINK).decode("utf-8", "replace")
        except (Corrupt, TooLarge) as error:
            yield Finding("link", "high", printable(entry.name), f"it is a link whose target cannot be read: {error}")
            continue
        yield _link(entry, target, names)


def _link(entry: Entry, target: str, names: set[str]) -> Finding:
    """Lambda keeps links; one that stays below /opt is how libraries name their versions."""
    inner = target.removeprefix("/opt/") if target.startswith("/opt/") else posixpath.join(posixpath.dirname(entry.name), target)
    path = posixpath.normpath(inner)
    shown, said = printable(entry.name), printable(target)
    if path.startswith(("/", "../")) or path == ".." or "\\" in target:
        return Finding("link", "high", shown, f"it is a link to {said}, outside of the layer")
    if path not in names:
        return Finding("link", "medium", shown, f"it is a link to {said}, which is not in the layer")
    return Finding("link", "low", shown, f"it is a link to {said}")


def _permissions(entries: Iterable[Entry]) -> Iterator[Finding]:
    told = [entry for entry in entries if entry.mode and not stat.S_ISLNK(entry.mode)]
    for entry in told:
        if entry.mode & (stat.S_ISUID | stat.S_ISGID) and not entry.is_folder:
            yield Finding("setuid", "high", printable(entry.name), f"mode {entry.mode & 0o7777:04o}: it would run as its owner")
    yield from _grouped(
        "world-writable", (e for e in told if e.mode & stat.S_IWOTH and not e.mode & stat.S_ISVTX), "anybody may write to it"
    )
    needed = {True: stat.S_IROTH | stat.S_IXOTH, False: stat.S_IROTH}
    yield from _grouped(
        "unreadable", (e for e in told if e.mode & needed[e.is_folder] != needed[e.is_folder]), "a function could not read it"
    )


def _grouped(rule: str, entries: Iterable[Entry], what: str) -> Iterator[Finding]:
    """One finding for all files of a kind: one wrong umask is one mistake."""
    names = [printable(entry.name) for entry in entries]
    if names:
        others = f", and {len(names) - 1} more" if len(names) > 1 else ""
        yield Finding(rule, "high", names[0], f"{what}{others}")


def _layout(entries: list[Entry]) -> Iterator[Finding]:
    files = [entry.name for entry in entries if not entry.is_folder]
    if not files or any(name.split("/", 1)[0] in _ROOTS and "/" in name for name in files):
        return
    code = next((name for name in files if _CODE.search(name)), None)
    found = f"nothing is below {', '.join(sorted(_ROOTS))}: no runtime finds it"
    yield Finding("layout", "high" if code else "medium", printable(code or files[0]), found)
