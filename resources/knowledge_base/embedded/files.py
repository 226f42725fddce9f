"""Files that are written whole or not at all, and read without a copy; a damaged one is an error, never an answer."""

import json
import mmap
import os
import shutil
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resources.errors import BadInput, Conflict, Denied, Unavailable

_CHECKED_WHEN_OPENED = 4 << 20
"""Bytes up to which a file's checksum is verified whenever it is opened: a few milliseconds."""
_CHUNK = 1 << 22
_REBUILD = "Restore the folder, or rebuild the knowledge base: `cloudops` job documents_reembed."


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A finished file as the manifest names it: its size in bytes and CRC-32 show damage."""

    name: str
    size: int
    checksum: int


def write_file(folder: Path, name: str, write: Callable[[Path], None]) -> StoredFile:
    """A new file, on the disk before this returns. It counts only once a manifest names it."""
    path = folder / name
    write(path)
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
        checksum = 0
        while chunk := stream.read(_CHUNK):
            checksum = zlib.crc32(chunk, checksum)
    return StoredFile(name, path.stat().st_size, checksum)


def open_file(folder: Path, stored: StoredFile, *, thoroughly: bool = False) -> memoryview:
    """The content, mapped: pages are read when they are looked at, and it outlives the file's deletion.

    Args:
        folder: Where it lies.
        stored: What the manifest says of it.
        thoroughly: Verify the checksum of a large file too.

    Raises:
        BadInput: It is damaged.
        FileNotFoundError: It is gone, which may be because it was replaced meanwhile.
    """
    path = folder / stored.name
    with path.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        if size != stored.size:
            raise damaged(path, f"it has {size} bytes instead of {stored.size}")
        content = memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) if size else b"")
    if thoroughly or size <= _CHECKED_WHEN_OPENED:
        verify(path, stored, content)
    return content


def verify(path: Path, stored: StoredFile, content: memoryview) -> None:
    """Raises BadInput if the checksum is another."""
    checksum = 0
    for start in range(0, len(content), _CHUNK):
        checksum = zlib.crc32(content[start : start + _CHUNK], checksum)
    if checksum != stored.checksum:
        raise damaged(path, "its checksum is another")


def damaged(path: Path, how: str) -> BadInput:
    """The error for a file that is not what was written."""
    return BadInput(f"the knowledge base is damaged: {path}: {how}", _REBUILD)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Replace a small file in one step: readers see the former content or this, and so does whoever comes after a crash."""
    body = json.dumps(content, ensure_ascii=False, sort_keys=True)
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8") as stream:
        stream.write(f"{zlib.crc32(body.encode()):08x}\n{body}")
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)
    sync_folder(path.parent)


def read_json(path: Path) -> dict[str, Any]:
    """What `write_json` wrote. Raises FileNotFoundError, and BadInput if it is damaged."""
    content = path.read_bytes()
    checksum, _, body = content.partition(b"\n")
    if checksum != f"{zlib.crc32(body):08x}".encode():
        raise damaged(path, "its checksum is another")
    parsed: dict[str, Any] = json.loads(body)
    return parsed


def sync_folder(folder: Path) -> None:
    """Bring the names of a folder's files to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def delete(path: Path) -> None:
    """Delete a file or folder; what cannot be deleted now is tried again by a later writer."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def only_writer(path: Path, of_what: str) -> Iterator[None]:
    """Hold the lock file while writing; the system frees it if the process dies.

    Raises:
        Conflict: Another process or thread holds it.
        FileNotFoundError: The folder is gone.
    """
    import fcntl

    with path.open("a") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(f"{of_what} is being written by another process", "Run this again when that one is done.") from error
        yield


@contextmanager
def file_errors(root: str) -> Iterator[None]:
    """Translate errors of the file system."""
    try:
        yield
    except PermissionError as error:
        raise Denied(
            f"{error.filename or root} may not be accessed",
            "Give the user of this process access to the knowledge base's folder.",
        ) from error
    except FileNotFoundError as error:
        raise damaged(Path(error.filename or root), "it is missing") from error
    except OSError as error:
        raise Unavailable(
            f"{error.filename or root} could not be accessed: {error.strerror}",
            "Check the disk: its space, its mount and its health.",
        ) from error
