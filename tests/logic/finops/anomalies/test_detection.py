"""What holds of the detector whatever the costs: it sees no future, and neither order, unit nor names matter."""

from dataclasses import fields, replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops.logic.anomalies.detection import Watch, watch
from assets.finops.logic.anomalies.settings import Settings
from assets.finops.logic.panel import Panel
from tests.panels import Series, bystanders, changed, ordinary, panel_of, three

SHAPES = ("ordinary", "weekly", "sparse", "new", "ended", "credit", "tiny", "with unknown days")


def resources(shape: str, days: int, rng: np.random.Generator) -> dict[str | None, Any]:
    """Noisy resources of a shape, with a few jumps."""
    level = float(np.exp(rng.normal(4, 1)))
    costs = three(days, level, noise=0.08, weekend=0.3 if shape == "weekly" else 1.0, seed=int(rng.integers(1000)))
    for _ in range(int(rng.integers(0, 4))):
        name, begin = str(rng.choice(list(costs))), int(rng.integers(days))
        costs[name] = changed(
            costs[name], slice(begin, begin + int(rng.integers(1, 40))), times=float(rng.choice([0, 0.4, 1.5, 4]))
        )
    middle = days // 2
    change = {
        "sparse": lambda c: c * (rng.random(days) < 0.1),
        "new": lambda c: changed(c, slice(0, middle), times=0),
        "ended": lambda c: changed(c, slice(middle, None), times=0),
        "credit": lambda c: c * (1 if rng.random() < 0.7 else -1),
        "tiny": lambda c: c * 1e-4,
    }.get(shape, lambda c: c)
    costs = {name: change(c) for name, c in costs.items()}
    unknown = np.flatnonzero(rng.random(days) < 0.1) if shape == "with unknown days" else []
    return {name: changed(c, unknown, times=np.nan) for name, c in costs.items()}


@st.composite
def panels(draw: st.DrawFn) -> Panel:
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    days = draw(st.integers(20, 130))
    shapes = draw(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=5))
    service = [{"ServiceName": str(rng.choice(["EC2", "S3"])), "SubAccountId": str(rng.choice(["x", "y"]))} for _ in shapes]
    return panel_of(
        *(Series(resources(shape, days, rng), {**service[n], "RegionId": f"region-{n}"}) for n, shape in enumerate(shapes))
    )


def told(seen: Watch, days: int, settled: Any) -> list[tuple[Any, ...]]:
    """Alarms before a day, falls only on days that were settled by then."""
    rows = seen.alarms.filter(pl.col("day") < days).to_dicts()
    kept = [row for row in rows if row["direction"] == "up" or row["day"] <= settled[row["series"]]]
    return [tuple(tuple(v) if isinstance(v, list) else v for v in row.values()) for row in kept]


def settled_days(panel: Panel) -> Any:
    """Per series the newest day that is not provisional."""
    known = ~np.isnan(panel.totals)
    newest = np.where(known.any(axis=1), panel.days - 1 - known[:, ::-1].argmax(axis=1), -1)
    return newest - Settings().provisional_days


def of(seen: Watch, rows: Any = None) -> list[tuple[Any, ...]]:
    """The alarms, in an order of their own."""
    number = (lambda series: series) if rows is None else (lambda series: int(rows[series]))
    alarms = seen.alarms.select("series", "day", "onset", "kind", "direction", "score", "resources").rows()
    return sorted((number(s), day, onset, kind, way, round(score, 6), len(r)) for s, day, onset, kind, way, score, r in alarms)


@settings(max_examples=25, deadline=None)
@given(panel=panels(), shares=st.lists(st.floats(0.1, 1), min_size=3, max_size=3))
def test_a_day_is_judged_the_same_whether_or_not_later_days_exist(panel, shares):
    whole = watch(panel)
    for share in shares:
        days = max(int(panel.days * share), 1)
        then = panel.until(days)

        assert told(watch(then), days, settled_days(then)) == told(whole, days, settled_days(then))


@settings(max_examples=10, deadline=None)
@given(panel=panels(), seed=st.integers(0, 99))
def test_what_was_expected_of_a_day_is_not_changed_by_that_day_or_later_ones(panel, seed):
    day = int(np.random.default_rng(seed).integers(panel.days))
    raised = replace(panel, costs=panel.costs.copy())
    raised.costs[:, day:] *= 3

    before, after = watch(panel).expected, watch(raised).expected

    np.testing.assert_array_equal(before[:, :day], after[:, :day])


@settings(max_examples=10, deadline=None)
@given(panel=panels(), seed=st.integers(0, 99))
def test_the_order_of_the_series_does_not_matter(panel, seed):
    order = np.random.default_rng(seed).permutation(len(panel.series))
    rows = np.concatenate([np.flatnonzero(panel.owner == series) for series in order])
    sizes = np.bincount(panel.owner)[order]
    mixed = Panel(
        panel.start, panel.series[order], panel.resources[rows], np.repeat(np.arange(len(order)), sizes), panel.costs[rows]
    )

    assert of(watch(mixed), order) == of(watch(panel))


@settings(max_examples=10, deadline=None)
@given(panel=panels(), unit=st.sampled_from([0.01, 8.0, 150.0]))
def test_the_same_costs_in_another_unit_give_the_same_alarms(panel, unit):
    usual = Settings()
    scaled = replace(usual, money=usual.money * unit, new_series_cost=usual.new_series_cost * unit)

    assert of(watch(replace(panel, costs=panel.costs * unit), scaled)) == of(watch(panel, usual))


def test_a_resource_that_is_two_halves_is_judged_like_the_whole():
    usual = three(120)
    whole = {**usual, "a": changed(usual["a"], 100, by=80)}
    halves = {"a1": whole["a"] / 2, "a2": whole["a"] / 2, "b": whole["b"], "c": whole["c"]}

    ((one,), (two,)) = (watch(panel_of(Series(r), *bystanders(120))).alarms.to_dicts() for r in (whole, halves))

    assert {k: one[k] for k in ("series", "day", "direction")} == {k: two[k] for k in ("series", "day", "direction")}
    assert two["score"] == pytest.approx(one["score"], rel=0.1)
    assert (one["resources"], two["resources"]) == ([0], [0, 1])


def test_a_series_is_judged_alike_among_few_and_many_others():
    usual = three(120)
    series = Series({**usual, "a": changed(usual["a"], 100, by=80)})

    days = {
        number: watch(panel_of(series, *bystanders(120, number))).alarms.select("series", "day").rows() for number in (0, 3, 12)
    }

    assert set(map(tuple, days.values())) == {((0, 100),)}


def test_settings_are_obeyed():
    usual = three(120)
    panel = panel_of(Series({**usual, "a": changed(usual["a"], 100, by=80)}), *bystanders(120))

    assert not watch(panel, Settings(money=100)).alarms.height
    assert watch(panel, Settings(money=70)).alarms.height
    assert not watch(panel, Settings(least_history=110)).alarms.height


@settings(max_examples=15, deadline=None)
@given(panel=panels())
def test_every_alarm_is_whole(panel):
    seen = watch(panel)

    for row in seen.alarms.to_dicts():
        assert 0 <= row["onset"] <= row["day"] < panel.days
        assert row["resources"]
        assert len(row["resources"]) == len(row["resource_levels"])
        assert {int(panel.owner[n]) for n in row["resources"]} == {row["series"]}
        assert all(np.isfinite(row[name]) for name in ("expected", "actual", "level", "score", "noise"))
        assert row["score"] >= 1
        assert row["actual"] == pytest.approx(panel.totals[row["series"], row["day"]])
    assert {field.name for field in fields(seen)} == {"alarms", "expected", "factor"}


def test_rates_scale_the_least_amounts_to_currencies_of_another_worth():
    usual = Series({"a": changed(ordinary(120, 8.0), 100, times=4)})
    assert not watch(panel_of(usual, *bystanders(120))).alarms.filter(pl.col("day") == 100).is_empty()
    cheap = watch(panel_of(usual, *bystanders(120)), Settings(rates={"USD": 0.0066}))
    assert cheap.alarms.is_empty()
