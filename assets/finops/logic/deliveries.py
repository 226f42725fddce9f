"""Which delivered files are in force: a pure function of all files ever seen, so that the order of arrival does not matter.

Rules, by provider:

* AWS exports and Azure exports deliver a billing period whole, again and again, each time into a folder of its own (or over the
  old files). The last complete delivery of a period counts; a manifest says which files belong to it.
* OCI reports are append-only: each file counts; corrections are rows of their own.
* A file rewritten under its name replaces what it was. The same content under two names counts once.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Literal

State = Literal["in force", "superseded", "duplicate", "incomplete"]

_DATA_EXPORT = re.compile(r"^(?P<export>.*?)/?data/(?P<period>BILLING_PERIOD=\d{4}-\d{2})/(?:(?P<version>[^/]+)/)?[^/]+$")
_PERIOD_FOLDER = re.compile(r"^(?P<export>.*?)/?(?P<period>\d{8}-\d{8})/(?:(?P<version>[^/]+)/)?[^/]+$")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One version of one object that holds billing data."""

    key: str
    etag: str
    delivery_id: str
    last_modified: datetime
    scope: str
    version: str
    content_id: str
    rows: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """A provider's list of the files of one delivery; paths may start with a bucket that the store's keys leave out."""

    key: str
    last_modified: datetime
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a delivery is in force, and why not; `reason` also warns about one that is."""

    state: State
    reason: str | None = None

    @property
    def counts(self) -> bool:
        """Whether its rows belong into the lake."""
        return self.state in ("in force", "incomplete")


def delivery_id(key: str, etag: str, reader_version: str) -> str:
    """Identity of what was read: the object, its content, and the version of the reader that understood it."""
    return blake2b(f"{key}@{etag}@{reader_version}".encode(), digest_size=12).hexdigest()


def scope_of(key: str, *, replaces_period: bool) -> tuple[str, str]:
    """What a file replaces as a whole, and which version of it the file belongs to.

    Without the folders of an export, a file stands for itself: guessing from names would drop somebody's money.
    """
    inner = key.split("!/", 1)[-1]
    prefix = key[: len(key) - len(inner)]
    if replaces_period:
        for pattern in (_DATA_EXPORT, _PERIOD_FOLDER):
            if match := pattern.match(inner):
                return f"{prefix}{match['export']}/{match['period']}", match["version"] or ""
    return key, ""


def parse_manifest(text: str) -> tuple[str, ...] | None:
    """The files that a manifest names (AWS legacy report, AWS Data Exports, Azure), or None if the JSON is no manifest."""
    try:
        content = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    names: object = content.get("reportKeys") or content.get("dataFiles")
    if isinstance(content.get("blobs"), list):
        names = [blob.get("blobName") for blob in content["blobs"] if isinstance(blob, dict)]
    if not isinstance(names, list):
        return None
    files = tuple(re.sub(r"^s3://[^/]+/", "", n) for n in names if isinstance(n, str))
    return files or None


def verdicts(deliveries: Iterable[Delivery], manifests: Sequence[Manifest]) -> dict[str, Verdict]:
    """The state of every delivery, by its id."""
    result: dict[str, Verdict] = {}
    current = _newest_per_key(deliveries, result)
    for scope in _grouped(current, lambda d: d.scope).values():
        result |= _within_scope(scope, manifests)
    result |= _duplicates([d for d in current if result[d.delivery_id].counts])
    return result


def _newest_per_key(deliveries: Iterable[Delivery], result: dict[str, Verdict]) -> list[Delivery]:
    newest: dict[str, Delivery] = {}
    for delivery in sorted(deliveries, key=lambda d: (d.last_modified, d.etag)):
        if delivery.key in newest:
            result[newest[delivery.key].delivery_id] = Verdict("superseded", "rewritten under the same name")
        newest[delivery.key] = delivery
    return list(newest.values())


def _within_scope(deliveries: list[Delivery], manifests: Sequence[Manifest]) -> dict[str, Verdict]:
    """The last complete version counts; if none is complete, the last one does, with a warning."""
    versions = _grouped(deliveries, lambda d: d.version)
    missing = {name: _missing(files, manifests) for name, files in versions.items()}
    order = sorted(versions, key=lambda name: (max(d.last_modified for d in versions[name]), name))
    complete = [name for name in order if not missing[name]]
    winner = (complete or order)[-1]
    result = {}
    for name, files in versions.items():
        for delivery in files:
            if name != winner and missing[name] and order.index(name) > order.index(winner):
                verdict = Verdict("superseded", f"incomplete: waits for {', '.join(missing[name])}")
            elif name != winner:
                verdict = Verdict("superseded", f"the period was delivered again as {winner or 'the files in place'}")
            elif missing[name]:
                verdict = Verdict("incomplete", f"the manifest also names {', '.join(missing[name])}: deliver it")
            else:
                verdict = Verdict("in force")
            result[delivery.delivery_id] = verdict
    return result | _left_over(versions[winner], manifests)


def _manifest_of(files: list[Delivery], manifests: Sequence[Manifest]) -> Manifest | None:
    """The newest manifest that names any of the files."""
    naming = [m for m in manifests if any(_same_path(f, d.key) for f in m.files for d in files)]
    return max(naming, key=lambda m: (m.last_modified, m.key, m.files), default=None)


def _missing(files: list[Delivery], manifests: Sequence[Manifest]) -> list[str]:
    manifest = _manifest_of(files, manifests)
    if manifest is None:
        return []
    return [f for f in manifest.files if not any(_same_path(f, d.key) for d in files)]


def _left_over(files: list[Delivery], manifests: Sequence[Manifest]) -> dict[str, Verdict]:
    """Files beside those of the manifest: parts of an earlier, longer delivery that was overwritten in place."""
    manifest = _manifest_of(files, manifests)
    if manifest is None:
        return {}
    return {
        d.delivery_id: Verdict("superseded", f"no longer named by {manifest.key}")
        for d in files
        if not any(_same_path(f, d.key) for f in manifest.files)
    }


def _duplicates(counting: list[Delivery]) -> dict[str, Verdict]:
    result = {}
    for same in _grouped([d for d in counting if d.rows], lambda d: d.content_id).values():
        first, *others = sorted(same, key=lambda d: (d.last_modified, d.key))
        for other in others:
            if (other.scope, other.version) != (first.scope, first.version):
                result[other.delivery_id] = Verdict("duplicate", f"same content as {first.key}")
    return result


def _same_path(named: str, key: str) -> bool:
    """Whether a manifest's path and a key are one file, one of them perhaps with leading folders that the other lacks."""
    inner = key.split("!/", 1)[-1]
    return named == inner or named.endswith(f"/{inner}") or inner.endswith(f"/{named}")


def _grouped(deliveries: Iterable[Delivery], by: Callable[[Delivery], str]) -> dict[str, list[Delivery]]:
    groups: dict[str, list[Delivery]] = defaultdict(list)
    for delivery in deliveries:
        groups[by(delivery)].append(delivery)
    return groups
