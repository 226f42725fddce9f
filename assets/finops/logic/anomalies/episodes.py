"""From alarms to episodes: how long an anomaly lasted, what it cost so far, and who is behind it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import numpy as np
import polars as pl

from assets.finops.logic.anomalies.detection import PRICE_STEP, Watch
from assets.finops.logic.panel import SERIES, Matrix, Panel

LONGEST_DAYS = 30
_GAP_DAYS = 2
_NEAR_DAYS = 3
_STILL = 0.3
_NOISY, _CLEAR, _CLEAR_IF_NOISY = 0.10, 1.3, 1.75
_MONEY = pl.Decimal(38, 24)
_CULPRIT = pl.Struct({"ResourceId": pl.String(), "expected": _MONEY, "actual": _MONEY})
EPISODES: Mapping[str, pl.DataType] = {
    "episode_id": pl.String(),
    **dict.fromkeys(SERIES, pl.String()),
    "kind": pl.String(),
    "direction": pl.String(),
    "first_day": pl.Date(),
    "alarm_day": pl.Date(),
    "last_day": pl.Date(),
    "days": pl.Int64(),
    "state": pl.String(),
    "expected": _MONEY,
    "actual": _MONEY,
    "impact": _MONEY,
    "impact_per_day": _MONEY,
    "at_stake_per_day": _MONEY,
    "score": pl.Float64(),
    "history_days": pl.Int64(),
    "confidence": pl.String(),
    "resource_ids": pl.List(pl.String()),
    "culprits": pl.List(_CULPRIT),
}
DAYS: Mapping[str, pl.DataType] = {
    "x_charge_date": pl.Date(),
    **dict.fromkeys(SERIES, pl.String()),
    "episode_id": pl.String(),
    "kind": pl.String(),
    "direction": pl.String(),
    "actual": _MONEY,
    "expected": _MONEY,
    "impact": _MONEY,
    "score": pl.Float64(),
    "history_days": pl.Int64(),
    "confidence": pl.String(),
    "resource_ids": pl.List(pl.String()),
}


@dataclass(frozen=True, slots=True)
class Episodes:
    """Columns as `EPISODES` (one row per episode) and `DAYS` (one row per day of each, price steps left out)."""

    episodes: pl.DataFrame
    days: pl.DataFrame


def episodes(panel: Panel, watch: Watch, known: pl.DataFrame | None = None) -> Episodes:
    """Follow each alarm from its onset until the cost is back at what was expected, for 30 days after the alarm at most.

    An episode is `open` if it lasts at the end of the data, `over` if the cost came back, `new level` if it stayed. Days on which
    the provider delivered nothing neither end an episode nor make it longer. The amounts of an episode that moved cost between
    resources are those of the series, whose sum hardly changes; what is at stake is the amount moved.

    Args:
        panel: The costs that were judged.
        watch: What the detector saw in them.
        known: Episodes of earlier runs: one of the same series that began within three days and went the same way keeps its id.
    """
    totals = panel.totals
    found = [_episode(panel, totals, watch, alarm) for alarm in watch.alarms.iter_rows(named=True)]
    rows = _identified([episode for episode, _ in found], known)
    days = [
        {**{name: row[name] for name in DAYS if name in row}, **day}
        for row, (_, daily) in zip(rows, found, strict=True)
        if row["kind"] != PRICE_STEP
        for day in daily
    ]
    return Episodes(pl.DataFrame(rows, schema=EPISODES), pl.DataFrame(days, schema=DAYS).sort("x_charge_date", "episode_id"))


def confidence(score: float, history_days: int, noise: float) -> str:
    """How sure an alarm is, for the score, days of history and relative noise of its series.

    `low` with less than four weeks behind it, or little above the threshold in a noisy series; `high` with eight weeks behind it
    and clearly above. Of the alarms called low, medium and high on generated costs, 65, 75 and 92 of 100 were real.
    """
    noisy = noise > _NOISY
    if history_days < 28 or (noisy and score < _CLEAR_IF_NOISY):
        return "low"
    clear = score >= (_CLEAR_IF_NOISY if noisy else _CLEAR)
    return "high" if clear and history_days >= 56 else "medium"


def _episode(panel: Panel, totals: Matrix, watch: Watch, alarm: Mapping[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    series, onset = alarm["series"], alarm["onset"]
    horizon = slice(onset, min(alarm["day"] + LONGEST_DAYS, panel.days))
    actual = totals[series, horizon]
    regular = alarm["level"] > 0 and not np.isnan(watch.expected[series, onset])
    factor = watch.factor[series, horizon] if regular else np.ones(len(actual))
    expected = alarm["level"] * factor
    moved = actual - expected
    if alarm["direction"] == "mixed":
        row, level = alarm["resources"][0], alarm["resource_levels"][0]
        moved = panel.costs[row, horizon] - level * factor
    noise = 2 * alarm["noise"] * expected if regular else 0.3 * np.maximum(expected, 1e-9)
    length = _length(moved, noise, alarm["day"] - onset + 1)
    last = onset + length - 1
    later = int((~np.isnan(totals[series, last + 1 :])).sum())
    state = "new level" if last == alarm["day"] + LONGEST_DAYS - 1 else "open" if later <= _GAP_DAYS else "over"
    counted = ~np.isnan(actual[:length])
    keys = panel.series.row(series, named=True)
    names = [panel.resources[int(row)] for row in alarm["resources"]]
    shared = {"direction": alarm["direction"], "score": alarm["score"], "history_days": alarm["history_days"]}
    episode = {
        **keys,
        **shared,
        "kind": _kind(alarm, length, state),
        "first_day": _day(panel, onset),
        "alarm_day": _day(panel, alarm["day"]),
        "last_day": _day(panel, last),
        "days": length,
        "state": "over" if alarm["kind"] == PRICE_STEP else state,
        **_amounts(expected[:length][counted].sum(), actual[:length][counted].sum(), int(counted.sum())),
        "at_stake_per_day": _money(abs(float(np.nanmean(moved[:length]))) if counted.any() else 0.0),
        "confidence": confidence(alarm["score"], alarm["history_days"], alarm["noise"]),
        "resource_ids": [name for name in names if name is not None],
        "culprits": _culprits(panel, alarm, factor[:length], slice(onset, onset + length)),
    }
    daily = [
        {"x_charge_date": _day(panel, onset + n), **_amounts(float(expected[n]), float(actual[n]), 1)}
        for n in np.flatnonzero(counted)
    ]
    return episode, daily


def _length(moved: Matrix, noise: Matrix, least: int) -> int:
    """Days until the cost is back for longer than a gap, or has gone as far the other way; at least those up to the alarm."""
    known = moved[:least][~np.isnan(moved[:least])]
    mean = float(known.mean()) if len(known) else 0.0
    least_moved = np.maximum(noise, _STILL * abs(mean))
    away, turned = moved * np.sign(mean) > least_moved, moved * np.sign(mean) < -least_moved
    last, back = least - 1, 0
    for n in least + np.flatnonzero(~np.isnan(moved[least:])):
        last, back = (int(n), 0) if away[n] else (last, back + 1)
        if back > _GAP_DAYS or turned[n]:
            break
    return last + 1


def _kind(alarm: Mapping[str, Any], length: int, state: str) -> str:
    """The name that people use for the shape."""
    if alarm["kind"] not in ("spike", "change"):
        return str(alarm["kind"])
    if alarm["direction"] == "up":
        return "spike" if length <= 3 and state == "over" else "rise"
    return "drop-out" if state == "over" else "fall"


def _culprits(panel: Panel, alarm: Mapping[str, Any], factor: Matrix, days: slice) -> list[dict[str, Any]]:
    named = []
    for row, level in zip(alarm["resources"], alarm["resource_levels"], strict=True):
        cost = panel.costs[row, days]
        amounts = _amounts(float((level * factor)[~np.isnan(cost)].sum()), float(np.nansum(cost)), 1)
        named.append({"ResourceId": panel.resources[int(row)], "expected": amounts["expected"], "actual": amounts["actual"]})
    return named


def _amounts(expected: float, actual: float, days: int) -> dict[str, Decimal]:
    amounts = {"expected": _money(expected), "actual": _money(actual)}
    impact = amounts["actual"] - amounts["expected"]
    return {**amounts, "impact": impact, "impact_per_day": _money(float(impact) / max(days, 1))}


def _money(amount: float) -> Decimal:
    """Rounded to six digits after the point: floats carry no more of what they were summed from."""
    return Decimal(f"{amount:.6f}")


def _day(panel: Panel, index: int) -> date:
    return panel.start + timedelta(days=int(index))


def _identified(rows: list[dict[str, Any]], known: pl.DataFrame | None) -> list[dict[str, Any]]:
    """The episodes with their ids: that of a known one nearby, the nearest first, else one made of series, first day and way."""
    before: dict[tuple[object, ...], list[dict[str, Any]]] = {}
    for row in (known if known is not None else pl.DataFrame()).iter_rows(named=True):
        before.setdefault(_series_and_way(row), []).append(row)
    pairs = [
        (apart, abs((old["alarm_day"] - row["alarm_day"]).days), number, old["episode_id"])
        for number, row in enumerate(rows)
        for old in before.get(_series_and_way(row), [])
        if (apart := abs((old["first_day"] - row["first_day"]).days)) <= _NEAR_DAYS
    ]
    chosen: dict[int, str] = {}
    taken: set[str] = set()
    for *_, number, episode in sorted(pairs):
        if number not in chosen and episode not in taken:
            chosen[number] = episode
            taken.add(episode)
    for number, row in enumerate(rows):
        row["episode_id"] = chosen.get(number) or next(i for n in count() if (i := _id(row, n)) not in taken)
        taken.add(row["episode_id"])
    return rows


def _series_and_way(row: Mapping[str, Any]) -> tuple[object, ...]:
    return (*(row[name] for name in SERIES), row["direction"])


def _id(row: Mapping[str, Any], others: int) -> str:
    """An id for an episode that begins on the same day and goes the same way as so many others of its series."""
    text = json.dumps([*_series_and_way(row), str(row["first_day"]), row["kind"] == PRICE_STEP, *([others] if others else [])])
    return hashlib.sha256(text.encode()).hexdigest()[:12]
