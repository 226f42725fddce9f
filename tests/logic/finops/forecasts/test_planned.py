"""Planned steps: those of the past take the break out of the history, those to come change the forecast."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.finops.logic.forecasts.given import BadRow
from assets.finops.logic.forecasts.planned import Step, effect, planned_steps, rebased, without_series
from assets.finops.logic.panel import SERIES

START = date(2026, 1, 1)
COLUMNS = ("ProviderName", "ServiceName", "BillingCurrency")
HEADER = b"date,factor,amount,ProviderName,ServiceName,BillingCurrency,note\n"


def series(*keys: tuple[str | None, ...]) -> pl.DataFrame:
    return pl.DataFrame([dict(zip(COLUMNS, key, strict=True)) for key in keys], schema=dict.fromkeys(SERIES, pl.String))


TWO = series(("AWS", "S3", "USD"), ("AWS", "EC2", "USD"))


def days(number: int, start: date = START) -> list[date]:
    return [start + timedelta(days=n) for n in range(number)]


def ahead(body: bytes, *, of: pl.DataFrame = TWO, recent=(10.0, 30.0), length: int = 4, last: date = START) -> list[list[float]]:
    """A forecast of 100 a day from the day after `last`, with the steps."""
    told = effect(of, days(length, last + timedelta(days=1)), planned_steps(HEADER + body), np.array(recent), [last] * len(of))
    return told.on(np.full((len(of), length), 100.0)).tolist()


def test_a_factor_changes_the_forecast_of_the_series_selected_from_its_day_on():
    assert ahead(b"2026-01-04,0.8,,AWS,S3,,from now on reserved\n") == [[100, 100, 80, 80], [100, 100, 100, 100]]


def test_a_step_without_selectors_is_for_all():
    assert ahead(b"2026-01-05,2,,,,,\n") == [[100, 100, 100, 200]] * 2


def test_an_amount_is_shared_out_by_recent_cost():
    assert ahead(b"2026-01-02,,40,AWS,,USD,\n") == [[110] * 4, [130] * 4]


def test_an_amount_for_series_without_recent_cost_is_shared_out_equally():
    assert ahead(b"2026-01-02,,40,,,USD,\n", recent=(0.0, 0.0)) == [[120] * 4] * 2


def test_a_series_without_a_forecast_takes_no_part_of_an_amount():
    assert ahead(b"2026-01-02,,40,,,USD,\n", recent=(np.nan, 0.0))[1] == [140] * 4


def test_steps_follow_each_other_in_the_order_of_their_days_whatever_that_of_their_rows():
    assert ahead(b"2026-01-04,,40,,S3,USD,\n2026-01-03,0.5,,,S3,,\n")[0] == [100, 50, 90, 90]
    assert ahead(b"2026-01-03,,40,,S3,USD,\n2026-01-04,0.5,,,S3,,\n")[0] == [100, 140, 70, 70]


def test_a_saving_takes_no_cost_below_nothing_and_leaves_credits_as_they_are():
    told = effect(
        TWO, days(1), planned_steps(HEADER + b"2026-01-01,,-400,,,USD,\n"), np.array([1.0, 1.0]), [date(2025, 12, 31)] * 2
    )

    assert told.on(np.array([[100.0], [-50.0]])).tolist() == [[0.0], [-50.0]]


def test_a_step_that_is_past_does_not_change_the_forecast_again():
    assert ahead(b"2026-01-01,0.5,,,,,\n") == [[100] * 4] * 2


def test_a_past_step_puts_the_history_on_the_new_level():
    steps = planned_steps(HEADER + b"2026-01-03,0.5,,,S3,,\n2026-01-04,,40,,EC2,USD,\n")
    values = np.array([[np.nan, 100, 50, 50, 50], [60, 60, 60, 100, np.nan]])

    level = rebased(values, TWO, days(5), steps, np.array([50.0, 100.0]), np.array([4, 3]))

    assert np.array_equal(level, [[np.nan, 50, 50, 50, 50], [100, 100, 100, 100, np.nan]], equal_nan=True)


def test_a_step_to_come_leaves_the_history_as_it_is():
    steps = planned_steps(HEADER + b"2026-01-04,0.5,,,,,\n")
    values = np.full((2, 5), 7.0)

    level = rebased(values, TWO, days(5), steps, np.ones(2), np.array([2, 4]))

    assert level[0].tolist() == [7.0] * 5
    assert level[1].tolist() == [3.5] * 3 + [7.0] * 2


@given(
    level=st.floats(1, 1e6),
    factor=st.floats(0.1, 10),
    step=st.integers(1, 9),
    last=st.integers(0, 9),
)
def test_a_step_is_told_once_whether_it_is_past_or_to_come(level, factor, step, last):
    """A flat cost that is multiplied on a day: the forecast after it is on the new level, whenever it is made."""
    steps = (Step(START + timedelta(days=step), {}, factor=planned_number(factor)),)
    one, history = series(("AWS", "S3", "USD")), np.full((1, last + 1), level)
    history[:, step:] *= factor
    present = rebased(history, one, days(last + 1), steps, np.ones(1), np.array([last]))
    told = effect(one, days(10, START + timedelta(days=10)), steps, np.ones(1), [START + timedelta(days=last)])

    assert present[0] == pytest.approx(present[0, -1])
    assert told.on(np.full((1, 10), present[0, -1])) == pytest.approx(level * factor)


def planned_number(factor: float):
    (step,) = planned_steps(b"date,factor\n2026-01-01," + repr(factor).encode())
    return step.factor


def test_a_series_whose_key_is_unknown_is_not_selected_by_it():
    of = series((None, "S3", "USD"), ("AWS", "S3", "USD"))

    assert ahead(b"2026-01-02,2,,AWS,,,\n", of=of) == [[100] * 4, [200] * 4]


def test_steps_for_no_series_are_named():
    steps = planned_steps(HEADER + b"2026-01-02,2,,AWS,,,\n2026-01-02,2,,Oracle,,,\n")

    assert [step.line for step in without_series(TWO, steps)] == [3]
    assert without_series(TWO.clear(), steps) == steps


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (b"2026-01-01,,,AWS,,,", "factor or an amount"),
        (b"2026-01-01,2,3,AWS,,USD,", "not both"),
        (b"2026-01-01,-1,,AWS,,,", "negative"),
        (b"2026-01-01,,100,AWS,,,", "no currency"),
        (b"2026-01-01,20%,,AWS,,,", "'20%' is not a number"),
        (b"2026-01-01,NaN,,AWS,,,", "not a number"),
        (b"2026-01-01,1e99,,AWS,,,", "not a number"),
        (b"01.02.2026,2,,AWS,,,", "not a day"),
        (b",2,,AWS,,,", "not a day"),
    ],
)
def test_a_bad_row_is_refused_by_file_and_line_with_what_to_do(row, problem):
    with pytest.raises(BadRow, match=problem) as refused:
        planned_steps(HEADER + b"2026-01-01,1,,,,,\n" + row)

    assert refused.value.message.startswith("finops/planned_steps.csv, line 3: ")
    assert refused.value.advice


def test_a_column_that_is_no_selector_is_refused():
    with pytest.raises(BadRow, match="no column 'Service'"):
        planned_steps(b"date,factor,Service\n2026-01-01,2,S3\n")
