"""Objects in a bucket of Amazon S3 or a compatible service; the SDK is imported when first needed."""

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, BinaryIO

from pydantic import Field, PrivateAttr

from resources.aws.errors import STALE_CREDENTIALS, THROTTLES, translated
from resources.errors import (
    BadInput,
    CloudOpsError,
    Conflict,
    Denied,
    NotFound,
    Throttled,
    Unavailable,
)
from resources.object_store import ObjectStore, StoredObject, streamed

if TYPE_CHECKING:
    from botocore.exceptions import ClientError


class S3ObjectStore(ObjectStore):
    """A bucket, or what lies below one prefix of it."""

    bucket: str = Field(description="Name of the bucket.")
    prefix: str = Field(
        default="",
        description="Prefix that all keys of this store share; a folder, with or without its slash.",
    )
    region: str | None = Field(default=None, description="Region of the bucket; as in the AWS configuration if not given.")
    endpoint_url: str | None = Field(default=None, description="Endpoint of a compatible service; AWS if not given.")
    profile: str | None = Field(default=None, description="Profile of the AWS configuration.")
    access_key_id: str | None = Field(default=None, repr=False, description="Access key; the usual AWS chain if not given.")
    secret_access_key: str | None = Field(default=None, repr=False, description="Secret of that key.")
    connect_timeout_seconds: float = Field(default=5, gt=0, description="How long to wait for a connection.")
    read_timeout_seconds: float = Field(default=30, gt=0, description="How long to wait for the next bytes.")
    max_attempts: int = Field(default=4, ge=1, description="Attempts of one call, the first included.")
    _cached_client: Any = PrivateAttr(default=None)

    def pages(self, prefix: str = "", *, start_after: str | None = None, page_size: int = 1000) -> Iterator[list[StoredObject]]:
        """See ObjectStore. Empty `folder/` markers, which consoles create, are no objects."""
        request: dict[str, Any] = {"Bucket": self.bucket, "Prefix": self._base + prefix, "MaxKeys": page_size}
        if start_after:
            request["StartAfter"] = self._base + start_after
        while True:
            with self._errors("s3:ListBucket"):
                response = self._client().list_objects_v2(**request)
            page = [
                self._described(found["Key"], found["Size"], found["ETag"], found["LastModified"])
                for found in response.get("Contents", [])
                if not (found["Key"].endswith("/") and found["Size"] == 0)
            ]
            if page:
                yield page
            if not response["IsTruncated"]:
                return
            request["ContinuationToken"] = response["NextContinuationToken"]

    def head(self, key: str) -> StoredObject:
        """See ObjectStore."""
        full = self._full(key)
        with self._errors("s3:GetObject", full):
            found = self._client().head_object(Bucket=self.bucket, Key=full)
        return self._described(full, found["ContentLength"], found["ETag"], found["LastModified"])

    def user_metadata(self, key: str) -> dict[str, str]:
        """See ObjectStore. It is what S3 calls user-defined metadata (`x-amz-meta-…`)."""
        full = self._full(key)
        with self._errors("s3:GetObject", full):
            found = self._client().head_object(Bucket=self.bucket, Key=full)["Metadata"]
        return {name.lower(): value for name, value in found.items()}

    def get(self, key: str) -> bytes:
        """See ObjectStore."""
        with self.open(key) as stream:
            return stream.read()

    def open(self, key: str) -> BinaryIO:
        """See ObjectStore. It reads from the connection as it goes, and cannot seek."""
        full = self._full(key)
        with self._errors("s3:GetObject", full):
            body = self._client().get_object(Bucket=self.bucket, Key=full)["Body"]
        return streamed(body.read, body.close, lambda: self._errors("s3:GetObject", full))

    @contextmanager
    def fetch(self, key: str) -> Iterator[Path]:
        """A copy in a private temporary folder, named after the object so that extensions still tell."""
        with TemporaryDirectory(prefix="cloudops-") as folder:
            path = Path(folder, "object-" + key.rpartition("/")[2][-60:])
            with self.open(key) as stream, path.open("xb") as copy:
                shutil.copyfileobj(stream, copy, 1 << 20)
            yield path

    def put(self, key: str, body: bytes) -> StoredObject:
        """See ObjectStore."""
        full = self._full(key)
        with self._errors("s3:PutObject", full):
            self._client().put_object(Bucket=self.bucket, Key=full, Body=body)
        return self.head(key)

    def delete(self, key: str) -> None:
        """See ObjectStore."""
        full = self._full(key)
        with self._errors("s3:DeleteObject", full):
            self._client().delete_object(Bucket=self.bucket, Key=full)

    @property
    def _base(self) -> str:
        return self.prefix.strip("/") + "/" if self.prefix.strip("/") else ""

    def _full(self, key: str) -> str:
        if not key or key.endswith("/"):
            raise BadInput(f"{key!r} cannot be the key of an object", "Give the name of an object, not of a folder.")
        return self._base + key

    def _described(self, full: str, size: int, etag: str, last_modified: Any) -> StoredObject:  # noqa: ANN401
        return StoredObject(full.removeprefix(self._base), size, etag.strip('"'), last_modified)

    def _client(self) -> Any:  # noqa: ANN401  # boto3 has no types of its own
        if self._cached_client is None:
            from dagster_aws.s3 import S3Resource

            resource = S3Resource(
                region_name=self.region,
                endpoint_url=self.endpoint_url,
                profile_name=self.profile,
                max_attempts=self.max_attempts - 1,  # botocore's Config counts the repeats only
                aws_access_key_id=self.access_key_id,
                aws_secret_access_key=self.secret_access_key,
            )
            with (
                _session_timeouts(self.connect_timeout_seconds, self.read_timeout_seconds),
                self._errors("s3:ListBucket"),
            ):
                self._cached_client = resource.get_client()
        return self._cached_client

    def _errors(self, action: str, full: str | None = None) -> AbstractContextManager[None]:
        """Translate errors of the SDK. `action` is the IAM permission that the call needs."""
        where = f"s3://{self.bucket}/{full or self._base}"
        resource = f"arn:aws:s3:::{self.bucket}" + (f"/{full}" if full else "")
        return translated(where, self.endpoint_url, lambda error: _answered(error, action, resource, where))


def _answered(error: "ClientError", action: str, resource: str, where: str) -> CloudOpsError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    said = f"{where}: {code or status}"
    if code in STALE_CREDENTIALS:
        return Denied(said, "Renew the AWS credentials of this process, and check its clock.")
    if status == 403:
        # Without s3:ListBucket a missing object answers 403 (S3 API reference, GetObject).
        hint = "" if action == "s3:ListBucket" else "; if the object may be missing, s3:ListBucket on the bucket tells which"
        return Denied(said, f"Allow {action} on {resource}{hint}.")
    if code == "NoSuchBucket":
        return NotFound(said, "Create the bucket, or correct its name, region or endpoint.")
    if status == 404:
        return NotFound(said, "List the store to see what there is.")
    if status in (429, 503) or code in THROTTLES:
        return Throttled(said, "Wait and repeat with fewer calls at a time.")
    if status in (409, 412):
        return Conflict(said, "Something else changed it meanwhile: look again and repeat.")
    if status >= 500:
        return Unavailable(said, "Repeat later; if it lasts, look at the state of the service.")
    if status in (301, 307):
        return BadInput(said, "The bucket is in another region: correct the region of the store.")
    return BadInput(said, "Correct the request; the S3 API reference explains the code.")


@contextmanager
def _session_timeouts(connect: float, read: float) -> Iterator[None]:
    """Give sessions created inside these timeouts, since S3Resource has no setting for them.

    The default of the SDK, 60 s each, is as long as a whole sensor tick may take.
    """
    import botocore
    from botocore.config import Config

    def prepare(session: Any) -> None:  # noqa: ANN401
        session.set_default_client_config(Config(connect_timeout=connect, read_timeout=read))

    botocore.register_initializer(prepare)
    try:
        yield
    finally:
        botocore.unregister_initializer(prepare)
