"""What is particular to buckets of Oracle's cloud; what holds for every store is tested with the other stores."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import dagster as dg
import oci
import pytest

from resources.errors import Denied, NotFound, Throttled, Unavailable
from resources.object_store import ObjectStore
from resources.oci.object_storage import OciObjectStore
from sandbox.oci.services.object_storage import add_bucket, add_object

NAMESPACE, REPORTS = "acmesandbox", "bling"


@pytest.fixture
def bucket(sandbox):
    client = sandbox.client(oci.object_storage.ObjectStorageClient, "object_storage")
    client.create_bucket(NAMESPACE, oci.object_storage.models.CreateBucketDetails(name="files", compartment_id=sandbox.tenancy))
    return "files"


@pytest.fixture
def store(clients, bucket):
    return OciObjectStore(clients=clients, bucket=bucket)


def listed(store, prefix=""):
    return [found.key for found in store.list_objects(prefix)]


def test_a_missing_bucket_is_not_an_empty_store(clients):
    store = OciObjectStore(clients=clients, bucket="missing", prefix="a")

    with pytest.raises(
        NotFound, match=r"oci://acmesandbox/missing/a/: 404 BucketNotFound.*Allow group cloudops to inspect objects"
    ):
        listed(store)
    with pytest.raises(NotFound, match="BucketNotFound"):
        store.delete("x")


def test_a_bucket_is_looked_for_in_its_region(clients, bucket):
    with pytest.raises(NotFound, match="BucketNotFound"):
        listed(OciObjectStore(clients=clients, bucket=bucket, region="uk-london-1"))


def test_the_namespace_is_asked_for_once(sandbox, store):
    sandbox.count_requests("get_namespace")

    for key in ("a", "b"):
        store.put(key, b"")
        store.get(key)

    assert sandbox.requests("get_namespace") == 1


def test_a_namespace_that_is_given_is_not_asked_for(sandbox, clients, bucket):
    sandbox.count_requests("get_namespace")

    OciObjectStore(clients=clients, bucket=bucket, namespace=NAMESPACE).put("a", b"")

    assert sandbox.requests("get_namespace") == 0


def test_markers_of_folders_are_not_listed(sandbox, clients, bucket):
    client = sandbox.client(oci.object_storage.ObjectStorageClient, "object_storage")
    for name in ("folder/", "folder/sub/"):
        client.put_object(NAMESPACE, bucket, name, b"")
    store = OciObjectStore(clients=clients, bucket=bucket, prefix="folder")
    store.put("a", b"")

    assert [[found.key for found in page] for page in store.pages(page_size=1)] == [["a"]]


def test_metadata_of_the_owner_is_read(sandbox, store, bucket):
    client = sandbox.client(oci.object_storage.ObjectStorageClient, "object_storage")
    client.put_object(NAMESPACE, bucket, "a.md", b"x", opc_meta={"Department": "Legal"})

    assert store.user_metadata("a.md") == {"department": "Legal"}


def test_an_object_with_a_content_encoding_comes_as_it_is_stored(sandbox, store, bucket):
    client = sandbox.client(oci.object_storage.ObjectStorageClient, "object_storage")
    client.put_object(NAMESPACE, bucket, "costs.csv.gz", b"\x1f\x8bnot really", content_encoding="gzip")

    assert store.get("costs.csv.gz") == b"\x1f\x8bnot really"


def test_writing_and_deleting_outlive_a_lost_answer(sandbox, store):
    sandbox.fault("drop_after", operation="put_object", times=1)
    sandbox.fault("drop_after", operation="delete_object", times=1)

    store.put("a", b"1")
    assert store.get("a") == b"1"
    store.delete("a")
    assert listed(store) == []


def test_a_failed_listing_is_not_an_empty_store(sandbox, store):
    store.put("a", b"")
    sandbox.fault("status", operation="list_objects", status=429)

    with pytest.raises(Throttled):
        listed(store)


def test_a_service_that_does_not_answer_is_unavailable(clients_of):
    clients = clients_of(endpoint="http://127.0.0.1:1", max_attempts=1)

    with pytest.raises(Unavailable, match="Check the network"):
        listed(OciObjectStore(clients=clients, bucket="b"))


class _Torn(BaseHTTPRequestHandler):
    """Promises ten bytes, sends four, and hangs up."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "10")
        self.end_headers()
        self.wfile.write(b"four")

    def log_message(self, *_: object) -> None:
        """Tests are quiet."""


def test_a_content_that_breaks_off_is_no_content(clients_of):
    with HTTPServer(("127.0.0.1", 0), _Torn) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        clients = clients_of(endpoint=f"http://127.0.0.1:{server.server_port}")
        store = OciObjectStore(clients=clients, bucket="b", namespace=NAMESPACE)

        with pytest.raises(Unavailable, match=r"oci://acmesandbox/b/a: no answer \(IncompleteRead"):
            store.get("a")
        with pytest.raises(Unavailable), store.fetch("a"):
            pass
        server.shutdown()


def test_a_missing_object_says_what_may_be_wrong(store):
    with pytest.raises(NotFound, match=r"ObjectNotFound.*List the store"):
        store.get("none")
    with pytest.raises(NotFound, match=r"404.*Allow group cloudops to read objects"):
        store.head("none")


def test_a_fetched_copy_is_private_and_removed(store):
    store.put("a", b"a")

    with store.fetch("a") as path:
        assert path.parent.stat().st_mode & 0o077 == 0
    assert not path.parent.exists()


def test_an_asset_uses_it_as_any_store(store):
    @dg.asset
    def copied(store: dg.ResourceParam[ObjectStore]) -> None:
        store.put("from-an-asset", b"x")

    assert dg.materialize([copied], resources={"store": store}).success
    assert listed(store) == ["from-an-asset"]


class TestReports:
    @pytest.fixture
    def reports(self, sandbox, clients):
        if f"{REPORTS}/{sandbox.tenancy}" not in sandbox.cloud.store.table("object_storage.buckets"):
            add_bucket(sandbox.cloud.store, REPORTS, sandbox.tenancy, sandbox.tenancy, "eu-frankfurt-1", "oracle")
        add_object(sandbox.cloud.store, REPORTS, sandbox.tenancy, "reports/cost-csv/0001.csv.gz", b"costs")
        add_object(sandbox.cloud.store, REPORTS, sandbox.tenancy, "FOCUS Reports/2026/11/01/0002.csv.gz", b"focus")
        return OciObjectStore.of_reports(clients, sandbox.tenancy, "eu-frankfurt-1")

    def test_they_are_read_like_any_object(self, sandbox, clients, reports):
        costs = OciObjectStore.of_reports(clients, sandbox.tenancy, "eu-frankfurt-1", "reports/cost-csv")

        assert "0001.csv.gz" in listed(costs)
        assert costs.get("0001.csv.gz") == b"costs"
        assert reports.get("FOCUS Reports/2026/11/01/0002.csv.gz") == b"focus"

    @pytest.mark.parametrize("operation", ["list_objects", "get_object"])
    def test_what_may_not_be_seen_is_denied_for_want_of_an_endorsement(self, sandbox, reports, operation):
        sandbox.fault("denied", operation=operation)
        read = listed if operation == "list_objects" else lambda store: store.get("reports/cost-csv/0001.csv.gz")

        with pytest.raises(Denied, match="endorse group cloudops to read objects in tenancy usage-report"):
            read(reports)

    def test_a_missing_report_is_not_found(self, reports):
        for read in (reports.get, reports.head):
            with pytest.raises(NotFound):
                read("reports/cost-csv/9999.csv.gz")

    def test_an_instance_is_endorsed_by_its_dynamic_group(self, sandbox, clients_of):
        clients = clients_of(principal="instance principal")
        store = OciObjectStore.of_reports(clients, sandbox.tenancy, "eu-frankfurt-1")
        answer = oci.exceptions.ServiceError(404, "BucketNotFound", {}, "")

        with pytest.raises(Denied, match="endorse dynamic-group cloudops to read"), store._errors("list_objects"):
            raise answer
