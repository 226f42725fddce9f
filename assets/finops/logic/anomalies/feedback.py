"""What people said about anomalies, and what follows from it for the next ones of the same series."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from assets.finops.logic.panel import SERIES

_REMEMBERED = timedelta(days=180)
_MORE = 1.25
_MOST = 2.5
_SIMILAR = Decimal("1.25")


def judged(episodes: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """The episodes with `verdict` and `verdict_reason`.

    A verdict that people gave an episode stands. From it follows, for later episodes of the same series and direction alone:

    - after a `false`, one needs a quarter more score for each false one of the last 180 days, and is `false` below that;
    - after an `expected`, one of at most a quarter more money per day is `expected` while the decision holds (its `until`), or if
      it begins at the same place of a month, counted from its first or last day, a day sooner or later.

    Args:
        episodes: Columns as `episodes.EPISODES`.
        decisions: `finops/decisions`; a `withdrawn` one takes back what was said before.
    """
    said = _said(decisions)
    rows = sorted(episodes.iter_rows(named=True), key=lambda row: (row["alarm_day"], row["episode_id"]))
    verdicts: dict[str, tuple[str | None, str | None]] = {}
    earlier: dict[tuple[object, ...], list[dict[str, Any]]] = {}
    for row in rows:
        way = (*(row[name] for name in SERIES), row["direction"])
        own = said.get(row["episode_id"])
        if own:
            verdicts[row["episode_id"]] = (own["verdict"], f"{own['by']}: {own['note']}" if own["note"] else own["by"])
            earlier.setdefault(way, []).append({**row, **own})
        else:
            verdicts[row["episode_id"]] = _follows(row, earlier.get(way, []))
    pairs = [verdicts[episode] for episode in episodes["episode_id"]]
    return episodes.with_columns(
        verdict=pl.Series([v for v, _ in pairs], dtype=pl.String),
        verdict_reason=pl.Series([r for _, r in pairs], dtype=pl.String),
    )


def precision(episodes: pl.DataFrame) -> tuple[int, int]:
    """How many of the alerts that people judged themselves were real (`true` or `expected`), and how many were judged."""
    own = episodes.filter(pl.col("alerted_on").is_not_null() & pl.col("verdict").is_not_null())
    own = own.filter(~pl.col("verdict_reason").str.starts_with("like "))
    return len(own.filter(pl.col("verdict") != "false")), len(own)


def _said(decisions: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """The newest decision about each episode, without those that were taken back."""
    if decisions.is_empty():
        return {}
    newest = decisions.filter(pl.col("subject") == "anomaly").sort("at")
    said = {row["subject_id"]: row for row in newest.iter_rows(named=True)}
    return {episode: row for episode, row in said.items() if row["verdict"] != "withdrawn"}


def _follows(row: Mapping[str, Any], earlier: list[dict[str, Any]]) -> tuple[str | None, str | None]:
    day: date = row["alarm_day"]
    for past in reversed(earlier):
        if past["verdict"] == "expected" and _as_expected(row, past):
            return "expected", f"like {past['episode_id']}, which was expected"
    false = [p for p in earlier if p["verdict"] == "false" and day - p["alarm_day"] <= _REMEMBERED]
    needed = min(_MORE ** len(false), _MOST)
    if false and row["score"] < needed:
        return "false", f"like {false[-1]['episode_id']}, which was false: score {row['score']:.2f} of {needed:.2f} needed since"
    return None, None


def _as_expected(row: Mapping[str, Any], past: Mapping[str, Any]) -> bool:
    if row["at_stake_per_day"] > past["at_stake_per_day"] * _SIMILAR:
        return False
    begins: date = row["first_day"]
    holds = past["until"] is not None and past["valid_from"] <= begins <= past["until"]
    near = set().union(*(_places(begins + timedelta(days=n)) for n in (-1, 0, 1)))
    return holds or bool(near & _places(past["first_day"]))


def _places(day: date) -> set[int]:
    """Place in the month, counted from its first day and, below 0, from its last one."""
    return {day.day, day.day - monthrange(day.year, day.month)[1] - 1}
