"""Measures against labels, each by its definition."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops.logic.anomaly_quality.scoring import Score, Span, counting, score

SPAN = Span(first_days=np.array([0, 0, 100]), days=400)


def labels(*rows: tuple[int, int, int, str, float, list[str]]) -> pl.DataFrame:
    schema = {"series": pl.Int64, "start": pl.Int64, "end": pl.Int64, "type": pl.String, "impact": pl.Float64}
    return pl.DataFrame(list(rows), schema={**schema, "resources": pl.List(pl.String)}, orient="row")


def alerts(*rows: tuple[int, int, float, list[str]]) -> pl.DataFrame:
    schema = {"series": pl.Int64, "day": pl.Int64, "score": pl.Float64, "resources": pl.List(pl.String)}
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def on_days(*days: int, series: int = 0) -> pl.DataFrame:
    return alerts(*((series, day, 1.0, ["a"]) for day in days))


def spike(start: int, end: int, series: int = 0) -> pl.DataFrame:
    return labels((series, start, end, "spike", 10.0, ["a"]))


def scored(events: pl.DataFrame, flagged: pl.DataFrame) -> Score:
    return score(events, flagged, SPAN)


def test_without_alerts_nothing_is_found_and_nothing_is_false() -> None:
    result = scored(spike(100, 102), alerts())
    assert (result.f1, result.event_recall, result.episode_precision, result.average_precision) == (0, 0, 0, 0)
    assert result.false_episodes_per_100_series_months == 0
    assert result.median_days_to_detect is result.culprit_share is result.culprit_precision is None


def test_without_labels_recall_is_unknown_and_every_episode_is_false() -> None:
    result = scored(labels(), on_days(100, 150))
    assert result.event_recall is result.event_recall_7d is result.impact_recall is result.average_precision is None
    assert (result.f1, result.episodes, result.true_episodes, result.recall_by_type) == (0, 2, 0, {})


def test_without_scored_days_the_rate_of_false_episodes_is_unknown() -> None:
    result = score(labels(), alerts(), Span(np.array([0]), days=60))
    assert result.series_months == 0
    assert result.false_episodes_per_100_series_months is None


@pytest.mark.parametrize(("day", "found"), [(99, 0), (100, 1), (107, 1), (108, 0)])
def test_an_event_is_found_in_its_first_eight_days(day: int, found: int) -> None:
    assert scored(spike(100, 130), on_days(day)).detected == found


@pytest.mark.parametrize(("day", "found"), [(102, 1), (103, 0)])
def test_an_event_is_not_found_after_its_end(day: int, found: int) -> None:
    assert scored(spike(100, 102), on_days(day)).detected == found


@pytest.mark.parametrize("kind", ["ramp", "slow_leak"])
def test_what_grows_slowly_is_in_time_until_its_end_but_not_within_seven_days(kind: str) -> None:
    events = labels((0, 100, 140, kind, 10.0, ["a"]))
    result = scored(events, on_days(140))
    assert (result.detected, result.event_recall_7d, result.median_days_to_detect) == (1, 0, 40)
    assert scored(events, on_days(141)).detected == 0


def test_an_alert_of_another_series_finds_nothing() -> None:
    result = scored(spike(100, 102), on_days(100, series=1))
    assert (result.detected, result.true_episodes, result.episodes) == (0, 0, 1)


@pytest.mark.parametrize(("day", "true"), [(99, 0), (104, 1), (105, 0)])
def test_an_episode_is_true_until_two_days_after_an_event(day: int, true: int) -> None:
    assert scored(spike(100, 102), on_days(day)).true_episodes == true


def test_an_episode_around_an_event_is_true_without_an_alert_inside() -> None:
    result = scored(spike(100, 100), on_days(99, 101))
    assert (result.episodes, result.true_episodes, result.detected) == (1, 1, 0)


@pytest.mark.parametrize(("days", "episodes"), [((100, 102), 1), ((100, 103), 2), (tuple(range(100, 114)), 1)])
def test_alerts_at_most_two_days_apart_are_one_episode(days: tuple[int, ...], episodes: int) -> None:
    assert scored(labels(), on_days(*days)).episodes == episodes


def test_an_unbroken_chain_is_cut_after_fourteen_days_counted_from_each_new_beginning() -> None:
    assert scored(labels(), on_days(*range(100, 128))).episodes == 2
    assert scored(labels(), on_days(*range(100, 129))).episodes == 3
    cut = counting(on_days(*range(100, 129, 2), 130), SPAN)
    assert cut["episode"].to_list() == [0] * 7 + [1] * 7 + [2, 2]


def test_alerts_before_the_sixtieth_day_and_after_the_last_do_not_count() -> None:
    assert scored(labels(), on_days(0, 59, 400)).episodes == 0
    assert scored(labels(), on_days(60, 399)).episodes == 2


def test_of_two_alerts_for_a_day_the_more_certain_counts() -> None:
    flagged = alerts((0, 100, 1.0, ["b"]), (0, 100, 2.0, ["a"]), (0, 100, 1.5, ["b"]))
    result = scored(spike(100, 100), flagged)
    assert (result.episodes, result.culprit_share) == (1, 1.0)


def test_series_months_begin_with_the_first_cost_of_a_later_series() -> None:
    assert SPAN.series_months == pytest.approx((340 + 340 + 300) / (365.25 / 12))


def test_culprits_are_judged_inside_events_and_the_two_days_after() -> None:
    events = labels((0, 100, 102, "spike", 10.0, ["a", "b"]))
    flagged = alerts((0, 100, 1.0, ["a", "x"]), (0, 104, 1.0, ["x"]), (0, 105, 1.0, ["x"]), (0, 101, 1.0, []))
    result = scored(events, flagged)
    assert result.culprit_share == pytest.approx(1 / 3)
    assert result.culprit_precision == pytest.approx(0.5 / 3)


def test_culprits_of_overlapping_events_are_taken_together() -> None:
    events = labels((0, 100, 102, "spike", 10.0, ["a"]), (0, 102, 103, "spike", 10.0, ["b"]))
    assert scored(events, alerts((0, 102, 1.0, ["b", "b"]))).culprit_precision == 1


def test_impact_recall_weighs_events_by_money_of_either_sign() -> None:
    events = labels((0, 100, 102, "spike", 30.0, ["a"]), (1, 100, 102, "drop_out", -90.0, ["a"]))
    assert scored(events, on_days(100, series=1)).impact_recall == 0.75


def test_average_precision_takes_the_gain_of_each_episode_times_the_precision_so_far() -> None:
    events = labels((0, 100, 100, "spike", 1.0, ["a"]), (0, 200, 200, "spike", 1.0, ["a"]))
    flagged = alerts((0, 100, 3.0, []), (0, 150, 2.0, []), (0, 200, 1.0, []))
    assert scored(events, flagged).average_precision == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)


def test_equal_scores_enter_average_precision_together() -> None:
    events = labels((0, 100, 100, "spike", 1.0, ["a"]), (0, 200, 200, "spike", 1.0, ["a"]))
    flagged = alerts((0, 100, 1.0, []), (0, 150, 1.0, []), (0, 200, 1.0, []))
    assert scored(events, flagged).average_precision == pytest.approx(2 / 3)


def test_an_event_found_twice_gains_once() -> None:
    flagged = alerts((0, 100, 3.0, []), (0, 104, 2.0, []))
    assert scored(spike(100, 110), flagged).average_precision == 1


def test_f1_is_the_harmonic_mean_and_recall_is_told_per_type() -> None:
    events = labels((0, 100, 100, "spike", 1.0, ["a"]), (1, 200, 210, "ramp", 1.0, ["a"]))
    result = scored(events, on_days(100, 150, 300))
    assert result.f1 == pytest.approx(2 * (1 / 2) * (1 / 3) / (1 / 2 + 1 / 3))
    assert result.recall_by_type == {"ramp": 0.0, "spike": 1.0}


def test_rounded_keeps_what_is_unknown() -> None:
    rounded = scored(labels(), on_days(100, 150, 200)).rounded()
    assert rounded["event_recall"] is None
    assert rounded["false_episodes_per_100_series_months"] == round(300 / SPAN.series_months, 4)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None])
def test_a_score_that_is_not_a_number_is_refused(value: float | None) -> None:
    with pytest.raises(ValueError, match="not a number"):
        scored(labels(), alerts((0, 100, value, [])))  # type: ignore[arg-type]


def test_an_alert_of_an_unknown_series_is_refused() -> None:
    with pytest.raises(ValueError, match="no costs"):
        scored(labels(), on_days(100, series=3))


@settings(max_examples=40, deadline=None)
@given(st.sets(st.tuples(st.integers(0, 2), st.integers(60, 399)), max_size=60), st.randoms(use_true_random=False))
def test_the_order_of_alerts_does_not_matter_and_shares_are_shares(places: set[tuple[int, int]], random: object) -> None:
    events = labels((0, 100, 120, "ramp", 5.0, ["a"]), (1, 90, 91, "spike", 2.0, ["a"]), (2, 300, 309, "level_shift", 1.0, ["b"]))
    rows = [(series, day, float(day % 5), ["a"]) for series, day in sorted(places)]
    result = scored(events, alerts(*rows))
    random.shuffle(rows)  # type: ignore[attr-defined]
    assert scored(events, alerts(*rows)) == result
    assert result.true_episodes <= result.episodes <= len(places)
    shares = (result.f1, result.event_recall, result.episode_precision, result.average_precision, result.impact_recall)
    assert all(share is not None and 0 <= share <= 1 for share in shares)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(60, 399), unique=True, min_size=1, max_size=80))
def test_no_episode_is_longer_than_fourteen_days_and_none_hides_a_gap(days: list[int]) -> None:
    episodes = counting(on_days(*days), SPAN).group_by("episode").agg(pl.col("day"))
    for held in episodes["day"].to_list():
        assert held[-1] - held[0] < 14
        assert all(after - before <= 2 for before, after in pairwise(held))
