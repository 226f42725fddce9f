"""How long an anomaly lasted, what it cost, who is behind it, and that it keeps its name."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest

from assets.finops.logic.anomalies.detection import PRICE_STEP, watch
from assets.finops.logic.anomalies.episodes import DAYS, EPISODES, LONGEST_DAYS, Episodes, confidence, episodes
from assets.finops.logic.panel import Panel
from assets.finops.tables import ANOMALY_EPISODES, COST_ANOMALIES
from tests.panels import START, Series, bystanders, changed, ordinary, panel_of, three

LENGTH = 160
DAY = 100


def raised(days: slice | list[int], by: float = 60.0, length: int = LENGTH, **cells: str) -> Panel:
    """A panel in whose first series the resource `a` costs more on some days."""
    usual = three(length)
    return panel_of(Series({**usual, "a": changed(usual["a"], days, by=by)}, cells), *bystanders(length))


def followed(panel: Panel, known: Any = None) -> Episodes:
    return episodes(panel, watch(panel), known)


def only(panel: Panel) -> dict[str, Any]:
    (row,) = followed(panel).episodes.to_dicts()
    return row


def day(number: int):
    return START + timedelta(days=number)


def test_a_spike_lasts_from_its_first_to_its_last_day_and_is_over():
    row = only(raised(slice(DAY, DAY + 2)))

    assert (row["first_day"], row["alarm_day"], row["last_day"], row["days"]) == (day(DAY), day(DAY), day(DAY + 1), 2)
    assert (row["kind"], row["direction"], row["state"], row["confidence"]) == ("spike", "up", "over", "high")
    assert row["resource_ids"] == ["a"]


def test_a_spike_on_the_last_day_is_open():
    assert only(raised([LENGTH - 1]))["state"] == "open"


def test_what_stays_up_is_open_and_a_new_level_after_thirty_days():
    still, stayed = only(raised(slice(LENGTH - 20, None))), only(raised(slice(DAY, None)))

    assert (still["state"], still["days"], still["kind"]) == ("open", 20, "rise")
    assert (stayed["state"], stayed["days"], stayed["kind"]) == ("new level", LONGEST_DAYS, "rise")


def test_a_day_or_two_back_are_a_gap_within_the_episode():
    panel = raised([n for n in range(DAY, DAY + 12) if n not in (DAY + 5, DAY + 6)])

    assert only(panel)["days"] == 12


def test_a_day_as_far_the_other_way_ends_the_episode_and_is_no_part_of_its_money():
    usual = three(LENGTH)
    fallen = changed(changed(usual["a"], slice(DAY, DAY + 3), times=0.1), DAY + 3, times=6.0)
    panel = panel_of(Series({**usual, "a": changed(fallen, DAY + 4, times=0.1)}), *bystanders(LENGTH))

    (row,) = [r for r in followed(panel).episodes.to_dicts() if r["direction"] == "down"]

    assert row["last_day"] == day(DAY + 2)
    assert row["impact"] < 0


def test_amounts_are_the_sums_of_the_days_and_at_stake_is_their_mean():
    panel = raised(slice(DAY, DAY + 4), 60.0)
    found = followed(panel)
    (row,), daily = found.episodes.to_dicts(), found.days

    assert daily["x_charge_date"].to_list() == [day(n) for n in range(DAY, DAY + 4)]
    for name in ("expected", "actual", "impact"):
        assert abs(row[name] - daily[name].sum()) < Decimal("0.00001")
    assert row["impact"] == row["actual"] - row["expected"]
    assert float(row["actual"]) == pytest.approx(panel.totals[0, DAY : DAY + 4].sum())
    assert float(row["impact"]) == pytest.approx(240, rel=0.1)
    for name in ("impact_per_day", "at_stake_per_day"):
        assert abs(row[name] - row["impact"] / 4) < Decimal("0.00001")


def test_culprits_have_what_they_cost_and_should_have():
    (culprit,) = only(raised(slice(DAY, DAY + 4)))["culprits"]

    assert culprit["ResourceId"] == "a"
    assert float(culprit["expected"]) == pytest.approx(240, rel=0.05)
    assert float(culprit["actual"] - culprit["expected"]) == pytest.approx(240, rel=0.1)


def test_a_new_service_was_expected_to_cost_nothing():
    panel = panel_of(Series({n: changed(c, slice(0, DAY), times=0) for n, c in three(LENGTH).items()}), *bystanders(LENGTH))

    row = only(panel)

    assert (row["kind"], row["expected"], row["first_day"]) == ("new series", 0, day(DAY))
    assert [float(c["expected"]) for c in row["culprits"]] == [0, 0, 0]


@pytest.mark.parametrize(("days", "kind"), [(slice(DAY, DAY + 5), "drop-out"), (slice(DAY, None), "fall")])
def test_a_fall_is_a_drop_out_once_the_cost_is_back(days, kind):
    usual = three(LENGTH)
    panel = panel_of(Series({**usual, "a": changed(usual["a"], days, times=0.1)}), *bystanders(LENGTH))

    row = only(panel)

    assert (row["kind"], row["direction"], row["impact"] < 0, row["at_stake_per_day"] > 0) == (kind, "down", True, True)


def test_of_cost_that_moved_between_resources_the_amount_moved_is_at_stake():
    usual = three(LENGTH)
    days = slice(DAY, DAY + 10)
    moved = {**usual, "a": changed(usual["a"], days, by=25), "b": changed(usual["b"], days, by=-25)}

    row = only(panel_of(Series(moved), *bystanders(LENGTH)))

    assert (row["kind"], row["direction"], row["days"]) == ("shift between resources", "mixed", 10)
    assert float(row["at_stake_per_day"]) == pytest.approx(25, rel=0.1)
    assert abs(float(row["impact_per_day"])) < 3


def test_a_drift_that_was_noticed_after_six_weeks_is_counted_from_its_begin():
    panel = raised(slice(0, 0))
    watched = watch(panel)
    alarm = {"series": 0, "day": 110, "onset": 68, "kind": "drift", "direction": "up", "score": 2.0, "noise": 0.03}
    costs = {"expected": 120.0, "actual": 120.0, "level": 100.0, "resources": [0], "resource_levels": [50.0]}
    alarms = pl.DataFrame([{**alarm, **costs, "history_days": 110}], schema=watched.alarms.schema)

    found = episodes(panel, replace(watched, alarms=alarms))

    (row,) = found.episodes.to_dicts()
    assert (row["first_day"], row["days"], row["state"]) == (day(68), 110 - 68 + LONGEST_DAYS, "new level")
    assert len(found.days) == row["days"]


def late(unknown: range, days: slice) -> Panel:
    panel = raised(days, ProviderName="Oracle")
    panel.costs[np.ix_(panel.owner == 0, list(unknown))] = np.nan
    return panel


def test_unknown_days_neither_end_an_episode_nor_belong_to_its_amounts():
    panel = late(range(DAY + 3, DAY + 9), slice(DAY, DAY + 12))
    found = followed(panel)

    (row,) = found.episodes.to_dicts()
    assert (row["last_day"], row["days"], len(found.days)) == (day(DAY + 11), 12, 6)
    assert float(row["impact_per_day"]) == pytest.approx(60, rel=0.1)


def test_an_episode_is_open_as_long_as_the_provider_did_not_deliver_what_came_after():
    row = only(late(range(DAY + 1, LENGTH), slice(DAY, DAY + 1)))

    assert (row["state"], row["last_day"]) == ("open", day(DAY))


def test_price_steps_are_listed_without_days():
    steps = [
        Series({n: changed(c, slice(86, None), times=0.72) for n, c in three(LENGTH, seed=s).items()}, {"RegionId": f"r{s}"})
        for s in range(2)
    ]

    found = followed(panel_of(*steps, *bystanders(LENGTH)))

    assert set(found.episodes["kind"]) == {PRICE_STEP}
    assert set(found.episodes["state"]) == {"over"}
    assert found.days.is_empty()


def test_no_alarms_give_no_episodes_with_the_columns_of_the_tables():
    found = followed(panel_of(*bystanders(30)))

    assert (found.episodes.schema, found.days.schema) == (dict(EPISODES), dict(DAYS))
    assert set(ANOMALY_EPISODES.schema) == {*EPISODES, "verdict", "verdict_reason", "alerted_on"}
    assert COST_ANOMALIES.schema == dict(DAYS)


def test_an_episode_keeps_its_id_as_days_are_added():
    panel = raised(slice(DAY, DAY + 15))
    known = None
    ids = set()
    for days in range(DAY + 1, DAY + 20, 3):
        known = followed(panel.until(days), known).episodes
        ids |= set(known["episode_id"])

    assert len(ids) == 1
    assert set(followed(panel).episodes["episode_id"]) == ids


def test_an_episode_keeps_its_id_as_the_past_is_corrected_by_a_little():
    before = followed(raised(slice(DAY, DAY + 15))).episodes
    corrected = raised(slice(DAY - 2, DAY + 15))

    assert followed(corrected).episodes["episode_id"].to_list() != before["episode_id"].to_list()
    assert followed(corrected, before).episodes["episode_id"].to_list() == before["episode_id"].to_list()


def test_the_nearest_known_episode_gives_its_id_and_none_gives_it_twice():
    both = raised([60, 100])
    found = followed(both).episodes
    known = found.vstack(
        found.with_columns(first_day=found["first_day"].dt.offset_by("-3d"), episode_id="x" + found["episode_id"])
    )

    again = followed(both, known).episodes

    assert again["episode_id"].to_list() == found["episode_id"].to_list()
    assert again["episode_id"].n_unique() == 2


def test_another_direction_or_series_is_another_episode():
    first, other = only(raised([DAY])), only(raised([DAY], ProviderName="Oracle"))

    assert first["episode_id"] != other["episode_id"]


@pytest.mark.parametrize(
    ("score", "history_days", "noise", "word"),
    [(9.0, 27, 0.02, "low"), (1.5, 90, 0.2, "low"), (1.2, 90, 0.02, "medium"), (9.0, 55, 0.02, "medium"), (1.3, 56, 0.02, "high"),
     (1.8, 56, 0.2, "high")],
)  # fmt: skip
def test_confidence_grows_with_history_and_distance_and_falls_with_noise(score, history_days, noise, word):
    assert confidence(score, history_days, noise) == word


def test_confidence_is_that_of_the_day_of_the_alarm_for_ever():
    # a series that becomes noisy later was not noisy then
    usual = three(260)
    noisy = {
        name: np.concatenate([costs[:120], ordinary(140, costs.mean(), noise=0.35, seed=3)]) for name, costs in usual.items()
    }
    panel = panel_of(Series({**noisy, "a": changed(noisy["a"], DAY, by=25)}), *bystanders(260))

    (then,) = followed(panel.until(DAY + 5)).episodes.to_dicts()
    (now,) = followed(panel).episodes.head(1).to_dicts()

    assert (then["alarm_day"], then["confidence"]) == (now["alarm_day"], now["confidence"])


def twice(first: int, second: int) -> Callable[..., Episodes]:
    """A spike, and a drift that was noticed six weeks later and dated back to about the same day."""
    panel = raised([])
    watched = watch(panel)
    cells = {"series": 0, "direction": "up", "score": 2.0, "noise": 0.03, "expected": 120.0, "actual": 120.0, "level": 100.0}
    cells |= {"resources": [0], "resource_levels": [50.0], "history_days": 60}
    alarms = [{**cells, "day": first, "onset": first, "kind": "spike"}, {**cells, "day": 110, "onset": second, "kind": "drift"}]
    return lambda known=None: episodes(panel, replace(watched, alarms=pl.DataFrame(alarms, schema=watched.alarms.schema)), known)


def test_two_episodes_that_begin_on_the_same_day_are_told_apart_in_every_run():
    both = twice(64, 64)
    found = both().episodes

    assert found["episode_id"].n_unique() == 2
    assert both(found).episodes["episode_id"].to_list() == found["episode_id"].to_list()
    assert both(found[::-1]).episodes["episode_id"].to_list() == found["episode_id"].to_list()


def test_an_id_goes_to_the_nearest_episode_and_not_to_the_first_one_that_is_near():
    both = twice(63, 64)
    found = both().episodes
    known = found.filter(pl.col("kind") == "drift")

    assert both(known).episodes["episode_id"].to_list() == found["episode_id"].to_list()
