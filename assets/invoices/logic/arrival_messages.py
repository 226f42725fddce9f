"""Messages that say that an invoice arrived: events of Object Storage, and plain ones of whoever puts invoices there.

    {"bucket": "invoices", "object_key": "2026/11/4711.pdf", "etag": "…", "received_at": "2026-11-16T12:00:00Z"}

`object_key` is all that a plain message needs. A message that is none is told with the reason: it never holds up those behind it.
"""

import json
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

MOST_BYTES = 256_000
"""Of a message: events of Object Storage have less than a hundredth of it."""
MOST_KEY = 1024
"""Bytes of an object's name. Source: docs.oracle.com, "Object Names"."""
ARRIVALS = ("com.oraclecloud.objectstorage.createobject", "com.oraclecloud.objectstorage.updateobject")
"""Types of events that tell of an object that is new or rewritten. Source: docs.oracle.com, "Services that Produce Events"."""
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Arrival:
    """An object that arrived.

    Attributes:
        object_key: Its name in the bucket.
        bucket: The bucket; None for the one that invoices come to.
        etag: Version of the object; None if the message does not tell.
        received_at: When it arrived, aware UTC; None likewise.
        namespace: Object Storage namespace of the bucket; None likewise.
    """

    object_key: str
    bucket: str | None = None
    etag: str | None = None
    received_at: datetime | None = None
    namespace: str | None = None

    @property
    def identity(self) -> str:
        """The same for messages of the same version of an object."""
        return f"{self.namespace or ''}/{self.bucket or ''}/{self.object_key}@{self.etag or ''}"

    def message(self) -> bytes:
        """The plain message that says so."""
        fields = {
            "object_key": self.object_key,
            "bucket": self.bucket,
            "etag": self.etag,
            "received_at": self.received_at and self.received_at.isoformat(),
            "namespace": self.namespace,
        }
        return json.dumps({name: value for name, value in fields.items() if value is not None}, ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class Rejected:
    """A message that says of no arrival.

    Attributes:
        reason: Why, for people.
        excerpt: Its beginning, made printable.
    """

    reason: str
    excerpt: str


class _Malformed(Exception):
    """Why a message is none."""


def parse(value: bytes) -> Arrival | Rejected:
    """What a message says."""
    try:
        return _arrival(_fields(value))
    except _Malformed as malformed:
        shown = value[:_SHOWN].decode(errors="replace")
        return Rejected(str(malformed), "".join(sign if sign.isprintable() else "�" for sign in shown))


def _fields(value: bytes) -> dict[str, Any]:
    if len(value) > MOST_BYTES:
        raise _Malformed(f"it has {len(value)} bytes, more than {MOST_BYTES}")
    try:
        fields = json.loads(value)
    except (ValueError, RecursionError) as error:
        raise _Malformed("it is no JSON") from error
    if not isinstance(fields, dict):
        raise _Malformed("it is no JSON object")
    return fields


def _arrival(fields: dict[str, Any]) -> Arrival:
    if "eventType" not in fields:
        key, etag = _text(fields, "object_key", needed=True), _text(fields, "etag")
        return Arrival(_key(key), _text(fields, "bucket"), etag, _time(fields, "received_at"), _text(fields, "namespace"))
    kind = _text(fields, "eventType") or ""
    if kind.lower() not in ARRIVALS:
        raise _Malformed(f"it is an event of the type {kind[:_SHOWN]!r}, not of an object that arrived")
    data = _object(fields, "data")
    more = _object(data, "additionalDetails")
    key = _text(data, "resourceName", needed=True)
    bucket = _text(more, "bucketName", needed=True)
    return Arrival(_key(key), bucket, _text(more, "eTag"), _time(fields, "eventTime"), _text(more, "namespace"))


def _object(fields: dict[str, Any], name: str) -> dict[str, Any]:
    value = fields.get(name)
    if not isinstance(value, dict):
        raise _Malformed(f"{name} is no JSON object")
    return value


def _text(fields: dict[str, Any], name: str, *, needed: bool = False) -> str | None:
    value = fields.get(name)
    if value is None and not needed:
        return None
    if not isinstance(value, str) or not value:
        raise _Malformed(f"{name} is {'missing' if value is None else 'no text, or empty'}")
    return value


def _key(key: str | None) -> str:
    """A name that an object may have."""
    if key is None or key.endswith("/") or not all(map(_is_printable, key)):
        raise _Malformed("the object's name is one of a folder, or has signs that cannot be printed")
    if len(key.encode(errors="surrogatepass")) > MOST_KEY:
        raise _Malformed(f"the object's name has more than {MOST_KEY} bytes")
    return key


def _is_printable(sign: str) -> bool:
    """Also spaces of other widths, as in the names that some systems give to screenshots."""
    return sign.isprintable() or unicodedata.category(sign) == "Zs"


def _time(fields: dict[str, Any], name: str) -> datetime | None:
    value = _text(fields, name)
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise _Malformed(f"{name} has no offset from UTC")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _Malformed(f"{name} is no time of ISO 8601") from error
