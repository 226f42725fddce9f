"""One contract for every object store, and what is particular to each."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import dagster as dg
import oci
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.server import ThreadedMotoServer

from resources.aws.s3 import S3ObjectStore
from resources.errors import BadInput, Denied, NotFound, Unavailable
from resources.object_store import LocalObjectStore, ObjectStore
from resources.oci.clients import OciClients
from resources.oci.object_storage import OciObjectStore
from sandbox.oci.clock import Clock
from tests.sandboxes import Sandbox, running

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def s3_store(endpoint: str, bucket: str, prefix: str = "") -> S3ObjectStore:
    return S3ObjectStore(
        bucket=bucket,
        prefix=prefix,
        region="us-east-1",
        endpoint_url=endpoint,
        access_key_id=KEY,
        secret_access_key=SECRET,
        max_attempts=1,
    )


@pytest.fixture
def bucket(endpoint: str, request: pytest.FixtureRequest) -> str:
    name = f"bucket-{abs(hash(request.node.nodeid))}"
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
    )
    client.create_bucket(Bucket=name)
    client.put_object(Bucket=name, Key="elsewhere/x", Body=b"outside the prefix of the store")
    return name


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running(tmp_path_factory.mktemp("oracle"), Clock()) as sandbox:
        yield sandbox


@pytest.fixture
def oracle_bucket(oracle: Sandbox, request: pytest.FixtureRequest) -> str:
    name = f"bucket-{abs(hash(request.node.nodeid))}"
    client = oracle.client(oci.object_storage.ObjectStorageClient, "object_storage")
    details = oci.object_storage.models.CreateBucketDetails(name=name, compartment_id=oracle.tenancy)
    namespace = client.get_namespace().data
    client.create_bucket(namespace, details)
    client.put_object(namespace, name, "elsewhere/x", b"outside the prefix of the store")
    return name


def oci_store(oracle: Sandbox, bucket: str, prefix: str = "", **settings: object) -> OciObjectStore:
    usual = {"endpoint": oracle.url, "config_file": oracle.config_file, "max_attempts": 1, "breaker_failures": 0}
    return OciObjectStore(clients=OciClients(**{**usual, **settings}), bucket=bucket, prefix=prefix)


def listed(store: ObjectStore, prefix: str = "") -> list[str]:
    return [found.key for found in store.list_objects(prefix)]


class TestEveryStore:
    """The contract of ObjectStore."""

    @pytest.fixture(params=["local", "s3", "oci"])
    def store(self, request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
        if request.param == "local":
            return LocalObjectStore(root=str(tmp_path))
        if request.param == "oci":
            return oci_store(request.getfixturevalue("oracle"), request.getfixturevalue("oracle_bucket"), "some/prefix/")
        return s3_store(request.getfixturevalue("endpoint"), request.getfixturevalue("bucket"), "some/prefix/")

    def test_what_was_put_can_be_got(self, store):
        store.put("a/b.bin", b"\x00\xff")

        assert store.get("a/b.bin") == b"\x00\xff"

    def test_an_empty_object_is_an_object(self, store):
        store.put("empty", b"")

        assert store.get("empty") == b""
        assert listed(store) == ["empty"]

    def test_put_head_and_listing_describe_the_same_object(self, store):
        put = store.put("a.csv", b"12345")

        assert store.head("a.csv") == put
        assert list(store.list_objects()) == [put]
        assert (put.key, put.size) == ("a.csv", 5)
        assert put.last_modified.tzinfo == UTC or put.last_modified.utcoffset() == timedelta(0)
        assert abs(put.last_modified - datetime.now(UTC)) < timedelta(minutes=1)

    def test_a_rewritten_object_has_another_etag(self, store):
        etags = {store.put("a", body).etag for body in (b"1", b"2", b"3")}

        assert len(etags) == 3
        assert store.get("a") == b"3"

    def test_an_object_without_metadata_has_none(self, store):
        store.put("a", b"")

        assert store.user_metadata("a") == {}
        with pytest.raises(NotFound):
            store.user_metadata("b")

    def test_pages_are_full_and_in_key_order(self, store):
        for key in ("b", "a/2", "a.txt", "a/10", "ä", "a-1", "B"):
            store.put(key, b"")

        pages = [[found.key for found in page] for page in store.pages(page_size=2)]

        assert pages == [["B", "a-1"], ["a.txt", "a/10"], ["a/2", "b"], ["ä"]]

    def test_a_listing_goes_on_after_any_key(self, store):
        for key in ("a", "b/1", "b/2", "c"):
            store.put(key, b"")

        def after(key: str, prefix: str = "") -> list[str]:
            return [found.key for page in store.pages(prefix, start_after=key, page_size=2) for found in page]

        assert after("a") == ["b/1", "b/2", "c"]
        assert after("b/1") == ["b/2", "c"]
        assert after("b/11") == ["b/2", "c"]
        assert after("b/1", "b/") == ["b/2"]
        assert after("c") == []

    def test_a_prefix_need_not_be_a_folder(self, store):
        for key in ("2026/01/a", "2026/02/b", "2025/c"):
            store.put(key, b"")

        assert listed(store, "2026/0") == ["2026/01/a", "2026/02/b"]
        assert listed(store, "2026/01/") == ["2026/01/a"]
        assert listed(store, "2026/01/a") == ["2026/01/a"]
        assert listed(store, "none") == []

    def test_an_empty_store_lists_nothing(self, store):
        assert list(store.pages()) == []

    @pytest.mark.parametrize("key", ["with space/a b.csv", "größe/日本.csv", "a+b=c&d?e#f%20g"])
    def test_keys_may_hold_spaces_and_any_letters(self, store, key):
        store.put(key, b"x")

        assert listed(store) == [key]
        assert store.get(key) == b"x"
        assert store.head(key).key == key
        with store.fetch(key) as path:
            assert path.read_bytes() == b"x"

    @pytest.mark.parametrize("key", ["none", "a/none", "a"])
    def test_a_missing_object_is_not_found(self, store, key):
        store.put("a/b", b"")

        for read in (store.get, store.head, store.open, lambda key: store.fetch(key).__enter__()):
            with pytest.raises(NotFound):
                read(key)

    def test_open_streams_the_content(self, store):
        store.put("lines", b"one\ntwo\n" * 100_000)

        with store.open("lines") as stream:
            assert stream.read(5) == b"one\nt"
            assert stream.readline() == b"wo\n"
            assert sum(1 for _ in stream) == 199_998

    def test_fetch_gives_a_local_file_under_its_extension(self, store):
        store.put("a/costs.csv.gz", b"content")

        with store.fetch("a/costs.csv.gz") as path:
            assert path.name.endswith("costs.csv.gz")
            assert path.read_bytes() == b"content"

    def test_a_deleted_object_is_gone_and_may_be_deleted_again(self, store):
        store.put("a", b"")
        store.delete("a")
        store.delete("a")

        assert listed(store) == []

    def test_an_empty_key_is_refused(self, store):
        for call in (store.get, store.head, store.delete, lambda key: store.put(key, b"")):
            with pytest.raises(BadInput):
                call("")


class TestLocalFolder:
    @pytest.mark.parametrize(
        "key",
        ["/etc/passwd", "../x", "a/../../x", "a//b", "./a", ".hidden", "a/.b/c", "x.part", "a\0b", "a/"],
    )
    def test_a_key_that_is_not_a_plain_name_below_the_root_is_refused(self, tmp_path, key):
        store = LocalObjectStore(root=str(tmp_path))

        for call in (store.get, store.head, store.open, store.delete, lambda key: store.put(key, b"")):
            with pytest.raises(BadInput):
                call(key)

    def test_hidden_and_unfinished_files_are_not_listed(self, tmp_path):
        for name in (".hidden", "b.csv.part", "a.csv"):
            (tmp_path / name).touch()
        (tmp_path / ".git").mkdir()
        (tmp_path / ".git" / "config").touch()

        assert listed(LocalObjectStore(root=str(tmp_path))) == ["a.csv"]

    def test_links_are_followed_inside_the_root_only(self, tmp_path):
        root, outside = tmp_path / "root", tmp_path / "outside"
        (root / "real").mkdir(parents=True)
        outside.mkdir()
        (outside / "secret").write_bytes(b"secret")
        (root / "real" / "a").write_bytes(b"a")
        (root / "inside").symlink_to(root / "real")
        (root / "escape").symlink_to(outside)
        (root / "file").symlink_to(outside / "secret")
        (root / "broken").symlink_to(root / "nothing")
        store = LocalObjectStore(root=str(root))

        assert listed(store) == ["inside/a", "real/a"]
        for key in ("file", "escape/secret"):
            with pytest.raises(BadInput, match="out of the store"):
                store.get(key)

    def test_links_in_a_circle_end(self, tmp_path):
        (tmp_path / "a").mkdir()
        (tmp_path / "a" / "file").touch()
        (tmp_path / "a" / "up").symlink_to(tmp_path)

        assert listed(LocalObjectStore(root=str(tmp_path))) == ["a/file"]

    def test_a_root_that_is_a_link_is_followed(self, tmp_path):
        (tmp_path / "real").mkdir()
        (tmp_path / "real" / "a").touch()
        (tmp_path / "link").symlink_to(tmp_path / "real")

        assert listed(LocalObjectStore(root=str(tmp_path / "link"))) == ["a"]

    def test_a_missing_folder_is_not_an_empty_store(self, tmp_path):
        store = LocalObjectStore(root=str(tmp_path / "missing"))

        with pytest.raises(NotFound, match="no folder"):
            listed(store)
        with pytest.raises(NotFound, match="no folder"):
            store.put("a", b"")

    def test_a_read_only_store_refuses_to_change(self, tmp_path):
        (tmp_path / "a").write_bytes(b"a")
        store = LocalObjectStore(root=str(tmp_path), read_only=True)

        for call in (store.delete, lambda key: store.put(key, b"b")):
            with pytest.raises(Denied, match="read-only"):
                call("a")
        assert store.get("a") == b"a"

    def test_fetch_gives_the_file_itself(self, tmp_path):
        store = LocalObjectStore(root=str(tmp_path))
        store.put("a", b"a")

        with store.fetch("a") as path:
            assert path == tmp_path / "a"
        assert path.exists()

    def test_a_failed_write_leaves_the_old_content_and_no_rest(self, tmp_path):
        store = LocalObjectStore(root=str(tmp_path))
        store.put("a", b"old")

        with pytest.raises(TypeError):
            store.put("a", "not bytes")
        assert store.get("a") == b"old"
        assert [entry.name for entry in tmp_path.iterdir()] == ["a"]

    def test_what_may_not_be_read_is_denied(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            root.chmod(0o755)
            (root / "closed").mkdir()
            (root / "secret").write_bytes(b"")
            (root / "secret").chmod(0)
            (root / "closed").chmod(0)
            store = LocalObjectStore(root=folder)
            with as_an_ordinary_user():
                with pytest.raises(Denied, match="Give the user"):
                    store.get("secret")
                with pytest.raises(Denied):
                    listed(store)
            (root / "closed").chmod(0o700)

    @given(
        st.sets(st.text("ab./", min_size=1, max_size=6), max_size=8),
        st.text("ab./", max_size=3),
        st.text("ab./", max_size=3),
    )
    def test_any_tree_is_listed_in_key_order(self, keys, prefix, after):
        with tempfile.TemporaryDirectory() as folder:
            store, kept = LocalObjectStore(root=folder), set()
            for key in sorted(keys):
                try:
                    store.put(key, b"")
                except (BadInput, NotFound, Unavailable):
                    continue  # no plain key, or a folder and a file of one name
                kept.add(key)

            found = [stored.key for page in store.pages(prefix, start_after=after, page_size=3) for stored in page]

            assert found == sorted(key for key in kept if key.startswith(prefix) and key > after)


@contextmanager
def as_an_ordinary_user() -> Iterator[None]:
    """Permissions do not bind root: give it up meanwhile."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


class TestBucket:
    def test_a_missing_bucket_is_not_an_empty_store(self, endpoint):
        with pytest.raises(NotFound, match=r"NoSuchBucket.*Create the bucket"):
            listed(s3_store(endpoint, "missing-bucket"))

    def test_metadata_of_the_owner_is_read(self, endpoint, bucket):
        client = boto3.client(
            "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=KEY, aws_secret_access_key=SECRET
        )
        client.put_object(Bucket=bucket, Key="some/prefix/a.md", Body=b"x", Metadata={"Department": "Legal"})

        assert s3_store(endpoint, bucket, "some/prefix/").user_metadata("a.md") == {"department": "Legal"}

    def test_markers_of_folders_are_not_listed(self, endpoint, bucket):
        store = s3_store(endpoint, bucket, "folder")
        store._client().put_object(Bucket=bucket, Key="folder/", Body=b"")
        store._client().put_object(Bucket=bucket, Key="folder/sub/", Body=b"")
        store.put("a", b"")

        assert [[found.key for found in page] for page in store.pages(page_size=1)] == [["a"]]

    def test_a_fetched_copy_is_private_and_removed(self, endpoint, bucket):
        store = s3_store(endpoint, bucket)
        store.put("a", b"a")

        with store.fetch("a") as path:
            assert path.parent.stat().st_mode & 0o077 == 0
        assert not path.parent.exists()

    def test_a_service_that_does_not_answer_is_unavailable(self):
        with pytest.raises(Unavailable, match=r"EndpointConnectionError|ConnectionClosed"):
            listed(s3_store("http://127.0.0.1:1", "bucket"))

    def test_an_endpoint_that_is_none_is_bad_input(self):
        with pytest.raises(BadInput):
            listed(s3_store("nonsense", "bucket"))

    @pytest.mark.parametrize(
        ("status", "code", "error", "advice"),
        [
            (403, "AccessDenied", "Denied", "Allow s3:GetObject on arn:aws:s3:::b/some/key"),
            (403, "InvalidAccessKeyId", "Denied", "Renew the AWS credentials"),
            (404, "NoSuchKey", "NotFound", "List the store"),
            (409, "OperationAborted", "Conflict", "look again"),
            (429, "TooManyRequests", "Throttled", "fewer calls"),
            (503, "SlowDown", "Throttled", "fewer calls"),
            (500, "InternalError", "Unavailable", "Repeat later"),
            (301, "PermanentRedirect", "BadInput", "correct the region"),
            (400, "InvalidArgument", "BadInput", "Correct the request"),
        ],
    )
    def test_an_answer_becomes_an_error_with_advice(self, status, code, error, advice):
        from botocore.exceptions import ClientError

        answer = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}

        with (
            pytest.raises(Exception, match=advice) as raised,
            s3_store("", "b")._errors("s3:GetObject", "some/key"),
        ):
            raise ClientError(answer, "GetObject")
        assert type(raised.value).__name__ == error

    def test_a_client_gives_up_in_time(self, endpoint):
        config = s3_store(endpoint, "b")._client().meta.config

        assert (config.connect_timeout, config.read_timeout) == (5, 30)
        assert config.retries["total_max_attempts"] == 1

    def test_other_clients_keep_their_own_timeouts(self, endpoint):
        s3_store(endpoint, "b")._client()

        other = boto3.session.Session().client("s3", endpoint_url=endpoint, region_name="us-east-1")
        assert other.meta.config.read_timeout == 60

    def test_credentials_are_not_shown(self, endpoint):
        store = s3_store(endpoint, "b")

        assert KEY not in repr(store) + str(store)
        assert SECRET not in repr(store) + str(store)

    def test_an_asset_uses_it_with_credentials_from_the_environment(self, endpoint, bucket, monkeypatch, capfd):
        monkeypatch.setenv("TEST_KEY", KEY)
        monkeypatch.setenv("TEST_SECRET", SECRET)

        @dg.asset
        def copied(store: dg.ResourceParam[ObjectStore]) -> None:
            store.put("from-an-asset", b"x")

        store = S3ObjectStore(
            bucket=bucket,
            region="us-east-1",
            endpoint_url=endpoint,
            access_key_id=dg.EnvVar("TEST_KEY"),
            secret_access_key=dg.EnvVar("TEST_SECRET"),
        )
        assert dg.materialize([copied], resources={"store": store}).success
        assert "from-an-asset" in listed(s3_store(endpoint, bucket))
        assert SECRET not in "".join(capfd.readouterr())


@pytest.mark.parametrize("module", ["resources.aws.s3", "resources.object_store", "resources.notifier", "orchestration.alerts"])
def test_importing_a_module_loads_no_sdk(module):
    script = f"import sys, {module}; print({{'boto3', 'botocore', 'dagster_aws', 'apprise'}} & set(sys.modules))"

    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "set()"
