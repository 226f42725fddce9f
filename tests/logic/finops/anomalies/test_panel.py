"""Costs as matrices: nothing is lost, and what a provider did not deliver is unknown."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops.logic.panel import SERIES, panel
from tests.panels import START, Series, changed, ordinary, panel_of, rows_of, three


def row(day: int, cost: float | None, resource: str | None = "a", *, billed: float | None = None, **cells: str | None):
    usual = dict.fromkeys(SERIES, "x")
    when = START + timedelta(days=day)
    return {**usual, "ResourceId": resource, "x_charge_date": when, "EffectiveCost": cost, "BilledCost": billed, **cells}


def rows(*given: dict[str, object]) -> pl.DataFrame:
    names = dict.fromkeys((*SERIES, "ResourceId"), pl.String())
    money = pl.Decimal(38, 24)
    schema = {**names, "x_charge_date": pl.Date(), "EffectiveCost": pl.Float64(), "BilledCost": pl.Float64()}
    return pl.DataFrame(list(given), schema=schema).cast({"EffectiveCost": money, "BilledCost": money})


def test_a_panel_goes_through_rows_and_back_unchanged():
    first = Series(changed_ids(three(20)), {"SubAccountId": "a"})
    panel_before = panel_of(first, Series({"z": changed(ordinary(20), 7, times=0)}, {"SubAccountId": "b", "RegionId": None}))

    again = panel(rows_of(panel_before))

    assert again.start == panel_before.start
    assert again.series.rows() == panel_before.series.rows()
    assert again.resources.to_list() == panel_before.resources.to_list()
    np.testing.assert_allclose(again.costs, panel_before.costs, atol=1e-8)


def changed_ids(resources: dict[str | None, object]) -> dict[str | None, object]:
    """The last resource loses its id: costs without one are a row of their own, the last of its series."""
    return {(None if name == "c" else name): costs for name, costs in resources.items()}


def test_a_day_without_a_row_is_free_if_the_provider_delivered_and_unknown_if_not():
    costs = rows(row(0, 5.0), row(4, 5.0), row(1, 1.0, ServiceName="y"), row(2, 7.0, ProviderName="other"))

    seen = panel(costs)

    by_series = {key[:3]: line.tolist() for key, line in zip(seen.series.rows(), seen.totals, strict=True)}
    nan = float("nan")
    assert by_series[("x", "x", "x")] == pytest.approx([5, 0, nan, nan, 5], nan_ok=True)
    assert by_series[("x", "x", "y")] == pytest.approx([0, 1, nan, nan, 0], nan_ok=True)
    assert by_series[("other", "x", "x")] == pytest.approx([nan, nan, 7, nan, nan], nan_ok=True)


def test_a_provider_without_a_name_is_a_provider_too():
    seen = panel(rows(row(0, 5.0, ProviderName=None), row(0, 1.0), row(1, 1.0)))

    assert sorted(np.isnan(seen.totals).sum(axis=1)) == [0, 1]


def test_later_days_are_as_if_they_were_not_there():
    costs = rows(row(0, 5.0), row(3, 5.0, "later"), row(4, 9.0, ProviderName="later"))

    seen = panel(costs, until=START + timedelta(days=2))

    assert (seen.days, seen.resources.to_list(), len(seen.series)) == (3, ["a"], 1)
    assert np.isnan(seen.costs[0, 1:]).all()


def test_a_panel_may_go_on_after_the_last_delivery_into_unknown_days():
    seen = panel(rows(row(0, 5.0)), until=START + timedelta(days=3))

    assert seen.costs[0].tolist() == pytest.approx([5, *[float("nan")] * 3], nan_ok=True)


@pytest.mark.parametrize("until", [None, date(2020, 1, 1)])
def test_no_costs_are_no_panel(until):
    costs = rows(row(0, 5.0)) if until else rows()

    with pytest.raises(ValueError, match="no costs"):
        panel(costs, until=until)


def test_billed_cost_counts_where_the_effective_one_is_unknown():
    assert panel(rows(row(0, None, billed=3.0), row(0, 2.0, billed=9.0))).costs.tolist() == [[5.0]]


@settings(max_examples=20, deadline=None)
@given(
    costs=st.dictionaries(st.tuples(st.integers(0, 9), st.integers(0, 4)), st.integers(-50, 50), min_size=1),
    number=st.integers(1, 12),
)
def test_resources_beyond_the_most_expensive_are_summed_as_costs_without_one(costs, number):
    given = rows(*(row(day, float(cost), f"r{name}") for (name, day), cost in costs.items()))

    seen, whole = panel(given, told_apart=number), panel(given)

    assert len(seen.resources.drop_nulls()) == min(number, len(whole.resources))
    np.testing.assert_allclose(seen.totals, whole.totals, atol=1e-9)


def test_the_resource_told_apart_is_the_one_that_cost_most_on_a_day():
    given = rows(*(row(day, 3.0, "steady") for day in range(9)), row(4, 20.0, "peak"))

    assert panel(given, told_apart=1).resources.to_list() == ["peak", None]


def test_the_first_day_of_a_series_is_that_of_its_first_cost():
    credited = changed(np.zeros(10), 1, by=-5.0)

    seen = panel_of(
        Series({"a": changed(credited, slice(4, None), by=1)}), Series({"a": np.zeros(10)}), Series({"a": np.ones(10)})
    )

    assert seen.first_days().tolist() == [4, 10, 0]


def test_a_panel_of_series_without_resources_costs_nothing():
    empty = panel_of(Series({"a": np.ones(3)}))
    nothing = type(empty)(empty.start, empty.series, empty.resources[:0], empty.owner[:0], empty.costs[:0])

    assert nothing.totals.tolist() == [[0, 0, 0]]


def test_a_series_with_a_row_of_unknown_cost_is_unknown_on_that_day():
    given = rows(
        row(0, 1.0), row(0, 2.0, "b"), row(1, 3.0), row(1, None, "b"), row(0, 4.0, RegionId="y"), row(1, 5.0, RegionId="y")
    )

    np.testing.assert_allclose(panel(given).costs, [[1, np.nan], [2, np.nan], [4, 5]])
