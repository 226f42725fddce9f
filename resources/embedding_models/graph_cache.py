"""Files made from others and kept: whole or not there, whoever else makes them at the same time."""

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path

from resources.errors import Denied


def kept(folder: Path, key: str, make: Callable[[], bytes]) -> bytes:
    """The file kept for a key; it is made if there is none, or if it is not as it was written.

    Its name has the hash of its content, so one that is damaged is known, and two processes that make the same write the same.

    Args:
        folder: Where files are kept; made if need be.
        key: Of all that the content follows from.
        make: Makes the content.

    Raises:
        Denied: The folder cannot be read or written.
    """
    start = hashlib.sha256(key.encode()).hexdigest()[:16]
    folder = folder.expanduser()
    try:
        for path in sorted(folder.glob(f"{start}-*.onnx")):
            content = path.read_bytes()
            if path.name == _name(start, content):
                return content
            path.unlink(missing_ok=True)
        content = make()
        folder.mkdir(parents=True, exist_ok=True)
        _write_whole(folder / _name(start, content), content)
    except OSError as error:
        raise Denied(
            f"{folder} cannot be used to keep graphs ({error})", "Let this user write it, or name another folder."
        ) from error
    return content


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file aside and rename it; nothing of it stays on a disk that is full."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".graph-", delete=False) as file:
        part = Path(file.name)
        try:
            file.write(content)
            file.flush()
            part.chmod(0o644)  # others may share the folder
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def _name(start: str, content: bytes) -> str:
    return f"{start}-{hashlib.sha256(content).hexdigest()[:32]}.onnx"
