"""A detector measured on costs without labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from assets.finops.logic.anomaly_quality import charts
from assets.finops.logic.anomaly_quality.alerts import ALERTS, alerts
from assets.finops.logic.anomaly_quality.baselines import robust_z
from assets.finops.logic.anomaly_quality.measurement import MEASURED, NOT_ENOUGH_HISTORY, measure
from assets.finops.logic.panel import Panel
from tests.logic.finops.anomaly_quality.small_costs import quiet_panel

PANEL = quiet_panel(series=30, days=300)


def blind(panel: Panel) -> pl.DataFrame:
    return pl.DataFrame(schema=ALERTS)


def knowing(panel: Panel) -> pl.DataFrame:
    """Flags every day on which a series' resources are not as in the panel without anomalies."""
    before = PANEL.costs
    moved = np.abs(panel.costs - before).reshape(len(panel.series), 3, panel.days).sum(axis=1)
    return alerts(panel, moved > 1e-9, PANEL.totals, moved)


def always_wrong_on_one_day(panel: Panel) -> pl.DataFrame:
    flagged = np.zeros((len(panel.series), panel.days), dtype=bool)
    flagged[:, 100] = True
    return alerts(panel, flagged, panel.totals, np.ones(flagged.shape))


def nervous_when_touched(panel: Panel) -> pl.DataFrame:
    """Raises a false alert on the first day whenever anything differs."""
    flagged = np.zeros((len(panel.series), panel.days), dtype=bool)
    flagged[0, 0] = not np.array_equal(panel.costs, PANEL.costs)
    return alerts(panel, flagged, panel.totals, np.ones(flagged.shape))


def test_a_detector_that_flags_nothing_finds_nothing() -> None:
    quality = measure(PANEL, blind, seeds=range(3))
    assert quality.status == MEASURED
    assert quality.recall.value == 0
    assert quality.precision.value is quality.culprit_share.value is quality.median_days_to_detect is None
    assert quality.own_per_100_series_months == quality.false_per_100_series_months == 0


def test_a_detector_that_sees_every_change_finds_all_at_once() -> None:
    quality = measure(PANEL, knowing, seeds=range(3))
    found = quality.events.filter(pl.col("type") != "new_service")
    assert found["found"].all()
    assert set(found["delay"]) == {0}


def test_alerts_that_are_there_without_anomalies_are_told_apart() -> None:
    quality = measure(PANEL, always_wrong_on_one_day, seeds=range(3))
    assert quality.own_episodes == 30
    assert quality.own_per_100_series_months == pytest.approx(100 * 30 / (30 * 240 / (365.25 / 12)))
    assert quality.precision.of == 0
    assert not quality.events.filter((pl.col("start") - 7 <= 100) & (pl.col("end") + 2 >= 100)).height


def test_new_alerts_where_nothing_was_put_are_false() -> None:
    late = replace(PANEL, costs=PANEL.costs)
    quality = measure(late, lambda panel: nervous_when_touched(panel).with_columns(day=pl.lit(70, pl.Int64)), seeds=[1])
    assert quality.precision.of == 1
    assert quality.false_per_100_series_months is not None


def test_known_trouble_is_kept_clear_of() -> None:
    avoid = np.ones((len(PANEL.series), PANEL.days), dtype=bool)
    avoid[:10] = False
    quality = measure(PANEL, blind, seeds=range(2), avoid=avoid)
    assert set(quality.events["series"]) <= set(range(10))


def test_too_little_history_is_named() -> None:
    quality = measure(quiet_panel(series=2, days=70), robust_z, seeds=range(3))
    assert quality.status == NOT_ENOUGH_HISTORY
    with pytest.raises(ValueError, match="not enough history"):
        charts.recall_by_type(quality)


def test_rounds_end_when_enough_anomalies_were_placed() -> None:
    assert measure(quiet_panel(series=200, days=200), blind, seeds=range(50)).rounds == 2


def test_the_same_seeds_give_the_same_quality() -> None:
    first, second = (measure(PANEL, robust_z, seeds=range(2)) for _ in range(2))
    assert first.events.equals(second.events)
    assert first.episodes.equals(second.episodes)


def test_no_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="no seeds"):
        measure(PANEL, blind, seeds=[])


def test_recall_is_told_by_type_by_size_and_by_money_per_currency() -> None:
    half = PANEL.series.with_columns(BillingCurrency=pl.Series(["EUR", "USD"] * 15))
    quality = measure(replace(PANEL, series=half), robust_z, seeds=range(4))
    for columns in (("type",), ("size",), ("currency", "money")):
        shares = quality.recall_by(*columns)
        assert shares["events"].sum() == len(quality.events)
        assert ((shares["low"] <= shares["recall"] + 1e-9) & (shares["recall"] - 1e-9 <= shares["high"])).all()
    assert set(quality.recall_by("currency", "money")["currency"]) == {"EUR", "USD"}
    sizes = dict(quality.events.select("noises", "size").iter_rows())
    assert all(4 <= noises < 6 for noises, size in sizes.items() if size == "4 to 6 noises")


def test_the_charts_are_pictures() -> None:
    quality = measure(PANEL, robust_z, seeds=range(3))
    for draw in (charts.recall_by_type, charts.days_to_detect):
        assert draw(quality).startswith(b"\x89PNG")
    assert charts.days_to_detect(measure(PANEL, blind, seeds=range(3))).startswith(b"\x89PNG")
