"""Heartbeats, on a small database."""

import sqlite3
from datetime import timedelta

from assets.recovery.logic import heartbeats
from assets.recovery.logic.heartbeats import Heartbeat
from tests.logic.recovery.databases import NOW


def test_heartbeats_are_numbered_and_come_back_with_their_time():
    with sqlite3.connect(":memory:") as made:
        made.row_factory = sqlite3.Row
        made.execute(heartbeats.CREATE)
        assert made.execute(heartbeats.LAST).fetchone() is None
        for n in range(3):
            made.execute(heartbeats.WRITE, heartbeats.binds(NOW + timedelta(seconds=n), "run"))

        assert Heartbeat.of(made.execute(heartbeats.LAST).fetchone()) == Heartbeat(3, NOW + timedelta(seconds=2), "run")
        assert [Heartbeat.of(row).number for row in made.execute(heartbeats.SINCE, {"first": 2})] == [2, 3]
    made.close()
