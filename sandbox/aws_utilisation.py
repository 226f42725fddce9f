"""CloudWatch metrics of the demo company's instances and database clusters, put into the embedded AWS when it starts.

They are put by moto's backend rather than over HTTP, which would take seconds; the API refuses names that begin with `AWS/` in
any case. All of them are in the account that the embedded AWS takes every caller to be of.
"""

from collections.abc import Iterator
from typing import Any

from sandbox.aws_estate import Resource, resources
from sandbox.usage import Window
from sandbox.utilisation import hours, load_of

_ACCOUNT = "123456789012"
_INSTANCES, _DATABASES = "Instance", "DB Cluster"
_WITH_AGENT = ("acme-prod", "acme-data")
"""Accounts whose instances run the CloudWatch agent, which tells their memory."""


def put(window: Window, seed: int) -> int:
    """Let the metrics exist, in this process; returns the number of datapoints."""
    from moto.cloudwatch.models import cloudwatch_backends

    number = 0
    for resource in resources():
        backend = cloudwatch_backends[_ACCOUNT][resource.region]
        for namespace, data in _data(resource, window, seed):
            backend.put_metric_data(namespace, data)
            number += len(data)
    return number


def _data(resource: Resource, window: Window, seed: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Namespace and data of each metric of a resource."""
    database = resource.service.resource_type == _DATABASES
    if resource.season == "absent" or resource.service.resource_type not in (_INSTANCES, _DATABASES):
        return
    load = load_of(resource.name, database=database, season=resource.season)
    if load is None:
        return
    found = hours(resource.name, load, window, seed)
    dimension = (
        {"Name": "DBClusterIdentifier", "Value": resource.name} if database else {"Name": "InstanceId", "Value": resource.id}
    )
    metrics: list[tuple[str, str, str, tuple[float, ...] | None]] = [
        ("AWS/RDS" if database else "AWS/EC2", "CPUUtilization", "Percent", found.cpu),
        ("CWAgent", "mem_used_percent", "Percent", found.memory if resource.account in _WITH_AGENT else None),
    ]
    for namespace, name, unit, values in metrics:
        if values is not None:
            common = {"MetricName": name, "Dimensions": [dimension], "Unit": unit}
            yield (
                namespace,
                [
                    {**common, "Timestamp": at.replace(tzinfo=None), "Value": value}
                    for at, value in zip(found.at, values, strict=True)
                ],
            )
