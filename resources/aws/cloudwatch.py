"""Utilisation from Amazon CloudWatch: EC2 instances and RDS databases."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from pydantic import Field

from resources.aws.clients import AwsClients
from resources.errors import Unavailable
from resources.utilisation import DailyUse, Measured, Metric, Utilisation, daily_use

_EC2, _RDS, _AGENT = "AWS/EC2", "AWS/RDS", "CWAgent"
_METRICS: Mapping[tuple[str, Metric], tuple[str, str]] = {
    (_EC2, "cpu"): (_EC2, "CPUUtilization"),
    (_EC2, "memory"): (_AGENT, "mem_used_percent"),
    (_EC2, "network"): (_EC2, "NetworkIn"),
    (_RDS, "cpu"): (_RDS, "CPUUtilization"),
}
"""Kind of resource and metric: namespace and name at CloudWatch.

EC2 knows nothing of an instance's memory: the CloudWatch agent does, if it aggregates by `InstanceId`. RDS tells free memory in
bytes, and not of how many; its network traffic comes per second.
"""
_STATISTICS: Mapping[str, str] = {"mean": "Average", "p95": "p95", "max": "Maximum", "count": "SampleCount"}
MOST_QUERIES = 500
"""Of a call. Source: AWS API reference, GetMetricData; so are the pages."""
_DAY = timedelta(days=1)
_PERIOD = 86_400


class CloudWatch(Utilisation):
    """The metrics that an account sees."""

    clients: AwsClients = Field(description="Clients of AWS.")
    linked_accounts: bool = Field(
        default=False,
        description="Ask for each resource in the account that pays for it, as a monitoring account of CloudWatch's "
        "cross-account observability may; otherwise only the caller's own account is seen.",
    )
    queries_per_call: int = Field(default=MOST_QUERIES, ge=4, le=MOST_QUERIES, description="Queries of one call; 4 per resource.")

    @property
    def provider(self) -> str:
        """See Utilisation."""
        return "AWS"

    def source(self, resource_id: str) -> str | None:
        """See Utilisation."""
        place = _dimension(resource_id)
        return None if place is None else place[0]

    def _daily(self, resources: Sequence[Measured], metric: Metric, first: date, last: date) -> Iterator[DailyUse]:
        asked = [one for one in resources if (self.source(one.id) or "", metric) in _METRICS]
        for region, there in groupby(asked, key=lambda one: one.region):
            here, step = list(there), self.queries_per_call // len(_STATISTICS)
            for begin in range(0, len(here), step):
                yield from self._asked(region, here[begin : begin + step], metric, first, last)

    def _asked(self, region: str, resources: Sequence[Measured], metric: Metric, first: date, last: date) -> Iterator[DailyUse]:
        found: dict[int, dict[str, dict[date, float]]] = defaultdict(lambda: defaultdict(dict))
        queries = [
            self._query(f"{name}_{place}", one, metric, statistic)
            for place, one in enumerate(resources)
            for name, statistic in _STATISTICS.items()
        ]
        for identity, moment, value in self._values(region, queries, first, last):
            name, _, number = identity.partition("_")
            found[int(number)][name][moment.astimezone(UTC).date()] = value
        for place, one in enumerate(resources):
            yield from daily_use(one.id, found[place])

    def _query(self, identity: str, resource: Measured, metric: Metric, statistic: str) -> dict[str, Any]:
        kind, dimension, value = _dimension(resource.id) or ("", "", "")
        namespace, name = _METRICS[kind, metric]
        described = {"Namespace": namespace, "MetricName": name, "Dimensions": [{"Name": dimension, "Value": value}]}
        account = {"AccountId": resource.account} if self.linked_accounts and resource.account else {}
        return {"Id": identity, "MetricStat": {"Metric": described, "Period": _PERIOD, "Stat": statistic}, **account}

    def _values(
        self, region: str, queries: Sequence[dict[str, Any]], first: date, last: date
    ) -> Iterator[tuple[str, datetime, float]]:
        """Query, time and value, of all pages."""
        client = self.clients.client("cloudwatch", region)
        request = {
            "MetricDataQueries": queries,
            "StartTime": datetime.combine(first, time(), UTC),
            "EndTime": datetime.combine(last + _DAY, time(), UTC),
            "ScanBy": "TimestampAscending",
        }
        with self.clients.errors("cloudwatch:GetMetricData", f"use of {len(queries) // len(_STATISTICS)} resources in {region}"):
            for page in client.get_paginator("get_metric_data").paginate(**request):
                for result in page["MetricDataResults"]:
                    if result.get("StatusCode") == "InternalError":
                        raise Unavailable(
                            f"use of resources in {region}: CloudWatch failed to read a metric",
                            "Repeat later: it says so itself.",
                        )
                    for moment, value in zip(result["Timestamps"], result["Values"], strict=True):
                        yield result["Id"], moment, float(value)


def _dimension(resource_id: str) -> tuple[str, str, str] | None:
    """Kind, dimension and its value by which CloudWatch knows a resource of a bill; None if it is of another kind."""
    if resource_id.startswith("i-"):
        return _EC2, "InstanceId", resource_id
    parts = resource_id.split(":", 6)
    if len(parts) < 6 or parts[0] != "arn":
        return None
    if parts[2] == "ec2" and parts[5].startswith("instance/"):
        return _EC2, "InstanceId", parts[5].partition("/")[2]
    if parts[2] == "rds" and len(parts) == 7 and parts[5] in ("db", "cluster"):
        return _RDS, "DBInstanceIdentifier" if parts[5] == "db" else "DBClusterIdentifier", parts[6]
    return None
