"""A sandbox for each test, and the SDK's own clients to talk to it over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import oci
import pytest

from sandbox.oci.clock import Clock
from sandbox.oci.credentials import CONFIG
from sandbox.oci.process import HOME_REGION, cloud, served
from sandbox.oci.server import Cloud
from sandbox.oci_estate import TENANCY

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Sandbox:
    """A served sandbox whose clock stands still at `NOW`; its answers are held against the SDK's models."""

    url: str
    cloud: Cloud
    folder: Path
    tenancy: str = TENANCY

    @property
    def config(self) -> dict[str, Any]:
        return dict(oci.config.from_file(str(self.folder / CONFIG)))

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


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    made = cloud(tmp_path / "cloud", Clock(stopped_at=NOW))
    made.checks_answers = True
    with served(made) as url:
        yield Sandbox(url, made, tmp_path / "cloud")


def refused(call: Any, *arguments: Any, **named: Any) -> tuple[int, str]:
    """Status and code of the error that a call ends with."""
    with pytest.raises(oci.exceptions.ServiceError) as error:
        call(*arguments, **named)
    return error.value.status, error.value.code
