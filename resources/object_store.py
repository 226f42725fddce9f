"""Objects by key, independent of the cloud: the interface, and the variant for a folder of this machine."""

import errno
import io
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, BinaryIO

import dagster as dg
from pydantic import Field

from resources.errors import BadInput, Denied, NotFound, Unavailable

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object as a listing shows it.

    Attributes:
        key: Name below the root of the store, with `/` between its parts.
        size: Bytes.
        etag: Changes whenever the object is rewritten. It is no checksum, and means nothing in another store.
        last_modified: When it was last written, aware UTC.
    """

    key: str
    size: int
    etag: str
    last_modified: datetime


class ObjectStore(dg.ConfigurableResource[Any], ABC):
    """Objects by key. Every method raises only errors of `resources.errors`."""

    @abstractmethod
    def pages(self, prefix: str = "", *, start_after: str | None = None, page_size: int = 1000) -> Iterator[list[StoredObject]]:
        """Objects whose key starts with `prefix`, in key order (by UTF-8 bytes).

        A page holds at most `page_size` objects (up to 1000) and at least one. Only keys after `start_after`
        are listed, whether or not that key exists. A store that cannot be listed raises: a failed listing is
        not an empty store.
        """

    def list_objects(self, prefix: str = "") -> Iterator[StoredObject]:
        """Every object whose key starts with `prefix`, in key order."""
        for page in self.pages(prefix):
            yield from page

    @abstractmethod
    def head(self, key: str) -> StoredObject:
        """The object without its content. Raises NotFound."""

    @abstractmethod
    def user_metadata(self, key: str) -> dict[str, str]:
        """What was written beside the object by its owner, names in lower case; empty if nothing. Raises NotFound."""

    @abstractmethod
    def get(self, key: str) -> bytes:
        """The whole content. Raises NotFound."""

    @abstractmethod
    def open(self, key: str) -> BinaryIO:
        """The content as a stream, to be closed by the caller. Raises NotFound."""

    @abstractmethod
    def fetch(self, key: str) -> AbstractContextManager[Path]:
        """A local file with the content, only to be read and gone afterwards. Raises NotFound."""

    @abstractmethod
    def put(self, key: str, body: bytes) -> StoredObject:
        """Store `body`, replacing what is there at once or not at all."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Remove the object; it is no error if there is none."""


class LocalObjectStore(ObjectStore):
    """A folder of this machine.

    Hidden files and unfinished ones (`.part`) are no objects. Links are followed inside the folder, never out
    of it. The etag comes from size and time of writing.
    """

    root: str = Field(description="Folder that holds the objects.")
    read_only: bool = Field(default=False, description="Refuse to write or delete.")

    def pages(self, prefix: str = "", *, start_after: str | None = None, page_size: int = 1000) -> Iterator[list[StoredObject]]:
        """See ObjectStore. Raises NotFound if there is no such folder, Denied if any of it is unreadable."""
        page: list[StoredObject] = []
        for key, path in self._files(self._folder(), "", prefix, (), start_after or ""):
            try:
                page.append(_described(key, path.stat()))
            except FileNotFoundError:
                continue  # deleted since the folder was read
            if len(page) == page_size:
                yield page
                page = []
        if page:
            yield page

    def head(self, key: str) -> StoredObject:
        """See ObjectStore."""
        path = self._existing(key)
        with _file_errors(key):
            return _described(key, path.stat())

    def user_metadata(self, key: str) -> dict[str, str]:
        """See ObjectStore. A file has none."""
        self.head(key)
        return {}

    def get(self, key: str) -> bytes:
        """See ObjectStore."""
        path = self._existing(key)
        with _file_errors(key):
            return path.read_bytes()

    def open(self, key: str) -> BinaryIO:
        """See ObjectStore."""
        path = self._existing(key)
        with _file_errors(key):
            return path.open("rb")

    @contextmanager
    def fetch(self, key: str) -> Iterator[Path]:
        """The file itself, without a copy."""
        self.open(key).close()
        yield self._existing(key)

    def put(self, key: str, body: bytes) -> StoredObject:
        """See ObjectStore. Raises Denied if the store is read-only."""
        path = self._writable(key)
        with _file_errors(key):
            path.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".part", delete=False) as part:
                try:
                    part.write(body)
                    part.flush()
                    os.fsync(part.fileno())
                    _tick(Path(part.name), path)
                    Path(part.name).replace(path)
                except BaseException:
                    Path(part.name).unlink(missing_ok=True)
                    raise
            return _described(key, path.stat())

    def delete(self, key: str) -> None:
        """See ObjectStore. Raises Denied if the store is read-only."""
        path = self._writable(key)
        with _file_errors(key):
            path.unlink(missing_ok=True)

    def _folder(self) -> Path:
        folder = Path(self.root).resolve()
        if not folder.is_dir():
            raise NotFound(f"there is no folder {self.root}", "Create it, or correct the root of the store.")
        return folder

    def _files(self, folder: Path, base: str, prefix: str, above: tuple[Path, ...], after: str) -> Iterator[tuple[str, Path]]:
        """Keys and files below `folder` in key order, skipping branches that hold none of those asked for."""
        real = folder.resolve()
        if real in above:
            return
        with _file_errors(base or self.root):
            names = {entry.name + ("/" if entry.is_dir() else "") for entry in os.scandir(folder)}
        # With its slash a folder sorts where its keys do: `a.txt` < `a/b`.
        for name in sorted(names):
            key, path = base + name, folder / name
            if name.startswith(".") or name.endswith(".part") or not self._inside(path):
                continue
            if name.endswith("/"):
                wanted = key.startswith(prefix) or prefix.startswith(key)
                if wanted and (key > after or after.startswith(key)):
                    yield from self._files(path, key, prefix, (*above, real), after)
            elif key.startswith(prefix) and key > after and path.is_file():
                yield key, path

    def _inside(self, path: Path) -> bool:
        return path.resolve().is_relative_to(Path(self.root).resolve())

    def _path(self, key: str) -> Path:
        parts = key.split("/")
        if "\0" in key or key.endswith(".part") or any(not part or part.startswith(".") for part in parts):
            raise BadInput(
                f"{key!r} cannot be the key of an object",
                "Use a relative name without empty or hidden parts that does not end in .part.",
            )
        path = Path(self.root, *parts)
        if not self._inside(path):
            raise BadInput(f"{key!r} is a link that leads out of the store", "Copy the file into the folder instead.")
        return path

    def _existing(self, key: str) -> Path:
        path = self._path(key)
        with _file_errors(key):
            folder = path.is_dir()
        if folder:
            raise NotFound(f"there is no object {key}", "It is a folder: list the objects below it.")
        return path

    def _writable(self, key: str) -> Path:
        if self.read_only:
            raise Denied(f"{key} cannot be written: the store {self.root} is read-only", "Write to another store.")
        path = self._path(key)
        self._folder()
        return path


class NotConfigured(LocalObjectStore):
    """The place of a store that nobody named: every use of it raises BadInput with what to set."""

    root: str = ""
    advice: str = Field(description="What to set.")

    def _folder(self) -> Path:
        raise BadInput("this store is not configured", self.advice)

    def _path(self, key: str) -> Path:
        raise BadInput(f"{key} cannot be accessed: this store is not configured", self.advice)


def _described(key: str, stat: os.stat_result) -> StoredObject:
    written = _EPOCH + timedelta(microseconds=stat.st_mtime_ns // 1000)
    return StoredObject(key, stat.st_size, f"{stat.st_mtime_ns:x}-{stat.st_size:x}", written)


def streamed(
    read: Callable[[int], bytes], close: Callable[[], None], errors: Callable[[], AbstractContextManager[None]]
) -> BinaryIO:
    """The body of a response as a buffered stream, for variants of the store.

    Args:
        read: Reads at most so many bytes of the body; none at its end.
        close: Gives its connection back.
        errors: Translates errors of the SDK while it is read.
    """
    return io.BufferedReader(_Body(read, close, errors), buffer_size=1 << 20)


class _Body(io.RawIOBase):
    def __init__(
        self, read: Callable[[int], bytes], close: Callable[[], None], errors: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._read, self._close, self._errors = read, close, errors

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401
        with self._errors():
            data = self._read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._close()
        super().close()


def _tick(part: Path, previous: Path) -> None:
    """Make `part` newer than the file it replaces: time stamps have steps, and the etag must change."""
    try:
        before = previous.stat().st_mtime_ns
    except FileNotFoundError:
        return
    now = part.stat()
    if now.st_mtime_ns <= before:
        os.utime(part, ns=(now.st_atime_ns, before + 1000))


@contextmanager
def _file_errors(key: str) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise NotFound(f"there is no object {key}", "List the store to see what there is.") from error
    except PermissionError as error:
        raise Denied(
            f"{key} may not be accessed: {error.strerror}",
            "Give the user of this process access to the file and its folders.",
        ) from error
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise NotFound(f"there is no object {key}", "No file can have so long a name.") from error
        raise Unavailable(
            f"{key} could not be accessed: {error.strerror}",
            "Check the disk: its space, its mount and its health.",
        ) from error
