"""The evaluator against a plain one: verdicts, reasons that suffice, and what unknown means."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops.logic.policies.evaluate import MATCH_SCHEMA, evaluate, explain, verdicts
from assets.finops.logic.policies.inventory import of_fixtures
from assets.finops.logic.policies.schema import Fixture
from tests.logic.finops.policies import reference
from tests.logic.finops.policies.reference import as_policy, fixtures, policies

POLICY: dict[str, Any] = {
    "name": "p",
    "description": "d",
    "mode": "propose",
    "actions": ["notify", {"stop": {"wait_days": "3"}}],
    "tests": [{"name": "t", "resource": {}, "expect": "match"}],
}


def policy(*filters: dict[str, Any], **more: Any):
    return as_policy({**POLICY, "filters": list(filters), **more})


def resource(**known: Any) -> Fixture:
    return Fixture.model_validate(known)


def judged(said, **known: Any) -> tuple[str, list[dict[str, Any]]]:
    row = explain(said, of_fixtures([resource(**known)])).row(0, named=True)
    return row["verdict"], row["explanation"]


@settings(max_examples=400, deadline=None)
@given(policies(), st.lists(fixtures(), min_size=1, max_size=6))
def test_every_verdict_is_that_of_three_valued_logic(said, resources):
    found = verdicts(as_policy(said), of_fixtures(resources)).to_list()

    assert found == [reference.verdict(said, one) for one in resources]


@settings(max_examples=300, deadline=None)
@given(policies(), fixtures())
def test_the_reasons_given_are_enough_for_the_verdict(said, one):
    row = explain(as_policy(said), of_fixtures([one])).row(0, named=True)
    named = {reason["clause"] for reason in row["explanation"]}
    matched = row["verdict"] == "match"

    def without_the_others(place: str, truth: bool | None) -> bool | None:
        """A clause that is not among the reasons turns against the verdict; exclusions are never reasons of a match."""
        return truth if place in named or (matched and place.startswith("exclude")) else not matched

    assert named
    assert (reference.verdict(said, one, without_the_others) == "match") == matched


@settings(max_examples=50, deadline=None)
@given(st.lists(policies(), max_size=3), st.lists(fixtures(), max_size=5))
def test_every_resource_is_counted_once_per_policy_and_every_match_is_explained(said, resources):
    inventory = of_fixtures(resources)
    chosen = [as_policy({**one, "name": f"p-{n}"}) for n, one in enumerate(said)]

    found = evaluate(chosen, inventory)

    assert found.matches.schema == pl.Schema(MATCH_SCHEMA)
    totals = found.counts.select(pl.sum_horizontal("matched", "unmatched", "unknown", "excluded")).to_series().to_list()
    assert totals == [len(resources)] * len(said)
    assert len(found.matches) == found.counts["matched"].sum()
    assert len(found.unknown) == found.counts["unknown"].sum()
    assert (found.matches["explanation"].list.len() > 0).all()


def test_a_match_tells_value_threshold_window_and_rows():
    said = policy({"metric": {"name": "cpu", "statistic": "p95", "days": "30", "below": "10"}})
    cpu = {"name": "cpu", "statistic": "p95", "days": 30, "value": "3.25", "rows": 8640}

    found, reasons = judged(said, metrics=[cpu])

    assert found == "match"
    assert reasons == [
        {
            "clause": "filters[1].metric",
            "result": "holds",
            "value": "3.25",
            "threshold": "cpu p95 < 10",
            "window_days": 30,
            "rows": 8640,
            "source": "measured use",
        }
    ]


def test_an_amount_is_exact_and_in_the_currency_of_the_bill():
    said = policy({"cost_30d": {"above": {"EUR": "10.000000000001"}}})

    assert judged(said, currency="EUR", cost_30d="10.000000000001")[0] == "no match"
    found, (reason,) = judged(said, currency="EUR", cost_30d="10.000000000002")
    assert (found, reason["value"], reason["threshold"]) == ("match", "10.000000000002 EUR", "> 10.000000000001 EUR")


def test_an_amount_in_a_currency_that_the_policy_does_not_name_is_unknown():
    said = policy({"cost_30d": {"above": {"EUR": "10"}}})

    found, (reason,) = judged(said, currency="GBP", cost_30d=900)

    assert (found, reason["result"]) == ("unknown", "unknown")


def test_a_metric_of_another_window_or_statistic_is_not_the_one_that_was_asked_for():
    said = policy({"metric": {"name": "cpu", "statistic": "p95", "days": "30", "below": "10"}})
    others = [
        {"name": "cpu", "statistic": "mean", "days": 30, "value": 1},
        {"name": "cpu", "statistic": "p95", "days": 7, "value": 1},
    ]

    assert judged(said, metrics=others)[0] == "unknown"


def test_unknown_does_not_match_even_the_other_way_round():
    idle = {"state": {"is": ["idle"]}}

    assert judged(policy(idle))[0] == judged(policy({"not": idle}))[0] == "unknown"


def test_missing_match_counts_as_holding_and_says_so():
    found, (reason,) = judged(policy({"state": {"is": ["idle"], "missing": "match"}}))

    assert (found, reason["result"], reason["value"]) == ("match", "unknown, which counts as a match", None)


def test_one_false_filter_decides_whatever_is_unknown():
    found, reasons = judged(policy({"cost_30d": {"above": 5}}, {"state": {"is": ["idle"]}}), state="steady")

    assert found == "no match"
    assert {r["clause"]: r["result"] for r in reasons} == {"filters[1].cost_30d": "unknown", "filters[2].state": "does not hold"}


def test_an_age_at_the_beginning_of_the_bills_is_only_a_least_age():
    known = {"age_days": 40, "age_is_least": True}

    assert judged(policy({"age_days": {"at_least": 30}}), **known)[0] == "match"
    assert judged(policy({"age_days": {"at_least": 90}}), **known)[0] == "unknown"
    assert judged(policy({"age_days": {"below": 30}}), **known)[0] == "no match"
    assert judged(policy({"age_days": {"below": 90}}), **known)[0] == "unknown"


def test_all_that_is_said_of_an_anomaly_must_hold_of_one_anomaly():
    said = policy({"anomaly": {"kinds": ["rise"], "impact": {"above": 100}}})
    anomalies = [{"kind": "rise", "impact": 5}, {"kind": "spike", "impact": 500}]

    assert judged(said, anomalies=anomalies)[0] == "no match"
    found, (reason,) = judged(said, anomalies=[*anomalies, {"kind": "rise", "impact": 120, "impact_percent": 60, "days": 4}])
    assert (found, reason["value"], reason["rows"]) == ("match", "rise anomaly-3 (impact 120, 60.0 %)", 4)


def test_no_anomaly_and_nobody_looked_are_not_the_same():
    said = policy({"not": {"anomaly": {"direction": "up"}}})

    assert judged(said, anomalies=[])[0] == "match"
    assert judged(said)[0] == "unknown"


@pytest.mark.parametrize("key", ["environment", "user:environment", "acme.environment", "Environment"])
def test_a_tag_is_found_with_its_namespace_and_in_any_case(key):
    said = policy({"tag": {"key": "environment", "equals": ["dev*"]}})

    assert judged(said, tags={key: "Development"})[0] == "match"


@pytest.mark.parametrize("key", ["environments", "myenvironment", "aws:environment", "environment.acme"])
def test_a_tag_of_another_key_is_another_tag(key):
    assert judged(policy({"tag": {"key": "environment", "is": "missing"}}), tags={key: "dev"})[0] == "match"


def test_a_service_may_be_named_as_the_provider_or_as_all_providers_do():
    said = policy({"cost_30d": {"above": 0}}, resource={"service": ["Amazon Elastic*", "Block storage"]})

    assert judged(said, cost_30d=1, service="amazon elastic compute cloud")[0] == "match"
    assert judged(said, cost_30d=1, service="BLOCK_STORAGE", comparable_service="Block storage")[0] == "match"
    assert judged(said, cost_30d=1, service="Amazon S3", comparable_service="Object storage")[0] == "no match"


def test_an_exclusion_holds_until_its_day_and_is_told():
    excluded = [{"resource": "i-legacy*", "until": "2026-01-31", "reason": "moves in March"}]
    said = policy({"cost_30d": {"above": 1}}, exclude=excluded)

    found, (reason,) = judged(said, id="i-legacy-7", cost_30d=5)

    assert (found, reason["clause"]) == ("excluded", "exclude[1]")
    assert reason["threshold"] == "left alone until 2026-01-31: moves in March"
    assert judged(said, id="i-legacy-7", cost_30d=5, day="2026-02-01")[0] == "match"
    assert judged(said, id="i-legacy-7", cost_30d=0)[0] == "no match"


def test_signs_in_a_pattern_stand_for_themselves():
    said = policy({"name": {"like": ["a.b (c)+[d]$^|\\-é *"]}})

    assert judged(said, name="A.B (c)+[d]$^|\\-É and more")[0] == "match"
    assert judged(said, name="axb (c)+[d]$^|\\-é x")[0] == "no match"


def test_a_policy_that_is_not_enabled_says_nothing():
    found = evaluate([policy({"cost_30d": {"above": 0}}, enabled="false")], of_fixtures([resource(cost_30d=5)]))

    assert found.matches.is_empty()
    assert found.counts.is_empty()


def test_a_match_carries_the_actions_with_their_parameters():
    found = evaluate([policy({"cost_30d": {"above": 0}})], of_fixtures([resource(cost_30d=5)]))

    assert found.matches["actions"].to_list() == [
        [{"action": "notify", "parameters": "{}"}, {"action": "stop", "parameters": '{"wait_days": 3}'}]
    ]


def test_a_filter_that_holds_beside_one_that_does_not_is_no_reason():
    dear, idle, old = {"cost_30d": {"above": 5}}, {"state": {"is": ["idle"]}}, {"age_days": {"above": 30}}
    said = policy({"any": [{"all": [dear, idle]}, old]})

    _, matched = judged(said, cost_30d=9, state="steady", age_days=60)
    _, failed = judged(said, cost_30d=9, state="steady", age_days=3)

    assert [reason["clause"] for reason in matched] == ["filters[1].any[2].age_days"]
    assert [reason["clause"] for reason in failed] == ["filters[1].any[1].all[2].state", "filters[1].any[2].age_days"]
