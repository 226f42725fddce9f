"""Metrics of Autonomous Databases over time: names, units, how often they are measured.

Types alone, without SDK and Dagster, so that pure logic may use them. `resources.metric_history` is what reads them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of OCI Monitoring in the namespace `oci_autonomous_database`.

    Attributes:
        name: Ours, in the lake.
        oci_name: The service's.
        unit: Of its values.
        every: How often the service measures it: windows shorter than that are empty without meaning anything.
        statistic: How values of an interval become one, in MQL.
    """

    name: str
    oci_name: str
    unit: str
    every: timedelta
    statistic: str = "mean()"


_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
METRICS = (
    Metric("cpu_utilization", "CpuUtilization", "%", _MINUTE),
    Metric("storage_utilization", "StorageUtilization", "%", _HOUR, "max()"),
    Metric("storage_used_gb", "StorageUsed", "GB", _HOUR, "max()"),
    Metric("sessions", "Sessions", "sessions", _MINUTE, "max()"),
    Metric("execute_count", "ExecuteCount", "executions", _MINUTE, "sum()"),
    Metric("transaction_count", "TransactionCount", "transactions", _MINUTE, "sum()"),
    Metric("failed_logons", "FailedLogons", "logons", _MINUTE, "sum()"),
    Metric("database_availability", "DatabaseAvailability", "%", _MINUTE, "min()"),
)
"""Source: docs.oracle.com, "Available Metrics" of Autonomous Database Serverless. That storage is measured hourly is Enterprise
Manager's documentation; intervals of the others are not sourced."""
PEER_LAG = Metric("peer_lag_seconds", "PeerLag", "s", _MINUTE, "max()")
"""How far a standby in another region is behind, told of its primary. Its interval is not sourced."""
BY_NAME: Mapping[str, Metric] = {metric.name: metric for metric in METRICS}


@dataclass(frozen=True, slots=True)
class Reading:
    """Values of one metric of one database, by the start of each interval, ascending; what was not measured is not there."""

    database_id: str
    metric: str
    times: tuple[datetime, ...]
    values: tuple[float, ...]
