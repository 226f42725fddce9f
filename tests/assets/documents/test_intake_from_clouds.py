"""Documents in a bucket of either cloud are taken in like those in a folder, with what their owners wrote beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import boto3
import oci
import pytest
from moto.server import ThreadedMotoServer

from assets.documents import tables
from assets.documents.intake import sources_of, take_in
from assets.documents.logic.parsing import Limits
from assets.progress import silent
from resources.aws.s3 import S3ObjectStore
from resources.lake import Lake
from resources.object_store import LocalObjectStore, ObjectStore
from resources.oci.clients import OciClients
from resources.oci.object_storage import OciObjectStore
from tests.sandboxes import running

Put = Callable[[str, bytes, dict[str, str]], None]


@pytest.fixture(params=["s3", "oci"])
def bucket(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[ObjectStore, Put]]:
    if request.param == "s3":
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        known = {"endpoint_url": f"http://{host}:{port}", "region_name": "us-east-1"}
        client = boto3.client("s3", **known, aws_access_key_id="a", aws_secret_access_key="b")
        client.create_bucket(Bucket="documents")
        store = S3ObjectStore(
            bucket="documents", prefix="kb", region="us-east-1", endpoint_url=known["endpoint_url"], access_key_id="a",
            secret_access_key="b",
        )  # fmt: skip
        yield store, lambda key, body, said: client.put_object(Bucket="documents", Key=f"kb/{key}", Body=body, Metadata=said)
        server.stop()
    else:
        with running(tmp_path / "cloud") as sandbox:
            client = sandbox.client(oci.object_storage.ObjectStorageClient, "object_storage")
            namespace = client.get_namespace().data
            details = oci.object_storage.models.CreateBucketDetails(name="documents", compartment_id=sandbox.tenancy)
            client.create_bucket(namespace, details)
            clients = OciClients(endpoint=sandbox.url, config_file=sandbox.config_file)
            yield (
                OciObjectStore(clients=clients, bucket="documents", prefix="kb"),
                lambda key, body, said: client.put_object(namespace, "documents", f"kb/{key}", body, opc_meta=said),
            )


def test_documents_in_a_bucket_carry_their_department_and_are_read_once(bucket, tmp_path):
    store, put = bucket
    inputs = LocalObjectStore(root=str(tmp_path))
    lake = Lake(root=str(tmp_path / "lake"))
    put(
        "legal/nda.md", b"# NDA\n\nNobody tells anybody.", {"department": "Legal", "created": "2026-02-03", "tags": "nda, secret"}
    )
    put("notes.txt", b"Plain words without anything beside them.", {})

    first, again = (take_in(sources_of(store, inputs, Limits()), lake, datetime.now(UTC), silent, keys=None) for _ in range(2))

    rows = {row["source_key"]: row for row in lake.scan(tables.DOCUMENTS).collect().iter_rows(named=True)}
    nda = rows["legal/nda.md"]
    assert (nda["dept"], str(nda["created_date"]), nda["tags"], nda["title"]) == ("Legal", "2026-02-03", ["nda", "secret"], "NDA")
    assert rows["notes.txt"]["dept"] is None
    assert {"field": "department", "source": "object metadata"} in nda["metadata_from"]
    assert (first.read, again.read, again.unchanged) == (2, 0, 2)
