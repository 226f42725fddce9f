"""Monitoring: metrics that are posted, listed and summarized. Alarms are in `monitoring_alarms.py`.

A stream is a row of its own, with its datapoints in the order of their times: a query then reads only what it asks for. Services
may have streams whose datapoints are made when they are asked for (`streams_of`).
"""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.oci import aggregation, mql
from sandbox.oci.aggregation import Series
from sandbox.oci.clock import parsed, text
from sandbox.oci.errors import OciError, invalid
from sandbox.oci.exchange import MOST_PER_PAGE, Answer, Asked, answers, page
from sandbox.oci.services.identity import below, demand_compartment
from sandbox.oci.store import Body, Store

STREAMS, _REACH = "monitoring.streams", "monitoring.reach"
MOST_POSTED = 50
"""Unique metric streams of a call. Source: SDK docstring of post_metric_data; so are the dimensions and the times."""
MOST_DIMENSIONS = 20
OLDEST, NEWEST = timedelta(hours=2), timedelta(minutes=10)
MOST_STREAMS, MOST_VALUES = 2_000, 100_000
"""Of an answer. Source: SDK docstring of MetricData."""
RANGES = ((mql.HOUR, 90 * mql.DAY), (5 * mql.MINUTE, 30 * mql.DAY), (0, 7 * mql.DAY))
"""From which resolution on, how far back an answer reaches. Source: the same docstring."""
USUAL_RANGE = timedelta(hours=3)
"""Source: SDK docstring of SummarizeMetricsDataDetails.start_time."""
_NAMESPACE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._$-]*")
_KEY = re.compile(r"[!-~]{1,256}")
_RESERVED = ("oci_", "oracle_")
_FAULT = "A fault that was asked for."


@dataclass(frozen=True, slots=True)
class Datapoint:
    """What was measured at a time, and how often."""

    time: datetime
    value: float
    count: int = 1


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream of datapoints.

    Attributes:
        body: What tells it from others: namespace, resource group, compartment, name and dimensions.
        metadata: Its own.
        between: Datapoints from one moment to another, both included, in milliseconds since 1970; may have others beside them.
    """

    body: Body
    metadata: Mapping[str, str]
    between: Callable[[int, int], Series]


Streams = Callable[[Store, str, str | None, Collection[str]], Iterable[Stream]]
_SERVICES: dict[str, Streams] = {}


def streams_of(namespace: str) -> Callable[[Streams], Streams]:
    """Register a function as what has the streams of a namespace: of a region and some compartments, of one metric if named."""

    def register(function: Streams) -> Streams:
        _SERVICES[namespace] = function
        return function

    return register


def add_datapoints(
    store: Store,
    region: str,
    compartment: str,
    namespace: str,
    name: str,
    dimensions: Mapping[str, str],
    points: Iterable[Datapoint],
    *,
    resource_group: str | None = None,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Let datapoints exist, of services too: namespaces, times and numbers are not held against the rules of posting."""
    body: Body = {
        "namespace": namespace,
        "resourceGroup": resource_group,
        "compartmentId": compartment,
        "name": name,
        "dimensions": dict(sorted(dimensions.items())),
    }
    key = json.dumps([region, body])
    found = store.table(STREAMS).get(key) or store.add(STREAMS, body, region, key, times=[], values=[], counts=[], metadata={})
    if metadata:
        found.hidden["metadata"] = dict(metadata)
    series = _series(found.hidden)
    for point in points:
        at = _milliseconds(point.time)
        place = len(series.times) if not series.times or series.times[-1] <= at else bisect_right(series.times, at)
        series.times.insert(place, at)
        series.values.insert(place, point.value)
        series.counts.insert(place, point.count)


def reach_from(store: Store, moment: datetime) -> None:
    """Let answers reach as far back from a moment as from now, once it has passed: what is there then does not age."""
    store.add(_REACH, {"from": text(moment)}, key=_REACH)


@answers("monitoring")
def post_metric_data(asked: Asked) -> Answer:
    """Post datapoints; what is not valid is told per metric object, in an answer of status 200.

    Source: SDK docstring of PostMetricDataDetails.batch_atomicity: without ATOMIC, one valid object is enough. The status and
    code of a call that fails as a whole are not sourced.
    """
    given: list[Body] = asked.body["metricData"]
    for one in given:
        demand_compartment(asked, one["compartmentId"])
    if len({_identity(one) for one in given}) > MOST_POSTED:
        raise invalid(f"A call may post at most {MOST_POSTED} metric streams")
    now = asked.store.clock.now()
    reasons = [_reason(one, now) for one in given]
    failed = sum(reason is not None for reason in reasons)
    if failed == len(given) or (failed and asked.body.get("batchAtomicity") == "ATOMIC"):
        said = "; ".join(reason for reason in reasons if reason) or "metricData must not be empty"
        raise invalid(f"No metric object was accepted: {said}")
    if asked.partial:
        reasons = [reason or (None if place % 2 else _FAULT) for place, reason in enumerate(reasons)]
    for one, reason in zip(given, reasons, strict=True):
        if reason is None:
            _keep(asked, one)
    records = [{"message": reason, "metricData": one} for one, reason in zip(given, reasons, strict=True) if reason]
    return Answer({"failedMetricsCount": len(records), "failedMetrics": records})


@answers("monitoring")
def summarize_metrics_data(asked: Asked) -> Answer:
    """Values of a query; of streams without datapoints in the time, nothing.

    A resource group that is not given asks for streams without one. Source: SDK docstring of SummarizeMetricsDataDetails.
    Without a resolution it is the interval. Source: docs.oracle.com, "Selecting a Nondefault Resolution for a Query"; the SDK's
    docstring says one minute. What lies too far back for the resolution is not in the answer: the same page.
    """
    query = read(asked.body["query"])
    compartments = _compartments(asked)
    resolution = _resolution(asked, query)
    start, end = _range(asked, resolution)
    body = asked.body
    streams = [
        stream
        for stream in _streams(asked, body["namespace"], query.metric, compartments)
        if stream.body["resourceGroup"] == body.get("resourceGroup")
    ]
    matching = _matching(query, streams)
    if len(matching) > MOST_STREAMS:
        raise invalid(f"Exceeded maximum metric streams: {len(matching)} of {MOST_STREAMS}")
    rows = []
    for labels, members in _grouped(query, matching).values():
        # a change is told against the window before the first, an absence for as long as it is told
        begin = start - max(2 * query.interval, int(query.argument or 0) if query.statistic == "absent" else 0, mql.ABSENCE)
        parts = [stream.between(begin, end) for stream in members]
        found = aggregation.values(query, parts, start, end, resolution)
        if found:
            rows.append(_row(asked, query, labels, members, found))
    if sum(len(row["aggregatedDatapoints"]) for row in rows) > MOST_VALUES:
        raise invalid(f"Exceeded maximum data points: {MOST_VALUES}")
    return Answer(rows)


@answers("monitoring")
def list_metrics(asked: Asked) -> Answer:
    """Metrics that have datapoints, or with `groupBy` the different values of its fields.

    Source: SDK docstring of ListMetricsDetails. That streams with resource groups are seen when it is grouped by them is not
    sourced; without it the field could not be grouped by.
    """
    body, compartments = asked.body, _compartments(asked)
    fields: list[str] = body.get("groupBy") or []
    if not set(fields) <= {"namespace", "name", "resourceGroup"}:
        raise invalid("groupBy may name namespace, name and resourceGroup")
    filters = {} if fields else (body.get("dimensionFilters") or {})
    rows = [
        stream.body
        for stream in _streams(asked, body.get("namespace"), body.get("name"), compartments)
        if ("resourceGroup" in fields or stream.body["resourceGroup"] == body.get("resourceGroup"))
        and all(stream.body["dimensions"].get(name) == value for name, value in filters.items())
    ]
    if fields:
        rows = [dict(one) for one in dict.fromkeys(tuple((field, row[field]) for field in fields) for row in rows)]
    order = {"NAMESPACE": "namespace", "RESOURCEGROUP": "resourceGroup"}.get(body.get("sortBy") or "NAMESPACE", "name")
    rows.sort(key=lambda row: (row.get(order) or "", json.dumps(row)), reverse=body.get("sortOrder") == "DESC")
    return page(asked, rows, MOST_PER_PAGE)


def read(query: str) -> mql.Query:
    """The query of a request.

    Raises:
        OciError: 400 if it is none; 501 if it is of a form that the sandbox does not answer.
    """
    try:
        return mql.parse(query)
    except mql.Malformed as error:
        raise invalid(f"Invalid query '{query}': {error}") from None
    except mql.Unanswered as error:
        raise OciError(501, "NotImplemented", f"The sandbox does not answer {error}: '{query}'.") from None


def _keep(asked: Asked, one: Body) -> None:
    points = [Datapoint(parsed(p["timestamp"]), float(p["value"]), p.get("count") or 1) for p in one["datapoints"]]
    group, metadata = one.get("resourceGroup"), one.get("metadata")
    where = (asked.region, one["compartmentId"], one["namespace"], one["name"], one["dimensions"])
    add_datapoints(asked.store, *where, points, resource_group=group, metadata=metadata)


def _identity(one: Body) -> str:
    fields = ("compartmentId", "namespace", "resourceGroup", "name")
    return json.dumps([*(one.get(field) for field in fields), sorted(one["dimensions"].items())])


def _reason(one: Body, now: datetime) -> str | None:
    """Why a metric object is not valid. Source: SDK docstrings of MetricDataDetails and Datapoint."""
    return next((reason for holds, reason in _RULES if not holds(one, now)), None)


def _has_namespace(one: Body, _now: datetime) -> bool:
    return _NAMESPACE.fullmatch(one["namespace"]) is not None


def _is_free(one: Body, _now: datetime) -> bool:
    return not one["namespace"].startswith(_RESERVED)


def _has_names(one: Body, _now: datetime) -> bool:
    group = one.get("resourceGroup")
    return all(_NAME.fullmatch(name) for name in (one["name"], "a" if group is None else group))


def _has_dimensions(one: Body, _now: datetime) -> bool:
    return 1 <= len(one["dimensions"]) <= MOST_DIMENSIONS and all(
        _KEY.fullmatch(key) and 1 <= len(value) <= 512 for key, value in one["dimensions"].items()
    )


def _has_metadata(one: Body, _now: datetime) -> bool:
    return all(len(key) <= 256 and len(value) <= 256 for key, value in (one.get("metadata") or {}).items())


def _has_points(one: Body, _now: datetime) -> bool:
    return bool(one["datapoints"]) and all(
        math.isfinite(p["value"]) and (p.get("count") is None or p["count"] > 0) for p in one["datapoints"]
    )


def _is_near(one: Body, now: datetime) -> bool:
    return all(now - OLDEST < parsed(p["timestamp"]) < now + NEWEST for p in one["datapoints"])


_RULES: tuple[tuple[Callable[[Body, datetime], bool], str], ...] = (
    (_has_namespace, "namespace must begin with a letter and have letters, digits and underscores alone"),
    (_is_free, "namespace must not begin with the reserved prefixes oci_ and oracle_"),
    (_has_names, "name and resourceGroup must begin with a letter and have letters, digits, '.', '_', '-' and '$' alone"),
    (_has_dimensions, "there must be 1 to 20 dimensions, with keys of 1 to 256 printable characters and values of 1 to 512"),
    (_has_metadata, "keys and values of metadata must have at most 256 characters"),
    (_has_points, "there must be datapoints, with finite values and counts greater than 0"),
    (_is_near, "timestamps must be less than 2 hours in the past and less than 10 minutes in the future"),
)


def _compartments(asked: Asked) -> set[str]:
    """Those that are asked for. Source: SDK docstring of `compartment_id_in_subtree`: the subtree is the tenancy's alone."""
    compartment = asked.query["compartmentId"]
    demand_compartment(asked, compartment)
    if not asked.query.get("compartmentIdInSubtree", False):
        return {compartment}
    if compartment != asked.tenancy:
        raise invalid("compartmentIdInSubtree can be true for the tenancy alone")
    return below(asked.store, compartment)


def _resolution(asked: Asked, query: mql.Query) -> int:
    """Source: SDK docstring of SummarizeMetricsDataDetails.resolution: at most the interval."""
    given = asked.body.get("resolution")
    if given is None:
        return query.interval
    try:
        resolution = mql.interval(given)
    except mql.Malformed as error:
        raise invalid(f"resolution: {error}") from None
    if resolution > query.interval:
        raise invalid("resolution must be equal to or less than the interval of the query")
    return resolution


def _range(asked: Asked, resolution: int) -> tuple[int, int]:
    now = asked.store.clock.now()
    end = parsed(asked.body["endTime"]) if asked.body.get("endTime") else now
    start = parsed(asked.body["startTime"]) if asked.body.get("startTime") else now - USUAL_RANGE
    if start >= end:
        raise invalid("startTime must be before endTime")
    longest = next(reach for least, reach in RANGES if resolution >= least)
    pinned = asked.store.table(_REACH).get(_REACH)
    newest = min(now, parsed(pinned.body["from"])) if pinned else now
    return max(_milliseconds(start), _milliseconds(newest) - longest), _milliseconds(end)


def _streams(asked: Asked, namespace: str | None, name: str | None, compartments: Collection[str]) -> list[Stream]:
    """Streams of a region and some compartments, of one namespace and metric if given."""
    found = [
        Stream(r.body, r.hidden["metadata"], _kept(r.hidden))
        for r in asked.store.all(STREAMS, asked.region)
        if namespace in (None, r.body["namespace"]) and name in (None, r.body["name"]) and r.body["compartmentId"] in compartments
    ]
    for of, streams in _SERVICES.items():
        if namespace in (None, of):
            found += streams(asked.store, asked.region, name, compartments)
    return found


def _kept(hidden: Body) -> Callable[[int, int], Series]:
    return lambda _begin, _end: _series(hidden)


def _matching(query: mql.Query, streams: list[Stream]) -> list[Stream]:
    """Streams that the conditions hold for; one on a dimension that the metric does not have filters nothing.

    Source: docs.oracle.com, "Selecting Dimensions for a Query".
    """
    known = {dimension for stream in streams for dimension in stream.body["dimensions"]}
    conditions = [c for c in query.conditions if c.dimension in known]
    return [one for one in streams if all(c.holds(one.body["dimensions"].get(c.dimension)) for c in conditions)]


def _grouped(query: mql.Query, streams: list[Stream]) -> dict[str, tuple[dict[str, str], list[Stream]]]:
    """Streams that are taken together, by their labels.

    A resource group can be grouped by like a dimension. Source: docs.oracle.com, "Using groupBy(x) in a Query". That streams
    without the dimension make a group of their own, without a label, is not sourced.
    """
    found: dict[str, tuple[dict[str, str], list[Stream]]] = {}
    for stream in streams:
        body = stream.body
        labels: dict[str, str] = body["dimensions"]
        key = json.dumps([body["compartmentId"], labels])
        if query.group_by is not None:
            known: dict[str, Any] = {"resourceGroup": body["resourceGroup"], **labels}
            labels = {name: known[name] for name in query.group_by if known.get(name) is not None}
            key = json.dumps(labels)
        found.setdefault(key, (labels, []))[1].append(stream)
    return found


def _row(asked: Asked, query: mql.Query, labels: dict[str, str], members: list[Stream], found: list[tuple[int, float]]) -> Body:
    return {
        "namespace": asked.body["namespace"],
        "resourceGroup": asked.body.get("resourceGroup"),
        "compartmentId": members[0].body["compartmentId"] if query.group_by is None else asked.query["compartmentId"],
        "name": query.metric,
        "dimensions": labels,
        "metadata": dict(members[0].metadata),
        "resolution": asked.body.get("resolution"),
        "aggregatedDatapoints": [{"timestamp": text(_moment(at)), "value": value} for at, value in found],
    }


def _series(hidden: Body) -> Series:
    return Series(hidden["times"], hidden["values"], hidden["counts"])


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)
