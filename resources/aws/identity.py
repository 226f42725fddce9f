"""Who calls AWS, and what the caller may look at: calls that change nothing, each with the one IAM action that it needs."""

import importlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from resources.aws.clients import AwsClients
from resources.errors import CloudOpsError

MOST_SKEW = timedelta(minutes=5)
"""What the clock of a caller may differ by. Source: AWS IAM, "Elements of an AWS API request signature"."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller as AWS knows it.

    Attributes:
        account: Number of its account.
        arn: Of the role's session or user.
        region: That is asked.
    """

    account: str
    arn: str
    region: str


def load() -> None:
    """Import the SDK, which several threads should not do for the first time at once."""
    for module in ("boto3", "dagster_aws.s3", "dagster_aws.utils"):
        importlib.import_module(module)


def caller(clients: AwsClients) -> Caller:
    """Who calls; everybody who is known may ask that.

    Raises:
        Denied: The credentials are missing or not accepted.
    """
    client = clients.client("sts")
    with clients.errors("sts:GetCallerIdentity", "the caller"):
        found = client.get_caller_identity()
    return Caller(found["Account"], found["Arn"], client.meta.region_name)


def told_time(clients: AwsClients) -> datetime | None:
    """The time by AWS's clock, which it tells whether or not it knows the caller; None if its answer has none."""
    client = clients.client("sts")
    answer: Any
    try:
        with clients.errors("sts:GetCallerIdentity", "the time"):
            answer = client.get_caller_identity()
    except CloudOpsError as error:
        answer = getattr(error.__cause__, "response", None)
        if answer is None:
            raise
    told = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    return parsedate_to_datetime(told) if told else None


def see_budgets(clients: AwsClients) -> None:
    """Look at the account's first budget, whether there is one or not. Raises Denied."""
    account = caller(clients).account
    with clients.errors("budgets:ViewBudget", "budgets"):
        clients.client("budgets").describe_budgets(AccountId=account, MaxResults=1)


def list_metrics(clients: AwsClients) -> None:
    """List the first metrics of the region, whether there are any or not. Raises Denied."""
    client = clients.client("cloudwatch")
    with clients.errors("cloudwatch:ListMetrics", "metrics"):
        client.list_metrics()


def read_metrics(clients: AwsClients, until: datetime) -> None:
    """Read an hour of one metric, whether it has values or not. Raises Denied."""
    client = clients.client("cloudwatch")
    metric = {"Namespace": "AWS/EC2", "MetricName": "CPUUtilization"}
    query = {"Id": "cpu", "MetricStat": {"Metric": metric, "Period": 3600, "Stat": "Average"}}
    with clients.errors("cloudwatch:GetMetricData", "values of metrics"):
        client.get_metric_data(MetricDataQueries=[query], StartTime=until - timedelta(hours=1), EndTime=until)
