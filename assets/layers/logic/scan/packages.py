"""Which packages a zip holds, by their metadata: what advisories are asked for."""

import re
from dataclasses import dataclass
from email.parser import HeaderParser

from assets.layers.logic.scan.directory import Buffer, Corrupt, Directory, TooLarge, content_of

_METADATA = re.compile(r"(^|/)(?P<name>[^/]+)-(?P<version>[^/-]+)\.(dist|egg)-info/(METADATA|PKG-INFO)$")
_MOST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, order=True)
class NamedPackage:
    """A package by its name (normalised) and version."""

    name: str
    version: str


def packages_of(buffer: Buffer, directory: Directory) -> tuple[NamedPackage, ...]:
    """Python packages of a zip, sorted. Where metadata cannot be read, the name of its folder counts."""
    found = set()
    for entry in directory.entries:
        match = _METADATA.search(entry.name)
        if match is None:
            continue
        try:
            told = HeaderParser().parsestr(
                content_of(buffer, directory, entry, _MOST_BYTES).decode("utf-8", "replace"), headersonly=True
            )
            name, version = told.get("Name") or match["name"], told.get("Version") or match["version"]
        except (Corrupt, TooLarge, ValueError):
            name, version = match["name"], match["version"]
        found.add(NamedPackage(re.sub(r"[-_.]+", "-", str(name)).lower(), str(version).strip()))
    return tuple(sorted(found))
