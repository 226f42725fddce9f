"""Metrics of Autonomous Databases from OCI Monitoring: many databases in one question, within the limits of an answer."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import Field

from resources.database_metrics import Metric, Reading
from resources.errors import BadInput
from resources.metric_history import DatabaseMetrics
from resources.oci.clients import OciClients

NAMESPACE = "oci_autonomous_database"
"""Source: docs.oracle.com, "Supported Services" of Monitoring."""
MOST_STREAMS, MOST_VALUES = 2_000, 100_000
"""Of an answer. Source: SDK docstring of MetricData."""
_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60))
_MOST_OF_UNIT = {"m": 60, "h": 24, "d": 1}
"""Source: docs.oracle.com, "Monitoring Query Language (MQL) Reference": 1m to 60m, 1h to 24h, 1d."""


class OciDatabaseMetrics(DatabaseMetrics):
    """The metrics of a tenancy. Of values older than Monitoring keeps at their resolution, nothing is known."""

    clients: OciClients = Field(description="Clients of Oracle's cloud.")
    databases_per_call: int = Field(default=100, ge=1, le=1000, description="Databases that one query names.")

    def read(
        self, region: str, compartment_id: str, database_ids: Sequence[str], metric: Metric, start: datetime, end: datetime,
        interval: timedelta,
    ) -> Sequence[Reading]:  # fmt: skip
        """See DatabaseMetrics."""
        _demand(metric, start, end, interval)
        points: dict[str, dict[datetime, float]] = {}
        ids = list(dict.fromkeys(database_ids))
        for begin in range(0, len(ids), self.databases_per_call):
            asked = ids[begin : begin + self.databases_per_call]
            for first, last in spans(start, end, interval, len(asked)):
                for row in self._summarized(region, compartment_id, query(metric, asked, interval), first, last):
                    known = points.setdefault(row["dimensions"].get("resourceId", ""), {})
                    for point in row["aggregatedDatapoints"]:
                        # a value stands at the end of its interval
                        known[datetime.fromisoformat(point["timestamp"]).astimezone(UTC) - interval] = float(point["value"])
        wanted = set(ids)
        return [
            Reading(one, metric.name, tuple(sorted(values)), tuple(values[at] for at in sorted(values)))
            for one, values in points.items()
            if one in wanted and values
        ]

    def _summarized(self, region: str, compartment_id: str, asked: str, start: datetime, end: datetime) -> list[dict[str, Any]]:
        """Items of `MetricData` in JSON, of intervals that begin from one moment on and before another."""
        # the SDK's objects would take longer to make than the rest
        ask = self.clients.operation("monitoring_json", "summarize_metrics_data", region)
        details = {"namespace": NAMESPACE, "query": asked, "startTime": _text(start), "endTime": _text(end)}
        return list(ask(compartment_id, details).data)


def query(metric: Metric, ids: Sequence[str], interval: timedelta) -> str:
    """MQL for a metric of some databases: a value for each of them and each interval."""
    named = f'{metric.oci_name}[{_interval(interval)}]{{resourceId =~ "{"|".join(ids)}"}}'
    return f"{named}.groupBy(resourceId).{metric.statistic}"


def spans(start: datetime, end: datetime, interval: timedelta, databases: int) -> Iterator[tuple[datetime, datetime]]:
    """Times of the values that an answer may hold: after the start of their first interval, up to the end of their last."""
    most = max(MOST_VALUES // databases, 1) * interval
    # Monitoring's windows end on whole intervals, and the last moment that is asked for is excluded
    first, last = _upwards(start, interval) + interval, _downwards(end, interval)
    while first <= last:
        until = min(first + most - interval, last)
        yield first, until + timedelta(seconds=1)
        first = until + interval


def _demand(metric: Metric, start: datetime, end: datetime, interval: timedelta) -> None:
    if interval < metric.every:
        advice = f"Ask for intervals of at least {metric.every}."
        raise BadInput(f"{metric.name} is measured every {metric.every}, not every {interval}", advice)
    if end - start < interval:
        raise BadInput(f"from {start} to {end} there is no whole interval of {interval}", "Ask for a longer time.")


def _interval(interval: timedelta) -> str:
    seconds = round(interval.total_seconds())
    for unit, size in _UNITS:
        many, rest = divmod(seconds, size)
        if rest == 0 and 1 <= many <= _MOST_OF_UNIT[unit]:
            return f"{many}{unit}"
    raise BadInput(f"{interval} is no interval of Monitoring", "Use 1 to 60 minutes, 1 to 24 hours, or a day.")


def _upwards(moment: datetime, step: timedelta) -> datetime:
    size = round(step.total_seconds())
    return datetime.fromtimestamp(-(-moment.timestamp() // size) * size, UTC)


def _downwards(moment: datetime, step: timedelta) -> datetime:
    size = round(step.total_seconds())
    return datetime.fromtimestamp(moment.timestamp() // size * size, UTC)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
