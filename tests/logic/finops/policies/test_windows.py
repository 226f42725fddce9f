"""Daily use as values over a window: what is not measured is unknown, what is bounded is told on the safe side."""

from datetime import date, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops.logic.policies.windows import DAILY, daily_use, windowed, windows_asked
from assets.finops.tables import RESOURCE_UTILISATION
from tests.logic.finops.policies.reference import as_policy

END = date(2026, 3, 31)
ENDS = pl.DataFrame({"ResourceId": ["i"], "as_of": [END]})


def day(
    ago: int, mean: float, datapoints: int = 10, p95: float | None = None, maximum: float | None = None
) -> tuple[object, ...]:
    return ("i", "cpu", END - timedelta(days=ago), mean, p95, maximum, datapoints)


def measured(*days: tuple[object, ...], windows: tuple[int, ...] = (4,)) -> dict[tuple[str, int], tuple[float, int]]:
    rows = windowed(pl.DataFrame(list(days), schema=DAILY, orient="row"), ENDS, windows)
    return {(row["statistic"], row["days"]): (row["value"], row["rows"]) for row in rows.to_dicts()}


def test_a_mean_weighs_days_by_their_datapoints():
    assert measured(day(0, 10.0, 30), day(1, 50.0, 10))["mean", 4] == (20.0, 40)


def test_days_outside_of_the_window_do_not_count():
    assert measured(day(0, 10.0), day(3, 10.0), day(4, 99.0), day(-1, 99.0))["mean", 4] == (10.0, 20)


def test_a_window_of_which_less_than_half_is_measured_is_unknown():
    assert measured(day(0, 10.0)) == {}
    assert measured(day(0, 10.0), day(1, 10.0)) != {}


def test_a_statistic_that_one_day_does_not_tell_is_unknown():
    found = measured(day(0, 10.0, p95=20.0, maximum=30.0), day(1, 10.0, maximum=90.0))

    assert set(found) == {("mean", 4), ("maximum", 4)}
    assert found["maximum", 4][0] == 90.0


def test_a_day_without_datapoints_is_not_measured():
    assert measured(day(0, 0.0, 0), day(1, 0.0, 0), day(2, 0.0, 0)) == {}


def test_without_measurements_there_are_none():
    assert measured() == {}


def test_the_days_of_the_table_are_taken_by_metric_if_they_have_datapoints_enough():
    given_columns = {"ResourceId": "i", "x_charge_date": END, "cpu_mean": 5.0, "cpu_p95": 9.0, "cpu_datapoints": 24}
    rows = [{**given_columns, "memory_mean": 3.0, "memory_datapoints": 11, "network_max": 8.0, "network_datapoints": 288}]

    found = daily_use(pl.LazyFrame(rows, schema=RESOURCE_UTILISATION.schema))

    assert found.schema == pl.Schema(DAILY)
    assert found.rows() == [("i", "cpu", END, 5.0, 9.0, None, 24), ("i", "network_in", END, None, None, 8.0, 288)]


@settings(deadline=None)
@given(st.lists(st.lists(st.floats(0, 100), min_size=1, max_size=30), min_size=2, max_size=4))
def test_the_percentile_is_never_told_too_low(points):
    days = [day(n, 1.0, len(one), p95=pl.Series(one).quantile(0.95, "higher"), maximum=max(one)) for n, one in enumerate(points)]
    true = pl.Series([value for one in points for value in one]).quantile(0.95, "lower")

    assert measured(*days)["p95", 4][0] >= true


def test_the_windows_are_those_that_filters_ask_for_wherever_they_stand():
    def cpu(days: int) -> dict[str, object]:
        return {"metric": {"name": "cpu", "statistic": "mean", "days": days, "below": 5}}

    said = {
        "name": "p", "description": "d", "mode": "advisory", "actions": ["notify"],
        "filters": [cpu(30), {"any": [{"not": cpu(7)}, {"state": {"is": ["idle"]}}, {"all": [cpu(14), cpu(30)]}]}],
        "tests": [{"name": "t", "resource": {}, "expect": "unknown", "clause": "metric"}],
    }  # fmt: skip

    assert windows_asked([as_policy(said)]) == [7, 14, 30]
