"""CloudWatch and SNS as tests use them: the embedded AWS served over HTTP, empty at the beginning."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from typing import Any

import boto3

from resources.aws.clients import AwsClients

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
REGION = "eu-central-1"


@contextmanager
def aws() -> Iterator[str]:
    """The address of an AWS without metrics and topics, while it is served."""
    from moto.cloudwatch.models import cloudwatch_backends
    from moto.moto_server.threaded_moto_server import ThreadedMotoServer
    from moto.sns.models import sns_backends

    from sandbox.aws_metrics import extend

    extend()
    cloudwatch_backends.reset()
    sns_backends.reset()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def clients(endpoint: str, **more: Any) -> AwsClients:
    """Ours, pointed at it."""
    given = {"region": REGION, "access_key_id": "test", "secret_access_key": "test", "max_attempts": 1, **more}
    return AwsClients(endpoint_url=endpoint, **given)


def client(endpoint: str, service: str, region: str = REGION) -> Any:
    """The SDK's own."""
    return boto3.client(service, endpoint_url=endpoint, region_name=region, **KEYS)


def measure(region: str, namespace: str, data: Sequence[dict[str, Any]]) -> None:
    """Datapoints of a service's own metrics, which nobody may send to AWS himself."""
    from moto.cloudwatch.models import cloudwatch_backends
    from moto.core import DEFAULT_ACCOUNT_ID

    rows = [{**row, "Timestamp": row["Timestamp"].astimezone(UTC).replace(tzinfo=None)} for row in data]
    cloudwatch_backends[DEFAULT_ACCOUNT_ID][region].put_metric_data(namespace, rows)
