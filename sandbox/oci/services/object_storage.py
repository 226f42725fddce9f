"""Object Storage: buckets, objects in one piece or in parts, and listings. Contents lie in files, so that size is no matter."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from email.utils import format_datetime
from pathlib import Path

from sandbox.oci.clock import parsed, text
from sandbox.oci.errors import OciError, conflict, invalid, not_found
from sandbox.oci.exchange import Answer, Asked, answers, page
from sandbox.oci.services.identity import demand_compartment
from sandbox.oci.store import Body, Resource, Store

NAMESPACE = "acmesandbox"
REPORTS_NAMESPACE = "bling"
"""Oracle's own namespace of cost and usage reports; the bucket's name is the tenancy's OCID. Source: docs.oracle.com,
"Cost and Usage Reports"."""
BUCKETS, UPLOADS = "object_storage.buckets", "object_storage.uploads"
MOST_LISTED = 1000
"""Source: SDK docstring of list_objects."""
LEAST_PART, MOST_PARTS = 1, 10_000
_CHUNK = 1 << 16
_ASKED_HEADERS = {
    "content-type": "httpResponseContentType",
    "content-encoding": "httpResponseContentEncoding",
    "content-language": "httpResponseContentLanguage",
    "content-disposition": "httpResponseContentDisposition",
    "cache-control": "httpResponseCacheControl",
    "expires": "httpResponseExpires",
}
"""Headers of an answer that a request may ask for. Source: SDK docstring of get_object."""


def objects_table(namespace: str, bucket: str) -> str:
    """Name of the table with a bucket's objects."""
    return f"object_storage.objects/{namespace}/{bucket}"


def add_bucket(store: Store, namespace: str, name: str, compartment: str, region: str, by: str) -> Resource:
    """Let a bucket exist."""
    body: Body = {
        "namespace": namespace,
        "name": name,
        "id": store.new_ocid("bucket", region),
        "compartmentId": compartment,
        "createdBy": by,
        "timeCreated": text(store.clock.now()),
        "metadata": {},
        "publicAccessType": "NoPublicAccess",
        "storageTier": "Standard",
        "objectEventsEnabled": False,
        "freeformTags": {},
        "definedTags": {},
        "versioning": "Disabled",
    }
    return store.add(BUCKETS, body, region, key=f"{namespace}/{name}")


def add_object(store: Store, namespace: str, bucket: str, name: str, content: bytes, modified: str | None = None) -> None:
    """Let an object exist."""
    with _new_file(store) as file:
        file.write_bytes(content)
    body = {"name": name, "size": len(content), "md5": _md5_of(content), "timeCreated": modified or text(store.clock.now())}
    _put(store, objects_table(namespace, bucket), {**body, "timeModified": body["timeCreated"]}, file)


@answers("object_storage")
def get_namespace(_asked: Asked) -> Answer:
    """The tenancy's namespace."""
    return Answer(NAMESPACE)


@answers("object_storage")
def create_bucket(asked: Asked) -> Answer:
    """A new bucket; its name is unique in the namespace. Source: SDK docstring of create_bucket."""
    namespace, body = asked.path["namespaceName"], asked.body
    if namespace != NAMESPACE:
        raise not_found()
    demand_compartment(asked, body["compartmentId"])
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,256}", body["name"]):
        raise OciError(400, "InvalidBucketName", f"The bucket name '{body['name']}' is not valid.")
    if f"{namespace}/{body['name']}" in asked.store.table(BUCKETS):
        raise conflict(f"The bucket '{body['name']}' already exists.", "BucketAlreadyExists")
    made = add_bucket(asked.store, namespace, body["name"], body["compartmentId"], asked.region, "sandbox")
    given = {name: value for name, value in body.items() if value is not None and name in made.body}
    made.body.update(given)
    return Answer({**made.body, "etag": made.etag}, headers={"etag": made.etag})


@answers("object_storage")
def get_bucket(asked: Asked) -> Answer:
    """One bucket."""
    found = _unknown_to_caller(asked, _bucket(asked))
    return Answer({**found.body, "etag": found.etag}, headers={"etag": found.etag})


@answers("object_storage")
def head_bucket(asked: Asked) -> Answer:
    """Whether a bucket exists."""
    return Answer(headers={"etag": _unknown_to_caller(asked, _bucket(asked)).etag})


@answers("object_storage")
def list_buckets(asked: Asked) -> Answer:
    """Buckets of a compartment, in this region."""
    demand_compartment(asked, asked.query["compartmentId"])
    shown = ("namespace", "name", "compartmentId", "createdBy", "timeCreated", "freeformTags", "definedTags")
    rows = [
        {**{name: r.body[name] for name in shown}, "etag": r.etag}
        for r in asked.store.all(BUCKETS, asked.region)
        if r.body["namespace"] == asked.path["namespaceName"] and r.body["compartmentId"] == asked.query["compartmentId"]
    ]
    return page(asked, sorted(rows, key=lambda row: row["name"]))


@answers("object_storage")
def delete_bucket(asked: Asked) -> Answer:
    """Delete an empty bucket without uploads in progress. Source: SDK docstring of delete_bucket; the latter's code is not."""
    found = writable_bucket(asked)
    found.demand_etag(asked.if_match)
    if asked.store.table(_objects(asked)):
        raise conflict("The bucket is not empty.", "BucketNotEmpty")
    if any(_is_in(asked, upload) for upload in asked.store.all(UPLOADS)):
        raise conflict("The bucket has a multipart upload in progress.", "BucketNotEmpty")
    asked.store.remove(BUCKETS, f"{asked.path['namespaceName']}/{asked.path['bucketName']}")
    return Answer(status=204)


@answers("object_storage")
async def put_object(asked: Asked) -> Answer:
    """Store an object. `if-none-match: *` demands that there is none, `if-match` the version that there is."""
    writable_bucket(asked)
    _demand_conditions(asked)
    with _new_file(asked.store) as file:
        size, digest = await _received(asked, file)
        writable_bucket(asked)  # both may be otherwise now
        _demand_conditions(asked)
    now = text(asked.store.clock.now())
    body = {
        "name": asked.path["objectName"],
        "size": size,
        "md5": digest,
        "timeCreated": now,
        "timeModified": now,
        "contentType": asked.headers.get("content-type", "application/octet-stream"),
        "contentEncoding": asked.headers.get("content-encoding"),
        "metadata": {name: value for name, value in asked.headers.items() if name.startswith("opc-meta-")},
    }
    made = _put(asked.store, _objects(asked), body, file)
    return Answer(headers={"etag": made.etag, "opc-content-md5": digest, "last-modified": _http_date(now)})


@answers("object_storage")
def get_object(asked: Asked) -> Answer:
    """The contents of an object, or of a range of it."""
    found = _object(asked)
    size = found.body["size"]
    first, last, status = _range(asked.headers.get("range"), size)
    wanted = {header: asked.query[name] for header, name in _ASKED_HEADERS.items() if name in asked.query}
    headers = {**_headers(found), **wanted, "content-length": str(last - first + 1), "accept-ranges": "bytes"}
    if status == 206:
        headers["content-range"] = f"bytes {first}-{last}/{size}"
    return Answer(status=status, headers=headers, content=_content(asked.store.objects / found.hidden["file"], first, last))


@answers("object_storage")
def head_object(asked: Asked) -> Answer:
    """An object's size and version."""
    found = _object(asked)
    return Answer(headers={**_headers(found), "content-length": str(found.body["size"])})


@answers("object_storage")
def delete_object(asked: Asked) -> Answer:
    """Delete an object."""
    writable_bucket(asked)
    found = _object(asked)
    found.demand_etag(asked.if_match)
    asked.store.remove(_objects(asked), found.body["name"])
    (asked.store.objects / found.hidden["file"]).unlink(missing_ok=True)
    return Answer(status=204)


@answers("object_storage")
def list_objects(asked: Asked) -> Answer:
    """Objects in the order of their names from `start` on; `nextStartWith` is where the next page begins.

    Source: SDK docstring of list_objects: fields are `name` unless others are asked for.
    """
    _bucket(asked)
    query = asked.query
    limit = query.get("limit", MOST_LISTED)
    if not 1 <= limit <= MOST_LISTED:
        raise invalid(f"limit must be between 1 and {MOST_LISTED}")
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter")
    fields = ["name", *(query.get("fields") or "").split(",")]
    objects: list[Body] = []
    prefixes: list[str] = []
    following = None
    table = asked.store.table(_objects(asked))
    for name in sorted(table, key=lambda n: n.encode()):
        if not name.startswith(prefix) or not _within(name, query):
            continue
        rest = name[len(prefix) :]
        below = prefix + rest.split(delimiter)[0] + delimiter if delimiter and delimiter in rest else None
        if below is not None and below in prefixes:
            continue
        if len(objects) + len(prefixes) >= limit:
            following = name
            break
        if below is not None:
            prefixes.append(below)
        else:
            row = {**table[name].body, "etag": table[name].etag}
            objects.append({field: row[field] for field in fields if field in row})
    return Answer({"objects": objects, "prefixes": prefixes, "nextStartWith": following})


@answers("object_storage")
def create_multipart_upload(asked: Asked) -> Answer:
    """Begin an object in parts."""
    writable_bucket(asked)
    _demand_conditions(asked, asked.body["object"])
    upload = asked.store.new_ocid("upload")
    body = {
        "namespace": asked.path["namespaceName"],
        "bucket": asked.path["bucketName"],
        "object": asked.body["object"],
        "uploadId": upload,
        "timeCreated": text(asked.store.clock.now()),
    }
    given = {name: asked.body.get(name) for name in ("contentType", "contentEncoding")}
    metadata = {name.lower(): value for name, value in (asked.body.get("metadata") or {}).items()}
    asked.store.add(UPLOADS, body, asked.region, key=upload, parts={}, given={**given, "metadata": metadata})
    return Answer(body)


@answers("object_storage")
async def upload_part(asked: Asked) -> Answer:
    """One part; the same number again replaces it."""
    found, number = _upload(asked), asked.query["uploadPartNum"]
    if not LEAST_PART <= number <= MOST_PARTS:
        raise invalid(f"uploadPartNum must be between {LEAST_PART} and {MOST_PARTS}")
    with _new_file(asked.store) as file:
        size, digest = await _received(asked, file)
        found = _upload(asked)  # it may be gone now
    etag = hashlib.sha256(f"{asked.query['uploadId']}/{number}/{digest}".encode()).hexdigest()[:32]
    before = found.hidden["parts"].get(str(number))
    if before is not None:
        (asked.store.objects / before["file"]).unlink(missing_ok=True)
    found.hidden["parts"][str(number)] = {"etag": etag, "size": size, "md5": digest, "file": file.name}
    return Answer(headers={"etag": etag, "opc-content-md5": digest})


@answers("object_storage")
def list_multipart_upload_parts(asked: Asked) -> Answer:
    """Parts that arrived."""
    parts = _upload(asked).hidden["parts"]
    rows = [{"partNumber": int(n), "etag": p["etag"], "size": p["size"], "md5": p["md5"]} for n, p in parts.items()]
    return page(asked, sorted(rows, key=lambda row: row["partNumber"]), MOST_LISTED)


@answers("object_storage")
def list_multipart_uploads(asked: Asked) -> Answer:
    """Uploads that are neither committed nor aborted."""
    _bucket(asked)
    rows = [r.body for r in asked.store.all(UPLOADS, asked.region) if _is_in(asked, r)]
    return page(asked, rows)


@answers("object_storage")
def commit_multipart_upload(asked: Asked) -> Answer:
    """Make the object of the parts that are named, in the order of their numbers."""
    found = _upload(asked)
    _demand_conditions(asked)
    chosen = _chosen(found, asked.body)
    digests, size = b"", 0
    with _new_file(asked.store) as file, file.open("wb") as whole:
        for kept in chosen:
            with (asked.store.objects / kept["file"]).open("rb") as part:
                shutil.copyfileobj(part, whole)
            digests += base64.b64decode(kept["md5"])
            size += kept["size"]
    _forget_parts(asked.store, found)
    now = text(asked.store.clock.now())
    digest = f"{_md5_of(digests)}-{len(chosen)}"
    body = {"name": asked.path["objectName"], "size": size, "md5": digest, "timeCreated": now, "timeModified": now}
    made = _put(asked.store, _objects(asked), {**body, **found.hidden["given"]}, file)
    return Answer(headers={"etag": made.etag, "opc-multipart-md5": digest, "last-modified": _http_date(now)})


@answers("object_storage")
def abort_multipart_upload(asked: Asked) -> Answer:
    """Forget an upload and its parts."""
    _forget_parts(asked.store, _upload(asked))
    return Answer(status=204)


def _chosen(upload: Resource, body: Body) -> list[Body]:
    """Parts to commit in the order of their numbers.

    Source: SDK docstring of `partsToExclude`: each part is in one of the two lists and in not both; the status is not sourced.
    """
    parts, numbers = upload.hidden["parts"], sorted(part["partNum"] for part in body["partsToCommit"])
    left_out = body.get("partsToExclude") or []
    if not numbers:
        raise invalid("partsToCommit must not be empty")
    if len(set(numbers)) < len(numbers) or set(numbers) & set(left_out):
        raise invalid("A part must be once in either partsToCommit or partsToExclude")
    for part in body["partsToCommit"]:
        if parts.get(str(part["partNum"]), {}).get("etag") != part["etag"]:
            raise OciError(400, "InvalidUploadPart", f"Part {part['partNum']} was not uploaded, or has another etag.")
    unnamed = sorted({int(number) for number in parts} - {*numbers, *left_out})
    if unnamed:
        raise invalid(f"Part {unnamed[0]} must be in either partsToCommit or partsToExclude")
    return [parts[str(number)] for number in numbers]


def _is_in(asked: Asked, upload: Resource) -> bool:
    """Whether an upload is one of the bucket of the path."""
    return (upload.body["namespace"], upload.body["bucket"]) == (asked.path["namespaceName"], asked.path["bucketName"])


def _unknown_to_caller(asked: Asked, found: Resource) -> Resource:
    """Something whose version is the one that is asked for, and not the one that the caller knows already."""
    if asked.if_match not in (None, "*", found.etag):
        raise OciError(412, "IfMatchFailed", "The If-Match header does not match the etag.")
    if asked.headers.get("if-none-match") in ("*", found.etag):
        raise OciError(304, "NotModified", "", {"etag": found.etag})
    return found


def _bucket(asked: Asked) -> Resource:
    try:
        return asked.store.find(BUCKETS, f"{asked.path['namespaceName']}/{asked.path['bucketName']}", asked.region)
    except OciError:
        message = "Either the bucket does not exist in the namespace or you are not authorized to access it"
        raise OciError(404, "BucketNotFound", message) from None


def writable_bucket(asked: Asked) -> Resource:
    """The bucket that the path names, unless it is Oracle's own."""
    found = _bucket(asked)
    if found.body["namespace"] == REPORTS_NAMESPACE:
        raise not_found()
    return found


def _objects(asked: Asked) -> str:
    return objects_table(asked.path["namespaceName"], asked.path["bucketName"])


def _object(asked: Asked) -> Resource:
    _bucket(asked)
    name = asked.path["objectName"]
    found = asked.store.table(_objects(asked)).get(name)
    if found is None:
        raise OciError(404, "ObjectNotFound", f"The object '{name}' was not found in the bucket")
    if "versionId" in asked.query:
        raise OciError(501, "NotImplemented", "The sandbox keeps no versions of objects: see docs/sandbox.md.")
    return _unknown_to_caller(asked, found)


def _demand_conditions(asked: Asked, name: str | None = None) -> None:
    found = asked.store.table(_objects(asked)).get(name or asked.path["objectName"])
    if asked.headers.get("if-none-match") == "*" and found is not None:
        raise OciError(412, "IfNoneMatchFailed", "The object exists already.")
    if asked.if_match is not None and (found is None or asked.if_match not in ("*", found.etag)):
        raise OciError(412, "IfMatchFailed", "The If-Match header does not match the object's etag.")


def _upload(asked: Asked) -> Resource:
    _bucket(asked)
    found = asked.store.table(UPLOADS).get(asked.query["uploadId"])
    if found is None or found.body["object"] != asked.path["objectName"] or not _is_in(asked, found):
        raise OciError(404, "NoSuchUpload", "There is no such upload.")
    return found


def _forget_parts(store: Store, upload: Resource) -> None:
    for part in upload.hidden["parts"].values():
        (store.objects / part["file"]).unlink(missing_ok=True)
    store.remove(UPLOADS, upload.body["uploadId"])


def _put(store: Store, table: str, body: Body, file: Path) -> Resource:
    before = store.table(table).get(body["name"])
    made = store.add(table, body, key=body["name"], file=file.name)
    made.version = store.made  # none was the version of an object of that name before, even if it was deleted meanwhile
    if before is not None:
        (store.objects / before.hidden["file"]).unlink(missing_ok=True)
    return made


@contextmanager
def _new_file(store: Store) -> Iterator[Path]:
    """A file for contents; it goes again if what is done with it fails."""
    store.made += 1
    file = store.objects / f"{store.made:012}"
    try:
        yield file
    except BaseException:
        file.unlink(missing_ok=True)
        raise


async def _received(asked: Asked, file: Path) -> tuple[int, str]:
    """Store the body; returns its size and its MD5 in base64, which is the one that the caller claims if it claims one."""
    size, digest = 0, hashlib.md5(usedforsecurity=False)
    with file.open("wb") as kept:
        async for chunk in asked.stream or _nothing():
            kept.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    declared = asked.headers.get("content-length")
    if declared is not None and int(declared) != size:
        raise OciError(400, "IncompleteBody", "The body is shorter than its Content-Length.")
    found = base64.b64encode(digest.digest()).decode()
    if asked.headers.get("content-md5") not in (None, found):
        raise OciError(400, "UnmatchedContentMD5", "The computed MD5 differs from that of the Content-MD5 header.")
    return size, found


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""


async def _content(file: Path, first: int, last: int) -> AsyncIterator[bytes]:
    with file.open("rb") as kept:
        kept.seek(first)
        left = last - first + 1
        while left > 0:
            chunk = kept.read(min(_CHUNK, left))
            if not chunk:
                return
            left -= len(chunk)
            yield chunk


def _range(header: str | None, size: int) -> tuple[int, int, int]:
    """First and last byte and the status. Source: RFC 9110, 14.1.2."""
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", header or "")
    if not found or found.groups() == ("", ""):
        return 0, size - 1, 200
    begin, end = found.groups()
    if begin == "":
        first, last = max(size - int(end), 0), size - 1
    else:
        first, last = int(begin), min(int(end or size - 1), size - 1)
    if first > last:
        raise OciError(416, "InvalidRange", "The range lies outside of the object.", {"content-range": f"bytes */{size}"})
    return first, last, 206


def _headers(found: Resource) -> dict[str, str]:
    body = found.body
    optional = {"content-type": body.get("contentType"), "content-encoding": body.get("contentEncoding")}
    headers = {
        "etag": found.etag,
        "opc-multipart-md5" if "-" in body["md5"] else "content-md5": body["md5"],
        "last-modified": _http_date(body["timeModified"]),
        "storage-tier": "Standard",
    }
    return {**headers, **{name: value for name, value in optional.items() if value}, **(body.get("metadata") or {})}


def _http_date(moment: str) -> str:
    """A time as a header says it, in whole seconds. Source: SDK docstrings of get_object and put_object (RFC 2616)."""
    return format_datetime(parsed(moment), usegmt=True)


def _within(name: str, query: object) -> bool:
    bounds = query if isinstance(query, dict) else {}
    start, end, after = (bounds.get(key) for key in ("start", "end", "startAfter"))
    return not ((start and name < start) or (end and name >= end) or (after and name <= after))


def _md5_of(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
