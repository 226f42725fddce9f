"""Values of Lambda's metrics from CloudWatch, in as few calls as it allows."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from resources.aws.cloudwatch import MOST_QUERIES
from resources.aws.lambda_calls import Calls
from resources.errors import Unavailable
from resources.lambda_layers import MetricQuery, Place

_NAMESPACE = "AWS/Lambda"


def values(
    calls: Calls, place: Place, queries: Sequence[MetricQuery], start: datetime, end: datetime, period_seconds: int
) -> list[dict[datetime, float]]:
    """Values by the beginning of their periods, in the order of the queries; see `LambdaService.metrics`.

    Raises:
        Unavailable: CloudWatch failed to read one of them.
    """
    found: list[dict[datetime, float]] = [{} for _ in queries]
    for begin in range(0, len(queries), MOST_QUERIES):
        asked = [_query(begin + n, one, period_seconds) for n, one in enumerate(queries[begin : begin + MOST_QUERIES])]
        _read(calls, place, {"MetricDataQueries": asked, "StartTime": start, "EndTime": end}, found)
    return found


def _read(calls: Calls, place: Place, request: Mapping[str, Any], found: list[dict[datetime, float]]) -> None:
    """All pages of one call, put where they belong."""
    about = "metrics of functions"
    token: str | None = None
    while True:
        more = {"NextToken": token} if token else {}
        page = calls.read("cloudwatch:GetMetricData", place, about, **request, **more)
        for result in page["MetricDataResults"]:
            if result.get("StatusCode") in ("InternalError", "Forbidden"):
                raise Unavailable(f"{about} in {place}: CloudWatch failed to read one ({result['StatusCode']})", "Repeat later.")
            at = found[int(result["Id"][1:])]
            at.update(
                (moment.astimezone(UTC), float(value))
                for moment, value in zip(result["Timestamps"], result["Values"], strict=True)
            )
        before, token = token, page.get("NextToken")
        if not token:
            return
        if token == before:
            raise Unavailable(f"{about} in {place}: a page leads to itself", "Repeat later.")


def _query(number: int, query: MetricQuery, period_seconds: int) -> dict[str, Any]:
    dimensions = [{"Name": "FunctionName", "Value": query.function}]
    if query.resource is not None:
        dimensions.append({"Name": "Resource", "Value": query.resource})
    metric = {"Namespace": _NAMESPACE, "MetricName": query.name, "Dimensions": dimensions}
    return {"Id": f"q{number}", "MetricStat": {"Metric": metric, "Period": period_seconds, "Stat": query.statistic}}
