"""What may be done to which database, what is wrong with what is asked for, and what is planned."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.fleet.logic.lifecycle.evidence import Evidence, followers
from assets.fleet.logic.lifecycle.plan import plan
from assets.fleet.logic.lifecycle.requests import (
    BackUp,
    Clone,
    Decommission,
    Invalid,
    Named,
    Provision,
    Scale,
    Start,
    Stop,
    Target,
    demand_valid,
)
from assets.fleet.logic.lifecycle.steps import DONE, UNDER_WAY, UNDONE, key_of, seen_of_database
from assets.fleet.logic.lifecycle.templates import STANDARD, Template, templates_of
from assets.fleet.logic.lifecycle.transitions import OPERATIONS, ROLES, STATES, operation_of, refusal
from resources.autonomous_databases import GONE, SETTLED, AutonomousDatabase, Standby

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)
OCID = "ocid1.autonomousdatabase.oc1.eu-frankfurt-1.one"
COMPARTMENT = "ocid1.compartment.oc1..one"
SECRET = "ocid1.vaultsecret.oc1.eu-frankfurt-1.one"
TARGET = Target("eu-frankfurt-1", OCID)
KNOWN = Evidence((), (), 0, None, asked=True, now=NOW)
ALL_STATES = [
    "PROVISIONING", "AVAILABLE", "STOPPING", "STOPPED", "STARTING", "TERMINATING", "TERMINATED", "UNAVAILABLE",
    "RESTORE_IN_PROGRESS", "RESTORE_FAILED", "BACKUP_IN_PROGRESS", "SCALE_IN_PROGRESS", "AVAILABLE_NEEDS_ATTENTION", "UPDATING",
    "MAINTENANCE_IN_PROGRESS", "RESTARTING", "RECREATING", "ROLE_CHANGE_IN_PROGRESS", "UPGRADING", "INACCESSIBLE", "STANDBY",
    "TRANSPORTING",
]  # fmt: skip

ALL_ROLES = [None, "PRIMARY", "STANDBY", "DISABLED_STANDBY", "BACKUP_COPY", "SNAPSHOT_STANDBY"]


def database(**fields: object) -> AutonomousDatabase:
    usual = {
        "lifecycle_state": "AVAILABLE", "compute_model": "ECPU", "compute_count": 4.0, "data_storage_gb": 1024.0,
        "is_auto_scaling_enabled": False, "tags": {"environment": "development"}, "open_mode": "READ_WRITE",
    }  # fmt: skip
    return AutonomousDatabase(OCID, "eu-frankfurt-1", COMPARTMENT, "Orders", "orders", **{**usual, **fields})


def named(**fields: object) -> Named:
    usual = {
        "region": "eu-frankfurt-1", "compartment_id": COMPARTMENT, "db_name": "orders", "display_name": "Orders",
        "environment": "production", "tags": {"owner": "ann", "cost-center": "7"}, "secret_id": SECRET,
    }  # fmt: skip
    return Named(**{**usual, **fields})


def test_every_operation_state_and_role_is_allowed_or_refused_with_a_reason():
    for operation, state, role in product(OPERATIONS, ALL_STATES, ALL_ROLES):
        why = refusal(operation, database(lifecycle_state=state, role=role))
        assert (why is None) == (state in STATES[operation] and role in ROLES[operation])
        assert why is None or state in why or str(role) in why


def test_an_operation_begins_only_on_a_database_at_rest():
    assert all(state in SETTLED and state not in GONE for operation in OPERATIONS for state in STATES[operation])


@pytest.mark.parametrize(
    ("operation", "fields", "said"),
    [
        ("scale", {"is_free_tier": True}, "Always Free"),
        ("back up", {"is_refreshable_clone": True}, "its source is"),
        ("clone", {"is_refreshable_clone": True}, "clone its source"),
        ("migrate", {"open_mode": "READ_ONLY"}, "read-only"),
        ("decommission", {"role": "PRIMARY", "standbys": (Standby("remote", "STANDBY", 2.0, "ocid1.x"),)}, "another region"),
        ("decommission", {"role": "PRIMARY", "peer_ids": ("ocid1.x",)}, "another region"),
        ("stop", {"is_dedicated": True}, "dedicated"),
    ],
)
def test_properties_refuse_what_states_allow(operation, fields, said):
    assert refusal(operation, database()) is None
    assert said in (refusal(operation, database(**fields)) or "")


def test_a_remote_standby_that_is_gone_holds_nothing_up():
    gone = (Standby("remote", "TERMINATED", None, "ocid1.x"),)
    assert refusal("decommission", database(role="PRIMARY", standbys=gone, peer_ids=("ocid1.x",))) is None


def test_an_operation_is_known_by_its_name_and_nothing_else_is():
    assert operation_of("back up") == "back up"
    with pytest.raises(ValueError, match="no operation"):
        operation_of("switch over")


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (Provision(named(db_name="1orders")), "db_name"),
        (Provision(named(db_name="x" * 31)), "db_name"),
        (Provision(named(compartment_id="prod")), "no OCID"),
        (Provision(named(secret_id="")), "vault secret"),
        (Provision(named(tags={"owner": "ann"})), "tag cost-center is missing"),
        (Provision(named(tags={"owner": "a", "cost-center": "7", "protected": "false"})), "tag protected is the template's"),
        (Provision(named(tags={"owner": "a", "cost-center": "7" * 257})), "more than 256"),
        (Provision(named(environment="moon")), "no template for the environment 'moon': there are"),
        (Provision(named(), ecpus=1), "between 2 and 64"),
        (Provision(named(), ecpus=2.5), "whole number"),
        (Provision(named(), storage_gb=1_000_000), "storage_gb"),
        (Clone(named(secret_id=""), OCID, "full"), "vault secret"),
        (Clone(named(), "orders", "full"), "no OCID"),
        (Clone(named(tags={"owner": "ann"}), OCID, "full"), "tag cost-center is missing"),
        (
            Clone(named(tags={"owner": "a", "cost-center": "7", "protected": "no"}), OCID, "full"),
            "tag protected is the template's",
        ),
        (Scale(TARGET), "nothing is to be scaled"),
        (Scale(Target("x", "orders"), ecpus=4), "no OCID"),
        (BackUp(TARGET, 30), "90 to 3650"),
        (Decommission(TARGET, 5000), "90 to 3650"),
    ],
)
def test_what_cannot_be_asked_for_is_told_before_any_call(request_, said):
    environment = request_.named.environment if isinstance(request_, Provision | Clone) else "production"
    with pytest.raises(Invalid) as error:
        demand_valid(request_, STANDARD.get(environment))
    assert said in str(error.value)


def test_a_refreshable_clone_needs_no_secret():
    demand_valid(Clone(named(secret_id=""), OCID, "refreshable"), STANDARD["production"])


def test_a_new_database_follows_the_template_of_its_environment():
    made = plan(Provision(named()), None, STANDARD["production"])
    (step,) = made.steps
    details = step.call.details
    assert (details.compute_count, details.backup_retention_days, details.is_auto_scaling_enabled) == (4, 30, True)
    assert details.free_tags == {"protected": "true", "owner": "ann", "cost-center": "7", "environment": "production"}
    assert made.demands("") is None


def test_a_name_that_is_taken_is_refused():
    assert "is there already" in (plan(Provision(named()), database(), STANDARD["production"]).demands("") or "")


def test_templates_of_a_file_build_upon_the_standard_ones_and_say_everything_that_is_wrong():
    made = templates_of(
        {"production": {"most_ecpus": 8, "prices": {"ecpu_hour": "0.1", "storage_gb_month": 0.02, "currency": "EUR"}},
         "lab": {"ecpus": 2, "required_tags": []}}
    )  # fmt: skip
    assert (made["production"].most_ecpus, made["production"].retention_days, made["lab"].required_tags) == (8, 30, ())
    assert made["staging"] == STANDARD["staging"]
    with pytest.raises(ValueError, match="production: there is no ocpus") as error:
        templates_of({"production": {"ocpus": 4}, "lab": {"retention_days": 90, "workload": "MYSQL"}})
    assert "lab: workload" in str(error.value)
    assert "lab: retention_days is 90" in str(error.value)


def test_what_a_change_costs_is_told_where_prices_are_known_and_unknown_otherwise():
    prices = {"ecpu_hour": "0.5", "storage_gb_month": "0.1", "currency": "EUR"}
    template = templates_of({"development": {"prices": prices}})["development"]
    made = plan(Scale(TARGET, ecpus=8), database(), template)
    assert made.cost == (Decimal("1562.40"), Decimal("3022.40"))
    assert "1562.40 EUR → 3022.40 EUR" in made.text()
    assert "unknown" in plan(Scale(TARGET, ecpus=8), database(), STANDARD["development"]).text()


def test_only_what_differs_is_scaled_each_in_a_call_of_its_own():
    made = plan(Scale(TARGET, ecpus=8, storage_gb=2048, auto_scaling=False), database(), STANDARD["development"])
    assert [dict(step.after) for step in made.steps] == [{"compute_count": 8}, {"data_storage_gb": 2048}]
    assert plan(Scale(TARGET, ecpus=4), database(), None).steps == ()


def test_ecpus_are_not_asked_of_a_database_that_is_counted_in_ocpus():
    assert "OCPUs" in plan(Scale(TARGET, ecpus=8), database(compute_model="OCPU"), None).refused


@pytest.mark.parametrize("request_", [Stop(TARGET), Scale(TARGET, ecpus=2), Decommission(TARGET, 90)])
def test_what_is_protected_is_destroyed_only_by_its_name(request_):
    protected = database(tags={"environment": "production", "protected": "true"})
    made = plan(request_, protected, STANDARD["production"], KNOWN)
    assert "it is protected" in (made.demands("") or "")
    assert "it is protected" in (made.demands("orders") or "")
    assert made.demands("Orders") is None


@pytest.mark.parametrize("request_", [Start(TARGET), BackUp(TARGET), Scale(TARGET, ecpus=8)])
def test_what_destroys_nothing_needs_no_confirmation(request_):
    state = "STOPPED" if isinstance(request_, Start) else "AVAILABLE"
    protected = database(tags={"protected": "true"}, lifecycle_state=state)
    assert plan(request_, protected, STANDARD["production"]).demands("") is None


def test_starting_what_runs_and_stopping_what_stands_is_nothing_to_do():
    assert plan(Start(TARGET), database(), None).steps == ()
    assert plan(Stop(TARGET), database(lifecycle_state="STOPPED"), None).steps == ()
    assert "STOPPING" in plan(Start(TARGET), database(lifecycle_state="STOPPING"), None).refused


def test_a_database_is_backed_up_for_long_before_it_goes():
    made = plan(Decommission(TARGET, 365), database(), None, KNOWN)
    assert [step.operation for step in made.steps] == ["back up", "decommission"]
    assert made.demands("") is None
    stopped = plan(Decommission(TARGET, 365), database(lifecycle_state="STOPPED"), None, KNOWN)
    assert "its last backup cannot be made" in stopped.refused


def test_a_refreshable_clone_goes_without_a_backup():
    made = plan(Decommission(TARGET, 365), database(is_refreshable_clone=True), None, KNOWN)
    assert [step.operation for step in made.steps] == ["decommission"]


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        (Evidence(now=NOW), "when somebody last logged in is unknown"),
        (replace(KNOWN, clones=None), "refreshable clones follow it is unknown"),
        (replace(KNOWN, clones=("Copy",)), "Copy"),
        (replace(KNOWN, open_sessions=3), "3 sessions are open"),
        (replace(KNOWN, open_sessions=None), "logged in is unknown"),
        (replace(KNOWN, last_login=NOW - timedelta(days=3)), "somebody logged in on 2026-11-13"),
        (replace(KNOWN, standbys=("STANDBY",)), "local standby"),
    ],
)
def test_who_depends_on_a_database_and_what_is_unknown_has_to_be_confirmed(evidence, said):
    made = plan(Decommission(TARGET, 365), database(), None, evidence)
    assert said in (made.demands("") or "")
    assert said in made.text()
    assert made.demands("Orders") is None


def test_a_login_of_long_ago_and_none_ever_hold_nothing_up():
    old = replace(KNOWN, last_login=NOW - timedelta(days=40))
    assert plan(Decommission(TARGET, 365), database(), None, old).demands("") is None
    assert "last login: never" in plan(Decommission(TARGET, 365), database(), None, KNOWN).text()


def test_only_refreshable_clones_of_the_database_follow_it():
    follows = database(is_refreshable_clone=True, source_id=OCID)
    others = [database(source_id=OCID), database(is_refreshable_clone=True, source_id="ocid1.other"),
              replace(follows, lifecycle_state="TERMINATED")]  # fmt: skip
    assert followers(OCID, [follows, *others]) == ("Orders",)


@given(st.sampled_from(ALL_STATES), st.sampled_from([2.0, 4.0]))
def test_a_change_is_done_only_at_rest_and_as_it_was_to_be(state, ecpus):
    seen = seen_of_database({"compute_count": 4.0}, database(lifecycle_state=state, compute_count=ecpus))
    if state == "TERMINATED":
        assert seen == UNDONE
    elif state not in SETTLED:
        assert seen == UNDER_WAY
    else:
        assert seen == (DONE if ecpus == 4.0 else UNDONE)


def test_a_database_that_is_not_there_any_more_was_terminated():
    assert seen_of_database({"lifecycle_state": "TERMINATED"}, None) == DONE
    assert seen_of_database({"lifecycle_state": "STOPPED"}, None) == UNDONE


def test_a_key_is_the_same_for_the_same_thing_alone():
    first, second = plan(Scale(TARGET, ecpus=8, storage_gb=2048), database(), None).steps
    keys = {key_of("a", first, 0), key_of("a", second, 0), key_of("b", first, 0), key_of("a", first, 1)}
    assert len(keys) == 4
    assert key_of("a", first, 0) == key_of("a", plan(Scale(TARGET, ecpus=8), database(), None).steps[0], 0)


def test_a_template_that_cannot_be_says_why():
    assert Template(ecpus=20, most_ecpus=16).problems()
    assert not any(template.problems() for template in STANDARD.values())


def test_a_database_that_is_not_found_is_refused_with_where_it_was_looked_for():
    made = plan(Scale(TARGET, ecpus=8), None, None)
    assert made.refused is not None
    assert TARGET.region in made.refused
    assert not made.steps
