"""The billing files of both clouds as one store: keys below `aws/` lie in one bucket, those below `oci/` in another."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from pydantic import Field

from resources.errors import BadInput
from resources.object_store import ObjectStore, StoredObject

AWS, OCI = "aws/", "oci/"


class BothClouds(ObjectStore):
    """Two stores side by side, each below a prefix of its own."""

    aws: ObjectStore = Field(description="Store with what AWS delivers; its keys get the prefix `aws/`.")
    oci: ObjectStore = Field(description="Store with what OCI delivers; its keys get the prefix `oci/`.")

    def pages(self, prefix: str = "", *, start_after: str | None = None, page_size: int = 1000) -> Iterator[list[StoredObject]]:
        """See ObjectStore. A page holds objects of one cloud."""
        for begin, store in self._parts():
            if not (prefix.startswith(begin) or begin.startswith(prefix)):
                continue
            if start_after is not None and start_after > begin and not start_after.startswith(begin):
                continue
            after = start_after.removeprefix(begin) if start_after is not None and start_after.startswith(begin) else None
            below = prefix.removeprefix(begin) if prefix.startswith(begin) else ""
            for page in store.pages(below, start_after=after or None, page_size=page_size):
                yield [replace(found, key=begin + found.key) for found in page]

    def head(self, key: str) -> StoredObject:
        """See ObjectStore."""
        begin, store, inside = self._of(key)
        return replace(store.head(inside), key=begin + inside)

    def get(self, key: str) -> bytes:
        """See ObjectStore."""
        _, store, inside = self._of(key)
        return store.get(inside)

    def open(self, key: str) -> BinaryIO:
        """See ObjectStore."""
        _, store, inside = self._of(key)
        return store.open(inside)

    def fetch(self, key: str) -> AbstractContextManager[Path]:
        """See ObjectStore."""
        _, store, inside = self._of(key)
        return store.fetch(inside)

    def put(self, key: str, body: bytes) -> StoredObject:
        """See ObjectStore."""
        begin, store, inside = self._of(key)
        return replace(store.put(inside, body), key=begin + inside)

    def delete(self, key: str) -> None:
        """See ObjectStore."""
        _, store, inside = self._of(key)
        store.delete(inside)

    def _parts(self) -> tuple[tuple[str, ObjectStore], ...]:
        return ((AWS, self.aws), (OCI, self.oci))

    def _of(self, key: str) -> tuple[str, ObjectStore, str]:
        for begin, store in self._parts():
            if key.startswith(begin):
                return begin, store, key.removeprefix(begin)
        raise BadInput(f"{key!r} is of neither cloud", f"Keys of this store begin with {AWS} or {OCI}.")
