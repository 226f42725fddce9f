"""Utilisation from OCI Monitoring: instances by the compute agent, Autonomous Databases by their service."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from pydantic import Field

from resources.oci.clients import OciClients
from resources.utilisation import DailyUse, Measured, Metric, Utilisation, daily_use

_INSTANCES, _DATABASES = "oci_computeagent", "oci_autonomous_database"
_KINDS: Mapping[str, str] = {"instance": _INSTANCES, "autonomousdatabase": _DATABASES}
"""Type in an OCID, and the namespace of its metrics. Source: docs.oracle.com, "Supported Services" of Monitoring."""
_METRICS: Mapping[tuple[str, Metric], str] = {
    (_INSTANCES, "cpu"): "CpuUtilization",
    (_INSTANCES, "memory"): "MemoryUtilization",
    (_INSTANCES, "network"): "NetworksBytesIn",
    (_DATABASES, "cpu"): "CpuUtilization",
}
"""Source: docs.oracle.com, "Compute Instance Metrics" and "Autonomous Database Metrics"."""
_STATISTICS: Mapping[str, str] = {"mean": "mean()", "p95": "percentile(0.95)", "max": "max()", "count": "count()"}
LONGEST_WINDOW_DAYS = 90
"""What an answer reaches with a resolution of an hour or more, back from now. Source: SDK docstring of MetricData."""
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


class OciMonitoring(Utilisation):
    """The metrics of a tenancy, of all its compartments.

    Days further back than 90 are unknown: OCI keeps no longer.
    """

    clients: OciClients = Field(description="Clients of Oracle's cloud.")
    resources_per_call: int = Field(
        default=60, ge=1, le=1000, description="Resources that one query names; OCI bounds what an answer may hold."
    )

    @property
    def provider(self) -> str:
        """See Utilisation."""
        return "Oracle"

    def source(self, resource_id: str) -> str | None:
        """See Utilisation."""
        parts = resource_id.split(".")
        return _KINDS.get(parts[1]) if len(parts) > 4 and parts[0] == "ocid1" else None

    def _daily(self, resources: Sequence[Measured], metric: Metric, first: date, last: date) -> Iterator[DailyUse]:
        for region, there in groupby(resources, key=lambda one: one.region):
            by_namespace: dict[str, list[str]] = defaultdict(list)
            for one in there:
                by_namespace[self.source(one.id) or ""].append(one.id)
            for namespace, ids in sorted(by_namespace.items()):
                name = _METRICS.get((namespace, metric))
                if name is None:
                    continue
                for start, end in windows(first, last):
                    for begin in range(0, len(ids), self.resources_per_call):
                        asked = ids[begin : begin + self.resources_per_call]
                        yield from self._asked(region, (namespace, name), asked, start, end)

    def _asked(self, region: str, metric: tuple[str, str], ids: Sequence[str], first: date, last: date) -> Iterator[DailyUse]:
        found: dict[str, dict[str, dict[date, float]]] = defaultdict(dict)
        for statistic, call in _STATISTICS.items():
            for row in self._summarized(region, metric, call, ids, first, last):
                resource_id = row["dimensions"].get("resourceId", "")
                found[resource_id][statistic] = _by_day(row["aggregatedDatapoints"], first, last)
        for resource_id in ids:
            yield from daily_use(resource_id, found.get(resource_id, {}))

    def _summarized(
        self, region: str, metric: tuple[str, str], call: str, ids: Sequence[str], first: date, last: date
    ) -> list[dict[str, Any]]:
        """Items of `MetricData` in JSON."""
        namespace, name = metric
        # the SDK's objects would take longer to make than the rest
        ask = self.clients.operation("monitoring_json", "summarize_metrics_data", region)
        details = {
            "namespace": namespace,
            "query": query(name, call, ids),
            "startTime": _text(first),
            # a value stands at the end of its day; the last moment is excluded
            "endTime": _text(last + _DAY, _MINUTE),
            "resolution": "1d",
        }
        answer = ask(self.clients.tenancy(), details, compartment_id_in_subtree=True)
        return list(answer.data)


def query(name: str, call: str, ids: Sequence[str]) -> str:
    """MQL for a metric of some resources: a value for each of them and each day."""
    return f'{name}[1d]{{resourceId =~ "{"|".join(ids)}"}}.groupBy(resourceId).{call}'


def windows(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The days in spans that an answer may hold, both ends included."""
    while first <= last:
        end = min(first + timedelta(days=LONGEST_WINDOW_DAYS - 1), last)
        yield first, end
        first = end + _DAY


def _by_day(points: Sequence[Mapping[str, Any]], first: date, last: date) -> dict[date, float]:
    """Values of the days: one that stands at midnight is of the day before."""
    days = {(datetime.fromisoformat(point["timestamp"]) - _MINUTE).astimezone(UTC).date(): point["value"] for point in points}
    return {day: float(value) for day, value in days.items() if first <= day <= last and value is not None}


def _text(day: date, after: timedelta = timedelta()) -> str:
    return (datetime.combine(day, time(), UTC) + after).isoformat().replace("+00:00", "Z")
