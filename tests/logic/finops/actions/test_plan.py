"""What is proposed: one action per resource, none on what is protected, everything else named with its reason."""

import json
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.finops.logic.actions.model import Action, Facts
from assets.finops.logic.actions.plan import Left, Protection, from_matches, from_recommendations, plan
from assets.finops.logic.actions.sizes import half
from assets.finops.tables.policies import POLICY_MATCHES
from assets.finops.tables.recommendations import RECOMMENDATIONS

ALL = frozenset({"stop", "start", "resize", "autoscale", "autoscale-off", "delete", "restore", "hold"})
SERIES = ("AWS", "1", "EC2", "us-east-1", "USD")
WANTED = st.builds(
    Action,
    st.sampled_from(["policy", "recommendation"]),
    st.sampled_from(["a", "b"]),
    st.sampled_from(["1", "2"]),
    st.sampled_from(["aws", "oci", ""]),
    st.sampled_from(["r1", "r2", "r3"]),
    st.just(SERIES),
    st.sampled_from(["stop", "resize", "autoscale", "delete", "hold"]),
    savings=st.none() | st.integers(0, 9).map(lambda n: (Decimal(n), Decimal(n + 1))),
)
SEEN = st.builds(
    Facts,
    st.sampled_from(["instance", "volume", "database"]),
    st.sets(st.sampled_from(sorted(ALL))).map(frozenset),
    st.sampled_from(["running", "stopped", "attached", "unattached", "changing", "absent", "unknown"]),
    st.sampled_from(["", "8", "m5.xlarge", "m5.metal"]),
    st.sampled_from([(), (("cloudops", "keep"),), (("acme.CloudOps", "Keep"),), (("team", "blue"),)]),
    st.sampled_from(["", "m5.large>m5.xlarge:running"]),
    st.sampled_from([None, False, True]),
)  # fmt: skip
LOOKS = st.dictionaries(st.sampled_from(["r1", "r2", "r3"]), SEEN | st.just("no answer"))


@given(st.lists(WANTED, max_size=12), LOOKS, st.sampled_from([(), ("r2",), ("R*",)]))
@settings(max_examples=500, deadline=None)
def test_at_most_one_action_per_resource_is_proposed_and_none_on_what_is_protected(wanted, looks, exclude):
    protection = Protection(exclude=exclude)
    found = plan(wanted, lambda action: looks.get(action.resource_id, "no answer"), {}, protection)

    assert max(Counter((a.system, a.resource_id) for a in found.actions).values(), default=0) <= 1
    for action in found.actions:
        assert isinstance(looks[action.resource_id], Facts)
        assert protection.why(action.resource_id, looks[action.resource_id].tags) is None
        assert action.operation in action.seen.operations
        assert action.seen.status not in ("changing", "absent", "unknown")
        assert action.operation != "delete" or action.seen.status == "unattached"
        assert action.operation != "autoscale" or (action.seen.status, action.seen.auto_scaling) == ("running", False)
    named = {a.action_id for a in found.actions} | {left.action_id for left in found.left}
    assert named == {a.action_id for a in wanted}
    assert all(left.reason for left in found.left)


@given(st.lists(WANTED, max_size=12, unique_by=lambda a: a.action_id), LOOKS, st.randoms())
@settings(max_examples=200, deadline=None)
def test_the_order_in_which_things_are_wanted_changes_nothing(wanted, looks, shuffled):
    others = list(wanted)
    shuffled.shuffle(others)

    one, other = (plan(w, lambda a: looks.get(a.resource_id, "no answer"), {}, Protection()) for w in (wanted, others))

    assert one.actions == other.actions


@given(st.lists(WANTED, min_size=1, max_size=12), LOOKS, st.integers(0, 11))
@settings(max_examples=200, deadline=None)
def test_while_an_action_stands_nothing_else_is_proposed_for_its_resource(wanted, looks, number):
    standing = wanted[number % len(wanted)]
    force = {(standing.system, standing.resource_id): standing.action_id}

    found = plan(wanted, lambda action: looks.get(action.resource_id, "no answer"), force, Protection())

    on_it = {a.action_id for a in found.actions if (a.system, a.resource_id) in force}
    assert on_it <= {standing.action_id}


def test_what_a_policy_says_goes_first_with_the_saving_that_a_recommendation_knows():
    seen = Facts("instance", ALL, "running", "m5.xlarge")
    range_of_both = (Decimal(40), Decimal(60))
    policy = Action("policy", "small", "m", "aws", "r1", SERIES, "resize", savings=(Decimal(0), Decimal(50)))
    recommended = Action("recommendation", "rightsizing", "r", "aws", "r1", SERIES, "resize", savings=range_of_both)

    found = plan([recommended, policy], lambda _: seen, {}, Protection())

    (action,) = found.actions
    assert (action.source, action.savings, action.parameters) == ("policy", range_of_both, {"size": "m5.large"})
    assert [left.reason for left in found.left] == [f"action {action.action_id} on the same resource goes first"]


def match(action: str, **fields: Any) -> pl.DataFrame:
    parameters = json.dumps(fields.pop("parameters", {}))
    row = {
        "match_id": "m1", "policy": "idle", "policy_file": "f", "mode": "propose", **dict(zip(
            ("ProviderName", "SubAccountId", "ServiceName", "RegionId", "BillingCurrency"), SERIES, strict=True)),
        "ResourceId": "i-1", "cost_30d": Decimal(168), "state": "new", "actions": [{"action": action, "parameters": parameters}],
        "explanation": [{"clause": "state", "result": "holds", "value": "idle", "threshold": "idle", "source": "t"}],
        **fields,
    }  # fmt: skip
    return pl.DataFrame([row], schema=POLICY_MATCHES.schema)


def test_a_schedule_saves_at_most_the_share_of_the_week_in_which_it_is_off():
    hours = {"timezone": "UTC", "days": ["monday", "tuesday"], "start": "08:00", "stop": "20:00"}

    (action,) = from_matches(match("start_stop_schedule", parameters=hours))

    assert isinstance(action, Action)
    assert (action.operation, action.savings) == ("schedule", (Decimal(0), Decimal("144.00")))
    assert action.evidence == ("state: idle against idle (t), holds",)


def test_what_costs_an_unknown_amount_saves_an_unknown_amount():
    (action,) = from_matches(match("stop", cost_30d=None))

    assert isinstance(action, Action)
    assert (action.savings, action.savings_unknown_because) == (None, "what the resource costs is unknown")


@pytest.mark.parametrize(
    ("system", "account", "budget"),
    [("AWS", "123456789012", "account:123456789012"), ("Oracle", "ocid1.c", "compartment:ocid1.c")],
)
def test_a_budget_is_frozen_for_the_account_or_compartment_of_the_resource(system, account, budget):
    (action,) = from_matches(match("freeze_budget", ProviderName=system, SubAccountId=account))

    assert isinstance(action, Action)
    assert (action.operation, action.resource_id) == ("hold", budget)


@pytest.mark.parametrize(
    ("fields", "said"),
    [({"state": "unknown"}, "is unknown"), ({"action": "tag"}, "for people")],
)
def test_what_is_not_carried_out_is_named_with_its_reason(fields, said):
    (left,) = from_matches(match(**{"action": "stop", **fields}))

    assert isinstance(left, Left)
    assert said in left.reason


DATABASE = Facts("database", ALL, "running", "8", auto_scaling=False)
BOUNDS = {"least": 2, "most": 24, "target_utilisation": 70}


def scaled(seen: Facts, system: str = "Oracle", **bounds: int) -> Action | Left:
    """What becomes of a policy that wants auto scaling of what was seen."""
    wanted = from_matches(match("autoscale", ProviderName=system, parameters=BOUNDS | bounds))
    found = plan(wanted, lambda _: seen, {}, Protection())
    (one,) = (*found.actions, *found.left)
    return one


def test_auto_scaling_is_proposed_with_its_undo_and_without_a_saving_of_its_own():
    action = scaled(DATABASE)

    assert isinstance(action, Action)
    assert (action.operation, action.undo, action.savings) == ("autoscale", "autoscale-off", None)
    assert "saves nothing by itself" in str(action.savings_unknown_because)


@pytest.mark.parametrize(
    ("seen", "bounds", "said"),
    [
        (DATABASE, {"most": 23}, "would scale it from 8 to 24, and 2 to 23 is allowed"),
        (DATABASE, {"least": 9}, "would scale it from 8 to 24, and 9 to 24 is allowed"),
        (replace(DATABASE, size=""), {}, "a size in OCPUs is unknown"),
        (replace(DATABASE, auto_scaling=True), {}, "its auto scaling is on already"),
        (replace(DATABASE, auto_scaling=None), {}, "its shape is fixed"),
        (replace(DATABASE, status="stopped"), {}, "it is stopped"),
    ],
)
def test_auto_scaling_is_not_proposed_beyond_what_the_policy_allows_or_where_there_is_nothing_to_turn_on(seen, bounds, said):
    left = scaled(seen, **bounds)

    assert isinstance(left, Left)
    assert said in left.reason


@pytest.mark.parametrize(
    ("kind", "said"), [("instance", "an EC2 instance has no auto scaling of its own"), ("database", "a database of AWS has no")]
)
def test_auto_scaling_in_aws_is_refused_with_the_reason(kind, said):
    left = scaled(Facts(kind, frozenset({"stop", "start", "resize"}), "running", "m5.large"), "AWS")

    assert isinstance(left, Left)
    assert said in left.reason
    assert "groups are not managed" in left.reason


@pytest.mark.parametrize("fields", [{"state": "ended"}, {"mode": "advisory"}])
def test_what_ended_or_only_advises_proposes_nothing(fields):
    assert list(from_matches(match("stop", **fields))) == []


def test_recommendations_of_a_schedule_and_of_another_size_are_proposed_with_their_saving():
    rows = [
        {"recommendation_id": f"r{n}", "kind": kind, "ResourceId": "i-1", "ProviderName": "AWS", "BillingCurrency": "USD",
         "savings_low": Decimal(5), "savings_high": Decimal(9), "title": "t", "state": "open", "proposed": True, "datapoints": []}
        for n, kind in enumerate(("off-hours schedule", "rightsizing", "idle review"))
    ]  # fmt: skip

    found = list(from_recommendations(pl.DataFrame(rows, schema=RECOMMENDATIONS.schema)))

    assert [(a.operation, a.savings) for a in found if isinstance(a, Action)] == [
        ("schedule", (Decimal(5), Decimal(9))), ("resize", (Decimal(5), Decimal(9))),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("system", "kind", "size", "wanted"),
    [
        ("aws", "instance", "m5.xlarge", "m5.large"), ("aws", "instance", "m5.large", None),
        ("aws", "instance", "t3.micro", "t3.nano"),
        ("aws", "instance", "c5.24xlarge", "c5.12xlarge"), ("aws", "instance", "c5.12xlarge", None),
        ("aws", "instance", "m5.metal", None), ("aws", "volume", "16", None),
        ("oci", "database", "8", "4"), ("oci", "database", "3", None), ("oci", "database", "2", None),
        ("oci", "database", "", None),
    ],
)  # fmt: skip
def test_half_of_a_size_is_one_that_is_known_to_exist(system, kind, size, wanted):
    assert half(system, kind, size) == wanted
