"""The embedded Oracle cloud as tests use it: served over HTTP, with the SDK's own clients and faults on demand."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import oci
import pytest

from sandbox.oci.clock import Clock
from sandbox.oci.credentials import CONFIG
from sandbox.oci.faults import Fault
from sandbox.oci.process import HOME_REGION, cloud, served
from sandbox.oci.server import Cloud
from sandbox.oci_estate import TENANCY

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)
_MANY = 1_000_000
_NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Their certificates would take longer to load than a request lasts."""


@dataclass(frozen=True)
class Sandbox:
    """A served sandbox; its answers are held against the SDK's models."""

    url: str
    cloud: Cloud
    folder: Path
    tenancy: str = TENANCY

    @property
    def config_file(self) -> str:
        return str(self.folder / CONFIG)

    @property
    def config(self) -> dict[str, Any]:
        return dict(oci.config.from_file(self.config_file))

    def client(self, kind: Any, service: str, region: str = HOME_REGION, **more: Any) -> Any:
        """A client of the SDK that neither retries nor breaks circuits, so that a test sees each answer."""
        usual = {
            "retry_strategy": oci.retry.NoneRetryStrategy(),
            "circuit_breaker_strategy": oci.circuit_breaker.NoCircuitBreakerStrategy(),
        }
        config = {**self.config, "region": region}
        return kind(config, service_endpoint=f"{self.url}/{region}/{service}", **{**usual, **more})

    def advance(self, seconds: float) -> None:
        self.cloud.store.clock.advance(seconds)

    def fault(self, kind: str, **fields: Any) -> None:
        """Let something go wrong from now on."""
        self.cloud.faults.asked.append(Fault(kind, **fields))

    def own(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        """A request to the sandbox's own address, such as `databases/{ocid}/faults`."""
        return httpx.request(method, f"{self.url}/sandbox/{path}", json=body, params=query, verify=_NO_AUTHORITIES)

    def database_fault(self, ocid: str, kind: str, **fields: Any) -> None:
        """Let something go wrong with a database from now on."""
        self.own("POST", f"databases/{ocid}/faults", {"kind": kind, **fields}).raise_for_status()

    def count_requests(self, operation: str) -> None:
        """Count the requests to an operation from now on."""
        self.fault("latency", operation=operation, times=_MANY)

    def requests(self, operation: str) -> int:
        """How many requests to it reached the server since they are counted."""
        (counted,) = [f for f in self.cloud.faults.asked if (f.kind, f.operation) == ("latency", operation)]
        return _MANY - int(counted.times or 0)


@contextmanager
def running(folder: Path, clock: Clock | None = None) -> Iterator[Sandbox]:
    """A sandbox while it is served; its clock stands still at `NOW` unless another is given."""
    made = cloud(folder, clock or Clock(stopped_at=NOW))
    made.checks_answers = True
    with served(made) as url:
        yield Sandbox(url, made, folder)


def refused(call: Any, *arguments: Any, **named: Any) -> tuple[int, str]:
    """Status and code of the error that a call ends with."""
    with pytest.raises(oci.exceptions.ServiceError) as error:
        call(*arguments, **named)
    return error.value.status, error.value.code
