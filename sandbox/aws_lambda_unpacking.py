"""Code of functions and their layers, unpacked where a function finds them (`task`, `opt`), kept for the next calls.

Nothing is ever written outside: names that lead out lose what leads there, as with `unzip`, and links that do are left out.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import threading
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path, PurePosixPath

from sandbox.aws_lambda_state import Configuration

_MOST = 16
"""Trees that are kept."""
_FIRST_YEAR = 1980


class Trees:
    """Unpacked trees by what is in them; the ones used least recently go, unless they are in use."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._kept: OrderedDict[tuple[str, ...], Path] = OrderedDict()
        self._used: dict[tuple[str, ...], int] = {}
        self._lock = threading.Lock()

    @contextmanager
    def held(self, configuration: Configuration) -> Iterator[Path]:
        """The folder with `task` and `opt` of a configuration, while it is needed."""
        key = (configuration.package.sha256, *(layer.package.sha256 for layer in configuration.layers))
        with self._lock:
            if key not in self._kept:
                self._kept[key] = self._made(configuration)
            self._kept.move_to_end(key)
            self._used[key] = self._used.get(key, 0) + 1
            folder = self._kept[key]
        try:
            yield folder
        finally:
            with self._lock:
                self._used[key] -= 1
                self._drop()

    def _made(self, configuration: Configuration) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="sandbox-lambda-", ignore_cleanup_errors=True)
        folder = Path(tempfile.mkdtemp(dir=self._folder.name))
        for name, packages in (("task", [configuration.package]), ("opt", [layer.package for layer in configuration.layers])):
            (folder / name).mkdir()
            for package in packages:
                unpack(package.content, folder / name)
        return folder

    def _drop(self) -> None:
        idle = [key for key in self._kept if not self._used.get(key)]
        for key in idle[: max(len(self._kept) - _MOST, 0)]:
            shutil.rmtree(self._kept.pop(key), ignore_errors=True)
            self._used.pop(key, None)


def unpack(content: bytes, folder: Path) -> None:
    """Unpack a zip over what is there, with its times, permissions and links."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        for entry in archive.infolist():
            parts = [part for part in PurePosixPath(entry.filename.replace("\\", "/")).parts if part not in ("/", "..", ".")]
            path = folder.joinpath(*parts)
            if not parts or not path.parent.resolve().is_relative_to(folder.resolve()):
                continue
            for above in path.parents[: len(parts) - 1]:
                if not above.is_dir():
                    above.unlink(missing_ok=True)
            _write(archive, entry, path, folder)


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, folder: Path) -> None:
    mode = entry.external_attr >> 16
    if entry.is_dir():
        if not path.is_dir():
            path.unlink(missing_ok=True)
            path.mkdir(parents=True)
        return
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    if stat.S_ISLNK(mode):
        _link(archive.read(entry).decode(errors="replace"), path, folder)
        return
    with archive.open(entry) as source, path.open("wb") as target:
        shutil.copyfileobj(source, target)
    path.chmod(stat.S_IMODE(mode) & 0o777 | stat.S_IRUSR | stat.S_IWUSR)
    if entry.date_time[0] >= _FIRST_YEAR:
        _date(path, entry.date_time)


def _date(path: Path, told: tuple[int, int, int, int, int, int]) -> None:
    """The file's time as the zip tells it, if it is one: bytecode that names its source's time is used or not by it."""
    try:
        moment = datetime(*told, tzinfo=UTC).timestamp()
    except ValueError:
        return
    os.utime(path, (moment, moment))


def _link(target: str, path: Path, folder: Path) -> None:
    """A link that stays inside; `/opt/…` means the folder itself."""
    inner = folder / target.removeprefix("/opt/") if target.startswith("/opt/") else path.parent / target
    if Path(os.path.normpath(inner)).is_relative_to(folder) and inner.resolve().is_relative_to(folder.resolve()):
        path.symlink_to(os.path.relpath(os.path.normpath(inner), path.parent))
