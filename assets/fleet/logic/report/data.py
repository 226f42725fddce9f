"""What the report shows: rows of the fleet's tables, and what is kept of it to be compared with."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import polars as pl

from assets.fleet.logic.recommendations.proposals import Cost
from assets.fleet.logic.report.wording import LEVELS

Row = Mapping[str, Any]
_OCID = re.compile(r"ocid1\.[A-Za-z0-9._-]*[A-Za-z0-9]")
DAYS = 28
"""Days that charts show."""


@dataclass(frozen=True)
class ReportData:
    """Rows of tables, as they were read.

    Attributes:
        now: When the report is made.
        databases: Current rows of fleet/databases.
        places: Rows of fleet/places.
        status: Rows of fleet/status.
        measured: Rows of the last collection in fleet/measurements.
        history: Of Monitoring's metrics over the days shown: database_id, metric, time, value, in the order of the times.
        asked: Of what databases say of themselves over these days: database_id, metric, time, value.
        waits: Rows of the last collection in fleet/wait_events.
        statements: Rows of the last collection in fleet/top_sql.
        anomalies: database_id, metric, start, end, direction, value, expected, is_open, incident_id.
        incidents: incident_id, start, end, said, databases, is_open.
        capacity: Rows of fleet/capacity.
        recommendations: Rows of fleet/recommendations.
        costs: Of the last 30 days by database.
    """

    now: datetime
    databases: Sequence[Row]
    places: Sequence[Row]
    status: Sequence[Row]
    measured: Sequence[Row]
    history: pl.DataFrame
    asked: pl.DataFrame
    waits: Sequence[Row]
    statements: Sequence[Row]
    anomalies: Sequence[Row]
    incidents: Sequence[Row]
    capacity: Sequence[Row]
    recommendations: Sequence[Row]
    costs: Mapping[str, Cost]

    @cached_property
    def worst_first(self) -> list[Row]:
        """Databases, the worst first: by level, then the most urgent recommendation, then name."""
        impact = {key: max((row["impact"] for row in rows), default=0.0) for key, rows in self.recommended.items()}
        order = {level: place for place, level in enumerate(LEVELS)}
        return sorted(
            self.databases,
            key=lambda row: (
                order[self.level(row["database_id"])], -impact.get(row["database_id"], 0.0), row["display_name"],
                row["database_id"],
            ),
        )  # fmt: skip

    @cached_property
    def levels(self) -> Mapping[tuple[str, str], Row]:
        """Rows of the status by database and metric."""
        return {(row["database_id"], row["metric"]): row for row in self.status}

    def level(self, database_id: str) -> str:
        """How a database stands; unknown if nobody says."""
        row = self.levels.get((database_id, "overall"))
        if row is None or (database_id in self._lost and row["level"] == "ok"):
            return "unknown"
        return str(row["level"])

    @cached_property
    def _lost(self) -> frozenset[str]:
        """Databases that could not be looked at."""
        return frozenset(row["database_id"] for row in self.databases if row["unknown_since"] is not None)

    @cached_property
    def values(self) -> Mapping[tuple[str, str], Row]:
        """What was measured last by database and metric."""
        return {(row["database_id"], row["metric"]): row for row in self.measured}

    @cached_property
    def values_of(self) -> Mapping[str, Sequence[Row]]:
        """What was measured last, of each database."""
        return grouped(self.measured)

    @cached_property
    def full(self) -> Mapping[tuple[str, str, float], Row]:
        """Capacity by database, resource and level."""
        return {(row["database_id"], row["resource"], row["level_percent"]): row for row in self.capacity}

    @cached_property
    def recommended(self) -> Mapping[str, Sequence[Row]]:
        """Recommendations that are not resolved, by database."""
        return grouped(row for row in self.recommendations if row["state"] != "resolved")

    def named(self, text: str) -> str:
        """A text with the names of databases in the place of their OCIDs."""
        return _OCID.sub(lambda found: str(self.names.get(found[0], found[0])), text)

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Display names by OCID."""
        return {row["database_id"]: row["display_name"] for row in self.databases}


def grouped(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows by database, in their order."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["database_id"]].append(row)
    return found
