"""The bytes of a delivered file, from the store or out of an archive."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from assets.finops.logic.archives import extract
from resources.errors import Unavailable
from resources.object_store import ObjectStore


@contextmanager
def content(store: ObjectStore, file: dict[str, Any]) -> Iterator[Path]:
    """The file as it was inspected. Raises Unavailable if it was rewritten since."""
    key, _, member = file["x_source_file"].partition("!/")
    if store.head(key).etag != file["etag"]:
        raise Unavailable(f"{key} was rewritten since it was inspected", "materialize finops/billing_files, then this again")
    with store.fetch(key) as path:
        if not member:
            yield path
            return
        with extracted(path, member) as inner:
            yield inner


@contextmanager
def extracted(archive: Path, member: str) -> Iterator[Path]:
    """One member of an archive as a file of its own, removed afterwards."""
    with TemporaryDirectory(prefix="cloudops-") as folder:
        target = Path(folder) / "member"
        extract(archive, member, target)
        yield target
