"""The billing files of both clouds as one store: keys below `oci/` lie in Oracle's bucket, all others in that of AWS.

The keys of AWS are the same with Oracle's bucket beside it and without: a file under a new name would be a delivery of its own,
and count once more.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from pydantic import Field

from resources.object_store import ObjectStore, StoredObject

OCI = "oci/"


class BothClouds(ObjectStore):
    """Two stores as one. What the store of AWS holds below `oci/` itself is not seen."""

    aws: ObjectStore = Field(description="Store with what AWS delivers; its keys stay as they are.")
    oci: ObjectStore = Field(description="Store with what OCI delivers; its keys get the prefix `oci/`.")

    def pages(self, prefix: str = "", *, start_after: str | None = None, page_size: int = 1000) -> Iterator[list[StoredObject]]:
        """See ObjectStore. A page holds objects of one cloud."""
        of_oci = self._of_oci(prefix, start_after, page_size)
        if not prefix.startswith(OCI):
            for page in self.aws.pages(prefix, start_after=start_after, page_size=page_size):
                before = [found for found in page if found.key < OCI]
                after = [found for found in page if found.key > OCI and not found.key.startswith(OCI)]
                if before:
                    yield before
                if after:
                    yield from of_oci  # nothing more, once it was listed
                    yield after
        yield from of_oci

    def _of_oci(self, prefix: str, start_after: str | None, page_size: int) -> Iterator[list[StoredObject]]:
        after = start_after or ""
        if not (prefix.startswith(OCI) or OCI.startswith(prefix)) or (after > OCI and not after.startswith(OCI)):
            return
        below = prefix.removeprefix(OCI) if prefix.startswith(OCI) else ""
        inside = after.removeprefix(OCI) if after.startswith(OCI) else ""
        for page in self.oci.pages(below, start_after=inside or None, page_size=page_size):
            yield [replace(found, key=OCI + found.key) for found in page]

    def head(self, key: str) -> StoredObject:
        """See ObjectStore."""
        begin, store, inside = self._of(key)
        return replace(store.head(inside), key=begin + inside)

    def user_metadata(self, key: str) -> dict[str, str]:
        """See ObjectStore."""
        _, store, inside = self._of(key)
        return store.user_metadata(inside)

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

    def _of(self, key: str) -> tuple[str, ObjectStore, str]:
        return (OCI, self.oci, key.removeprefix(OCI)) if key.startswith(OCI) else ("", self.aws, key)
