"""Object Storage: objects whole, in parts and in ranges, conditions, listings."""

import gzip
import hashlib
import io
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import oci
import pytest
import requests

from tests.sandbox.oci.conftest import refused

NAMESPACE = "acmesandbox"
MODELS = oci.object_storage.models


@pytest.fixture
def client(sandbox):
    made = sandbox.client(oci.object_storage.ObjectStorageClient, "object_storage")
    made.create_bucket(NAMESPACE, MODELS.CreateBucketDetails(name="b", compartment_id=sandbox.tenancy))
    return made


def files(sandbox):
    """Number of files that hold contents."""
    return len(list(sandbox.cloud.store.objects.iterdir()))


def names(listing):
    return [o.name for o in listing.data.objects]


def test_the_namespace_is_told(client):
    assert client.get_namespace().data == NAMESPACE


def test_a_bucket_is_of_one_region_and_its_name_of_the_namespace(sandbox, client):
    again = MODELS.CreateBucketDetails(name="b", compartment_id=sandbox.tenancy)
    assert refused(client.create_bucket, NAMESPACE, again) == (409, "BucketAlreadyExists")
    assert client.get_bucket(NAMESPACE, "b").data.name == "b"
    assert client.head_bucket(NAMESPACE, "b").status == 200
    assert [b.name for b in client.list_buckets(NAMESPACE, sandbox.tenancy).data] == ["b"]
    elsewhere = sandbox.client(oci.object_storage.ObjectStorageClient, "object_storage", "us-ashburn-1")
    assert refused(elsewhere.get_bucket, NAMESPACE, "b") == (404, "BucketNotFound")


def test_only_an_empty_bucket_is_deleted(client):
    client.put_object(NAMESPACE, "b", "o", b"x")
    assert refused(client.delete_bucket, NAMESPACE, "b") == (409, "BucketNotEmpty")
    client.delete_object(NAMESPACE, "b", "o")
    client.delete_bucket(NAMESPACE, "b")
    assert refused(client.get_bucket, NAMESPACE, "b")[0] == 404


@pytest.mark.parametrize("name", ["plain", "with/slash and space", "ünï+%25.csv", "a/../b"])
def test_an_object_comes_back_as_it_was_put(client, name):
    body = bytes(range(256)) * 3
    put = client.put_object(NAMESPACE, "b", name, body, content_type="text/csv", opc_meta={"origin": "test"})
    got = client.get_object(NAMESPACE, "b", name)
    assert got.data.content == body
    told = [got.headers[name] for name in ("etag", "content-type", "opc-meta-origin")]
    assert told == [put.headers["etag"], "text/csv", "test"]
    head = client.head_object(NAMESPACE, "b", name)
    assert int(head.headers["content-length"]) == len(body)
    assert names(client.list_objects(NAMESPACE, "b")) == [name]


def test_a_large_object_is_streamed_both_ways(client, tmp_path):
    source = tmp_path / "large"
    source.write_bytes(b"0123456789abcdef" * 1_000_000)
    with source.open("rb") as body:
        client.put_object(NAMESPACE, "b", "large", body)
    digest = hashlib.sha256()
    for chunk in client.get_object(NAMESPACE, "b", "large").data.raw.stream(1 << 16):
        digest.update(chunk)
    assert digest.hexdigest() == hashlib.sha256(source.read_bytes()).hexdigest()


def test_a_range_of_an_object_can_be_asked_for(client):
    client.put_object(NAMESPACE, "b", "o", b"0123456789")
    assert client.get_object(NAMESPACE, "b", "o", range="bytes=2-4").data.content == b"234"
    assert client.get_object(NAMESPACE, "b", "o", range="bytes=-3").data.content == b"789"
    assert client.get_object(NAMESPACE, "b", "o", range="bytes=8-99").data.content == b"89"
    assert refused(client.get_object, NAMESPACE, "b", "o", range="bytes=20-30") == (416, "InvalidRange")


def test_an_object_is_written_once_if_asked_for(client):
    first = client.put_object(NAMESPACE, "b", "o", b"1", if_none_match="*").headers["etag"]
    assert refused(client.put_object, NAMESPACE, "b", "o", b"2", if_none_match="*") == (412, "IfNoneMatchFailed")
    second = client.put_object(NAMESPACE, "b", "o", b"2", if_match=first).headers["etag"]
    assert refused(client.put_object, NAMESPACE, "b", "o", b"3", if_match=first) == (412, "IfMatchFailed")
    assert second != first
    assert client.get_object(NAMESPACE, "b", "o").data.content == b"2"


def test_an_object_that_is_known_already_is_not_sent_again(client):
    etag = client.put_object(NAMESPACE, "b", "o", b"1").headers["etag"]
    with pytest.raises(oci.exceptions.ServiceError) as error:
        client.get_object(NAMESPACE, "b", "o", if_none_match=etag)
    assert error.value.status == 304


def test_a_missing_object_is_told_from_a_missing_bucket(client):
    assert refused(client.get_object, NAMESPACE, "b", "none") == (404, "ObjectNotFound")
    assert refused(client.get_object, NAMESPACE, "none", "o") == (404, "BucketNotFound")


def test_a_body_that_arrives_damaged_is_refused(client):
    wrong = "AAAAAAAAAAAAAAAAAAAAAA=="
    assert refused(client.put_object, NAMESPACE, "b", "o", b"1", content_md5=wrong) == (400, "UnmatchedContentMD5")
    assert refused(client.get_object, NAMESPACE, "b", "o")[0] == 404


def test_listings_go_by_name_in_pages_with_prefix_start_and_delimiter(client):
    for name in ("a/1", "a/2", "b/1", "c", "d"):
        client.put_object(NAMESPACE, "b", name, b"x")
    first = client.list_objects(NAMESPACE, "b", limit=2)
    assert (names(first), first.data.next_start_with) == (["a/1", "a/2"], "b/1")
    assert names(client.list_objects(NAMESPACE, "b", start=first.data.next_start_with)) == ["b/1", "c", "d"]
    assert names(client.list_objects(NAMESPACE, "b", start_after="b/1", end="d")) == ["c"]
    assert names(client.list_objects(NAMESPACE, "b", prefix="a/")) == ["a/1", "a/2"]
    folders = client.list_objects(NAMESPACE, "b", delimiter="/")
    assert (names(folders), folders.data.prefixes) == (["c", "d"], ["a/", "b/"])


def test_an_object_in_parts_is_whole_once_committed(sandbox, client):
    upload = client.create_multipart_upload(NAMESPACE, "b", MODELS.CreateMultipartUploadDetails(object="big")).data
    sent = ((2, b"world"), (1, b"hello "))
    parts = [client.upload_part(NAMESPACE, "b", "big", upload.upload_id, n, body).headers["etag"] for n, body in sent]
    assert refused(client.get_object, NAMESPACE, "b", "big")[0] == 404
    listed = client.list_multipart_upload_parts(NAMESPACE, "b", "big", upload.upload_id).data
    assert [(p.part_number, p.size) for p in listed] == [(1, 6), (2, 5)]
    wrong = [MODELS.CommitMultipartUploadPartDetails(part_num=1, etag="wrong")]
    commit = MODELS.CommitMultipartUploadDetails
    call = (client.commit_multipart_upload, NAMESPACE, "b", "big", upload.upload_id)
    assert refused(*call, commit(parts_to_commit=wrong)) == (400, "InvalidUploadPart")
    right = [MODELS.CommitMultipartUploadPartDetails(part_num=n, etag=etag) for n, etag in ((2, parts[0]), (1, parts[1]))]
    client.commit_multipart_upload(NAMESPACE, "b", "big", upload.upload_id, commit(parts_to_commit=right))
    assert client.get_object(NAMESPACE, "b", "big").data.content == b"hello world"
    assert client.list_multipart_uploads(NAMESPACE, "b").data == []
    assert files(sandbox) == 1


def begun(client, bucket="b", name="big", **more):
    return client.create_multipart_upload(
        NAMESPACE, bucket, MODELS.CreateMultipartUploadDetails(object=name, **more)
    ).data.upload_id


def commit(numbers, etags, left_out=None):
    parts = [MODELS.CommitMultipartUploadPartDetails(part_num=n, etag=etags[n]) for n in numbers]
    return MODELS.CommitMultipartUploadDetails(parts_to_commit=parts, parts_to_exclude=left_out)


def test_an_upload_is_of_one_bucket(sandbox, client):
    upload = begun(client)
    etags = {1: client.upload_part(NAMESPACE, "b", "big", upload, 1, b"x").headers["etag"]}
    reports = ("bling", sandbox.tenancy, "big", upload)
    missing = (404, "NoSuchUpload")
    assert refused(client.commit_multipart_upload, *reports, commit([1], etags)) == missing
    assert refused(client.upload_part, *reports, 2, b"x") == missing
    assert refused(client.list_multipart_upload_parts, *reports) == missing
    assert refused(client.abort_multipart_upload, *reports) == missing
    assert names(client.list_objects("bling", sandbox.tenancy)) == []


def test_every_part_is_either_committed_or_left_out(sandbox, client):
    upload = begun(client)
    etags = {
        n: client.upload_part(NAMESPACE, "b", "big", upload, n, body).headers["etag"] for n, body in ((1, b"one"), (2, b"two"))
    }
    call = (client.commit_multipart_upload, NAMESPACE, "b", "big", upload)
    for wrong in (commit([1], etags), commit([1, 2], etags, [2]), commit([1, 1], etags, [2]), commit([], etags, [1, 2])):
        assert refused(*call, wrong) == (400, "InvalidParameter")
    client.commit_multipart_upload(NAMESPACE, "b", "big", upload, commit([1], etags, [2]))
    assert client.get_object(NAMESPACE, "b", "big").data.content == b"one"
    assert files(sandbox) == 1


def test_a_part_that_is_sent_again_replaces_the_one_before(sandbox, client):
    upload = begun(client)
    for body in (b"old", b"new"):
        etags = {1: client.upload_part(NAMESPACE, "b", "big", upload, 1, body).headers["etag"]}
    assert files(sandbox) == 1
    assert refused(client.upload_part, NAMESPACE, "b", "big", upload, 2, b"x", content_md5="AAAAAAAAAAAAAAAAAAAAAA==")[0] == 400
    client.commit_multipart_upload(NAMESPACE, "b", "big", upload, commit([1], etags))
    assert client.get_object(NAMESPACE, "b", "big").data.content == b"new"
    assert files(sandbox) == 1


def test_an_object_in_parts_has_what_was_said_of_it_at_the_beginning(client):
    said = {"content_type": "text/csv", "content_encoding": "gzip", "metadata": {"opc-meta-origin": "test"}}
    upload = begun(client, **said)
    etags = {1: client.upload_part(NAMESPACE, "b", "big", upload, 1, b"x").headers["etag"]}
    client.commit_multipart_upload(NAMESPACE, "b", "big", upload, commit([1], etags))
    told = client.head_object(NAMESPACE, "b", "big").headers
    assert [told[name] for name in ("content-type", "content-encoding", "opc-meta-origin")] == ["text/csv", "gzip", "test"]
    assert told["opc-multipart-md5"].endswith("-1")
    assert "content-md5" not in told


def test_an_upload_of_what_must_not_be_there_yet_does_not_begin_over_it(client):
    client.put_object(NAMESPACE, "b", "o", b"x")
    details = MODELS.CreateMultipartUploadDetails(object="o")
    assert refused(client.create_multipart_upload, NAMESPACE, "b", details, if_none_match="*") == (412, "IfNoneMatchFailed")
    assert refused(client.create_multipart_upload, NAMESPACE, "b", details, if_match="x") == (412, "IfMatchFailed")


def test_a_bucket_with_an_upload_in_progress_is_not_deleted(sandbox, client):
    upload = begun(client)
    assert refused(client.delete_bucket, NAMESPACE, "b") == (409, "BucketNotEmpty")
    client.abort_multipart_upload(NAMESPACE, "b", "big", upload)
    client.delete_bucket(NAMESPACE, "b")
    assert refused(client.delete_bucket, "bling", sandbox.tenancy)[0] == 404


def test_a_bucket_that_is_known_already_is_not_sent_again(client):
    etag = client.get_bucket(NAMESPACE, "b").headers["etag"]
    for call in (client.get_bucket, client.head_bucket):
        with pytest.raises(oci.exceptions.ServiceError) as error:
            call(NAMESPACE, "b", if_none_match=etag)
        assert error.value.status == 304
        with pytest.raises(oci.exceptions.ServiceError) as error:
            call(NAMESPACE, "b", if_match="another")
        assert error.value.status == 412


def test_of_several_who_write_an_object_at_once_one_does_and_nothing_else_remains(sandbox, client):
    class Slow(io.BytesIO):
        def read(self, size=-1):
            time.sleep(0.02)
            return super().read(1 << 16)

    def put(sign):
        writer = sandbox.client(oci.object_storage.ObjectStorageClient, "object_storage")
        try:
            return writer.put_object(NAMESPACE, "b", "same", Slow(sign * 300_000), if_none_match="*").status
        except oci.exceptions.ServiceError as error:
            return error.status
        finally:
            writer.base_client.session.close()

    with ThreadPoolExecutor(3) as pool:
        statuses = sorted(pool.map(put, (b"a", b"b", b"c")))
    assert statuses == [200, 412, 412]
    assert len(set(client.get_object(NAMESPACE, "b", "same").data.content)) == 1
    assert files(sandbox) == 1


def test_a_request_for_an_object_says_which_headers_its_answer_has(client):
    client.put_object(NAMESPACE, "b", "o", b"x", content_type="text/plain")
    got = client.get_object(NAMESPACE, "b", "o", http_response_content_type="text/csv", http_response_cache_control="no-store")
    assert got.data.content == b"x"
    assert (got.headers["content-type"], got.headers["cache-control"]) == ("text/csv", "no-store")
    assert refused(client.get_object, NAMESPACE, "b", "o", version_id="v") == (501, "NotImplemented")


def test_the_sdks_upload_manager_works_with_parts(client, tmp_path):
    source = tmp_path / "big"
    source.write_bytes(b"x" * (3 * 1024 * 1024))
    manager = oci.object_storage.UploadManager(client, allow_parallel_uploads=True)
    manager.upload_file(NAMESPACE, "b", "big", str(source), part_size=1024 * 1024)
    assert client.get_object(NAMESPACE, "b", "big").data.content == source.read_bytes()


def test_an_upload_that_is_aborted_leaves_nothing(sandbox, client):
    upload = client.create_multipart_upload(NAMESPACE, "b", MODELS.CreateMultipartUploadDetails(object="big")).data
    client.upload_part(NAMESPACE, "b", "big", upload.upload_id, 1, b"x")
    client.abort_multipart_upload(NAMESPACE, "b", "big", upload.upload_id)
    assert list(sandbox.cloud.store.objects.iterdir()) == []
    assert refused(client.upload_part, NAMESPACE, "b", "big", upload.upload_id, 2, b"x") == (404, "NoSuchUpload")


def test_an_upload_that_breaks_off_leaves_no_object(sandbox, client):
    class Torn(io.BytesIO):
        """Half a body: reading on fails."""

        def read(self, size=-1):
            if self.tell():
                raise ConnectionError("the caller died")
            return super().read(1 << 16)

    with pytest.raises((ConnectionError, oci.exceptions.RequestException, requests.exceptions.RequestException)):
        client.put_object(NAMESPACE, "b", "torn", Torn(b"x" * (1 << 20)))
    assert refused(client.get_object, NAMESPACE, "b", "torn")[0] == 404
    until = time.monotonic() + 5
    while files(sandbox) and time.monotonic() < until:
        time.sleep(0.02)
    assert files(sandbox) == 0


def test_a_header_tells_the_time_of_the_last_change_as_http_does(sandbox, client):
    sandbox.cloud.store.clock.stopped_at = datetime(2026, 11, 16, 12, 0, 1, 900_000, tzinfo=UTC)
    told = [
        client.put_object(NAMESPACE, "b", "o", b"x").headers["last-modified"],
        client.head_object(NAMESPACE, "b", "o").headers["last-modified"],
        client.get_object(NAMESPACE, "b", "o").headers["last-modified"],
    ]

    assert told == ["Mon, 16 Nov 2026 12:00:01 GMT"] * 3


def test_a_content_encoding_is_kept_and_its_bytes_are_not_decoded(client):
    body = gzip.compress(b"costs") + b"and more"
    client.put_object(NAMESPACE, "b", "o.gz", body, content_encoding="gzip")

    got = client.get_object(NAMESPACE, "b", "o.gz")
    assert (got.headers["content-encoding"], int(got.headers["content-length"])) == ("gzip", len(body))
    assert got.data.raw.read(decode_content=False) == body


def test_an_object_that_was_deleted_and_put_again_has_another_etag(client):
    etags = []
    for _ in range(2):
        etags.append(client.put_object(NAMESPACE, "b", "o", b"x").headers["etag"])
        client.delete_object(NAMESPACE, "b", "o")

    assert len(set(etags)) == 2
