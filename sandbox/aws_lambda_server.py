"""The embedded AWS with its Lambda, served on a free loopback port of this process: for tests and benchmarks."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sandbox import aws_accounts, aws_lambda, aws_metrics
from sandbox.aws_lambda_state import Cloud

ACCOUNT = "123456789012"
"""Whose any key is that does not tell an account itself."""
REGION = "eu-central-1"


@dataclass(frozen=True, slots=True)
class Served:
    """A served AWS.

    Attributes:
        url: Its address.
        cloud: What its Lambda knows; faults and settings are set here.
    """

    url: str
    cloud: Cloud

    def client(self, service: str = "lambda", *, account: str = ACCOUNT, region: str = REGION, attempts: int = 1) -> Any:  # noqa: ANN401
        """A client of the SDK that acts in an account; it repeats nothing unless more attempts are given."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=aws_accounts.key_of(account),
            aws_secret_access_key="sandbox",  # noqa: S106 (any is taken)
            config=Config(retries={"total_max_attempts": attempts, "mode": "standard"}),
        )

    def reset(self) -> None:
        """No functions, layers, metrics and faults any more."""
        from moto.cloudwatch.models import cloudwatch_backends

        self.cloud.reset()
        cloudwatch_backends.reset()


@contextmanager
def served() -> Iterator[Served]:
    """An AWS without functions, layers and metrics, while it is served."""
    from moto.moto_server.threaded_moto_server import ThreadedMotoServer

    aws_metrics.extend()
    aws_lambda.extend()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        aws = Served(f"http://{host}:{port}", aws_lambda.CLOUD)
        aws.reset()
        yield aws
    finally:
        server.stop()
