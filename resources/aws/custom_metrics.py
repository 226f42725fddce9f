"""Measurements as custom metrics of Amazon CloudWatch."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, timedelta
from typing import Any

from pydantic import Field

from resources.aws.clients import AwsClients
from resources.clock import Clock
from resources.errors import BadInput, CloudOpsError
from resources.metrics_sink import MetricPoint, MetricsSink, NotPosted

MOST_POINTS, MOST_BYTES = 1_000, 500_000
"""Of a request. Source: AWS API reference, PutMetricData; so are names, times and the range of values. It takes 1 MB as it is
sent, which may be twice what is reckoned here."""
OLDEST, NEWEST = timedelta(weeks=2), timedelta(hours=2)
_NAMESPACE = re.compile(r"[0-9A-Za-z.\-_/# ]{1,255}")
_RESERVED = "AWS/"
_SMALLEST, _LARGEST = 2.0**-360, 2.0**360
_UNITS = {
    "seconds": "Seconds", "milliseconds": "Milliseconds", "ms": "Milliseconds", "bytes": "Bytes", "percent": "Percent",
    "duration": "Milliseconds", "size": "Bytes", "count": "Count",
}  # fmt: skip
"""Units of CloudWatch by the last word of a metric's name; `None` is its word for a number without one."""
_LAST_WORD = re.compile(r"[A-Z]?[a-z]+$")


class CloudWatchMetrics(MetricsSink):
    """Custom metrics of one namespace.

    A request is sent once: CloudWatch would count points twice that it is sent twice. Points that may have been lost with a
    request that was not answered are told as not posted.
    """

    clients: AwsClients = Field(description="Clients of AWS.")
    clock: Clock = Field(description="Tells which points CloudWatch would find too old.")
    namespace: str = Field(
        default="CloudOps/Layers",
        description="Namespace of the metrics: letters, digits, spaces and .-_/#; not AWS/…, which is Amazon's own.",
    )
    region: str = Field(default="", description="Region that has them; the usual one if empty.")

    def _post(self, points: Sequence[MetricPoint]) -> Sequence[NotPosted]:
        self._demand_namespace()
        good, refused = [], []
        for point in points:
            if reason := self._reason(point):
                refused.append(NotPosted(point, reason))
            else:
                good.append(point)
        for batch in _batches([(point, _datum(point)) for point in good]):
            refused += self._posted(batch)
        return refused

    def _posted(self, batch: Sequence[tuple[MetricPoint, dict[str, Any]]]) -> list[NotPosted]:
        """Those of a request that were not taken: all or none."""
        try:
            client = self.clients.client("cloudwatch", self.region, attempts=1)
            with self.clients.errors("cloudwatch:PutMetricData", f"metrics of {self.namespace}"):
                client.put_metric_data(Namespace=self.namespace, MetricData=[datum for _, datum in batch])
        except CloudOpsError as error:
            return [NotPosted(point, str(error)) for point, _ in batch]
        return []

    def _reason(self, point: MetricPoint) -> str | None:
        """Why CloudWatch would refuse a point, and with it all others of the request; None if it would not."""
        now = self.clock.now()
        if not now - OLDEST < point.at < now + NEWEST:
            return "its time is not within the last two weeks or the next two hours"
        if point.value and not _SMALLEST <= abs(point.value) <= _LARGEST:
            return "its value is beyond what CloudWatch keeps (2^-360 to 2^360)"
        if any(key.startswith(":") or not value.isascii() or not value.isprintable() for key, value in point.dimensions.items()):
            return "names of dimensions must not begin with ':', and values must be printable ASCII"
        if any(not value.strip() for value in point.dimensions.values()):
            return "values of dimensions must have a character that is no space"
        return None

    def _demand_namespace(self) -> None:
        if not _NAMESPACE.fullmatch(self.namespace) or self.namespace.startswith(_RESERVED) or not self.namespace.strip():
            raise BadInput(
                f"{self.namespace!r} can be no namespace of custom metrics",
                "Use letters, digits, spaces and .-_/# alone, at most 255, and not AWS/ before it.",
            )


def _datum(point: MetricPoint) -> dict[str, Any]:
    return {
        "MetricName": point.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in point.dimensions.items()],
        "Timestamp": point.at.astimezone(UTC),
        "Values": [point.value],
        "Counts": [float(point.count)],
        "Unit": _unit(point.name),
    }


def _unit(name: str) -> str:
    word = _LAST_WORD.search(name)
    return _UNITS.get(word[0].lower(), "None") if word else "None"


def _batches(points: Sequence[tuple[MetricPoint, dict[str, Any]]]) -> Iterator[list[tuple[MetricPoint, dict[str, Any]]]]:
    """The points, in requests of as many as CloudWatch takes."""
    batch: list[tuple[MetricPoint, dict[str, Any]]] = []
    size = 0
    for point, datum in points:
        bytes_of_it = len(json.dumps(datum, default=str))
        if batch and (len(batch) == MOST_POINTS or size + bytes_of_it > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append((point, datum))
        size += bytes_of_it
    if batch:
        yield batch
