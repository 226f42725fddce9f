"""What is found: every kind of anomaly, how soon, which way it went and which resources are behind it."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from assets.finops.logic.anomalies.detection import watch
from tests.panels import START, Costs, Series, bystanders, changed, ordinary, panel_of, three

DAYS = 120
DAY = 100


def alarms(resources: dict[str | None, Costs]) -> list[dict[str, Any]]:
    """The alarms of a series among some to which nothing happens; resources by name."""
    panel = panel_of(Series(resources), *bystanders(DAYS))
    found = watch(panel).alarms.to_dicts()
    assert all(row["series"] == 0 for row in found)
    return [{**row, "resources": [panel.resources[n] for n in row["resources"]]} for row in found]


def only(resources: dict[str | None, Costs]) -> dict[str, Any]:
    (row,) = alarms(resources)
    return row


def what(row: dict[str, Any]) -> tuple[str, str, list[str | None]]:
    return row["kind"], row["direction"], row["resources"]


def test_a_spike_of_one_resource_is_found_on_its_day_with_what_was_expected():
    usual = three(DAYS)

    row = only({**usual, "b": changed(usual["b"], DAY, by=60)})

    assert what(row) == ("spike", "up", ["b"])
    assert (row["day"], row["onset"], row["history_days"]) == (DAY, DAY, DAY)
    assert row["expected"] == pytest.approx(120, rel=0.04)
    assert row["actual"] - row["expected"] == pytest.approx(60, abs=8)
    assert row["resource_levels"] == [pytest.approx(40, rel=0.05)]


def test_a_series_that_steps_up_and_stays_there_alarms_once():
    usual = three(DAYS)

    row = only({**usual, "a": changed(usual["a"], slice(90, None), times=1.6)})

    assert (row["day"], row["direction"], row["resources"]) == (90, "up", ["a"])


def test_a_series_that_steps_down_and_stays_there_alarms_once_on_the_second_day():
    usual = three(DAYS)

    row = only({**usual, "a": changed(usual["a"], slice(90, None), times=0.4)})

    assert what(row) == ("change", "down", ["a"])
    assert (row["onset"], row["day"]) == (90, 91)


def test_a_ramp_is_found_while_it_grows():
    usual = three(DAYS)
    growth = np.concatenate([np.zeros(80), np.linspace(0, 60, 20), np.full(20, 60.0)])

    row = only({**usual, "a": usual["a"] + growth})

    assert (row["direction"], row["resources"]) == ("up", ["a"])
    assert 80 <= row["day"] <= 87


def test_a_slow_leak_is_found_as_a_drift_long_before_it_has_doubled():
    usual = three(DAYS, noise=0.06)
    leak = np.concatenate([np.zeros(70), np.linspace(0, 30, 50)])

    row = only({**usual, "a": usual["a"] + leak})

    assert what(row) == ("drift", "up", ["a"])
    assert 80 <= row["day"] <= 112
    assert row["onset"] < row["day"] - 7


def test_a_series_that_falls_silent_is_found_on_the_second_day_with_all_resources_and_only_once():
    usual = three(DAYS)

    row = only({name: changed(costs, slice(DAY, DAY + 4), times=0) for name, costs in usual.items()})

    assert what(row) == ("change", "down", ["a", "b", "c"])
    assert (row["onset"], row["day"], row["actual"]) == (DAY, DAY + 1, 0)


def test_a_resource_that_loses_most_of_its_cost_for_some_days_is_found():
    usual = three(DAYS)

    row = only({**usual, "a": changed(usual["a"], slice(DAY, DAY + 4), times=0.2)})

    assert what(row) == ("change", "down", ["a"])
    assert row["day"] == DAY + 1


def test_an_expensive_service_that_was_not_used_before_is_found_on_its_first_day():
    row = only({name: changed(costs, slice(0, DAY), times=0) for name, costs in three(DAYS).items()})

    assert what(row) == ("new series", "up", ["a", "b", "c"])
    assert (row["day"], row["expected"], row["history_days"]) == (DAY, 0, 0)


def test_a_resource_that_did_not_exist_before_is_the_culprit():
    row = only({**three(DAYS), "new": changed(ordinary(DAYS, 60, seed=7), slice(0, DAY), times=0)})

    assert (row["day"], row["direction"], row["resources"], row["resource_levels"]) == (DAY, "up", ["new"], [0])


def test_cost_that_moves_between_resources_is_found_though_the_sum_stays():
    usual = three(DAYS)
    days = slice(DAY, None)

    row = only({**usual, "a": changed(usual["a"], days, by=25), "b": changed(usual["b"], days, by=-25)})

    assert what(row) == ("shift between resources", "mixed", ["a", "b"])
    assert row["day"] == DAY + 1


def test_a_weekend_at_the_cost_of_weekdays_is_found():
    usual = three(DAYS, weekend=0.3)
    weekends = [day for day in range(96, 112) if day % 7 >= 5]

    first = alarms({**usual, "a": changed(usual["a"], weekends, times=3)})[0]

    assert (first["day"], first["direction"], first["resources"]) == (96, "up", ["a"])


def test_a_cost_far_above_all_before_is_found_in_a_series_without_a_level():
    rng = np.random.default_rng(1)
    costs = np.where(rng.random(DAYS) < 0.3, rng.uniform(5, 15, DAYS), 0.0)

    row = only({"a": changed(costs, DAY, by=80)})

    assert what(row) == ("unusual cost", "up", ["a"])
    assert row["day"] == DAY


@pytest.mark.parametrize("rest", [{}, three(DAYS)], ids=["alone", "among others"])
def test_a_monthly_fee_that_is_charged_twice_is_found(rest):
    fee = np.array([50.0 if (START + timedelta(days=day)).day == 1 else 0 for day in range(DAYS)])

    found = alarms({**rest, "fee": changed(fee, 94, by=50)})

    # the first fee ever was new
    assert [(row["day"], row["resources"]) for row in found] == [(27, ["fee"]), (94, ["fee"])]


def test_both_clouds_are_judged_by_their_own_past():
    usual = three(DAYS)
    spiked = Series({**usual, "a": changed(usual["a"], DAY, by=80)}, {"ProviderName": "Oracle", "BillingCurrency": "EUR"})

    found = watch(panel_of(Series(usual), spiked, *bystanders(DAYS))).alarms

    assert found.select("series", "day").rows() == [(1, DAY)]


def test_what_a_sparse_series_usually_costs_is_the_mean_of_the_known_days():
    rng = np.random.default_rng(1)
    costs = np.where(rng.random(DAYS) < 0.3, rng.uniform(5, 15, DAYS), 0.0)
    unknown = np.flatnonzero(rng.random(DAYS) < 0.6)
    costs = changed(changed(costs, unknown, times=np.nan), DAY, by=0)
    costs[[0, DAY]] = 10, 200
    panel = panel_of(Series({"a": costs}, {"ProviderName": "Oracle"}), *bystanders(DAYS))

    (row,) = watch(panel).alarms.to_dicts()

    assert (row["day"], row["kind"]) == (DAY, "unusual cost")
    assert row["expected"] == pytest.approx(np.nanmean(costs[:DAY]))


def test_a_spike_is_not_taken_for_the_level_of_the_next_days():
    usual = three(DAYS)
    expected = watch(panel_of(Series({**usual, "a": changed(usual["a"], DAY, times=20)}), *bystanders(DAYS))).expected[0]

    assert expected[DAY + 1 : DAY + 9] == pytest.approx(120, rel=0.04)


def test_a_resource_that_grew_most_while_all_grew_a_little_is_the_culprit():
    grown = {name: changed(costs, slice(DAY, None), times=1.04) for name, costs in three(DAYS).items()}

    row = only({**grown, "b": changed(grown["b"], slice(DAY, None), by=30)})

    assert (row["direction"], row["resources"]) == ("up", ["b"])
