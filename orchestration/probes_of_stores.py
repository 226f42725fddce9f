"""What `cloudops doctor` asks of buckets, folders and the lake: whether they list and read, and who may write to them."""

import os
from pathlib import Path
from typing import Any

from orchestration.doctor import Answer, Cloud
from resources.aws.s3 import S3ObjectStore
from resources.both_clouds import BothClouds
from resources.lake import Lake
from resources.object_store import LocalObjectStore, ObjectStore
from resources.oci.object_storage import OciObjectStore
from resources.tables import Table

_S3 = "s3://"
_FEW = 10
_IN_SHORT = {"max_attempts": 2, "read_timeout_seconds": 15.0}
"""A person waits for the answer, and asks again if need be."""


def cloud_of(store: object) -> Cloud:
    """Where a store is."""
    if isinstance(store, OciObjectStore):
        return "oci"
    return "aws" if isinstance(store, S3ObjectStore) else "local"


def reading(store: ObjectStore) -> Answer:
    """Whether the store's objects can be listed and read: one page, and the first bytes of one object.

    Raises:
        CloudOpsError: They cannot.
    """
    bucket = _in_short(store)
    page = next(iter(bucket.pages(page_size=_FEW)), [])
    if not page:
        return Answer(f"{_place(bucket)} can be listed and is empty: reading could not be tried", "not checked", _readers(bucket))
    with bucket.open(page[0].key) as stream:
        stream.read(1)
    return Answer(f"{_place(bucket)} can be listed, and {page[0].key.rpartition('/')[2]} can be read")


def writing(store: ObjectStore) -> Answer:
    """Who may write to the store; only of a folder that can be told without writing."""
    if isinstance(store, LocalObjectStore):
        return _folder(Path(store.root))
    return _unwritten(store.bucket if isinstance(store, S3ObjectStore) else "BUCKET")


def lake_reading(lake: Lake) -> Answer:
    """Whether the lake's tables can be found and opened.

    Raises:
        CloudOpsError: They cannot.
    """
    from assets.finops import tables

    if lake.root.startswith(_S3):
        next(iter(_in_short(_bucket(lake)).pages(page_size=_FEW)), [])
    elif lake.region:
        return Answer(f"{lake.root} is no bucket", "missing", "Write CLOUDOPS_LAKE_ROOT as s3://bucket/prefix.")
    return Answer(_version(lake, tables.COST_AND_USAGE))


def lake_writing(lake: Lake) -> Answer:
    """Who may write to the lake; only of a folder that can be told without writing."""
    return _unwritten(_bucket(lake).bucket) if lake.root.startswith(_S3) else _folder(Path(lake.root))


def _version(lake: Lake, table: Table) -> str:
    version = lake.version(table)
    state = "holds no costs yet" if version is None else f"can be read; {table.name} is at version {version}"
    return f"{lake.root} {state}"


def _bucket(lake: Lake) -> S3ObjectStore:
    """The lake as objects, whose errors say what is missing."""
    bucket, _, prefix = lake.root.removeprefix(_S3).partition("/")
    return S3ObjectStore(
        bucket=bucket,
        prefix=prefix,
        region=lake.region,
        endpoint_url=lake.endpoint_url,
        access_key_id=lake.access_key_id,
        secret_access_key=lake.secret_access_key,
    )


def _in_short(store: ObjectStore) -> ObjectStore:
    part: Any = store.aws if isinstance(store, BothClouds) else store
    return part.model_copy(update=_IN_SHORT) if isinstance(part, S3ObjectStore) else part


def _place(store: ObjectStore) -> str:
    if isinstance(store, S3ObjectStore):
        return f"{_S3}{store.bucket}/{store.prefix.strip('/')}".rstrip("/")
    if isinstance(store, OciObjectStore):
        return f"oci://{store.namespace}/{store.bucket}"
    return store.root if isinstance(store, LocalObjectStore) else type(store).__name__


def _readers(store: ObjectStore) -> str:
    return (
        f"Once there is an object, it needs s3:GetObject on arn:aws:s3:::{store.bucket}/*."
        if isinstance(store, S3ObjectStore)
        else ""
    )


def _unwritten(bucket: str) -> Answer:
    needs = f"Allow s3:GetObject, s3:PutObject and s3:DeleteObject on arn:aws:s3:::{bucket}/*."
    return Answer("nothing is written here", "not checked", needs)


def _folder(folder: Path) -> Answer:
    """Whether a folder is writable, or the one in which it would be made."""
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if os.access(there, os.W_OK):
        return Answer(f"{folder} is writable")
    return Answer(f"{there} is not writable", "missing", "Give the user of this process the right to write there.")
