"""Tells people about cost anomalies, each once, within the weekly budget."""

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import dagster as dg
import polars as pl

from assets.finops import tables
from assets.finops.logic.anomalies.judgement import WITHDRAWN
from resources.lake import Lake
from resources.notifier import Notifier

_RECENT = timedelta(days=7)
_REMEMBERED = 2000


@dg.sensor(
    target=dg.AssetSelection.assets(["finops", "cost_anomalies"]),
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def cost_alerts(context: dg.SensorEvaluationContext, lake: Lake, notifier: Notifier) -> dg.SkipReason:
    """Sends the alerts of each cloud's last week with alarms that were not sent before; it requests no runs."""
    sent: list[str] = json.loads(context.cursor) if context.cursor else []
    due = new_alerts(lake.scan(tables.ANOMALY_EPISODES).collect(), sent)
    if due:
        notifier.notify(*message(due), "warning")
    # after the message, so that one that was not delivered is sent again
    context.update_cursor(json.dumps([*sent, *(row["episode_id"] for row in due)][-_REMEMBERED:]))
    return dg.SkipReason(f"{len(due)} alerts sent" if due else "nothing new")


def new_alerts(episodes: pl.DataFrame, sent: Iterable[str]) -> list[dict[str, Any]]:
    """Episodes with an alert within a week of their cloud's newest one that were not sent, the most at stake first.

    Each cloud has a week of its own, so that one that delivers late is heard. Withdrawn ones are not told any more.
    """
    newest = pl.col("alarm_day").max().over("ProviderName")
    recent = episodes.filter(pl.col("alerted_on") > newest - _RECENT, pl.col("state") != WITHDRAWN)
    recent = recent.filter(~pl.col("episode_id").is_in(list(sent)))
    return recent.sort("at_stake_per_day", "episode_id", descending=[True, False]).to_dicts()


def message(alerts: list[dict[str, Any]]) -> tuple[str, str]:
    """Title and text: a line per alert with what to do about it."""
    title = "1 cost anomaly" if len(alerts) == 1 else f"{len(alerts)} cost anomalies"
    lines = [_line(row) for row in alerts]
    return title, "\n".join([*lines, "Say what each is: cloudops feedback ID true, false or expected"])


def _line(row: Mapping[str, Any]) -> str:
    where = " / ".join(str(row[n]) for n in ("ProviderName", "SubAccountId", "ServiceName", "RegionId") if row[n])
    amounts = f"{row['impact']:+,.2f} {row['BillingCurrency']} so far, {row['at_stake_per_day']:,.2f} a day"
    culprits = ", ".join(row["resource_ids"][:3]) or "no single resource"
    what = f"{row['episode_id']} {row['kind']} since {row['first_day']}"
    return f"{what}: {where}: {amounts} ({row['confidence']} confidence; {culprits})"


SENSORS = (cost_alerts,)
