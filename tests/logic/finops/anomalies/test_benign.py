"""What is not an anomaly, and costs that are hardly costs at all."""

from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pytest

from assets.finops.logic.anomalies.detection import PRICE_STEP, detect, watch
from assets.finops.logic.anomalies.episodes import confidence
from tests.panels import START, Costs, Series, bystanders, changed, ordinary, panel_of, three

DAYS = 120
DAY = 100
Resources = dict[str | None, Costs]


def found(*series: Series | Resources, days: int = DAYS, start: date = START) -> list[tuple[int, int, str]]:
    """Series, day and direction of what asks for a look, among series to which nothing happens."""
    mine = [one if isinstance(one, Series) else Series(one) for one in series]
    panel = panel_of(*mine, *bystanders(days), start=start)
    return detect(panel).select("series", "day", "direction").rows()


def days_where(true: Callable[[date], bool], days: int) -> list[int]:
    return [n for n in range(days) if true(START + timedelta(days=n))]


@pytest.mark.parametrize("weekend", [1.0, 0.4, 0.0])
@pytest.mark.parametrize("noise", [0.0, 0.03, 0.15])
def test_ordinary_weeks_hold_no_anomaly(weekend, noise):
    assert found(three(DAYS, weekend=weekend, noise=noise, seed=3)) == []


@pytest.mark.parametrize(
    "place", [lambda day: day.day == 1, lambda day: day.day == monthrange(day.year, day.month)[1]], ids=["first", "last"]
)
def test_what_returns_at_the_same_place_of_each_month_is_new_only_once(place):
    usual = three(160)

    assert [day for _, day, _ in found({**usual, "c": changed(usual["c"], days_where(place, 160), by=70)}, days=160)] in (
        [26],
        [27],
    )


def test_a_day_on_which_many_series_fall_to_their_weekend_is_a_holiday():
    holiday = [Series({n: changed(c, 74, times=0.35) for n, c in three(DAYS, weekend=0.3, seed=s).items()}) for s in range(8)]

    assert found(*holiday) == []


def test_a_series_that_falls_alone_has_no_holiday():
    alone = {name: changed(costs, [74, 75], times=0.35) for name, costs in three(DAYS, weekend=0.3).items()}

    assert found(alone) == [(0, 75, "down")]


def replaced() -> Resources:
    usual = three(DAYS)
    successor = changed(ordinary(DAYS, 60, seed=9), slice(0, 80), times=0)
    return {**usual, "a": changed(usual["a"], slice(80, None), times=0), "successor": successor}


def test_a_resource_that_takes_the_place_of_one_that_ends_is_no_anomaly():
    assert found(replaced()) == []


def test_a_successor_is_the_culprit_of_what_happens_later():
    resources = replaced()
    panel = panel_of(Series({**resources, "successor": changed(resources["successor"], 110, by=80)}), *bystanders(DAYS))

    (row,) = watch(panel).alarms.to_dicts()

    assert (row["day"], [panel.resources[n] for n in row["resources"]]) == (110, ["successor"])


def test_a_resource_that_returns_next_to_its_successor_is_found():
    resources = replaced()
    resources["a"] = changed(resources["a"], slice(105, None), by=60)

    assert found(resources) == [(0, 105, "up")]


@pytest.mark.parametrize("factor", [0.72, 1.25])
def test_all_resources_in_two_regions_by_one_factor_are_a_price_step_and_listed_only(factor):
    regions = [
        Series(
            {name: changed(costs, slice(86, None), times=factor) for name, costs in three(DAYS, seed=n).items()},
            {"SubAccountId": "same", "RegionId": f"region-{n}"},
        )
        for n in range(2)
    ]

    alarms = watch(panel_of(*regions, *bystanders(DAYS))).alarms

    assert set(alarms["kind"]) == {PRICE_STEP}
    assert set(alarms["series"]) == {0, 1}
    assert found(*regions) == []


def test_a_small_new_service_is_let_pass():
    assert found({name: changed(costs, slice(0, DAY), times=0) for name, costs in three(DAYS, 9.0).items()}) == []


@pytest.mark.parametrize("days", [2, 10, 40])
def test_going_back_to_the_level_before_is_no_second_anomaly(days):
    usual = three(160)
    begin = 90

    assert found({**usual, "a": changed(usual["a"], slice(begin, begin + days), times=1.8)}, days=160) == [(0, begin, "up")]


def test_a_blip_of_twice_the_noise_is_let_pass():
    usual = three(DAYS)

    assert found({**usual, "a": changed(usual["a"], DAY, times=1.06)}) == []


def test_small_change_is_let_pass_however_much_it_is_in_percent():
    assert found({name: changed(costs, DAY, times=9) for name, costs in three(DAYS, 0.3).items()}) == []


def test_a_series_that_ends_is_told_once():
    assert found({name: changed(costs, slice(95, None), times=0) for name, costs in three(DAYS).items()}) == [(0, 96, "down")]


def test_the_last_two_days_may_be_low_as_bills_fill_up_late_but_not_high():
    usual = three(DAYS)
    low = {name: changed(costs, slice(-2, None), times=0.3) for name, costs in usual.items()}
    high = {name: changed(costs, slice(-2, None), times=3) for name, costs in usual.items()}

    assert found(low) == []
    assert found(high) == [(0, DAYS - 2, "up")]


def late(unknown: list[int], change: Callable[[Costs], Costs] = lambda costs: costs) -> Series:
    resources = {name: change(costs) for name, costs in three(DAYS).items()}
    return Series({name: changed(costs, unknown, times=np.nan) for name, costs in resources.items()}, {"ProviderName": "Oracle"})


def test_days_that_a_provider_did_not_deliver_are_neither_low_nor_the_end_of_the_series():
    assert found(late([*range(40, 44), *range(DAYS - 6, DAYS)])) == []


def test_the_last_two_days_that_a_late_provider_delivered_may_be_low():
    unknown = list(range(DAYS - 5, DAYS))

    assert found(late(unknown, lambda costs: changed(costs, slice(-7, None), times=0.2))) == []
    assert found(late(unknown, lambda costs: changed(costs, slice(-9, None), times=0.2))) == [(0, DAYS - 8, "down")]


def test_a_spike_right_after_unknown_days_is_found():
    assert found(late(list(range(90, DAY)), lambda costs: changed(costs, DAY, times=2))) == [(0, DAY, "up")]


def test_credits_alone_and_no_cost_at_all_are_nothing_to_judge():
    credit = {name: -costs for name, costs in three(DAYS).items()}
    free = {name: 0 * costs for name, costs in three(DAYS).items()}

    assert found(credit, free) == []


def test_a_steady_credit_within_a_series_does_not_hide_a_spike():
    usual = {**three(DAYS), "credit": -ordinary(DAYS, 20, seed=4)}

    assert found(usual) == []
    assert found({**usual, "a": changed(usual["a"], DAY, by=80)}) == [(0, DAY, "up")]


def test_a_credit_before_the_first_cost_does_not_begin_a_series():
    costs = changed(np.zeros(DAYS), 0, by=-30)

    assert found({"a": changed(costs, 60, by=300)}) == [(0, 60, "up")]


def test_costs_without_a_resource_are_judged_too():
    panel = panel_of(Series({None: changed(ordinary(DAYS, 80), DAY, by=60), "a": ordinary(DAYS, 40, seed=1)}), *bystanders(DAYS))

    (row,) = watch(panel).alarms.to_dicts()

    assert (row["day"], [panel.resources[n] for n in row["resources"]]) == (DAY, [None])


def test_a_single_resource_alone_in_the_world_is_judged():
    panel = panel_of(Series({"a": changed(ordinary(DAYS), DAY, by=80)}))

    assert detect(panel).select("series", "day", "direction").rows() == [(0, DAY, "up")]


def test_a_leap_day_is_a_day_like_any_other():
    assert found(three(DAYS), days=DAYS, start=date(2024, 1, 1)) == []


@pytest.mark.parametrize("days", [1, 2, 14])
def test_nothing_is_judged_without_two_weeks_of_history(days):
    resources = three(days)

    assert found({**resources, "a": changed(resources["a"], days - 1, by=500)}, days=days) == []


def test_two_weeks_of_history_are_enough_for_a_big_spike_with_low_confidence():
    resources = three(15)
    panel = panel_of(Series({**resources, "a": changed(resources["a"], 14, by=200)}), *bystanders(15))

    (row,) = watch(panel).alarms.to_dicts()

    assert (row["series"], row["day"], row["history_days"]) == (0, 14, 14)
    assert confidence(row["score"], row["history_days"], row["noise"]) == "low"


def test_a_panel_without_a_known_day_holds_nothing():
    assert watch(panel_of(Series({"a": np.full(40, np.nan)}))).alarms.is_empty()


def test_a_cloud_that_is_taken_in_is_not_new_for_that():
    """Days before its first delivery are unknown: nobody can say that its services were not used on them."""
    panel = panel_of(*bystanders(DAYS), Series(three(DAYS, 300.0), {"ProviderName": "Oracle"}))
    panel.costs[panel.owner == 6, : DAYS // 2] = np.nan

    assert detect(panel).is_empty()


def test_a_service_that_begins_two_weeks_after_its_cloud_was_taken_in_is_new():
    started = {name: changed(cost, slice(0, 75), times=0) for name, cost in three(DAYS, 300.0).items()}
    old = Series(three(DAYS, 100.0, seed=7), {"ProviderName": "Oracle", "ServiceName": "old"})
    panel = panel_of(*bystanders(DAYS), old, Series(started, {"ProviderName": "Oracle"}))
    panel.costs[panel.owner >= 6, :60] = np.nan

    assert detect(panel).select("series", "day", "kind").rows() == [(7, 75, "new series")]
