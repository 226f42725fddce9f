"""What people said about anomalies, and what it means for the next ones."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from assets.finops import tables
from assets.finops.logic.anomalies.feedback import judged, precision
from assets.finops.logic.panel import SERIES

FIRST = date(2026, 1, 10)
SAID = datetime(2026, 1, 12, tzinfo=UTC)


def episode(name: str, day: date = FIRST, *, score: float = 1.2, stake: float = 10.0, **cells: Any) -> dict[str, Any]:
    usual = {**dict.fromkeys(SERIES, "x"), "direction": "up", "alerted_on": None}
    money = {"at_stake_per_day": Decimal(f"{stake:.2f}")}
    return {**usual, "episode_id": name, "first_day": day, "alarm_day": day, "score": score, **money, **cells}


def said(name: str, verdict: str, at: datetime = SAID, **cells: Any) -> dict[str, Any]:
    usual = {"subject": "anomaly", "by": "ann", "note": "", "valid_from": at.date(), "until": None}
    return {**usual, "decision_id": f"{name} {verdict} {at}", "at": at, "subject_id": name, "verdict": verdict, **cells}


def frame(*episodes: dict[str, Any]) -> pl.DataFrame:
    text = dict.fromkeys(("episode_id", *SERIES, "direction"), pl.String())
    days = dict.fromkeys(("first_day", "alarm_day", "alerted_on"), pl.Date())
    return pl.DataFrame(
        list(episodes), schema={**text, **days, "score": pl.Float64(), "at_stake_per_day": pl.Decimal(38, 24)}, orient="row"
    )


def verdicts(episodes: list[dict[str, Any]], *decisions: dict[str, Any]) -> dict[str, str | None]:
    table = pl.DataFrame(list(decisions), schema=tables.DECISIONS.schema)
    return dict(judged(frame(*episodes), table).select("episode_id", "verdict").iter_rows())


def after(days: int) -> date:
    return FIRST + timedelta(days=days)


@pytest.mark.parametrize("verdict", ["true", "false", "expected"])
def test_what_people_said_of_an_episode_stands_with_who_and_why(verdict):
    row = judged(frame(episode("e")), pl.DataFrame([said("e", verdict, note="a batch")], schema=tables.DECISIONS.schema)).row(
        0, named=True
    )

    assert (row["verdict"], row["verdict_reason"]) == (verdict, "ann: a batch")


def test_without_decisions_there_are_no_verdicts():
    assert verdicts([episode("e")]) == {"e": None}
    assert verdicts([]) == {}


def test_a_false_one_raises_the_bar_for_the_next_of_its_series_and_direction_alone():
    others = [episode("other series", after(30), RegionId="y"), episode("other way", after(30), direction="down")]
    rows = [episode("e"), episode("alike", after(30)), episode("clear", after(31), score=1.3), *others]

    assert verdicts(rows, said("e", "false")) == {
        "e": "false", "alike": "false", "clear": None, "other series": None, "other way": None,
    }  # fmt: skip


def test_the_bar_rises_with_each_false_one_up_to_two_and_a_half_times():
    false = [episode(f"e{n}", after(n)) for n in range(9)]
    rows = [*false, episode("below", after(40), score=2.4), episode("above", after(40), score=2.5)]

    out = verdicts(rows, *(said(row["episode_id"], "false") for row in false))

    assert (out["below"], out["above"]) == ("false", None)


@pytest.mark.parametrize(("days", "verdict"), [(180, "false"), (181, None)])
def test_a_false_one_is_forgotten_after_180_days(days, verdict):
    assert verdicts([episode("e"), episode("later", after(days))], said("e", "false"))["later"] == verdict


def test_a_false_one_says_nothing_about_those_before_it():
    assert verdicts([episode("e", after(30)), episode("before")], said("e", "false"))["before"] is None


def test_an_expected_one_stands_for_others_of_its_size_until_its_last_day():
    until = after(60)
    rows = [episode("e"), episode("within", after(54)), episode("after", after(71)), episode("larger", after(54), stake=12.51)]

    out = verdicts(rows, said("e", "expected", until=until, valid_from=FIRST))

    assert out == {"e": "expected", "within": "expected", "after": None, "larger": None}


@pytest.mark.parametrize(
    ("first", "next_one", "alike"),
    [
        (date(2026, 1, 10), date(2026, 3, 11), True),
        (date(2026, 1, 10), date(2026, 3, 12), False),
        (date(2026, 2, 1), date(2026, 3, 31), True),
        (date(2026, 1, 31), date(2026, 3, 1), True),
    ],
)
def test_an_expected_one_stands_for_those_at_the_same_place_of_a_month(first, next_one, alike):
    out = verdicts([episode("e", first), episode("next", next_one)], said("e", "expected"))

    assert out["next"] == ("expected" if alike else None)


def test_a_decision_that_was_withdrawn_has_no_effect():
    later = SAID + timedelta(hours=1)

    assert verdicts([episode("e"), episode("n", after(3))], said("e", "false"), said("e", "withdrawn", later)) == {
        "e": None,
        "n": None,
    }


def test_the_newest_decision_counts_and_those_about_other_things_do_not():
    later = SAID + timedelta(hours=1)

    assert verdicts([episode("e")], said("e", "true", later), said("e", "false")) == {"e": "true"}
    assert verdicts([episode("e")], said("e", "done", subject="recommendation")) == {"e": None}


def test_precision_counts_the_alerts_that_people_judged_themselves():
    names = ("real", "known", "wrong", "not judged", "not told")
    rows = [
        episode(name, after(40 * n), alerted_on=None if name == "not told" else after(40 * n)) for n, name in enumerate(names)
    ]
    inherited = episode("inherited", after(90), alerted_on=after(90))
    decisions = [said("real", "true"), said("known", "expected"), said("wrong", "false"), said("not told", "true")]

    out = judged(frame(*rows, inherited), pl.DataFrame(decisions, schema=tables.DECISIONS.schema))

    assert dict(out.select("episode_id", "verdict").iter_rows())["inherited"] == "false"
    assert precision(out) == (2, 3)


def test_precision_of_nothing_is_nothing():
    assert precision(judged(frame(), pl.DataFrame(schema=tables.DECISIONS.schema))) == (0, 0)
