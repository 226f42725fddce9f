"""Alerts about cost anomalies: each is sent once, the dearest first, and none is lost when a message fails."""

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from assets.finops.tables import ANOMALY_EPISODES
from orchestration.sensors.anomalies import cost_alerts, message, new_alerts
from resources.errors import Unavailable
from resources.lake import Lake
from resources.notifier import Notifier, Severity

DAY = date(2026, 10, 20)
SENT: list[tuple[str, str]] = []


class Board(Notifier):
    """Keeps what it is told, or is out of order."""

    broken: bool = False

    def _deliver(self, title: str, body: str, severity: Severity) -> None:
        if self.broken:
            raise Unavailable("the board is down", "try again later")
        SENT.append((title, body))


def episode(name: str, stake: str = "10", alerted: date | None = DAY, **cells: Any) -> dict[str, Any]:
    return {
        "episode_id": name, "ProviderName": "AWS", "SubAccountId": "1111", "ServiceName": "S3", "RegionId": "eu-west-1",
        "BillingCurrency": "USD", "kind": "spike", "direction": "up", "first_day": DAY, "alarm_day": DAY, "last_day": DAY,
        "days": 1, "state": "open", "expected": Decimal(5), "actual": Decimal(15), "impact": Decimal(10),
        "impact_per_day": Decimal(10), "at_stake_per_day": Decimal(stake),
        "score": 2.0, "history_days": 90, "confidence": "high", "resource_ids": ["bucket-a"],
        "culprits": [], "verdict": None, "verdict_reason": None, "alerted_on": alerted, **cells,
    }  # fmt: skip


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=ANOMALY_EPISODES.schema, orient="row")


def test_the_dearest_alerts_come_first_and_what_was_sent_does_not_come_again():
    episodes = frame(episode("a", "10"), episode("b", "90"), episode("c", "50"))
    assert [row["episode_id"] for row in new_alerts(episodes, ["c"])] == ["b", "a"]


def test_what_was_not_worth_an_alert_or_is_older_than_a_week_is_not_sent():
    old = DAY - timedelta(days=7)
    episodes = frame(episode("quiet", alerted=None), episode("old", alerted=old, alarm_day=old), episode("new"))
    assert [row["episode_id"] for row in new_alerts(episodes, [])] == ["new"]


def test_without_episodes_there_is_nothing_to_send():
    assert new_alerts(frame(), []) == []


def test_a_message_says_what_where_how_much_and_what_to_do():
    title, body = message(new_alerts(frame(episode("abc123", SubAccountId=None)), []))
    assert title == "1 cost anomaly"
    assert (
        "abc123 spike since 2026-10-20: AWS / S3 / eu-west-1: +10.00 USD so far, 10.00 a day (high confidence; bucket-a)" in body
    )
    assert "cloudops feedback" in body


def test_the_sensor_sends_each_alert_once(tmp_path: Path):
    SENT.clear()
    lake = Lake(root=str(tmp_path))
    lake.replace(ANOMALY_EPISODES, frame(episode("a"), episode("b")), where=None)
    context = dg.build_sensor_context(resources={"lake": lake, "notifier": Board()})
    cost_alerts(context)
    cost_alerts(context)
    assert [title for title, _ in SENT] == ["2 cost anomalies"]
    assert set(json.loads(context.cursor or "")) == {"a", "b"}


def test_an_alert_that_was_not_delivered_is_sent_again(tmp_path: Path):
    SENT.clear()
    lake = Lake(root=str(tmp_path))
    lake.replace(ANOMALY_EPISODES, frame(episode("a")), where=None)
    with pytest.raises(Unavailable):
        cost_alerts(dg.build_sensor_context(resources={"lake": lake, "notifier": Board(broken=True)}))
    cost_alerts(dg.build_sensor_context(resources={"lake": lake, "notifier": Board()}))
    assert len(SENT) == 1


def test_a_cloud_that_delivers_late_is_heard():
    late = DAY - timedelta(days=10)
    episodes = frame(episode("aws"), episode("oci", alerted=late, alarm_day=late, ProviderName="Oracle"))
    assert {row["episode_id"] for row in new_alerts(episodes, [])} == {"aws", "oci"}


def test_what_was_withdrawn_is_not_sent():
    assert new_alerts(frame(episode("gone", state="withdrawn")), []) == []
