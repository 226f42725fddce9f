"""CloudWatch beyond what moto answers: percentiles, pages, bounds of GetMetricData, answered from an index; reserved namespaces.

Rules are those of the API reference of GetMetricData (docs.aws.amazon.com): at most 500 queries, and 100,800 values of a page; a
value stands at the beginning of its period. How CloudWatch interpolates percentiles is not sourced: here `pNN` is the least value
that so large a share of the datapoints does not exceed.
"""

from __future__ import annotations

import base64
import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from moto.cloudwatch.exceptions import InvalidParameterValue, ValidationError
from moto.cloudwatch.models import MetricDatum
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

MOST_QUERIES, MOST_VALUES = 500, 100_800
_moto: Callable[[CloudWatchResponse], ActionResult] = CloudWatchResponse.get_metric_data
_moto_put: Callable[[CloudWatchResponse], ActionResult] = CloudWatchResponse.put_metric_data
_Key = tuple[str, str, tuple[tuple[str, str], ...]]
_Points = list[tuple[datetime, float]]


def extend() -> None:
    """Let moto answer so, in this process; doing it again changes nothing."""
    CloudWatchResponse.get_metric_data = _get_metric_data
    CloudWatchResponse.put_metric_data = _put_metric_data


def _put_metric_data(self: CloudWatchResponse) -> ActionResult:
    """Namespaces of services are theirs alone. Source: "API_PutMetricData"."""
    if str(self._get_param("Namespace") or "").startswith("AWS/"):
        raise InvalidParameterValue("The value AWS/ for parameter Namespace is invalid.")
    return _moto_put(self)


def _get_metric_data(self: CloudWatchResponse) -> ActionResult:
    asked = self._get_params()
    queries = asked.get("MetricDataQueries", [])
    if not all("MetricStat" in query for query in queries):
        return _moto(self)
    if len(queries) > MOST_QUERIES:
        raise ValidationError(f"The collection MetricDataQueries must not have a size greater than {MOST_QUERIES}.")
    start, end = asked["StartTime"], asked["EndTime"]
    if start >= end:
        raise ValidationError("The parameter StartTime must be less than the parameter EndTime.")
    known = _index(self, {_key(query) for query in queries}, start, end)
    falling = (asked.get("ScanBy") or "TimestampDescending") == "TimestampDescending"
    values = [
        (place, moment, value)
        for place, query in enumerate(queries)
        for moment, value in _ordered(_statistics(query["MetricStat"], known.get(_key(query), []), start), falling=falling)
    ]
    begin = int(json.loads(base64.b64decode(asked["NextToken"]))) if asked.get("NextToken") else 0
    after = begin + int(asked.get("MaxDatapoints") or MOST_VALUES)
    more = {"NextToken": base64.b64encode(json.dumps(after).encode()).decode()} if after < len(values) else {}
    return ActionResult({"MetricDataResults": _results(queries, values[begin:after], complete=not more), **more})


def _key(query: dict[str, Any]) -> _Key:
    metric = query["MetricStat"]["Metric"]
    dimensions = tuple(sorted((d["Name"], d["Value"]) for d in metric.get("Dimensions") or []))
    return metric["Namespace"], metric["MetricName"], dimensions


def _index(response: CloudWatchResponse, wanted: set[_Key], start: datetime, end: datetime) -> dict[_Key, _Points]:
    found: dict[_Key, _Points] = defaultdict(list)
    names = {(namespace, name) for namespace, name, _ in wanted}
    begin, finish = start.replace(tzinfo=None), end.replace(tzinfo=None)
    for datum in response.cloudwatch_backend.get_all_metrics():
        if (datum.namespace, datum.name) not in names or not isinstance(datum, MetricDatum):
            continue
        moment = datum.timestamp.replace(tzinfo=None)
        if begin <= moment < finish:
            key = (datum.namespace, datum.name, tuple(sorted((d.name, d.value) for d in datum.dimensions)))
            found[key].append((moment, datum.value))
    return found


def _statistics(asked: dict[str, Any], points: _Points, start: datetime) -> Iterator[tuple[datetime, float]]:
    period = timedelta(seconds=int(asked["Period"]))
    begin = start.replace(tzinfo=None)
    periods: dict[int, list[float]] = defaultdict(list)
    for moment, value in points:
        periods[(moment - begin) // period].append(value)
    for number, values in sorted(periods.items()):
        yield start + number * period, _statistic(asked["Stat"], values)


def _statistic(name: str, values: Sequence[float]) -> float:
    if name.startswith("p") and name[1:].replace(".", "", 1).isdigit():
        rank = math.ceil(round(float(name[1:]) / 100 * len(values), 9))
        return sorted(values)[max(rank, 1) - 1]
    if name not in _STATISTICS:
        raise ValidationError(f"The value {name} for parameter MetricDataQueries.member.1.MetricStat.Stat is not supported.")
    return float(_STATISTICS[name](values))


_STATISTICS: dict[str, Callable[[Sequence[float]], float]] = {
    "Average": lambda values: math.fsum(values) / len(values),
    "Maximum": max,
    "Minimum": min,
    "SampleCount": len,
    "Sum": math.fsum,
}


def _ordered(found: Iterator[tuple[datetime, float]], *, falling: bool) -> list[tuple[datetime, float]]:
    return sorted(found, reverse=falling)


def _results(
    queries: Sequence[dict[str, Any]], values: Sequence[tuple[int, datetime, float]], *, complete: bool
) -> list[dict[str, Any]]:
    """Results as moto names them; every query has one on every page."""
    rows = [
        {
            "id": query["Id"],
            "label": query.get("Label") or query["MetricStat"]["Metric"]["MetricName"],
            "values": [],
            "timestamps": [],
            "status_code": "Complete" if complete else "PartialData",
        }
        for query in queries
    ]
    for place, moment, value in values:
        rows[place]["values"].append(value)
        rows[place]["timestamps"].append(moment)
    return [row for row, query in zip(rows, queries, strict=True) if query.get("ReturnData", True)]
