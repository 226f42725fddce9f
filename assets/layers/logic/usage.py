"""Who uses which version of a layer, and how each version stands: rows of the tables, from what was read."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import Any, Literal

from assets.layers.logic.estate import Estate, Reading
from resources.lambda_layers import Function, Grant, LayerArn, LayerVersion, Place

State = Literal["there", "deleted", "not granted", "unknown"]
Row = dict[str, Any]
LATEST = "$LATEST"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a version of a layer stands.

    Attributes:
        state: Whether it can still be given to functions.
        reason: Why not, or why that is not known; empty if it can.
        grants: Who else may use it; None if unknown.
    """

    state: State
    reason: str = ""
    grants: tuple[str, ...] | None = None


def usage_rows(reading: Reading) -> Iterator[Row]:
    """Rows of `layers/usage` of a place whose functions could be listed."""
    for name, versions in groupby(sorted(reading.functions or (), key=attrgetter("name")), attrgetter("name")):
        aliases = reading.aliases.get(name, ())
        for function in versions:
            called = None if aliases is None else sorted(one.name for one in aliases if function.version in one.versions)
            for position, layer in _layers(function):
                yield {
                    "layer_version": str(layer), "layer": layer.layer, "name": layer.name, "version": layer.version,
                    "position": position, "function": function.arn, "function_name": function.name,
                    "function_version": function.version, "account": reading.place.account, "region": reading.place.region,
                    "runtime": function.runtime, "memory_mb": function.memory_mb, "aliases": called, "read_at": reading.read_at,
                }  # fmt: skip


def place_row(reading: Reading) -> Row:
    """The row of `layers/places` of a place."""
    functions, layers = reading.functions, reading.layers
    versions = None if layers is None else list(layers.values())
    latest = None if functions is None else [one for one in functions if one.version == LATEST]
    return {
        "account": reading.place.account,
        "region": reading.place.region,
        "read_at": reading.read_at,
        "is_complete": not reading.unread,
        "reasons": list(reading.unread),
        "functions": None if latest is None else len(latest),
        "function_versions": None if functions is None else len(functions),
        "layers": None if layers is None else len(layers),
        "layer_versions": None if versions is None or None in versions else sum(len(one or ()) for one in versions),
        "runtimes": None if latest is None else _counted(latest),
        "code_bytes": reading.code and reading.code.used_bytes,
        "code_limit_bytes": reading.code and reading.code.limit_bytes,
    }


def version_rows(estate: Estate, usage: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    """Rows of `layers/versions`.

    Args:
        estate: What was read, with sizes and grants.
        usage: Rows of `layers/usage`, those included that were kept of places that could not be read.
    """
    owned = {str(one.arn): one for one in estate.owned()}
    users: dict[str, list[Mapping[str, Any]]] = {}
    for row in usage:
        users.setdefault(row["layer_version"], []).append(row)
    read_at = max(one.read_at for one in estate.readings)
    newest = _newest(estate)
    for arn in sorted({*owned, *users}, key=LayerArn.parsed):
        layer, version = LayerArn.parsed(arn), owned.get(arn)
        detail = estate.details.get(arn)
        known = version or detail
        used_by = users.get(arn, [])
        standing = standing_of(estate, layer, {row["account"] for row in used_by})
        yield {
            "layer_version": arn, "layer": layer.layer, "name": layer.name, "version": layer.version, "account": layer.account,
            "region": layer.region, "state": standing.state, "reason": standing.reason,
            "is_newest": None if layer.layer not in newest else newest[layer.layer] == layer.version,
            "description": known and known.description, "created": known and known.created,
            "runtimes": known and list(known.runtimes), "architectures": known and list(known.architectures),
            "zip_bytes": detail and detail.zip_bytes, "sha256": detail and detail.sha256,
            "grants": None if standing.grants is None else list(standing.grants),
            "functions": sum(row["function_version"] == LATEST for row in used_by), "function_versions": len(used_by),
            "read_at": read_at,
        }  # fmt: skip


def standing_of(estate: Estate, layer: LayerArn, users: Collection[str]) -> Standing:
    """How a version stands.

    Args:
        estate: What was read.
        layer: The version.
        users: Accounts that use it.
    """
    arn = str(layer)
    reading = next((one for one in estate.readings if one.place == _place(layer)), None)
    if reading is None:
        return _standing_elsewhere(estate, arn)
    versions = None if reading.layers is None else reading.layers.get(layer.name, ())
    if versions is None:
        return Standing("unknown", f"the versions of {layer.layer} could not be listed")
    if all(one.arn != layer for one in versions):
        return Standing("deleted", "it is not among the versions of its layer")
    grants = estate.grants.get(arn)
    if grants is None:
        return Standing("there", grants=None)
    shut_out = sorted(user for user in users if user != layer.account and not _may_be_granted(user, grants))
    told = granted_to(grants)
    if shut_out:
        return Standing("not granted", f"no longer granted to {', '.join(shut_out)}", told)
    return Standing("there", grants=told)


def granted_to(grants: Iterable[Grant]) -> tuple[str, ...]:
    """Accounts and organisations that grants name; `*` for everybody."""
    return tuple(sorted({one.organization or one.principal for one in grants}))


def adoption_rows(usage: Sequence[Mapping[str, Any]], day: date, *, is_complete: bool) -> Iterator[Row]:
    """Rows of `layers/adoption` of a day, from rows of `layers/usage`."""
    ordered = sorted(usage, key=lambda row: str(row["layer_version"]))
    for arn, rows in groupby(ordered, key=lambda row: str(row["layer_version"])):
        found = list(rows)
        latest = [row for row in found if row["function_version"] == LATEST]
        yield {
            "day": day, "layer_version": arn, "layer": found[0]["layer"], "version": found[0]["version"],
            "functions": len(latest), "function_versions": len(found), "memory_mb": sum(row["memory_mb"] for row in latest),
            "is_complete": is_complete,
        }  # fmt: skip


def unlisted(estate: Estate, usage: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """ARNs of versions whose owners' layers are not listed, each with an account that could be read and uses it.

    They have to be asked for one by one.
    """
    read = {one.place for one in estate.readings if one.functions is not None}
    used = {(row["layer_version"], row["account"]) for row in usage if Place(row["account"], row["region"]) in read}
    return sorted(one for one in used if _place(LayerArn.parsed(one[0])) not in estate.places)


def known_versions(rows: Iterable[Mapping[str, Any]]) -> dict[str, LayerVersion]:
    """Versions whose size and hash were read before, by ARN, from rows of `layers/versions`."""
    return {
        row["layer_version"]: LayerVersion(
            arn=LayerArn.parsed(row["layer_version"]),
            description=row["description"] or "",
            created=row["created"],
            runtimes=tuple(row["runtimes"] or ()),
            architectures=tuple(row["architectures"] or ()),
            zip_bytes=row["zip_bytes"],
            sha256=row["sha256"],
        )
        for row in rows
        if row["zip_bytes"] is not None and row["sha256"] is not None
    }


def _standing_elsewhere(estate: Estate, arn: str) -> Standing:
    """How a version of an account that is not looked at stands, by what each account that uses it is answered."""
    if arn in estate.gone:
        return Standing("deleted", "its owner's account answers that there is none")
    if shut_out := ", ".join(estate.denied.get(arn, ())):
        why = "" if arn in estate.details else ": its grant was taken back, or it was deleted"
        return Standing("not granted", f"{shut_out} may not read it{why}")
    if arn in estate.details and arn not in estate.unknown:
        return Standing("there")
    return Standing("unknown", estate.unknown.get(arn, "no account that uses it could be read"))


def _may_be_granted(account: str, grants: Iterable[Grant]) -> bool:
    """Whether grants let an account use a version; members of an organisation are not known, so that one may."""
    return any(one.principal in ("*", account) or one.principal.split(":")[4:5] == [account] for one in grants)


def _layers(function: Function) -> Iterator[tuple[int, LayerArn]]:
    """Layers of a function with their places; one whose ARN is not known was told where it was read."""
    for position, text in enumerate(function.layers, 1):
        try:
            yield position, LayerArn.parsed(text)
        except ValueError:
            continue


def _counted(functions: Iterable[Function]) -> str:
    return json.dumps(Counter(one.runtime or "image" for one in functions), sort_keys=True)


def _newest(estate: Estate) -> dict[str, int]:
    """The highest number of each layer whose versions could be listed."""
    found: dict[str, int] = {}
    for version in estate.owned():
        found[version.arn.layer] = max(found.get(version.arn.layer, 0), version.arn.version)
    return found


def _place(arn: LayerArn) -> Place:
    return Place(arn.account, arn.region)
