"""Archives of billing files, opened safely: nothing in them decides where anything is written, and nothing grows without limit."""

import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

MEMBER_LIMIT = 10_000
SIZE_LIMIT = 20 * 1024**3
_RATIO_LIMIT = 1_000
_BLOCK = 1 << 20


class UnsafeArchive(Exception):
    """The archive asks for more than reading a billing file takes."""


@dataclass(frozen=True, slots=True)
class Member:
    """A regular file of an archive: its name as given (only ever used as a label) and its size."""

    name: str
    size: int


def members(path: Path) -> list[Member]:
    """The regular files of a tar (any compression) or zip archive; links, devices and folders are left out.

    Raises UnsafeArchive for too many members or too much content, OSError or tarfile/zipfile errors for a damaged archive.
    """
    found: list[Member] = []
    for name, size in _listing(path):
        found.append(Member(name, size))
        if len(found) > MEMBER_LIMIT:
            raise UnsafeArchive(f"more than {MEMBER_LIMIT} files")
    total = sum(m.size for m in found)
    if total > SIZE_LIMIT or total > _RATIO_LIMIT * max(path.stat().st_size, 1):
        raise UnsafeArchive(f"unpacks to {total:,} bytes from {path.stat().st_size:,}")
    return found


def extract(path: Path, name: str, target: Path) -> None:
    """Write one member's content to `target`, and nowhere else. Raises UnsafeArchive if it is larger than it said."""
    expected = next((m.size for m in members(path) if m.name == name), None)
    if expected is None:
        raise UnsafeArchive(f"no regular file {name}")
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive, archive.open(name) as source:
            _copy(source, target, expected)
        return
    with tarfile.open(path) as tar:
        stream = tar.extractfile(name)
        if stream is None:
            raise UnsafeArchive(f"no regular file {name}")
        with stream:
            _copy(stream, target, expected)


def _listing(path: Path) -> Iterator[tuple[str, int]]:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from ((i.filename, i.file_size) for i in archive.infolist() if not i.is_dir())
        return
    with tarfile.open(path) as tar:
        yield from ((m.name, m.size) for m in tar if m.isfile())


def _copy(source: IO[bytes], target: Path, expected: int) -> None:
    written = 0
    with target.open("wb") as sink:
        while block := source.read(_BLOCK):
            written += len(block)
            if written > expected:
                raise UnsafeArchive(f"larger than the {expected:,} bytes it says")
            sink.write(block)
