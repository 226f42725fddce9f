"""Archives of billing files, opened safely: nothing in them decides where anything is written or how much."""

import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

MEMBER_LIMIT = 10_000
SIZE_LIMIT = 20 * 1024**3
_RATIO_LIMIT = 1_000
_BLOCK = 1 << 20
_DAMAGE = (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile, zlib.error, ValueError, RuntimeError)
"""What the libraries raise for torn archives, and (RuntimeError) for encrypted ones and unknown compressions."""


class UnsafeArchive(Exception):
    """The archive asks for more than reading a billing file takes, or cannot be read."""


@dataclass(frozen=True, slots=True)
class Member:
    """A regular file of an archive: its name as given (only ever used as a label) and its size."""

    name: str
    size: int


def members(path: Path) -> list[Member]:
    """The regular files of a tar (any compression) or zip archive; links, devices and folders are left out.

    Of several under one name the last counts, as when unpacking. Raises UnsafeArchive for too many members, too much content
    or a damaged archive.
    """
    found: dict[str, Member] = {}
    total = 0
    limit = min(SIZE_LIMIT, _RATIO_LIMIT * max(path.stat().st_size, 1))
    with _readable():
        for number, (name, size) in enumerate(_listing(path), start=1):
            found[name] = Member(name, size)
            total += size
            if number > MEMBER_LIMIT:
                raise UnsafeArchive(f"more than {MEMBER_LIMIT} files")
            if total > limit:
                raise UnsafeArchive(f"unpacks to more than {limit:,} bytes from {path.stat().st_size:,}")
    return list(found.values())


def extract(path: Path, name: str, target: Path) -> None:
    """Write one member's content to `target`, and nowhere else. Raises UnsafeArchive if it is larger than it said or damaged."""
    expected = next((m.size for m in members(path) if m.name == name), None)
    if expected is None:
        raise UnsafeArchive(f"no regular file {name}")
    with _readable(), _opened(path, name) as source:
        _copy(source, target, expected)


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk, not the archive
        raise UnsafeArchive(f"cannot be read ({error}); deliver it again") from error


@contextmanager
def _opened(path: Path, name: str) -> Iterator[IO[bytes]]:
    if _is_zip(path):
        with zipfile.ZipFile(path) as archive, archive.open(name) as source:
            yield source
        return
    with tarfile.open(path) as tar:
        stream = tar.extractfile(name)
        if stream is None:
            raise UnsafeArchive(f"no regular file {name}")
        with stream:
            yield stream


def _is_zip(path: Path) -> bool:
    """By how it begins: `zipfile.is_zipfile` also takes a tar whose last member is a zip."""
    with path.open("rb") as stream:
        return stream.read(2) == b"PK"


def _listing(path: Path) -> Iterator[tuple[str, int]]:
    if _is_zip(path):
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
