"""From rows of costs to episodes with exact amounts, verdicts and alerts, run after run."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import polars as pl

from assets.finops import tables
from assets.finops.logic.anomalies import feedback
from assets.finops.logic.anomalies.budget import Budget
from assets.finops.logic.anomalies.judgement import Judgement, judge
from tests.panels import START, Series, bystanders, changed, panel_of, rows_of, three

DAYS = 70
NOBODY = pl.DataFrame(schema=tables.DECISIONS.schema)
NEW = pl.DataFrame(schema=tables.ANOMALY_EPISODES.schema)


def costs(*days: int) -> pl.DataFrame:
    """Rows of costs in which one resource costs more on some days, in a series each."""
    usual = three(DAYS)
    spiked = [Series({**usual, "a": changed(usual["a"], day, by=50.0 + n)}) for n, day in enumerate(days)]
    return rows_of(panel_of(*spiked, *bystanders(DAYS)))


def judged(rows: pl.DataFrame, decisions: pl.DataFrame = NOBODY, known: pl.DataFrame = NEW, per_week: int = 5) -> Judgement:
    return judge(rows, decisions=decisions, known=known, allowance=Budget(per_week))


def test_amounts_are_exact_sums_of_what_was_charged():
    rows = costs(50)
    out = judged(rows)
    (episode,), daily = out.episodes.to_dicts(), out.days

    charged = rows.filter(
        (pl.col("SubAccountId") == "account-0") & pl.col("x_charge_date").is_in(daily["x_charge_date"].implode())
    )

    assert episode["actual"] == daily["actual"].sum() == charged["EffectiveCost"].sum()
    assert episode["impact"] == episode["actual"] - episode["expected"]
    assert isinstance(episode["actual"], Decimal)


def test_the_tables_take_what_is_judged():
    for out in (judged(costs(50)), judged(costs(50).clear())):
        assert out.episodes.select(list(tables.ANOMALY_EPISODES.schema)).schema == tables.ANOMALY_EPISODES.schema
        assert out.days.select(list(tables.COST_ANOMALIES.schema)).schema == tables.COST_ANOMALIES.schema


def test_series_with_two_weeks_of_history_or_less_are_counted_as_too_young():
    young = rows_of(panel_of(Series({"a": changed(three(DAYS)["a"], slice(0, DAYS - 14), times=0)}), *bystanders(DAYS)))

    assert (judged(young).series, judged(young).too_young) == (7, 1)


def test_an_alert_that_people_call_false_stays_one_and_counts_against_precision():
    rows = costs(50)
    first = judged(rows).episodes
    said = {"decision_id": "1", "at": datetime(2026, 4, 1, tzinfo=UTC), "subject": "anomaly", "by": "ann", "note": ""}
    about = {"subject_id": first["episode_id"][0], "verdict": "false", "valid_from": first["alarm_day"][0], "until": None}

    again = judged(rows, pl.DataFrame([{**said, **about}], schema=tables.DECISIONS.schema), first).episodes

    assert again["alerted_on"].to_list() == first["alerted_on"].to_list() != [None]
    assert feedback.precision(again) == (0, 1)


def test_alerts_are_not_taken_back_when_more_becomes_known():
    first = judged(costs(50), per_week=1).episodes

    again = judged(costs(50, 49), known=first, per_week=1).episodes

    assert again.drop_nulls("alerted_on")["episode_id"].to_list() == first["episode_id"].to_list()


def test_a_cost_that_is_unknown_is_no_cost_that_fell():
    lost = pl.col("x_charge_date").is_between(START + timedelta(days=50), START + timedelta(days=56))
    mine = pl.col("SubAccountId") == "account-0"
    rows = rows_of(panel_of(Series(three(DAYS)), *bystanders(DAYS)))
    unknown = rows.with_columns(EffectiveCost=pl.when(lost & mine).then(None).otherwise("EffectiveCost"))

    assert judged(unknown).episodes.is_empty()


def test_an_alert_that_corrected_bills_took_back_is_kept_as_withdrawn_and_was_paid_from_the_budget():
    first = judged(costs(50), per_week=1).episodes
    corrected = rows_of(panel_of(Series(three(DAYS)), *bystanders(DAYS)))
    other = rows_of(panel_of(Series(three(DAYS)), Series({"a": changed(three(DAYS)["a"], 52, by=80.0)}), *bystanders(DAYS)))

    (gone,) = judged(corrected, known=first, per_week=1).episodes.to_dicts()
    after = judged(other, known=judged(corrected, known=first, per_week=1).episodes, per_week=1).episodes

    assert (gone["episode_id"], gone["state"], gone["alerted_on"]) == (first["episode_id"][0], "withdrawn", first["alarm_day"][0])
    assert (gone["actual"], gone["expected"], gone["impact"], gone["at_stake_per_day"]) == (0, 0, 0, 0)
    assert dict(after.select("SubAccountId", "alerted_on").iter_rows()) == {"account-0": first["alarm_day"][0], "account-1": None}


def test_an_episode_that_comes_back_is_the_one_that_was_withdrawn():
    first = judged(costs(50)).episodes
    gone = judged(rows_of(panel_of(Series(three(DAYS)), *bystanders(DAYS))), known=first).episodes

    assert judged(costs(50), known=gone).episodes.equals(first)


def test_what_nobody_was_told_of_is_forgotten_when_it_is_gone():
    first = judged(costs(50), per_week=0).episodes

    assert judged(rows_of(panel_of(Series(three(DAYS)), *bystanders(DAYS))), known=first).episodes.is_empty()
