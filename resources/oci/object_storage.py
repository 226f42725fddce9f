"""Objects in a bucket of OCI Object Storage, and the bucket in which Oracle lays down cost and usage reports."""

import base64
import hashlib
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from pydantic import Field, PrivateAttr

from resources.errors import BadInput, NotFound
from resources.object_store import ObjectStore, StoredObject, streamed
from resources.oci import policies
from resources.oci.clients import OciClients
from resources.oci.errors import Call, translated
from resources.oci.paging import object_pages

REPORTS_NAMESPACE = "bling"
"""Oracle's own namespace of cost and usage reports. Source: docs.oracle.com, "Cost and Usage Reports"."""
_FIELDS = "name,size,etag,timeModified"
_CHUNK = 1 << 20
_META = "opc-meta-"


class OciObjectStore(ObjectStore):
    """A bucket, or what lies below one prefix of it.

    Times are of whole seconds: a listing has fractions, but reading one object does not tell them.
    """

    clients: OciClients = Field(description="Clients of Oracle's cloud.")
    bucket: str = Field(description="Name of the bucket.")
    namespace: str = Field(default="", description="Object Storage namespace; that of the caller's tenancy if empty.")
    region: str = Field(default="", description="Region of the bucket; that of the clients if empty.")
    prefix: str = Field(
        default="",
        description="Prefix that all keys of this store share; a folder, with or without its slash.",
    )
    _cached_namespace: str = PrivateAttr(default="")

    @classmethod
    def of_reports(cls, clients: OciClients, tenancy: str, home_region: str, prefix: str = "") -> "OciObjectStore":
        """The store of a tenancy's cost and usage reports, which Oracle keeps in a namespace of its own; to be read only.

        Args:
            clients: Clients of Oracle's cloud.
            tenancy: OCID of the tenancy; it is the bucket's name.
            home_region: The tenancy's home region, the only one that has them.
            prefix: Folder, such as `reports/cost-csv` or `FOCUS Reports`.
        """
        return cls(clients=clients, bucket=tenancy, namespace=REPORTS_NAMESPACE, region=home_region, prefix=prefix)

    def pages(self, prefix: str = "", *, start_after: str | None = None, page_size: int = 1000) -> Iterator[list[StoredObject]]:
        """See ObjectStore. Empty `folder/` markers, which consoles create, are no objects."""
        listed = object_pages(
            self._list_page,
            self._namespace(),
            self.bucket,
            prefix=self._base + prefix,
            start_after=self._base + start_after if start_after else None,
            limit=page_size,
            fields=_FIELDS,
        )
        for data in listed:
            page = [
                self._described(found.name, found.size, found.etag, found.time_modified)
                for found in data.objects
                if not (found.name.endswith("/") and found.size == 0)
            ]
            if page:
                yield page

    def head(self, key: str) -> StoredObject:
        """See ObjectStore."""
        full = self._full(key)
        with self._errors("head_object", full):
            headers = self._client().head_object(self._namespace(), self.bucket, full).headers
        return self._described(full, int(headers["content-length"]), headers["etag"], _time(headers))

    def user_metadata(self, key: str) -> dict[str, str]:
        """See ObjectStore. It is what Object Storage calls user-defined metadata (`opc-meta-…`)."""
        full = self._full(key)
        with self._errors("head_object", full):
            headers = self._client().head_object(self._namespace(), self.bucket, full).headers
        given = {name.lower(): value for name, value in headers.items()}
        return {name.removeprefix(_META): value for name, value in given.items() if name.startswith(_META)}

    def get(self, key: str) -> bytes:
        """See ObjectStore."""
        with self.open(key) as stream:
            return stream.read()

    def open(self, key: str) -> BinaryIO:
        """See ObjectStore. It reads from the connection as it goes, and cannot seek."""
        full = self._full(key)
        with self._errors("get_object", full):
            body = self._client().get_object(self._namespace(), self.bucket, full).data
        # `raw` is not decoded: an object with a content encoding is stored, and hashed, as it is.
        return streamed(body.raw.read, body.close, lambda: self._errors("get_object", full))

    @contextmanager
    def fetch(self, key: str) -> Iterator[Path]:
        """A copy in a private temporary folder, named after the object so that extensions still tell."""
        with TemporaryDirectory(prefix="cloudops-") as folder:
            path = Path(folder, "object-" + key.rpartition("/")[2][-60:])
            with self.open(key) as stream, path.open("xb") as copy:
                shutil.copyfileobj(stream, copy, _CHUNK)
            yield path

    def put(self, key: str, body: bytes) -> StoredObject:
        """See ObjectStore. The service verifies that the content arrived whole."""
        full = self._full(key)
        digest = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
        with self._errors("put_object", full):
            headers = self._client().put_object(self._namespace(), self.bucket, full, body, content_md5=digest).headers
        return self._described(full, len(body), headers["etag"], _time(headers))

    def delete(self, key: str) -> None:
        """See ObjectStore."""
        full = self._full(key)
        try:
            with self._errors("delete_object", full):
                self._client().delete_object(self._namespace(), self.bucket, full)
        except NotFound as error:
            if getattr(error.__cause__, "code", None) != "ObjectNotFound":
                raise

    @property
    def _base(self) -> str:
        return self.prefix.strip("/") + "/" if self.prefix.strip("/") else ""

    def _full(self, key: str) -> str:
        if not key or key.endswith("/"):
            raise BadInput(f"{key!r} cannot be the key of an object", "Give the name of an object, not of a folder.")
        return self._base + key

    def _described(self, full: str, size: int, etag: str, last_modified: datetime) -> StoredObject:
        written = last_modified.astimezone(UTC).replace(microsecond=0)
        return StoredObject(full.removeprefix(self._base), size, etag, written)

    def _client(self) -> Any:  # noqa: ANN401  # the SDK has no types of its own
        return self.clients.client("object_storage", self.region)

    def _list_page(self, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        with self._errors("list_objects"):
            return self._client().list_objects(*arguments, **named)

    def _namespace(self) -> str:
        if not self._cached_namespace:
            self._cached_namespace = (
                self.namespace or self.clients.operation("object_storage", "get_namespace", self.region)().data
            )
        return self._cached_namespace

    def _errors(self, operation: str, full: str = "") -> AbstractContextManager[None]:
        """Translates errors of the SDK; the bucket of reports exists for every tenancy."""
        about = f"oci://{self.namespace or self._cached_namespace}/{self.bucket}/{full or self._base}"
        reports = self.namespace == REPORTS_NAMESPACE
        subject = self.clients.subject
        allowed_by = policies.of_reports(subject) if reports else policies.statements("object_storage", operation, subject)
        return translated(Call("object_storage", operation, about, allowed_by, surely_there=reports))


def _time(headers: Any) -> datetime:  # noqa: ANN401
    return parsedate_to_datetime(headers["last-modified"])
