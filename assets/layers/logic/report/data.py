"""What the report shows: rows of the tables of usage, and what follows from them."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from assets.layers.logic.runtimes import state_of
from assets.layers.logic.usage import LATEST

Row = Mapping[str, Any]
GONE = ("deleted", "not granted")
"""States of versions that functions keep and cannot be given anew."""
NEARLY_FULL = 0.8
"""Share of the quota of code storage from which a place is told. Our choice."""


@dataclass(frozen=True)
class ReportData:
    """Rows as they were read.

    Attributes:
        now: When the report is made.
        usage: Rows of layers/usage.
        versions: Rows of layers/versions.
        places: Rows of layers/places.
        adoption: Rows of layers/adoption of the days shown.
    """

    now: datetime
    usage: Sequence[Row]
    versions: Sequence[Row]
    places: Sequence[Row]
    adoption: Sequence[Row]

    @property
    def is_complete(self) -> bool:
        """Whether all places could be read: else a version without functions need not be unused."""
        return bool(self.places) and all(place["is_complete"] for place in self.places)

    @cached_property
    def users(self) -> Mapping[str, Sequence[Row]]:
        """Rows of usage by version of the layer."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.usage:
            found[row["layer_version"]].append(row)
        return found

    @cached_property
    def functions(self) -> int:
        """Functions whose `$LATEST` has a layer."""
        return len({row["function"] for row in self.usage if row["function_version"] == LATEST})

    @cached_property
    def gone(self) -> Sequence[Row]:
        """Versions that are used and cannot be given to a function any more."""
        return [row for row in self.versions if row["function_versions"] and row["state"] in GONE]

    @cached_property
    def orphans(self) -> Sequence[Row]:
        """Versions that nobody is known to use, the largest first."""
        found = [row for row in self.versions if not row["function_versions"] and row["state"] == "there"]
        return sorted(found, key=lambda row: (-(row["zip_bytes"] or 0), row["layer_version"]))

    @cached_property
    def public(self) -> Sequence[Row]:
        """Versions that everybody may use."""
        return [row for row in self.versions if "*" in (row["grants"] or ())]

    @cached_property
    def newest(self) -> Mapping[str, Row]:
        """The newest version of each layer whose versions are known."""
        return {row["layer"]: row for row in self.versions if row["is_newest"]}

    @cached_property
    def behind(self) -> Sequence[Row]:
        """Rows of usage of functions whose `$LATEST` has an older version than the newest, the furthest behind first."""
        found = [
            row
            for row in self.usage
            if row["function_version"] == LATEST
            and row["layer"] in self.newest
            and row["version"] < self.newest[row["layer"]]["version"]
        ]
        return sorted(found, key=lambda row: (row["version"] - self.newest[row["layer"]]["version"], row["function"]))

    @cached_property
    def runtimes(self) -> Mapping[str, int]:
        """Functions of all places by runtime, whether or not they use layers; of those that could be listed."""
        found: Counter[str] = Counter()
        for place in self.places:
            found.update(json.loads(place["runtimes"] or "{}"))
        return found

    def deprecated(self, *states: str) -> Mapping[str, int]:
        """Functions by runtime, of runtimes in these states today."""
        today = self.now.date()
        return {name: number for name, number in self.runtimes.items() if state_of(name, today) in states}

    def dead_layers(self) -> Sequence[Row]:
        """Versions that are there and say that they are for deprecated runtimes alone."""
        today = self.now.date()
        return [
            row
            for row in self.versions
            if row["state"] == "there"
            and row["runtimes"]
            and all(state_of(name, today) == "deprecated" for name in row["runtimes"])
        ]

    @property
    def nearly_full(self) -> Sequence[Row]:
        """Places whose code storage is nearly used up."""
        return [one for one in self.places if (share_used(one) or 0) >= NEARLY_FULL]

    def stale(self, row: Row) -> bool:
        """Whether a row was kept from an earlier reading."""
        return bool(row["read_at"] < self.now - timedelta(days=1))


def share_used(place: Row) -> float | None:
    """Share of its code storage that a place uses; None if unknown."""
    if place["code_bytes"] is None or not place["code_limit_bytes"]:
        return None
    return float(place["code_bytes"] / place["code_limit_bytes"])


def label(row: Row) -> str:
    """A version for people: name and number."""
    return f"{row['name']}:{row['version']}"


def place_of(row: Row) -> str:
    """Where it is."""
    return f"{row['account']}/{row['region']}"
