"""Known anomalies in costs."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops.logic.anomaly_quality.injection import LABELS, Placement, inject
from assets.finops.logic.anomaly_quality.shapes import SHAPES, Sizes, noise
from tests.logic.finops.anomaly_quality.small_costs import panel_of, quiet_panel

MANY = Placement(per_series=2)
PANEL = quiet_panel(series=30, days=400)


def test_the_same_seed_puts_in_the_same_anomalies_and_another_seed_others() -> None:
    (first, labels), (second, again), (_, others) = (inject(PANEL, seed=seed) for seed in (5, 5, 6))
    assert labels.equals(again)
    assert np.array_equal(first.costs, second.costs)
    assert not labels.equals(others)


def test_the_costs_given_stay_as_they_are() -> None:
    before = PANEL.costs.copy()
    inject(PANEL, seed=1)
    assert np.array_equal(PANEL.costs, before)


def test_every_type_finds_a_place_in_a_rich_history() -> None:
    labels = pl.concat([inject(PANEL, seed=seed, placement=MANY)[1] for seed in range(3)])
    assert labels.schema == LABELS
    assert set(labels["type"]) == set(SHAPES)


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32))
def test_anomalies_keep_their_distance_and_their_size(seed: int) -> None:
    _, labels = inject(PANEL, seed=seed, placement=MANY)
    assert labels["start"].min() >= 60
    assert labels["end"].max() < PANEL.days - 2
    assert labels["impact"].abs().min() >= 10
    assert labels.filter(pl.col("type") != "new_service")["noises"].min() >= 4 - 1e-9
    for _, mine in labels.group_by("series"):
        held = mine.sort("start").select("start", "end").rows()
        assert all(after[0] - before[1] > 30 for before, after in pairwise(held))


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32))
def test_only_the_named_resources_change_and_no_cost_falls_below_nothing(seed: int) -> None:
    after, labels = inject(PANEL, seed=seed, placement=MANY)
    named = {row for rows in labels["resources"].to_list() for row in rows}
    moved = np.flatnonzero((after.costs != PANEL.costs).any(axis=1))
    fresh = labels.filter(pl.col("type") == "new_service")["series"]
    assert {row for row in moved.tolist() if PANEL.owner[row] not in set(fresh)} <= named
    assert after.costs.min() >= -1e-9


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32))
def test_impact_is_what_the_label_holds_more(seed: int) -> None:
    after, labels = inject(PANEL, seed=seed, placement=MANY)
    for row in labels.filter(~pl.col("type").is_in(["new_service", "offsetting_pair"])).iter_rows(named=True):
        days = slice(row["start"], row["end"] + 1)
        more = after.totals[row["series"], days].sum() - PANEL.totals[row["series"], days].sum()
        assert more == pytest.approx(row["impact"])
        assert (more > 0) == (row["direction"] == "up")


def test_an_offsetting_pair_leaves_the_total() -> None:
    after, labels = inject(PANEL, seed=2, placement=MANY)
    for row in labels.filter(pl.col("type") == "offsetting_pair").iter_rows(named=True):
        days = slice(row["start"], row["end"] + 1)
        assert after.totals[row["series"], days] == pytest.approx(PANEL.totals[row["series"], days])
        winner, loser = row["resources"]
        assert (after.costs[winner, days].sum() - PANEL.costs[winner, days].sum()) == pytest.approx(row["impact"])
        assert after.costs[loser, days].sum() < PANEL.costs[loser, days].sum()


def test_a_new_service_has_no_cost_before_and_grows_a_history_before_anything_else() -> None:
    after, labels = inject(PANEL, seed=2, placement=MANY)
    fresh = labels.filter(pl.col("type") == "new_service")
    assert len(fresh)
    for series, start in fresh.select("series", "start").iter_rows():
        assert after.first_days()[series] == start
        later = labels.filter((pl.col("series") == series) & (pl.col("start") > start))["start"]
        assert later.is_empty() or later.min() > start + 60


def test_a_weekend_leak_begins_on_a_saturday_and_ends_on_a_sunday_in_a_series_with_quiet_weekends() -> None:
    labels = pl.concat([inject(PANEL, seed=seed, placement=MANY)[1] for seed in range(3)])
    leaks = labels.filter(pl.col("type") == "weekend_leak")
    assert len(leaks)
    assert set(leaks["start"] % 7) == {5}  # the panel starts on a Monday
    assert set(leaks["end"] % 7) == {6}
    assert set(leaks["series"] % 2) == {1}


def test_anomalies_keep_clear_of_what_is_avoided_and_of_unknown_days() -> None:
    costs = PANEL.costs.copy()
    costs[:, 200:204] = np.nan
    panel = replace(PANEL, costs=costs)
    avoid = np.zeros((len(panel.series), panel.days), dtype=bool)
    avoid[:, 300] = True
    after, labels = inject(panel, seed=3, placement=MANY, avoid=avoid)
    assert np.array_equal(np.isnan(after.costs), np.isnan(costs))
    for start, end in labels.select("start", "end").iter_rows():
        assert not start - 7 <= 300 <= end + 2
        assert end < 198 or start > 255
    assert len(labels)


def test_short_poor_or_paused_series_get_none() -> None:
    assert inject(quiet_panel(days=61), seed=1)[1].is_empty()
    poor = replace(PANEL, costs=PANEL.costs / 10_000)
    assert inject(poor, seed=1, placement=MANY)[1].is_empty()
    monthly = np.where(np.arange(400) % 30 == 0, 1000.0, 0.0)
    assert inject(panel_of(np.tile(monthly, (5, 1))), seed=1, placement=MANY)[1].is_empty()
    assert inject(panel_of(np.zeros((0, 100))), seed=1)[1].is_empty()


def test_a_smaller_floor_lets_poor_series_take_part() -> None:
    poor = replace(PANEL, costs=PANEL.costs / 1000)
    small = Placement(sizes=Sizes(impact=0.01, new_daily=0.04))
    assert len(inject(poor, seed=1, placement=small)[1]) > 10


def test_less_history_than_the_noise_is_measured_on_is_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        inject(PANEL, seed=1, placement=Placement(history=30))


def test_noise_leaves_weekdays_out_and_takes_rare_fees_and_pauses_in() -> None:
    rng = np.random.default_rng(0)
    days = np.arange(400)
    plain = 100 + 5 * rng.standard_normal(400)
    assert noise(plain) == pytest.approx(5, rel=0.35)
    assert noise(plain * np.where(days % 7 >= 5, 0.5, 1)) == pytest.approx(5, rel=0.45)
    paused = np.where(rng.random(400) < 0.2, 0.0, 100.0)
    assert noise(paused) > 20
