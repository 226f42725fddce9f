"""Puts zips of layers where their files lie in a function: below one folder, the later over the earlier."""

import io
import shutil
import stat
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from resources.lambda_layers import MOST_UNZIPPED_BYTES


class NotUnpacked(ValueError):
    """A zip is none, or would write elsewhere, or more than a function may have."""


def unpack(contents: Sequence[bytes], root: Path) -> None:
    """Unpack zips in their order, with modes and links as they are in them.

    Raises:
        NotUnpacked: With the reason.
    """
    root.mkdir(parents=True, exist_ok=True)
    left = MOST_UNZIPPED_BYTES
    for content in contents:
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                left -= sum(entry.file_size for entry in archive.infolist())
                if left < 0:
                    raise NotUnpacked(f"unzipped it is larger than the {MOST_UNZIPPED_BYTES:,} bytes that a function may have")
                for entry in archive.infolist():
                    _put(archive, entry, root)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
            raise NotUnpacked(f"it cannot be unzipped: {error}") from error


def _put(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, root: Path) -> None:
    name = PurePosixPath(entry.filename)
    path = root / name
    mode = entry.external_attr >> 16
    if name.is_absolute() or ".." in name.parts or not _within(path.parent, root):
        raise NotUnpacked(f"{entry.filename} lies outside of the layer")
    if entry.is_dir():
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if stat.S_ISLNK(mode):
        target = archive.read(entry).decode()
        if not _within(path.parent / target, root):
            raise NotUnpacked(f"{entry.filename} is a link that leads out of the layer")
        path.symlink_to(target)
        return
    with archive.open(entry) as source, path.open("xb") as sink:
        shutil.copyfileobj(source, sink)
    path.chmod(0o755 if mode & 0o111 else 0o644)


def _within(path: Path, root: Path) -> bool:
    return path.resolve().is_relative_to(root.resolve())
