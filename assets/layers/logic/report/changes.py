"""What changed since the report of the day before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from assets.layers.logic.report.data import GONE, ReportData, label, place_of
from assets.layers.logic.runtimes import state_of
from assets.pages import snapshots, wording
from assets.pages.snapshots import Changes, Snapshot


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is not as it was.

    Attributes:
        kind: What it is about: `place`, `version`, `use`, `grant`, `runtime`, `storage`.
        tone: `bad`, `good` or empty.
        name: Of what it is about.
        said: What changed.
    """

    kind: str
    tone: str
    name: str
    said: str


def snapshot(data: ReportData) -> Snapshot:
    """Layers and their use as they are now, as far as the next report compares them."""
    today = data.now.date()
    full = {place_of(one) for one in data.nearly_full}
    return {
        "at": data.now.isoformat(),
        "places": {place_of(one): [one["is_complete"], place_of(one) in full] for one in data.places},
        "versions": {
            row["layer_version"]: [
                f"{label(row)} in {place_of(row)}", row["state"], row["functions"], row["function_versions"],
                "*" in (row["grants"] or ()),
            ]
            for row in data.versions
        },
        "runtimes": {name: state_of(name, today) for name in data.runtimes},
    }  # fmt: skip


def compared(kept: bytes | None, now: Snapshot) -> tuple[Changes[Change], bytes]:
    """What changed, and what is to be kept; see `assets.pages.snapshots`."""
    return snapshots.compared(kept, now, _changes)


def _changes(before: Snapshot, now: Snapshot) -> Iterator[Change]:
    yield from _places(before["places"], now["places"])
    was, are = before["versions"], now["versions"]
    for arn in sorted(are.keys() - was.keys()):
        name, state, functions, *_ = are[arn]
        if state in GONE:
            yield Change("version", "bad", name, f"used by {wording.count(functions, 'function')}, and {state}")
        else:
            yield Change("version", "", name, f"new, used by {wording.count(functions, 'function')}")
    for arn in sorted(was.keys() - are.keys()):
        yield Change("version", "", was[arn][0], "gone, and nobody uses it")
    for arn in sorted(are.keys() & was.keys()):
        yield from _version(was[arn], are[arn])
    yield from _runtimes(before["runtimes"], now["runtimes"])


def _places(was: Mapping[str, Any], are: Mapping[str, Any]) -> Iterator[Change]:
    for name in sorted(are.keys() | was.keys()):
        if name not in was or name not in are:
            yield Change("place", "", name, "looked at for the first time" if name in are else "no longer looked at")
            continue
        (could, was_full), (can, is_full) = was[name], are[name]
        if could != can:
            yield Change("place", "good" if can else "bad", name, "can be read again" if can else "cannot be read completely")
        if was_full != is_full:
            yield Change(
                "storage", "bad" if is_full else "good", name, f"code storage {'nearly full' if is_full else 'has room again'}"
            )


def _version(was: list[Any], now: list[Any]) -> Iterator[Change]:
    name, state, functions, versions, public = now
    if was[1] != state:
        tone = "good" if state == "there" else "bad" if state in GONE else ""
        yield Change("version", tone, name, f"{was[1]} → {state}, used by {wording.count(functions, 'function')}")
    if was[2] != functions:
        yield Change("use", "", name, f"{was[2]} → {wording.count(functions, 'function')}")
    elif was[3] and not versions:
        yield Change("use", "", name, "no published version uses it any more")
    if was[4] != public:
        yield Change("grant", "bad" if public else "good", name, "everybody may use it" if public else "no longer for everybody")


def _runtimes(was: Mapping[str, str], are: Mapping[str, str]) -> Iterator[Change]:
    for name in sorted(are.keys() & was.keys()):
        if was[name] != are[name]:
            yield Change("runtime", "bad" if are[name] in ("deprecated", "soon") else "", name, f"{was[name]} → {are[name]}")
