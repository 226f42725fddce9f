"""A sandbox for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandboxes import NOW, Sandbox, refused, running

__all__ = ["NOW", "Sandbox", "refused", "sandbox"]


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running(tmp_path / "cloud") as made:
        yield made
