"""Measurements as custom metrics of OCI Monitoring, posted to its ingestion endpoint."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, timedelta
from typing import Any

from pydantic import Field

from resources.clock import Clock
from resources.errors import BadInput, CloudOpsError
from resources.metrics_sink import MetricPoint, MetricsSink, NotPosted
from resources.oci.clients import OciClients

MOST_STREAMS = 50
"""Metrics with different dimensions of one call. Source: SDK docstring of post_metric_data; so are the times."""
OLDEST, NEWEST = timedelta(hours=2), timedelta(minutes=10)
_NAMESPACE = re.compile(r"[a-z][a-z0-9_]*")
_RESERVED = ("oci_", "oracle_")
_Stream = tuple[str, str]


class OciMetrics(MetricsSink):
    """Custom metrics of one namespace.

    A call is sent once: the service would count points twice that it is sent twice. Points that may have been lost with a call
    that was not answered are told as not posted.
    """

    clients: OciClients = Field(description="Clients of Oracle's cloud.")
    clock: Clock = Field(description="Tells which points the service would find too old.")
    namespace: str = Field(
        default="cloudops",
        description="Namespace of the metrics: lower-case letters, digits and underscores; not oci_… or oracle_….",
    )
    compartment_id: str = Field(default="", description="OCID of the compartment that has them; the tenancy's root if empty.")
    region: str = Field(default="", description="Region that has them; the usual one if empty.")

    def _post(self, points: Sequence[MetricPoint]) -> Sequence[NotPosted]:
        self._demand_namespace()
        now = self.clock.now()
        near, refused = [], []
        for point in points:
            if now - OLDEST < point.at < now + NEWEST:
                near.append(point)
            else:
                refused.append(NotPosted(point, "its time is not within the last 2 hours or the next 10 minutes"))
        for batch in _batches(near):
            refused += self._posted(batch)
        return refused

    def _posted(self, batch: Mapping[_Stream, Sequence[MetricPoint]]) -> Iterator[NotPosted]:
        from oci.monitoring.models import PostMetricDataDetails

        try:
            details = PostMetricDataDetails(metric_data=[self._metric(points) for points in batch.values()])
            answer = self.clients.operation("monitoring_ingestion", "post_metric_data", self.region)(details).data
        except CloudOpsError as error:
            yield from (NotPosted(point, str(error)) for points in batch.values() for point in points)
            return
        for failed in answer.failed_metrics or ():
            metric = failed.metric_data
            stream = (str(metric.name), json.dumps(dict(sorted(metric.dimensions.items())), ensure_ascii=False))
            yield from (NotPosted(point, str(failed.message)) for point in batch.get(stream, ()))

    def _metric(self, points: Sequence[MetricPoint]) -> Any:  # noqa: ANN401  # the SDK has no types
        from oci.monitoring.models import Datapoint, MetricDataDetails

        return MetricDataDetails(
            namespace=self.namespace,
            compartment_id=self.compartment_id or self.clients.tenancy(),
            name=points[0].name,
            dimensions=dict(points[0].dimensions),
            datapoints=[Datapoint(timestamp=p.at.astimezone(UTC), value=p.value, count=p.count) for p in points],
        )

    def _demand_namespace(self) -> None:
        if not _NAMESPACE.fullmatch(self.namespace) or self.namespace.startswith(_RESERVED):
            raise BadInput(
                f"{self.namespace!r} can be no namespace of custom metrics",
                "Use lower-case letters, digits and underscores, a letter first, and neither oci_ nor oracle_ before it.",
            )


def _batches(points: Sequence[MetricPoint]) -> Iterator[dict[_Stream, list[MetricPoint]]]:
    """The points by series, in calls of as many series as the service takes."""
    streams: dict[_Stream, list[MetricPoint]] = {}
    for point in points:
        streams.setdefault(point.stream, []).append(point)
    ordered = list(streams.items())
    for start in range(0, len(ordered), MOST_STREAMS):
        yield dict(ordered[start : start + MOST_STREAMS])
