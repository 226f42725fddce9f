"""Alerts: never more than people can take, the most money first, and nothing told twice or taken back."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops.logic.anomalies.budget import Budget, alerted
from assets.finops.logic.anomalies.detection import PRICE_STEP
from tests.panels import START

WEEK = timedelta(days=7)


def day(number: int) -> date:
    return START + timedelta(days=number)


def episode(name: str, alarm: int, stake: float, last: int | None = None, **cells: Any) -> dict[str, Any]:
    usual = {"kind": "spike", "BillingCurrency": "USD", "verdict": None}
    end = day(alarm if last is None else last)
    return {
        **usual,
        "episode_id": name,
        "alarm_day": day(alarm),
        "last_day": end,
        "at_stake_per_day": Decimal(f"{stake:.4f}"),
        **cells,
    }


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    text = dict.fromkeys(("episode_id", "kind", "BillingCurrency", "verdict"), pl.String())
    return pl.DataFrame(
        list(rows), schema={**text, "alarm_day": pl.Date(), "last_day": pl.Date(), "at_stake_per_day": pl.Decimal(38, 24)}
    )


def told(*rows: dict[str, Any], per_week: int = 1, rates=None, daily=None, before=None) -> dict[str, int]:
    """Number of the day of each alert, by episode."""
    out = alerted(frame(*rows), daily or {"USD": 100.0}, Budget(per_week, rates or {}), before)
    return {
        name: (when - START).days for name, when in out.drop_nulls("alerted_on").select("episode_id", "alerted_on").iter_rows()
    }


@settings(max_examples=60, deadline=None)
@given(
    given_rows=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12), st.floats(0, 1000)), max_size=30),
    per_week=st.integers(0, 6),
)
def test_there_are_never_more_alerts_in_seven_days_than_allowed(given_rows, per_week):
    rows = [episode(f"e{n}", alarm, stake, alarm + length) for n, (alarm, length, stake) in enumerate(given_rows)]

    days = sorted(told(*rows, per_week=per_week).values())

    assert all(sum(first <= d < first + 7 for d in days) <= per_week for first in range(60))
    by_name = {f"e{n}": row for n, row in enumerate(given_rows)}
    for name, when in told(*rows, per_week=per_week).items():
        alarm, length, _ = by_name[name]
        assert alarm <= when <= min(alarm + length, alarm + 6)


def test_the_most_at_stake_is_told_first():
    assert told(episode("small", 3, 10), episode("large", 3, 90), episode("middle", 3, 50), per_week=2) == {
        "large": 3,
        "middle": 3,
    }


def test_one_that_waits_is_told_as_soon_as_there_is_room_if_it_still_goes_on():
    first = episode("first", 0, 90)

    assert told(first, episode("lasting", 2, 10, last=20)) == {"first": 0, "lasting": 7}
    assert told(first, episode("gone", 2, 10, last=5)) == {"first": 0}


def test_one_that_waited_a_week_is_not_told_any_more():
    rows = [episode("first", 0, 90), episode("second", 7, 95), episode("waiting", 1, 10, last=30)]

    assert told(*rows) == {"first": 0, "second": 7}


def test_without_a_budget_nothing_is_told():
    assert told(episode("one", 3, 10, last=40), per_week=0) == {}


@pytest.mark.parametrize("cells", [{"kind": PRICE_STEP}, {"verdict": "false"}, {"verdict": "expected"}])
def test_price_steps_and_what_people_called_false_or_expected_are_not_told(cells):
    assert told(episode("one", 3, 99, **cells), episode("other", 3, 1)) == {"other": 3}


def test_what_people_called_true_is_told():
    assert told(episode("one", 3, 99, verdict="true")) == {"one": 3}


def test_what_was_told_stays_told_and_takes_its_place_in_the_budget():
    before = {"judged": day(3), "grown small": day(3), "vanished": day(3)}
    rows = [episode("judged", 3, 50, verdict="false"), episode("grown small", 3, 1), episode("late", 2, 99, last=30)]

    assert told(*rows, per_week=2, before=before) == {"judged": 3, "grown small": 3}
    assert told(*rows, per_week=3, before=before) == {"judged": 3, "grown small": 3, "late": 2}


def test_alerts_of_a_run_are_those_of_the_next_one():
    rows = [episode("a", 3, 50, last=9), episode("b", 3, 40, last=9), episode("c", 5, 90, last=9)]
    first = told(*rows, per_week=2)
    grown = [*rows[:1], episode("b", 3, 400, last=9), *rows[2:]]

    assert told(*grown, per_week=2, before={name: day(when) for name, when in first.items()}) == first


def test_amounts_in_several_currencies_are_ranked_by_share_unless_there_is_a_rate_for_each():
    rows = [episode("dollars", 3, 50), episode("yen", 3, 600, BillingCurrency="JPY")]
    daily = {"USD": 100.0, "JPY": 150_000.0}

    assert told(*rows, daily=daily) == {"dollars": 3}
    assert told(*rows, daily=daily, rates={"USD": 1.0, "JPY": 1.0}) == {"yen": 3}
    assert told(*rows, daily=daily, rates={"JPY": 1.0}) == {"dollars": 3}


def test_no_episodes_are_no_alerts():
    assert told() == {}
    assert alerted(frame(), {}, Budget())["alerted_on"].dtype == pl.Date()
