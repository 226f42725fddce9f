"""The job that stores decisions: what is accepted, what is refused and why, on a real lake."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from assets.finops import tables
from assets.finops.logic.recommendations.lifecycle import EVENT_SCHEMA
from jobs.decisions import DecisionConfig, decide, finops_decision, run_config
from resources.clock import Clock
from resources.errors import BadInput
from resources.lake import Lake

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
KNOWN = ("aa11", "aa22", "bb33")


@pytest.fixture
def lake(tmp_path) -> Lake:
    lake = Lake(root=str(tmp_path))
    columns = {"recommendation_id": KNOWN, "category": "c", "kind": "k", "BillingCurrency": "USD", "title": "t"}
    lake.replace(tables.RECOMMENDATIONS, pl.DataFrame(columns), where=None)
    event = {"at": NOW, "to_state": "open", "by": "cloudops", "note": "", "applied": True}
    events = [{**event, "recommendation_id": known} for known in KNOWN]
    lake.replace(tables.RECOMMENDATION_EVENTS, pl.DataFrame(events, schema=dict(EVENT_SCHEMA)), where=None)
    lake.replace(tables.ANOMALY_EPISODES, pl.DataFrame({"episode_id": ["e-1", "e-2"]}), where=None)
    return lake


def config(subject_id: str = "bb33", verdict: str = "accepted", **values: Any) -> DecisionConfig:
    return DecisionConfig(**{"subject": "recommendation", "by": "ann", **values, "subject_id": subject_id, "verdict": verdict})


def stored(lake: Lake) -> list[tuple[Any, ...]]:
    rows = lake.scan(tables.DECISIONS).collect().sort("at", "decision_id")
    return rows.select("subject", "subject_id", "verdict", "by", "note", "valid_from", "until").rows()


def test_a_decision_is_stored_with_who_and_why_and_from_when(lake):
    _, new = decide(config("bb", note="next sprint"), lake, NOW)

    assert new
    assert stored(lake) == [("recommendation", "bb33", "accepted", "ann", "next sprint", NOW.date(), None)]


def test_saying_the_same_again_stores_nothing(lake):
    decide(config(), lake, NOW)
    version = lake.version(tables.DECISIONS)

    _, new = decide(config(), lake, NOW.replace(hour=9))

    assert not new
    assert lake.version(tables.DECISIONS) == version


def test_changing_ones_mind_twice_is_three_decisions(lake):
    for hour, verdict in enumerate(("accepted", "open", "accepted")):
        decide(config(verdict=verdict), lake, NOW.replace(hour=hour))

    assert [row[2] for row in stored(lake)] == ["accepted", "open", "accepted"]


def test_decisions_about_different_things_stand_side_by_side(lake):
    decide(config("aa11"), lake, NOW)
    decide(config("e-1", "expected", subject="anomaly", until="2026-03-31"), lake, NOW)

    assert len(stored(lake)) == 2


def test_an_unknown_id_is_refused_with_those_that_are_near(lake):
    with pytest.raises(BadInput, match="near are: bb33"):
        decide(config("bb34"), lake, NOW)


def test_the_beginning_of_several_ids_is_refused_with_all_of_them(lake):
    with pytest.raises(BadInput, match="more than one recommendation begins with 'aa' — near are: aa11, aa22"):
        decide(config("aa"), lake, NOW)


def test_without_any_anomaly_the_message_says_so(tmp_path):
    with pytest.raises(BadInput, match="there is no anomaly yet"):
        decide(config("e-1", "true", subject="anomaly"), Lake(root=str(tmp_path)), NOW)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"verdict": "true"}, "accepted, done, dismissed, open"),
        ({"verdict": "done", "subject": "anomaly", "subject_id": "e-1"}, "true, false, expected, withdrawn"),
        ({"valid_from": "01.03.2026"}, "YYYY-MM-DD"),
        ({"until": "2026-02-01"}, "before it begins"),
        ({"verdict": "done", "valid_from": "2026-03-02"}, "still to come"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_would(lake, values, said):
    with pytest.raises(BadInput, match=said):
        decide(config(**values), lake, NOW)

    assert stored(lake) == []


def test_a_step_that_is_not_possible_in_the_state_it_is_in_is_refused(lake):
    decide(config(verdict="done"), lake, NOW)

    with pytest.raises(BadInput, match="is done: it cannot become accepted — what can be said of it now: dismissed, done, open"):
        decide(config(verdict="accepted"), lake, NOW.replace(hour=8))


def test_the_job_stores_what_its_config_says_and_fails_with_advice(lake):
    resources = {"lake": lake, "clock": Clock(fixed_at=NOW.isoformat())}
    good = run_config(subject="anomaly", subject_id="e-2", verdict="false", by="ann", until=None)
    bad = run_config(subject="anomaly", subject_id="e-9", verdict="false", by="ann")

    assert finops_decision.execute_in_process(resources=resources, run_config=good).success
    failed = finops_decision.execute_in_process(resources=resources, run_config=bad, raise_on_error=False)

    assert stored(lake) == [("anomaly", "e-2", "false", "ann", "", NOW.date(), None)]
    assert not failed.success
    data = failed.failure_data_for_node("store_decision")
    assert data is not None
    assert "near are: e-2, e-1" in str(data.user_failure_data)
