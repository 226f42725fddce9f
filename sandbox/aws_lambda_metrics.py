"""Metrics of the embedded AWS Lambda in CloudWatch's namespace `AWS/Lambda`.

Every call of a function is a datapoint of each metric, with the dimensions of "Types of metrics for Lambda functions" of the
developer guide: FunctionName; with Resource for what was called; of an alias also with ExecutedVersion. Nobody may send metrics
of a namespace `AWS/…` himself (`sandbox/aws_metrics.py`): `record` and `put` are for calls that a test or benchmark invents.
"""

from __future__ import annotations

from datetime import UTC, datetime

NAMESPACE = "AWS/Lambda"
_UNITS = {"Invocations": "Count", "Errors": "Count", "Throttles": "Count", "Duration": "Milliseconds"}


def record(
    account: str, region: str, function: str, *, qualifier: str | None = None, at: datetime | None = None,
    duration_ms: float | None = None, error: bool = False, throttled: bool = False, executed: str | None = None,
) -> None:  # fmt: skip
    """A call of a function.

    Args:
        account: Whose.
        region: Where.
        function: Its name.
        qualifier: Version or alias that was called, if one was named.
        at: When; now if not given.
        duration_ms: How long the handler ran; None if it did not run.
        error: Whether it failed.
        throttled: Whether it was refused; then it counts as no invocation.
        executed: Version that an alias led to.
    """
    values: dict[str, float] = {"Throttles": 1.0} if throttled else {"Invocations": 1.0, "Errors": float(error), "Throttles": 0.0}
    if duration_ms is not None and not throttled:
        values["Duration"] = duration_ms
    put(account, region, function, values, qualifier=qualifier, at=at, executed=executed)


def record_many(
    account: str, region: str, function: str, *, start: datetime, end: datetime, calls: int, errors: int = 0, throttles: int = 0,
    duration_ms: float = 100.0, qualifier: str | None = None,
) -> None:  # fmt: skip
    """Calls of a function, one after the other from `start` to `end`: the failed ones are spread among them."""
    step = (end - start) / max(calls + throttles, 1)
    for number in range(calls):
        failed = (number + 1) * errors // calls > number * errors // calls
        record(account, region, function, qualifier=qualifier, at=start + number * step, duration_ms=duration_ms, error=failed)
    for number in range(throttles):
        record(account, region, function, qualifier=qualifier, at=start + (calls + number) * step, throttled=True)


def put(
    account: str, region: str, function: str, values: dict[str, float], *, qualifier: str | None = None,
    at: datetime | None = None, executed: str | None = None,
) -> None:  # fmt: skip
    """Datapoints by the names of their metrics."""
    from moto.cloudwatch.models import cloudwatch_backends

    moment = (at or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None)
    whole = [{"Name": "FunctionName", "Value": function}]
    resource = f"{function}:{qualifier}" if qualifier else function
    sets = [whole, [*whole, {"Name": "Resource", "Value": resource}]]
    if executed:
        sets.append([*sets[1], {"Name": "ExecutedVersion", "Value": executed}])
    data = [
        {"MetricName": name, "Dimensions": dimensions, "Unit": _UNITS.get(name, "None"), "Timestamp": moment, "Value": value}
        for dimensions in sets
        for name, value in values.items()
    ]
    cloudwatch_backends[account][region].put_metric_data(NAMESPACE, data)
