"""Measurements of what the product itself does, for dashboards and alarms: the interface, and the variants without a cloud.

A point that is not taken is told with the reason and never ends the work that was measured.
"""

import hashlib
import json
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import polars as pl
from pydantic import Field

from resources.errors import CloudOpsError
from resources.lake import Lake
from resources.tables import UTC as UTC_TIME
from resources.tables import Column, Table

MOST_DIMENSIONS = 20
"""Of a metric. Source: docstring of post_metric_data in OCI's SDK; so are the names and lengths that are valid."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._$-]*")
_KEY = re.compile(r"[!-~]{1,256}")

CUSTOM_METRICS = Table(
    name="metrics/custom_metrics",
    description="Measurements of what the product does, where no cloud keeps them.",
    columns=(
        Column("point_id", pl.String(), "SHA-256 of the metric, its dimensions and the time.", nullable=False),
        Column("day", pl.Date(), "Day (UTC) of the time.", nullable=False),
        Column("at", UTC_TIME, "When it was measured.", nullable=False),
        Column("name", pl.String(), "Name of the metric.", nullable=False),
        Column("dimensions", pl.String(), "What it was measured of, as a JSON object with sorted names.", nullable=False),
        Column("value", pl.Float64(), "What was measured.", nullable=False),
        Column("count", pl.Int64(), "How often this value occurred; of a mean, of how many.", nullable=False),
    ),
    partition_by=("day",),
)


@dataclass(frozen=True, slots=True)
class MetricPoint:
    """One measurement.

    Attributes:
        name: Name of the metric, with its unit where it has one (`processing_seconds`).
        value: What was measured.
        at: When, aware.
        dimensions: What it was measured of: 1 to 20 names with their values.
        count: How often the value occurred; of a mean, of how many.
    """

    name: str
    value: float
    at: datetime
    dimensions: Mapping[str, str]
    count: int = 1

    @property
    def stream(self) -> tuple[str, str]:
        """Which series it belongs to: the metric and its dimensions."""
        return self.name, json.dumps(dict(sorted(self.dimensions.items())), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class NotPosted:
    """A point that was not taken, and why."""

    point: MetricPoint
    reason: str


class MetricsSink(dg.ConfigurableResource[Any], ABC):
    """Somewhere that keeps measurements."""

    def post(self, points: Sequence[MetricPoint]) -> tuple[NotPosted, ...]:
        """Keep points; what was not taken is told.

        Raises:
            BadInput: This sink is not configured as its service demands.
        """
        reasons = [(point, _reason(point)) for point in points]
        refused = tuple(NotPosted(point, reason) for point, reason in reasons if reason)
        good = [point for point, reason in reasons if reason is None]
        return (*refused, *(self._post(good) if good else ()))

    @abstractmethod
    def _post(self, points: Sequence[MetricPoint]) -> Sequence[NotPosted]:
        """As `post`, of points that are valid, of which there is at least one."""


class NoMetrics(MetricsSink):
    """Keeps nothing: for a deployment whose measurements nobody wants."""

    def _post(self, points: Sequence[MetricPoint]) -> Sequence[NotPosted]:  # noqa: ARG002
        return ()


class LakeMetrics(MetricsSink):
    """Keeps points in the table `metrics/custom_metrics` of the lake; one of the same series and time replaces the former."""

    lake: Lake = Field(description="Keeps the table.")

    def _post(self, points: Sequence[MetricPoint]) -> Sequence[NotPosted]:
        rows = {_id(point): _row(point) for point in points}
        days = ", ".join(sorted({f"'{row['day']}'" for row in rows.values()}))
        ids = ", ".join(f"'{point_id}'" for point_id in rows)
        frame = pl.DataFrame(list(rows.values()), schema=CUSTOM_METRICS.schema)
        try:
            self.lake.replace(CUSTOM_METRICS, frame, where=f"day IN ({days}) AND point_id IN ({ids})")
        except CloudOpsError as error:
            return [NotPosted(point, str(error)) for point in points]
        return ()


def _row(point: MetricPoint) -> dict[str, object]:
    at = point.at.astimezone(UTC)
    name, dimensions = point.stream
    return {
        "point_id": _id(point),
        "day": at.date(),
        "at": at,
        "name": name,
        "dimensions": dimensions,
        "value": point.value,
        "count": point.count,
    }


def _id(point: MetricPoint) -> str:
    return hashlib.sha256(json.dumps([*point.stream, point.at.astimezone(UTC).isoformat()]).encode()).hexdigest()


def _reason(point: MetricPoint) -> str | None:
    """Why a point is not valid; None if it is."""
    if not _NAME.fullmatch(point.name):
        return "its name must begin with a letter and have letters, digits, '.', '_', '-' and '$' alone"
    if not 1 <= len(point.dimensions) <= MOST_DIMENSIONS:
        return f"it must have 1 to {MOST_DIMENSIONS} dimensions"
    if not all(_KEY.fullmatch(key) and 1 <= len(value) <= 512 for key, value in point.dimensions.items()):
        return "names of dimensions must have 1 to 256 printable ASCII characters without spaces, and values 1 to 512 characters"
    if not math.isfinite(point.value) or point.count < 1:
        return "its value must be finite and its count at least 1"
    if point.at.tzinfo is None:
        return "its time has no time zone"
    return None
