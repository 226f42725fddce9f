"""The clock of an embedded cloud."""

from datetime import timedelta
from pathlib import Path

import pytest

from resources.embedded_clock import EmbeddedClock
from resources.errors import Unavailable
from tests.sandboxes import NOW, running


def test_waiting_lets_time_pass_in_the_embedded_cloud_and_nowhere_else(tmp_path: Path) -> None:
    with running(tmp_path) as sandbox:
        clock = EmbeddedClock(endpoint=sandbox.url)
        assert clock.now() == NOW
        clock.sleep(90)
        assert clock.now() == NOW + timedelta(seconds=90) == sandbox.cloud.store.clock.now()


def test_a_clock_that_does_not_answer_says_so() -> None:
    with pytest.raises(Unavailable, match="embedded cloud"):
        EmbeddedClock(endpoint="http://127.0.0.1:9").now()
