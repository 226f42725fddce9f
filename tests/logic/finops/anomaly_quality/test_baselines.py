"""Rules in use, as things to beat."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from assets.finops.logic.anomaly_quality.alerts import ALERTS, movers
from assets.finops.logic.anomaly_quality.baselines import BASELINES, optscale, optscale_with_floor, robust_z
from assets.finops.logic.anomaly_quality.isolation_forest import isolation_forest, rolling_features
from assets.finops.logic.panel import Panel
from tests.logic.finops.anomaly_quality.small_costs import panel_of, quiet_panel

SPIKE_DAY = 200


def spiked(amount: float = 60.0) -> Panel:
    panel = quiet_panel(series=2)
    costs = panel.costs.copy()
    costs[4, SPIKE_DAY] += amount
    return replace(panel, costs=costs)


@pytest.mark.parametrize("name", BASELINES)
def test_every_baseline_flags_a_high_day_and_names_its_resource_first(name: str) -> None:
    alerts = BASELINES[name](spiked())
    assert alerts.schema == ALERTS
    (row,) = alerts.filter((alerts["series"] == 1) & (alerts["day"] == SPIKE_DAY)).to_dicts()
    assert row["direction"] == "up"
    assert row["resources"][0] == 4
    assert row["actual"] > row["expected"]


@pytest.mark.parametrize("name", BASELINES)
def test_no_baseline_fails_for_want_of_days_or_costs(name: str) -> None:
    for days in (1, 6, 7, 8, 70):
        assert set(BASELINES[name](panel_of(np.zeros((2, days))))["series"]) <= {0, 1}


def test_optscale_compares_with_the_seven_days_before() -> None:
    costs = np.full((1, 30), 10.0)
    costs[0, 20], costs[0, 25] = 13.0, 13.9
    assert optscale(panel_of(costs))["day"].to_list() == [25]


def test_the_floor_leaves_small_sums_out() -> None:
    costs = np.full((2, 30), 10.0)
    costs[0, 20], costs[1, 20] = 29.9, 30.0
    assert optscale_with_floor(panel_of(costs))["series"].to_list() == [1]


def test_robust_z_knows_weekends() -> None:
    costs = quiet_panel(series=2, seed=3)
    flagged = robust_z(costs)
    assert len(flagged) <= 5
    assert optscale(costs).filter(optscale(costs)["series"] == 1).height > 20


@pytest.mark.parametrize("name", [name for name in BASELINES if name != "isolation_forest"])
def test_all_but_the_isolation_forest_say_the_same_without_the_days_after(name: str) -> None:
    panel = spiked()
    whole, cut = BASELINES[name](panel), BASELINES[name](panel.until(150))
    assert cut.equals(whole.filter(whole["day"] < 150))


def test_the_isolation_forest_flags_a_tenth_of_the_days_whatever_happened() -> None:
    alerts = isolation_forest(quiet_panel(series=2))
    assert alerts.group_by("series").len()["len"].to_list() == [24, 24]


def test_features_are_those_of_full_windows_that_end_with_the_day() -> None:
    cost = np.arange(40, dtype=np.float64)
    features = rolling_features(cost)
    assert features.shape == (40, 6)
    assert features[35].tolist() == pytest.approx([35, 32, np.std(np.arange(7), ddof=1), 20.5, 1 / 34, 35])
    assert features[1].tolist() == [1, 0, 0, 0, 0, 1]  # no full window, and a change from nothing


def test_movers_are_those_that_changed_since_a_week_before_largest_first() -> None:
    costs = np.full((5, 20), 10.0)
    costs[1, 15], costs[2, 15], costs[3, 15], costs[4, 15] = 12, 2, 11, 100
    found = movers(panel_of(costs, 5), np.array([0, 0]), np.array([15, 10]))
    assert found == [[4, 2, 1], []]
