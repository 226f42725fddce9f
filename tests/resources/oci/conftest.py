"""A sandbox for each test, and the product's clients of it, whose waits between attempts are short."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from resources.oci.clients import OciClients
from tests.sandboxes import Sandbox, running


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running(tmp_path / "cloud") as made:
        yield made


@pytest.fixture
def clients_of(sandbox: Sandbox) -> Callable[..., OciClients]:
    """Clients of the sandbox with other settings than the usual ones."""

    def made(**settings: Any) -> OciClients:
        usual = {
            "endpoint": sandbox.url,
            "config_file": sandbox.config_file,
            "first_wait_seconds": 0.01,
            "longest_wait_seconds": 0.02,
        }
        return OciClients(**{**usual, **settings})

    return made


@pytest.fixture
def clients(clients_of: Callable[..., OciClients]) -> OciClients:
    return clients_of()
